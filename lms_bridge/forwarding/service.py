"""Targets as the administrator keeps them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from ..accounts import audit
from ..db import after_commit
from ..errors import Invalid, NotFound
from ..jobs import Jobs
from ..lrs import values
from ..lrs.credentials import list_credentials
from ..vault import Vault
from ..web.i18n import N_
from . import collect
from .models import Parcel, Refusal, Target
from .outbox import SEND, Outbox

VERSIONS = ("1.0.3", "2.0.0")
SHOWN = 50


@dataclass(frozen=True)
class Standing:
    """A target, how many statements wait for it, and the first of those that it refused."""

    target: Target
    waiting: int
    refused: int
    refusals: list[Refusal] = field(default_factory=list)


def standings(session: Session) -> list[Standing]:
    """The municipality's targets by name."""
    waiting = dict(
        session.execute(select(Parcel.target_id, func.sum(Parcel.size)).group_by(Parcel.target_id))
        .tuples()
        .all()
    )
    refused = dict(
        session.execute(select(Refusal.target_id, func.count()).group_by(Refusal.target_id)).tuples().all()
    )
    shown: dict[uuid.UUID, list[Refusal]] = {}
    for row in session.scalars(select(Refusal).order_by(Refusal.id).limit(SHOWN)):
        shown.setdefault(row.target_id, []).append(row)
    rows = session.scalars(select(Target).order_by(Target.name, Target.id))
    return [
        Standing(row, int(waiting.get(row.id) or 0), refused.get(row.id, 0), shown.get(row.id, []))
        for row in rows
    ]


def get_target(session: Session, target_id: uuid.UUID) -> Target:
    """Raises NotFound."""
    target = session.get(Target, target_id)
    if target is None:
        raise NotFound
    return target


def save(
    session: Session,
    jobs: Jobs,
    vault: Vault,
    outbox: Outbox,
    form: Mapping[str, str],
    target: Target | None = None,
    *,
    allow_http: bool = False,
) -> Target:
    """Makes a target, or changes one; its secret stays where none is given. Raises Invalid with the fields."""
    new = target is None
    target = target or Target()
    text = {name: form.get(name, "").strip() for name in ("name", "url", "username", "version", "activity")}
    keys = {name: form.get(name, "") for name in ("only_from", "never_from")}
    verbs = form.get("verbs", "").split()
    password = form.get("password", "").strip()
    problems = _problems(session, text, keys, verbs, password, new=new, allow_http=allow_http)
    if problems:
        raise Invalid(N_("Look at the marked fields."), problems)
    for name, value in {**text, **keys}.items():
        setattr(target, name, value)
    target.verbs = verbs
    if password:
        target.password = vault.seal(password.encode())
    if new:
        session.add(target)
    else:  # what stopped it may be put right
        target.due, target.attempts = None, 0
    session.flush()
    audit.record(session, "forwarding.made" if new else "forwarding.changed", f"target:{target.id}")
    after_commit(session, outbox.forget)
    if new:
        collect.begin(session, jobs, target, everything="everything" in form)
    else:
        _wake(session, jobs, target)
    return target


def _problems(
    session: Session,
    text: Mapping[str, str],
    keys: Mapping[str, str],
    verbs: list[str],
    password: str,
    *,
    new: bool,
    allow_http: bool,
) -> dict[str, str]:
    problems = {}
    if not 0 < len(text["name"]) <= 200:
        problems["name"] = N_("Write what the other LRS is called.")
    if not _is_address(text["url"], allow_http):
        problems["url"] = N_("Write the address of the LRS, such as https://lrs.example/xapi/.")
    if not text["username"] or ":" in text["username"] or not text["username"].isprintable():
        problems["username"] = N_("Write the key that the other LRS has given you.")
    if new and not password:
        problems["password"] = N_("Write the secret that belongs to the key.")
    if text["version"] not in VERSIONS:
        problems["version"] = N_("Choose one of these.")
    if len(text["activity"]) > 1000 or any(c.isspace() for c in text["activity"]):
        problems["activity"] = N_("Write an address, with * where anything may stand.")
    if len(verbs) > 100 or not all(_is_iri(verb) for verb in verbs):
        problems["verbs"] = N_("Write an address with its beginning, such as https:// or urn:.")
    known = {row.key for row in list_credentials(session)} | {""}
    problems |= {name: N_("Choose one of these.") for name, key in keys.items() if key not in known}
    return problems


def _is_address(url: str, allow_http: bool) -> bool:
    try:
        parts = urlsplit(url)
        schemes = ("https", "http") if allow_http else ("https",)
        return parts.scheme in schemes and bool(parts.hostname) and not (parts.query or parts.fragment)
    except ValueError:
        return False


def _is_iri(verb: str) -> bool:
    try:
        values.iri(verb)
    except values.Wrong:
        return False
    return True


def set_paused(session: Session, jobs: Jobs, outbox: Outbox, target_id: uuid.UUID, paused: bool) -> None:
    """Stops sending, or goes on. What is stored meanwhile waits. Raises NotFound."""
    target = get_target(session, target_id)
    target.paused = paused
    if not paused:
        target.due, target.attempts = None, 0
    audit.record(session, "forwarding.paused" if paused else "forwarding.resumed", f"target:{target_id}")
    after_commit(session, outbox.forget)
    _wake(session, jobs, target)


def send_now(session: Session, jobs: Jobs, target_id: uuid.UUID) -> None:
    """Does not wait for the next attempt. Raises NotFound."""
    target = get_target(session, target_id)
    target.due = None
    _wake(session, jobs, target)


def let_be(session: Session, target_id: uuid.UUID) -> int:
    """Forgets what was refused; returns how much that was. Raises NotFound."""
    get_target(session, target_id)
    count = session.scalar(select(func.count()).select_from(Refusal).where(Refusal.target_id == target_id))
    session.execute(delete(Refusal).where(Refusal.target_id == target_id))
    audit.record(session, "forwarding.let_be", f"target:{target_id}", statements=count)
    return count or 0


def remove(session: Session, outbox: Outbox, target_id: uuid.UUID) -> None:
    """Forgets a target and what waits for it. Raises NotFound."""
    target = get_target(session, target_id)
    session.execute(delete(Refusal).where(Refusal.target_id == target_id))
    session.execute(delete(Parcel).where(Parcel.target_id == target_id))
    session.delete(target)
    audit.record(session, "forwarding.removed", f"target:{target_id}", name=target.name)
    after_commit(session, outbox.forget)


def _wake(session: Session, jobs: Jobs, target: Target) -> None:
    if not target.paused:
        jobs.enqueue(session, SEND, target_id=str(target.id))
