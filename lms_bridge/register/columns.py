"""Knows the headings that LMSs and HR systems give their columns, in four languages.

A guess for the matching page, where a person confirms or corrects it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

EMPLOYMENT_ID = "employment_id"
NATIONAL_NUMBER = "national_number"
ACCOUNT = "account"
EMAIL = "email"
NAME = "name"
GIVEN_NAME = "given_name"
FAMILY_NAME = "family_name"
UNIT = "unit"
UNIT_NAME = "unit_name"
PARENT = "parent"
ROLES = "roles"
LEADS = "leads"
STARTS_ON = "starts_on"
ENDS_ON = "ends_on"
COMPLETED_AT = "completed_at"
RESULT = "result"
VALID_UNTIL = "valid_until"
COURSE = "course"

UNIT_COLUMNS = (UNIT, UNIT_NAME, PARENT)
PEOPLE_COLUMNS = (
    EMPLOYMENT_ID,
    NATIONAL_NUMBER,
    NAME,
    GIVEN_NAME,
    FAMILY_NAME,
    EMAIL,
    UNIT,
    ROLES,
    LEADS,
    STARTS_ON,
    ENDS_ON,
)
COMPLETION_COLUMNS = (
    EMPLOYMENT_ID,
    NATIONAL_NUMBER,
    ACCOUNT,
    EMAIL,
    NAME,
    GIVEN_NAME,
    FAMILY_NAME,
    COMPLETED_AT,
    RESULT,
    VALID_UNTIL,
    COURSE,
)

_HEADINGS = {
    EMPLOYMENT_ID: "ansattnummer, ansattnr, ansatt id, ansatt-id, ressursnummer, tilsettnummer, tilsettnr, "
    "medarbeidernummer, anställningsnummer, anställningsnr, anställnings-id, anstnr, personalnummer, "
    "employee number, employee id, employeeid, employment id, employment_id, id-nummer, id nummer, "
    "id number, idnumber, personnelnumber",
    NATIONAL_NUMBER: "fødselsnummer, fnr, fødselsnr, personnummer, pnr, national identity number",
    ACCOUNT: "brukernavn, brukarnamn, brukar-id, bruker-id, brukerid, brukar, användarnamn, användar-id, "
    "username, user name, user id, userid, learner id, student id, cmi.learner_id, user.username",
    EMAIL: "e-post, epost, e-postadresse, e-postadress, e-mail, email, email address, mail, e-post adresse",
    NAME: "navn, namn, fullt navn, fullt namn, fullständigt namn, full name, fullname, name, ansatt, "
    "tilsett, medarbeider, medarbetare, learner, learner name, elev, deltaker, deltakar, deltagare, "
    "bruker, användare, user",
    GIVEN_NAME: "fornavn, førenamn, förnamn, first name, firstname, given name",
    FAMILY_NAME: "etternavn, etternamn, efternamn, surname, last name, lastname, family name",
    UNIT: "enhet, enhetsid, enhets-id, eining, einings-id, enhetsnummer, enhetskode, enhetskod, "
    "organisasjonsenhet, avdeling, avdelingsnummer, arbetsplats, arbeidssted, organisation, unit, unit id, "
    "department, ansvar, ansvarssted",
    UNIT_NAME: "enhetsnavn, einingsnamn, enhetsnamn, unit name, navn, namn, name",
    PARENT: "overordnet, overordnet enhet, overordna eining, overordna, överordnad, överordnad enhet, "
    "parent, parent unit, hører til, høyrer til, tillhör",
    ROLES: "rolle, roller, rolla, roll, stilling, stillingskode, stillingstype, befattning, yrkesroll, "
    "yrke, role, roles, position, job title",
    LEADS: "leder, leiar, er leder, chef, är chef, leads, leader, manager",
    STARTS_ON: "startdato, fra dato, fra, frå, ansatt fra, tilsett frå, ansatt dato, ansettelsesdato, "
    "tiltredelse, fr.o.m., from, startdatum, anställd från, anställningsdatum, start date, starts on",
    ENDS_ON: "sluttdato, til dato, til, ansatt til, tilsett til, fratredelse, t.o.m., slutdatum, "
    "anställd till, end date, ends on, to",
    COMPLETED_AT: "fullført dato, fullføringsdato, dato fullført, fullført tid, fullført den, gjennomført "
    "dato, gjennomføringsdato, bestått dato, dato, tidspunkt, fullføringstidspunkt, slutfört datum, "
    "slutfört, slutförd, slutfördes, datum, avslutad, avslutad datum, genomförd, genomförandedatum, "
    "completion date, completed on, completed at, date completed, time completed, completed, date, "
    "timecompleted, course completed, completion time, when completed, course completion date",
    RESULT: "status, fullføringsstatus, resultat, tilstand, result, completion status, completion, state, "
    "fullført, gjennomført, bestått, godkjent, godkänd, success status, cmi.core.lesson_status, "
    "lesson status",
    VALID_UNTIL: "gyldig til, gyldig til og med, utløper, utløpsdato, går ut, gjeld til, giltig till, "
    "giltig t.o.m., förfaller, utgångsdatum, valid until, valid to, expires, expiry date, expiry",
    COURSE: "kurs, kursnavn, kursnamn, emne, aktivitet, aktivitetsnavn, læringsaktivitet, modul, utbildning, "
    "opplæring, course, course name, course full name, course fullname, coursefullname, activity, module, "
    "program, program name, certification",
}


def _plain(heading: str) -> str:
    text = unicodedata.normalize("NFC", heading).casefold()
    return re.sub(r"[\s_\-–:()*]+", " ", text).strip(" .")


_KNOWN = {
    field: [_plain(heading) for heading in headings.split(",")] for field, headings in _HEADINGS.items()
}


def guess(header: Sequence[str], fields: Sequence[str]) -> dict[str, int]:
    """field → column index, for the headings that are known; each column is given once.

    Moodle's activity completion report heads a date column "<activity> - Completion
    date": such endings are known too, where no column is plainly the date.
    """
    plain = [_plain(heading) for heading in header]
    found: dict[str, int] = {}
    for field in fields:
        for known in _KNOWN[field]:
            if known in plain and plain.index(known) not in found.values():
                found[field] = plain.index(known)
                break
    if COMPLETED_AT in fields and COMPLETED_AT not in found:
        for index, heading in enumerate(plain):
            if heading.endswith(_DATE_ENDINGS) and index not in found.values():
                found[COMPLETED_AT] = index
                if RESULT in fields and index and index - 1 not in found.values():
                    found.setdefault(RESULT, index - 1)
                break
    return found


_DATE_ENDINGS = ("completion date", "fullføringsdato", "fullført dato", "slutdatum", "datum för slutförande")


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split(","))


_DONE = _words(
    "fullført, fullførd, gjennomført, gjennomførd, bestått, greidd, godkjent, ja, ok, x, slutförd, slutfört, "
    "genomförd, genomfört, avslutad, godkänd, godkänt, complete, completed, passed, pass, done, certified, "
    "yes, y, true, 1, 100, 100%, completed (achieved pass grade), fullført (oppnådde beståttkarakter), "
    "fullført (bestått), fullførd (bestått), slutförd (uppnådde godkänt betyg)"
)
_NOT_DONE = _words(
    "ikke fullført, ikkje fullført, ikkje fullførd, ikke gjennomført, påbegynt, påbyrja, ikke påbegynt, "
    "ikkje påbyrja, ikke startet, under arbeid, i gang, ej slutförd, inte slutförd, inte påbörjad, "
    "ej påbörjad, pågår, pågående, påbörjad, incomplete, not completed, not complete, in progress, started, "
    "not started, not yet started, not attempted, browsed, nei, nej, no, n, false, 0, "
    "ikke bestått, ikkje bestått, ikkje greidd, stryk, strøket, underkjent, underkänd, icke godkänd, "
    "ej godkänd, inte godkänd, failed, fail, completed (did not achieve pass grade), "
    "fullført (oppnådde ikke beståttkarakter), fullført (ikke bestått)"
)
_YES = _words("ja, j, yes, y, true, x, 1, sant, sann, leder, leiar, chef, leader, manager")


def read_result(text: str) -> bool | None:
    """True: done. False: tried, but not there yet. None: words that nobody taught us.

    Raises nothing: an unknown word becomes a sentence at its row.
    """
    plain = " ".join(text.casefold().split())
    return True if plain in _DONE else False if plain in _NOT_DONE else None


def read_yes(text: str) -> bool:
    """Whether a cell of a yes/no column says yes."""
    return text.casefold().strip() in _YES
