"""The coordinator's pages: keys are made and revoked, statements found, read and taken away."""

import csv
import html
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from lms_bridge.accounts import Account
from lms_bridge.db import utcnow
from tests.people import ASTRID, CAMILLA, EMMA, FRODE, HANNA, Person

from .conftest import EMMA_AGENT, HYGIENE, PASSED, Sender, statement

SignIn = Callable[[Person], FlaskClient]


@pytest.mark.parametrize("path", ["/statements", "/keys", "/statements/export.csv"])
def test_only_coordinators_and_administrators_come_in(signed_in: SignIn, path: str):
    for person, status in ((CAMILLA, 200), (FRODE, 200), (ASTRID, 403), (EMMA, 403)):
        assert signed_in(person).get(path).status_code == status


def test_a_key_is_made_shown_once_and_revoked(signed_in: SignIn):
    camilla = signed_in(CAMILLA)
    made = camilla.post("/keys", data={"name": "Our Moodle", "scopes": ["statements/write"]})
    assert made.status_code == 200
    assert "Copy the secret now" in made.text
    secret = made.text.split("Secret</dt><dd><code>")[1].split("<")[0]
    later = camilla.get("/keys").text
    assert "Our Moodle" in later
    assert secret not in later
    address = later.split('action="')[-1] if "revoke" in later else ""
    address = next(
        part.split('"')[0] for part in later.split('action="') if part.split('"')[0].endswith("/revoke")
    )
    assert camilla.post(address, follow_redirects=True).text.count("revoked") >= 1


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": "", "scopes": ["all"]}, "Say what the key is for"),
        ({"name": "LMS"}, "Choose at least one"),
        ({"name": "LMS", "scopes": ["all"], "expires": "2001-01-01"}, "still to come"),
        ({"name": "LMS", "scopes": ["all"], "expires": "soon"}, "Write the day as"),
    ],
)
def test_a_faulty_key_is_refused_with_a_sentence_at_the_field(signed_in: SignIn, form: dict, sentence: str):
    camilla = signed_in(CAMILLA)
    answer = camilla.post("/keys", data=form)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert "<td>LMS" not in camilla.get("/keys").text


def test_statements_are_found_by_person_verb_activity_and_day(signed_in: SignIn, lrs: Sender):
    gro = {"account": {"homePage": "https://fjordvik.example", "name": "1042"}, "name": "Gro Green"}
    lrs.post(
        statement(),
        statement(actor=gro, verb={"id": PASSED}, result={"success": True, "score": {"scaled": 0.85}}),
    )
    camilla = signed_in(CAMILLA)
    everything = camilla.get("/statements").text
    assert "85 %" in everything
    assert "Hand hygiene" in everything
    found = {
        "person=emma@fjordvik.example": (True, False),
        "person=https://fjordvik.example+1042": (False, True),
        f"verb={PASSED}": (False, True),
        f"activity={HYGIENE}": (True, True),
        "last=2020-01-01": (False, False),
        f"first={utcnow().date() - timedelta(days=1)}": (True, True),
    }
    for query, expected in found.items():
        text = camilla.get(f"/statements?{query}").text
        assert ("emma@fjordvik.example</a></td>" in text, "Gro Green" in text) == expected, query


@pytest.mark.parametrize(
    "query", ["verb=passed", "activity=hygiene", "first=yesterday", "first=0001-01-01", "last=9999-12-31"]
)
def test_a_filter_that_cannot_be_understood_is_marked(signed_in: SignIn, query: str):
    answer = signed_in(CAMILLA).get(f"/statements?{query}")
    assert answer.status_code == 400
    assert "ds-validation-message" in answer.text


def test_pages_go_on_to_older_statements(signed_in: SignIn, lrs: Sender):
    lrs.post(*[statement() for _ in range(60)])
    camilla = signed_in(CAMILLA)
    first = camilla.get("/statements").text
    assert first.count("emma@fjordvik.example</a></td>") == 50
    address = first.split('hx-get="')[-1].split('"')[0].replace("&amp;", "&")
    rest = camilla.get(address, headers={"HX-Request": "true"}).text
    assert rest.count("emma@fjordvik.example</a></td>") == 10
    assert "<html" not in rest


def test_one_statement_is_shown_as_it_is_kept(signed_in: SignIn, lrs: Sender):
    sent = statement(result={"response": "<script>alert(1)</script>"})
    lrs.post(sent)
    text = signed_in(CAMILLA).get(f"/statements/{sent['id']}").text
    assert "fullførte" in text
    assert "<script>alert" not in text
    assert signed_in(HANNA).get(f"/statements/{sent['id']}").status_code == 404


def test_what_was_found_is_taken_away_as_csv_and_json_lines(signed_in: SignIn, lrs: Sender):
    formula = {**EMMA_AGENT, "name": '=HYPERLINK("https://evil.example")'}
    sent = [statement(actor=formula), *[statement() for _ in range(2)]]
    lrs.post(*sent)
    camilla = signed_in(CAMILLA)
    table = list(
        csv.DictReader(
            io.StringIO(camilla.get("/statements/export.csv").data.decode("utf-8-sig")), delimiter=";"
        )
    )
    assert [row["id"] for row in table] == [one["id"] for one in sent]
    assert table[0]["actor"].startswith("'=HYPERLINK")
    lines = camilla.get("/statements/export.jsonl?person=emma@fjordvik.example").data.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [one["id"] for one in sent]
    assert signed_in(HANNA).get("/statements/export.jsonl").data == b""


def test_the_days_are_a_picture_and_a_table_with_the_same_figures(signed_in: SignIn, lrs: Sender):
    lrs.post(*[statement() for _ in range(3)])
    text = signed_in(CAMILLA).get("/statements").text
    assert "3 statements in thirty days, at most 3 in a day" in text
    assert text.count("<rect") == 1
    assert "<td>3</td>" in text


def test_every_page_costs_few_queries(signed_in: SignIn, lrs: Sender):
    lrs.post(*[statement() for _ in range(60)])
    camilla = signed_in(CAMILLA)
    for path in ("/statements", "/keys", "/statements?person=emma@fjordvik.example"):
        timing = camilla.get(path).headers["Server-Timing"]
        assert int(timing.split('desc="')[1].split()[0]) <= 10, path


def test_an_account_of_the_service_has_its_name_and_leads_to_all_of_it(
    signed_in: SignIn, lrs: Sender, account_of: Callable[[Person], Account]
):
    def account(name: str, home: str = "http://bridge.localhost") -> dict:
        return {"account": {"homePage": home, "name": name}}

    emma, hanna = str(account_of(EMMA).id), str(account_of(HANNA).id)
    strangers = [account(hanna), account("7"), account(emma, "https://other.example")]
    lrs.post(*(statement(actor=actor) for actor in (account(emma), *strangers)))
    camilla = signed_in(CAMILLA)
    text = camilla.get("/statements").text
    assert text.count(f"{EMMA.name} ({EMMA.email})") == 1
    assert HANNA.name not in text
    address = next(
        a for a in re.findall(r'href="(/statements\?person=[^"]+)"', text) if "bridge" in a and emma in a
    )
    found = camilla.get(html.unescape(address)).text
    assert EMMA.name in found
    assert found.count('href="/statements?person=') == 1
    one = re.search(r'href="(/statements/[0-9a-f-]{36})"', found)
    assert one
    assert EMMA.name in camilla.get(one[1]).text


def test_who_looks_for_an_e_mail_is_led_to_the_account_that_signs_in_with_it(
    signed_in: SignIn, lrs: Sender, account_of: Callable[[Person], Account]
):
    emma = {"account": {"homePage": "http://bridge.localhost", "name": str(account_of(EMMA).id)}}
    done = statement(actor=emma)
    lrs.post(done)
    frode = signed_in(FRODE)
    for path in ("/statements", "/statements/erase"):
        query = {"person": EMMA.email.upper()}
        page = frode.get(path, query_string=query).text
        assert done["id"] not in page
        address = re.search(rf'href="({path}\?person=http[^"]+)"', page)
        assert address, path
        assert "signs in here" not in frode.get(html.unescape(address[1])).text
        assert "signs in here" not in frode.get(path, query_string={"person": HANNA.email}).text
    assert (
        done["id"]
        in frode.get("/statements", query_string={"person": " ".join(emma["account"].values())}).text
    )
