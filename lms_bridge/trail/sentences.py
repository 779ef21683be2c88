"""What the trail's entries say in plain words: a sentence for every action that is recorded anywhere.

A new action gets its sentence here, else a test fails. Where the subject decides what an action was, its kind (what
stands before the colon) or the whole of it follows the action.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import N_

KINDS = {
    "read": N_("Somebody’s data was read"),
    "people": N_("People and competence"),
    "erasing": N_("Erasing and deleting"),
    "accounts": N_("Accounts"),
    "modules": N_("Modules and courses"),
    "systems": N_("Other systems"),
}
SENTENCES = {
    "read": {
        "read person": N_("Read what is kept on a person"),
        "read unit": N_("Read the list of a unit"),
        "read register:everybody": N_("Read the list of everybody"),
        "read account": N_("Read how somebody is doing in a course"),
        "read cmi5_course": N_("Read who takes a course, and how they are doing"),
        "read statement": N_("Read a learning record"),
        "read lrs:person": N_("Looked for a person’s learning records"),
        "read lrs:export": N_("Took learning records away as a file"),
        "read trail": N_("Read the trail"),
        "read trail:export": N_("Took the trail away as a file"),
    },
    "people": {
        "evidence": N_("Wrote down that somebody has a competence"),
        "document": N_("Put in a certificate"),
        "approve": N_("Approved a certificate"),
        "decline": N_("Did not approve a certificate"),
        "exempt": N_("Exempted somebody from a requirement"),
        "exemption ended": N_("Ended an exemption"),
        "requirement": N_("Signed the requirement “%(title)s”, version %(version)s"),
        "requirement ended": N_("Ended the requirement “%(title)s”"),
        "import": N_("Wrote a list into the register"),
        "link": N_("Linked a user of another system to an employee"),
        "unlink": N_("Undid the link between a user of another system and an employee"),
        "reject": N_("Put an unknown user aside"),
        "reopen": N_("Put an unknown user back among those who wait"),
        "merge": N_("Merged two entries of one person"),
        "unmerge": N_("Took two merged entries apart again"),
        "leads": N_("Said which units somebody leads"),
        "mapping.made": N_("Decided that %(pattern)s gives a competence"),
        "mapping.changed": N_("Changed what %(pattern)s gives"),
        "mapping.removed": N_("Decided that %(pattern)s gives no competence any more"),
    },
    "erasing": {
        "erase": N_("Erased a person and all that was kept on them"),
        "lrs_person.erased": N_("Erased a person from the learning records: %(statements)s statements"),
        "lrs_statements.expired": N_("Deleted %(statements)s statements that were older than they are kept"),
        "lrs_retention.changed": N_("Decided for how long statements are kept"),
        "trail.expired": N_(
            "Deleted what was older than the trail is kept: %(days)s days, up to and including %(through)s"
        ),
        "trail_retention.changed": N_("Decided for how long the trail is kept"),
    },
    "accounts": {
        "account.created": N_("Made an account"),
        "account.changed": N_("Changed an account"),
        "account.password": N_("Chose a new password"),
        "account.link": N_("Made a link for choosing a password"),
        "account.connected": N_("Connected an account to the sign-in “%(provider)s”"),
        "sso.added": N_("Added a sign-in by the directory %(issuer)s"),
        "sso.changed": N_("Changed the sign-in by the directory %(issuer)s"),
    },
    "modules": {
        "module.published": N_("Published version %(version)s of a module"),
        "module.live": N_("Fetched a package of a module that stays up to date for the first time"),
        "module.live_closed": N_("Closed the packages of a module that stay up to date"),
        "module.shared": N_("Shared version %(version)s of a module with other municipalities"),
        "module.unshared": N_("Took a module out of the library"),
        "module.taken": N_("Took over version %(version)s of a module of %(owner)s"),
        "module.adapted": N_("Began a version of their own of a module of %(owner)s"),
        "module.translated": N_("Began to translate a module into %(language)s"),
        "reminders": N_("Chose who is reminded by e-mail"),
        "module.begun": N_("Began a module with a document"),
        "module.brought_in": N_("Brought in a module as a file"),
        "moodle.publish": N_("Put a module into a Moodle course"),
        "moodle.unpublish": N_("Took a module out of a Moodle course"),
        "cmi5_course.brought_in": N_("Brought in a course"),
        "cmi5.registered": N_("Registered somebody for a course"),
        "cmi5.waived": N_("Let somebody off a part of a course"),
        "cmi5.withdrawn": N_("Withdrew a course"),
        "cmi5.offered_again": N_("Offered a withdrawn course again"),
        "cmi5.removed": N_("Removed the course “%(title)s”"),
    },
    "systems": {
        "connect": N_("Connected another system"),
        "change connection": N_("Changed a connection"),
        "pause connection": N_("Paused a connection"),
        "resume connection": N_("Let a connection go on"),
        "remove connection": N_("Removed a connection"),
        "moodle.idnumber": N_("Decided whether Moodle’s ID number is the employment number"),
        "webhook": N_("Made a webhook"),
        "change webhook": N_("Changed a webhook"),
        "rotate webhook": N_("Gave a webhook a new secret"),
        "pause webhook": N_("Paused a webhook"),
        "resume webhook": N_("Let a webhook go on"),
        "remove webhook": N_("Removed a webhook"),
        "forwarding.made": N_("Began to forward statements to another LRS"),
        "forwarding.changed": N_("Changed the forwarding to another LRS"),
        "forwarding.paused": N_("Paused the forwarding to another LRS"),
        "forwarding.resumed": N_("Let the forwarding to another LRS go on"),
        "forwarding.let_be": N_("Let %(statements)s statements be that another LRS refused"),
        "forwarding.removed": N_("Ended the forwarding to “%(name)s”"),
        "lrs_credential.created": N_("Made a key for another system"),
        "lrs_credential.revoked": N_("Revoked a key of another system"),
        "lti.invited": N_("Made an invitation for an LMS"),
        "lti.registered": N_("Connected the LMS %(issuer)s"),
        "lti.approved lti_platform": N_("Let an LMS in"),
        "lti.refused lti_platform": N_("Shut an LMS out"),
        "lti.approved lti_deployment": N_("Let a place in an LMS in"),
        "lti.refused lti_deployment": N_("Shut a place in an LMS out"),
        "lti.idnumber": N_("Decided whether an LMS’s ID number is the employment number"),
        "lti.roster": N_("Asked an LMS who is in a course"),
    },
}
_BY_KEY = {key: text for texts in SENTENCES.values() for key, text in texts.items()}
_GAP = re.compile(r"%\((\w+)\)s").findall


@dataclass(frozen=True)
class About:
    """What a kind of subject is called; the page that shows one, the roles that may open it, and the column that its
    id is looked up in. Without `parameter` the page shows them all.
    """

    label: str
    endpoint: str = ""
    parameter: str = ""
    roles: tuple[str, ...] = ("administrator",)
    column: str = ""


_REGISTER, _WRITERS = ("leader", "coordinator"), ("author", "librarian", "coordinator")
_STAFF = ("coordinator", "librarian", "administrator")
_LTI = "lti_pages.list_platforms"
ABOUT = {
    "person": About(N_("Person"), "register.person", "person_id", _REGISTER, "person.id"),
    "unit": About(N_("Unit"), "register.unit", "unit_id", _REGISTER, "unit.id"),
    "requirement": About(
        N_("Requirement"), "register.requirement", "key", ("coordinator",), "requirement.key"
    ),
    "mapping": About(
        N_("Activity"), "register.mapping", "mapping_id", ("coordinator",), "activity_mapping.id"
    ),
    "import": About(N_("List"), "register.lists", roles=("coordinator",)),
    "link": About(N_("Unknown user"), "register.unknown", roles=("coordinator",)),
    "account": About(N_("Account"), "accounts.edit_account", "account_id", column="account.id"),
    "sso_provider": About(N_("Sign-in"), "sso_pages.edit", "provider_id", column="sso_provider.id"),
    "module": About(N_("Module"), "authoring.editor", "module_id", _WRITERS, "module.id"),
    "cmi5_course": About(N_("Course"), "cmi5.course", "course_id", _STAFF, "cmi5_course.id"),
    "connection": About(N_("Connection"), "connections.show", "connection_id", column="connection.id"),
    "webhook": About(N_("Webhook"), "webhooks.show", "webhook_id", column="webhook.id"),
    "target": About(N_("Other LRS"), "forwarding.edit_target", "target_id", column="forward_target.id"),
    "lrs_credential": About(N_("Key"), "lrs_pages.keys"),
    "statement": About(N_("Learning record"), roles=()),
    "lti_platform": About(N_("LMS"), _LTI),
    "lti_deployment": About(N_("LMS"), _LTI),
    "lti_invitation": About(N_("LMS"), _LTI),
    "lti_resource_link": About(N_("LMS"), _LTI),
}


def message_of(action: str, subject: str) -> str | None:
    """The sentence of an action on a subject, as a message id; None where there is none."""
    kind = subject.partition(":")[0]
    keys = (f"{action} {subject}", f"{action} {kind}", action)
    return next((_BY_KEY[key] for key in keys if key in _BY_KEY), None)


def sentence(action: str, subject: str, detail: dict[str, Any], translated: Callable[[str], str]) -> str:
    """In the reader's language; the action itself where it has no sentence, as one of another version."""
    message = message_of(action, subject)
    if message is None:
        return action
    text = translated(message)
    return text % {name: detail.get(name, "–") for name in _GAP(text)} if _GAP(text) else text


def actions_of(kind: str) -> set[str]:
    """The actions of one of `KINDS`; each is of one kind only, whatever its subject."""
    return {key if key.endswith(" ended") else key.partition(" ")[0] for key in SENTENCES[kind]}
