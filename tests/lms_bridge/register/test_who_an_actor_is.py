"""Statements become evidence on the person their actor is linked to; an unknown actor waits, and nothing is dropped."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from lms_bridge.accounts import Account
from lms_bridge.db import new_id, utcnow
from lms_bridge.errors import Conflict, NotFound
from lms_bridge.lrs.signals import StoredStatement
from lms_bridge.lrs.values import format_timestamp
from lms_bridge.register import derivation, erasing, figures, identities, policies
from lms_bridge.register.models import Evidence
from lms_bridge.register.results import take_statements
from lms_bridge.register.service import today
from lms_bridge.register.status import State
from tests.people import EMMA

from .conftest import HANDS

KEY = b"a key of the tests"
HOME = "https://bridge.fjordvik.example"
MODULE = UUID("0f5a2c1e-7b34-4c8e-9d21-5a6e3b7c1d01")
MOODLE = {"account": {"homePage": "https://moodle.fjordvik.example", "name": "henrik"}, "name": "Henrik"}
VERBS = "http://adlnet.gov/expapi/verbs/"


@pytest.fixture
def published(session, fjordvik):
    """Hand hygiene is published: version 1 is done when completed, version 2 has a pass mark."""
    given = [{"uri": HANDS, "title": "Håndhygiene", "level": None, "validity_months": 24}]
    for version, pass_mark in ((1, None), (2, 80)):
        policies.map_module(
            session,
            module_id=MODULE,
            version=version,
            title="Håndhygiene",
            language="nb",
            pass_mark=pass_mark,
            competences=given,
        )
    return fjordvik


def told(verb, actor=MOODLE, *, revision="1", about=f"urn:uuid:{MODULE}", scaled=None, voids=None):
    """What the LRS tells of a stored statement."""
    statement = {
        "id": str(uuid4()),
        "stored": format_timestamp(utcnow()),
        "actor": actor,
        "verb": {"id": VERBS + (verb if voids is None else "voided")},
        "object": {"id": about},
        "timestamp": utcnow().isoformat(),
        "context": {"revision": revision},
    }
    if scaled is not None:
        statement["result"] = {"score": {"scaled": scaled}}
    if voids is not None:
        statement["object"] = {"objectType": "StatementRef", "id": str(voids)}
    return StoredStatement(statement)


def take(session, *statements):
    return take_statements(session, statements, HOME, lambda: KEY)


def state(session, register, person="henrik"):
    cells = figures.of_person(session, register.people[person], today(session))
    return next(c.state for c in cells if c.competence_id == register.competences[HANDS])


def link_henrik(session, register):
    (waiting,) = identities.queue(session)
    return identities.link_to_person(session, waiting.link.id, register.people["henrik"], new_id())


def test_an_unknown_actor_waits_and_all_of_it_lands_when_linked(session, published):
    assert take(session, told("completed"), told("failed", revision="2")) == 2
    assert state(session, published) is not State.MET
    assert identities.count_waiting(session) == 1
    assert link_henrik(session, published) == 2
    assert state(session, published) is State.MET
    assert identities.count_waiting(session) == 0


def test_a_linked_actors_next_statement_lands_at_once(session, published):
    take(session, told("failed", revision="2"))
    link_henrik(session, published)
    take(session, told("passed", revision="2", scaled=0.9))
    assert state(session, published) is State.MET
    assert (
        session.scalar(select(Evidence.score).where(Evidence.result == "attained", Evidence.source == "xapi"))
        == 90
    )


def test_the_same_statement_sent_often_is_evidence_once(session, published):
    one = told("completed")
    assert take(session, one) == 1
    assert take(session, one, one) == 0


@pytest.mark.parametrize(
    ("verb", "revision", "attained"),
    [
        ("completed", "1", True),
        ("passed", "1", True),
        ("failed", "1", False),
        ("completed", "2", False),
        ("passed", "2", True),
        ("failed", "2", False),
        ("passed", "99", True),
    ],
)
def test_a_module_with_a_pass_mark_needs_passed(session, published, verb, revision, attained):
    take(session, told("attempted"), told(verb, revision=revision))
    link_henrik(session, published)
    assert (state(session, published) is State.MET) is attained


def test_voiding_retracts_by_a_new_row(session, published):
    one = told("completed")
    take(session, one)
    link_henrik(session, published)
    take(session, told("voided", voids=one.id), told("voided", voids=uuid4()))
    assert state(session, published) is not State.MET
    rows = select(func.count()).select_from(Evidence).where(Evidence.record == str(one.id))
    assert session.scalar(rows) == 2


@pytest.mark.parametrize(
    "noise",
    [
        told("completed", about=f"urn:uuid:{uuid4()}"),
        told("answered"),
        told("completed", {"objectType": "Group", "member": [MOODLE]}),
        told("completed", about=f"urn:uuid:{MODULE}#b1"),
        told("completed", about="https://x.example"),
    ],
    ids=["unknown module", "another verb", "a group", "a question of the module", "another activity"],
)
def test_what_says_nothing_of_a_published_module_is_left_alone(session, published, noise):
    assert take(session, noise) == 0


def test_an_mbox_is_never_enough_but_suggests(session, published):
    take(session, told("completed", {"mbox": "mailto:Henrik@fjordvik.example"}))
    assert state(session, published) is not State.MET
    (waiting,) = identities.queue(session)
    assert [p.id for p in waiting.suggestions] == [published.people["henrik"]]


def test_the_services_own_account_is_known(session, published):
    account = session.scalars(select(Account).where(Account.email == EMMA.email)).one()
    before = state(session, published, "emma")
    own = {"account": {"homePage": HOME + "/", "name": str(account.id)}}
    take(session, told("completed", own))
    assert before is not State.MET
    assert state(session, published, "emma") is State.MET


def test_rejected_leaves_the_queue_and_can_come_back(session, published):
    take(session, told("completed"))
    (waiting,) = identities.queue(session)
    identities.set_rejected(session, waiting.link.id, True, new_id())
    take(session, told("completed"))
    assert identities.count_waiting(session) == 0
    (rejected,) = identities.queue(session, rejected=True)
    assert rejected.count == 2
    identities.set_rejected(session, waiting.link.id, False, new_id())
    assert link_henrik(session, published) == 2


def test_a_link_is_undone_and_made_anew(session, published):
    before = list(derivation.export(session))
    take(session, told("completed"))
    (waiting,) = identities.queue(session)
    identities.link_to_person(session, waiting.link.id, published.people["gro"], new_id())
    identities.unlink(session, waiting.link.id, new_id())
    assert list(derivation.export(session)) == before
    assert link_henrik(session, published) == 1
    assert state(session, published) is State.MET


def test_a_user_name_that_is_somebody_elses_now_keeps_its_past_where_it_was(session, published):
    take(session, told("completed"))
    (waiting,) = identities.queue(session)
    link_henrik(session, published)
    identities.end_link(session, waiting.link.id, new_id())
    assert state(session, published) is State.MET
    take(session, told("completed"))
    (again,) = identities.queue(session)
    assert (again.count, again.link.value) == (1, "henrik")


def test_nothing_more_is_taken_in_on_an_erased_person(session, published):
    take(session, told("completed"))
    link_henrik(session, published)
    erasing.erase_person(session, published.people["henrik"], KEY, "http://bridge.localhost")
    assert (
        take(session, told("completed"), told("completed", {"mbox": "mailto:henrik@fjordvik.example"})) == 0
    )
    assert identities.queue(session) == []


def test_two_coordinators_cannot_link_the_same_actor_to_two_people(session, published):
    take(session, told("completed"))
    (waiting,) = identities.queue(session)
    link_henrik(session, published)
    with pytest.raises(Conflict, match="already"):
        identities.link_to_person(session, waiting.link.id, published.people["gro"], new_id())


def test_nobody_is_linked_to_a_person_who_is_not_there(session, published):
    take(session, told("completed"))
    (waiting,) = identities.queue(session)
    with pytest.raises(NotFound):
        identities.link_to_person(session, waiting.link.id, new_id(), new_id())


def test_the_rebuild_agrees_with_what_came_in_bit_by_bit(session, published):
    take(session, told("completed"), told("failed"))
    link_henrik(session, published)
    take(session, told("passed", revision="2"))
    before = list(derivation.export(session))
    derivation.rebuild(session)
    assert list(derivation.export(session)) == before
