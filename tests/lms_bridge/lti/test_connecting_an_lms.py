"""An LMS is connected: by an invitation that works once, or by hand; and nothing works before it is approved."""

import html
import json
import re
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from joserfc.jws import extract_compact
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms_bridge.db import utcnow
from lms_bridge.errors import NotFound
from lms_bridge.lti import keys, registration, roster, roster_reading, scores
from lms_bridge.lti.models import Deployment, Invitation, Platform, ResourceLink, Score, SigningKey
from lms_bridge.outgoing import Outgoing, OutgoingError
from lms_bridge.register.models import IdentityLink
from tests.people import ASTRID, FRODE, STORSJO, Municipality, Person
from tests.support.app import new_client
from tests.support.lti_launches import Lms, course_of
from tests.support.lti_platform import CLAIM, TOOL, LtiPlatform

SignedIn = Callable[[Person], FlaskClient]


@pytest.fixture
def frode(signed_in: SignedIn) -> FlaskClient:
    return signed_in(FRODE)


def invited(frode: FlaskClient) -> str:
    frode.post("/lti/platforms/invite")
    page = frode.get("/lti/platforms").text
    assert "invitation=" not in frode.get("/lti/platforms").text  # shown once
    return re.search(r"invitation=([\w-]+)", page)[1]


def follows(lms: Lms, invitation: str, configuration: str = "", token: str = "secret of the LMS"):
    query = {
        "invitation": invitation,
        "openid_configuration": configuration or f"{lms.platform.url}/.well-known/openid-configuration",
        "registration_token": token,
    }
    return new_client(lms.app).get(f"/lti/register?{urlencode(query)}")


def platforms(lms: Lms) -> dict[str, Platform]:
    with lms.app.database.unit_of_work(write=False) as session:
        return {row.client_id: row for row in session.scalars(select(Platform))}


def test_an_invited_lms_registers_itself_and_waits_for_approval(lms: Lms, frode: FlaskClient):
    answer = follows(lms, invited(frode))
    assert answer.status_code == 200
    assert 'data-lti="close"' in answer.text
    assert "the tool is turned on in the LMS" in answer.text  # it lands pending there too
    (sent,) = lms.platform.registrations
    assert sent["authorization"] == "Bearer secret of the LMS"
    assert sent["redirect_uris"] == ["http://bridge.localhost/lti/launch"]
    assert sent["initiate_login_uri"] == "http://bridge.localhost/lti/login"
    assert sent["jwks_uri"] == "http://bridge.localhost/lti/jwks"
    assert sent["token_endpoint_auth_method"] == "private_key_jwt"
    assert {message["type"] for message in sent[TOOL]["messages"]} >= {
        "LtiResourceLinkRequest",
        "LtiDeepLinkingRequest",
    }
    waiting = platforms(lms)["registered"]
    assert (waiting.state, waiting.issuer) == ("waiting", lms.platform.url)
    initiation = lms.initiation(iss=lms.platform.url, client_id="registered")
    assert lms.browser.post("/lti/login", data=initiation).status_code == 401
    frode.post(f"/lti/platforms/{waiting.id}", data={"action": "approve"})
    assert lms.browser.post("/lti/login", data=initiation).status_code == 303
    with lms.app.database.unit_of_work() as session:
        rows = session.scalars(select(Deployment).where(Deployment.platform_id == waiting.id)).all()
        assert [(row.deployment_id, row.state) for row in rows] == [("12", "approved")]


def test_an_invitation_works_once_and_for_a_week(lms: Lms, frode: FlaskClient):
    invitation = invited(frode)
    assert follows(lms, invitation).status_code == 200
    assert follows(lms, invitation).status_code == 401
    late = invited(frode)
    with lms.app.database.unit_of_work() as session:
        for row in session.scalars(select(Invitation)):
            row.expires = utcnow() - timedelta(seconds=1)
    for token in (late, "", "guessed"):
        assert follows(lms, token).status_code == 401
    assert len(lms.platform.registrations) == 1


def test_an_issuer_at_another_address_than_its_configuration_is_refused(lms: Lms, frode: FlaskClient):
    lms.platform.issuer_elsewhere = "https://canvas.instructure.com"
    invitation = invited(frode)
    assert follows(lms, invitation).status_code == 400
    lms.platform.issuer_elsewhere = ""
    assert follows(lms, invitation).status_code == 200  # a failure does not use it up


@pytest.mark.parametrize(
    "fault", ["no configuration", "nobody there", "html instead of a registration", "metadata"]
)
def test_a_registration_that_fails_leaves_nothing_behind(
    lms: Lms, frode: FlaskClient, fault: str, monkeypatch: pytest.MonkeyPatch
):
    configuration = {
        "no configuration": f"{lms.platform.url}/missing",
        "nobody there": "http://127.0.0.1:1/x",
    }
    if fault == "metadata":  # the rules on addresses as they are outside of tests
        found = [(2, 1, 6, "", ("169.254.169.254", 443))]
        monkeypatch.setattr("lms_bridge.outgoing.socket.getaddrinfo", lambda *_, **__: found)
        lms.app.outgoing = Outgoing()
        configuration["metadata"] = "https://169.254.169.254/latest/meta-data"
    lms.platform.no_registration = fault.startswith("html")
    assert follows(lms, invited(frode), configuration.get(fault, "")).status_code == 400
    assert set(platforms(lms)) == {"client-of-fjordvik"}


def test_what_is_typed_by_hand_is_checked(frode: FlaskClient, platform: LtiPlatform):
    wrong = {"auth_url": "ftp://x", "token_url": "", "jwks_url": "x", "issuer": "Moodle", "client_id": " "}
    answer = frode.post("/lti/platforms/new", data=platform.registration(**wrong))
    assert answer.status_code == 400
    assert answer.text.count('aria-invalid="true"') == 5
    twice = frode.post("/lti/platforms/new", data=platform.registration())
    assert (twice.status_code, "already" in twice.text) == (400, True)
    assert frode.post("/lti/platforms/new", data=platform.registration(client_id="second")).status_code == 303


def test_the_page_of_manual_set_up_names_our_values_for_each_lms(frode: FlaskClient):
    page = frode.get("/lti/platforms/new").text
    for name in ("Moodle", "Canvas", "itslearning", "Blackboard", "Brightspace", "Open edX"):
        assert f"<summary>{name}</summary>" in page
    for path in ("login", "launch", "jwks"):
        assert page.count(f"http://bridge.localhost/lti/{path}") >= 6
    moodle = html.unescape(page[page.index("<summary>Moodle") : page.index("<summary>Canvas")])
    for own in ("auth.php", "token.php", "certs.php"):
        assert f"https://MOODLE/mod/lti/{own}" in moodle
    for asked in (
        "Deep Linking",
        "grade sync",
        "members' information",
        "name and email",
        "HTTP security",
    ):
        assert asked in moodle, (
            "without it there is no choice, no grade, no roster, no name, or no key of ours"
        )
    assert "https://api.brightspace.com/auth/token" in page[page.index("<summary>Brightspace") :]


def test_by_the_lms_s_own_audience_a_token_is_asked_for(lms: Lms, frode: FlaskClient):
    """Brightspace takes an assertion for its audience only, and calls that another address than where it is sent."""
    audience = "https://api.brightspace.example/auth/token"
    frode.post("/lti/platforms/new", data=lms.platform.registration(client_id="d2l", token_audience=audience))
    services, platform = lms.app.extensions["lti_services"], platforms(lms)["d2l"]
    list(roster.members(services, platform, f"{lms.platform.url}/members"))
    (assertion,) = lms.platform.assertions
    assert json.loads(extract_compact(assertion.encode()).payload)["aud"] == audience


def test_only_administrators_connect(signed_in: SignedIn, client: FlaskClient, lms: Lms):
    astrid, row = signed_in(ASTRID), platforms(lms)["client-of-fjordvik"]
    for path in ("", "/new"):
        assert astrid.get(f"/lti/platforms{path}").status_code == 403
    for path in ("/invite", "/new", f"/{row.id}"):
        assert astrid.post(f"/lti/platforms{path}", data={"action": "refuse"}).status_code == 403


def test_our_private_key_is_sealed_and_its_successor_is_published_before_it_signs(lms: Lms):
    app = lms.app
    (first,) = keys.published(app.database, app.vault)["keys"]
    assert set(first) == {"kty", "n", "e", "kid", "use", "alg"}
    with app.database.unit_of_work() as session:
        row = session.scalars(select(SigningKey)).one()
        assert b"PRIVATE" not in row.private
        assert b"PRIVATE" in app.vault.open(row.private)
        row.created -= keys.LIFE - keys.AHEAD
    assert len(keys.published(app.database, app.vault)["keys"]) == 2
    assert signer(lms) == first["kid"]
    with app.database.unit_of_work() as session:
        for row in session.scalars(select(SigningKey)):
            row.created -= keys.AHEAD
    assert signer(lms) != first["kid"]
    assert len(lms.browser.get("/lti/jwks").json["keys"]) == 2


def signer(lms: Lms) -> str:
    token = keys.sign(lms.app.database, lms.app.vault, {})
    return extract_compact(token.encode()).headers()["kid"]


def read_all(lms: Lms) -> list[roster.Member]:
    services = lms.app.extensions["lti_services"]
    return list(roster.members(services, platforms(lms)["client-of-fjordvik"], f"{lms.platform.url}/members"))


@pytest.mark.parametrize("malformed", [False, True], ids=["as the standard says", "as Moodle writes it"])
def test_a_roster_is_read_to_its_last_page(lms: Lms, malformed: bool):
    lms.platform.members = [{"user_id": str(n), "lis_person_sourcedid": f"10{n}"} for n in range(25)]
    lms.platform.page_size, lms.platform.malformed_link = 2, malformed
    assert [member.subject for member in read_all(lms)] == [str(n) for n in range(25)]
    assert ("GET", "/members?Role=ALL&from=2") in lms.platform.requests  # in the case that the LMS wrote


def test_five_thousand_members_may_come_on_one_page(lms: Lms):
    """So Moodle gives them, with e-mail and idnumber: the cheapest roster that it has."""
    member = {
        "name": "Fornavn Etternavn",
        "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
    }
    lms.platform.members = [
        {
            "user_id": str(n),
            "lis_person_sourcedid": f"F{n}",
            "email": f"fornavn.etternavn.{n}@fjordvik.example",
        }
        | member
        for n in range(5000)
    ]
    lms.platform.page_size = 5000
    assert len(read_all(lms)) == 5000


def test_a_next_page_elsewhere_does_not_get_our_token(lms: Lms):
    lms.platform.members = [{"user_id": str(n)} for n in range(7)]
    lms.platform.page_size, lms.platform.foreign_link = 3, True
    with pytest.raises(OutgoingError, match="another address"):
        read_all(lms)


def test_a_roster_is_read_from_the_page_and_names_only_those_who_can_be_known(lms: Lms, frode: FlaskClient):
    course_of(lms.launch())
    lms.platform.members = [
        {"user_id": "21", "lis_person_sourcedid": "2001", "name": "Gro Gran", "status": "Active"},
        {"user_id": "22", "name": "Uten Nummer"},
        {"user_id": "23", "lis_person_sourcedid": "2003", "status": "Inactive"},
        "nonsense",
    ]
    with lms.app.database.unit_of_work() as session:
        link = session.scalars(select(ResourceLink.id)).one()
    assert "Nyansatt" not in frode.get("/lti/platforms").text
    frode.post(
        f"/lti/platforms/{platforms(lms)['client-of-fjordvik'].id}",
        data={"action": "idnumber", "trusted": "on"},
    )
    assert "Nyansatt" in frode.get("/lti/platforms").text
    assert frode.post(f"/lti/platforms/links/{link}/roster").status_code == 303
    lms.app.jobs.run_waiting()
    with lms.app.database.unit_of_work() as session:
        row = session.scalars(select(ResourceLink)).one()
        assert (row.roster_size, row.roster_problem) == (2, None)
        assert set(session.scalars(select(IdentityLink.value))) == {"4711", "21"}


def test_a_deployment_of_open_edx_has_the_same_id_in_every_registration(lms: Lms, frode: FlaskClient):
    frode.post("/lti/platforms/new", data=lms.platform.registration(client_id="second", deployment_id="7"))
    assert course_of(lms.launch(**{CLAIM + "deployment_id": "7"}))
    assert set(platforms(lms)) == {"client-of-fjordvik", "second"}


def test_another_municipality_finds_nothing_of_it(
    lms: Lms, frode: FlaskClient, tenant_id: Callable[[Municipality], uuid.UUID]
):
    course_of(lms.launch())
    row = platforms(lms)["client-of-fjordvik"]
    with lms.app.database.unit_of_work(write=False) as session:
        deployment = session.scalars(select(Deployment.id)).one()
        score, link = session.scalars(select(Score.id)).one(), session.scalars(select(ResourceLink.id)).one()
    attempts: list[Callable[[Session], object]] = [
        lambda session: registration.decide_platform(session, row.id, approve=False),
        lambda session: registration.trust_idnumber(session, row.id, True),
        lambda session: registration.decide_deployment(session, deployment, approve=False),
        lambda session: scores.send_again(session, lms.app.jobs, score),
        lambda session: roster_reading.ask(session, lms.app.jobs, link),
    ]
    with lms.app.database.unit_of_work(tenant_id(STORSJO)) as session:
        assert list(session.scalars(select(Platform))) == []
        for attempt in attempts:
            with pytest.raises(NotFound):
                attempt(session)
    assert course_of(lms.launch())


def test_a_class_opens_a_new_activity_in_the_same_moment(lms: Lms):
    logins = [(browser, *lms.login(browser)) for browser in (new_client(lms.app) for _ in range(6))]
    answers = []

    def open_it(number: int) -> None:
        browser, state, nonce = logins[number]
        token = lms.platform.sign(lms.claims(nonce, sub=f"pupil-{number}"))
        answers.append(lms.post(state, token, browser))

    pupils = [threading.Thread(target=open_it, args=(number,)) for number in range(len(logins))]
    for pupil in pupils:
        pupil.start()
    for pupil in pupils:
        pupil.join()
    assert {json.loads(course_of(answer)["actor"])["account"]["name"] for answer in answers} == {
        f"pupil-{number}" for number in range(6)
    }
