"""What happens at the same time: the same evidence from several processes, and a large list in a job."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import func, select

from lms_bridge.jobs import Job
from lms_bridge.register import derivation, identities, imports
from lms_bridge.register.identities import Identity
from lms_bridge.register.models import Competence, Evidence, IdentityLink, Import, Person, Standing
from lms_bridge.register.service import NewEvidence, record_evidence
from lms_bridge.register.status import Result
from tests.people import CAMILLA, FJORDVIK

from .conftest import HANDS, look_up


def test_the_same_evidence_from_four_processes_is_one_row(database, tenant_id):
    fjordvik = tenant_id(FJORDVIK)
    with database.unit_of_work(fjordvik) as session:
        competence = Competence(uri="urn:c", titles={"nb": "C"})
        session.add(competence)
    moment = datetime(2026, 3, 1, tzinfo=UTC)

    def send(_n: int) -> int:
        with database.unit_of_work(fjordvik) as session:
            link = identities.resolve(session, [Identity("https://lms.example", "actor", "gro")])
            waiting = next(iter(link.values())).id
            new = [
                NewEvidence("lms", str(n), competence.id, moment, Result.ATTAINED, link_id=waiting)
                for n in range(20)
            ]
            return record_evidence(session, new)

    with ThreadPoolExecutor(4) as several:
        added = list(several.map(send, range(8)))
    assert sum(added) == 20
    with database.unit_of_work(fjordvik) as session:
        assert session.scalar(select(func.count()).select_from(Evidence)) == 20
        assert session.scalar(select(func.count()).select_from(IdentityLink)) == 1


def test_a_large_list_is_written_by_a_job_once(pages):
    camilla = pages.signed_in(CAMILLA)
    rows = "".join(
        f"F1009;Henrik {'x' * 60};Fullført;{n % 28 + 1:02}.{n // 28 % 12 + 1:02}.{1990 + n // 336}\n"
        for n in range(7000)
    )
    content = ("Ansattnr;Navn;Status;Dato\n" + rows).encode()
    fjordvik = pages.tenant_id(FJORDVIK)
    with pages.app.database.unit_of_work(fjordvik) as session:
        competence = look_up(session).competences[HANDS]
        row = imports.upload(session, "completions", "stor.csv", io.BytesIO(content), None)
        imports.match(session, row.id, row.columns, {"competence_id": str(competence), "source": "KS"})
    assert camilla.post(f"/register/lists/{row.id}/confirm").status_code == 302
    assert "is being written" in camilla.get(f"/register/lists/{row.id}").text
    with pages.app.database.unit_of_work(fjordvik) as session:
        assert (
            session.scalar(select(func.count()).select_from(Evidence).where(Evidence.import_id == row.id))
            == 0
        )
        job = session.scalars(select(Job.id).where(Job.name == "register.write_list")).one()
    with pages.app.app_context():
        pages.app.jobs.run(str(job))
        pages.app.jobs.run(str(job))
    with pages.app.database.unit_of_work(fjordvik) as session:
        assert session.get(Import, row.id).state == "confirmed"
        assert (
            session.scalar(select(func.count()).select_from(Evidence).where(Evidence.import_id == row.id))
            == 7000
        )
        before = list(derivation.export(session))
        derivation.rebuild(session)
        assert list(derivation.export(session)) == before


def test_a_large_list_that_breaks_in_the_job_writes_nothing_and_says_so(pages):
    camilla = pages.signed_in(CAMILLA)
    rows = "".join(f"N{n:06};Navn {n} {'x' * 60};220\n" for n in range(8000))
    content = ("Ansattnr;Navn;Enhet\n" + rows).encode()
    fjordvik = pages.tenant_id(FJORDVIK)
    with pages.app.database.unit_of_work(fjordvik) as session:
        people = session.scalar(select(func.count()).select_from(Person))
        standings = session.scalar(select(func.count()).select_from(Standing))
        row = imports.upload(session, "people", "stor.csv", io.BytesIO(content), None)
        imports.match(session, row.id, row.columns, {"full": True})
    camilla.post(f"/register/lists/{row.id}/confirm")
    with pages.app.database.unit_of_work(fjordvik) as session:
        job = session.scalars(select(Job.id).where(Job.name == "register.write_list")).one()
    with pages.app.app_context():
        pages.app.jobs.run(str(job))
    assert "would close 9 of those" in camilla.get(f"/register/lists/{row.id}").text
    with pages.app.database.unit_of_work(fjordvik) as session:
        assert session.scalar(select(func.count()).select_from(Person)) == people
        assert session.scalar(select(func.count()).select_from(Standing)) == standings
