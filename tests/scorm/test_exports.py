"""Packages in the shapes that authoring tools export: each gives the right tree, and findings that help.

The manifests are written here in the manner of each tool; no export is copied.
"""

import pytest

from scorm import Package, Standard, UnreadableError, read, validate
from scorm.package import Item
from tests.scorm.samples import cmi5, manifest, package, zipped

PAGE = "<!doctype html><title>Page</title>"

STORYLINE = """<?xml version="1.0" encoding="utf-8"?>
<manifest identifier="Brannvern_course_id" version="1.3" xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"
 xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3" xmlns:adlseq="http://www.adlnet.org/xsd/adlseq_v1p3"
 xmlns:adlnav="http://www.adlnet.org/xsd/adlnav_v1p3" xmlns:imsss="http://www.imsglobal.org/xsd/imsss">
  <metadata><schema>ADL SCORM</schema><schemaversion>2004 3rd Edition</schemaversion></metadata>
  <organizations default="Brannvern_ORG">
    <organization identifier="Brannvern_ORG"><title>Brannvern</title>
      <item identifier="i6aBC" identifierref="r6aBC" isvisible="true"><title>Brannvern</title>
        <adlcp:completionThreshold>0.9</adlcp:completionThreshold>
        <imsss:sequencing><imsss:objectives><imsss:primaryObjective objectiveID="Primary"
          satisfiedByMeasure="true"><imsss:minNormalizedMeasure>0.8</imsss:minNormalizedMeasure>
        </imsss:primaryObjective></imsss:objectives><imsss:deliveryControls completionSetByContent="true"
          objectiveSetByContent="true"/></imsss:sequencing>
        <adlnav:presentation><adlnav:navigationInterface><adlnav:hideLMSUI>continue</adlnav:hideLMSUI>
          <adlnav:hideLMSUI>previous</adlnav:hideLMSUI></adlnav:navigationInterface></adlnav:presentation>
      </item>
    </organization>
  </organizations>
  <resources>
    <resource identifier="r6aBC" type="webcontent" adlcp:scormType="sco" href="index_lms.html">
      <file href="index_lms.html"/><file href="story_content/slide 1.js"/></resource>
  </resources>
</manifest>"""

RISE = manifest(
    item="<adlcp:masteryscore>100</adlcp:masteryscore>",
    resource_attributes='identifier="RES" type="webcontent" href="scormdriver/indexAPI.html" adlcp:scormtype="sco"',
    resource='<file href="scormdriver/indexAPI.html"/><file href="scormcontent/index.html"/>'
    '<file href="scormcontent/lib/tincan.js"/>',
)

CAPTIVATE = manifest(
    "2004 4th Edition",
    item_attributes='identifier="SCO_ID1" isvisible="1" identifierref="SCO_ID1_RES" parameters="?lms=1"',
    item="<adlcp:timeLimitAction>continue,no message</adlcp:timeLimitAction>"
    "<adlcp:dataFromLMS> a=1 </adlcp:dataFromLMS>",
    resource_attributes='identifier="SCO_ID1_RES" adlcp:scormType="sco" type="webcontent" href="index_SCORM.html"',
    resource='<file href="index_scorm.html"/>',
)

ISPRING = manifest(
    item_attributes='identifier="5F2A11C0" identifierref="9D-res"',
    item="<adlcp:masteryscore>80</adlcp:masteryscore>",
    resource_attributes='identifier="9D-res" type="webcontent" href="res/index.html" adlcp:scormtype="sco"',
    resource='<file href="res/index.html"/>',
)

CAMTASIA = manifest(
    metadata="""<metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion>
      <imsmd:lom xmlns:imsmd="http://www.imsglobal.org/xsd/imsmd_rootv1p2p1">
        <imsmd:technical><imsmd:format>text/html</imsmd:format></imsmd:technical>
        <imsmd:general><imsmd:title><imsmd:langstring xml:lang="sv">Sekretess</imsmd:langstring></imsmd:title>
          <imsmd:language>sv</imsmd:language></imsmd:general>
        <imsmd:rights><imsmd:copyrightandotherrestrictions><imsmd:source><imsmd:langstring>LOMv1.0</imsmd:langstring>
          </imsmd:source><imsmd:value><imsmd:langstring>yes</imsmd:langstring></imsmd:value>
          </imsmd:copyrightandotherrestrictions><imsmd:description><imsmd:langstring>
          Storsjö kommun, CC BY 4.0: https://creativecommons.org/licenses/by/4.0/.</imsmd:langstring>
          </imsmd:description></imsmd:rights>
      </imsmd:lom></metadata>"""
)

LECTORA = manifest(
    item_attributes='identifier="B0" identifierref="A001"',
    resource_attributes='identifier="A001" type="webcontent" adlcp:scormtype="sco" href="a001index.html"',
    resource='<file href="a001index.html"/><dependency identifierref="SHARED"/>',
    more_resources='<resource identifier="SHARED" type="webcontent" adlcp:scormtype="asset">'
    '<file href="trivantis.css"/></resource>',
)

EXELEARNING = manifest(
    item_attributes='identifier="ITEM-eXe1" identifierref="RES"',
    item='</item><item identifier="ITEM-eXe2" isvisible="false" identifierref="RES2"><title>Two</title>'
    '<item identifier="ITEM-eXe3" identifierref="RES3"><title>Three</title></item>',
    more_resources='<resource identifier="RES2" type="webcontent" adlcp:scormtype="sco" href="to.html">'
    '<file href="to.html"/></resource><resource identifier="RES3" type="webcontent" adlcp:scormtype="sco"'
    ' href="blåbær.html"><file href="blåbær.html"/></resource>',
)

XML_BASE = manifest(
    resource_attributes='identifier="RES" type="webcontent" adlcp:scormtype="sco" href="index.html" xml:base="sco1/"'
).replace("<resources>", '<resources xml:base="content/">')


def tree(data: bytes) -> Package:
    with read(data) as reading:
        return reading.package


def only_item(package: Package) -> Item:
    assert package.organization
    (item,) = package.organization.items
    return item


def codes(data: bytes, profile: str | None = None) -> set[str]:
    """Findings but for the control documents, which these samples leave out."""
    return {f.code for f in validate(data, profile).findings} - {"control-documents"}


def test_storyline() -> None:
    data = zipped({"imsmanifest.xml": STORYLINE, "index_lms.html": PAGE, "story_content/slide 1.js": ""})
    found = tree(data)
    item = only_item(found)
    assert (found.standard, found.schema_version) == (Standard.SCORM2004_3, "2004 3rd Edition")
    assert (item.mastery_score, item.completion_threshold) == (0.8, 0.9)
    assert item.hide_lms_ui == ("continue", "previous")
    assert found.resources[0].files == ("index_lms.html", "story_content/slide 1.js")
    assert codes(data) == {"href-space"}


def test_rise() -> None:
    files = ("scormdriver/indexAPI.html", "scormcontent/index.html", "scormcontent/lib/tincan.js")
    data = zipped({"imsmanifest.xml": RISE} | dict.fromkeys(files, PAGE))
    assert only_item(tree(data)).mastery_score == 1.0
    assert tree(data).resources[0].href == "scormdriver/indexAPI.html"
    assert codes(data) == set()


def test_captivate_with_a_launch_page_in_the_wrong_case() -> None:
    data = zipped({"imsmanifest.xml": CAPTIVATE, "index_scorm.html": PAGE})
    item = only_item(tree(data))
    assert (item.parameters, item.launch_data) == ("?lms=1", "a=1")
    assert item.time_limit_action == "continue,no message"
    assert codes(data) == {"href-case"}


def test_ispring_with_identifiers_that_begin_with_digits() -> None:
    data = zipped({"imsmanifest.xml": ISPRING, "res/index.html": PAGE})
    item = only_item(tree(data))
    assert (item.identifier, item.resource, item.mastery_score) == ("5F2A11C0", "9D-res", 0.8)
    assert codes(data) == {"id-syntax"}


def test_camtasia_with_misordered_metadata() -> None:
    data = package(CAMTASIA)
    metadata = tree(data).metadata
    assert (metadata.title, metadata.language) == ("Sekretess", "sv")
    assert metadata.rights.copyright is True
    assert metadata.rights.licence_url == "https://creativecommons.org/licenses/by/4.0/"
    assert codes(data) == {"schema-metadata"}
    assert validate(data).exit_code == 0


def test_lectora_with_shared_files() -> None:
    data = zipped({"imsmanifest.xml": LECTORA, "a001index.html": PAGE, "trivantis.css": "p{}"})
    found = tree(data)
    assert found.resources[0].dependencies == ("SHARED",)
    assert [r.scorm_type for r in found.resources] == ["sco", "asset"]
    assert codes(data) == set()


def test_exelearning_with_several_pages_and_norwegian_names() -> None:
    data = zipped(
        {
            "imsmanifest.xml": EXELEARNING,
            "index.html": PAGE,
            "to.html": PAGE,
            "blåbær.html": PAGE,
            "base.css": "",
        }
    )
    found = tree(data)
    assert found.organization
    first, second = found.organization.items
    assert (first.identifier, second.visible, second.items[0].identifier) == ("ITEM-eXe1", False, "ITEM-eXe3")
    assert found.resources[2].files == ("blåbær.html",)
    assert codes(data) == {"href-characters", "file-unlisted"}
    assert "sco-several" in codes(data, "openedx")


def test_adapt_with_a_schema_version_that_no_lms_knows() -> None:
    text = manifest("2004 3rd Edition").replace(">2004 3rd Edition<", ">2004 3rd<")
    assert tree(package(text)).standard is Standard.SCORM2004_3
    assert codes(package(text)) == {"schemaversion-unknown"}


def test_an_h5p_wrapped_as_scorm() -> None:
    h5p = zipped({"h5p.json": "{}"})
    data = package(None, **{"h5p/h5p__json": "{}", "course__h5p": h5p})
    assert tree(data).standard is Standard.SCORM12
    assert codes(data) == {"file-unlisted"}


def test_files_beneath_xml_base() -> None:
    data = zipped({"imsmanifest.xml": XML_BASE, "content/sco1/index.html": PAGE})
    assert tree(data).resources[0].href == "content/sco1/index.html"
    assert tree(data).resources[0].files == ("content/sco1/index.html",)
    assert codes(data) == {"xml-base"}
    assert validate(data, "moodle").exit_code == 1


def test_a_course_zipped_with_its_folder() -> None:
    data = zipped({"My course/imsmanifest.xml": manifest(), "My course/index.html": PAGE})
    found = tree(data)
    assert [file.path for file in found.files] == ["index.html"]
    assert codes(data) == {"manifest-nested"}


def test_files_can_be_read_while_the_reading_is_open() -> None:
    with read(package(None, **{"pages/a__html": "<p>A</p>"})) as reading:
        contents = {}
        for file in reading.package.files:
            with file.open() as stream:
                contents[file.path] = stream.read()
    assert contents == {"index.html": b"<p>Hands</p>", "pages/a.html": b"<p>A</p>"}


def test_a_submanifest_is_read_too_and_told() -> None:
    inner = """<manifest identifier="SUB"><organizations><organization identifier="O2"><title>Two</title>
      <item identifier="I2" identifierref="R2"><title>Two</title></item></organization></organizations>
      <resources><resource identifier="R2" type="webcontent" adlcp:scormtype="sco" href="two.html"/></resources>
    </manifest>"""
    data = package(manifest().replace("</resources>", f"</resources>{inner}"), two__html=PAGE)
    assert [o.identifier for o in tree(data).organizations] == ["ORG", "O2"]
    assert [r.identifier for r in tree(data).resources] == ["RES", "R2"]
    assert codes(data) == {"submanifest"}


def test_metadata_in_a_file_of_its_own() -> None:
    text = manifest("2004 4th Edition").replace(
        "</metadata>", "<adlcp:location>lom.xml</adlcp:location></metadata>"
    )
    lom = """<lom xmlns="http://ltsc.ieee.org/xsd/LOM"><general><title><string language="nn">Brannvern</string></title>
      <keyword><string>brann</string></keyword></general>
      <lifeCycle><contribute><role><source>LOMv1.0</source><value>publisher</value></role>
        <entity>BEGIN:VCARD\nFN:Astrid Dahl\nORG:Fjordvik kommune\nEND:VCARD</entity>
        <date><dateTime>2026-03-01</dateTime></date></contribute></lifeCycle>
      <educational><typicalLearningTime><duration>PT25M</duration></typicalLearningTime></educational>
      <classification><purpose><value>competency</value></purpose><taxonPath><source><string>ESCO</string></source>
        <taxon><id>http://data.europa.eu/esco/skill/1</id><entry><string>Brannvern</string></entry></taxon>
      </taxonPath></classification></lom>"""
    metadata = tree(package(text, lom__xml=lom)).metadata
    assert metadata.title == "Brannvern"
    assert metadata.keywords == ("brann",)
    assert metadata.duration is not None
    assert metadata.duration.total_seconds() == 1500
    (publisher,) = metadata.contributors
    assert (publisher.name, publisher.organization, publisher.date) == (
        "Astrid Dahl",
        "Fjordvik kommune",
        "2026-03-01",
    )
    assert metadata.classifications[0].id == "http://data.europa.eu/esco/skill/1"


def test_sequencing_that_items_share_is_joined() -> None:
    text = manifest(
        "2004 4th Edition",
        item='<imsss:sequencing IDRef="S1"><imsss:limitConditions attemptLimit="2"/></imsss:sequencing>',
    ).replace(
        "</manifest>",
        '<imsss:sequencingCollection><imsss:sequencing ID="S1"><imsss:objectives><imsss:primaryObjective'
        ' satisfiedByMeasure="true"><imsss:minNormalizedMeasure>0.7</imsss:minNormalizedMeasure>'
        "</imsss:primaryObjective></imsss:objectives></imsss:sequencing></imsss:sequencingCollection></manifest>",
    )
    assert only_item(tree(package(text))).mastery_score == 0.7


def test_cmi5_with_blocks_and_objectives() -> None:
    block = """<block id="https://fjordvik.example/block"><title><langstring lang="nb">Del</langstring></title>
      <description><langstring lang="nb">Del</langstring></description>
      <au id="https://fjordvik.example/two" launchMethod="OwnWindow"><title><langstring>To</langstring></title>
      <description><langstring>To</langstring></description><url>https://cdn.example/two.html?x=1</url></au></block>"""
    found = tree(zipped({"cmi5.xml": cmi5(more=block), "index.html": PAGE}))
    assert found.standard is Standard.CMI5
    assert found.organization
    unit, part = found.organization.items
    assert (unit.activity, unit.move_on, unit.mastery_score) == (
        "https://fjordvik.example/unit",
        "CompletedAndPassed",
        0.8,
    )
    assert (part.title, part.items[0].launch_method) == ("Del", "OwnWindow")
    resource = found.resource(part.items[0].resource)
    assert resource is not None
    assert resource.href == "https://cdn.example/two.html?x=1"


@pytest.mark.parametrize(
    ("files", "code", "hint"),
    [
        (
            {"course.au": "x", "course.crs": "x", "course.cst": "x", "course.des": "x", "a.html": PAGE},
            "aicc",
            "SCORM",
        ),
        ({"h5p.json": "{}", "content/content.json": "{}"}, "h5p", "H5P"),
        ({"moodle_backup.xml": "<moodle_backup/>"}, "moodle-backup", "Restore"),
        ({"slides.html": PAGE}, "no-manifest", "Publish"),
        ({"course.zip": package()}, "zip-nested", "inner zip"),
        ({"imsmanifest.xml": "<rss/>"}, "root-unknown", "zip"),
        ({"imsmanifest.xml": ""}, "file-empty", "Publish"),
    ],
)
def test_what_is_refused_says_what_to_do(files: dict[str, str | bytes], code: str, hint: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        read(zipped(files))
    assert refused.value.code == code
    assert hint in refused.value.hint


def test_a_zip_of_web_pages_is_read_as_such_and_is_no_package() -> None:
    data = zipped({"index.html": PAGE, "style.css": ""})
    assert tree(data).standard is Standard.WEB
    assert validate(data).exit_code == 1
