"""How a municipality comes to be."""

import re
import unicodedata
from dataclasses import dataclass
from types import ModuleType

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from stdnum.dk import cvr
from stdnum.exceptions import ValidationError
from stdnum.fi import ytunnus
from stdnum.is_ import kennitala
from stdnum.no import orgnr
from stdnum.se import orgnr as se_orgnr

from ..errors import N_, Conflict, Invalid
from .models import Tenant


@dataclass(frozen=True)
class Country:
    """What a municipality of it starts with; `number` checks its organisations' numbers."""

    language: str
    timezone: str
    number: ModuleType


COUNTRIES = {
    "NO": Country("nb", "Europe/Oslo", orgnr),
    "SE": Country("sv", "Europe/Stockholm", se_orgnr),
    "DK": Country("en", "Europe/Copenhagen", cvr),
    "FI": Country("en", "Europe/Helsinki", ytunnus),
    "IS": Country("en", "Atlantic/Reykjavik", kennitala),
}
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*").fullmatch
_LONGEST_SLUG = 40


def list_municipalities(session: Session) -> list[Tenant]:
    """By name."""
    return list(session.scalars(select(Tenant).order_by(Tenant.name, Tenant.slug)))


def create_municipality(
    session: Session, *, name: str, organisation_number: str, country: str, language: str = "", slug: str = ""
) -> Tenant:
    """A new one, without anybody in it. Raises Invalid, or Conflict when its number or its short name is taken."""
    place, name = COUNTRIES[country], name.strip()
    slug = slug or short_name(name)
    if not name or len(name) > 200:
        raise Invalid(N_("Write a name."))
    if not _SLUG(slug) or len(slug) > _LONGEST_SLUG:
        raise Invalid(
            N_("The short name is up to %(most)s of the letters a to z, digits and hyphens."),
            most=_LONGEST_SLUG,
        )
    try:
        number = str(place.number.validate(organisation_number))
    except ValidationError:
        raise Invalid(
            N_("%(number)s is no organisation number of %(country)s: look whether it is typed right."),
            number=organisation_number,
            country=country,
        ) from None
    tenant = Tenant(
        slug=slug,
        name=name,
        organisation_number=number,
        country=country,
        language=language or place.language,
        timezone=place.timezone,
    )
    try:
        with session.begin_nested():
            session.add(tenant)
    except IntegrityError:
        raise Conflict(
            N_("A municipality with the number %(number)s or the short name %(slug)s is there already."),
            number=number,
            slug=slug,
        ) from None
    return tenant


def short_name(name: str) -> str:
    """Such as "nord-odal" for "Nord-Odal kommune"."""
    plain = re.sub(r"\b(kommune|kommun|kunta)\b", "", name.lower())
    for letter, latin in (("æ", "ae"), ("ø", "o"), ("ð", "d"), ("þ", "th")):
        plain = plain.replace(letter, latin)
    ascii_ = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return "-".join(re.findall("[a-z0-9]+", ascii_))[:_LONGEST_SLUG].strip("-")
