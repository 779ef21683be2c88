"""Where evidence comes from is told by a name that people know, not by an id."""

import uuid

from lms_bridge.connectors.models import Connection
from lms_bridge.register import sources


def test_each_source_has_a_name(app, session):
    moodle = Connection(kind="moodle", name="KS Læring", address="https://moodle.example")
    session.add(moodle)
    session.flush()
    named = {
        f"lms:{moodle.id}": "KS Læring",
        f"lms:{uuid.uuid4()}": "A connection that was removed",
        "list:Dossier": "Dossier",
        "list:list": "A list",
        "api:payroll": "payroll",
        "xapi": "Learning records",
        "upload": "A document",
        "an older one": "an older one",
    }
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert sources.names(session, named) == named
