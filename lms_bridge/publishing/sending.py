"""A package on its way out, for people and for programs."""

from flask import Response, request
from sqlalchemy.orm import Session

from ..errors import NotFound
from ..web.app import bridge
from . import packages
from .models import ModuleVersion


def send_package(session: Session, version: ModuleVersion, standard: str) -> Response:
    """The version's package, made while it is sent. Whoever has it already (ETag) is told so. Raises
    NotFound, and Forbidden after the last day of an agreement that it rests on.
    """
    if standard not in packages.FORMATS:
        raise NotFound
    version.refuse_if_ended()
    session.refresh(version, ["document", "build_memory"])
    archive = packages.of_version(session, bridge().storage, version, standard)
    response = Response(iter(archive), mimetype="application/zip", direct_passthrough=True)
    size = archive.size()
    if size is not None:
        response.content_length = size
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{packages.file_name(version, standard)}"'
    )
    response.set_etag(f"{version.id.hex}-{standard}", weak=True)  # a later release may pack it anew
    response.make_conditional(request)
    return response
