"""What people do on the register's pages, as a browser sends it; each page in few queries."""

import csv
import io
import re

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from lms_bridge.register.models import Evidence, Exemption, Person, Requirement, Standing
from tests.people import CAMILLA, DAVID, EMMA

from .conftest import FIRE, HANDS, MEDICINES


@pytest.fixture
def camilla(pages):
    return pages.signed_in(CAMILLA)


@pytest.fixture
def david(pages):
    return pages.signed_in(DAVID)


def test_every_page_needs_few_queries(pages, register, unit_of_work, camilla, david):
    with unit_of_work() as session:
        key = session.scalar(select(Requirement.key))
    addresses = [
        *("me", "units", "overview", "desk", "people", "competences", "requirements", "unknown", "lists"),
        f"units/{register.units['100']}",
        f"units/{register.units['100']}?state=attention&text=e",
        f"people/{register.people['emma']}",
        f"competences/{register.competences[HANDS]}",
        f"requirements/{key}",
        f"units/{register.units['100']}/export.csv",
        "overview/export.xlsx",
    ]
    for address in addresses:
        answer = camilla.get(f"/register/{address}", follow_redirects=True)
        queries = re.search(r"(\d+) queries", answer.headers["Server-Timing"])[1]
        assert answer.status_code == 200, address
        assert int(queries) <= 15, (address, queries)


class TestTheUnitsPage:
    def test_filters(self, register, david):
        base = f"/register/units/{register.units['210']}"

        def names(query):
            return set(re.findall(r'<th scope="row"[^>]*><a[^>]*>(\w+)', david.get(base + query).text))

        assert names("") == {"Astrid", "David", "Emma", "Gro"}
        assert names("?parts=0") == {"Astrid", "David"}
        assert names("?text=emm") == {"Emma"}
        assert names("?text=%25") == set()
        assert "Emma" in names("?state=attention")
        assert names(f"?state=exempt&competence={register.competences[MEDICINES]}") == {"David"}
        assert names("?state=nonsense&competence=nonsense&page=999999") == {"Astrid", "David", "Emma", "Gro"}

    def test_csv_and_excel_hold_the_whole_list(self, register, david):
        base = f"/register/units/{register.units['210']}/export"
        answer = david.get(base + ".csv")
        rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
        assert rows[0][:4] == ["Name", "Unit", "Roles", "Competence"]
        assert {row[0].split()[0] for row in rows[1:]} == {"Astrid", "David", "Emma", "Gro"}
        sheet = load_workbook(io.BytesIO(david.get(base + ".xlsx").data)).active
        assert sheet.max_row == len(rows)
        assert david.get(base + ".exe").status_code == 404


class TestALeader:
    def test_vouches_for_somebody(self, register, david, unit_of_work):
        person = register.people["henrik"]
        form = {
            "competence": register.competences[MEDICINES],
            "method": "practical",
            "occurred": "2026-03-01",
        }
        assert david.post(f"/register/people/{person}/evidence", data=form).status_code == 302
        with unit_of_work() as session:
            row = session.scalars(
                select(Evidence).where(Evidence.person_id == person, Evidence.source == "manual")
            ).one()
            assert (row.method, row.day.isoformat()) == ("practical", "2026-03-01")

    @pytest.mark.parametrize(
        "wrong", [{"occurred": ""}, {"occurred": "i går"}, {"occurred": "2999-01-01"}, {"method": "lms"}]
    )
    def test_is_told_what_is_wrong_and_keeps_what_was_written(self, register, david, unit_of_work, wrong):
        person = register.people["henrik"]
        form = {
            "competence": register.competences[MEDICINES],
            "method": "manager",
            "occurred": "2026-03-01",
            "note": "sett",
        }
        answer = david.post(f"/register/people/{person}/evidence", data=form | wrong)
        assert answer.status_code == 400
        assert "ds-validation-message" in answer.text
        assert 'value="sett"' in answer.text
        theirs = select(func.count()).where(Evidence.person_id == person, Evidence.source == "manual")
        with unit_of_work() as session:
            assert session.scalar(theirs) == 0

    def test_never_for_themselves(self, register, david):
        form = {"competence": register.competences[HANDS], "method": "manager", "occurred": "2026-03-01"}
        person = register.people["david"]
        assert david.post(f"/register/people/{person}/evidence", data=form).status_code == 403
        assert "Vouch for a competence" not in david.get(f"/register/people/{person}").text

    def test_exempts_and_ends_it(self, register, david, unit_of_work):
        person = register.people["henrik"]
        form = {"competence": register.competences[FIRE], "reason": "Permisjon", "until": "2999-01-01"}
        assert david.post(f"/register/people/{person}/exemptions", data=form).status_code == 302
        assert "Exempt" in david.get(f"/register/people/{person}").text
        with unit_of_work() as session:
            row = session.scalars(select(Exemption).where(Exemption.person_id == person)).one().id
        assert david.post(f"/register/exemptions/{row}/end").status_code == 302
        assert (
            david.post(f"/register/people/{person}/exemptions", data=form | {"reason": ""}).status_code == 400
        )


class TestACoordinator:
    def test_sees_what_a_requirement_will_do_and_then_signs_it(self, register, camilla, unit_of_work):
        form = {
            "title": "Brannvern, halvårlig",
            "competence": register.competences[FIRE],
            "due_days": "30",
            "validity_months": "6",
            "window_days": "30",
            "renewal": "completion",
            "calendar_month": "12",
            "admissible": ["lms", "practical"],
            "effective_from": "2026-01-01",
            "retroactive": "1",
        }
        before = self.count(unit_of_work, Requirement), self.count(unit_of_work, Standing)
        answer = camilla.post("/register/requirements/new", data=form)
        assert "This is what it will do" in answer.text
        assert (self.count(unit_of_work, Requirement), self.count(unit_of_work, Standing)) == before
        assert camilla.post("/register/requirements/new", data=form | {"sign": "1"}).status_code == 302
        assert self.count(unit_of_work, Requirement) == before[0] + 1
        wrong = camilla.post("/register/requirements/new", data=form | {"title": "", "due_days": "x"})
        assert wrong.status_code == 400

    def count(self, unit_of_work, table):
        with unit_of_work() as session:
            return session.scalar(select(func.count()).select_from(table))

    def test_makes_a_competence(self, register, camilla):
        form = {
            "uri": "urn:competence:lift",
            "title-nb": "Forflytning",
            "kind": "skill",
            "validity_months": "24",
        }
        assert camilla.post("/register/competences/new", data=form).status_code == 302
        assert "Forflytning" in camilla.get("/register/competences").text
        assert "already" in camilla.post("/register/competences/new", data=form).text
        assert camilla.post("/register/competences/new", data={"uri": "not an address"}).status_code == 400

    def test_takes_in_a_list_step_by_step(self, register, camilla, unit_of_work):
        content = (
            "Ansattnr;Navn;Status;Dato\nF1009;Henrik;Fullført;01.03.2026\nF1005;Emma;Fullført;32.03.2026\n"
        )
        evidence = self.count(unit_of_work, Evidence)
        sent = {"file": (io.BytesIO(content.encode("latin-1")), "liste.csv")}
        answer = camilla.post("/register/lists/new/completions", data=sent)
        match = answer.headers["Location"]
        assert "Fullført" in camilla.get(match).text
        columns = {"employment_id": "0", "name": "1", "result": "2", "completed_at": "3"}
        missing = camilla.post(match, data=columns)
        assert missing.status_code == 400
        gives = {"gives": f"competence:{register.competences[HANDS]}", "source": "KS Læring"}
        answer = camilla.post(match, data=columns | gives)
        preview = camilla.get(answer.headers["Location"]).text
        assert "32.03.2026" in preview
        assert self.count(unit_of_work, Evidence) == evidence
        assert camilla.post(match + "/confirm").status_code == 302
        assert self.count(unit_of_work, Evidence) == evidence + 1
        assert "Written" in camilla.get(match).text
        assert camilla.post(match + "/confirm").status_code == 409

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"", "The file is empty"),
            (b"<html>Logg inn", "This is a web page"),
            (None, "Choose a file first"),
        ],
    )
    def test_is_told_what_to_do_with_a_file_that_is_no_list(self, camilla, content, sentence):
        data = {"file": (io.BytesIO(content), "x.csv")} if content is not None else {}
        answer = camilla.post("/register/lists/new/people", data=data)
        assert answer.status_code == 400
        assert sentence in answer.text

    def test_erases_a_person_by_writing_the_name(self, register, camilla, unit_of_work):
        person = register.people["gro"]
        assert camilla.post(f"/register/people/{person}/erase", data={"name": "Gro"}).status_code == 409
        with unit_of_work() as session:
            name = session.get(Person, person).name
        assert camilla.post(f"/register/people/{person}/erase", data={"name": name}).status_code == 302
        assert camilla.get(f"/register/people/{person}").status_code == 404


def test_an_employee_takes_out_everything_kept_about_them(pages):
    emma = pages.signed_in(EMMA)
    data = emma.get("/register/me/export").json
    assert data["person"]["name"].startswith("Emma")
    assert data["evidence"]


def test_an_account_that_is_nobody_is_told_what_to_do(pages, unit_of_work, register):
    from lms_bridge.register.models import IdentityLink

    with unit_of_work() as session:
        link = session.scalars(
            select(IdentityLink).where(IdentityLink.person_id == register.people["emma"])
        ).one()
        link.closed = link.opened
    assert "not linked to an employee" in pages.signed_in(EMMA).get("/register/me").text
    assert pages.signed_in(EMMA).get("/register/me/export").status_code == 404
