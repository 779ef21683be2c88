"""What holds for every address of the service, also for those that are added tomorrow."""

import re
import uuid

import pytest

from tests.support.addresses import addresses
from tests.support.demo import EVERYTHING, Demo

MOST_QUERIES = 15


def test_another_municipality_s_ids_are_not_found_anywhere(demo: Demo):
    """Alma may do everything in Fjordvik; what is Storsjö's answers her like what nobody has."""
    alma = demo.signed_in(EVERYTHING)
    tried, wrong = 0, []
    for address in addresses(demo.app, demo.storsjo):
        if not address.has_id:
            continue
        nobodys = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", str(uuid.uuid4()), address.path)
        for method in sorted(address.methods):
            for accept in ("text/html", "application/json"):
                answers = [
                    alma.open(path, method=method, headers={"Accept": accept})
                    for path in (address.path, nobodys)
                ]
                tried += 1
                statuses = {answer.status_code for answer in answers}
                if statuses != {404} and statuses != {400}:
                    wrong.append(f"{method} {address.endpoint} {statuses}")
    assert not wrong
    assert tried > 20


def test_nobody_gets_anywhere_without_signing_in(demo: Demo):
    from tests.support.app import new_client

    stranger = new_client(demo.app)
    open_ = {f"accounts.{name}" for name in ("sign_in", "sign_in_post", "sign_out", "choose_language")}
    open_ |= {"accounts.choose_password", "accounts.choose_password_post"}  # for who has the link
    open_ |= {"reminders.declining", "reminders.decline"}  # for who has the mail
    open_ |= {"authoring.block_style", "api_pages.index", "api_pages.document"}  # a style sheet; of nobody
    wrong = []
    for address in addresses(demo.app, demo.fjordvik):
        if address.endpoint in open_:
            continue
        for method in sorted(address.methods):
            answer = stranger.open(address.path, method=method)
            sent_to_sign_in = answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in")
            if not sent_to_sign_in and answer.status_code != 401:
                wrong.append(f"{method} {address.endpoint} {answer.status_code}")
    assert not wrong


def test_every_page_answers_with_few_queries(demo: Demo):
    alma = demo.signed_in(EVERYTHING)
    wrong, seen = [], 0
    for address in addresses(demo.app, demo.fjordvik):
        if "GET" not in address.methods:
            continue
        answer = alma.get(address.path)
        queries = int(re.search(r"(\d+) queries", answer.headers["Server-Timing"]).group(1))
        seen += 1
        if answer.status_code not in (200, 302) or (answer.status_code == 200 and queries > MOST_QUERIES):
            wrong.append(f"{address.endpoint}: {answer.status_code}, {queries} queries")
    assert not wrong
    assert seen > 8


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"a=b&a=%00", b'{"a": [[[[1]]]]}', b"x" * 100_000])
def test_no_form_breaks_on_nonsense(demo: Demo, body: bytes):
    """A form or an API that is sent rubbish says so; it never fails on our side."""
    alma = demo.signed_in(EVERYTHING)
    wrong = []
    for address in addresses(demo.app, demo.fjordvik):
        if address.endpoint in ("accounts.sign_out", "accounts.end_sign_in"):  # Alma stays
            continue
        for method in sorted(address.methods - {"GET"}):
            for kind in ("application/x-www-form-urlencoded", "application/json", "multipart/form-data"):
                answer = alma.open(address.path, method=method, data=body, headers={"Content-Type": kind})
                if answer.status_code >= 500:
                    wrong.append(f"{method} {address.endpoint} {kind}")
    assert not wrong
