"""What a learning module is: pages, blocks, rights, media, checks, and the player that shows it."""
