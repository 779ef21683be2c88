"""The IRIs of cmi5 (sections 9.3, 9.5.5, 9.6)."""

ADL = "http://adlnet.gov/expapi/verbs/"
W3ID = "https://w3id.org/xapi/adl/verbs/"
VERBS = {
    **{
        name: ADL + name
        for name in ("launched", "initialized", "completed", "passed", "failed", "terminated")
    },
    **{name: W3ID + name for name in ("abandoned", "waived", "satisfied")},
}
NAMES = {iri: name for name, iri in VERBS.items()}
VOIDED = ADL + "voided"

CMI5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
MOVE_ON = "https://w3id.org/xapi/cmi5/context/categories/moveon"
BLOCK = "https://w3id.org/xapi/cmi5/activitytype/block"
COURSE = "https://w3id.org/xapi/cmi5/activitytype/course"

EXTENSION = "https://w3id.org/xapi/cmi5/context/extensions/"
SESSION_ID = EXTENSION + "sessionid"
MASTERY_SCORE = EXTENSION + "masteryscore"
REASON = "https://w3id.org/xapi/cmi5/result/extensions/reason"

LAUNCH_DATA = "LMS.LaunchData"
PREFERENCES = "cmi5LearnerPreferences"
