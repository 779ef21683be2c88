"""Whatever bytes are given, the answer is a report; a bounded fuzz over mutated packages and manifests.

For longer: `python -m tests.scorm.test_anything_given SECONDS`.
"""

import random
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scorm import UnreadableError, read, validate
from scorm.catalogue import RULES, UNREADABLE
from scorm.mend import mend
from tests.scorm.samples import Bent, cmi5, manifest, package, zipped

QUICK = settings(max_examples=150, deadline=5_000, suppress_health_check=list(HealthCheck))
SEEDS = (
    package(),
    package(manifest("2004 4th Edition"), **{"pages/a__html": "<p>" * 50}),
    zipped({"cmi5.xml": cmi5(), "index.html": "<p>"}),
    manifest().encode(),
    manifest("2004 3rd Edition", item='<imsss:sequencing IDRef="x"/>').encode("utf-16"),
    cmi5().encode(),
)
DICTIONARY = [
    b"<!DOCTYPE a [", b"]]>", b"&#0;", b"\x00", b"\xff\xfe", b"../", b"\\", b"PK\x01\x02", b"PK\x03\x04",
    b"PK\x05\x06", b"\xff\xff\xff\xff", b'xml:base="', b"<item>", b"</item>", b"<metadata/>", b'href="',
    b'identifier=""', b"xmlns:adlcp=''", b"%00", b"%zz", b"http://[", b"\xc3\x28", b"<manifest>",
]  # fmt: skip


def judged(data: bytes) -> None:
    """The one promise: a report with known codes; and what it calls readable can be read."""
    report = validate(data, "strict")
    assert report.exit_code in (0, 1, 2)
    assert {f.code for f in report.findings} <= set(RULES) | set(UNREADABLE)
    assert all(f.message and f.hint and f.line >= 0 for f in report.findings)
    try:
        with read(data) as reading:
            for file in reading.package.files:
                with file.open() as stream:
                    stream.read(100_000)
    except UnreadableError:
        assert not report.readable


def mutated(seed: bytes, chance: random.Random) -> bytes:
    data = bytearray(seed)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data[at : at + chance.randint(1, 8)] = b""
            case 1:
                data[at:at] = chance.choice(DICTIONARY)
            case 2:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 3:
                other = chance.randrange(len(data) + 1)
                data[at:at] = data[other : other + chance.randint(1, 60)]
            case _:
                word = chance.choice(DICTIONARY)
                data[at : at + len(word)] = word
    return bytes(data) or b"<"


@QUICK
@given(st.sampled_from(SEEDS), st.integers(0, 2**32))
def test_mutated_packages_get_a_report(seed: bytes, number: int) -> None:
    judged(mutated(seed, random.Random(number)))


@QUICK
@given(st.binary(max_size=2_000) | st.binary(max_size=200).map(lambda tail: b"PK\x03\x04" + tail))
def test_any_bytes_get_a_report(data: bytes) -> None:
    judged(data)


NAMES = st.text(max_size=30) | st.sampled_from(
    ["a/../b", "C:a", "index.html", "å", "a\u030a", "x" * 300, "a/b"]
)


@QUICK
@given(st.dictionaries(NAMES, st.binary(max_size=50), max_size=4))
def test_any_names_in_a_zip_get_a_report(files: dict[str, bytes]) -> None:
    zip_ = Bent().add("imsmanifest.xml", manifest().encode()).add("index.html", b"<p>")
    for name, content in files.items():
        zip_.add(name.encode("utf-8", "surrogatepass"), content)
    judged(zip_.bytes())


ATTRIBUTE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40)


@QUICK
@given(href=ATTRIBUTE, identifier=ATTRIBUTE, text=ATTRIBUTE)
def test_any_words_in_a_manifest_get_a_report_and_can_be_mended(
    tmp_path_factory, href: str, identifier: str, text: str
) -> None:
    href, identifier, text = (
        value.translate({38: None, 60: None, 34: None, 0xFFFE: None, 0xFFFF: None})
        for value in (href, identifier, text)
    )
    data = package(
        manifest(
            item=f"<adlcp:prerequisites type='aicc_script'>{text}</adlcp:prerequisites>"
            f"<adlcp:masteryscore>{text}</adlcp:masteryscore>",
            item_attributes=f'identifier="{identifier}" identifierref="RES"',
            resource=f'<file href="index.html"/><file href="{href}"/>',
        )
    )
    judged(data)
    out = tmp_path_factory.getbasetemp() / "mended.zip"
    mended = mend(data, out)
    assert mended.after.readable
    errors = [sum(f.severity == "error" for f in report.findings) for report in (mended.before, mended.after)]
    assert errors[1] <= errors[0]


def main() -> None:
    """Fuzzes until the time is up; leaves the bytes that broke the promise."""
    until = time.monotonic() + float(sys.argv[1])
    number = 0
    while time.monotonic() < until:
        number += 1
        data = mutated(SEEDS[number % len(SEEDS)], random.Random(number))
        try:
            judged(data)
        except Exception:
            Path("fuzz-failure.bin").write_bytes(data)
            raise
    print(f"{number:,} packages, each with its report")


if __name__ == "__main__":
    main()
