"""The competence register: who meets which requirement, until when, and by what evidence."""

from collections.abc import Sequence
from typing import Any

from ..connectors.signals import list_received, results_received
from ..lrs.signals import StoredStatement, statements_stored
from ..lti.signals import learners_known
from ..publishing.signals import version_published
from ..web import navigation
from ..web.app import Bridge, bridge
from ..web.i18n import N_
from .jobs import secret_key  # and with it the slice's jobs have their names
from .results import take_statements

PAGES = (
    (N_("My competence"), "register.own", (), 60, N_("What you have, what you need, and until when.")),
    (
        N_("Units"),
        "register.units",
        ("leader",),
        61,
        N_("Who meets what, what expires soon, what is missing."),
    ),
    (
        N_("Overview"),
        "register.overview",
        ("leader", "administrator"),
        62,
        N_("The whole municipality at a glance."),
    ),
    (
        N_("To approve"),
        "register.approvals",
        ("leader",),
        62,
        N_("Certificates that your people have put in."),
    ),
    (
        N_("Register"),
        "register.desk",
        ("coordinator",),
        63,
        N_("People, requirements, lists, and results to place."),
    ),
)


def init_app(app: Bridge) -> None:
    from .routes import blueprint

    app.register_blueprint(blueprint)
    app.extensions["authoring.competences"] = _known_competences
    statements_stored.connect(_take_statements)
    version_published.connect(_map_version)
    learners_known.connect(_know_learners)
    results_received.connect(_take_results)
    list_received.connect(_take_list)
    for label, endpoint, roles, order, hint in PAGES:
        navigation.add(label, endpoint, *roles, order=order, hint=hint)


def _take_statements(
    _sender: object, *, session: Any, statements: Sequence[StoredStatement], **_more: Any
) -> None:
    take_statements(session, statements, bridge().settings.base_url, lambda: secret_key(session))


def _known_competences(session: Any) -> list[dict[str, object]]:
    """What an author may say that a module gives."""
    from .policies import list_competences, title_of

    return [
        {"uri": c.uri, "title": title_of(c), "validity_months": c.validity_months}
        for c in list_competences(session)
    ]


def _map_version(_sender: object, *, session: Any, version: Any, **_more: Any) -> None:
    from .policies import map_module

    map_module(
        session,
        module_id=version.identity,
        version=version.number,
        title=version.title,
        language=version.language,
        pass_mark=version.pass_mark,
        competences=version.competences,
    )


def _know_learners(_sender: object, *, session: Any, learners: Any, **_more: Any) -> None:
    from .lms_learners import know

    know(session, learners, secret_key(session))


def _take_results(_sender: object, *, session: Any, source_id: Any, results: Any, **_more: Any) -> int:
    from .lms_results import take_results

    return take_results(session, source_id, results, secret_key(session))


def _take_list(
    _sender: object, *, session: Any, connection: Any, filename: Any, content: Any, **_more: Any
) -> Any:
    from .list_sources import take_list

    return take_list(session, connection, filename, content, secret_key(session))
