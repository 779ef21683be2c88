"""The cast: who they are, what they may do, and who never has access to what.

Astrid writes, Birger keeps the library, Camilla coordinates, David leads, Emma learns, Frode administers: all of
Fjordvik. Göran leads, Hanna coordinates, Ingrid writes, Johan learns: all of Storsjö, who never see Fjordvik's.
"""

from dataclasses import dataclass

PASSWORD = "korrekt hest batteri"


@dataclass(frozen=True)
class Municipality:
    slug: str
    name: str
    organisation_number: str
    country: str
    language: str
    timezone: str


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    municipality: Municipality
    roles: tuple[str, ...]


FJORDVIK = Municipality("fjordvik", "Fjordvik kommune", "999999901", "NO", "nb", "Europe/Oslo")
STORSJO = Municipality("storsjo", "Storsjö kommun", "2120009901", "SE", "sv", "Europe/Stockholm")

ASTRID = Person("Astrid Aune", "astrid@fjordvik.example", FJORDVIK, ("author",))
BIRGER = Person("Birger Berg", "birger@fjordvik.example", FJORDVIK, ("librarian",))
CAMILLA = Person("Camilla Carlsen", "camilla@fjordvik.example", FJORDVIK, ("coordinator",))
DAVID = Person("David Dahl", "david@fjordvik.example", FJORDVIK, ("leader", "employee"))
EMMA = Person("Emma Eide", "emma@fjordvik.example", FJORDVIK, ("employee",))
FRODE = Person("Frode Foss", "frode@fjordvik.example", FJORDVIK, ("administrator",))
GORAN = Person("Göran Gran", "goran@storsjo.example", STORSJO, ("leader", "employee"))
HANNA = Person("Hanna Holm", "hanna@storsjo.example", STORSJO, ("coordinator",))
INGRID = Person("Ingrid Isaksson", "ingrid@storsjo.example", STORSJO, ("author",))
JOHAN = Person("Johan Jonsson", "johan@storsjo.example", STORSJO, ("employee",))

EVERYBODY = (ASTRID, BIRGER, CAMILLA, DAVID, EMMA, FRODE, GORAN, HANNA, INGRID, JOHAN)
