"""A package on its way out, for people and for programs."""

import tempfile
import uuid
from typing import BinaryIO, cast

from flask import Response, request, send_file
from sqlalchemy.orm import Session

import content
from content.files import save_file

from ..errors import NotFound
from ..web.app import bridge
from . import live, packages
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
    response.headers.update(attached(packages.file_name(version, standard)))
    response.set_etag(f"{version.id.hex}-{standard}", weak=True)  # a later release may pack it anew
    response.make_conditional(request)
    return response


def send_live_package(session: Session, version: ModuleVersion, standard: str, *, by: uuid.UUID) -> Response:
    """The module's package that stays up to date, of its newest `version`. Raises as `send_package` does."""
    if standard not in live.OFFERED:
        raise NotFound
    version.refuse_if_ended()
    session.refresh(version, ["document"])
    module = content.Module.from_json(version.document)
    archive = live.archive(bridge(), module, live.begin(session, version.module_id, by=by), standard)
    name = packages.live_name(version, standard)
    return Response(b"".join(archive), mimetype="application/zip", headers=attached(name))


def attached(name: str) -> dict[str, str]:
    """For an answer that is kept as a file of this name."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def send_module(session: Session, version: ModuleVersion) -> Response:
    """The version as a .lmsmodule file, to go on with elsewhere. Raises Forbidden as `send_package` does."""
    version.refuse_if_ended()
    session.refresh(version, ["document"])
    file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - closed when it is sent
    save_file(content.Module.from_json(version.document), file, bridge().storage.open)
    file.seek(0)
    name = packages.file_name(version, "module").replace(".zip", ".lmsmodule")
    return send_file(file, "application/zip", as_attachment=True, download_name=name)
