"""The intranet lists what the municipality has published, and an LMS fetches the packages."""

import io
import zipfile

from tests.people import STORSJO
from tests.support.demo import Demo

from .conftest import System, system_of


def test_each_published_module_is_listed_once_over_all_pages(warehouse: System):
    whole = warehouse.all("/modules")
    assert len(whole) == len({one["id"] for one in whole}) > 1
    assert warehouse.all("/modules", limit=1) == whole
    hygiene = next(one for one in whole if "hygiene" in one["title"].lower())
    assert hygiene["activity"].startswith("urn:uuid:")
    assert hygiene["competences"][0]["uri"].startswith("https://")
    assert hygiene["version"] >= 1


def test_a_package_is_the_one_that_people_fetch(demo: Demo, warehouse: System):
    module = warehouse.all("/modules")[0]
    version = warehouse.get(f"/modules/{module['id']}").json["versions"][0]
    assert set(version["packages"]) == {"scorm12", "scorm2004", "cmi5", "xapi", "web"}
    answer = warehouse.get(version["packages"]["scorm12"])
    by_page = demo.signed_in("camilla@fjordvik.example").get(
        f"/modules/{module['id']}/versions/{version['number']}/scorm12.zip"
    )
    assert answer.data == by_page.data
    assert "imsmanifest.xml" in zipfile.ZipFile(io.BytesIO(answer.data)).namelist()


def test_what_is_there_already_is_not_sent_again(warehouse: System):
    module = warehouse.all("/modules")[0]
    package = f"/modules/{module['id']}/versions/1/packages/cmi5"
    for path in ("/modules", f"/modules/{module['id']}", package):
        answer = warehouse.get(path)
        again = warehouse.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_a_package_that_is_not_there_is_not_found(demo: Demo, warehouse: System):
    module = warehouse.all("/modules")[0]["id"]
    assert warehouse.get(f"/modules/{module}/versions/99/packages/scorm12").status_code == 404
    assert warehouse.get(f"/modules/{module}/versions/1/packages/scorm13").status_code == 404
    theirs = system_of(demo.app, "modules/read", municipality=STORSJO)
    assert theirs.get(f"/modules/{module}/versions/1/packages/scorm12").status_code == 404
