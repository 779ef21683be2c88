"""A certificate is put in, waits, and counts when another than its owner has approved it."""

import io
import uuid

import pytest
from PIL import Image
from sqlalchemy import select

from lms_bridge.db import utcnow
from lms_bridge.errors import Conflict
from lms_bridge.register import documents, erasing, people, privacy, service
from lms_bridge.register.models import Evidence, EvidenceDocument, Standing
from tests.people import CAMILLA, DAVID, EMMA, JOHAN

from .conftest import FIRE, MEDICINES

PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n%%EOF"


@pytest.fixture
def put_in(pages, register):
    """Emma puts in a document about her medicines course; or somebody else, or something else."""

    def send(body=PDF, *, client=None, address="/register/me/documents", name="bevis.pdf", **changes):
        form = {
            "document_form": "1",
            "competence": register.competences[MEDICINES],
            "occurred": "2026-03-02",
            "valid_until": "2031-03-02",
            "note": "Kurset i vår",
            "file": (io.BytesIO(body), name),
        } | changes
        client = client or pages.signed_in(EMMA)
        return client.post(address, data=form, content_type="multipart/form-data", follow_redirects=True)

    return send


@pytest.fixture
def documents_there(unit_of_work):
    def look():
        with unit_of_work() as session:
            return session.scalars(select(EvidenceDocument)).all()

    return look


def newest(unit_of_work, document) -> Evidence:
    with unit_of_work() as session:
        rows = select(Evidence).where(Evidence.record == str(document.id)).order_by(Evidence.revision.desc())
        return session.scalars(rows).first()


def waits(unit_of_work, register) -> bool:
    with unit_of_work() as session:
        where = (
            Standing.person_id == register.people["emma"],
            Standing.competence_id == register.competences[MEDICINES],
        )
        row = session.scalars(select(Standing).where(*where)).first()
        return row.awaiting_approval


def test_it_waits_and_counts_when_the_leader_has_approved_it(
    pages, register, put_in, unit_of_work, documents_there
):
    assert not waits(unit_of_work, register)
    answer = put_in()
    assert answer.status_code == 200
    assert "It counts when your leader has approved it" in answer.text
    assert "Awaits approval" in answer.text
    [document] = documents_there()
    assert waits(unit_of_work, register)
    david = pages.signed_in(DAVID)
    waiting = david.get("/register/approvals").text
    assert "Emma Eide" in waiting
    assert "Kurset i vår" in waiting
    seen = david.get(f"/register/documents/{document.id}")
    assert (seen.data, seen.mimetype) == (PDF, "application/pdf")
    assert seen.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in seen.headers["Content-Security-Policy"]
    evidence = newest(unit_of_work, document)
    address = f"/register/evidence/{evidence.id}/approve"
    approved = david.post(address, data={"from": "approvals"}, follow_redirects=True)
    assert "The document is approved" in approved.text
    assert "Emma Eide" not in approved.text
    assert not waits(unit_of_work, register)
    assert not newest(unit_of_work, document).awaiting_approval
    looked = pages.signed_in(EMMA).get("/register/me").text
    assert "David Dahl, Approved a document" in looked
    assert "David Dahl, Read the page" in looked
    assert david.post(address).status_code == 409


def test_two_documents_of_one_day_are_two(pages, put_in, documents_there):
    put_in(name="bevis.pdf")
    page = put_in(name="vedlegg.pdf").text
    assert len(documents_there()) == 2
    for document in documents_there():
        assert f"/register/documents/{document.id}" in page


def test_what_is_not_approved_goes_back_with_the_reason_and_the_file_is_let_go(
    pages, put_in, unit_of_work, documents_there
):
    put_in()
    [document] = documents_there()
    david, address = pages.signed_in(DAVID), f"/register/evidence/{newest(unit_of_work, document).id}/decline"
    assert david.post(address, data={"reason": " "}).status_code == 400
    david.post(address, data={"reason": "Navnet ditt mangler."})
    emma = pages.signed_in(EMMA)
    assert "Navnet ditt mangler." in emma.get("/register/me").text
    assert emma.get(f"/register/documents/{document.id}").status_code == 404
    [document] = documents_there()
    assert document.sha256 is None
    assert newest(unit_of_work, document).result == "retracted"
    emma.post(f"/register/documents/{document.id}/take-back")
    assert documents_there() == []
    assert "Navnet ditt mangler." not in emma.get("/register/me").text


def test_nobody_approves_their_own(pages, put_in, unit_of_work, documents_there):
    david = pages.signed_in(DAVID)
    put_in(client=david)
    [document] = documents_there()
    assert "another must approve it" in david.get("/register/approvals").text
    for what in ("approve", "decline"):
        address = f"/register/evidence/{newest(unit_of_work, document).id}/{what}"
        assert david.post(address, data={"reason": "x"}).status_code == 403
    assert newest(unit_of_work, document).awaiting_approval
    approved = pages.signed_in(CAMILLA).post(
        f"/register/evidence/{newest(unit_of_work, document).id}/approve"
    )
    assert approved.status_code == 302


def test_a_leader_puts_in_for_somebody_else(pages, register, put_in, documents_there):
    david = pages.signed_in(DAVID)
    answer = put_in(client=david, address=f"/register/people/{register.people['emma']}/documents")
    assert "It counts when it is approved" in answer.text
    [document] = documents_there()
    assert document.person_id == register.people["emma"]
    assert "Put in a document" in pages.signed_in(EMMA).get("/register/me").text


def test_one_takes_back_what_nobody_has_approved(pages, put_in, unit_of_work, documents_there):
    put_in()
    [document] = documents_there()
    emma = pages.signed_in(EMMA)
    emma.post(f"/register/documents/{document.id}/take-back")
    assert documents_there() == []
    assert newest(unit_of_work, document).result == "retracted"
    put_in()
    [document] = documents_there()
    pages.signed_in(DAVID).post(f"/register/evidence/{newest(unit_of_work, document).id}/approve")
    assert emma.post(f"/register/documents/{document.id}/take-back").status_code == 409
    assert len(documents_there()) == 1


def test_a_picture_loses_all_but_its_pixels(pages, put_in, documents_there):
    exif = Image.Exif()
    exif[0x010F] = "Emma's camera"
    body = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(body, "JPEG", exif=exif)
    put_in(body.getvalue(), name="../../bevis.jpg")
    [document] = documents_there()
    assert (document.name, document.media_type) == ("bevis.webp", "image/webp")
    assert b"camera" not in pages.signed_in(EMMA).get(f"/register/documents/{document.id}").data


WRONG = [
    (b"<html><script>alert(1)</script>", {}, "Choose a PDF or a picture"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", {}, "Choose a PDF or a picture"),
    (b"\x89PNG\r\n\x1a\n damaged", {}, "damaged"),
    (b"", {"file": (io.BytesIO(b""), "")}, "Choose the document"),
    (PDF, {"occurred": "2999-01-01"}, "in the future"),
    (PDF, {"occurred": ""}, "Choose a day"),
    (PDF, {"valid_until": "2001-01-01"}, "before it was given"),
]


def test_what_cannot_be_is_said_in_a_sentence(pages, put_in, documents_there):
    emma = pages.signed_in(EMMA)
    for body, changes, sentence in WRONG:
        answer = put_in(body, client=emma, **changes)
        assert answer.status_code == 400
        assert sentence in answer.text
    assert documents_there() == []


def test_others_find_nothing(pages, put_in, documents_there):
    put_in()
    [document] = documents_there()
    assert pages.signed_in(JOHAN).get(f"/register/documents/{document.id}").status_code == 404
    assert pages.signed_in(EMMA).get("/register/approvals").status_code == 403


def test_erasing_the_person_takes_the_document_along(session, fjordvik):
    file = documents.File("bevis.pdf", "ab" * 32, documents.PDF)
    document = documents.submit(
        session,
        person_id=fjordvik.people["emma"],
        competence_id=fjordvik.competences[FIRE],
        file=file,
        occurred=utcnow(),
        valid_until=None,
        note="",
        account_id=uuid.uuid4(),
    )
    assert privacy.export_person(session, fjordvik.people["emma"])["documents"][0]["name"] == "bevis.pdf"
    everybody = people.Reach(True, frozenset(), None)
    assert [one.document for one in documents.waiting(session, everybody)] == [document]
    assert documents.count_waiting(session, everybody) == 1
    erasing.erase_person(session, fjordvik.people["emma"], b"key", "http://bridge.localhost")
    assert session.scalars(select(EvidenceDocument)).all() == []
    assert documents.waiting(session, everybody) == []


def test_what_does_not_wait_is_not_approved(session):
    row = session.scalars(select(Evidence).where(~Evidence.awaiting_approval).limit(1)).one()
    with pytest.raises(Conflict, match="decided on this already"):
        service.approve(session, row.id, uuid.uuid4(), None)
