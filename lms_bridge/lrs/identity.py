"""Who an actor is: its inverse functional identifier (1.0.3 Data 2.4.2.3)."""

from typing import Any

Actor = dict[str, Any]


def identity(actor: Actor) -> str | None:
    """One string that is equal for equal actors, such as "mbox:mailto:emma@fjordvik.example"; None for an
    anonymous group. Addresses compare without regard to case in the domain, hashes in hexadecimal likewise.
    """
    if "mbox" in actor:
        name, _, domain = actor["mbox"].rpartition("@")
        return f"mbox:{name}@{domain.lower()}"
    if "account" in actor:
        account = actor["account"]
        return f"account:{account['homePage']} {account['name']}"
    if "openid" in actor:
        return f"openid:{actor['openid']}"
    if "mbox_sha1sum" in actor:
        return f"mbox_sha1sum:{actor['mbox_sha1sum'].lower()}"
    return None


def identifier(actor: Actor) -> Actor:
    """The actor's identifier alone, as the standard writes it (no name)."""
    for name in ("mbox", "mbox_sha1sum", "openid"):
        if name in actor:
            return {name: actor[name]}
    if "account" in actor:
        return {"account": {name: actor["account"][name] for name in ("homePage", "name")}}
    return {}


def person(actors: list[Actor]) -> dict[str, Any]:
    """The Person object of the Agents resource: every value in an array (1.0.3 Communication 2.4)."""
    found: dict[str, Any] = {"objectType": "Person"}
    for actor in actors:
        for name in ("name", "mbox", "mbox_sha1sum", "openid", "account"):
            if name in actor and actor[name] not in found.setdefault(name, []):
                found[name].append(actor[name])
    return found
