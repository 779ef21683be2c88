"""`python -m scorm validate FILE [--json] [--profile LMS] [--fix OUT]`; exit 0 sound, 1 errors, 2 unreadable."""

import argparse
import json
import sys
from collections.abc import Sequence

from scorm.errors import UnreadableError
from scorm.findings import Report
from scorm.mend import mend
from scorm.rule import PROFILES
from scorm.validate import validate


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m scorm", description="Packages for learning management systems."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("validate", help="say what is wrong with a package, and how to mend it")
    command.add_argument("file", help="a zip, or a manifest on its own")
    command.add_argument("--json", action="store_true", help="for programs")
    command.add_argument("--profile", choices=PROFILES, help="also what this LMS is known to need")
    command.add_argument("--fix", metavar="OUT", help="write a mended copy")
    options = parser.parse_args(arguments)
    return run_validate(options.file, as_json=options.json, profile=options.profile, fix=options.fix)


def run_validate(file: str, *, as_json: bool, profile: str | None = None, fix: str | None = None) -> int:
    """What the command does; the service's own command line calls it too."""
    mended: tuple[str, ...] = ()
    if fix:
        try:
            done = mend(file, fix, profile)
            report, mended = done.after, done.codes
        except UnreadableError as error:
            report = Report.unreadable(error, file.replace("\\", "/").rpartition("/")[2])
        except OSError as error:
            print(f"{fix} cannot be written: {error.strerror}. Choose another place.", file=sys.stderr)
            return 2
    else:
        report = validate(file, profile)
    print(json.dumps(report.to_json(), ensure_ascii=False, indent=2) if as_json else as_text(report, mended))
    return report.exit_code


def as_text(report: Report, mended: Sequence[str] = ()) -> str:
    """A line for each finding and one for how to mend it; then the sum."""
    lines = []
    for finding in report.findings:
        place = f"{finding.file}:{finding.line}" if finding.line else finding.file
        lines.append(f"{finding.severity}: {place + ': ' if place else ''}{finding.message} [{finding.code}]")
        if finding.hint:
            lines.append(f"    {finding.hint}")
    if mended:
        lines.append(f"Mended: {', '.join(mended)}.")
    counts = report.counts()
    said = ", ".join(f"{counts[s]} {s}{'s' if counts[s] > 1 else ''}" for s in sorted(counts) if counts[s])
    verdict = "unreadable" if not report.readable else "sound" if report.sound else "not sound"
    lines.append(f"{report.standard or 'No package'}: {verdict}{f' ({said})' if said else ''}.")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
