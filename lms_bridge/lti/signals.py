"""What LTI tells the slices above it, within the transaction."""

from dataclasses import dataclass

from blinker import Signal


@dataclass(frozen=True)
class LmsLearner:
    """Somebody of an LMS: (issuer, subject) is the person; the rest is what the LMS chose to tell.

    `employment_id` is filled only where the municipality says that the LMS's idnumber is one.
    """

    issuer: str
    subject: str
    name: str = ""
    email: str = ""
    employment_id: str = ""


learners_known = Signal(
    "Called as `learners_known.send(None, session=Session, learners=[LmsLearner])`: by a launch, and by a roster."
)
