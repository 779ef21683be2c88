"""What a statement may and must be (xAPI 1.0.3 part 2, Data 2.2 to 2.4 and 4): one table of faults, one of sound
variants. Both are tried in a statement, and where it can stand there, in its SubStatement.
"""

import uuid

import pytest

from lms_bridge.lrs.rules import check_statement
from lms_bridge.lrs.values import Wrong

from .conftest import ACTIVITY, AGENT, ATTACHMENT, GONE, GROUP, REF, SUB, UUID, Lrs, changed, statement

TEXT, NUMBER, OBJECT, LIST = "should fail", 12345, {"key": "should fail"}, ["should fail"]
LANGUAGE = {"a12345678": "no such language"}
ACCOUNT = {"homePage": "http://example.com", "name": "1042"}
ANONYMOUS = {"objectType": "Group", "member": [AGENT]}
INTERACTION = {"type": "http://adlnet.gov/expapi/activities/cmi.interaction"}
CHOICES = [{"id": "a", "description": {"en": "A"}}, {"id": "b"}]


def interaction(kind: str, **lists: object) -> dict:
    return statement(object={**ACTIVITY, "definition": {**INTERACTION, "interactionType": kind, **lists}})


def agent(**more: object) -> dict:
    return statement(actor={name: value for name, value in {**AGENT, **more}.items() if value is not GONE})


def result(**more: object) -> dict:
    return statement(result=more)


def context(**more: object) -> dict:
    return statement(context=more)


def attached(**more: object) -> dict:
    return statement(attachments=[{n: v for n, v in {**ATTACHMENT, **more}.items() if v is not GONE}])


WRONG_UUIDS = (
    "AA97B177-9383-4934-8543-0F91A7A028368",
    "MA97B177-9383-4934-8543-0F91A7A02836",
    "",
    NUMBER,
    OBJECT,
)
WRONG_IRIS = ("no.scheme.example/x", "", NUMBER, OBJECT, "http://a b")
WRONG_MAPS = (TEXT, NUMBER, LIST, LANGUAGE, {"en": 5}, {"en": None}, {"": "empty"})

# (requirement ids, faulty statement)
FAULTS: list[tuple[str, object]] = [
    *[
        ("XAPI-00001", statement(**{name: None}))
        for name in ("id", "result", "context", "timestamp", "attachments")
    ],
    *[
        ("XAPI-00001", changed(statement(), path, None))
        for path in ("actor", "verb.display", "object.definition")
    ],
    ("XAPI-00003", changed(statement(), "actor", GONE)),
    ("XAPI-00004", changed(statement(), "verb", GONE)),
    ("XAPI-00005", changed(statement(), "object", GONE)),
    *[
        ("XAPI-00006", statement(**{name: NUMBER}))
        for name in ("actor", "verb", "object", "result", "context")
    ],
    *[
        ("XAPI-00006", statement(**{name: TEXT}))
        for name in ("actor", "verb", "object", "result", "attachments")
    ],
    *[
        ("XAPI-00007", changed(statement(), path, ""))
        for path in ("id", "actor.mbox", "verb.id", "object.id")
    ],
    *[("XAPI-00008", statement(**{name: {}})) for name in ("Actor", "Verb", "Result", "ID")],
    ("XAPI-00008", agent(Mbox="mailto:a@example.com")),
    *[("XAPI-00009", agent(objectType=word)) for word in ("agent", "AGENT", "Person")],
    ("XAPI-00009", statement(object={**REF, "objectType": "statementRef"})),
    *[("XAPI-00010", statement(**{name: TEXT})) for name in ("dummy", "more", "statement")],
    ("XAPI-00010", changed(statement(), "verb.name", TEXT)),
    *[("XAPI-00011", changed(statement(), "verb.id", wrong)) for wrong in WRONG_IRIS],
    ("XAPI-00011", agent(mbox=GONE, openid="open.id.example/x")),
    ("XAPI-00011", changed(result(), "result.extensions", {"example.com/x": 1})),
    ("XAPI-00014", agent(objectType='"objectType": "Agent"')),
    *[
        (
            "XAPI-00017 XAPI-00020",
            statement(verb={"id": "http://adlnet.gov/expapi/verbs/voided"}, object=target),
        )
        for target in (ACTIVITY, AGENT, SUB)
    ],
    *[
        ("XAPI-00022 XAPI-00123", statement(timestamp=wrong))
        for wrong in (
            TEXT,
            "01/011/2015",
            NUMBER,
            OBJECT,
            "",
            "2008-09-15T15:53:00.601-00",
            "2008-09-15T15:53:00.601-0000",
            "2008-09-15T15:53:00.601-00:00",
            "2008-13-15T15:53:00Z",
            "2008-02-30T15:53:00Z",
            "2008-09-15",
        )
    ],
    *[("XAPI-00023", statement(stored=wrong)) for wrong in (TEXT, NUMBER, "01/011/2015")],
    *[
        ("XAPI-00024", statement(authority=wrong))
        for wrong in (TEXT, OBJECT, ACTIVITY, {"objectType": "Person"})
    ],
    *[("XAPI-00025", statement(attachments=wrong)) for wrong in (TEXT, NUMBER, OBJECT, LIST)],
    *[("XAPI-00027 XAPI-00028 XAPI-00029 XAPI-00030", statement(id=wrong)) for wrong in WRONG_UUIDS],
    *[("XAPI-00031 XAPI-00032", agent(objectType=wrong)) for wrong in ("Activity", TEXT, NUMBER, OBJECT, "")],
    *[("XAPI-00033", agent(name=wrong)) for wrong in (NUMBER, OBJECT)],
    ("XAPI-00034", agent(mbox=GONE)),
    *[
        ("XAPI-00034", agent(**{other: value}))
        for other, value in (
            ("account", ACCOUNT),
            ("openid", "http://id.example"),
            ("mbox_sha1sum", "a" * 40),
        )
    ],
    ("XAPI-00035", agent(member=[AGENT])),
    ("XAPI-00035", changed(statement(), "object.member", [AGENT])),
    *[
        ("XAPI-00036", statement(actor={**ANONYMOUS, "member": wrong}))
        for wrong in (TEXT, OBJECT, [NUMBER], [GROUP], [{"name": "nobody"}])
    ],
    ("XAPI-00037", statement(actor={"objectType": "Group", "name": "Nobody"})),
    ("XAPI-00037", statement(actor={"objectType": "Group", "member": []})),
    ("XAPI-00037", statement(actor={**GROUP, "account": ACCOUNT})),
    *[
        ("XAPI-00038", agent(mbox=wrong))
        for wrong in (
            "mailto:should.fail.com",
            "http://should.fail.com",
            "xapi@example.com",
            "mailto:",
            NUMBER,
            OBJECT,
        )
    ],
    *[("XAPI-00039", agent(mbox=GONE, mbox_sha1sum=wrong)) for wrong in (NUMBER, OBJECT, "abc", "g" * 40)],
    *[("XAPI-00040", agent(mbox=GONE, openid=wrong)) for wrong in (NUMBER, OBJECT, "ab=c://should.fail.com")],
    *[
        ("XAPI-00041", agent(mbox=GONE, account=wrong))
        for wrong in (TEXT, NUMBER, LIST, {}, {**ACCOUNT, "x": 1})
    ],
    *[("XAPI-00042", agent(mbox=GONE, account={**ACCOUNT, "homePage": wrong})) for wrong in WRONG_IRIS],
    ("XAPI-00042", agent(mbox=GONE, account={"name": "1042"})),
    *[("XAPI-00043", agent(mbox=GONE, account={**ACCOUNT, "name": wrong})) for wrong in (NUMBER, OBJECT)],
    ("XAPI-00043", agent(mbox=GONE, account={"homePage": "http://example.com"})),
    ("XAPI-00044", changed(statement(), "verb.id", GONE)),
    *[("XAPI-00045 XAPI-00121", changed(statement(), "verb.display", wrong)) for wrong in WRONG_MAPS],
    *[
        ("XAPI-00046", changed(statement(), "object.objectType", wrong))
        for wrong in (TEXT, "activity", NUMBER, OBJECT)
    ],
    *[("XAPI-00047", changed(statement(), "object.id", wrong)) for wrong in (*WRONG_IRIS, GONE)],
    *[
        ("XAPI-00048", changed(statement(), "object.definition", wrong))
        for wrong in (TEXT, NUMBER, LIST, {"x": 1})
    ],
    *[
        ("XAPI-00049", interaction(wrong))
        for wrong in ("choices", "True-false", "http://adlnet.gov/x", NUMBER, OBJECT)
    ],
    *[
        ("XAPI-00050", interaction("choice", choices=wrong))
        for wrong in (TEXT, [TEXT], [{}], [{"id": NUMBER}])
    ],
    *[
        ("XAPI-00051", interaction("sequencing", choices=wrong))
        for wrong in (TEXT, [{"id": "a"}, {"id": "a"}])
    ],
    *[("XAPI-00052", interaction("likert", scale=wrong)) for wrong in (TEXT, [{"description": {"en": "x"}}])],
    *[("XAPI-00053", interaction("matching", source=wrong)) for wrong in (TEXT, [{"id": "a", "x": 1}])],
    *[("XAPI-00054", interaction("matching", target=wrong)) for wrong in (TEXT, [{"id": None}])],
    *[
        ("XAPI-00055", interaction("performance", steps=wrong))
        for wrong in (TEXT, [{"id": "a", "description": TEXT}])
    ],
    *[("XAPI-00056", changed(statement(), "object.definition.name", wrong)) for wrong in WRONG_MAPS],
    *[
        ("XAPI-00057", changed(statement(), "object.definition.extensions", wrong))
        for wrong in (TEXT, {"x": 1})
    ],
    *[
        ("XAPI-00058", interaction(kind, **{name: CHOICES}))
        for kind, name in (
            ("choice", "scale"),
            ("likert", "choices"),
            ("matching", "steps"),
            ("performance", "source"),
        )
    ],
    *[("XAPI-00059", changed(statement(), "object.definition.description", wrong)) for wrong in WRONG_MAPS],
    *[("XAPI-00060", changed(statement(), "object.definition.type", wrong)) for wrong in WRONG_IRIS],
    *[("XAPI-00061", changed(statement(), "object.definition.moreInfo", wrong)) for wrong in WRONG_IRIS],
    *[
        ("XAPI-00062", interaction("choice", correctResponsesPattern=wrong))
        for wrong in (TEXT, NUMBER, [NUMBER])
    ],
    *[
        ("XAPI-00063", changed(statement(), "object.definition", {name: CHOICES}))
        for name in ("choices", "steps")
    ],
    ("XAPI-00064", changed(statement(), "object.definition", {"correctResponsesPattern": ["true"]})),
    ("XAPI-00065", statement(object={"mbox": "mailto:a@example.com"})),
    ("XAPI-00065", statement(object={"member": [AGENT]})),
    *[("XAPI-00066", statement(object=changed(SUB, name, GONE))) for name in ("actor", "verb", "object")],
    ("XAPI-00066", statement(object={**SUB, "dummy": 1})),
    ("XAPI-00067", statement(object={**SUB, "authority": AGENT})),
    ("XAPI-00068", statement(object={**SUB, "version": "1.0.3"})),
    ("XAPI-00069", statement(object={**SUB, "stored": "2026-01-01T00:00:00Z"})),
    ("XAPI-00070", statement(object={**SUB, "id": UUID})),
    ("XAPI-00071", statement(object={**SUB, "object": SUB})),
    *[("XAPI-00072", statement(object={**REF, "id": wrong})) for wrong in WRONG_UUIDS],
    ("XAPI-00072", statement(object={"objectType": "StatementRef"})),
    ("XAPI-00073", statement(object={"id": UUID})),
    ("XAPI-00073", statement(object={name: SUB[name] for name in ("actor", "verb", "object")})),
    *[("XAPI-00074", result(success=wrong)) for wrong in ("true", NUMBER, 1, OBJECT)],
    *[("XAPI-00075", result(completion=wrong)) for wrong in ("true", NUMBER, 0, OBJECT)],
    *[("XAPI-00076", result(response=wrong)) for wrong in (NUMBER, OBJECT, True)],
    *[
        ("XAPI-00077 XAPI-00124", result(duration=wrong))
        for wrong in (
            TEXT,
            NUMBER,
            OBJECT,
            "PA1H0M0S",
            "P4W1D",
            "P",
            "PT",
            "P1YT",
            "P0001-01-01T00:00:00",
            "PT1.5H3M",
            "-PT1S",
        )
    ],
    *[
        ("XAPI-00078 XAPI-00118 XAPI-00120", result(extensions=wrong))
        for wrong in (TEXT, NUMBER, LIST, {"a key": 1})
    ],
    *[("XAPI-00079", result(score=wrong)) for wrong in (TEXT, NUMBER, LIST, {"points": 1})],
    *[
        ("XAPI-00080", result(score=wrong))
        for wrong in ({"max": "9"}, {"min": 5, "max": 4}, {"min": 5, "max": 5})
    ],
    *[("XAPI-00081", result(score=wrong)) for wrong in ({"min": "0"}, {"min": True}, {"min": 6, "max": 5.9})],
    *[
        ("XAPI-00082", result(score=wrong))
        for wrong in ({"raw": "5"}, {"raw": 11, "max": 10}, {"raw": -1, "min": 0}, {"raw": OBJECT})
    ],
    *[("XAPI-00083", result(score={"scaled": wrong})) for wrong in (1.0001, -1.0001, "0.5", True)],
    *[
        ("XAPI-00084", statement(object=target, context={"revision": "3"}))
        for target in (AGENT, GROUP, REF, SUB)
    ],
    *[
        ("XAPI-00085", statement(object=target, context={"platform": "x"}))
        for target in (AGENT, GROUP, REF, SUB)
    ],
    *[("XAPI-00086", context(contextActivities=wrong)) for wrong in (TEXT, NUMBER, [ACTIVITY])],
    *[("XAPI-00087", context(instructor=wrong)) for wrong in (TEXT, NUMBER, OBJECT, ACTIVITY)],
    *[("XAPI-00088", context(team=wrong)) for wrong in (TEXT, AGENT, OBJECT, {"objectType": "Group"})],
    *[("XAPI-00089", context(revision=wrong)) for wrong in (NUMBER, OBJECT)],
    *[("XAPI-00090", context(platform=wrong)) for wrong in (NUMBER, OBJECT)],
    *[("XAPI-00091", context(language=wrong)) for wrong in (NUMBER, OBJECT, "a12345678", "", "en_GB")],
    *[("XAPI-00092", context(statement=wrong)) for wrong in (TEXT, UUID, {"id": UUID}, ACTIVITY, SUB)],
    *[
        ("XAPI-00093", context(contextActivities={wrong: [ACTIVITY]}))
        for wrong in ("Parent", "parents", "sibling")
    ],
    *[
        ("XAPI-00094", context(contextActivities={"parent": wrong}))
        for wrong in (TEXT, NUMBER, [TEXT], [AGENT], AGENT)
    ],
    *[("XAPI-00095", context(registration=wrong)) for wrong in WRONG_UUIDS],
    ("XAPI-00098 XAPI-00100", statement(authority={"objectType": "Group", "member": [AGENT] * 3})),
    ("XAPI-00098", statement(authority={"objectType": "Group", "member": [AGENT]})),
    ("XAPI-00098", statement(authority=GROUP)),
    *[
        ("XAPI-00101", statement(version=wrong))
        for wrong in (TEXT, "0.9.9", "1.1.0", "3.0", "1", NUMBER, OBJECT)
    ],
    *[("XAPI-00102", attached(length=wrong)) for wrong in ("27", 2.7, -1, OBJECT, GONE)],
    *[("XAPI-00103", attached(sha2=wrong)) for wrong in (NUMBER, OBJECT, "abc", GONE)],
    *[("XAPI-00104", attached(fileUrl=wrong)) for wrong in WRONG_IRIS],
    *[("XAPI-00105", attached(contentType=wrong)) for wrong in (NUMBER, OBJECT, TEXT, GONE)],
    *[("XAPI-00106", attached(display=wrong)) for wrong in (*WRONG_MAPS, GONE)],
    *[("XAPI-00107", attached(usageType=wrong)) for wrong in (*WRONG_IRIS, GONE)],
]

# (requirement ids, sound statement)
SOUND: list[tuple[str, dict]] = [
    ("XAPI-00001", result(extensions={"http://example.com/null": None})),
    *[("XAPI-00024", statement(authority=one)) for one in (AGENT, {"objectType": "Group", "member": [AGENT, AGENT]})],
    ("XAPI-00025", statement(attachments=[])),
    *[("XAPI-00031", statement(actor=one)) for one in (AGENT, GROUP, ANONYMOUS, {"mbox": "mailto:a@example.com"})],
    *[("XAPI-00034", agent(mbox=GONE, **one)) for one in (
        {"account": ACCOUNT}, {"openid": "http://id.example"}, {"mbox_sha1sum": "a" * 40})],
    ("XAPI-00037", statement(actor={**GROUP, "member": []})),
    *[("XAPI-00046", statement(object=one)) for one in (
        ACTIVITY, {"id": "urn:x:y"}, AGENT, GROUP, ANONYMOUS, REF, SUB)],
    *[("XAPI-00049", interaction(kind)) for kind in (
        "true-false", "choice", "fill-in", "long-fill-in", "matching", "performance", "sequencing", "likert", "numeric",
        "other")],
    ("XAPI-00050", interaction("choice", choices=CHOICES, correctResponsesPattern=["a[,]b"])),
    ("XAPI-00051", interaction("sequencing", choices=CHOICES)),
    ("XAPI-00052", interaction("likert", scale=CHOICES)),
    ("XAPI-00053 XAPI-00054", interaction("matching", source=CHOICES, target=CHOICES)),
    ("XAPI-00055", interaction("performance", steps=CHOICES)),
    *[("XAPI-00074 XAPI-00075", result(success=one, completion=one)) for one in (True, False)],
    *[("XAPI-00077 XAPI-00124", result(duration=one)) for one in (
        "PT1H0M0.1S", "PT4H35M59.14S", "PT16559.14S", "P3Y1M29DT4H35M59.14S", "P3Y", "P4W", "PT0S")],
    *[("XAPI-00079", result(score=one)) for one in (
        {"scaled": -1, "raw": 5, "min": 0, "max": 10}, {"scaled": 1.0}, {"raw": -3}, {"min": 2}, {})],
    ("XAPI-00084 XAPI-00085", context(revision="3", platform="lms-bridge")),
    *[("XAPI-00091", context(language=one)) for one in ("nb", "en-GB", "zh-Hant-TW", "sl-rozaj-biske", "x-own")],
    ("XAPI-00092", context(statement=REF)),
    ("XAPI-00095", context(registration=UUID)),
    *[("XAPI-00101", statement(version=one)) for one in ("1.0", "1.0.9", "2.0.0")],
    ("XAPI-00107", attached(description={"en": "x"})),
    *[("XAPI-00119", result(extensions=one)) for one in (
        {}, *({"http://example.com/x": inner} for inner in (None, "", {}, [], 0, False, {"": {"a": [None]}})))],
    *[("XAPI-00123", statement(timestamp=one)) for one in (
        "2008-09-15T15:53:00.601Z", "2008-09-15T15:53:00.601+00:00", "2008-09-15T15:53:00+05:30",
        "2008-09-15T15:53:00.601-0330", "2008-09-15T15:53Z")],
]  # fmt: skip


def within(body: object) -> list[object]:
    """The statement itself, and the same as a SubStatement where that can be."""
    made = [body]
    if (
        isinstance(body, dict)
        and not {"id", "stored", "authority", "version", "statement", "ID"} & body.keys()
    ):
        sub = isinstance(body.get("object"), dict) and body["object"].get("objectType") == "SubStatement"
        voiding = isinstance(body.get("verb"), dict) and body["verb"].get("id", "").__str__().endswith(
            "voided"
        )
        if not sub and not voiding:
            made.append(statement(object={"objectType": "SubStatement", **body}))
    return made


def cases(table: list) -> list:
    numbers: dict[str, int] = {}
    made = []
    for ids, body in table:
        for variant in within(body):
            numbers[ids] = numbers.get(ids, 0) + 1
            made.append(pytest.param(variant, id=f"{ids.replace(' ', '+')} {numbers[ids]}"))
    return made


@pytest.mark.parametrize("lrs_app", ["sqlite"], indirect=True)  # no fault gets as far as the database
@pytest.mark.parametrize("lrs", ["1.0.3"], indirect=True)
@pytest.mark.parametrize("body", cases(FAULTS))
def test_a_faulty_statement_is_rejected_with_400_and_the_place_of_the_fault(lrs: Lrs, body):
    answer = lrs.post(body)
    assert answer.status_code == 400
    assert answer.json["detail"].startswith("$")
    with pytest.raises(Wrong):
        check_statement(body, xapi_2=True)


@pytest.mark.parametrize("body", cases(SOUND))
def test_a_sound_statement_is_stored(lrs: Lrs, body):
    answer = lrs.post(body)
    assert answer.status_code == 200, answer.text


def test_xapi_00002_numbers_keep_their_precision(lrs: Lrs):
    score = {"scaled": 0.12345678, "raw": 1.0000001, "min": -3.4028234e38, "max": 3.4028234e38}
    kept = lrs.get(statementId=lrs.stored(result(score=score))).json
    assert kept["result"]["score"] == score


def test_xapi_00015_texts_are_utf8(lrs: Lrs):
    sent = changed(
        statement(), "verb.display", {"ja-JP": "出席した", "hy-AM": "ներկա", "nb": "blåbærsyltetøy 🫐"}
    )
    assert lrs.get(statementId=lrs.stored(sent)).json["verb"]["display"] == sent["verb"]["display"]


@pytest.mark.parametrize("name", ["contextAgents", "contextGroups"])
def test_2_0_context_agents_and_groups(lrs: Lrs, name: str):
    whom, who = ("agent", AGENT) if name == "contextAgents" else ("group", GROUP)
    entry = {"objectType": name[:-1], whom: who, "relevantTypes": ["http://example.com/assessor"]}
    sound = 200 if lrs.version == "2.0.0" else 400  # 1.0.3 has no such property
    assert lrs.post(context(**{name: [entry]})).status_code == sound
    for fault in (
        {**entry, whom: TEXT},
        {**entry, "objectType": "Agent"},
        {**entry, "relevantTypes": []},
        {whom: who},
    ):
        assert lrs.post(context(**{name: [fault]})).status_code == 400


def test_xapi_00012_parameters_obey_the_same_rules(lrs: Lrs):
    for name, wrong in {
        "statementId": "wrong",
        "voidedStatementId": "wrong",
        "agent": "wrong",
        "verb": "not.an.iri/verb",
        "activity": "not.an.iri/activity",
        "registration": "wrong",
        "since": "yesterday",
        "until": "2026-02-30T00:00:00Z",
        "limit": "-1",
        "ascending": "yes",
        "related_agents": "1",
        "format": "short",
    }.items():
        assert lrs.get(**{name: wrong}).status_code == 400, name


def test_xapi_00026_an_id_is_made_where_there_is_none(lrs: Lrs):
    assert uuid.UUID(lrs.stored(statement()))


def test_xapi_00122_timestamps_keep_milliseconds(lrs: Lrs):
    sent = statement(timestamp="2012-07-01T21:13:48.123456Z")
    assert lrs.get(statementId=lrs.stored(sent)).json["timestamp"].startswith("2012-07-01T21:13:48.123")
