"""What the editor's script asks for: edits, other people's changes, files, findings. JSON in, JSON or RFC 9457 out."""

import uuid
from typing import Any

from flask import Response, g, jsonify, request

from content import render
from content.blocks.question import Question
from content.errors import RejectedMedia
from content.module import Rights
from content.texts import sentence

from .. import db
from ..accounts import current_user, requires_role
from ..errors import Invalid, NotFound
from ..web.app import bridge
from ..web.files import send_stored
from ..web.i18n import N_, language
from . import drafts, service, uploads
from .drafts import Author
from .routes import READERS, WRITERS, blueprint
from .views import View

LARGEST_EDIT = 2_000_000  # bytes; a block's longest text, with room to spare


@blueprint.post("/<uuid:module_id>/edits")
@requires_role(*WRITERS)
def edit(module_id: uuid.UUID) -> Response:
    sent = sent_json()
    return _answer(drafts.edit(db.session(), module_id, sent.get("edit", {}), _author(sent)), sent)


@blueprint.post("/<uuid:module_id>/undo")
@requires_role(*WRITERS)
def undo(module_id: uuid.UUID) -> Response:
    sent = sent_json()
    change = sent.get("change")
    if not isinstance(change, int):
        raise NotFound
    edited = drafts.undo(db.session(), module_id, change, _author(sent))
    return _answer(edited, sent, others={edited.target})


@blueprint.get("/<uuid:module_id>/changes")
@requires_role(*WRITERS)
def changes(module_id: uuid.UUID) -> Response:
    """What others changed since `since`, and who else is here; the smallest answer when nothing happened."""
    session, client = db.session(), request.args.get("client", "")
    since = request.args.get("since", 0, type=int)
    draft = service.draft_of(session, module_id)
    people = drafts.others_here(session, module_id, client)
    if draft.revision <= since:
        return jsonify({"revision": draft.revision, "people": people})
    targets = drafts.changed_since(draft, since, client)
    if "block" in request.args:
        targets |= set(request.args.getlist("block"))
    return jsonify({**View(draft).parts(targets), "people": people})


@blueprint.post("/<uuid:module_id>/presence")
@requires_role(*WRITERS)
def presence(module_id: uuid.UUID) -> tuple[str, int]:
    sent = sent_json()
    note = drafts.leave if sent.get("leaving") else drafts.arrive
    note(db.session(), module_id, _author(sent))
    return "", 204


@blueprint.get("/<uuid:module_id>/findings")
@requires_role(*READERS)
def findings(module_id: uuid.UUID) -> Response:
    return jsonify(View(service.draft_of(db.session(), module_id)).findings(language()))


@blueprint.get("/<uuid:module_id>/deleted")
@requires_role(*WRITERS)
def deleted(module_id: uuid.UUID) -> Response:
    """The pages and blocks that can be taken back."""
    return jsonify(
        [
            {
                "change": gone.change.revision,
                "at": gone.change.at.isoformat(),
                "by": gone.by,
                "value": gone.value,
            }
            for gone in drafts.deleted(db.session(), module_id)
        ]
    )


@blueprint.post("/<uuid:module_id>/assets")
@requires_role(*WRITERS)
def upload(module_id: uuid.UUID) -> Response:
    """Takes in the file that is the request's body; `name` and `kind` in the query, and `rights` as JSON."""
    session, settings = db.session(), bridge().settings
    service.get(session, module_id)
    kind = request.args.get("kind", "")
    if kind not in uploads.KINDS:
        raise Invalid(N_("Choose a picture, a film, a sound recording or a caption file."))
    # The upload may take minutes: nothing may hold the database meanwhile.
    session.commit()
    request.max_content_length = None  # it is streamed, and counted on the way
    try:
        digest, asset = uploads.take_in(
            bridge().storage,
            request.stream,
            request.args.get("name", ""),
            kind=kind,
            rights=Rights(),
            announced=request.content_length,
            most_mb=settings.max_upload_mb,
            aside=settings.data_dir / "uploads",
        )
    except RejectedMedia as error:
        raise Invalid(sentence(error.code, language(), **error.params)) from None
    known = drafts.add_asset(session, module_id, digest, asset)
    return jsonify({"digest": digest, "asset": known})


@blueprint.get("/<uuid:module_id>/assets/<digest>")
@requires_role(*READERS)
def asset(module_id: uuid.UUID, digest: str) -> Response:
    """A file of the draft, as it was taken in (never the original), with nothing in it allowed to run."""
    record = service.draft_of(db.session(), module_id).document["assets"].get(digest)
    if record is None:
        raise NotFound
    response = send_stored(bridge().storage, digest, record["media_type"])
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


@blueprint.get("/blocks.css")
def block_style() -> Response:
    """How blocks look, as content has built it for the player."""
    response = Response(render.built("blocks.css"), mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@blueprint.get("/<uuid:module_id>/assets/<digest>/verdicts")
@requires_role(*READERS)
def verdicts(module_id: uuid.UUID, digest: str) -> Response:
    """What may be done with a file, by its rights as they are noted."""
    view = View(service.draft_of(db.session(), module_id))
    if digest not in view.module.assets:
        raise NotFound
    return jsonify(view.verdicts(digest, g.tenant.name, language()))


def sent_json() -> dict[str, Any]:
    """The object that a page's script sent. Raises Invalid."""
    request.max_content_length = LARGEST_EDIT
    try:
        sent = request.get_json(silent=True)
    except RecursionError:  # [[[[[…
        sent = None
    if not isinstance(sent, dict):
        raise Invalid(N_("The request is not JSON."))
    return sent


def _author(sent: dict[str, Any]) -> Author:
    client = sent.get("client")
    if not isinstance(client, str) or not 8 <= len(client) <= 40 or not client.isalnum():
        raise Invalid(N_("This is not a change that the editor makes: %(field)s is wrong."), field="client")
    return Author(current_user().id, client)


def _answer(edited: drafts.Edited, sent: dict[str, Any], others: set[str] | None = None) -> Response:
    """The draft's order, the part that was edited, and what others have changed since the editor looked last
    (`others`: what the editor shows anew, also where it wrote itself)."""
    since, others = sent.get("since"), others or set()
    view = View(edited.draft)
    if isinstance(since, int):
        others |= drafts.changed_since(edited.draft, since, sent["client"])
    targets = {edited.target} | others
    if edited.renumbers:
        targets |= {block.id for _page, block in view.module.blocks() if isinstance(block, Question)}
    return jsonify(
        {**view.parts(targets), "change": edited.change, "target": edited.target, "others": sorted(others)}
    )
