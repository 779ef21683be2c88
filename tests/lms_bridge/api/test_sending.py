"""HR sends its people, an LMS its completions, an authority its records: as files or JSON, all of it or nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from lms_bridge.accounts.models import AuditEntry
from lms_bridge.register.models import Evidence, Import, Position
from tests.support.demo import Demo

from .conftest import System

HANDS = "https://competences.example/hand-hygiene"
CSV = {"content_type": "text/csv"}


def record(name: str = "r1", **more):
    return {
        "record": name,
        "employment_id": "F1001",
        "competence": HANDS,
        "occurred": "2026-03-02T12:00:00Z",
    } | more


def test_evidence_is_sent_and_comes_back_by_the_cursor(hr: System):
    place = ""
    while (page := hr.get("/evidence", cursor=place, limit=1000).json)["more"]:
        place = page["next"]
    place = page["next"]
    sent = {"source": "hpr", "evidence": [record(score=88, valid_until="2027-03-02", method="authority")]}
    assert hr.post("/evidence", json=sent).json == {"items": [{"record": "r1", "state": "stored"}]}
    assert hr.post("/evidence", json=sent).json == {"items": [{"record": "r1", "state": "unchanged"}]}
    page = hr.get("/evidence", cursor=place).json
    (told,) = page["items"]
    assert told["source"] == "api:hpr"
    wanted = {
        "record": "r1",
        "score": 88.0,
        "valid_until": "2027-03-02",
        "method": "authority",
        "revision": 1,
    }
    assert wanted.items() <= told.items()
    assert told["person"] == hr.all("/people", employment_id="F1001")[0]["id"]
    nothing = hr.get("/evidence", cursor=page["next"]).json
    assert nothing == {"items": [], "next": page["next"], "more": False}


def test_whom_nobody_knows_is_told_as_waiting(hr: System):
    account = {"issuer": "https://lms.example", "subject": "99", "name": "Nina Ny"}
    one = record(account=account)
    del one["employment_id"]
    answer = hr.post("/evidence", json={"source": "lms", "evidence": [one]})
    assert answer.json["items"][0]["state"] == "waiting"
    told = [row for row in hr.get("/evidence", limit=1000).json["items"] if row["source"] == "api:lms"]
    assert told[0]["person"] is None
    assert told[0]["waiting_for"] == {
        "issuer": "https://lms.example",
        "kind": "actor",
        "value": "99",
        "name": "Nina Ny",
    }


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (record(employment_id=None), "evidence[0]"),
        (record(person="0f5a2c1e-7b34-4c8e-9d21-5a6e3b7c1d01"), "evidence[0]"),
        (record(occurred="2026-03-02T12:00:00"), "evidence[0].occurred"),
        (record(occurred="0001-01-01T00:00:00+14:00"), "evidence[0].occurred"),
        (record(occurred="soon"), "evidence[0].occurred"),
        (record(result="done"), "evidence[0].result"),
        (record(method="self"), "evidence[0].method"),
        (record(score=101), "evidence[0].score"),
        (record(competence="https://nowhere.example"), "evidence[0].competence"),
        (record(record=""), "evidence[0].record"),
        (record(colour="red"), "colour"),
        (record(note="\0"), "NUL"),
    ],
)
def test_a_record_that_is_wrong_is_named_and_nothing_is_kept(demo: Demo, hr: System, one, said: str):
    answer = hr.post("/evidence", json={"source": "hpr", "evidence": [one, record("sound")]})
    assert answer.status_code == 400
    assert said in answer.text
    with demo.app.database.unit_of_work(demo.fjordvik, write=False) as session:
        assert session.scalar(select(func.count()).where(Evidence.source == "api:hpr")) == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"source":"x","evidence":[]}',
        b'{"source":"../x","evidence":[{}]}',
        b"[" * 99999,
    ],
)
def test_what_is_no_such_request_is_refused(hr: System, body: bytes):
    assert hr.post("/evidence", data=body, content_type="application/json").status_code == 400


def test_more_than_is_taken_is_refused_while_it_is_read(hr: System):
    answer = hr.post("/evidence", data=b" " * 9_000_000, content_type="application/json")
    assert answer.status_code == 413


def test_a_list_of_people_is_tried_then_written(demo: Demo, hr: System):
    file = b"Ansattnummer;Navn;Enhetsnummer;Stilling\nF9001;Nina Ny;210;\nF9002;Odd Olsen;nowhere;\n"
    tried = hr.post("/lists/people", query_string={"try_only": "true"}, data=file, **CSV)
    assert tried.status_code == 201, tried.text
    assert tried.json["columns"]["employment_id"] == "Ansattnummer"
    assert tried.json["problems"][0]["row"] == 3
    assert hr.all("/people", employment_id="F9001") == []
    written = hr.post("/lists/people", data=file, **CSV)
    assert (written.status_code, written.json["state"]) == (201, "confirmed")
    assert written.json["counts"] == tried.json["counts"]
    assert hr.get(f"/lists/{written.json['id']}").json["state"] == "confirmed"
    assert hr.all("/people", employment_id="F9001")[0]["name"] == "Nina Ny"
    with demo.app.database.unit_of_work(demo.fjordvik, write=False) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "import")).one()
        assert entry.detail["key"] == "HR system"
        kept = session.scalars(
            select(Import).where(Import.kind == "people", Import.state == "uploaded")
        ).all()
        assert len(kept) == 1, "the demo's own; of what is only tried nothing stays"


def test_completions_name_what_they_give(hr: System):
    day = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    file = f"Ansattnummer;Fullført dato\nF1001;{day}\n".encode()
    assert hr.post("/lists/completions", data=file, **CSV).status_code == 400
    written = hr.post("/lists/completions", query_string={"competence": HANDS}, data=file, **CSV)
    assert written.json["counts"].get("added") == 1, written.text


def test_a_full_list_that_would_close_many_needs_a_word_for_it(demo: Demo, hr: System):
    file = b"Ansattnummer;Navn;Enhetsnummer\nF1001;Astrid Aune;210\n"
    refused = hr.post("/lists/people", query_string={"full": "true"}, data=file, **CSV)
    assert refused.status_code == 409
    with demo.app.database.unit_of_work(demo.fjordvik, write=False) as session:
        positions = session.scalar(
            select(func.count()).select_from(Position).where(Position.ends_on.is_(None))
        )
        assert positions > 5


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        (b"", "text/csv"),
        (b"<html>", "text/csv"),
        (b"a;b\n1;2\n", "text/csv"),
        (b"PK\x03\x04", "text/csv"),
        (b"x", "text/plain"),
    ],
)
def test_what_is_no_list_is_refused_with_a_sentence(hr: System, file: bytes, kind: str):
    answer = hr.post("/lists/people", data=file, content_type=kind)
    assert answer.status_code == 400
    assert len(answer.json["detail"]) > 20
