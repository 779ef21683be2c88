"""Signing in and keeping accounts."""

import secrets
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..db import Database, insert_many, new_id, utcnow
from ..errors import Conflict, Invalid, NotFound
from ..throttle import Limit, Throttle
from ..web.i18n import N_, _
from . import audit, sign_ins
from .models import ROLES, Account, Tenant
from .signals import account_erased

PER_ACCOUNT = Limit("sign-in of", 10, 900)
PER_ADDRESS = Limit("sign-in from", 100, 900)
TOO_MANY = N_("Too many failed sign-ins. Wait a quarter of an hour and try again.")
SHORTEST_PASSWORD = 10
_hasher = PasswordHasher()


def _nobody() -> str:
    """What is verified when there is no such account, so that time tells nothing: a hash that fits no password,
    costs as much to verify as anybody's, and nothing to make.
    """
    salt, digest = (
        b64encode(secrets.token_bytes(length)).rstrip(b"=").decode()
        for length in (_hasher.salt_len, _hasher.hash_len)
    )
    cost = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"


def authenticate(
    database: Database,
    throttle: Throttle,
    email: str,
    password: str,
    address: str,
    only_way: Callable[[Account], str],
) -> uuid.UUID:
    """The id of the account with this e-mail and password. Raises Invalid, also where there is an `only_way` beside
    which passwords are closed, or TooMany after too many failures.
    """
    email = email.strip().lower()
    counted = [(PER_ACCOUNT, email), (PER_ADDRESS, address)]
    with database.unit_of_work(write=False) as session:
        throttle.refuse(session, *counted, message=TOO_MANY)
        account = session.scalar(select(Account).where(Account.email == email, Account.active))
    sound = _verify((account.password_hash if account else "") or _nobody(), password)
    if not sound or account is None:
        throttle.count(*counted)
        raise Invalid(N_("The e-mail or the password is not right."))
    if way := only_way(account):
        raise Invalid(N_("You sign in by “%(way)s”: passwords are closed."), way=way)
    with database.unit_of_work() as session:
        session.add(account)
        account.last_sign_in = utcnow()
        if _hasher.check_needs_rehash(account.password_hash):
            account.password_hash = _hasher.hash(password)
    return account.id


def _verify(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def is_unused(session: Session) -> bool:
    """Whether there is no municipality yet."""
    return session.scalar(select(func.count()).select_from(Tenant)) == 0


def has_one_account(session: Session) -> bool:
    """Whether nobody was let in yet but the one who asks."""
    return len(session.scalars(select(Account.id).limit(2)).all()) == 1


def search_accounts(session: Session, text: str, limit: int = 20, *, closed: bool = False) -> list[Account]:
    """The municipality's accounts whose name or e-mail holds what somebody wrote, by name; the open ones, or all."""
    for_like = text.strip().lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
    wanted = [
        func.lower(column).like(f"%{for_like}%", escape="!") for column in (Account.name, Account.email)
    ]
    rows = select(Account).where(or_(*wanted)).order_by(Account.name, Account.id).limit(limit)
    return list(session.scalars(rows if closed else rows.where(Account.active)))


def get_account(session: Session, account_id: uuid.UUID) -> Account:
    """One of the municipality's accounts. Raises NotFound."""
    account = session.scalar(select(Account).where(Account.id == account_id))
    if account is None:
        raise NotFound
    return account


def create_account(
    session: Session,
    *,
    tenant_id: uuid.UUID,
    email: str,
    name: str,
    roles: list[str],
    password: str | None = None,
    language: str = "",
) -> Account:
    """A new account, which without a password waits for its person to choose one (links.py). Raises Invalid with the
    fields that are wrong, Conflict when the e-mail is taken.
    """
    email, name = email.strip().lower(), name.strip()
    problems = _problems(email, name, roles)
    if password is not None:
        problems |= _password_problem(password)
    if problems:
        raise Invalid(N_("Look at the marked fields."), problems)
    account = Account(
        tenant_id=tenant_id,
        email=email,
        name=name,
        roles=roles,
        language=language,
        password_hash=_hasher.hash(password) if password is not None else "",
    )
    try:
        with session.begin_nested():
            session.add(account)
    except IntegrityError:
        raise Conflict(N_("Somebody already has an account with that e-mail.")) from None
    audit.record(session, "account.created", f"account:{account.id}", roles=roles)
    return account


def create_accounts(session: Session, people: Iterable[tuple[str, str]], roles: list[str]) -> list[Account]:
    """New accounts of the session's municipality for these (e-mail, name), in a few queries and in their order, which
    wait for their people to choose a password. An e-mail that is taken, or is none, gets none.
    """
    rows = []
    for email, name in people:
        row = {"id": new_id(), "email": email.strip().lower(), "name": name.strip(), "roles": roles}
        if not _problems(str(row["email"]), str(row["name"]), roles):
            rows.append(row | {"tenant_id": session.info["tenant_id"], "password_hash": ""})
    if not rows:
        return []
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert_many(session, dialect.insert(Account.__table__).on_conflict_do_nothing(), rows)
    made: list[Account] = []
    for start in range(0, len(rows), 500):
        ids = [row["id"] for row in rows[start : start + 500]]
        made += session.scalars(select(Account).where(Account.id.in_(ids)).order_by(Account.id))
    audit.record_all(session, "account.created", [f"account:{one.id}" for one in made], roles=roles)
    return made


def update_account(
    session: Session, account_id: uuid.UUID, *, name: str, roles: list[str], active: bool
) -> Account:
    """Changes an account; one that is closed or loses roles is signed out everywhere."""
    account = get_account(session, account_id)
    problems = _problems(account.email, name.strip(), roles)
    if problems:
        raise Invalid(N_("Look at the marked fields."), problems)
    if set(account.roles) - set(roles) or (account.active and not active):
        sign_ins.end_for_good(session, account)
    account.name, account.roles, account.active = name.strip(), roles, active
    audit.record(session, "account.changed", f"account:{account.id}", roles=roles, active=active)
    return account


def erase_account(session: Session, account_id: uuid.UUID) -> None:
    """Closes an account for good and takes away whose it was; the row stays for what the person made for others."""
    account = session.scalar(select(Account).where(Account.id == account_id))
    if account is None:
        return
    account_erased.send(None, session=session, account_id=account_id)
    sign_ins.end_for_good(session, account)
    account.name, account.email = "—", f"erased-{account_id}@invalid"
    account.password_hash, account.active = "", False


def set_password(session: Session, account_id: uuid.UUID, password: str) -> None:
    """Gives an account a new password and signs it out everywhere. Raises Invalid when it is too short."""
    problem = _password_problem(password)
    if problem:
        raise Invalid(problem["password"], problem)
    account = get_account(session, account_id)
    account.password_hash = _hasher.hash(password)
    sign_ins.end_for_good(session, account)
    audit.record(session, "account.password", f"account:{account.id}")


def change_own_password(session: Session, account_id: uuid.UUID, old: str, new: str) -> None:
    """The same by the person, who must know the old one."""
    if not _verify(get_account(session, account_id).password_hash, old):
        raise Invalid(N_("The password that you have now is not right."), {"old": _("Type it again.")})
    set_password(session, account_id, new)


def _problems(email: str, name: str, roles: list[str]) -> dict[str, str]:
    problems = {}
    local, _at, domain = email.partition("@")
    if not local or "." not in domain or any(c.isspace() for c in email) or len(email) > 254:
        problems["email"] = _("Write an e-mail address, such as kari@kommune.no.")
    if not name or len(name) > 200:
        problems["name"] = _("Write a name.")
    if not roles or set(roles) - set(ROLES):
        problems["roles"] = _("Choose at least one role.")
    return problems


def _password_problem(password: str) -> dict[str, str]:
    if len(password) < SHORTEST_PASSWORD:
        return {
            "password": _(
                "Use at least %(n)s characters; a few words that only you would put together are good.",
                n=SHORTEST_PASSWORD,
            )
        }
    return {}
