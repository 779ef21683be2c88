"""The register's words in templates, and the colour of each."""

from __future__ import annotations

from typing import Any

from ...web.i18n import N_

STATES = {
    "met": N_("Met"),
    "expiring": N_("Expires soon"),
    "expired": N_("Expired"),
    "missing": N_("Missing"),
    "in_progress": N_("In progress"),
    "exempt": N_("Exempt"),
    "not_required": N_("Not required"),
}
COLORS = {
    "met": "success",
    "expiring": "warning",
    "expired": "danger",
    "missing": "danger",
    "in_progress": "info",
    "exempt": "neutral",
    "not_required": "neutral",
}
FLAGS = {
    "overdue": N_("Overdue"),
    "awaiting_approval": N_("Awaits approval"),
    "renewing": N_("Renewal started"),
}
METHODS = {
    "authority": N_("An authority's register"),
    "practical": N_("Signed practical assessment"),
    "lms": N_("Completed course"),
    "upload": N_("Approved document"),
    "manager": N_("The leader's word"),
    "legacy": N_("Older list"),
    "self": N_("Self-assessment"),
}
RESULTS = {"attained": N_("Attained"), "attempted": N_("Attempted")}
COUNTS = {
    "added": N_("new"),
    "changed": N_("changed"),
    "returned": N_("back again"),
    "closed": N_("closed"),
    "roles": N_("new roles"),
    "waiting": N_("waiting in the queue: nobody knows yet who they are"),
    "same": N_("unchanged"),
    "duplicates": N_("in the register already"),
    "unfinished": N_("not completed, left out"),
    "other_courses": N_("of other courses, left out"),
    "problems": N_("rows that cannot be used"),
    "warnings": N_("rows to look at"),
    "nothing_closed": N_("row without a number: therefore nobody is closed"),
}
ACTIONS = {
    "read": N_("Read the page"),
    "export": N_("Took out the data"),
    "link": N_("Linked a user"),
    "unlink": N_("Undid a link"),
    "exempt": N_("Exempted"),
    "exemption ended": N_("Ended an exemption"),
    "evidence": N_("Vouched for a competence"),
    "approve": N_("Approved a document"),
    "document": N_("Put in a document"),
    "decline": N_("Did not approve a document"),
    "merge": N_("Merged two entries"),
    "unmerge": N_("Undid a merge"),
    "leads": N_("Said what is led"),
}


def add_labels() -> dict[str, Any]:
    return {
        "register_states": STATES,
        "register_colors": COLORS,
        "register_flags": FLAGS,
        "register_methods": METHODS,
        "register_results": RESULTS,
        "register_counts": COUNTS,
        "register_actions": ACTIONS,
    }
