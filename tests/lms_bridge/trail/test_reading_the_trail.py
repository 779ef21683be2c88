"""The administrator reads what was done, and whose data was read, in plain words; every action has its sentence."""

import ast
import csv
import functools
import io
import json
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, insert, select

import lms_bridge
from lms_bridge.accounts import Account, service
from lms_bridge.accounts.models import AuditEntry
from lms_bridge.db import Base, Database, new_id
from lms_bridge.trail import seals
from lms_bridge.trail.reading import PAGE
from lms_bridge.trail.sentences import ABOUT, KINDS, SENTENCES, actions_of, message_of
from lms_bridge.web.app import Bridge
from tests.people import ASTRID, CAMILLA, DAVID, FJORDVIK, FRODE, INGRID, STORSJO, Municipality, Person
from tests.support.demo import EVERYTHING, Demo

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
GONE = uuid.UUID("0f5a2c1e-7b34-4c8e-9d21-5a6e3b7c1d01")


@pytest.fixture
def frode(signed_in: Callable[[Person], FlaskClient]) -> FlaskClient:
    return signed_in(FRODE)


@pytest.fixture
def noted(
    database: Database,
    tenant_id: Callable[[Municipality], uuid.UUID],
    account_of: Callable[[Person], Account],
) -> None:
    """What Camilla did on three days in March, what a key and the service did, and what Ingrid did in Storsjö."""
    camilla, fjordvik = account_of(CAMILLA).id, tenant_id(FJORDVIK)
    done = [
        (0, camilla, "read", f"person:{GONE}", {}),
        (1, camilla, "requirement", f"requirement:{GONE}", {"title": "<b>Løft</b>", "version": 3}),
        (24, None, "read", "register:everybody", {"key": "=HR()"}),
        (25, None, "lrs_statements.expired", "lrs", {"statements": 12}),
        (48, camilla, "account.changed", f"account:{camilla}", {}),
    ]
    rows = [_entry(fjordvik, hours, *rest) for hours, *rest in done]
    rows.append(_entry(tenant_id(STORSJO), 2, account_of(INGRID).id, "import", f"import:{GONE}", {}))
    with database.unit_of_work() as session:
        session.execute(insert(AuditEntry), rows)


def _entry(
    tenant: uuid.UUID, hours: float, account: object, action: str, subject: str, detail: object
) -> dict:
    names = ("tenant_id", "at", "account_id", "action", "subject", "detail")
    at = START + timedelta(hours=hours)
    return dict(zip(names, (tenant, at, account, action, subject, detail), strict=True)) | {"id": new_id()}


def lines(page: str) -> list[list[str]]:
    """The cells of the page's rows, as text."""
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)[1:]
    return [
        [
            " ".join(re.sub("<[^>]+>", " ", cell).split())
            for cell in re.findall("<td[^>]*>(.*?)</td>", row, re.DOTALL)
        ]
        for row in rows
    ]


MARCH = "first=2026-03-01&last=2026-03-31"


def test_it_tells_who_did_what_in_plain_words_newest_first(noted: None, frode: FlaskClient):
    page = frode.get(f"/trail?{MARCH}").text
    assert [line[1:3] for line in lines(page)] == [
        ["Camilla Carlsen", "Changed an account"],
        ["The service", "Deleted 12 statements that were older than they are kept"],
        ["=HR()", "Read the list of everybody"],
        ["Camilla Carlsen", "Signed the requirement “&lt;b&gt;Løft&lt;/b&gt;”, version 3"],
        ["Camilla Carlsen", "Read what is kept on a person"],
    ]
    assert "Ingrid" not in page
    assert "Camilla Carlsen" not in lines(page)[0][3], "a subject is told by an id, as the entry has it"


def test_what_is_there_still_has_a_link_for_whom_may_open_it(
    noted: None, frode: FlaskClient, account_of: Callable[[Person], Account]
):
    page = frode.get(f"/trail?{MARCH}").text
    assert f'href="/accounts/{account_of(CAMILLA).id}"' in page
    assert str(GONE) not in page
    assert lines(page)[-1][3] == f"Person {GONE.hex[-6:]}"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("who=CARLS", 3),
        ("who=camilla@fjordvik", 3),
        ("who=100%", 0),
        ("kind=read", 2),
        ("kind=erasing", 1),
        ("kind=nonsense", 5),
        ("kind=read&who=camilla", 1),
        ("last=2026-03-02", 2),
        ("first=2026-03-03&last=2026-03-03", 2),
        ("first=2026-03-04", 1),
    ],
)
def test_it_is_searched(noted: None, frode: FlaskClient, query: str, found: int):
    span = "" if "first" in query or "last" in query else f"&{MARCH}"
    shown = lines(frode.get(f"/trail?{query}{span}").text)
    assert len([line for line in shown if "2026" in line[0] and "/03/2026" in line[0]]) == found


def test_a_wrong_day_is_told_at_its_field(frode: FlaskClient):
    answer = frode.get("/trail?first=yesterday")
    assert answer.status_code == 400
    assert "Write the day as 2026-03-31." in answer.text
    assert frode.get("/trail/export.csv?first=yesterday").status_code == 404


def test_pages_follow_one_another_and_miss_nothing(
    frode: FlaskClient, database: Database, tenant_id: Callable[[Municipality], uuid.UUID]
):
    """Many entries of the same moment too."""
    with database.unit_of_work() as session:
        many = [
            _entry(tenant_id(FJORDVIK), n // 70, None, "mapping.made", "mapping:x", {"pattern": f"no{n}."})
            for n in range(2 * PAGE + 7)
        ]
        session.execute(insert(AuditEntry), many)
    path, seen = f"/trail?{MARCH}", []
    for _ in range(3):
        page = frode.get(path).text
        seen += re.findall(r"no\d+\.", page)
        older = re.search(r'href="([^"]+before=[^"]+)"', page)
        path = older[1].replace("&amp;", "&") if older else ""
    assert (len(seen), len(set(seen)), path) == (2 * PAGE + 7, 2 * PAGE + 7, "")
    assert frode.get("/trail?before=nonsense").status_code == 200
    assert frode.get("/trail?before=2026-03-02_1").status_code == 200


def test_reading_it_is_noted_too(
    frode: FlaskClient, account_of: Callable[[Person], Account], database: Database
):
    frode.get("/trail")
    assert frode.get("/trail/export.jsonl").data
    with database.unit_of_work(account_of(FRODE).tenant_id, write=False) as session:
        read = select(AuditEntry.subject, AuditEntry.account_id).where(AuditEntry.action == "read")
        assert sorted(session.execute(read).tuples()) == [
            ("trail", account_of(FRODE).id),
            ("trail:export", account_of(FRODE).id),
        ]


@pytest.mark.parametrize("person", [ASTRID, CAMILLA, DAVID])
@pytest.mark.parametrize("path", ["/trail", "/trail/export.csv"])
def test_nobody_else_may_read_it(signed_in: Callable[[Person], FlaskClient], person: Person, path: str):
    assert signed_in(person).get(path).status_code == 403


def test_it_is_taken_away_whole(noted: None, frode: FlaskClient):
    sheet = frode.get(f"/trail/export.csv?{MARCH}&kind=read").data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(sheet), delimiter=";"))
    assert rows[0][:3] == ["When (UTC)", "Who", "What"]
    assert [row[1:3] for row in rows[1:]] == [
        ["Camilla Carlsen", "Read what is kept on a person"],
        ["'=HR()", "Read the list of everybody"],
    ]
    found = [json.loads(line) for line in frode.get(f"/trail/export.jsonl?{MARCH}").data.splitlines()]
    assert [one["at"] for one in found] == sorted(one["at"] for one in found)
    assert found[1]["detail"] == {"title": "<b>Løft</b>", "version": 3}
    assert found[1]["who"] == "Camilla Carlsen"


def test_an_erased_account_is_named_no_more(
    noted: None, frode: FlaskClient, account_of: Callable[[Person], Account], database: Database
):
    camilla = account_of(CAMILLA)
    with database.unit_of_work(camilla.tenant_id) as session:
        service.erase_account(session, camilla.id)
    page = frode.get(f"/trail?{MARCH}").text
    assert "Camilla" not in page
    assert lines(page)[0][1] == "An account that was erased"


def test_the_seal_is_shown_and_what_came_late_is_marked(
    noted: None, frode: FlaskClient, database: Database, tenant_id: Callable[[Municipality], uuid.UUID]
):
    fjordvik, now = tenant_id(FJORDVIK), START + timedelta(days=4)
    assert "Not sealed yet" in frode.get("/trail").text
    made = seals.seal_days(database, fjordvik, now)
    with database.unit_of_work() as session:
        session.execute(insert(AuditEntry), [_entry(fjordvik, 3, None, "connect", f"connection:{GONE}", {})])
    made += seals.seal_days(database, fjordvik, now)
    page = frode.get(f"/trail?{MARCH}").text
    assert "Sealed up to and including 5 Mar 2026" in page
    assert f'value="{made[-1].seal}"' in page
    late = [line[2] for line in lines(page) if "Came after the day was sealed" in line[2]]
    assert late == ["Connected another system Came after the day was sealed"]


def test_many_entries_are_read_with_few_queries(
    noted: None, frode: FlaskClient, database: Database, tenant_id: Callable[[Municipality], uuid.UUID]
):
    """About everything that has a page."""
    with database.unit_of_work() as session:
        kinds = [
            _entry(tenant_id(FJORDVIK), n, None, "read", f"{kind}:{GONE}", {}) for n, kind in enumerate(ABOUT)
        ]
        session.execute(insert(AuditEntry), kinds)
    counted: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *a: counted.append(a[2]))
    assert frode.get(f"/trail?{MARCH}&who=").status_code == 200
    assert len([one for one in counted if one.startswith("SELECT")]) <= 12, counted


def test_a_page_of_a_long_trail_is_found_by_the_index(database: Database, noted: None, frode: FlaskClient):
    if database.engine.dialect.name != "sqlite":
        pytest.skip("of a few rows PostgreSQL rather reads all")
    asked: list[tuple[str, object]] = []
    event.listen(database.engine, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
    frode.get(f"/trail?kind=read&before={START.isoformat()}_{GONE.hex}".replace("+", "%2B"))
    (query,) = [one for one in asked if "LIMIT" in one[0] and "audit_entry.detail" in one[0]]
    with database.engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query[0]}", query[1])]
    assert any("audit_entry USING INDEX ix_audit_entry_at" in step and "(at,id)<" in step for step in plan), (
        plan
    )
    assert not any("TEMP B-TREE" in step for step in plan), plan


# --- every action has a sentence ----------------------------------------------------------------------------------


@functools.cache
def recorded() -> list[tuple[str, str, str]]:
    return list(_recorded())


def _recorded() -> Iterator[tuple[str, str, str]]:
    """(file, action, subject up to its id) of every call in the service's code that adds to the trail."""
    root = Path(lms_bridge.__file__).parent
    for path in sorted(root.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and _name(call.func) == "AuditEntry":
                assert path.name == "audit.py", "whoever adds to the trail does so by audit.py"
            if isinstance(call, ast.Call) and _name(call.func) in NAMES and path.name != "audit.py":
                where = f"{path.relative_to(root)}:{call.lineno}"
                action, subject = (None, call.args[1]) if "read" in _name(call.func) else call.args[1:3]
                for one in texts(action, where) if action else ["read"]:
                    for about in texts(subject, where):
                        yield where, one, about


NAMES = {"audit.record", "audit.record_all", "audit.record_read", "record_read", "record_all", "record"}


def _name(node: ast.expr) -> str:
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""


def texts(node: ast.expr, where: str) -> list[str]:
    """What an argument may be; what follows its first colon does not matter."""
    match node:
        case ast.Constant(value=str(value)):
            return [value]
        case ast.IfExp():
            return texts(node.body, where) + texts(node.orelse, where)
        case ast.JoinedStr(values=[ast.Constant(value=str(value)), *_]) if ":" in value:
            return [value]
        case ast.ListComp():
            return texts(node.elt, where)
        case ast.Name(id="EVERYBODY"):
            return ["register:everybody"]
    raise AssertionError(
        f"{where}: write the action, and what it is about up to a colon, into the call itself"
    )


def test_every_action_that_is_recorded_has_a_sentence():
    found = recorded()
    silent = [
        f"{where}: {action} {subject}" for where, action, subject in found if not message_of(action, subject)
    ]
    assert not silent, "give them sentences in trail/sentences.py"
    assert len(found) > 60, "or the calls are not found any more"


def test_no_sentence_is_left_of_what_nobody_records():
    said = {message_of(action, subject) for _where, action, subject in recorded()}
    left = {text for texts in SENTENCES.values() for text in texts.values()} - said
    assert not left


def test_every_kind_can_be_looked_for_and_has_its_own_actions():
    every = [action for kind in KINDS for action in actions_of(kind)]
    assert len(every) == len(set(every))
    assert {action for _where, action, _subject in recorded()} == set(every)


def test_what_entries_are_about_has_its_page_and_its_table(app: Bridge):
    endpoints = {rule.endpoint: rule.arguments for rule in app.url_map.iter_rules()}
    for about in ABOUT.values():
        if about.endpoint:
            assert endpoints[about.endpoint] == ({about.parameter} if about.parameter else set())
        if about.column:
            table, _dot, column = about.column.partition(".")
            assert column in Base.metadata.tables[table].columns


def test_every_link_leads_to_a_page(demo: Demo):
    """Of all that the demo has come by, for somebody who may open everything."""
    alma = demo.signed_in(EVERYTHING)
    page = alma.get("/trail").text
    links = set(re.findall(r'<td><a class="ds-link" href="([^"]+)"', page))
    assert len(links) > 5
    assert {link: alma.get(link).status_code for link in links} == dict.fromkeys(links, 200)
