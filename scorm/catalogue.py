"""All that can be found in a package (`FINDINGS.md` is made from it), and why a file is not opened at all."""

from scorm.catalogue_files import FILES
from scorm.catalogue_manifest import MANIFEST
from scorm.rule import Rule

RULES: dict[str, Rule] = {rule.code: rule for rule in (*MANIFEST, *FILES)}

UNREADABLE: dict[str, str] = {
    "file-unreadable": "The file is not there or may not be read.",
    "file-empty": "The file has no bytes.",
    "file-too-large": "A single file is larger than any manifest.",
    "not-a-package": "Neither a zip nor a manifest: a web page, a PDF, a video …",
    "no-manifest": "A zip without any manifest.",
    "root-unknown": "XML, but not of a standard that is read here.",
    "aicc": "An AICC course (descriptor files .au, .crs …), which is another standard.",
    "h5p": "An H5P file, which an LMS opens with its H5P plugin.",
    "common-cartridge": "An IMS Common Cartridge, which is imported as a course.",
    "moodle-backup": "A Moodle backup (.mbz).",
    "xml-malformed": "The manifest is not well-formed XML.",
    "xml-doctype": "The manifest has a DOCTYPE, with which files can be stolen.",
    "xml-encoding-unknown": "The manifest is in an encoding that is not known.",
    "zip-malformed": "The zip is cut off or damaged, or is one part of several.",
    "zip-encrypted": "A file is encrypted.",
    "zip-method": "A file is packed with a method that no LMS opens.",
    "zip-symlink": "A link or device among the files.",
    "zip-name": "A name that leads out of the package or that some computer cannot write.",
    "zip-collision": "Two names that are one name on many computers.",
    "zip-overlap": "Files that share bytes of the zip.",
    "zip-header": "The zip's two directories contradict each other.",
    "zip-ratio": "A file that unpacks to more than 100 times its size.",
    "zip-size": "More than 2 GiB.",
    "zip-files": "More than 20,000 files.",
    "zip-nested": "An archive inside the zip.",
    "zip-damaged": "A file has not the size or checksum that was promised.",
}
