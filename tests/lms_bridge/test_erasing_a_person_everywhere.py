"""An erased person is in no table any more. The walk is over all tables: a new one is covered, or fails here."""

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Uuid, func, select
from sqlalchemy.orm import Session

from lms_bridge.accounts import Account, sign_ins, ways_in
from lms_bridge.accounts.service import authenticate, create_account
from lms_bridge.authoring.models import Module
from lms_bridge.cmi5 import models as cmi5
from lms_bridge.db import Base, utcnow
from lms_bridge.errors import Invalid
from lms_bridge.lrs.credentials import create_credential, issue_launch_token
from lms_bridge.lti import models as lti
from lms_bridge.publishing.models import Enrolment, ModuleVersion
from lms_bridge.register import erasing, identities
from lms_bridge.register import models as register
from lms_bridge.register.identities import Identity
from lms_bridge.reminders.models import EMPLOYEE, Declined, Mail
from lms_bridge.sso import models as sso
from lms_bridge.sso import signed_out_there
from lms_bridge.trail.seals import entries_of
from lms_bridge.web.app import Bridge
from lms_bridge.webhooks import service as webhooks
from lms_bridge.webhooks.models import Delivery
from tests.people import FJORDVIK, PASSWORD, Municipality
from tests.support.app import SECRET, new_client

NAME, EMAIL, NUMBER, SUBJECT = "Unni Uniksen", "unni.uniksen@fjordvik.example", "E-77701", "lms-user-77702"
WORDS = (NAME, EMAIL, NUMBER, SUBJECT, "unni")
LMS, OWN = "https://lms.fjordvik.example", "http://bridge.localhost"
NOW, DAY = datetime(2026, 3, 2, 12, tzinfo=UTC), date(2026, 3, 2)

# Tables that hold nothing of a learner, and why. All others must have had a trace of Unni, and have none afterwards.
OTHERS = {
    "tenant, module, draft, draft_change, editor_presence, module_version, translation": "what authors make for others",
    "live_package": "modules in LMSs, and how often one was opened",
    "shared_module, module_taking": "what municipalities share with each other",
    "competence, policy, requirement, module_competence, activity_mapping, unit, job_role": "what is asked of all",
    "cmi5_course, cmi5_file, cmi5_node": "courses as they were brought in",
    "lti_platform, lti_deployment, lti_resource_link, lti_invitation, lti_signing_key": "LMSs",
    "lti_login": "a login of ten minutes, by a hint that the LMS chose",
    "connection, connection_run, connection_file, moodle_placement": "sources, and which modules are there",
    "lrs_credential, forward_target, forward_parcel, forward_refusal": "systems, and ids of statements",
    "lrs_statement_id": "keyed hashes, which keep an erased statement from being sent again",
    "lrs_index, lrs_pending": "keyed hashes",
    "lrs_activity_definition, lrs_attachment": "what activities are; files by their hash",
    "erased, attempts, kept_key": "keyed hashes, and the key of theirs",
    "webhook": "who is told, and of what",
    "reminder_plan": "whom the municipality reminds",
    "sso_provider": "directories that people sign in by",
    "lrs_retention, lrs_day": "for how long statements are kept, and how many came on a day",
    "trail_retention": "for how long the trail is kept",
    "trail_seal": "hashes of the trail's entries, which name the person by an id at most",
    "job": "which row is worked on",
}
NOT_PERSONAL = {name for names in OTHERS for name in names.split(", ")}
# That something was done stays, by an account that names nobody, and that a list was given up.
KEPT = {
    ("audit_entry", "subject"),
    ("audit_entry", "account_id"),
    ("account", "id"),
    ("account", "email"),
    ("import", "id"),
}


@pytest.fixture
def unni(app: Bridge, tenant_id: Callable[[Municipality], uuid.UUID]) -> Iterator[tuple[Session, uuid.UUID]]:
    """Unni, who has left a trace wherever somebody can, and Gro, who must stay as she is."""
    tenant = tenant_id(FJORDVIK)
    with app.app_context(), app.database.unit_of_work(tenant) as session:
        account = create_account(
            session, tenant_id=tenant, email=EMAIL, name=NAME, roles=["employee"], password=PASSWORD
        )
        gro = register.Person(name="Gro Gran", email="gro@fjordvik.example")
        person = register.Person(name=NAME, email=EMAIL)
        session.add_all([person, gro])
        session.flush()
        links = _links(session, account, person)
        _register(session, person, links["lms"])
        _register(session, gro, None)
        _attempts(session, account)
        _cmi5(session, account)
        _tell(session, app, person)
        _sign_in_elsewhere(session, account)
        key = create_credential(session, name="LMS", scopes=["all"])
        issue_launch_token(
            session,
            actor={"account": {"homePage": OWN, "name": str(account.id)}},
            activity_id="urn:uuid:0f5a2c1e-7b34-4c8e-9d21-5a6e3b7c1d01",
            registration=uuid.uuid4(),
            expires=NOW + timedelta(days=3650),
        )
        found = person.id
    _statements(app, (key.credential.key, key.secret), str(account.id))
    with app.app_context(), app.database.unit_of_work(tenant) as session:
        yield session, found


def _tell(session: Session, app: Bridge, person: register.Person) -> None:
    given = {
        "name": "HR",
        "address": "https://hr.example/",
        "events": ["competence.attained"],
        "with_names": "yes",
    }
    webhook, _secret = webhooks.create(session, app.vault, given)
    item = {"person": str(person.id), "name": person.name}
    body = json.dumps({"data": {"items": [item]}})
    session.add(Delivery(webhook_id=webhook.id, event="competence.attained", count=1, body=body))
    reminder = {
        "kind": "employee",
        "address": EMAIL,
        "subject": "Din kompetanse",
        "body": f"Hei, {person.name}!",
    }
    session.add_all([Mail(person_id=person.id, **reminder), Declined(person_id=person.id, kind=EMPLOYEE)])


def _sign_in_elsewhere(session: Session, account: Account) -> None:
    provider = sso.Provider(name="Entra ID", issuer=LMS, client_id="x", secret=b"x")
    session.add(provider)
    session.flush()
    session.add(sso.Identity(provider_id=provider.id, subject=SUBJECT, account_id=account.id))
    browser = sign_ins.begin(session, account, "Firefox")
    signed_out_there.note(session, provider, browser, SUBJECT)


def _links(session: Session, account: Account, person: register.Person) -> dict[str, register.IdentityLink]:
    meant = {
        "own": Identity(identities.OWN, identities.ACTOR, str(account.id)),
        "lms": Identity(LMS, identities.ACTOR, SUBJECT, NAME, EMAIL),
        "mbox": Identity("mbox", identities.EMAIL, EMAIL, NAME, EMAIL),
        "waiting": Identity("https://other.example", identities.ACTOR, "x9", NAME, EMAIL),
    }
    found = identities.resolve(session, meant.values())
    for name in ("own", "lms"):
        identities.link_to_person(session, found[meant[name].key].id, person.id, None)
    return {name: found[identity.key] for name, identity in meant.items()}


def _register(session: Session, person: register.Person, link: register.IdentityLink | None) -> None:
    number = NUMBER if link else "E-1"
    unit = register.Unit(source="hr", code=number[-2:], name="Sykehjem", starts_on=DAY)
    competence = register.Competence(uri=f"https://competences.example/{number[-2:]}", titles={"nb": "X"})
    session.add_all([unit, competence])
    session.flush()
    position = register.Position(
        person_id=person.id, unit_id=unit.id, source="hr", employment_id=number, starts_on=DAY, due_from=DAY
    )
    evidence = register.Evidence(
        source="lms",
        record=f"{number} of {person.name}",
        person_id=person.id,
        competence_id=competence.id,
        method="lms",
        result="attained",
        occurred=NOW,
        day=DAY,
    )
    session.add_all([position, evidence])
    session.add(
        register.Exemption(person_id=person.id, competence_id=competence.id, reason="Har det", starts_on=DAY)
    )
    session.flush()
    session.add(
        register.Standing(
            position_id=position.id,
            person_id=person.id,
            unit_id=unit.id,
            competence_id=competence.id,
            required_from=DAY,
            policy_version=1,
            window_days=90,
            exempt=False,
            started=False,
            awaiting_approval=False,
            evidence_id=evidence.id,
        )
    )
    if link:
        twin = register.Person(name=f"{person.name} (twin entry)", merged_into=person.id)
        session.add(twin)
        session.flush()
        session.add(register.Merge(kept_id=person.id, merged_id=twin.id, moved={"position": []}))
        session.add(
            register.LmsRecord(
                source_id=uuid.uuid4(),
                record=f"a:1:{SUBJECT}:1",
                link_id=link.id,
                activity="x",
                outcome="passed",
                occurred=NOW,
            )
        )
    session.add(
        register.EvidenceDocument(
            person_id=person.id,
            competence_id=competence.id,
            name=f"{person.name}.pdf",
            sha256="a" * 64,
            media_type="application/pdf",
        )
    )
    text = f"Ansattnummer;Navn\n{number};{person.name}\n"
    session.add(register.Import(kind="people", filename="list.csv", content=text.encode()))


def _attempts(session: Session, account: Account) -> None:
    module = Module(identity=uuid.uuid4())
    session.add(module)
    session.flush()
    common = {"title": "Håndhygiene", "summary": "", "language": "nb", "competences": [], "document": {}}
    version = ModuleVersion(module_id=module.id, identity=module.identity, number=1, **common)
    platform = lti.Platform(name="LMS", issuer=LMS, client_id="1", auth_url=LMS, token_url=LMS, jwks_url=LMS)
    session.add_all([version, platform])
    session.flush()
    deployment = lti.Deployment(platform_id=platform.id, deployment_id="1")
    session.add(deployment)
    session.flush()
    link = lti.ResourceLink(deployment_id=deployment.id, resource_link_id="1", module_id=module.id)
    session.add(link)
    session.flush()
    for issuer, subject in ((LMS, SUBJECT), ("", str(account.id)), (LMS, "gro")):
        enrolment = Enrolment(issuer=issuer, subject=subject, version_id=version.id)
        session.add(enrolment)
        session.flush()
        if issuer:
            session.add(lti.Score(link_id=link.id, subject=subject, enrolment_id=enrolment.id))


def _cmi5(session: Session, account: Account) -> None:
    course = cmi5.Course(publisher_id="x", title="Forflytning", description="", language="nb", objectives=[])
    session.add(course)
    session.flush()
    node = cmi5.Node(
        course_id=course.id, position=0, kind="au", publisher_id="x", title="", description="", objectives=[]
    )
    actor = {"account": {"homePage": OWN, "name": str(account.id)}}
    registration = cmi5.Registration(course_id=course.id, account_id=account.id, actor=actor)
    session.add_all([node, registration])
    session.flush()
    session.add(cmi5.Progress(registration_id=registration.id, node_id=node.id))
    session.add(
        cmi5.LaunchSession(
            registration_id=registration.id, node_id=node.id, mode="Normal", fetch_hash=b"f" * 32, expires=NOW
        )
    )


def _statements(app: Bridge, key: tuple[str, str], account_id: str) -> None:
    client, headers = new_client(app), {"X-Experience-API-Version": "1.0.3"}
    actors: list[dict[str, Any]] = [
        {"account": {"homePage": OWN, "name": account_id}},
        {"account": {"homePage": LMS, "name": SUBJECT}},
        {"mbox": f"mailto:{EMAIL}", "name": NAME},
        {"account": {"homePage": LMS, "name": "gro"}},
    ]
    for actor in actors:
        place = {"activityId": "urn:a:b", "stateId": "where", "agent": json.dumps(actor)}
        sent = {
            "actor": actor,
            "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
            "object": {"id": "urn:a:b"},
        }
        assert client.post("/xapi/statements", json=sent, auth=key, headers=headers).status_code == 200
        answer = client.put("/xapi/activities/state", query_string=place, json={}, auth=key, headers=headers)
        assert answer.status_code == 204


def tables_that_name(session: Session, words: set[str]) -> dict[str, list[str]]:
    """Table → columns in which one of these words stands, and the ids of such rows are words too from then on."""
    found: dict[str, list[str]] = {}
    before = 0
    while len(words) > before:
        before = len(words)
        for table in Base.metadata.sorted_tables:
            kept = [c for c in table.columns if c.name != "tenant_id" and (table.name, c.name) not in KEPT]
            for row in session.execute(select(*table.columns)).mappings():
                named = [c.name for c in kept if any(word in _text(row[c.name]) for word in words)]
                if not named:
                    continue
                found[table.name] = sorted({*found.get(table.name, []), *named})
                if table.name not in NOT_PERSONAL:
                    own = [
                        c for c in kept if c.primary_key and isinstance(c.type, Uuid) and not c.foreign_keys
                    ]
                    words |= {row[c.name].hex for c in own}
    return found


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, uuid.UUID):
        return value.hex
    written = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return written + written.replace("-", "")


def test_every_table_is_known_and_none_names_an_erased_person(unni: tuple[Session, uuid.UUID], app: Bridge):
    session, person_id = unni
    account_id = session.scalars(select(Account.id).where(Account.email == EMAIL)).one()
    words = {*WORDS, person_id.hex, account_id.hex}
    before = tables_that_name(session, words)
    every = {table.name for table in Base.metadata.sorted_tables}
    assert every - set(before) - NOT_PERSONAL <= {"audit_entry"}, (
        "give Unni a trace, or say why there is none"
    )
    assert every >= NOT_PERSONAL
    counts = {name: _count(session, name) for name in before}

    erasing.erase_person(session, person_id, SECRET.encode(), OWN)
    session.expire_all()

    assert tables_that_name(session, words) == {}
    left = {name: _count(session, name) for name in before}
    assert all(left[name] < counts[name] for name in before if name not in {"account", "import"}), left
    assert left["account"] == counts["account"], (
        "who published what stays told, by an account that names nobody"
    )
    for name in ("person", "position", "evidence", "enrolment", "lti_score", "lrs_document", "lrs_statement"):
        assert left[name] == 1, f"Gro's {name} is left"
    waiting = session.scalars(select(register.Import).where(register.Import.content.is_not(None))).all()
    assert len(waiting) == 1, "a list that does not tell of the person waits on"


def _count(session: Session, name: str) -> int:
    return session.scalar(select(func.count()).select_from(Base.metadata.tables[name])) or 0


def test_the_trail_is_left_as_it_was_and_goes_on(unni: tuple[Session, uuid.UUID]):
    """So that its seals hold (trail/seals.py)."""
    session, person_id = unni
    tenant_id, today = session.info["tenant_id"], utcnow().date()
    before = dict(entries_of(session, tenant_id, today))
    erasing.erase_person(session, person_id, SECRET.encode(), OWN)
    assert before.items() < dict(entries_of(session, tenant_id, today)).items()


def test_the_account_of_an_erased_person_opens_nothing(unni: tuple[Session, uuid.UUID], app: Bridge):
    session, person_id = unni
    erasing.erase_person(session, person_id, SECRET.encode(), OWN)
    session.commit()
    with pytest.raises(Invalid):
        authenticate(app.database, app.throttle, EMAIL, PASSWORD, "127.0.0.1", ways_in.only_way)
