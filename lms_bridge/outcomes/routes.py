"""The page that tells how a module goes."""

import uuid

from flask import Blueprint, g, render_template, request

from .. import db
from ..accounts import requires_role
from ..authoring import service as authoring
from ..authoring.routes import READERS
from . import counting, service

blueprint = Blueprint("outcomes", __name__, template_folder="templates")


@blueprint.get("/modules/<uuid:module_id>/outcomes")
@requires_role(*READERS)
def of_module(module_id: uuid.UUID) -> str:
    """Of the version that is asked for, else of the newest that enough have begun."""
    session = db.session()
    module = authoring.get(session, module_id)
    report = service.report(session, g.tenant.id, module_id, request.args.get("version", type=int))
    return render_template("outcomes/outcomes.html", module=module, report=report, least=counting.LEAST)
