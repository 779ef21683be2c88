"""Metadata and rights reach the people and catalogues that reuse a package, in each standard's own words."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorm import Credit, Metadata, PackageError, Rights, Standard, build
from scorm.metadata import json_ld, parse_rights, rights_statement
from tests.scorm.packages import METADATA, MODULE, SCORM, find, hand_hygiene, manifest

every_edition = pytest.mark.parametrize("standard", SCORM)


def said(standard: Standard, *path: str) -> list[str]:
    """The texts at the end of a path of element names in the LOM, each whitespace-free at its ends."""
    steps = "/".join(f"*[{' or '.join(f'local-name()={n!r}' for n in {p, p.lower()})}]" for p in path)
    nodes = find(manifest(hand_hygiene(), standard), "lom")[0].xpath(f"./{steps}")
    return [" ".join("".join(node.itertext()).split()) for node in nodes]


@every_edition
def test_title_language_description_and_duration(standard):
    assert said(standard, "general", "title") == [METADATA.title]
    assert said(standard, "general", "language") == ["nb"]
    assert said(standard, "general", "description") == ["Når, hvorfor og hvordan. Med fem spørsmål."]
    assert said(standard, "general", "keyword") == ["hygiene", "smittevern"]
    assert said(standard, "educational", "typicalLearningTime") == ["PT20M"]
    assert said(standard, "lifeCycle", "version") == ["2"]


@every_edition
def test_contributors_with_role_organization_and_date(standard):
    author, publisher = said(standard, "lifeCycle", "contribute")
    assert author.startswith("LOMv1.0 author BEGIN:VCARD VERSION:3.0")
    assert r"FN:Astrid\; Berg\, Å ORG:Fjordvik kommune END:VCARD 2026-11-22" in author
    assert publisher.startswith("LOMv1.0 publisher")


@every_edition
def test_rights_have_cost_copyright_and_a_credit_line_with_licence_url_for_each_asset(standard):
    assert said(standard, "rights", "cost") == ["LOMv1.0 no"]
    assert said(standard, "rights", "copyrightAndOtherRestrictions") == ["LOMv1.0 yes"]
    node = find(find(manifest(hand_hygiene(), standard), "rights")[0], "description")[0]
    lines = "".join(node.itertext()).strip().split("\n")
    assert lines == [
        "© Fjordvik kommune. CC BY-SA 4.0. <https://creativecommons.org/licenses/by-sa/4.0/>",
        "- [assets/hands.webp] Hender under vann. Foto: Kari Nordmann, CC BY 4.0, beskåret"
        " <https://creativecommons.org/licenses/by/4.0/>",
        "- Ikoner: eget arbeid",
    ]


@every_edition
def test_competences_are_classified_by_their_uri(standard):
    first, second = said(standard, "classification")
    assert first == "LOMv1.0 competency ESCO http://data.europa.eu/esco/skill/1 Håndhygiene"
    assert second == "LOMv1.0 competency urn:uuid:9b1d Smittevern"


@every_edition
def test_the_module_that_it_is_based_on(standard):
    (relation,) = said(standard, "relation")
    assert relation.startswith("LOMv1.0 isbasedon")
    assert "urn:uuid:0c9e" in relation
    assert "Storsjö kommun" in relation


@every_edition
def test_the_modules_own_identifier(standard):
    assert f"urn:uuid:{MODULE}" in "".join(find(manifest(hand_hygiene(), standard), "general")[0].itertext())


def test_an_item_has_metadata_of_its_own():
    from tests.scorm.packages import course

    item = find(manifest(course(), Standard.SCORM2004), "item")[-1]
    assert [node.text for node in find(item, "duration")] == ["PT1M30.5S"]


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        (replace(METADATA, language="norsk bokmål"), "language"),
        (replace(METADATA, duration=timedelta(seconds=-1)), "duration"),
        (
            replace(METADATA, contributors=(replace(METADATA.contributors[0], role="boss"),)),
            "contributor-role",
        ),
        (
            replace(METADATA, contributors=(replace(METADATA.contributors[0], date="22.11."),)),
            "contributor-date",
        ),
        (replace(METADATA, relations=(replace(METADATA.relations[0], kind="like"),)), "relation-kind"),
        (
            replace(METADATA, classifications=(replace(METADATA.classifications[0], purpose="fun"),)),
            "classification-purpose",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@every_edition
def test_what_lom_has_no_word_for_is_refused(standard, metadata, code):
    with pytest.raises(PackageError) as raised:
        build(replace(hand_hygiene(), metadata=metadata), standard)
    assert raised.value.code == code


urls = st.from_regex(r"https://[a-z0-9./-]{1,30}", fullmatch=True)
lines = (
    st.text(st.characters(exclude_categories=("C",), exclude_characters="<>"), min_size=1)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: text and text[0] not in "-[")
)
credits_ = st.builds(
    Credit, lines, st.just("") | urls, st.just("") | st.from_regex(r"[a-z/.]{1,20}", fullmatch=True)
)


@given(st.just("") | lines, st.just("") | urls, st.lists(credits_, max_size=4))
def test_the_statement_of_rights_can_be_read_back(description, url, credits):
    rights = Rights(description=description, licence_url=url, credits=tuple(credits))
    assert parse_rights(rights_statement(rights)) == (description, url, tuple(credits))


@given(st.text(st.characters(exclude_characters="%")))
def test_any_statement_of_others_is_read_without_loss_of_words(text):
    description, url, credits = parse_rights(text)
    found = description + url + "".join(c.path + c.line + c.licence_url for c in credits)
    assert sorted(filter(str.isalnum, found)) == sorted(filter(str.isalnum, text))


def test_the_same_rights_as_schema_org_data():
    data = json.loads(json.dumps(json_ld(hand_hygiene())))
    assert data["@id"] == f"urn:uuid:{MODULE}"
    assert data["license"] == "https://creativecommons.org/licenses/by-sa/4.0/"
    assert data["timeRequired"] == "PT20M"
    assert data["isAccessibleForFree"] is True
    assert data["author"][0]["affiliation"]["name"] == "Fjordvik kommune"
    assert data["teaches"][0] == {
        "@type": "DefinedTerm",
        "@id": "http://data.europa.eu/esco/skill/1",
        "name": "Håndhygiene",
        "inDefinedTermSet": "ESCO",
    }
    assert data["isBasedOn"] == ["urn:uuid:0c9e"]
    assert data["hasPart"][0]["url"] == "assets/hands.webp"


def test_nothing_said_is_nothing_claimed():
    bare = replace(hand_hygiene(), metadata=Metadata(title="H"), activity="")
    assert json_ld(bare) == {"@context": "https://schema.org", "@type": "LearningResource", "name": "H"}
    for standard in SCORM:
        assert find(manifest(bare, standard), "rights") == []
