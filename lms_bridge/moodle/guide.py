"""Where things are in Moodle's administration, and what its capabilities are called there."""

from ..web.i18n import N_

PLACES = {
    "plugin": "/admin/tool/installaddon/index.php",
    "account": "/local/lmsbridge/connect.php",
    "services": "/admin/settings.php?section=externalservices",
    "protocols": "/admin/settings.php?section=webserviceprotocols",
    "tokens": "/admin/webservice/tokens.php",
    "roles": "/admin/roles/manage.php",
    "security": "/admin/settings.php?section=httpsecurity",
}
"""Below the Moodle's own address."""

CAPABILITY_NAMES = {
    "local/lmsbridge:use": N_("Use lms-bridge"),
    "webservice/rest:use": N_("Use REST protocol"),
    "moodle/course:view": N_("View courses without participation"),
    "moodle/course:viewhiddencourses": N_("View hidden courses"),
    "moodle/course:viewhiddenactivities": N_("View hidden activities"),
    "moodle/course:viewparticipants": N_("View participants"),
    "moodle/user:viewdetails": N_("View user profiles"),
    "moodle/site:accessallgroups": N_("Access all groups"),
    "moodle/site:viewuseridentity": N_("See full user identity in lists"),
    "moodle/course:manageactivities": N_("Manage activities"),
    "mod/scorm:addinstance": N_("Add a new SCORM package"),
    "moodle/course:activityvisibility": N_("Hide/show activities"),
    "report/completion:view": N_("View course completion report"),
    "report/progress:view": N_("View activity completion reports"),
    "moodle/grade:viewall": N_("View grades of other users"),
    "gradereport/user:view": N_("View user report"),
    "mod/scorm:viewreport": N_("View reports (SCORM)"),
    "mod/lti:view": N_("Launch external tool activities"),
}
