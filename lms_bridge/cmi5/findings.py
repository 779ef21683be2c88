"""What `scorm` finds in a course, in the reader's language: by its code, since a package knows English only.

The sentences are those of `scorm`, word for word (a test compares them): what can be found in a cmi5 course, and why a
file is not opened at all. The words of an XML parser stay in English, and so does the detail of a refusal.
"""

from dataclasses import dataclass

import scorm

from ..web.i18n import N_, _, language

SAYS = {
    "manifest-nested": N_(
        "{name} lies in the folder {folder}, not at the top of the zip, where an LMS looks for it."
    ),
    "manifest-case": N_("The manifest is called {found}; an LMS looks for {name}."),
    "manifest-missing": N_("There are web pages, but no manifest: no LMS can take it and no result is kept."),
    "xml-encoding": N_("The manifest claims to be {claimed}, but is {real}."),
    "xml-start": N_("There is something before the manifest's first line, which XML forbids."),
    "xml-prefix-undeclared": N_("The prefix {prefix} is used but not declared."),
    "title-missing": N_("The {element} “{id}” has no title: learners see an empty line."),
    "href-backslash": N_("The address {href} has backslashes, which only Windows understands."),
    "href-space": N_("The address “{href}” has spaces."),
    "href-absolute": N_("The address {href} names a place outside the package."),
    "href-case": N_("The address {href} means {name}: upper and lower case differ, and most servers mind."),
    "launch-file-missing": N_("{href}, which starts the course or a part of it, is not in the zip."),
    "file-missing": N_("The manifest lists {href}, which is not in the zip."),
    "iri": N_("The {element}'s id “{id}” is not a full address (IRI)."),
    "iri-duplicate": N_("Two of the {element}s have the id “{id}”: their results would be mixed."),
    "objective-dangling": N_("The objective “{id}” is referred to, but not defined."),
    "url-relative": N_("The address {href} is relative, but there is no zip that it could point into."),
    "url-invalid": N_("“{href}” is not a URL."),
    "url-query-reserved": N_(
        "The address {href} uses “{name}”, which the LMS itself adds when it opens the part."
    ),
    "manifest-several": N_("There are several manifests: {used} is read, {others} is not."),
    "junk-files": N_("{count} files that a computer keeps for itself are in the zip, as {name}."),
    "href-external": N_("{href} is on the internet: it needs a connection, and may change or vanish."),
    "language-missing": N_("A text of the {element} does not say its language."),
}
HINTS = {
    "manifest-nested": N_("Make the zip from inside the course's folder, or let --fix move everything up."),
    "manifest-case": N_("Rename it, or let --fix do so."),
    "manifest-missing": N_(
        "Publish it for an LMS; as it is, it opens from a web server, beginning with {name}."
    ),
    "xml-encoding": N_("Save it as UTF-8, or let --fix do so."),
    "xml-start": N_("Remove blank lines and double byte order marks at the top, or let --fix do so."),
    "xml-prefix-undeclared": N_("Declare it on the first element: xmlns:{prefix}=…; --fix does so."),
    "schema": N_(
        "The manifest's structure is not as the standard says: correct it, or publish the course again."
    ),
    "title-missing": N_("Give it a <title>."),
    "href-backslash": N_("Write / instead; --fix does so."),
    "href-space": N_("Write %20 instead, or better rename the file; --fix writes %20."),
    "href-absolute": N_("Use a path inside the package."),
    "href-case": N_("Write it as the file is named; --fix does so."),
    "launch-file-missing": N_("Publish the course again; check that the whole folder is in the zip."),
    "file-missing": N_("Publish the course again; --fix removes the line where nothing else uses it."),
    "iri": N_("Begin with https:// and a host name that is yours, or with urn:uuid:."),
    "iri-duplicate": N_("Give each an id of its own."),
    "objective-dangling": N_("Define it in the course's <objectives>."),
    "url-relative": N_("Give the whole zip, or write an absolute URL."),
    "url-invalid": N_("Write a URL without spaces, as https://content.example/index.html."),
    "url-query-reserved": N_("Give the parameter another name."),
    "manifest-several": N_("Put only one course into a package."),
    "junk-files": N_("They do no harm; --fix leaves them out."),
    "href-external": N_("Put the file into the package if its rights allow."),
    "language-missing": N_('Add lang, as lang="nb".'),
    "schema-extension": N_(
        "The tool that made the course added something of its own. An LMS passes over it."
    ),
}
REFUSALS = {
    "file-unreadable": N_("The file is not there or may not be read."),
    "file-empty": N_("The file has no bytes."),
    "file-too-large": N_("A single file is larger than any manifest."),
    "not-a-package": N_("Neither a zip nor a manifest: a web page, a PDF, a video …"),
    "no-manifest": N_("A zip without any manifest."),
    "root-unknown": N_("XML, but not of a standard that is read here."),
    "aicc": N_("An AICC course (descriptor files .au, .crs …), which is another standard."),
    "h5p": N_("An H5P file, which an LMS opens with its H5P plugin."),
    "common-cartridge": N_("An IMS Common Cartridge, which is imported as a course."),
    "moodle-backup": N_("A Moodle backup (.mbz)."),
    "xml-malformed": N_("The manifest is not well-formed XML."),
    "xml-doctype": N_("The manifest has a DOCTYPE, with which files can be stolen."),
    "xml-encoding-unknown": N_("The manifest is in an encoding that is not known."),
    "zip-malformed": N_("The zip is cut off or damaged, or is one part of several."),
    "zip-encrypted": N_("A file is encrypted."),
    "zip-method": N_("A file is packed with a method that no LMS opens."),
    "zip-symlink": N_("A link or device among the files."),
    "zip-name": N_("A name that leads out of the package or that some computer cannot write."),
    "zip-collision": N_("Two names that are one name on many computers."),
    "zip-overlap": N_("Files that share bytes of the zip."),
    "zip-header": N_("The zip's two directories contradict each other."),
    "zip-ratio": N_("A file that unpacks to more than 100 times its size."),
    "zip-size": N_("More than 2 GiB."),
    "zip-files": N_("More than 20,000 files."),
    "zip-nested": N_("An archive inside the zip."),
    "zip-damaged": N_("A file has not the size or checksum that was promised."),
}

REFUSAL_HINTS = frozenset(
    {
        N_("Ask the supplier for SCORM 1.2 or SCORM 2004; every authoring tool that makes AICC makes them."),
        N_("Check its name and place."),
        N_("Do not use this file; get the course again from where it came."),
        N_("Download or make it again."),
        N_("Give the zip that was published, or its manifest."),
        N_("If the file is genuine, make it smaller, or store it in the zip without compression."),
        N_(
            "If you downloaded it, you may have got a sign-in page instead of the file: sign in and try again."
        ),
        N_("Import it as a course in the LMS, or publish it as SCORM."),
        N_("Look whether this is the right file."),
        N_("Make the zip again from the folder of the published course."),
        N_("Make the zip again with an up-to-date tool, from the folder of the published course."),
        N_("Make the zip again with the files themselves in place of links."),
        N_("Make the zip again with the ordinary method, “deflate”."),
        N_("Make the zip again without a password."),
        N_("Publish the course again with fewer files, or as several packages."),
        N_("Publish the course again, or correct this line in a text editor."),
        N_("Publish the course again."),
        N_("Publish the course for an LMS (SCORM or cmi5) and give that zip, as it is."),
        N_("Remove it."),
        N_("Remove the line that begins with <!DOCTYPE; no manifest needs one."),
        N_("Rename one of them where the course was made, and publish it again."),
        N_("Restore it in Moodle (Course reuse)."),
        N_("Save it as UTF-8."),
        N_("Shorten or compress its videos, or publish it as several packages."),
        N_("The file was damaged on its way, or made to do harm: get it again from where it came."),
        N_("Unpack it once: give the inner zip if that is the course, or offer the files as they are."),
        N_("Upload it to the LMS's own H5P activity, or wrap it as SCORM with Lumi (lumi.education)."),
    }
)


@dataclass(frozen=True)
class Words:
    """What a finding says and what to do about it, and in which language each is; `detail` only where there is more."""

    message: str
    message_language: str
    hint: str
    hint_language: str
    detail: str = ""


def words_of(finding: scorm.Finding) -> Words:
    """A finding for the reader of the page."""
    own = language()
    if finding.code in REFUSALS:
        detail = "" if own == "en" else finding.message
        known = finding.hint in REFUSAL_HINTS
        hint = _(finding.hint) if known else finding.hint
        return Words(_(REFUSALS[finding.code]), own, hint, own if known else "en", detail)
    values = finding.values
    message = _(SAYS[finding.code]).format_map(values) if finding.code in SAYS and values else ""
    hint = _(HINTS[finding.code]).format_map(values) if finding.code in HINTS and values else ""
    return Words(
        message or finding.message, own if message else "en", hint or finding.hint, own if hint else "en"
    )
