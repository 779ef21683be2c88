"""Packages that the tests write: what a municipality's modules look like."""

import io
import zipfile
from dataclasses import replace
from datetime import timedelta

from lxml import etree

from scorm import (
    Classification,
    Contributor,
    Credit,
    File,
    Item,
    Metadata,
    MoveOn,
    Objective,
    Organization,
    Package,
    Relation,
    Resource,
    Rights,
    Standard,
    write,
)
from scorm.identifiers import ncname

MODULE = "3f8a1c52-6a55-4b8e-9d0e-5f6f0a7c1b2d"
SCORM = [Standard.SCORM12, Standard.SCORM2004_3, Standard.SCORM2004]
MANIFEST = {
    Standard.SCORM12: "imsmanifest.xml",
    Standard.SCORM2004_3: "imsmanifest.xml",
    Standard.SCORM2004: "imsmanifest.xml",
    Standard.CMI5: "cmi5.xml",
    Standard.XAPI: "tincan.xml",
}

METADATA = Metadata(
    title="Håndhygiene i hjemmetjenesten",
    language="nb",
    description="Når, hvorfor og hvordan.\nMed fem spørsmål.",
    keywords=("hygiene", "smittevern"),
    duration=timedelta(minutes=20),
    version="2",
    contributors=(
        Contributor("Astrid; Berg, Å", organization="Fjordvik kommune", date="2026-11-22"),
        Contributor("Fjordvik kommune", role="publisher"),
    ),
    rights=Rights(
        cost=False,
        copyright=True,
        description="© Fjordvik kommune. CC BY-SA 4.0.",
        licence_url="https://creativecommons.org/licenses/by-sa/4.0/",
        credits=(
            Credit(
                "Hender under vann. Foto: Kari Nordmann, CC BY 4.0, beskåret",
                "https://creativecommons.org/licenses/by/4.0/",
                "assets/hands.webp",
            ),
            Credit("Ikoner: eget arbeid"),
        ),
    ),
    classifications=(
        Classification("http://data.europa.eu/esco/skill/1", "Håndhygiene", "ESCO"),
        Classification("urn:uuid:9b1d", "Smittevern"),
    ),
    relations=(Relation("urn:uuid:0c9e", "Håndhygiene, versjon 3, Storsjö kommun"),),
)

FILES = (
    File.of("index.html", b"<!doctype html><title>H</title>" * 20),
    File.of("assets/player.js", b"'use strict';\n" * 200),
    File.of("assets/hands.webp", bytes(range(256)) * 40),
)


def hand_hygiene(*files: File) -> Package:
    """One SCO with a pass mark, as nearly every package is."""
    item = Item(
        ncname("item", MODULE),
        METADATA.title,
        resource=ncname("sco", MODULE),
        mastery_score=0.8,
        activity=f"urn:uuid:{MODULE}",
        move_on=MoveOn.PASSED,
        launch_method="AnyWindow",
    )
    return Package(
        ncname("module", MODULE),
        METADATA,
        (Organization(ncname("course", MODULE), METADATA.title, (item,)),),
        (Resource(ncname("sco", MODULE), "index.html"),),
        (*FILES, *files),
        activity=f"urn:uuid:{MODULE}",
    )


def course() -> Package:
    """Two chapters in a forced order, a post-test that decides, a hidden item, shared files."""
    lesson = Item("lesson-1", "Når", resource="when", launch_data="page=1", max_time=timedelta(hours=1.5))
    more = Item("lesson-2", "Hvordan", resource="how", parameters="?page=2&part=b", visible=False)
    chapter = Item(
        "chapter",
        "Lær",
        items=(lesson, more),
        forced_order=True,
        description="Les først",
        objectives=("urn:uuid:11aa",),
    )
    test = Item(
        "test",
        "Prøve",
        resource="quiz",
        mastery_score=0.75,
        post_test=True,
        time_limit_action="continue,no message",
        max_time=timedelta(minutes=30),
        completion_threshold=0.5,
        hide_lms_ui=("previous", "continue"),
        move_on=MoveOn.COMPLETED_AND_PASSED,
        launch_method="OwnWindow",
        activity_type="http://adlnet.gov/expapi/activities/assessment",
        entitlement_key="n0kkel",
        objectives=("urn:uuid:11aa",),
        metadata=Metadata(title="Prøve", language="nb", duration=timedelta(seconds=90.5)),
    )
    names = ("when.html", "how.html", "quiz.html", "shared/style.css")
    return replace(
        hand_hygiene(),
        organizations=(Organization("course", "Kurs", (chapter, test), forced_order=True),),
        resources=(
            Resource("common", scorm_type="asset", files=("shared/style.css",)),
            Resource("when", "when.html", dependencies=("common",)),
            Resource("how", "how.html?lang=nb"),
            Resource("quiz", "quiz.html"),
        ),
        files=tuple(File.of(name, name.encode()) for name in names) + FILES,
        objectives=(Objective("urn:uuid:11aa", "Kan vaske hender"),),
    )


def written(package: Package, standard: Standard) -> zipfile.ZipFile:
    sink = io.BytesIO()
    write(package, standard, sink)
    return zipfile.ZipFile(sink)


def manifest_bytes(package: Package, standard: Standard) -> bytes:
    return written(package, standard).read(MANIFEST[standard])


def manifest(package: Package, standard: Standard) -> etree._Element:
    return etree.fromstring(manifest_bytes(package, standard))


def find(node: etree._Element, name: str) -> list[etree._Element]:
    """Elements by local name, in whatever namespace."""
    return node.xpath(f".//*[local-name()='{name}']")


def own(root: etree._Element, name: str) -> list[etree._Element]:
    """Elements of the manifest's own namespace: LOM has a title and a resource too."""
    return list(root.iter(f"{{{etree.QName(root).namespace}}}{name}"))


def texts(node: etree._Element, name: str) -> list[str]:
    return [found.text or "" for found in find(node, name)]
