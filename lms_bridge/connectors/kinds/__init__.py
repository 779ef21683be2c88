"""The kinds of source that come with the service: one file each, found by being here."""

import importlib
import pkgutil


def load() -> None:
    """Imports every file of this folder; each makes its connector known."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
