"""The administrator's page of what was done and whose data was read."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple, cast

from flask import Blueprint, Response, g, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from .. import db
from ..accounts import audit, current_user, requires_role
from ..errors import NotFound
from ..web import navigation
from ..web.addresses import day_in
from ..web.app import Bridge, bridge
from ..web.csv_files import Cell, csv_file
from ..web.i18n import N_, _, language, translations
from . import reading, retention, seals
from .reading import PAGE, Filters, Place, Row
from .sentences import ABOUT, KINDS, sentence

blueprint = Blueprint("trail", __name__, template_folder="templates")
Answer = str | BaseResponse | tuple[str, int]
FILTERS = ("who", "kind", "first", "last")


class Line(NamedTuple):
    """An entry as the page shows it. `about`: what it is called, the last digits of its id, and where its page is."""

    at: datetime
    who: str
    what: str
    about: tuple[str, str, str]
    late: bool


@blueprint.get("/trail")
@requires_role("administrator")
def entries() -> Answer:
    session, fields = db.session(), dict[str, str]()
    filters = _filters(fields)
    rows = (
        [] if fields else reading.newest(session, g.tenant, filters, _place(request.args.get("before", "")))
    )
    shown = rows[:PAGE]
    if not fields:
        audit.record_read(session, "trail")
    page = render_template(
        "trail/entries.html",
        lines=_lines(shown),
        older=_written(shown[-1]) if len(rows) > PAGE else "",
        filters=filters,
        fields=fields,
        kinds=[("", _("All kinds")), *((kind, _(label)) for kind, label in KINDS.items())],
        chosen={name: value for name, value in request.args.items() if value and name in FILTERS},
        seal=seals.newest_seal(session, g.tenant.id),
        through=seals.sealed_through(session, g.tenant.id),
        months=retention.months_kept(session, g.tenant.id),
        expired=retention.expired(session, g.tenant.id),
    )
    return (page, 400) if fields else page


@blueprint.get("/trail/export.<any(csv,jsonl):form>")
@requires_role("administrator")
def export(form: str) -> Answer:
    """All that was found, the oldest first."""
    fields: dict[str, str] = {}
    filters = _filters(fields)
    if fields:
        raise NotFound()
    audit.record_read(db.session(), "trail:export")
    found = reading.pages(bridge().database, g.tenant, filters)
    body = _csv(found) if form == "csv" else reading.json_lines(found)
    media = "text/csv; charset=utf-8" if form == "csv" else "application/jsonl"
    name = f"trail-{g.tenant.slug}-{db.utcnow().date()}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, content_type=media, headers=headers)


def _csv(found: Iterable[list[Row]]) -> Iterator[bytes]:
    translated = translations(language()).gettext  # the answer is written when the request is over

    def cells() -> Iterator[list[Cell]]:
        for entry, name in chain.from_iterable(found):
            what = sentence(entry.action, entry.subject, entry.detail, translated)
            who = _who(entry.detail, name, translated)
            yield [entry.at.isoformat(timespec="seconds"), who, what, entry.subject, str(entry.id)]

    return csv_file([_("When (UTC)"), _("Who"), _("What"), _("About"), _("Entry")], cells())


def _lines(rows: list[Row]) -> list[Line]:
    session = db.session()
    late = reading.late_entries(session, rows)
    roles = current_user().roles
    there = reading.still_there(session, rows, roles)
    return [
        Line(
            entry.at,
            _who(entry.detail, name, _),
            sentence(entry.action, entry.subject, entry.detail, _),
            _about(*reading.subject_of(entry), there, roles),
            entry.id in late,
        )
        for entry, name in rows
    ]


def _who(detail: dict[str, Any], name: str | None, translated: Callable[[str], str]) -> str:
    if name == "—":
        return translated(N_("An account that was erased"))
    return name or detail.get("key") or translated(N_("The service"))


def _about(
    kind: str, subject_id: uuid.UUID | None, there: set[tuple[str, uuid.UUID]], roles: list[str]
) -> tuple[str, str, str]:
    about = ABOUT.get(kind)
    if about is None or subject_id is None:
        return "", "", ""
    address, named = "", {about.parameter: subject_id}
    if about.parameter and (kind, subject_id) in there:
        address = url_for(about.endpoint, **cast(dict[str, Any], named))
    elif about.endpoint and not about.parameter and set(about.roles) & set(roles):
        address = url_for(about.endpoint)
    return _(about.label), subject_id.hex[-6:], address


def _filters(fields: dict[str, str]) -> Filters:
    kind = request.args.get("kind", "")
    who = request.args.get("who", "").strip()[:200]
    return Filters(who, kind if kind in KINDS else "", day_in("first", fields), day_in("last", fields))


def _written(row: Row) -> str:
    return f"{row.entry.at.isoformat()}_{row.entry.id.hex}"


def _place(written: str) -> Place | None:
    """What `_written` wrote into an address; the newest for anything else."""
    at, _underscore, entry_id = written.partition("_")
    try:
        moment = datetime.fromisoformat(at)
        return Place(moment, uuid.UUID(entry_id)) if moment.tzinfo else None
    except ValueError:
        return None


def init_app(app: Bridge) -> None:
    app.register_blueprint(blueprint)
    navigation.add(
        N_("The trail"),
        "trail.entries",
        "administrator",
        order=95,
        hint=N_("What was done, and whose data was read, by whom."),
        setup=True,
    )
