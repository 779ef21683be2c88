"""The register's pages."""

from flask import Blueprint

from .labels import add_labels

blueprint = Blueprint("register", __name__, url_prefix="/register", template_folder="../templates")
blueprint.app_context_processor(add_labels)

from . import account_making, documents, lists, mappings, merges, people, policies, reading, unknown  # noqa: E402, F401  # they add their pages to the blueprint
