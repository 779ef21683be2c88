"""A course is looked through before anything of it is kept; what is kept is shown from the content origin only."""

import io
import zipfile
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from lms_bridge.cmi5.models import Course, CourseFile, Node
from tests.people import EMMA, HANNA
from tests.support.cmi5 import EXAMPLE, PAGE, Lms, au, block, structure, zipped

SCRIPT = b"document.title = 'taken';"


def count(lms: Lms, table: type) -> int:
    with lms.app.database.unit_of_work(write=False) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def files_of(page: str) -> str:
    return page.split('name="course" value="')[1].split('"')[0]


def test_what_is_found_is_shown_and_nothing_is_kept_before_somebody_says_so(lms: Lms):
    page = lms.check(zipped(block("b", au()), au("two"))).text
    assert "A course with 2 units" in page
    assert "Safe lifting" in page
    assert count(lms, Course) == 0


def test_a_course_with_errors_is_refused_with_the_place_and_the_way_to_mend_it(lms: Lms):
    answer = lms.check(zipped(au(url="missing.html")))
    assert answer.status_code == 400
    assert "missing.html" in answer.text
    assert 'name="course"' not in answer.text


def test_blocks_and_units_keep_their_order_and_place(lms: Lms):
    lms.bring_in(block("b", au("one"), block("inner", au("two"))), au("three"))
    with lms.app.database.unit_of_work(write=False) as session:
        nodes = {n.id: n for n in session.scalars(select(Node).order_by(Node.position))}
    above = {n.title: nodes[n.parent_id].title if n.parent_id else "" for n in nodes.values()}
    assert above == {
        "Block b": "",
        "Unit one": "Block b",
        "Block inner": "Block b",
        "Unit two": "Block inner",
        "Unit three": "",
    }
    assert list(above) == ["Block b", "Unit one", "Block inner", "Unit two", "Unit three"]


def test_units_that_lie_with_the_supplier_are_opened_there(lms: Lms):
    course = lms.bring_in(given=structure(au(url=EXAMPLE + "unit?shelf=3#start")))
    unit = lms.launch(course)
    address = urlsplit(unit.address)
    assert address.netloc == "supplier.example"
    assert address.query.startswith("shelf=3&endpoint=")
    assert address.fragment == "start"


def scorm_package() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(
            "imsmanifest.xml",
            '<manifest xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2" identifier="m" version="1"><metadata>'
            "<schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata><organizations/><resources/>"
            "</manifest>",
        )
    return stream.getvalue()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (scorm_package(), "not a cmi5 course"),
        (structure(au(url="javascript:alert(1)")), "script or a local file"),
        (structure(au(url="data:text/html,x")), "script or a local file"),
        (zipped(au(), files={"index.html": PAGE, "../x": b"x"}), "has errors"),
        (b"", "has errors"),
    ],
    ids=["SCORM", "javascript", "data", "a way out of the folder", "empty"],
)
def test_what_is_no_course_or_an_attack_gets_a_sentence(lms: Lms, given: bytes, sentence: str):
    answer = lms.check(given)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert count(lms, Course) == 0


def test_no_file_chosen(lms: Lms):
    answer = lms.camilla.post("/cmi5/courses/check", data={})
    assert answer.status_code == 400
    assert "Choose a file first" in answer.text


def test_what_was_looked_through_is_one_municipality_s_own_and_cannot_be_forged(lms: Lms):
    sealed = files_of(lms.check(zipped(au())).text)
    signed, _dot, signature = sealed.rpartition(".")
    forged = f"{signed}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
    hanna = lms.sign_in(HANNA.email)
    for client, given in ((hanna, sealed), (lms.camilla, forged), (lms.camilla, "")):
        assert client.post("/cmi5/courses", data={"course": given}).status_code == 400
    assert count(lms, Course) == 0


def test_the_zip_is_forgotten_after_a_while(lms: Lms):
    sealed = files_of(lms.check(zipped(au())).text)
    from lms_bridge.cmi5.uploads import forget_upload
    from lms_bridge.jobs import Job

    with lms.app.app_context(), lms.app.database.unit_of_work() as session:
        job = session.scalars(select(Job).where(Job.name == "cmi5.forget_upload")).one()
        assert job.due > job.created
        forget_upload(session, **job.arguments)
    answer = lms.camilla.post("/cmi5/courses", data={"course": sealed})
    assert answer.status_code == 400
    assert "Choose it again" in answer.text


@pytest.mark.parametrize("path", ["/cmi5/courses", "/cmi5/courses/{id}/learners"])
def test_an_employee_brings_nothing_in_and_sees_no_colleague(lms: Lms, path: str):
    course = lms.bring_in(au())
    emma = lms.sign_in(EMMA.email)
    assert emma.get(path.format(id=course.rpartition("/")[2])).status_code == 403
    assert emma.post("/cmi5/courses/check", data={}).status_code == 403


# --- the content origin -------------------------------------------------------------------------------------------


def content(lms: Lms, path: str, host: str = "content.localhost") -> FlaskClient:
    return lms.app.test_client().get(path, headers={"Host": host})


@pytest.fixture
def address(lms: Lms) -> str:
    """The folder of a course on the content origin."""
    course = lms.bring_in(given=zipped(au(), files={"index.html": PAGE, "js/å b.js": SCRIPT}))
    return urlsplit(lms.launch(course).address).path.removesuffix("index.html")


def test_a_course_s_files_are_there_with_their_types_and_a_policy(lms: Lms, address: str):
    page, script = content(lms, address + "index.html"), content(lms, address + "js/%C3%A5%20b.js")
    assert (page.data, page.mimetype) == (PAGE, "text/html")
    assert (script.data, script.mimetype) == (SCRIPT, "text/javascript")
    policy = page.headers["Content-Security-Policy"]
    assert "sandbox allow-scripts" in policy
    assert "allow-top-navigation" not in policy
    assert "connect-src 'self' http://bridge.localhost;" in policy
    assert "Set-Cookie" not in page.headers


@pytest.mark.parametrize("name", ["cmi5.xml", "other.html", "../index.html", "%2e%2e/index.html", ""])
def test_nothing_else_is_there(lms: Lms, address: str, name: str):
    assert content(lms, address + name).status_code in (404, 308)


def test_the_service_s_own_origin_never_shows_it(lms: Lms, address: str):
    assert content(lms, address + "index.html", host="bridge.localhost").status_code == 404


def test_a_forged_address_opens_nothing(lms: Lms, address: str):
    assert content(lms, address[:-3] + "xx/index.html").status_code == 404


def test_files_are_kept_once_by_their_content(lms: Lms, address: str):
    with lms.app.database.unit_of_work(write=False) as session:
        found = session.execute(select(CourseFile.path, CourseFile.sha256)).all()
    assert {path for path, _ in found} == {"index.html", "js/å b.js"}
    assert all(lms.app.storage.exists(sha256) for _, sha256 in found)
