"""Findings about files, addresses, cmi5 course structures and tincan.xml."""

from scorm.rule import ERROR, INFO, WARNING, Rule

FILES = (
    # --- files and addresses
    Rule(
        "href-backslash",
        ERROR,
        "The address {href} has backslashes, which only Windows understands.",
        "Write / instead; --fix does so.",
        mended=True,
    ),
    Rule(
        "href-space",
        ERROR,
        "The address “{href}” has spaces.",
        "Write %20 instead, or better rename the file; --fix writes %20.",
        mended=True,
    ),
    Rule(
        "href-characters",
        WARNING,
        "The address {href} has letters that need percent-encoding; some LMSs do not find the file.",
        "Rename the file with plain letters a–z, or percent-encode; --fix encodes.",
        mended=True,
    ),
    Rule(
        "href-absolute",
        ERROR,
        "The address {href} names a place outside the package.",
        "Use a path inside the package.",
    ),
    Rule(
        "href-external",
        INFO,
        "{href} is on the internet: it needs a connection, and may change or vanish.",
        "Put the file into the package if its rights allow.",
        {"openedx": WARNING, "moodle": WARNING},
    ),
    Rule(
        "href-case",
        ERROR,
        "The address {href} means {name}: upper and lower case differ, and most servers mind.",
        "Write it as the file is named; --fix does so.",
        mended=True,
    ),
    Rule(
        "launch-file-missing",
        ERROR,
        "{href}, which starts the course or a part of it, is not in the zip.",
        "Publish the course again; check that the whole folder is in the zip.",
    ),
    Rule(
        "file-missing",
        ERROR,
        "The manifest lists {href}, which is not in the zip.",
        "Publish the course again; --fix removes the line where nothing else uses it.",
        mended=True,
    ),
    Rule(
        "file-unlisted",
        WARNING,
        "{count} files of the zip are not listed in the manifest, as {name}; an LMS may leave them out.",
        "List each in a <file>; --fix does so.",
        mended=True,
    ),
    Rule(
        "control-documents",
        WARNING,
        "The standard's schema files are not in the zip: {names}.",
        "Some LMSs ask for them; --fix adds them.",
        mended=True,
    ),
    Rule(
        "location-missing",
        WARNING,
        "The metadata file {href} is not in the zip.",
        "Remove the reference, or add the file.",
    ),
    # --- cmi5 course structures and tincan.xml
    Rule(
        "iri",
        ERROR,
        "The {element}'s id “{id}” is not a full address (IRI).",
        "Begin with https:// and a host name that is yours, or with urn:uuid:.",
    ),
    Rule(
        "iri-duplicate",
        ERROR,
        "Two of the {element}s have the id “{id}”: their results would be mixed.",
        "Give each an id of its own.",
    ),
    Rule(
        "objective-dangling",
        ERROR,
        "The objective “{id}” is referred to, but not defined.",
        "Define it in the course's <objectives>.",
    ),
    Rule(
        "url-relative",
        ERROR,
        "The address {href} is relative, but there is no zip that it could point into.",
        "Give the whole zip, or write an absolute URL.",
    ),
    Rule(
        "url-invalid",
        ERROR,
        "“{href}” is not a URL.",
        "Write a URL without spaces, as https://content.example/index.html.",
    ),
    Rule(
        "url-query-reserved",
        ERROR,
        "The address {href} uses “{name}”, which the LMS itself adds when it opens the part.",
        "Give the parameter another name.",
    ),
    Rule(
        "language-missing",
        INFO,
        "A text of the {element} does not say its language.",
        'Add lang, as lang="nb".',
    ),
    Rule(
        "launch-none",
        ERROR,
        "No activity has a <launch>: there is nothing for a learner to open.",
        'Add <launch lang="…">index.html</launch> to the course\'s activity.',
    ),
)
