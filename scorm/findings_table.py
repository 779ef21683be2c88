"""FINDINGS.md from the table of findings: `python -m scorm.findings_table` writes it anew."""

from pathlib import Path

from scorm.catalogue import RULES, UNREADABLE
from scorm.rule import PROFILES, Rule

_HEAD = """# What `validate` finds

Made from the table in `catalogue.py` (`python -m scorm.findings_table`); a test keeps the two equal.

An *error* breaks the standard: some LMS refuses the package or loses results. A *warning* is allowed, or \
tolerated by most, and known to go wrong somewhere. A profile (`--profile`) adds what one LMS is known to \
need; `strict` makes an error of every warning. “—” is silent without a profile.

| code | severity | what it says | how to mend it | `--fix` | profiles |
|---|---|---|---|---|---|
"""
_UNREADABLE = """
## Unreadable

What cannot or must not be opened has one finding, and exit code 2. Nothing of it is read or written.

| code | what it is |
|---|---|
"""


def markdown() -> str:
    rows = "".join(_row(rule) for rule in RULES.values())
    refusals = "".join(f"| `{code}` | {text} |\n" for code, text in sorted(UNREADABLE.items()))
    return _HEAD + rows + _UNREADABLE + refusals


def _row(rule: Rule) -> str:
    profiles = ", ".join(f"{name}: {rule.profiles[name]}" for name in PROFILES if name in rule.profiles)
    cells = (
        f"`{rule.code}`",
        str(rule.severity or "—"),
        _cell(rule.says),
        _cell(rule.hint),
        "yes" if rule.mended else "",
        profiles,
    )
    return "| " + " | ".join(cells) + " |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("{", "*").replace("}", "*")


if __name__ == "__main__":
    Path(__file__).with_name("FINDINGS.md").write_text(markdown(), encoding="utf-8")
