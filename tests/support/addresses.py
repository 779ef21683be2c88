"""Every address of the service, with the ids of one municipality's rows filled in."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from werkzeug.routing import Rule

from lms_bridge.accounts import Account, links
from lms_bridge.authoring.models import Module
from lms_bridge.db import Base
from lms_bridge.register.models import Person
from lms_bridge.reminders.choices import Links
from lms_bridge.reminders.models import EMPLOYEE
from lms_bridge.web.app import Bridge

NOT_PAGES = ("static", "content", "health", "lrs", "lti", "cmi5_token", "api", "moodle_push", "sso")

# A parameter is named after its table and takes its id; these are not.
COLUMNS = {
    "statement_id": "lrs_statement.payload",
    "credential_id": "lrs_credential.id",
    "link_id": "identity_link.id",
    "document_id": "evidence_document.id",
    "merge_id": "person_merge.id",
    "key": "requirement.key",
    "course_id": "cmi5_course.id",
    "node_id": "cmi5_node.id",
    "registration_id": "cmi5_registration.id",
    "session_id": "cmi5_session.id",
    "target_id": "forward_target.id",
    "mapping_id": "activity_mapping.id",
    "platform_id": "lti_platform.id",
    "deployment_id": "lti_deployment.id",
    "score_id": "lti_score.id",
    "lti_pages.link_id": "lti_resource_link.id",
    "placement_id": "moodle_placement.id",
    "provider_id": "sso_provider.id",
    "shared_id": "shared_module.id",
    "translation_id": "translation.module_id",
}
VALUES = {"standard": "scorm12", "live_standard": "scorm2004", "number": 1, "form": "csv"}
KINDS = {"lrs_pages.export": "csv", "register.new_list": "people", "register.upload_list": "people"}
KINDS |= {"connections.new": "web-list", "connections.create": "web-list"}

OF_EVERYBODY = {"shared_id"}  # what a municipality shares is there for the others


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
            values = {
                name: value_of(app, tenant_id, rule, name) for name in rule.arguments - {"digest", "token"}
            }
            if "token" in rule.arguments:
                made = mail_of_somebody if rule.endpoint.startswith("reminders.") else link_of_somebody
                values["token"] = made(app, tenant_id)
            if "digest" in rule.arguments:
                values["digest"] = picture_of(app, values["module_id"])
            if None in values.values():
                continue
            path = adapter.build(rule.endpoint, values)
            ids = any(isinstance(values[name], uuid.UUID) for name in values.keys() - OF_EVERYBODY)
            yield Address(rule.endpoint, path, frozenset(rule.methods or ()) - {"HEAD", "OPTIONS"}, ids)


def value_of(app: Bridge, tenant_id: uuid.UUID, rule: Rule, name: str) -> object:
    """A value for one parameter of a rule: an id of a row of that municipality, or what VALUES says."""
    if name in VALUES:
        return VALUES[name]
    if name == "kind":
        return KINDS[rule.endpoint]
    slice_ = rule.endpoint.partition(".")[0]
    place = COLUMNS.get(f"{slice_}.{name}") or COLUMNS.get(name) or f"{name.removesuffix('_id')}.id"
    table_name, _dot, column_name = place.partition(".")
    table = Base.metadata.tables.get(table_name)
    assert table is not None, f"{rule}: whose id is {name}? Say so in tests/support/addresses.py"
    whose = table.c.owner_id if table_name == "shared_module" else table.c.tenant_id
    ids = select(table.c[column_name]).where(whose == tenant_id).order_by(table.c[column_name])
    if name == "node_id":
        ids = ids.where(table.c.kind == "au")
    if table_name == "import":  # one that is not written yet
        ids = ids.where(table.c.state == "uploaded")
    if table_name == "identity_link":  # one that still waits for a person
        ids = ids.where(table.c.person_id.is_(None))
    if table_name == "connection":  # a Moodle has pages of its own
        ids = ids.where((table.c.kind == "moodle") == (slice_ == "moodle"))
    with app.database.unit_of_work(tenant_id, write=False) as session:
        found = session.scalars(ids).first()
    return uuid.UUID(json.loads(found)["id"]) if found and name == "statement_id" else found


def link_of_somebody(app: Bridge, tenant_id: uuid.UUID) -> str:
    with app.database.unit_of_work(tenant_id) as session:
        account = session.scalars(select(Account).order_by(Account.id)).first()
        assert account is not None
        return links.link_for(app.settings, session, account).rpartition("/")[2]


def mail_of_somebody(app: Bridge, tenant_id: uuid.UUID) -> str:
    """What a mail to an employee names to decline by."""
    with app.database.unit_of_work(tenant_id) as session:
        person = session.scalars(select(Person).order_by(Person.id)).first()
        assert person is not None
        return Links.of(app, session).to_decline(person.id, EMPLOYEE).rpartition("/")[2]


def picture_of(app: Bridge, module_id: object) -> str | None:
    """The digest of a file that the module shows."""
    with app.database.unit_of_work(write=False) as session:
        module = session.get(Module, module_id)
        return module.picture if module else None
