"""Lists from HR and from an LMS: previewed with each row that cannot be used, written when confirmed."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lms_bridge.db import new_id
from lms_bridge.errors import Conflict, Invalid
from lms_bridge.register import derivation, erasing, figures, identities, imports, people, privacy
from lms_bridge.register.models import Evidence, Import, Person, Position, Unit
from lms_bridge.register.service import today
from lms_bridge.register.status import State

from .conftest import HANDS

KEY = b"a key of the tests"
COMPLETIONS = "Ansattnummer;Navn;Status;Fullført dato\n"
PEOPLE = "Ansattnummer;Navn;Enhet;Rolle;Startdato\n"


def take_in(session, kind, text, **options):
    row = imports.upload(session, kind, "liste.csv", io.BytesIO(text.encode()), None)
    imports.match(session, row.id, row.columns, options)
    return row, imports.preview(session, row, KEY)


def confirm(session, row, **more):
    imports.confirm(session, row, KEY, **more)
    session.flush()


def sentences(plan):
    return [(finding.row, str(finding.problem)) for finding in plan.problems]


def rows_of(session, table):
    return session.scalar(select(func.count()).select_from(table))


class TestCompletions:
    @pytest.fixture
    def hands(self, fjordvik):
        return {"competence_id": str(fjordvik.competences[HANDS]), "source": "KS Læring"}

    def test_nothing_is_written_before_it_is_confirmed_and_then_all_of_it(self, session, fjordvik, hands):
        before = rows_of(session, Evidence)
        row, plan = take_in(
            session,
            "completions",
            COMPLETIONS + "F1009;Henrik;Fullført;01.03.2026\nF1005;Emma;Ikke fullført;\n",
            **hands,
        )
        assert dict(plan.counts) == {"added": 1, "unfinished": 1}
        assert rows_of(session, Evidence) == before
        confirm(session, row)
        assert rows_of(session, Evidence) == before + 1
        cells = figures.of_person(session, fjordvik.people["henrik"], today(session))
        found = next(c for c in cells if c.competence_id == fjordvik.competences[HANDS])
        assert (found.state, found.valid_until.isoformat()) == (State.MET, "2028-03-01")
        assert (row.state, row.content) == ("confirmed", None)

    def test_the_same_list_again_changes_nothing(self, session, hands):
        text = COMPLETIONS + "F1009;Henrik;Fullført;01.03.2026\nX77;Ukjent;Fullført;01.03.2026\n"
        row, _ = take_in(session, "completions", text, **hands)
        confirm(session, row)
        register, rows = list(derivation.export(session)), rows_of(session, Evidence)
        row, plan = take_in(session, "completions", text, **hands)
        assert dict(plan.counts) == {"duplicates": 2}
        confirm(session, row)
        assert (list(derivation.export(session)), rows_of(session, Evidence)) == (register, rows)

    def test_the_same_completion_by_another_export_is_recognised(self, session, hands):
        row, _ = take_in(session, "completions", COMPLETIONS + "F1009;Henrik;Fullført;01.03.2026\n", **hands)
        confirm(session, row)
        other = "Employee ID,Learner,Completion Date\nF1009,Henrik,2026-03-01 10:00\nF1009,Henrik,2026-03-01 11:00\n"
        _, plan = take_in(session, "completions", other, **hands | {"source": "Totara"})
        assert dict(plan.counts) == {"duplicates": 2}

    def test_every_row_that_cannot_be_used_is_told_by_its_number(self, session, hands):
        text = (
            COMPLETIONS
            + ";Ukjent;Fullført;01.03.2026\nF1009;Henrik;kanskje;01.03.2026\nF1009;Henrik;Fullført;\n"
            "F1009;Henrik;Fullført;31.02.2026\nF1009;Henrik;Fullført;01.03.2226\nF1009;Henrik;Fullført;01.03.1926\n"
            "F1009;Henrik;Fullført;01.03.2026;;for mange\nF1009;Henrik;Fullført;02.03.2026\n"
        )
        _, plan = take_in(session, "completions", text, **hands)
        assert [row for row, _ in sentences(plan)] == [2, 3, 4, 5, 6, 7, 8]
        told = [sentence for _, sentence in sentences(plan)]
        assert "no employment number" in told[0]
        assert "“kanskje” says neither" in told[1]
        assert "the date is missing" in told[2]
        assert "“31.02.2026”. Write it as 2026-03-25" in told[3]
        assert "in the future" in told[4]
        assert "too long ago" in told[5]
        assert plan.counts["added"] == 1

    def test_a_user_name_nobody_knows_waits_and_lands_when_linked(self, session, fjordvik, hands):
        text = "Brukernavn;Navn;Dato\nhenrik.v;Henrik;01.03.2026\n"
        row, plan = take_in(session, "completions", text, **hands)
        assert plan.counts["waiting"] == 1
        confirm(session, row)
        waiting = next(w for w in identities.queue(session) if w.link.value == "henrik.v")
        assert identities.link_to_person(session, waiting.link.id, fjordvik.people["henrik"], None) == 1
        _, plan = take_in(session, "completions", text.replace("01.03", "02.04"), **hands)
        assert plan.counts["added"] == 1

    def test_an_email_alone_only_waits(self, session, hands):
        text = "E-post;Navn;Dato\nhenrik@fjordvik.example;Henrik;01.03.2026\n"
        _, plan = take_in(session, "completions", text, **hands)
        assert dict(plan.counts) == {"waiting": 1}

    def test_another_persons_name_beside_the_number_is_asked_about(self, session, hands):
        _, plan = take_in(
            session, "completions", COMPLETIONS + "F1009;Kari Nordmann;Ja;01.03.2026\n", **hands
        )
        assert "Is it the right person?" in str(plan.warnings[0].problem)

    def test_one_course_of_many(self, session, hands):
        text = "Ansattnr;Kurs;Fullført dato\nF1009;Håndhygiene;01.03.2026\nF1005;Brannvern;01.03.2026\n"
        row, _ = take_in(session, "completions", text, **hands)
        assert imports.courses(row) == ["Håndhygiene", "Brannvern"]
        _, plan = take_in(session, "completions", text, **hands, course="Håndhygiene")
        assert dict(plan.counts) == {"added": 1, "other_courses": 1}

    def test_a_needed_column_is_asked_for(self, session, hands):
        row = imports.upload(session, "completions", "x.csv", io.BytesIO(b"a;b\n1;2\n"), None)
        with pytest.raises(Invalid) as refused:
            imports.match(session, row.id, {}, hands)
        assert set(refused.value.fields) == {"employment_id", "completed_at"}
        with pytest.raises(Invalid) as refused:
            imports.match(session, row.id, {"employment_id": 0, "completed_at": 0}, {})
        assert set(refused.value.fields) == {"employment_id", "completed_at", "gives"}

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"", "The file is empty"),
            (b"\xef\xbb\xbf<!DOCTYPE html><title>Logg inn</title>", "This is a web page, not a list"),
            (b"Ansattnummer;Dato\n", "no rows below them"),
            (b"PK\x03\x04 cut short", "damaged or not complete"),
        ],
    )
    def test_a_file_that_is_no_list_is_refused_and_not_kept(self, session, content, sentence):
        with pytest.raises(Invalid, match=sentence):
            imports.upload(session, "completions", "x.csv", io.BytesIO(content), None)
        assert rows_of(session, Import) == 0

    def test_a_file_cut_short_inside_a_quotation_is_refused_before_anything_is_written(self, session, hands):
        rows = rows_of(session, Evidence)
        text = COMPLETIONS + 'F1009;Henrik;Fullført;01.03.2026\nF1005;"Emm'
        with pytest.raises(Invalid, match="cut short"):
            take_in(session, "completions", text, **hands)
        assert rows_of(session, Evidence) == rows

    def test_given_up_it_is_forgotten(self, session, hands):
        row, _ = take_in(session, "completions", COMPLETIONS + "F1009;Henrik;Ja;01.03.2026\n", **hands)
        imports.give_up(session, row)
        assert row.content is None
        with pytest.raises(Conflict, match="finished with"):
            imports.confirm(session, row, KEY)


def position(session, number):
    rows = session.scalars(
        select(Position).where(Position.employment_id == number).order_by(Position.starts_on)
    )
    return list(rows)


def hr_list(session, *extra, leave_out=()):
    """What HR would send: everybody as they are, with changes."""
    units = {u.id: u.code for u in session.scalars(select(Unit))}
    names = {p.id: p.name for p in session.scalars(select(Person))}
    lines = [
        f"{p.employment_id};{names[p.person_id]};{units[p.unit_id]};{','.join(p.roles)};"
        for p in session.scalars(select(Position))
        if p.employment_id not in leave_out
    ]
    return PEOPLE + "\n".join([*lines, *extra]) + "\n"


class TestPeople:
    def test_the_list_as_it_is_changes_nothing(self, session, fjordvik):
        register = list(derivation.export(session))
        row, plan = take_in(session, "people", hr_list(session), full=True)
        assert set(plan.counts) == {"same"}
        confirm(session, row)
        assert list(derivation.export(session)) == register

    def test_a_new_colleague_is_asked_what_the_role_is_asked(self, session, fjordvik):
        text = PEOPLE + f"F2001;Kari Nordmann;211;Sykepleier,Nattevakt;{today(session).isoformat()}\n"
        row, plan = take_in(session, "people", text)
        assert (plan.counts["added"], plan.counts["roles"]) == (1, 1)
        assert rows_of(session, Person) == len(fjordvik.people)
        confirm(session, row)
        (new,) = position(session, "F2001")
        assert new.roles == ["nattevakt", "sykepleier"]
        cells = figures.of_person(session, new.person_id, today(session))
        assert {c.state for c in cells} == {State.MISSING}
        assert len(cells) == 4

    def test_a_move_closes_one_position_and_opens_the_next_and_keeps_the_deadline(self, session, fjordvik):
        row, plan = take_in(session, "people", PEOPLE + "F1009;Henrik Moved;212;;\n")
        assert plan.counts["changed"] == 1
        confirm(session, row)
        old, new = position(session, "F1009")
        day = today(session)
        assert (old.ends_on, new.starts_on, new.unit_id) == (day - timedelta(1), day, fjordvik.units["212"])
        assert new.due_from == old.due_from
        assert session.get(Person, new.person_id).name == "Henrik Moved"

    def test_an_empty_column_erases_nothing(self, session, fjordvik):
        before = position(session, "F1009")[0]
        row, plan = take_in(session, "people", PEOPLE.replace("Startdato", "E-post") + "F1009;;220;;\n")
        assert dict(plan.counts) == {"same": 1}
        confirm(session, row)
        (after,) = position(session, "F1009")
        assert (after.roles, session.get(Person, after.person_id).email) == (
            before.roles,
            "henrik@fjordvik.example",
        )

    @pytest.mark.parametrize(
        ("said", "leads"), [("ja", ["210", "300"]), ("nei", ["300"]), ("", ["210", "300"])]
    )
    def test_a_list_says_who_leads_the_unit_of_a_position_and_leaves_others(
        self, session, fjordvik, said, leads
    ):
        people.set_led(session, fjordvik.people["david"], [fjordvik.units[code] for code in ("210", "300")])
        text = f"Ansattnummer;Navn;Enhet;Leder\nF1004;David Dahl;210;{said}\n"
        row, plan = take_in(session, "people", text)
        assert dict(plan.counts) == {"changed" if said == "nei" else "same": 1}
        confirm(session, row)
        led = position(session, "F1004")[-1].leads
        assert led == [str(fjordvik.units[code]) for code in leads]

    def test_who_moves_goes_on_leading_what_the_list_does_not_speak_of(self, session, fjordvik):
        people.set_led(session, fjordvik.people["david"], [fjordvik.units[code] for code in ("210", "300")])
        text = "Ansattnummer;Navn;Enhet;Leder\nF1004;David Dahl;220;ja\n"
        row, _ = take_in(session, "people", text)
        confirm(session, row)
        led = position(session, "F1004")[-1].leads
        assert led == [str(fjordvik.units[code]) for code in ("220", "300")]

    def test_leaving_closes_the_position_only_and_a_returner_finds_the_evidence_again(
        self, session, fjordvik
    ):
        evidence = rows_of(session, Evidence)
        row, plan = take_in(session, "people", hr_list(session, leave_out=("F1001",)), full=True)
        assert plan.counts["closed"] == 1
        confirm(session, row)
        assert figures.of_person(session, fjordvik.people["astrid"], today(session)) == []
        (old,) = position(session, "F1001")
        old.ends_on = today(session) - timedelta(days=100)
        row, plan = take_in(session, "people", PEOPLE + "F1001;Astrid Lyngheim;210;sykepleier;\n")
        assert plan.counts["returned"] == 1
        confirm(session, row)
        assert len(position(session, "F1001")) == 2
        cells = figures.of_person(session, fjordvik.people["astrid"], today(session))
        assert State.MET in {c.state for c in cells}
        assert rows_of(session, Evidence) == evidence

    def test_a_list_that_is_not_complete_does_not_close_everybody(self, session):
        row, plan = take_in(session, "people", PEOPLE + "F1009;Henrik;220;;\n", full=True)
        assert plan.closing_needs_approval
        with pytest.raises(Conflict, match="would close 8 of those"):
            imports.confirm(session, row, KEY)
        assert all(p.ends_on is None for p in session.scalars(select(Position)))
        confirm(session, row, approve_closing=True)
        assert sum(p.ends_on is None for p in session.scalars(select(Position))) == 1

    def test_a_row_that_cannot_be_read_closes_nobody(self, session):
        text = hr_list(session, ";Uten nummer;220;;", leave_out=("F1001",))
        _, plan = take_in(session, "people", text, full=True)
        assert (plan.counts["closed"], plan.counts["nothing_closed"]) == (0, 1)

    def test_part_of_a_list_closes_nobody(self, session):
        _, plan = take_in(session, "people", PEOPLE + "F1009;Henrik;220;;\n")
        assert plan.counts["closed"] == 0

    def test_bad_rows(self, session):
        text = PEOPLE + (
            ";Navn;220;;\nF3001;;220;;\nF3002;Navn;;;\nF3003;Navn;12;;\nF3004;Navn;220;;i går\nF3005;A;220;;\n"
            "F3005;B;220;;\n"
        )
        _, plan = take_in(session, "people", text)
        assert [(row, sentence.split(".")[0]) for row, sentence in sentences(plan)] == [
            (2, "The employment number is missing"),
            (3, "The name is missing"),
            (4, "The unit's number is missing"),
            (5, "There is no unit with the number 12"),
            (6, "A date cannot be read: “i går”"),
            (8, "Employment F3005 is in the list twice"),
        ]

    def test_twins_and_namesakes_are_two_people(self, session):
        text = (
            PEOPLE.replace("Startdato", "E-post")
            + "F4001;Ola Li;220;;ola@x.no\nF4002;Ola Li;220;;ola2@x.no\n"
        )
        people = rows_of(session, Person)
        row, _ = take_in(session, "people", text)
        confirm(session, row)
        assert rows_of(session, Person) == people + 2

    def test_a_national_number_joins_two_employments_and_is_nowhere_kept(self, session):
        text = "Ansattnummer;Fødselsnummer;Navn;Enhet\nF4001;01019012345;Ola Li;220\nF4002;010190 12345;Ola B. Li;220\n"
        people = rows_of(session, Person)
        row, plan = take_in(session, "people", text)
        assert "01019012345" not in repr(plan)
        confirm(session, row)
        assert rows_of(session, Person) == people + 1
        assert position(session, "F4001")[0].person_id == position(session, "F4002")[0].person_id

    def test_what_came_before_the_person_did_lands_now(self, session, fjordvik):
        options = {"competence_id": str(fjordvik.competences[HANDS]), "source": "LMS"}
        row, plan = take_in(
            session, "completions", COMPLETIONS + "F5001;Ny Person;Ja;01.03.2026\n", **options
        )
        assert plan.counts["waiting"] == 1
        confirm(session, row)
        row, _ = take_in(session, "people", PEOPLE + "F5001;Ny Person;211;sykepleier;\n")
        confirm(session, row)
        person_id = position(session, "F5001")[0].person_id
        assert State.MET in {c.state for c in figures.of_person(session, person_id, today(session))}

    def test_erased_then_imported_again(self, session, fjordvik):
        text = hr_list(session)
        erasing.erase_person(session, fjordvik.people["gro"], KEY, "http://bridge.localhost")
        row, plan = take_in(session, "people", text)
        assert [sentence for _, sentence in sentences(plan)] == [
            "This person was erased from the register and is not taken in again."
        ] * 2
        confirm(session, row)
        assert session.scalar(select(Person).where(Person.name.startswith("Gro"))) is None


class TestUnits:
    def test_units_in_any_order_moved_renamed_and_new(self, session, fjordvik):
        text = "Enhetsnummer;Enhetsnavn;Overordnet\n2121;Natt;212\n212;Avdeling B;220\n220;;\n"
        row, plan = take_in(session, "units", text)
        assert dict(plan.counts) == {"added": 1, "changed": 1, "same": 1}
        confirm(session, row)
        units = {u.code: u for u in session.scalars(select(Unit))}
        assert units["2121"].parent_id == units["212"].id
        assert (units["212"].name, units["212"].parent_id) == ("Avdeling B", units["220"].id)
        assert units["220"].name == "Hjemmetjenesten"

    def test_bad_rows(self, session):
        text = "Enhetsnummer;Enhetsnavn;Overordnet\n;X;100\n500;;100\n501;Y;12\n100;Fjordvik;210\n502;Z;\n502;Z;\n"
        _, plan = take_in(session, "units", text)
        assert [(row, sentence.split(".")[0]) for row, sentence in sentences(plan)] == [
            (2, "The unit's number is missing"),
            (3, "The unit's name is missing"),
            (7, "Unit 502 is in the list twice"),
            (4, "There is no unit with the number 12"),
            (5, "Unit 100 would be a part of itself"),
        ]


def test_an_export_of_a_persons_data_shows_nobody_else(session, fjordvik):
    data = privacy.export_person(session, fjordvik.people["emma"])
    assert data["person"]["name"].startswith("Emma")
    assert len(data["positions"]) == 1
    text = repr(data)
    assert not any(name in text for name in ("Henrik", "Gro ", "Astrid"))


def test_the_id_of_nobody_is_not_found(session):
    from lms_bridge.errors import NotFound

    for call in (
        privacy.export_person,
        imports.get_import,
        lambda s, i: erasing.erase_person(s, i, KEY, "http://bridge.localhost"),
    ):
        with pytest.raises(NotFound):
            call(session, new_id())
