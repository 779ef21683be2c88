"""Connecting a Moodle: its address, the plugin, a token, functions, capabilities and push, each tested by itself.

What a test found is kept in the connection's settings under `checks`, for the page; the settings also hold `plugin`
(its version, 0 without it), `issuer` (Moodle's own address), `many` (it takes many questions in one call) and
`idnumber` (it is the employment number).
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Iterable, Mapping, Set
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..accounts import audit
from ..connectors import service as connections
from ..connectors.interface import Check
from ..connectors.models import ACTIVE, PAUSED, Connection
from ..db import utcnow
from ..errors import Conflict, Invalid, NotFound, Unavailable, plain
from ..outgoing import Outgoing
from ..vault import Vault
from ..web.i18n import N_, _
from . import many
from .client import Client, MoodleError, address_of
from .models import Placement

KIND = "moodle"
TOKEN, PUSH_SECRET = "token", "push_secret"
ADDRESS, PLUGIN, TOKEN_STEP, FUNCTIONS, CAPABILITIES, PUSH = (
    "address",
    "plugin",
    "token",
    "functions",
    "capabilities",
    "push",
)
STEPS = (ADDRESS, PLUGIN, TOKEN_STEP, FUNCTIONS, CAPABILITIES, PUSH)
PLUGIN_FUNCTIONS = tuple(
    f"local_lmsbridge_{name}"
    for name in (
        "get_site",
        "list_courses",
        "publish",
        "list_activities",
        "unpublish",
        "get_results",
        "get_roster",
        "set_push",
        "test_push",
    )
)
SITE_INFO = "core_webservice_get_site_info"
CORE_FUNCTIONS = (
    "core_course_get_courses_by_field",
    "core_course_get_contents",
    "core_course_get_updates_since",
    "core_enrol_get_enrolled_users",
    "core_completion_get_activities_completion_status",
    "core_completion_get_course_completion_status",
    "mod_scorm_get_scorms_by_courses",
    "mod_scorm_get_scorm_access_information",
    "mod_scorm_get_scorm_scoes",
    "mod_scorm_get_scorm_sco_tracks",
    "gradereport_user_get_grade_items",
)
CORE_CAPABILITIES = (
    "webservice/rest:use",
    "moodle/course:view",
    "moodle/course:viewparticipants",
    "moodle/user:viewdetails",
    "moodle/site:accessallgroups",
    "moodle/site:viewuseridentity",
    "report/progress:view",
    "moodle/grade:viewall",
    "gradereport/user:view",
    "mod/scorm:viewreport",
    "mod/lti:view",
)
"""What reading without the plugin needs; Moodle tells nobody which of them a token has."""
PROBE = "0" * 32
QUICK = 20.0


def client_of(outgoing: Outgoing, vault: Vault, connection: Connection) -> Client:
    """The way to the connection's Moodle. Raises Unavailable where its token cannot be opened."""
    token = connections.secrets_of(vault, connection).get(TOKEN, "")
    return Client(outgoing, connection.address, token)


def get(session: Session, connection_id: uuid.UUID) -> Connection:
    """One of the municipality's Moodles. Raises NotFound."""
    row = connections.get(session, connection_id)
    if row.kind != KIND:
        raise NotFound
    return row


def begin(session: Session, outgoing: Outgoing, vault: Vault, *, name: str, address: str) -> Connection:
    """Makes a connection to the Moodle at an address, still without a token. Raises Invalid with `fields`."""
    address = address_of(address)
    same = select(Connection.id).where(Connection.kind == KIND, Connection.address == address)
    if session.scalar(same) is not None:
        sentence = N_("That Moodle is connected already.")
        raise Invalid(sentence, {"address": sentence})
    check = check_address(outgoing, address)
    if not check.ok:
        sentence = _(check.message, **check.details)
        raise Invalid(sentence, {"address": sentence})
    row = connections.create(session, vault, KIND, name=name or "Moodle", address=address)
    row.state, row.next_run = PAUSED, None
    remember(row, [check])
    return row


def check_address(outgoing: Outgoing, address: str) -> Check:
    """Whether a Moodle with web services answers there: it refuses a token that nobody has."""
    try:
        Client(outgoing, address, PROBE).call(SITE_INFO, patience=QUICK)
    except MoodleError as error:
        if error.code == "invalidtoken":
            return Check(ADDRESS, True, N_("A Moodle answers there, and its web services are on."))
        return _failed(ADDRESS, error)
    return Check(ADDRESS, False, N_("There is no Moodle at that address."))


def use_token(vault: Vault, connection: Connection, token: str) -> None:
    """Keeps a token, sealed. Raises Invalid for what cannot be one."""
    token = token.strip()
    if len(token) != 32 or not token.isalnum() or not token.isascii():
        sentence = N_("A token has 32 letters and digits. Copy it whole from Moodle.")
        raise Invalid(sentence, {"token": sentence})
    seal(vault, connection, {TOKEN: token})


def seal(vault: Vault, connection: Connection, changed: Mapping[str, str]) -> None:
    """Adds to the connection's secrets."""
    try:
        known = connections.secrets_of(vault, connection)
    except Unavailable:  # sealed with a key that is lost: what is new takes its place
        known = {}
    connection.secret = vault.seal(json.dumps({**known, **changed}).encode())


def check(client: Client, connection: Connection) -> list[Check]:
    """Tests all but push, step by step; what cannot be tested after a failure is left out."""
    try:
        site = client.call(SITE_INFO, patience=QUICK)
        functions = {one["name"] for one in site["functions"]}
    except MoodleError as error:
        ours = error.code in ("unreachable", "html", "http404", "redirect", "address")
        return [_failed(ADDRESS if ours else TOKEN_STEP, error)]
    except (KeyError, TypeError):
        return [Check(ADDRESS, False, N_("There is no Moodle at that address."))]
    found = [
        Check(ADDRESS, True, N_("A Moodle answers there, and its web services are on.")),
        Check(
            TOKEN_STEP,
            True,
            N_("Moodle knows the token, as its user %(user)s."),
            {"user": site.get("username", ""), "issuer": str(site.get("siteurl", ""))[:500]},
        ),
    ]
    installed = any(name in functions for name in PLUGIN_FUNCTIONS)
    if not installed:
        absent = N_(
            "The plugin is not there, or its functions are not in the token’s service. Without it, results are read "
            "more slowly, and modules are put into Moodle by hand."
        )
        return [*found, Check(PLUGIN, False, absent), _core_functions(functions)]
    missing = [name for name in PLUGIN_FUNCTIONS if name not in functions]
    found.append(_functions(missing))
    try:
        told = client.call("local_lmsbridge_get_site", patience=QUICK)
    except MoodleError as error:
        return [*found, _failed(PLUGIN, error)]
    sentence = N_("The plugin is there, version %(version)s, in Moodle %(moodle)s.")
    details = {"version": str(told.get("release", ""))[:20], "moodle": str(told.get("moodle", ""))[:20]}
    found.append(Check(PLUGIN, True, sentence, details | {"number": told.get("plugin", 1)}))
    return [*found, _capabilities(told)]


def remember(connection: Connection, checks: Iterable[Check]) -> None:
    """Keeps what tests found, for the page; and what they tell of the Moodle."""
    kept = dict(connection.settings.get("checks", {}))
    now, settings = utcnow().isoformat(), dict(connection.settings)
    for one in checks:
        kept[one.step] = {
            "ok": one.ok,
            "message": one.message,
            "details": {k: v for k, v in one.details.items() if k != "missing"},
            "missing": list(one.details.get("missing", ())),
            "at": now,
        }
        if one.step == PLUGIN:
            settings["plugin"] = int(one.details.get("number", 0)) if one.ok else 0
        if "many" in one.details:
            settings["many"] = one.details["many"]
        if one.step == TOKEN_STEP and one.details.get("issuer"):
            settings["issuer"] = str(one.details["issuer"]).rstrip("/")
    connection.settings = {**settings, "checks": kept}


def connect_push(client: Client, vault: Vault, connection: Connection, address: str) -> None:
    """Tells the plugin where to push to, with a fresh secret. It is kept only when Moodle has it too."""
    secret = secrets.token_hex(32)
    client.call("local_lmsbridge_set_push", url=address, secret=secret, enabled=True, patience=QUICK)
    seal(vault, connection, {PUSH_SECRET: secret})
    connection.settings = {**connection.settings, "push": True}


def check_push(client: Client) -> Check:
    """Has the plugin send a ping; it is well when it came, and was known to be Moodle's."""
    try:
        answer = client.call("local_lmsbridge_test_push", patience=QUICK + 40)
    except MoodleError as error:
        return _failed(PUSH, error)
    if answer.get("ok"):
        sentence = N_("Moodle reached this service in %(milliseconds)s ms.")
        return Check(PUSH, True, sentence, {"milliseconds": answer.get("milliseconds", 0)})
    told = {"status": answer.get("status", 0), "error": str(answer.get("error", ""))[:200]}
    sentence = N_("Moodle could not reach this service (%(status)s). %(error)s Results are still fetched.")
    return Check(PUSH, False, sentence, told)


def start(connection: Connection) -> None:
    """Results are fetched from now on; without the plugin, also that first long reading."""
    if connection.secret is None:
        raise Conflict(N_("Paste a token first."))
    connection.state, connection.failures, connection.problem = ACTIVE, 0, None
    connection.next_run = utcnow()


def allow_reading(connection: Connection) -> None:
    """The administrator has seen what reading without the plugin costs, and wants it."""
    connection.settings = {**connection.settings, "begin": True}


def trust_idnumber(session: Session, connection: Connection, trusted: bool) -> None:
    """Says whether Moodle's ID number is the employment number. The roster is read anew."""
    connection.settings = {**connection.settings, "idnumber": trusted}
    connection.cursor = {k: v for k, v in connection.cursor.items() if k not in ("roster", "roster_read")}
    audit.record(session, "moodle.idnumber", f"connection:{connection.id}", trusted=trusted)


def disconnect(session: Session, client: Client | None, connection: Connection) -> bool:
    """Forgets the Moodle; whether its plugin was told to push no more. Results and activities stay."""
    told = not connection.settings.get("push")
    if not told and client is not None:
        try:
            client.call("local_lmsbridge_set_push", url="", secret="", enabled=False, patience=QUICK)
            told = True
        except MoodleError:
            pass
    for row in session.scalars(select(Placement).where(Placement.connection_id == connection.id)):
        session.delete(row)
    session.flush()
    connections.remove(session, connection.id)
    return told


def _failed(step: str, error: MoodleError) -> Check:
    return Check(step, False, error.message, plain(error.details))


def _functions(missing: list[str]) -> Check:
    if not missing:
        return Check(FUNCTIONS, True, N_("Every function that is needed is in the token’s service."))
    sentence = N_("These functions are missing in the token’s service. Add them to it in Moodle.")
    return Check(FUNCTIONS, False, sentence, {"missing": missing})


def _core_functions(functions: Set[str]) -> Check:
    """Without the plugin; one function that is not needed makes it much faster."""
    known = {"many": many.FUNCTION in functions}
    check = _functions([name for name in CORE_FUNCTIONS if name not in functions])
    if check.ok and not known["many"]:
        sentence = N_(
            "Every function that is needed is in the token’s service. Add %(function)s too: then Moodle is asked a "
            "hundred things in one call, and reading takes a tenth of the time."
        )
        return Check(FUNCTIONS, True, sentence, {**known, "function": many.FUNCTION})
    return replace(check, details={**check.details, **known})


def _capabilities(told: Mapping[str, Any]) -> Check:
    held = [one for one in told.get("capabilities", ()) if isinstance(one, dict)]
    missing = [str(one.get("name"))[:100] for one in held if not one.get("held")]
    if not missing:
        return Check(CAPABILITIES, True, N_("The role of the token’s user may do all that is needed."))
    sentence = N_("The role of the token’s user lacks these. Allow them in Moodle.")
    return Check(CAPABILITIES, False, sentence, {"missing": missing})
