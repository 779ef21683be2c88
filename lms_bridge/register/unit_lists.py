"""The HR system's list of units: code, name, and the code of the unit that each is a part of."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..errors import N_
from . import derivation
from .identities import HR
from .models import Import, Unit
from .plans import Cells, Plan, closing
from .service import today
from .tables import Row, Table


def plan(session: Session, row: Import, table: Table, _key: bytes) -> Plan:
    """Reads a list of units: code, name, and the code of the unit that each is a part of."""
    made, day = Plan(), today(session)
    known = {u.code: u for u in session.scalars(select(Unit).where(Unit.source == HR))}
    wanted: dict[str, tuple[Row, str, str]] = {}
    for one in table.rows:
        cells = Cells(one, row.columns)
        code, name, parent = cells["unit"][:80], cells["unit_name"][:200], cells["parent"][:80]
        if one.problem:
            made.wrong(one, one.problem.message, **one.problem.params)
        elif not code:
            made.wrong(one, N_("The unit's number is missing."))
        elif not name and code not in known:
            made.wrong(one, N_("The unit's name is missing."))
        elif code in wanted:
            made.wrong(one, N_("Unit %(code)s is in the list twice. Remove one of the rows."), code=code)
        else:
            wanted[code] = (one, name, parent)
    for code, (one, _name, parent) in list(wanted.items()):
        if parent and parent not in wanted and parent not in known:
            made.wrong(one, N_("There is no unit with the number %(code)s."), code=parent)
            del wanted[code]
        elif _is_below_itself(code, wanted, known):
            made.wrong(one, N_("Unit %(code)s would be a part of itself."), code=code)
            del wanted[code]
    for code, (_one, name, parent) in wanted.items():
        made.happens(_unit_change(known.get(code), known, name, parent), name or known[code].name, code)
    gone = [u for u in known.values() if u.ends_on is None and u.code not in wanted]
    to_close = closing(made, row, gone, sum(u.ends_on is None for u in known.values()), lambda u: u.name)
    made.apply = lambda: _write(session, wanted, known, to_close, day)
    return made


def _unit_change(unit: Unit | None, known: dict[str, Unit], name: str, parent: str) -> str:
    if unit is None:
        return "added"
    above = known.get(parent)
    moved = bool(parent) and (above is None or unit.parent_id != above.id)
    return "changed" if moved or unit.ends_on is not None or (name and name != unit.name) else "same"


def _is_below_itself(code: str, wanted: dict[str, tuple[Row, str, str]], known: dict[str, Unit]) -> bool:
    codes = {u.id: u.code for u in known.values()}

    def above(one: str) -> str:
        if one in wanted and wanted[one][2]:
            return wanted[one][2]
        unit = known.get(one)
        return codes.get(unit.parent_id, "") if unit and unit.parent_id else ""

    seen: set[str] = set()
    at = above(code)
    while at and at not in seen:
        if at == code:
            return True
        seen.add(at)
        at = above(at)
    return False


def _write(
    session: Session,
    wanted: dict[str, tuple[Row, str, str]],
    known: dict[str, Unit],
    to_close: list[Unit],
    day: date,
) -> None:
    units = dict(known)
    for code, (_row, name, _parent) in wanted.items():
        if code not in units:
            units[code] = Unit(source=HR, code=code, name=name, starts_on=day)
            session.add(units[code])
        units[code].name, units[code].ends_on = name or units[code].name, None
    session.flush()
    for code, (_row, _name, parent) in wanted.items():
        if parent:
            units[code].parent_id = units[parent].id
    for unit in to_close:
        unit.ends_on = max(unit.starts_on, day - timedelta(days=1))
    session.flush()
    derivation.rebuild(session)
