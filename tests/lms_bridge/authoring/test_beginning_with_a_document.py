"""A trainer's Word document becomes a draft, whole or not at all; what could not come along is told."""

import io

import pytest
from sqlalchemy import select

from lms_bridge.accounts.models import AuditEntry
from lms_bridge.authoring.models import Draft, Module
from tests.people import ASTRID, BIRGER, CAMILLA, EMMA, FJORDVIK, INGRID
from tests.support.office import chart, docx, heading, image, p, picture, relation

ADDRESS = "/modules/new/document"
LINK = (relation("rPic", "image", "media/image1.png"),)
FILES = {"word/media/image1.png": image()}


def sent(client, body: bytes, name: str = "Fall.docx", **more: str):
    return client.post(ADDRESS, data={"file": (io.BytesIO(body), name), "language": "nn", **more})


@pytest.fixture
def drafts(database, tenant_id):
    def found(tenant=FJORDVIK):
        with database.unit_of_work(tenant_id(tenant), write=False) as session:
            return list(session.execute(select(Module, Draft.document).join(Draft)).tuples())

    return found


def test_a_document_becomes_a_draft_in_the_language_that_was_chosen(signed_in, drafts):
    client = signed_in(ASTRID)
    answer = sent(
        client,
        docx(
            heading("Når"),
            p("Alltid."),
            heading("Slik"),
            p(picture("rPic", alt="Hender")),
            files=FILES,
            links=LINK,
        ),
    )
    ((module, document),) = drafts()
    assert answer.headers["Location"] == f"/modules/{module.id}"
    assert (module.title, module.language) == ("Når", "nn")
    assert [page["title"] for page in document["pages"]] == ["Når", "Slik"]
    assert document["rights"]["holder"] == FJORDVIK.name
    (digest,) = document["assets"]
    assert document["assets"][digest]["rights"]["licence"] == "unknown"
    assert client.get(f"/modules/{module.id}/assets/{digest}").status_code == 200
    assert client.get(answer.headers["Location"]).status_code == 200


def test_the_checks_ask_who_owns_the_pictures(signed_in, drafts):
    client = signed_in(ASTRID)
    sent(client, docx(heading("Når"), p("a", picture("rPic", alt="Hender")), files=FILES, links=LINK))
    ((module, _document),) = drafts()
    codes = [one["code"] for one in client.get(f"/modules/{module.id}/findings").json["findings"]]
    assert "rights.unknown" in codes


def test_what_could_not_come_along_is_told_with_its_page_until_the_next_time(signed_in, drafts):
    client = signed_in(ASTRID)
    answer = sent(client, docx(heading("Når"), p("a"), heading("Tall <1>"), p("b", chart())))
    ((module, _document),) = drafts()
    assert answer.headers["Location"] == f"/modules/{module.id}/brought"
    for _again in range(2):
        page = client.get(answer.headers["Location"]).text
        assert "Page 2: Tall &lt;1&gt;" in page
        assert "1 chart" in page
        assert "Page 1" not in page
    elsewhere = signed_in(BIRGER).get(answer.headers["Location"])
    assert elsewhere.headers["Location"] == f"/modules/{module.id}"


def test_a_long_list_fits_into_the_cookie(signed_in):
    client = signed_in(ASTRID)
    pages = [heading(f"Side {number}") + p("a", chart()) for number in range(400)]
    answer = sent(client, docx(*pages))
    assert max(len(cookie) for cookie in answer.headers.getlist("Set-Cookie")) < 4_000
    page = client.get(answer.headers["Location"]).text
    assert page.count("1 chart") == 60
    assert "There is more that is not listed here." in page


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "The file is empty."),
        (b"%PDF-1.7", "This is neither a Word document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "before 2007"),
        (docx(), "There is nothing in the document."),
        (docx(p("a"))[:-40], "The file is damaged"),
        (
            docx(*[heading("a")] * 2000, p(picture("rPic")), files=FILES, links=LINK),
            "too large for one module",
        ),
    ],
    ids=["empty", "PDF", ".doc", "nothing in it", "cut off", "too large"],
)
def test_what_cannot_be_read_is_told_and_leaves_nothing_behind(app, signed_in, drafts, body, told):
    answer = sent(signed_in(ASTRID), body)
    assert answer.status_code == 400
    assert told in answer.text
    assert drafts() == []
    assert list(app.storage.stored()) == []
    assert list((app.settings.data_dir / "uploads").glob("*")) == []


def test_no_file_at_all_is_told(signed_in):
    answer = signed_in(ASTRID).post(ADDRESS, data={"language": "nb"})
    assert answer.status_code == 400
    assert "Choose a file first." in answer.text


def test_a_language_that_we_do_not_have_is_bokmål(signed_in, drafts):
    sent(signed_in(ASTRID), docx(p("a")), language="<script>")
    assert drafts()[0][0].language == "nb"


def test_those_who_write_begin_and_nobody_else(signed_in, drafts):
    assert {sent(signed_in(one), docx(p("a"))).status_code for one in (CAMILLA, EMMA)} == {403}
    assert drafts() == []
    assert ADDRESS in signed_in(ASTRID).get("/modules/new").text
    assert signed_in(ASTRID).get(ADDRESS).status_code == 200


def test_another_municipality_does_not_find_it(signed_in, drafts):
    sent(signed_in(ASTRID), docx(heading("Når"), p("a", chart())))
    ((module, _document),) = drafts()
    assert signed_in(INGRID).get(f"/modules/{module.id}/brought").status_code == 404


def test_that_a_module_was_begun_so_stands_in_the_trail(signed_in, database, tenant_id, drafts):
    sent(signed_in(ASTRID), docx(p("a")))
    with database.unit_of_work(tenant_id(FJORDVIK), write=False) as session:
        subjects = session.scalars(
            select(AuditEntry.subject).where(AuditEntry.action == "module.begun")
        ).all()
    assert subjects == [f"module:{drafts()[0][0].id}"]
