"""Requests of every kind, made from the OpenAPI document: none fails on our side, no answer is outside its schema.

A few of each operation here; `TEST_EXAMPLES=200 ./test tests/lms_bridge/api/test_anything_sent.py` makes
many, others each time.
"""

import os
import shutil
import uuid
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode
from sqlalchemy import select

from lms_bridge.api import openapi, protocol
from lms_bridge.lrs.credentials import SCOPES, create_credential
from lms_bridge.publishing.models import ModuleVersion
from lms_bridge.register.models import Competence, Person, Unit
from lms_bridge.web.app import Bridge
from tests.support.demo import opened

MANY = int(os.environ.get("TEST_EXAMPLES", "0"))
ADDRESS = "http://bridge.localhost"
described = msgspec.json.decode(openapi.document(ADDRESS))
del described["security"], described["components"]["securitySchemes"]  # each request has the key
document = schemathesis.openapi.from_dict(described)
operations = {found.ok().label: found.ok() for found in document.get_all_operations()}
load_all_checks()
# Rules go further than a schema says: 400 is right. A source that is not connected gets 410 whatever it sends.
LEFT_OUT = CHECKS.get_by_names(["positive_data_acceptance"])
OF_A_SOURCE = CHECKS.get_by_names(["positive_data_acceptance", "negative_data_rejection"])


@dataclass(frozen=True)
class Known:
    """The service with the demo, a key that may do everything in Fjordvik, and what is there."""

    app: Bridge
    authorization: str
    module: uuid.UUID
    person: uuid.UUID
    unit: uuid.UUID
    competence: str

    def fill_in(self, case: schemathesis.Case) -> None:
        """Real ids in the place of invented ones, so that some requests get further than 404."""
        ids = {"module_id": self.module, "person_id": self.person, "number": 1}
        case.path_parameters = {
            name: str(ids.get(name, value)) for name, value in (case.path_parameters or {}).items()
        }
        query = {"person": str(self.person), "unit": str(self.unit), "competence": self.competence}
        case.query = {
            name: query.get(name, value) for name, value in (case.query or {}).items() if name != "cursor"
        }
        if isinstance(case.body, dict) and "evidence" in case.body:
            for record in case.body["evidence"]:
                for name in ("person", "employment_id", "account"):
                    record.pop(name, None)
                record |= {"employment_id": "1", "competence": self.competence}


@pytest.fixture(scope="module")
def known(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    folder = tmp_path_factory.mktemp("anything") / "demo"
    shutil.copytree(seeded, folder)
    demo = opened(folder)
    demo.app.testing = False  # a bug is a 500, as it is in earnest
    with demo.app.app_context(), demo.app.database.unit_of_work(demo.fjordvik) as session:
        made = create_credential(session, name="Anything", scopes=list(SCOPES))
        columns = (ModuleVersion.module_id, Person.id, Unit.id, Competence.uri)
        found = [session.scalars(select(column)).first() for column in columns]
    for part in (document, *operations.values()):
        part.app = demo.app
    authorization = b64encode(f"{made.credential.key}:{made.secret}".encode()).decode()
    yield Known(demo.app, f"Basic {authorization}", *found)
    demo.app.database.engine.dispose()


@pytest.mark.parametrize("mode", ["invented", "known", "wrong"])
@pytest.mark.parametrize("label", operations)
def test_no_answer_is_outside_the_document(
    label: str, mode: str, known: Known, monkeypatch: pytest.MonkeyPatch
):
    operation = operations[label]
    if mode != "invented" and not operation.definition.raw.get("parameters"):
        pytest.skip("nothing is sent, so nothing can be wrong")
    monkeypatch.setattr(protocol.pace, "rate", 1e9)
    kind = GenerationMode.NEGATIVE if mode == "wrong" else GenerationMode.POSITIVE

    @settings(
        max_examples=MANY or 3,
        derandomize=not MANY,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=operation.as_strategy(kind))
    def ask(case: schemathesis.Case) -> None:
        if mode == "known":
            known.fill_in(case)
        left_out = OF_A_SOURCE if label.endswith("/push") else LEFT_OUT
        case.call_and_validate(
            ADDRESS, headers={"Authorization": known.authorization}, excluded_checks=left_out
        )

    ask()
