"""The package cases of CATAPULT's LMS test suite, titled by their names and the requirements they stand for."""

import io
import zipfile
from collections.abc import Callable

import pytest

from lms_bridge.cmi5.importing import judge
from tests.support.cmi5 import EXAMPLE, PAGE, au, block, structure, words, zipped

ABSOLUTE = EXAMPLE + "unit/index.html"


def objectives(*names: str) -> str:
    held = "".join(f'<objective id="{name}">{words("Goal")}</objective>' for name in names)
    return f"<objectives>{held}</objectives>"


def zip64() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in (("cmi5.xml", structure(au())), ("index.html", PAGE)):
            with archive.open(name, "w", force_zip64=True) as file:
                file.write(content)
    return stream.getvalue()


def without_structure() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("page.html", PAGE)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("case", "given"),
    [
        ("101 6.1.0.0-2 one thousand AUs", structure(*(au(f"n{n}", ABSOLUTE) for n in range(1001)))),
        ("102 14.0.0.0-1 zip64", zip64()),
    ],
)
def test_a_valid_course_is_sound(case: str, given: bytes):
    judgement = judge(io.BytesIO(given))
    assert judgement.sound, judgement.findings
    assert judgement.units == (1001 if case.startswith("101") else 1)


def relative(url: str) -> bytes:
    return structure(au(url=url))


REFUSED: dict[str, Callable[[], bytes]] = {
    "201-1 3.0.0.0-1 the course's id is no IRI": lambda: structure(au(url=ABSOLUTE), course="not-an-iri"),
    "201-2 3.0.0.0-1 a block's id is no IRI": lambda: structure(
        block("b", au(url=ABSOLUTE)).replace(EXAMPLE + "block/b", "not-an-iri")
    ),
    "201-3 3.0.0.0-1 an AU's id is no IRI": lambda: structure(
        au(url=ABSOLUTE).replace(EXAMPLE + "au/one", "not-an-iri")
    ),
    "201-4 3.0.0.0-1 an objective's id is no IRI": lambda: structure(
        objectives("not-an-iri"), au(url=ABSOLUTE)
    ),
    "202-1 14.2.0.0-1 a relative URL without a zip": lambda: relative("index.html"),
    "202-2 14.2.0.0-1 a relative URL from the root": lambda: relative("/index.html"),
    "202-3 14.2.0.0-1 a relative URL upwards": lambda: relative("../index.html"),
    "202-4 14.2.0.0-1 a relative URL with a query": lambda: relative("index.html?a=1"),
    "202-5 14.2.0.0-1 a URL without a scheme": lambda: relative("//supplier.example/index.html"),
    "203-1 14.1.0.0-4 a relative URL to no file of the zip": lambda: zipped(au(url="other.html")),
    "204 8.1.0.0-6 a query that the launch needs": lambda: structure(au(url=ABSOLUTE + "?endpoint=x")),
    "205-1 13.1.2.0-1 two blocks of one id": lambda: structure(
        block("b", au("one", ABSOLUTE)), block("b", au("two", ABSOLUTE))
    ),
    "205-2 13.1.3.0-1 two objectives of one id": lambda: structure(
        objectives(EXAMPLE + "goal", EXAMPLE + "goal"), au(url=ABSOLUTE)
    ),
    "205-3 13.1.4.0-1 two AUs of one id": lambda: structure(au(url=ABSOLUTE), au(url=ABSOLUTE)),
    "206-1 13.1.4.0-2 an AU's url is none": lambda: relative("http://:99999999/ %%"),
    "207-1 13.2.0.0-1 a structure that its schema refuses": lambda: structure("<chapter/>", au(url=ABSOLUTE)),
    "208-1 14.0.0.0-1 a text": lambda: b"# A course\n\nIn Markdown.\n",
    "209-1 14.1.0.0-1 no zip": lambda: b"PK? no, a text that is named course.zip",
    "210-1 14.1.0.0-2 a zip without cmi5.xml": without_structure,
    "moveOn that there is not (CATAPULT's own schema check never runs)": lambda: structure(
        au(url=ABSOLUTE, moveOn="Sometimes")
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_invalid_course_is_refused_with_a_reason(case: str):
    judgement = judge(io.BytesIO(REFUSED[case]()))
    assert not judgement.sound
    assert any(finding.severity == "error" and finding.message for finding in judgement.findings)
