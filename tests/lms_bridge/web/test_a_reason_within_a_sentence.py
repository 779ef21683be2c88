"""Why something did not work is said in the reader's language, down to the reason within the sentence."""

import json

import pytest

from lms_bridge.errors import N_, Told, Unavailable
from lms_bridge.lti.scores import _problem
from lms_bridge.outgoing import Answer, Outgoing, OutgoingError
from lms_bridge.web.app import Bridge
from lms_bridge.web.i18n import _, told

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def failed() -> OutgoingError:
    with pytest.raises(OutgoingError) as caught:
        Outgoing(allow_private=True).get("http://127.0.0.1:1/")
    return caught.value


@on_sqlite
@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "nb",
            "De offentlige nøklene til det andre systemet kan ikke hentes: 127.0.0.1 svarer ikke: NewConnectionError.",
        ),
        (
            "en",
            "The public keys of the other system cannot be fetched: 127.0.0.1 does not answer: NewConnectionError.",
        ),
    ],
)
def test_as_it_is_raised_and_as_it_was_kept(app: Bridge, failed: OutgoingError, language: str, said: str):
    error = Unavailable(
        N_("The public keys of the other system cannot be fetched: %(reason)s."), reason=failed
    )
    kept = json.loads(json.dumps(error.plain()))
    with app.test_request_context(headers={"Accept-Language": language}):
        assert _(error.message, **error.details) == told(kept) == said


def test_the_log_and_the_command_line_have_it_in_english(failed: OutgoingError):
    error = Unavailable("The public keys of the other system cannot be fetched: %(reason)s.", reason=failed)
    assert str(error) == told(error.plain())
    assert str(error).endswith("cannot be fetched: 127.0.0.1 does not answer: NewConnectionError.")


@on_sqlite
@pytest.mark.parametrize(
    ("language", "said"), [("nn", "LMS-et svara 403"), ("sv", "lärplattformen svarade 403")]
)
def test_what_a_gradebook_answers(app: Bridge, language: str, said: str):
    problem = _problem(Answer(403, {}, b"Emma Eide may not"))
    assert isinstance(problem, Told)
    with app.test_request_context(headers={"Accept-Language": language}):
        assert told(problem.plain()) == said
