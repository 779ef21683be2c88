"""Small packages in the shapes that tools write, and zips bent by hand."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

HEADS = {
    "1.2": (
        '<manifest identifier="M1" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"'
        ' xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">',
        "scormtype",
    ),
    "2004 3rd Edition": (
        '<manifest identifier="M1" xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"'
        ' xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3" xmlns:imsss="http://www.imsglobal.org/xsd/imsss">',
        "scormType",
    ),
}
HEADS["2004 4th Edition"] = HEADS["2004 3rd Edition"]


def manifest(
    version: str = "1.2",
    *,
    metadata: str | None = None,
    item: str = "",
    item_attributes: str = 'identifier="ITEM" identifierref="RES"',
    title: str = "<title>Hand hygiene</title>",
    resource: str = '<file href="index.html"/>',
    resource_attributes: str | None = None,
    more_resources: str = "",
    default: str = "ORG",
) -> str:
    """A sound manifest with one SCO, or one with exactly one thing changed."""
    head, scorm_type = HEADS[version]
    if metadata is None:
        metadata = f"<metadata><schema>ADL SCORM</schema><schemaversion>{version}</schemaversion></metadata>"
    if resource_attributes is None:
        resource_attributes = f'identifier="RES" type="webcontent" adlcp:{scorm_type}="sco" href="index.html"'
    return f"""<?xml version="1.0" encoding="UTF-8"?>
{head}
  {metadata}
  <organizations default="{default}">
    <organization identifier="ORG">
      {title}
      <item {item_attributes}><title>Hand hygiene</title>{item}</item>
    </organization>
  </organizations>
  <resources>
    <resource {resource_attributes}>{resource}</resource>
    {more_resources}
  </resources>
</manifest>"""


def cmi5(
    *,
    course: str = "https://fjordvik.example/course",
    unit: str = "https://fjordvik.example/unit",
    url: str = "index.html",
    attributes: str = 'moveOn="CompletedAndPassed" masteryScore="0.8"',
    more: str = "",
) -> str:
    def texts(text: str) -> str:
        return (
            f'<title><langstring lang="nb">{text}</langstring></title>'
            f'<description><langstring lang="nb">{text}</langstring></description>'
        )

    return f"""<?xml version="1.0" encoding="UTF-8"?>
<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">
  <course id="{course}">{texts("Hygiene")}</course>
  <au id="{unit}" {attributes}>{texts("Vask")}<url>{url}</url></au>
  {more}
</courseStructure>"""


def zipped(files: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip as Python's zipfile makes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def package(text: str | None = None, **more: str | bytes) -> bytes:
    """A sound package with a manifest and its page; `more` are files, `__` in their names is a dot."""
    files: dict[str, str | bytes] = {"imsmanifest.xml": text or manifest(), "index.html": "<p>Hands</p>"}
    return zipped(files | {name.replace("__", "."): content for name, content in more.items()})


class Bent:
    """A zip written byte by byte, so that each of its promises can be a lie."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.directory = bytearray()
        self.count = 0

    def add(self, name: bytes | str, content: bytes = b"", **lies: int | bytes | None) -> "Bent":
        """A file. `lies` replace what is true: in the directory, or with `local_` in the local header."""
        raw = name.encode() if isinstance(name, str) else name
        method = lies.get("method", 8 if content else 0)
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        data = lies.get("data")
        if data is None:
            data = packer.compress(content) + packer.flush() if method == 8 else content
        assert isinstance(data, bytes)
        flags = 0x800 if isinstance(name, str) else 0
        true = {
            "flags": flags,
            "method": method,
            "crc": zlib.crc32(content),
            "packed": len(data),
            "size": len(content),
            "mode": 0o100644,
            "offset": len(self.body),
            "name": raw,
            "extra": b"",
        }
        said = true | {key: value for key, value in lies.items() if key in true and value is not None}
        local = {key: said[key] for key in ("flags", "method", "crc", "packed", "size", "name", "extra")}
        local |= {
            k.removeprefix("local_"): v for k, v in lies.items() if k.startswith("local_") and v is not None
        }
        if not lies.get("no_body"):
            self.body += struct.pack(
                "<4s5H3L2H", b"PK\x03\x04", 20, local["flags"], local["method"], 0, 33,
                local["crc"], local["packed"], local["size"], len(local["name"]), len(local["extra"]),
            )  # fmt: skip
            self.body += local["name"] + local["extra"] + data
        self.directory += struct.pack(
            "<4s6H3L5H2L", b"PK\x01\x02", 0x314, 20, said["flags"], said["method"], 0, 33,
            said["crc"], said["packed"], said["size"], len(said["name"]), len(said["extra"]), 0, 0, 0,
            said["mode"] << 16, said["offset"],
        )  # fmt: skip
        self.directory += said["name"] + said["extra"]
        self.count += 1
        return self

    def bytes(self, *, count: int | None = None, comment: bytes = b"", gap: bytes = b"") -> bytes:
        number = self.count if count is None else count
        end = struct.pack(
            "<4s4H2LH", b"PK\x05\x06", 0, 0, min(number, 0xFFFF), min(number, 0xFFFF),
            len(self.directory), len(self.body), len(comment),
        )  # fmt: skip
        return bytes(self.body + self.directory) + gap + end + comment
