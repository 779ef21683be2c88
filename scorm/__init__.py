"""E-learning packages: a Package in, a zip out; a zip in, a Package and findings out."""
