"""Every row of the table of findings: a package with exactly that wrong, and the row it gets."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import scorm
from scorm import Severity, validate
from scorm.catalogue import RULES, UNREADABLE
from scorm.findings_table import markdown
from scorm.mend import mend
from scorm.package import Standard
from scorm.rule import PROFILES
from scorm.xsd import control_documents
from tests.scorm.samples import cmi5, manifest, package, zipped

PAGES = {"index.html": "<p>Hands</p>"}
FOUR, THREE = "2004 4th Edition", "2004 3rd Edition"
SCO2 = '<resource identifier="RES2" type="webcontent" adlcp:scormtype="sco" href="index.html"/>'


def with_zip(text: str, **more: str | bytes) -> bytes:
    """A manifest in a zip that has its control documents too."""
    standard = Standard.SCORM12 if "rootv1p1p2" in text else Standard.SCORM2004
    return zipped({"imsmanifest.xml": text, **PAGES, **control_documents(standard), **more})


def at(name: str, **files: str | bytes) -> bytes:
    documents = control_documents(Standard.SCORM12)
    return zipped(
        {name: manifest(), **PAGES, **documents} | {k.replace("__", "."): v for k, v in files.items()}
    )


def plain(text: str) -> bytes:
    return text.encode()


def tincan(activity: str) -> str:
    return f'<tincan xmlns="http://projecttincan.com/tincan.xsd"><activities>{activity}</activities></tincan>'


TEXTS = "<name lang='nb'>Vask</name><description lang='nb'>Vask</description>"
SEQUENCING = "<imsss:sequencing>{}</imsss:sequencing>"
TWO_ITEMS = '</item><item identifier="I2" identifierref="RES2"><title>Two</title>'

# code → the package, and the other codes that cannot but come with it
SAMPLES: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "manifest-nested": (lambda: zipped({f"course/{n}": c for n, c in _sound().items()}), set()),
    "manifest-case": (lambda: at("IMSMANIFEST.XML"), set()),
    "manifest-several": (
        lambda: zipped({f"{f}/{n}": c for f in ("a", "b") for n, c in _sound().items()}),
        {"manifest-nested"},
    ),
    "manifest-missing": (lambda: zipped(PAGES), set()),
    "junk-files": (lambda: at("imsmanifest.xml", **{"__MACOSX/._index__html": b"\0"}), set()),
    "xml-encoding": (lambda: manifest(title="<title>Blåbær</title>").encode("cp1252"), set()),
    "xml-start": (lambda: plain("\n" + manifest()), set()),
    "xml-prefix-undeclared": (
        lambda: plain(manifest().replace(' xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2"', "")),
        set(),
    ),
    "schema": (lambda: plain(manifest(item="<adlcp:timelimitaction>sleep</adlcp:timelimitaction>")), set()),
    "schema-metadata": (
        lambda: plain(
            manifest(
                metadata="<metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion>"
                '<lom xmlns="http://www.imsglobal.org/xsd/imsmd_rootv1p2p1"><rights/><general/></lom></metadata>'
            )
        ),
        set(),
    ),
    "schema-extension": (lambda: plain(manifest(item='<x:own xmlns:x="urn:tool"/>')), set()),
    "namespace-mismatch": (
        lambda: plain(
            manifest(
                FOUR,
                metadata="<metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>",
            )
        ),
        {"schema", "scormtype-case"},
    ),
    "prefix-imscp": (lambda: plain(_prefixed()), set()),
    "prefix-adl": (
        lambda: plain(manifest().replace("adlcp:", "adl:").replace("xmlns:adlcp", "xmlns:adl")),
        set(),
    ),
    "metadata-missing": (lambda: plain(manifest(metadata="")), set()),
    "metadata-several": (lambda: plain(manifest(item="<metadata/><metadata/>")), {"schema"}),
    "schemaversion-missing": (
        lambda: plain(manifest(metadata="<metadata><schema>ADL SCORM</schema></metadata>")),
        set(),
    ),
    "schemaversion-unknown": (lambda: plain(manifest().replace(">1.2<", ">1.2.1<")), set()),
    "schema-name": (lambda: plain(manifest().replace("ADL SCORM", "IMS Content")), set()),
    "xml-base": (lambda: plain(manifest().replace("<resources>", '<resources xml:base="pages/">')), set()),
    "submanifest": (
        lambda: plain(
            manifest().replace(
                "</resources>",
                '</resources><manifest identifier="SUB"><organizations/><resources/></manifest>',
            )
        ),
        set(),
    ),
    "id-syntax": (lambda: plain(manifest(item_attributes='identifier="5abc" identifierref="RES"')), set()),
    "id-duplicate": (lambda: plain(manifest(item_attributes='identifier="ORG" identifierref="RES"')), set()),
    "organization-missing": (lambda: plain(_without_organization()), set()),
    "default-dangling": (lambda: plain(manifest(default="ELSE")), set()),
    "title-missing": (lambda: plain(manifest(title="")), set()),
    "identifierref-dangling": (
        lambda: plain(manifest(item_attributes='identifier="I" identifierref="NO"')),
        set(),
    ),
    "item-empty": (lambda: plain(manifest(item_attributes='identifier="I"')), set()),
    "item-launchable-parent": (
        lambda: plain(
            manifest(FOUR, item='<item identifier="C" identifierref="RES"><title>C</title></item>')
        ),
        set(),
    ),
    "dependency-dangling": (
        lambda: plain(manifest(resource='<file href="index.html"/><dependency identifierref="NO"/>')),
        set(),
    ),
    "launch-missing": (
        lambda: plain(
            manifest(resource_attributes='identifier="RES" type="webcontent" adlcp:scormtype="sco"')
        ),
        set(),
    ),
    "scormtype-missing": (
        lambda: plain(manifest(resource_attributes='identifier="RES" type="webcontent" href="index.html"')),
        set(),
    ),
    "scormtype-case": (lambda: plain(manifest(FOUR).replace("scormType", "scormtype")), set()),
    "scormtype-value": (lambda: plain(manifest().replace('="sco"', '="page"')), set()),
    "mastery-score": (lambda: plain(manifest(item="<adlcp:masteryscore>80 %</adlcp:masteryscore>")), set()),
    "time-limit": (lambda: plain(manifest(item="<adlcp:maxtimeallowed>half</adlcp:maxtimeallowed>")), set()),
    "text-too-long": (
        lambda: plain(manifest(item=f"<adlcp:datafromlms>{'x' * 256}</adlcp:datafromlms>")),
        {"schema"},
    ),
    "prerequisite-dangling": (
        lambda: plain(manifest(item='<adlcp:prerequisites type="aicc_script">GONE</adlcp:prerequisites>')),
        set(),
    ),
    "completion-by-lms": (lambda: plain(manifest(FOUR)), set()),
    "sco-several": (lambda: plain(manifest(item=TWO_ITEMS, more_resources=SCO2)), set()),
    "sco-not-first": (
        lambda: plain(manifest(more_resources=SCO2, item_attributes='identifier="I" identifierref="RES2"')),
        set(),
    ),
    "href-backslash": (lambda: with_zip(_page("pages\\a.html"), **{"pages/a.html": "x"}), set()),
    "href-space": (lambda: with_zip(_page("a b.html"), **{"a b.html": "x"}), set()),
    "href-characters": (lambda: with_zip(_page("blå.html"), **{"blå.html": "x"}), set()),
    "href-absolute": (lambda: plain(_page("file:///C:/course/a.html")), set()),
    "href-external": (lambda: plain(_page("https://fjordvik.example/a.html")), set()),
    "href-case": (lambda: with_zip(_page("Extra.HTML"), **{"extra.html": "x"}), set()),
    "launch-file-missing": (
        lambda: with_zip(
            manifest(
                resource="",
                resource_attributes='identifier="RES" type="w" adlcp:scormtype="sco" href="no.html"',
            ),
        ),
        {"file-unlisted"},
    ),
    "file-missing": (lambda: with_zip(_page("gone.html")), set()),
    "file-unlisted": (lambda: with_zip(manifest(), **{"style.css": "p{}"}), set()),
    "control-documents": (lambda: package(), set()),
    "location-missing": (
        lambda: with_zip(
            manifest(
                metadata="<metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion>"
                "<adlcp:location>lom.xml</adlcp:location></metadata>"
            )
        ),
        set(),
    ),
    "iri": (lambda: plain(cmi5(unit="unit-1", url="https://a.example/")), set()),
    "iri-duplicate": (lambda: plain(cmi5(url="https://a.example/", more=_second_unit())), set()),
    "objective-dangling": (
        lambda: plain(
            cmi5(url="https://a.example/").replace(
                "<url>", '<objectives><objective idref="https://a.example/o"/></objectives><url>'
            )
        ),
        set(),
    ),
    "url-relative": (lambda: plain(cmi5()), set()),
    "url-invalid": (lambda: plain(cmi5(url="http://a.example index.html")), set()),
    "url-query-reserved": (lambda: zipped({"cmi5.xml": cmi5(url="index.html?fetch=1"), **PAGES}), set()),
    "language-missing": (
        lambda: plain(
            cmi5(url="https://a.example/").replace('<langstring lang="nb">Vask', "<langstring>Vask")
        ),
        set(),
    ),
    "launch-none": (lambda: plain(tincan(f'<activity id="urn:uuid:1" type="t">{TEXTS}</activity>')), set()),
}


def _sound() -> dict[str, str | bytes]:
    return {"imsmanifest.xml": manifest(), **PAGES, **control_documents(Standard.SCORM12)}


def _page(href: str) -> str:
    return manifest(resource=f'<file href="index.html"/><file href="{href}"/>')


def _prefixed() -> str:
    text = manifest().replace("xmlns=", "xmlns:i=")
    return re.sub(r"<(/?)(?!adlcp|\?)(\w)", r"<\1i:\2", text)


def _without_organization() -> str:
    head, _, tail = manifest().partition("<organizations")
    return head + "<organizations/>" + tail.partition("</organizations>")[2]


def _second_unit() -> str:
    text = cmi5(url="https://a.example/")
    return text[text.index("<au") : text.index("</au>") + 5]


@pytest.mark.parametrize("code", RULES)
def test_each_row_has_a_package_that_gets_it(code: str) -> None:
    make, company = SAMPLES[code]
    rule = RULES[code]
    profile = None if rule.severity else next(iter(rule.profiles))
    report = validate(make(), profile)
    assert {f.code for f in report.findings} == {code} | company
    finding = next(f for f in report.findings if f.code == code)
    assert finding.severity == rule.severity or profile
    assert "{" not in finding.message
    assert finding.message.endswith((".", "?"))


@pytest.mark.parametrize("code", [code for code, rule in RULES.items() if rule.mended])
def test_what_the_table_says_is_mended_is_mended(code: str, tmp_path: Path) -> None:
    make, _ = SAMPLES[code]
    given = make()
    out = tmp_path / ("mended.zip" if given.startswith(b"PK") else "imsmanifest.xml")
    mended = mend(given, out)
    assert code in mended.codes, mended.after.findings
    assert mended.after.sound


def test_a_sound_package_has_no_findings() -> None:
    for version in ("1.2", THREE, FOUR):
        assert validate(manifest(version).encode()).findings == ()
    assert validate(zipped({"cmi5.xml": cmi5(), **PAGES})).findings == ()
    launch = f'<activity id="urn:uuid:1" type="t">{TEXTS}<launch lang="nb">index.html</launch></activity>'
    assert validate(zipped({"tincan.xml": tincan(launch), **PAGES})).findings == ()


def test_a_hundred_of_a_kind_are_listed_and_the_rest_is_counted() -> None:
    text = manifest(resource="".join(f'<file href="gone{n}.html"/>' for n in range(350)))
    found = [f for f in validate(package(text)).findings if f.code == "file-missing"]
    assert len(found) == 101
    assert found[0].message == "250 more of this kind."


@pytest.mark.parametrize("count", [9_000, 25_000])
def test_a_manifest_of_many_errors_is_judged_in_seconds(count: int) -> None:
    items = "".join(f'</item><item identifier="5i{n}"><own/>' for n in range(count))
    started = time.monotonic()
    report = validate(manifest(item=items).encode())
    assert {"schema", "id-syntax", "title-missing"} <= {f.code for f in report.findings}
    assert time.monotonic() - started < 5


class TestProfiles:
    @pytest.mark.parametrize("code", [code for code, rule in RULES.items() if rule.profiles])
    def test_a_profile_speaks_as_its_column_says(self, code: str) -> None:
        make, _ = SAMPLES[code]
        for profile, severity in RULES[code].profiles.items():
            found = [f for f in validate(make(), profile).findings if f.code == code]
            assert [f.severity for f in found][:1] == [severity if profile != "strict" else Severity.ERROR]

    def test_strict_makes_errors_of_warnings(self) -> None:
        make, _ = SAMPLES["file-unlisted"]
        assert validate(make()).exit_code == 0
        assert validate(make(), "strict").exit_code == 1

    def test_an_unknown_profile_is_named_with_the_known_ones(self) -> None:
        with pytest.raises(ValueError, match="canvas"):
            validate(b"<a/>", "canvas")

    def test_every_profile_of_the_table_is_offered(self) -> None:
        assert {name for rule in RULES.values() for name in rule.profiles} <= set(PROFILES)


class TestTheTableInTheDocs:
    def test_it_is_what_the_code_says(self) -> None:
        """Mend with: python -m scorm.findings_table"""
        path = Path(scorm.__file__).parent / "FINDINGS.md"
        assert path.read_text(encoding="utf-8") == markdown()

    def test_every_refusal_in_the_code_is_in_it(self) -> None:
        pattern = re.compile(r'(?:UnreadableError|refusal)\(\s*"([a-z0-9-]+)"')
        texts = [p.read_text() for p in Path(scorm.__file__).parent.glob("*.py")]
        raised = {code for text in texts for code in pattern.findall(text)}
        assert raised == set(UNREADABLE)
