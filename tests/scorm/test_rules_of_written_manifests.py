"""What real LMSs demand of a manifest, rule by rule; no schema knows most of it."""

import re
from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest
from lxml import etree

from scorm import Item, Organization, PackageError, Resource, Standard, build
from scorm.identifiers import is_ncname, ncname
from scorm.package import File
from tests.scorm.packages import (
    MODULE,
    SCORM,
    course,
    find,
    hand_hygiene,
    manifest,
    manifest_bytes,
    own,
    texts,
    written,
)

every_edition = pytest.mark.parametrize("standard", SCORM)
SCORM2004 = SCORM[1:]


@every_edition
def test_1_imsmanifest_xml_in_lower_case_at_the_root_and_first(standard):
    assert written(course(), standard).namelist()[0] == "imsmanifest.xml"


@every_edition
def test_2_no_prefix_on_content_packaging_and_literal_prefixes_on_the_rest(standard):
    tags = re.findall(rb"<([A-Za-z][\w.]*(?::\w+)?)", manifest_bytes(course(), standard))
    prefixes = {tag.split(b":")[0] for tag in tags if b":" in tag}
    literal = (
        {b"adlcp", b"imsmd"} if standard is Standard.SCORM12 else {b"adlcp", b"imsss", b"adlnav", b"lom"}
    )
    assert prefixes == literal
    packaging = {b"manifest", b"organizations", b"organization", b"item", b"resources", b"resource", b"file"}
    assert packaging < set(tags)


@pytest.mark.parametrize(
    ("standard", "exactly"),
    list(zip(SCORM, ["1.2", "2004 3rd Edition", "2004 4th Edition"], strict=True)),
    ids=str,
)
def test_3_schemaversion_is_exactly_the_editions(standard, exactly):
    assert texts(manifest(course(), standard), "schemaversion") == [exactly]


@every_edition
def test_4_one_metadata_with_schema_then_schemaversion_first(standard):
    root = manifest(course(), standard)
    own = [child for child in root if etree.QName(child).localname == "metadata"]
    assert len(own) == 1
    assert [etree.QName(child).localname for child in own[0]][:2] == ["schema", "schemaversion"]
    assert own[0][0].text == "ADL SCORM"


@every_edition
def test_5_no_xml_base(standard):
    assert b"xml:base" not in manifest_bytes(course(), standard)


@every_edition
def test_6_the_sco_is_the_first_resource_with_an_href(standard):
    package = course()
    shuffled = replace(package, resources=package.resources[::-1])
    resources = own(manifest(shuffled, standard), "resource")
    assert next(r for r in resources if r.get("href")).get("identifier") == "when"


@every_edition
def test_7_identifiers_are_ncnames_that_never_begin_with_a_digit(standard):
    identifiers = manifest(hand_hygiene(), standard).xpath("//@identifier")
    assert identifiers
    assert all(is_ncname(name) and not name[0].isdigit() for name in identifiers)


@every_edition
def test_7_identifiers_are_the_same_in_every_version_of_a_module(standard):
    second = replace(
        hand_hygiene(), metadata=replace(hand_hygiene().metadata, version="3", title="Ny tittel")
    )
    second = replace(second, files=(*second.files, File.of("assets/new.webp", b"new")))
    before, after = (
        manifest(package, standard).xpath("//@identifier") for package in (hand_hygiene(), second)
    )
    assert before == after


@pytest.mark.parametrize("name", ["3f8a", "", "a b", "a:b", "å\u0301", "-a", ".a", "a\n"])
@every_edition
def test_7_what_is_no_ncname_is_refused(standard, name):
    package = replace(hand_hygiene(), identifier=name)
    with pytest.raises(PackageError, match="identifier") as raised:
        build(package, standard)
    assert raised.value.code == "identifier"


@every_edition
def test_7_identifiers_are_unique_in_the_whole_manifest(standard):
    package = hand_hygiene()
    same = replace(package, identifier=package.resources[0].identifier)
    with pytest.raises(PackageError) as raised:
        build(same, standard)
    assert raised.value.code == "identifier-twice"


def test_7_ncname_keeps_different_keys_apart():
    keys = ["1", "1 ", "_1", "ø", "æ", "x" * 100, "x" * 101, MODULE]
    names = [ncname("item", key) for key in keys]
    assert len(set(names)) == len(keys)
    assert all(name.isascii() and is_ncname(name) for name in names)
    assert ncname("item", MODULE) == f"item-{MODULE}"


@every_edition
def test_7_the_default_names_an_existing_organization(standard):
    root = manifest(course(), standard)
    default = own(root, "organizations")[0].get("default")
    assert default in [organization.get("identifier") for organization in own(root, "organization")]
    with pytest.raises(PackageError, match="no organization 'nowhere'"):
        build(replace(course(), default_organization="nowhere"), standard)


@every_edition
def test_8_hrefs_are_relative_percent_encoded_and_case_exact(standard):
    names = ["assets/hånd vask (1).png", "assets/100%#.txt", "assets/Ærlig&.svg"]
    package = hand_hygiene(*(File.of(name, b"x") for name in names))
    root = manifest(package, standard)
    hrefs = [element.get("href") for name in ("file", "resource") for element in own(root, name)]
    assert all(href.isascii() and not re.search(r"[\s\\]", href) for href in hrefs)
    assert not any(urlsplit(href).scheme or href.startswith("/") for href in hrefs)
    assert {unquote(href) for href in hrefs} == {file.path for file in package.files}


@pytest.mark.parametrize("href", ["my page.html", "a\\index.html", "index.html?x=100%", "håndvask.html"])
@every_edition
def test_8_a_launch_url_that_is_not_percent_encoded_is_refused(standard, href):
    with pytest.raises(PackageError) as raised:
        build(replace(hand_hygiene(), resources=(replace(hand_hygiene().resources[0], href=href),)), standard)
    assert raised.value.code == "url"


@every_edition
def test_8_a_launch_file_in_the_wrong_case_is_refused(standard):
    resource = replace(hand_hygiene().resources[0], href="Index.html")
    with pytest.raises(PackageError) as raised:
        build(replace(hand_hygiene(), resources=(resource,)), standard)
    assert raised.value.code == "launch-file-missing"


@every_edition
def test_9_scormtype_in_1_2_and_scormType_in_2004(standard):
    expected = "scormtype" if standard is Standard.SCORM12 else "scormType"
    source = manifest_bytes(course(), standard)
    assert source.count(f"adlcp:{expected}=".encode()) == source.lower().count(b"adlcp:scormtype=") == 5


@every_edition
@pytest.mark.parametrize("package", [hand_hygiene, course])
def test_10_every_file_is_listed(standard, package):
    hrefs = {unquote(file.get("href")) for file in own(manifest(package(), standard), "file")}
    assert hrefs == {file.path for file in package().files}


@every_edition
def test_10_what_belongs_to_no_resource_is_a_dependency_of_each_that_is_launched(standard):
    root = manifest(course(), standard)
    shared = own(root, "resource")[-1]
    assert {file.get("href") for file in shared} == {"index.html", "assets/player.js", "assets/hands.webp"}
    users = [r for r in own(root, "resource") if shared.get("identifier") in r.xpath(".//@identifierref")]
    assert [user.get("identifier") for user in users] == ["when", "how", "quiz"]


def long_titled(length: int):
    title = " ".join(["håndhygiene"] * 100)[:length]
    package = hand_hygiene()
    organization = package.organizations[0]
    item = replace(organization.items[0], title=title)
    metadata = replace(package.metadata, title=title)
    organization = replace(organization, title=title, items=(item,))
    return replace(package, metadata=metadata, organizations=(organization,))


def test_11_a_title_over_200_is_shortened_in_1_2_between_words_and_whole_in_the_metadata():
    package = long_titled(299)
    titles = own(manifest(package, Standard.SCORM12), "title")
    assert [len(t.text) <= 200 and t.text.endswith("håndhygiene…") for t in titles] == [True, True]
    assert package.metadata.title in texts(manifest(package, Standard.SCORM12), "langstring")
    assert package.metadata.title in texts(manifest(package, Standard.SCORM2004), "title")


def test_11_a_title_of_200_stays_whole_in_1_2():
    package = long_titled(200)
    assert texts(manifest(package, Standard.SCORM12), "title").count(package.metadata.title) == 2


@pytest.mark.parametrize(
    ("field", "limit"), [("version", 20), ("parameters", 1000), ("launch_data", 255), ("prerequisites", 200)]
)
def test_11_the_other_limits_of_1_2_are_told_before_anything_is_written(field, limit):
    def with_length(length: int):
        text = "x" * length
        package = hand_hygiene()
        if field == "version":
            return replace(package, metadata=replace(package.metadata, version=text))
        organization = package.organizations[0]
        item = replace(organization.items[0], **{field: text})
        return replace(package, organizations=(replace(organization, items=(item,)),))

    build(with_length(limit), Standard.SCORM12)
    build(with_length(limit + 1), Standard.SCORM2004)
    with pytest.raises(PackageError, match=f"SCORM 1.2 takes {limit}. Shorten it") as raised:
        build(with_length(limit + 1), Standard.SCORM12)
    assert raised.value.code == "too-long"


@pytest.mark.parametrize("standard", SCORM2004)
def test_12_completion_and_objective_are_set_by_content_on_every_sco_of_2004(standard):
    for item in own(manifest(course(), standard), "item"):
        controls = item.xpath("./*/*[local-name()='deliveryControls']")
        expected = [("true", "true")] if item.get("identifierref") else []
        assert [
            (c.get("completionSetByContent"), c.get("objectiveSetByContent")) for c in controls
        ] == expected


@every_edition
def test_13_one_sco_in_a_module_and_no_sub_manifests(standard):
    root = manifest(hand_hygiene(), standard)
    assert [r.get("href") for r in own(root, "resource")] == ["index.html"]
    assert own(root, "manifest") == [root]


@every_edition
def test_14_rights_travel_in_the_metadata(standard):
    root = manifest(hand_hygiene(), standard)
    rights = find(root, "rights")[0]
    assert "https://creativecommons.org/licenses/by-sa/4.0/" in "".join(rights.itertext())
    assert "Foto: Kari Nordmann" in "".join(rights.itertext())


@every_edition
def test_the_control_documents_travel_in_the_package(standard):
    package = written(hand_hygiene(), standard)
    source = package.read("imsmanifest.xml").decode()
    locations = re.search(r'schemaLocation="([^"]+)"', source).group(1).split()[1::2]
    assert set(locations) <= set(package.namelist())


@every_edition
def test_every_reference_within_the_manifest_is_met(standard):
    root = manifest(course(), standard)
    identifiers = {resource.get("identifier") for resource in own(root, "resource")}
    assert set(root.xpath("//@identifierref")) <= identifiers
    assert {resource.get("type") for resource in own(root, "resource")} == {"webcontent"}


def broken(**changes):
    package = hand_hygiene()
    organization = package.organizations[0]
    item = replace(organization.items[0], **changes)
    return replace(package, organizations=(replace(organization, items=(item,)),))


@pytest.mark.parametrize(
    ("package", "code"),
    [
        (broken(resource="nowhere"), "resource-missing"),
        (broken(title=" \x07"), "title-missing"),
        (broken(mastery_score=80), "mastery-score"),
        (broken(completion_threshold=-0.1), "completion-threshold"),
        (broken(time_limit_action="stop"), "time-limit-action"),
        (broken(hide_lms_ui=("close",)), "hide-lms-ui"),
        (broken(items=(Item("x", "X"),)), "item-both"),
        (broken(resource=""), "nothing-to-launch"),
        (replace(hand_hygiene(), organizations=()), "organization-missing"),
        (replace(hand_hygiene(), organizations=(Organization("o", "O"),)), "organization-empty"),
        (replace(hand_hygiene(), resources=(Resource("r", "https://example.org/", "page"),)), "scorm-type"),
        (replace(hand_hygiene(), resources=(Resource("r", "index.html", files=("x",)),)), "file-missing"),
        (
            replace(hand_hygiene(), resources=(Resource("r", "index.html", dependencies=("x",)),)),
            "dependency-missing",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@every_edition
def test_an_unsound_package_is_refused_with_a_way_out(standard, package, code):
    with pytest.raises(PackageError) as raised:
        build(package, standard)
    assert raised.value.code == code
    assert raised.value.message.endswith(".")
    assert raised.value.hint.endswith(".")
