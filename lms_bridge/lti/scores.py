"""Results on their way to the LMS's gradebook (Assignment and Grade Services 2.0): an outbox that coalesces.

A row holds the newest result of one learner for one line item. It is sent by a job after the commit, and again later
where the LMS is down; what an LMS refuses for good is stuck, and shown to the administrator.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ..db import Database, utcnow
from ..errors import N_, NotFound, Told
from ..jobs import Jobs
from ..lrs.signals import StoredStatement
from ..outgoing import Answer, OutgoingError, Refused
from ..publishing.delivery import OUTCOMES, outcomes_of
from ..publishing.models import Enrolment, ModuleVersion
from ..publishing.package import activity_id
from . import lineitems
from .messages import SCORE_SCOPE
from .models import Deployment, Platform, ResourceLink, Score
from .services import Services

MAXIMUM = 100
JOB = "lti.send_score"
CLAIM = timedelta(minutes=5)
WAITS = [timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720, 1440, 1440, 1440)]
LONGEST_WAIT = timedelta(days=1)
# Too early, too often, or a trouble of the LMS's own: worth trying again. All else it means.
PASSING = frozenset({0, 401, 408, 409, 423, 425, 429})


def note(session: Session, jobs: Jobs, statements: Sequence[StoredStatement]) -> None:
    """Takes what statements that were just stored say of attempts that came by LTI into the outbox."""
    said = outcomes_of(statements)
    if not said:
        return
    rows = session.execute(
        select(Score, Enrolment, ModuleVersion)
        .join(Enrolment, Enrolment.id == Score.enrolment_id)
        .join(ModuleVersion, ModuleVersion.id == Enrolment.version_id)
        .where(Enrolment.registration.in_(said))
    )
    for score, enrolment, version in rows.tuples():
        values = [
            value
            for statement in said[enrolment.registration]
            if statement["object"].get("id") == activity_id(version.identity)
            and (value := result_of(statement, version.pass_mark)) is not None
        ]
        if values and _take(score, max(values)) and not _waits(score):
            if score.state == "stuck":
                score.attempts = 0
            send_soon(session, jobs, score)


def result_of(statement: dict[str, Any], pass_mark: int | None) -> float | None:
    """The result from 0 to 1 that a statement gives; None where it gives none.

    A module without a pass mark is done when it is completed, and has no other result.
    """
    outcome, result = OUTCOMES[statement["verb"]["id"]], statement.get("result", {})
    scaled = result.get("score", {}).get("scaled")
    if pass_mark is None:
        return 1.0 if outcome in ("completed", "passed") else None
    if scaled is not None:
        return min(1.0, max(0.0, float(scaled)))
    return {"passed": 1.0, "failed": 0.0}.get(outcome)


def _take(score: Score, value: float) -> bool:
    """A result counts unless it is lower than one before: the last score wins in an LMS, and the best one here."""
    if score.wanted is not None and value < score.wanted:
        return False
    if score.wanted == value and score.state in ("waiting", "sent"):
        return False
    score.wanted, score.change = value, score.change + 1
    return True


def _waits(score: Score) -> bool:
    """Whether the LMS asked to wait, or was down: what is sent then is the newest result."""
    return score.state == "waiting" and score.due is not None and score.due > utcnow()


def send_soon(session: Session, jobs: Jobs, score: Score, after: timedelta | None = None) -> None:
    """Puts the row in the outbox, to be sent after the commit, or `after` a while."""
    score.state, score.due = "waiting", utcnow() + (after or timedelta())
    jobs.enqueue(session, JOB, delay=after, score_id=str(score.id))


@dataclass(frozen=True)
class Sending:
    """One score as it goes out."""

    score: Score
    platform: Platform
    link: ResourceLink
    body: bytes
    change: int


def send(
    database: Database,
    services: Services,
    jobs: Jobs,
    tenant_id: uuid.UUID,
    score_id: uuid.UUID,
    job_id: uuid.UUID,
) -> None:
    """Sends a score that waits, and writes down how it went. Nothing is open in the database meanwhile.

    `job_id`: the job that this is, which may have begun it before and been killed.
    """
    sending = _claim(database, tenant_id, score_id, job_id)
    if sending is None:
        return
    try:
        answer = _post(database, services, sending)
        problem, passing = _problem(answer), _passes(answer)
    except lineitems.NoLineItem as error:
        answer, problem = error.answer or Answer(404, {}, b""), error
        passing = _passes(answer)
    except OutgoingError as error:
        answer, problem, passing = Answer(0, {}, b""), error, not isinstance(error, Refused)
    with database.unit_of_work(tenant_id) as session:
        score = session.get(Score, score_id)
        if score is not None:
            _settle(session, jobs, score, sending, answer, problem, passing)


def _post(database: Database, services: Services, sending: Sending) -> Answer:
    """Sends it to the activity's line item, which is looked up, and noted, where no launch has named it."""
    lineitem = sending.link.lineitem
    if not lineitem:
        lineitem = lineitems.find(services, sending.platform, sending.link, MAXIMUM)
        with database.unit_of_work(sending.score.tenant_id) as session:
            link = session.get(ResourceLink, sending.link.id)
            if link is not None and not link.lineitem:
                link.lineitem = lineitem
    return services.call(
        sending.platform,
        SCORE_SCOPE,
        "POST",
        scores_url(lineitem),
        headers={"Content-Type": "application/vnd.ims.lis.v1.score+json"},
        body=sending.body,
    )


def _claim(
    database: Database, tenant_id: uuid.UUID, score_id: uuid.UUID, job_id: uuid.UUID
) -> Sending | None:
    """Takes the row for five minutes, with a timestamp that no request before it had; committed before it is used."""
    now = utcnow()
    with database.unit_of_work(tenant_id) as session:
        query = (
            select(Score, ResourceLink, Platform)
            .join(ResourceLink, ResourceLink.id == Score.link_id)
            .join(Deployment, Deployment.id == ResourceLink.deployment_id)
            .join(Platform, Platform.id == Deployment.platform_id)
            .where(Score.id == score_id)
            .with_for_update(of=Score)
        )
        row = session.execute(query).first()
        if row is None:
            return None
        score, link, platform = row._tuple()
        if score.state != "waiting" or score.wanted is None:
            return None
        if not link.lineitem and not link.lineitem_scope:
            return None
        if score.due and score.due > now:
            return None
        if score.claimed_until and score.claimed_until > now and score.claimed_by != job_id:
            return None
        score.claimed_until, score.claimed_by = now + CLAIM, job_id
        score.stamp = next_stamp(score.stamp, now)
        score.attempts += 1
        return Sending(score, platform, link, _body(score), score.change)


def next_stamp(last: datetime | None, now: datetime) -> datetime:
    """Now, or a second after the last timestamp: an LMS that keeps whole seconds refuses an equal one (409)."""
    return now if last is None else max(now, last + timedelta(seconds=1))


def scores_url(lineitem: str) -> str:
    """The line item's address with `/scores` at the end of its path; its query stays (AGS 2.0, section 3.4.5)."""
    parts = urlsplit(lineitem)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/scores", fragment=""))


def _body(score: Score) -> bytes:
    """Always with scoreGiven: Moodle erases the grade of a score without one. Always final: never NotReady after."""
    assert score.wanted is not None
    assert score.stamp is not None
    return json.dumps(
        {
            "userId": score.subject,
            "scoreGiven": round(score.wanted * MAXIMUM, 2),
            "scoreMaximum": MAXIMUM,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            "timestamp": score.stamp.strftime("%Y-%m-%dT%H:%M:%S.")
            + f"{score.stamp.microsecond // 1000:03d}Z",
        }
    ).encode()


def _settle(
    session: Session,
    jobs: Jobs,
    score: Score,
    sending: Sending,
    answer: Answer,
    problem: Told | None,
    passing: bool,
) -> None:
    score.claimed_until, score.problem = None, problem.plain() if problem else None
    if problem is None:
        score.sent, score.attempts = json.loads(sending.body)["scoreGiven"] / MAXIMUM, 0
        if score.change != sending.change:  # a newer result came while this one was on its way
            send_soon(session, jobs, score, timedelta(seconds=1))
        else:
            score.state, score.due = "sent", None
    elif passing and score.attempts <= len(WAITS):
        send_soon(session, jobs, score, _wait(score, answer))
    else:
        score.state, score.due = "stuck", None


def _problem(answer: Answer) -> Told | None:
    """Why a score was not taken, for the administrator; nothing of the answer's body, which may name people."""
    if _is_page(answer):
        return Told(
            N_("a web page came instead of the gradebook’s answer (%(status)s)"), status=answer.status
        )
    if 200 <= answer.status < 300:
        return None
    if answer.status == 409:
        return Told(N_("the LMS has a later score of its own (409)"))
    return Told(N_("the LMS answered %(status)s"), status=answer.status)


def _passes(answer: Answer) -> bool:
    return answer.status in PASSING or answer.status >= 500 or _is_page(answer)


def _is_page(answer: Answer) -> bool:
    """A success that is HTML: of a sign-in, a proxy or a maintenance page, and the score is not in the gradebook."""
    return 200 <= answer.status < 300 and answer.body.lstrip().startswith(b"<")


def _wait(score: Score, answer: Answer) -> timedelta:
    """As long as the LMS asks for (Retry-After in seconds or as a date), else longer each time; 409 is tried soon."""
    asked = answer.headers.get("retry-after", "")
    if asked.isascii() and asked.isdigit():
        return min(timedelta(seconds=int(asked[:9])), LONGEST_WAIT)
    if asked:
        try:
            return min(max(parsedate_to_datetime(asked) - utcnow(), timedelta(seconds=1)), LONGEST_WAIT)
        except (ValueError, TypeError):
            pass
    if answer.status == 409 and score.attempts <= 3:
        return timedelta(seconds=2)
    return WAITS[score.attempts - 1]


def erase_learner(session: Session, issuer: str, subject: str) -> None:
    """Removes what is owed to line items of an LMS's user; what the LMS has already is the LMS's."""
    links = (
        select(ResourceLink.id)
        .join(Deployment, Deployment.id == ResourceLink.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(Platform.issuer == issuer)
    )
    session.execute(delete(Score).where(Score.subject == subject, Score.link_id.in_(links)))


@dataclass(frozen=True)
class Unsent:
    """A score that is not with the LMS, for the administrator's page."""

    score: Score
    link: ResourceLink
    platform: Platform


def unsent(session: Session, limit: int = 200) -> list[Unsent]:
    """What is stuck, then what had a problem and waits."""
    rows = session.execute(
        select(Score, ResourceLink, Platform)
        .join(ResourceLink, ResourceLink.id == Score.link_id)
        .join(Deployment, Deployment.id == ResourceLink.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where((Score.state == "stuck") | ((Score.state == "waiting") & Score.problem.is_not(None)))
        .order_by(Score.state, Score.due)
        .limit(limit)
    )
    return [Unsent(*row) for row in rows.tuples()]


def send_again(session: Session, jobs: Jobs, score_id: uuid.UUID) -> None:
    """Tries a stuck score once more, from the start. Raises NotFound."""
    score = session.scalar(select(Score).where(Score.id == score_id, Score.state.in_(("stuck", "waiting"))))
    if score is None:
        raise NotFound
    score.attempts, score.claimed_until = 0, None
    send_soon(session, jobs, score)
