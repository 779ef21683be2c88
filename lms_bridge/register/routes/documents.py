"""Putting in documents, reading them, and the list of those that wait for approval."""

from __future__ import annotations

import uuid
from datetime import datetime, time
from typing import Any, BinaryIO, cast

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from content.errors import RejectedMedia
from content.texts import sentence

from ... import db
from ...accounts import audit, current_user, requires_role, requires_sign_in
from ...errors import Invalid, NotFound
from ...web.app import bridge, take_files
from ...web.files import send_stored
from ...web.i18n import N_, _, language
from .. import documents, identities, people, policies, service
from ..models import EvidenceDocument
from . import blueprint
from .people import Answer, id_of, needed_day, optional_day, person_page
from .reading import own_page


@blueprint.post("/me/documents")
@requires_sign_in
def add_own_document() -> Answer:
    """Puts in a document about oneself, which one's leader approves."""
    person_id = identities.person_of_account(db.session(), current_user().id)
    if person_id is None:
        raise NotFound
    try:
        _submit(person_id)
    except Invalid as refused:
        return own_page(request.form.to_dict(), refused.fields)
    flash(_("The document is in. It counts when your leader has approved it."))
    return redirect(url_for("register.own"))


@blueprint.post("/people/<uuid:person_id>/documents")
@requires_role("leader", "coordinator")
def add_document(person_id: uuid.UUID) -> Answer:
    """Puts in a document for somebody else."""
    session = db.session()
    people.get_person(session, people.reach_of(session, current_user()), person_id)
    try:
        _submit(person_id)
    except Invalid as refused:
        return person_page(person_id, request.form.to_dict(), refused.fields)
    flash(_("The document is in. It counts when it is approved."))
    return redirect(url_for("register.person", person_id=person_id))


def _submit(person_id: uuid.UUID) -> None:
    take_files(documents.MOST_MB * 1_000_000)
    session, form, given = db.session(), request.form, request.files.get("file")
    zone = service.time_zone(session)
    occurred = datetime.combine(needed_day(form.get("occurred", ""), "occurred"), time(12), zone)
    if occurred.date() == service.today(session):
        occurred = min(occurred, datetime.now(zone))
    if given is None or not given.filename:
        raise Invalid(N_("Some fields need another look."), {"file": N_("Choose the document.")})
    try:
        file = documents.store(bridge().storage, cast(BinaryIO, given.stream), given.filename)
    except RejectedMedia as refused:
        text = sentence(refused.code, language(), **refused.params)
        raise Invalid(N_("Some fields need another look."), {"file": text}) from None
    documents.submit(
        session,
        person_id=person_id,
        competence_id=id_of(form.get("competence", "")),
        file=file,
        occurred=occurred,
        valid_until=optional_day(form.get("valid_until", ""), "valid_until"),
        note=form.get("note", "").strip()[:2000],
        account_id=current_user().id,
    )


@blueprint.get("/documents/<uuid:document_id>")
@requires_sign_in
def document(document_id: uuid.UUID) -> Answer:
    """The file itself, for the person and those who may read them; nothing in it runs here."""
    row = _readable(document_id)
    if row.sha256 is None:
        raise NotFound(N_("The file is gone: it was not approved."))
    response = send_stored(bridge().storage, row.sha256, row.media_type)
    response.headers["Content-Disposition"] = "inline"
    if row.media_type == documents.PDF:
        response.headers.set("Content-Disposition", "attachment", filename=row.name)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.post("/documents/<uuid:document_id>/take-back")
@requires_sign_in
def take_back_document(document_id: uuid.UUID) -> Answer:
    """Removes what was put in by mistake, as long as nobody has approved it."""
    session = db.session()
    row = _readable(document_id)
    own = identities.person_of_account(session, current_user().id) == row.person_id
    documents.take_back(session, document_id)
    flash(_("The document is removed."))
    return redirect(url_for("register.own") if own else url_for("register.person", person_id=row.person_id))


def _readable(document_id: uuid.UUID) -> EvidenceDocument:
    """A document of oneself or of somebody whom one may read; NotFound for all others."""
    session = db.session()
    row = documents.get(session, document_id)
    reach = people.reach_of(session, current_user())
    people.get_person(session, reach, row.person_id)
    if reach.person_id != row.person_id and request.method == "GET":
        audit.record_read(session, f"person:{row.person_id}")
    return row


@blueprint.get("/approvals")
@requires_role("leader", "coordinator")
def approvals() -> Answer:
    """The documents that wait for approval."""
    return _approvals("", {})


def _approvals(wrong: str, fields: dict[str, Any]) -> Answer:
    session = db.session()
    waiting = documents.waiting(session, people.reach_of(session, current_user()))
    for person_id in {one.person.id for one in waiting if not one.own}:
        audit.record_read(session, f"person:{person_id}")
    page = render_template(
        "register/approvals.html",
        waiting=waiting,
        competences={c.id: c for c in policies.list_competences(session)},
        wrong=wrong,
        fields=fields,
    )
    return (page, 400) if fields else page


@blueprint.post("/evidence/<uuid:evidence_id>/approve")
@requires_role("leader", "coordinator")
def approve(evidence_id: uuid.UUID) -> Answer:
    """Approves a document that waits; never one's own."""
    session = db.session()
    person_id, own = _decided_on(evidence_id)
    service.approve(session, evidence_id, current_user().id, own)
    audit.record(session, "approve", f"person:{person_id}", evidence=str(evidence_id))
    flash(_("The document is approved."))
    return _back(person_id)


@blueprint.post("/evidence/<uuid:evidence_id>/decline")
@requires_role("leader", "coordinator")
def decline(evidence_id: uuid.UUID) -> Answer:
    """Does not approve a document, and says why."""
    session = db.session()
    person_id, own = _decided_on(evidence_id)
    reason = request.form.get("reason", "")[:2000]
    try:
        documents.decline(session, evidence_id, account_id=current_user().id, decider=own, reason=reason)
    except Invalid as refused:
        return _approvals(str(evidence_id), refused.fields)
    flash(_("The document is not approved. The person can read why."))
    return _back(person_id)


def _decided_on(evidence_id: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID | None]:
    """Whom the evidence is about, whom the reader may read, and who the reader is."""
    session = db.session()
    row = service.get_evidence(session, evidence_id)
    if row.person_id is None:
        raise NotFound
    reach = people.reach_of(session, current_user())
    people.get_person(session, reach, row.person_id)
    return row.person_id, reach.person_id


def _back(person_id: uuid.UUID) -> Response:
    if request.form.get("from") == "approvals":
        return redirect(url_for("register.approvals"))
    return redirect(url_for("register.person", person_id=person_id))
