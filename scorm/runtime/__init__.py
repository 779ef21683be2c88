"""The content's side of the talk with an LMS: one script a standard, with one interface for the content.

The sources are in src/ and `build.mjs` bundles them to built/. What a script offers is told in README.md.
"""

from functools import cache
from pathlib import Path

from scorm.errors import ScormError

STANDARDS = ("scorm12", "scorm2004", "cmi5", "xapi", "none")
LIVE = ("live", "relay")
"""The two ends of a package that stays up to date: the module's, and that of the page in the LMS."""
BUILT = Path(__file__).parent / "built"


class NotBuilt(ScormError):
    """The scripts are made when the project is installed, and were not."""


@cache
def script(standard: str) -> bytes:
    """The script that a package of `standard` (one of STANDARDS, or LIVE) loads as lms.js before its content's own.

    Classic, minified, works from file:. Raises ValueError for an unknown standard, NotBuilt without a build.
    """
    if standard not in STANDARDS + LIVE:
        raise ValueError(f"{standard!r} is none of {', '.join(STANDARDS)}")
    try:
        return (BUILT / f"{standard}.js").read_bytes()
    except FileNotFoundError:
        raise NotBuilt(
            "runtime.not-built",
            f"The script that speaks {standard} is not built.",
            "Install the project (./run does), or run `node build.mjs` in its folder.",
        ) from None
