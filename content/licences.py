"""The licences as data: what each lets others do. The rules that use the table are in content.rights.

A lawyer reads this table before anyone relies on it, and the product says so where it shows a verdict.
"""

from dataclasses import dataclass
from enum import Enum


class Answer(Enum):
    YES = "yes"
    NO = "no"
    ASK = "ask"  # the holder decides


@dataclass(frozen=True)
class Licence:
    """What one licence permits everyone. `adapters` are the licences that an adaptation may be given."""

    id: str
    name: str
    share: Answer
    adapt: Answer
    commercial: Answer
    attribution: bool
    adapters: frozenset[str]
    url: str = ""

    @property
    def creative_commons(self) -> bool:
        """Cannot be revoked or narrowed: no caps, no expiry."""
        return self.id.startswith(("CC", "PDM"))


YES, NO, ASK = Answer.YES, Answer.NO, Answer.ASK
_VERSIONS = {
    "4.0": ("4.0",),
    "3.0": ("3.0", "4.0"),
}  # an adaptation of 3.0 may take the later version, not the earlier
_FAMILIES = {
    "BY": ("BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND"),
    "BY-SA": ("BY-SA",),
    "BY-NC": ("BY-NC", "BY-NC-SA", "BY-NC-ND"),
    "BY-NC-SA": ("BY-NC-SA",),
    "BY-ND": (),
    "BY-NC-ND": (),
}
IDS = (
    "CC0-1.0",
    "PDM-1.0",
    *(f"CC-{family}-{version}" for version in _VERSIONS for family in _FAMILIES),
    "NLOD-2.0",
    "GFDL-1.3",
    "all-rights-reserved",
    "unknown",
    "GROUP",
)
ANY = frozenset(IDS) - {"unknown"}


def _creative_commons(family: str, version: str) -> Licence:
    return Licence(
        id=f"CC-{family}-{version}",
        name=f"CC {family} {version}",
        share=YES,
        adapt=NO if "ND" in family else YES,
        commercial=NO if "NC" in family else YES,
        attribution=True,
        adapters=frozenset(f"CC-{other}-{v}" for other in _FAMILIES[family] for v in _VERSIONS[version]),
        url=f"https://creativecommons.org/licenses/{family.lower()}/{version}/",
    )


_PUBLIC = "https://creativecommons.org/publicdomain"
_ROWS = (
    Licence("CC0-1.0", "CC0 1.0", YES, YES, YES, False, ANY, f"{_PUBLIC}/zero/1.0/"),
    Licence("PDM-1.0", "Public Domain Mark 1.0", YES, YES, YES, False, ANY, f"{_PUBLIC}/mark/1.0/"),
    *(_creative_commons(family, version) for version in _VERSIONS for family in _FAMILIES),
    Licence(
        "NLOD-2.0",
        "NLOD 2.0",
        YES,
        YES,
        YES,
        True,
        frozenset(f"CC-{family}-4.0" for family in _FAMILIES["BY"]),
        "https://data.norge.no/nlod/no/2.0",
    ),
    Licence(
        "GFDL-1.3",
        "GNU FDL 1.3",
        YES,
        YES,
        YES,
        True,
        frozenset({"GFDL-1.3"}),
        "https://www.gnu.org/licenses/fdl-1.3.html",
    ),
    Licence("all-rights-reserved", "", ASK, ASK, ASK, True, frozenset()),
    Licence("unknown", "", ASK, ASK, ASK, True, frozenset()),
    Licence("GROUP", "", ASK, ASK, ASK, True, frozenset()),  # the grant decides
)
LICENCES: dict[str, Licence] = {licence.id: licence for licence in _ROWS}
