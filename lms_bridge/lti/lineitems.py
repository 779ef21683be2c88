"""Which column of the gradebook an activity has, where its launch does not say (AGS 2.0, sections 3.1 and 3.2).

First by the activity, then by the module that was put into the deep link's line item; where there is none, and the
LMS lets us, one is made.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from ..errors import N_, Told
from ..outgoing import Answer, OutgoingError
from .messages import LINEITEM_SCOPE
from .models import Platform, ResourceLink
from .roster import next_page
from .services import Services

CONTAINER = "application/vnd.ims.lis.v2.lineitemcontainer+json"
ITEM = "application/vnd.ims.lis.v2.lineitem+json"
MOST_PAGES = 20


class NoLineItem(Told):
    """There is no column and none may be made; or `answer` is how the LMS refused."""

    def __init__(self, message: str, answer: Answer | None = None) -> None:
        super().__init__(message, **({"status": answer.status} if answer else {}))
        self.answer = answer


def find(services: Services, platform: Platform, link: ResourceLink, maximum: int) -> str:
    """The address of the activity's line item. Raises NoLineItem, OutgoingError."""
    by_module = {"resource_id": str(link.module_id)}
    for query in ({"resource_link_id": link.resource_link_id}, by_module):
        for item in _items(services, platform, link, query):
            if _is_meant(item, link, by_module is query):
                return _address(item, link)
    if link.lineitem_scope != LINEITEM_SCOPE:
        raise NoLineItem(N_("the LMS has no line item for this activity"))
    return _make(services, platform, link, maximum)


def _items(
    services: Services, platform: Platform, link: ResourceLink, query: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """Line items that meet a filter, over all pages; an LMS may overlook the filter and give all."""
    url, seen = _with(link.lineitems, query), set[str]()
    while url and url not in seen and len(seen) < MOST_PAGES:
        seen.add(url)
        answer = services.call(platform, link.lineitem_scope, "GET", url, headers={"Accept": CONTAINER})
        if answer.status != 200:
            raise NoLineItem(N_("the LMS answered %(status)s when it was asked for line items"), answer)
        rows = answer.json()
        if not isinstance(rows, list):
            raise OutgoingError(N_("the answer is not a list of line items"))
        yield from (row for row in rows if isinstance(row, dict))
        url = next_page(answer.headers.get("link", ""), url)


def _is_meant(item: dict[str, Any], link: ResourceLink, by_module: bool) -> bool:
    """The filter is checked here too. A column of another activity is not ours, whatever module it is for."""
    if not isinstance(item.get("id"), str):
        return False
    if by_module:
        other = item.get("resourceLinkId") not in (None, "", link.resource_link_id)
        return item.get("resourceId") == str(link.module_id) and not other
    return item.get("resourceLinkId") == link.resource_link_id


def _make(services: Services, platform: Platform, link: ResourceLink, maximum: int) -> str:
    body = {
        "label": link.title or link.context_title or "lms-bridge",
        "scoreMaximum": maximum,
        "resourceId": str(link.module_id),
        "resourceLinkId": link.resource_link_id,
        "tag": "module",
    }
    answer = services.call(
        platform,
        LINEITEM_SCOPE,
        "POST",
        link.lineitems,
        headers={"Content-Type": ITEM, "Accept": ITEM},
        body=json.dumps(body).encode(),
    )
    if answer.status not in (200, 201):
        raise NoLineItem(N_("the LMS answered %(status)s when a line item was to be made"), answer)
    made = answer.json()
    if not isinstance(made, dict) or not isinstance(made.get("id"), str):
        raise OutgoingError(N_("the answer is not a line item"))
    return _address(made, link)


def _address(item: dict[str, Any], link: ResourceLink) -> str:
    """Its id is its address. On another origin it would take our token there: refused."""
    address: str = urljoin(link.lineitems, item["id"])
    if urlsplit(address)[:2] != urlsplit(link.lineitems)[:2] or len(address) > 2000:
        raise NoLineItem(N_("the LMS’s line item is at another address than its gradebook"))
    return address


def _with(url: str, query: dict[str, str]) -> str:
    """The address with these parameters beside its own."""
    parts = urlsplit(url)
    own = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in query]
    return urlunsplit(parts._replace(query=urlencode([*own, *query.items()]), fragment=""))
