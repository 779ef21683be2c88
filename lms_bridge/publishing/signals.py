"""What publishing tells those above it, in the same transaction."""

from blinker import Signal

version_published = Signal("sent with session=…, version=ModuleVersion")
