"""Pages of the LRS for coordinators and administrators: the statements, and the keys of other systems."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import orjson
from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from lms_bridge import db
from lms_bridge.accounts import audit, requires_role
from lms_bridge.errors import Invalid, NotFound
from lms_bridge.web import navigation
from lms_bridge.web.addresses import day_in, day_of
from lms_bridge.web.app import Bridge, bridge
from lms_bridge.web.i18n import N_, _, language

from . import browsing, credentials, days, erasing, positions
from .browsing import Filters
from .consistency import consistent_through
from .positions import LAST_POSITION
from .query import Query, find_statement, find_statements

blueprint = Blueprint("lrs_pages", __name__, template_folder="templates")
Answer = str | BaseResponse | tuple[str, int]
ROLES = ("coordinator", "administrator")


@blueprint.get("/statements")
@requires_role(*ROLES)
def statements() -> Answer:
    session, tenant = db.session(), g.tenant
    fields: dict[str, str] = {}
    filters = _filters(fields)
    rows, older = [], None
    try:
        query = filters.query(tenant.id, tenant.timezone)
    except Invalid as error:
        fields.update(error.fields)
    if not fields and request.headers.get("HX-Request") and "live" in request.args:
        return _live(filters, query)
    if not fields:
        query.last = min(query.last, max(0, request.args.get("before", LAST_POSITION, int)))
        page = find_statements(session, tenant.id, query)
        rows, older = _rows(session, page.payloads), page.last
        if filters.person:
            audit.record_read(session, "lrs:person", verb=filters.verb, activity=filters.activity)
    template = "lrs/_rows.html" if request.headers.get("HX-Request") else "lrs/statements.html"
    return render_template(
        template,
        rows=rows,
        next=None if older is None else older - 1,
        filters=filters,
        own=_own_account(filters.person),
        fields=fields,
        verbs=_verbs(),
        chosen=_chosen(),
        chart=None if "before" in request.args else chart(session, tenant),
    ), 400 if fields else 200


def _live(filters: Filters, query: Query) -> Answer:
    """What was stored since the page last asked, on top of its rows; 204 where nothing is new. `live` is "on" when
    somebody begins to follow, "off" when they pause, else the position up to which the page knows everything.
    """
    session, asked, rows = db.session(), request.args["live"], []
    through = positions.last_until(consistent_through(session))
    if asked.isascii() and asked.isdigit():
        query.first = max(query.first, min(int(asked[:19]), LAST_POSITION - 1) + 1)
        query.last = min(query.last, through)
        rows = _rows(session, find_statements(session, g.tenant.id, query).payloads)
        if not rows:
            return "", 204
        if filters.person:
            audit.record_read(session, "lrs:person", verb=filters.verb, activity=filters.activity)
    return render_template(
        "lrs/_live.html",
        rows=rows,
        next=None,
        verbs=_verbs(),
        following=asked != "off",
        through=through,
        chosen=_chosen(),
    )


def _own_account(person: str) -> str:
    """What somebody does here is told of their account, not of their e-mail: who looks for that is led there."""
    return browsing.own_account(db.session(), bridge().settings.base_url, person) if "@" in person else ""


def _rows(session: Session, payloads: Iterable[bytes]) -> list[browsing.Row]:
    return browsing.rows_of(session, bridge().settings.base_url, payloads, language())


def _verbs() -> dict[str, str]:
    """What frequent verbs are called in the reader's language."""
    return {verb: _(name) for verb, name in browsing.VERBS.items()}


def _chosen() -> dict[str, str]:
    """The filters of the page as its address has them."""
    return {name: value for name, value in request.args.items() if name not in ("live", "before")}


def _filters(fields: dict[str, str]) -> Filters:
    text = {name: request.args.get(name, "").strip()[:1000] for name in ("person", "verb", "activity")}
    return Filters(**text, first=day_in("first", fields), last=day_in("last", fields))


@dataclass(frozen=True)
class Bar:
    day: date
    count: int
    x: float
    y: float
    height: float


@dataclass(frozen=True)
class Chart:
    """Bars in a picture of 600 by 120, and the figures that they stand for."""

    bars: list[Bar]
    most: int
    total: int


def chart(session: Any, tenant: Any) -> Chart:
    counted = days.count_by_day(session, tenant.id, tenant.timezone)
    most = max(count for _day, count in counted)
    bars = [
        Bar(day, count, number * 20 + 2, 110 - height, height)
        for number, (day, count) in enumerate(counted)
        for height in [round(100 * count / most, 1) if most else 0]
    ]
    return Chart(bars, most, sum(count for _day, count in counted))


@blueprint.get("/statements/<uuid:statement_id>")
@requires_role(*ROLES)
def one_statement(statement_id: uuid.UUID) -> Answer:
    session = db.session()
    found = find_statement(session, g.tenant.id, statement_id)
    if found is None:
        raise NotFound()
    statement = orjson.loads(found[1])
    audit.record_read(session, f"statement:{statement_id}")
    pretty = orjson.dumps(statement, option=orjson.OPT_INDENT_2).decode()
    (row,) = _rows(session, [found[1]])
    return render_template("lrs/statement.html", row=row, pretty=pretty, voided=found[2], verbs=_verbs())


@blueprint.get("/statements/export.<kind>")
@requires_role(*ROLES)
def export(kind: str) -> Answer:
    fields: dict[str, str] = {}
    filters = _filters(fields)
    query = filters.query(g.tenant.id, g.tenant.timezone)
    if fields or kind not in ("csv", "jsonl"):
        raise NotFound()
    audit.record_read(db.session(), "lrs:export", kind=kind)
    found = browsing.pages(bridge().database, g.tenant.id, query)
    lines = browsing.json_lines(found) if kind == "jsonl" else browsing.csv_lines(found, language())
    media = "text/csv; charset=utf-8" if kind == "csv" else "application/jsonl"
    name = f"statements-{g.tenant.slug}-{date.today().isoformat()}.{kind}"  # noqa: DTZ011 - a name only
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(lines, content_type=media, headers=headers)


@blueprint.get("/statements/erase")
@requires_role("administrator")
def ask_to_erase() -> Answer:
    """What would go, and why it goes whole."""
    person = request.args.get("person", "").strip()[:1000]
    traces = erasing.traces_of(db.session(), g.tenant.id, browsing.identity_of(person)) if person else None
    return render_template("lrs/erase.html", person=person, own=_own_account(person), traces=traces)


@blueprint.post("/statements/erase")
@requires_role("administrator")
def erase() -> Answer:
    person = request.form.get("person", "").strip()[:1000]
    if not person or request.form.get("sure") != "yes":
        return redirect(url_for("lrs_pages.ask_to_erase", person=person))
    gone = erasing.erase_person(db.session(), g.tenant.id, browsing.identity_of(person))
    flash(_("Erased: %(count)s statements, and all that was kept beside them.", count=gone.statements))
    return redirect(url_for("lrs_pages.statements"))


# --- keys ---------------------------------------------------------------------------------------------------------


@blueprint.get("/keys")
@requires_role(*ROLES)
def keys() -> Answer:
    return _keys_page()


@blueprint.post("/keys")
@requires_role(*ROLES)
def create_key() -> Answer:
    """The secret is in this answer and nowhere else."""
    form, fields = request.form, {}
    expires_at = None
    if form.get("expires"):
        try:
            day = day_of(form["expires"])
            expires_at = datetime.combine(day + timedelta(days=1), time(), UTC)
        except ValueError:
            fields["expires"] = N_("Write the day as 2026-03-31.")
    try:
        made = credentials.create_credential(
            db.session(), name=form.get("name", ""), scopes=form.getlist("scopes"), expires_at=expires_at
        )
    except Invalid as error:
        return _keys_page(fields={**error.fields, **fields}, values=form), 400
    if fields:
        db.session().rollback()
        return _keys_page(fields=fields, values=form), 400
    return _keys_page(made=made)


@blueprint.post("/keys/<uuid:credential_id>/revoke")
@requires_role(*ROLES)
def revoke_key(credential_id: uuid.UUID) -> Answer:
    credentials.revoke_credential(db.session(), credential_id)
    flash(_("The key is revoked. Nobody gets in with it any more."))
    return redirect(url_for("lrs_pages.keys"))


def _keys_page(**more: Any) -> str:
    shown = {"fields": {}, "values": {}, "made": None, **more}
    return render_template(
        "lrs/keys.html",
        keys=credentials.list_credentials(db.session()),
        scopes=credentials.SCOPES,
        endpoint=f"{bridge().settings.base_url}/xapi/",
        now=db.utcnow(),
        **shown,
    )


def init_app(app: Bridge) -> None:
    app.register_blueprint(blueprint)
    navigation.add(
        N_("Learning records"),
        "lrs_pages.statements",
        *ROLES,
        order=70,
        hint=N_("What other systems have reported, and the keys they use."),
    )
