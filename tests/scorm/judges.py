"""The standards' own schemas, asked by both engines: libxml2 (lxml) and xmlschema.

The originals are read from ../shared/standards, corrected as its README says in a temporary folder, and never
enter the project. Where they are absent, the tests that need them are skipped.
"""

import functools
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import xmlschema
from lxml import etree

ROOT = Path(__file__).parents[2]
STANDARDS = ROOT.parent / "shared" / "standards"
SCHEMAS = ROOT / "scorm" / "schemas"

_NAMESPACES_2004 = {
    "http://www.imsglobal.org/xsd/imscp_v1p1": "imscp_v1p1.xsd",
    "http://www.adlnet.org/xsd/adlcp_v1p3": "adlcp_v1p3.xsd",
    "http://www.adlnet.org/xsd/adlseq_v1p3": "adlseq_v1p3.xsd",
    "http://www.adlnet.org/xsd/adlnav_v1p3": "adlnav_v1p3.xsd",
    "http://www.imsglobal.org/xsd/imsss": "imsss_v1p0.xsd",
    "http://ltsc.ieee.org/xsd/LOM": "lom.xsd",
}
_NAMESPACES_12 = {
    "http://www.imsproject.org/xsd/imscp_rootv1p1p2": "imscp_rootv1p1p2.xsd",
    "http://www.imsglobal.org/xsd/imsmd_rootv1p2p1": "imsmd_rootv1p2p1.xsd",
    "http://www.adlnet.org/xsd/adlcp_rootv1p2": "adlcp_rootv1p2.xsd",
}


@dataclass(frozen=True)
class Judge:
    libxml2: etree.XMLSchema
    xmlschema: xmlschema.XMLSchema

    def objections(self, manifest: bytes, *, both: bool = True) -> list[str]:
        """What either engine has against the manifest; `both=False` asks only the quick one."""
        self.libxml2.validate(etree.fromstring(manifest))
        found = [f"libxml2: {error.message}" for error in self.libxml2.error_log]
        if both:
            # bytes are parsed by itself: it need not follow the manifest's schemaLocation
            errors = self.xmlschema.iter_errors(manifest.decode(), use_location_hints=False)
            found += [f"xmlschema: {error.reason} ({error.path})" for error in errors]
        return found


@functools.cache
def judge(name: str) -> Judge:
    """By ../shared/standards; `scorm2004_3` and `own-…` by the control documents that packages carry."""
    folder = Path(tempfile.mkdtemp(prefix="schemas-"))
    try:
        _lay(name, folder)
        driver = str(folder / "driver.xsd")
        return Judge(etree.XMLSchema(etree.parse(driver)), xmlschema.XMLSchema(driver, allow="local"))
    finally:
        shutil.rmtree(folder)


def _lay(name: str, folder: Path) -> None:
    sources = {
        "scorm12": STANDARDS / "scorm12",
        "scorm2004": STANDARDS / "scorm2004-4",
        "cmi5": STANDARDS / "cmi5",
        "xapi": STANDARDS / "tincan",
        "own-scorm12": SCHEMAS / "control/scorm12edition",
        "own-scorm2004": SCHEMAS / "control/scorm20044thedition",
        "scorm2004_3": SCHEMAS / "control/scorm20043rdedition",
    }
    source = sources[name]
    if not source.is_dir():
        pytest.skip(f"{source} is not there")
    shutil.copytree(source, folder, dirs_exist_ok=True)
    if name in ("cmi5", "xapi"):
        next(folder.glob("*.xsd")).rename(folder / "driver.xsd")
        return
    if name.endswith("scorm12"):
        _correct(folder / "ims_xml.xsd", ' xmlns="http://www.w3.org/XML/1998/namespace"', "")
        _correct(folder / "imsmd_rootv1p2p1.xsd", 'namespace="##any"', 'namespace="##other"')
    elif name != "scorm2004":
        shutil.copy(SCHEMAS / "lom.xsd", folder)
    namespaces = _NAMESPACES_12 if name.endswith("scorm12") else _NAMESPACES_2004
    imports = "".join(f'<xs:import namespace="{ns}" schemaLocation="{at}"/>' for ns, at in namespaces.items())
    schema = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>'
    (folder / "driver.xsd").write_text(schema)


def _correct(path: Path, wrong: str, right: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert wrong in text
    path.write_text(text.replace(wrong, right), encoding="utf-8")
