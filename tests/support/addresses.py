"""Every address of the service, with the ids of one municipality's rows filled in."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Table, select
from werkzeug.routing import Rule

from lms_bridge.authoring.models import Module
from lms_bridge.db import Base
from lms_bridge.web.app import Bridge

NOT_PAGES = ("static", "content", "health", "lrs", "lti")
# A parameter is named after its table; these are not.
TABLES = {"module_id": "module", "account_id": "account"}
VALUES = {
    "digest": "0" * 64,
    "standard": "scorm12",
    "number": 1,
    "kind": "csv",
    "extension": "csv",
    "format": "csv",
}


@dataclass(frozen=True)
class Address:
    endpoint: str
    path: str
    methods: frozenset[str]
    has_id: bool


def addresses(app: Bridge, tenant_id: uuid.UUID) -> Iterator[Address]:
    """Every address of the service's pages; a rule whose rows the municipality does not have is left out."""
    with app.test_request_context():
        adapter = app.url_map.bind("bridge.localhost")
        for rule in sorted(app.url_map.iter_rules(), key=lambda r: r.endpoint):
            if rule.endpoint.partition(".")[0] in NOT_PAGES:
                continue
            values = {name: value_of(app, tenant_id, rule, name) for name in rule.arguments - {"digest"}}
            if "digest" in rule.arguments:
                values["digest"] = picture_of(app, values["module_id"])
            if None in values.values():
                continue
            path = adapter.build(rule.endpoint, values)
            ids = any(isinstance(value, uuid.UUID) for value in values.values())
            yield Address(rule.endpoint, path, frozenset(rule.methods or ()) - {"HEAD", "OPTIONS"}, ids)


def value_of(app: Bridge, tenant_id: uuid.UUID, rule: Rule, name: str) -> object:
    """A value for one parameter of a rule: an id of a row of that municipality, or what VALUES says."""
    if name in VALUES:
        return VALUES[name]
    table = table_of(name)
    assert table is not None, (
        f"{rule}: which table's ids does {name} take? Say so in tests/support/addresses.py"
    )
    with app.database.unit_of_work(tenant_id, write=False) as session:
        keys = session.scalars(
            select(table.c.id).where(table.c.tenant_id == tenant_id).order_by(table.c.id)
        ).all()
    return random.Random(0).choice(keys) if keys else None


def picture_of(app: Bridge, module_id: object) -> str | None:
    """The digest of a file that the module shows."""
    with app.database.unit_of_work(write=False) as session:
        module = session.get(Module, module_id)
        return module.picture if module else None


def table_of(name: str) -> Table | None:
    tables = Base.metadata.tables
    return tables.get(TABLES.get(name, name.removesuffix("_id")))
