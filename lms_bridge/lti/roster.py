"""Who is in a course of the LMS (Names and Role Provisioning Services 2.0), page by page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from ..errors import N_
from ..outgoing import OutgoingError
from .messages import ROSTER_SCOPE
from .models import Platform
from .services import Services

MEDIA_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
MOST_PAGES = 1000
MOST_PAGE_BYTES = 30_000_000
_LINK = re.compile(r"<([^>]*)>\s*;[^,<]*?\brel\s*=[^A-Za-z,<]*([A-Za-z]+)")


@dataclass(frozen=True)
class Member:
    """Somebody in the course; what the LMS does not tell is empty."""

    subject: str
    name: str = ""
    email: str = ""
    idnumber: str = ""
    active: bool = True


def members(services: Services, platform: Platform, url: str) -> Iterator[Member]:
    """Everybody in the course, streamed by pages. Raises OutgoingError, also half-way."""
    seen: set[str] = set()
    while url:
        if url in seen or len(seen) >= MOST_PAGES:
            raise OutgoingError(N_("the LMS’s roster goes round in circles"))
        seen.add(url)
        answer = services.call(
            platform, ROSTER_SCOPE, "GET", url, headers={"Accept": MEDIA_TYPE}, most=MOST_PAGE_BYTES
        )
        if answer.status != 200:
            raise OutgoingError(N_("the LMS answered %(status)s"), status=answer.status)
        body = answer.json()
        rows = body.get("members") if isinstance(body, dict) else None
        if not isinstance(rows, list):
            raise OutgoingError(N_("the answer is not a roster"))
        yield from (member for row in rows if (member := _member(row)))
        url = next_page(answer.headers.get("link", ""), url)


def next_page(header: str, here: str) -> str:
    """The address of the next page in a Link header (RFC 8288), kept as it is written; "" for the last page.

    Moodle writes `&amp;` for & and curly quotation marks. An address on another origin would take our token there:
    refused. Raises OutgoingError.
    """
    for target, relation in _LINK.findall(header):
        if relation.strip().lower() == "next":
            url: str = urljoin(here, target.strip().replace("&amp;", "&"))
            if urlsplit(url)[:2] != urlsplit(here)[:2]:
                raise OutgoingError(N_("the LMS’s list goes on at another address"))
            return url
    return ""


def _member(row: object) -> Member | None:
    if not isinstance(row, dict) or not isinstance(row.get("user_id"), str | int):
        return None
    text = {name: str(row.get(name) or "") for name in ("name", "email", "lis_person_sourcedid", "status")}
    return Member(
        subject=str(row["user_id"])[:255],
        name=text["name"][:200],
        email=text["email"][:254],
        idnumber=text["lis_person_sourcedid"].strip()[:80],
        active=text["status"] in ("", "Active"),
    )
