"""`lms-bridge trail …`: whether the trail of what was done and read is as it was, and all of it to take away."""

import sys
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

import click

from ..accounts import Tenant, audit
from ..accounts.cli import opened
from ..accounts.municipalities import list_municipalities
from ..db import Database, utcnow
from ..errors import NotFound
from ..web import logs
from . import reading, seals, verifying
from .verifying import Problem, Verdict

SHOWN = 20
_TENANT = click.option("--tenant", help="The municipality's short name; without it, all of them.")


@click.group("trail")
def trail_commands() -> None:
    """The trail of what was done and whose data was read: seal it, verify it, take it away."""


@trail_commands.command("verify")
@_TENANT
@click.option("--seal", default="", help="A seal that was written down: is it still part of the chain?")
def verify_command(tenant: str | None, seal: str) -> None:
    """Compare the trail with its seals; exit 0 when it is sound, 1 when it is broken."""
    database, found = _database(tenant)
    verdicts = {one.slug: verifying.verify(database, one.id, utcnow(), _progress(one.slug)) for one in found}
    for slug, verdict in verdicts.items():
        _tell(slug, verdict)
    known = not seal or _tell_seal(seal.strip().lower(), verdicts)
    if not known or not all(verdict.is_sound for verdict in verdicts.values()):
        sys.exit(1)


@trail_commands.command("seal")
@_TENANT
@click.option("--all-late", is_flag=True, help="Also what came late into days that were sealed long ago.")
def seal_command(tenant: str | None, all_late: bool) -> None:
    """Seal the days that are over, as every night does, and print the newest seals: keep them elsewhere."""
    database, found = _database(tenant)
    for one in found:
        made = seals.seal_days(database, one.id, utcnow(), all_late=all_late)
        with database.unit_of_work(one.id, write=False) as session:
            newest = seals.newest_seal(session, one.id)
        click.echo(f"{one.slug}: {len(made)} new seals, {sum(row.count for row in made):,} entries")
        if newest:
            click.echo(f"    {newest.day} {newest.seal}")


@trail_commands.command("export")
@click.option("--tenant", required=True, help="The municipality's short name.")
@click.option(
    "--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="From this day of the municipality's."
)
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Up to and including this day.")
def export_command(tenant: str, first: datetime | None, last: datetime | None) -> None:
    """Print the trail as JSON, one line an entry, the oldest first; that is noted in the trail too."""
    database, (one,) = _database(tenant)
    filters = reading.Filters(first=first.date() if first else None, last=last.date() if last else None)
    with database.unit_of_work(one.id) as session:
        audit.record(session, "read", "trail:export")
    for line in reading.json_lines(reading.pages(database, one, filters)):
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def _database(tenant: str | None) -> tuple[Database, list[Tenant]]:
    """The database, and the municipality that is meant, or all. Raises NotFound."""
    settings, database = opened()
    logs.configure(settings.log_level)
    with database.unit_of_work(write=False) as session:
        found = [one for one in list_municipalities(session) if tenant in (None, one.slug)]
    if tenant and not found:
        raise NotFound("No municipality has the short name %(slug)s.", slug=tenant)
    return database, found


def _progress(slug: str) -> verifying.Days:
    def shown(days: Sequence[date]) -> Iterable[date]:
        if not sys.stderr.isatty():
            return days
        return _bar(slug, days)

    return shown


def _bar(slug: str, days: Sequence[date]) -> Iterator[date]:
    with click.progressbar(days, label=slug, file=sys.stderr) as bar:
        yield from bar


def _tell(slug: str, verdict: Verdict) -> None:
    if not verdict.seals:
        click.echo(f"{slug}: nothing is sealed yet")
    else:
        through = max(one.day for one in verdict.seals)
        word = "sound" if verdict.is_sound else "BROKEN"
        click.echo(f"{slug}: {word}; sealed through {through}, {verdict.entries:,} entries compared")
    if gone := verdict.expired:
        entries = sum(int(one.count) for one in gone)
        through = max(one.day for one in gone)
        click.echo(f"    {len(gone):,} days expired by the rule, through {through}: {entries:,} entries")
    for problem in verdict.problems:
        click.echo(f"    {problem.day}: {_sentence(problem)}")
    for one in verdict.late:
        click.echo(f"    {one.day}: {one.count} came late, sealed {one.made[:16]} UTC")
    if verdict.seals:
        click.echo(f"    newest seal: {verdict.seals[-1].seal}")


def _sentence(problem: Problem) -> str:
    if not problem.entries:
        return problem.what
    names = [_as_id(name) for name in problem.entries[:SHOWN]]
    more = f" and {len(problem.entries) - SHOWN:,} more" if len(problem.entries) > SHOWN else ""
    return f"{len(problem.entries):,} {problem.what}: {', '.join(names)}{more}"


def _as_id(name: str) -> str:
    try:
        return str(uuid.UUID(name))
    except ValueError:
        return repr(name)


def _tell_seal(seal: str, verdicts: dict[str, Verdict]) -> bool:
    for slug, verdict in verdicts.items():
        above = verdict.place_of(seal)
        if above is not None:
            day = verdict.seals[-1 - above].day
            click.echo(f"That seal is {slug}'s of {day}; {above} stand on it.")
            return True
    click.echo(
        "BROKEN: that seal is not part of the chain. It was changed or taken away, or is written wrong."
    )
    return False
