"""Packages that stay up to date: in the LMS lies one page, and the module comes from here each time it is opened.

Who begins gets the newest version, who has begun one finishes on it, and after an agreement's last day nothing opens.
Results go to the LMS from its own page; nobody is named here (scorm/runtime/README.md).
"""

import secrets
import uuid
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

from sqlalchemy import select, update
from sqlalchemy.orm import Session, undefer

import content
import scorm
from content import render
from content.html import h
from content.texts import sentence
from scorm import runtime

from .. import db
from ..accounts import audit
from ..db import bind_tenant, utcnow
from ..errors import N_, NotFound
from ..web.app import Bridge
from . import delivery
from .limits import one_after_the_other
from .models import LivePackage, ModuleVersion
from .package import STANDARDS, described
from .packages import earlier
from .service import get_version

OFFERED = MappingProxyType({"scorm12": "SCORM 1.2", "scorm2004": "SCORM 2004"})
STYLE = """body { margin: 0; font: 1.125rem/1.5 system-ui, sans-serif; }
main { display: flex; flex-direction: column; block-size: 100dvh; }
iframe { flex: 1; inline-size: 100%; border: 0; }
[role=alert] { padding: 1rem 1.5rem; color: #1e2b3c; background: #fff4d6; }
h1 { margin: 0 0 .5rem; font-size: 1.375rem; }
p { margin: 0; max-inline-size: 40rem; }
"""


def of_module(session: Session, module_id: uuid.UUID) -> LivePackage | None:
    """What is in use, None before it was first fetched."""
    return session.scalar(select(LivePackage).where(LivePackage.module_id == module_id))


def begin(session: Session, module_id: uuid.UUID, *, by: uuid.UUID) -> LivePackage:
    """The module's, made when it is first fetched; two who do that at once get the same."""
    one_after_the_other(session, module_id)
    found = of_module(session, module_id)
    if found is not None:
        return found
    made = LivePackage(module_id=module_id, key=secrets.token_urlsafe(18))
    session.add(made)
    audit.record(session, "module.live", f"module:{module_id}", account_id=by)
    return made


def close(session: Session, module_id: uuid.UUID) -> None:
    """Wherever the packages lie, they open nothing any more. Raises NotFound where there are none."""
    found = of_module(session, module_id)
    if found is None:
        raise NotFound
    session.delete(found)
    audit.record(session, "module.live_closed", f"module:{module_id}")


def address(app: Bridge, package: LivePackage) -> str:
    return f"{app.settings.content_url}/live/{package.key}"


def archive(app: Bridge, module: content.Module, package: LivePackage, standard: str) -> scorm.Archive:
    """The package for an LMS, of the newest version: a page and two scripts."""
    files = {
        "index.html": _page(module, address(app, package)),
        "live.css": STYLE.encode(),
        "lms.js": runtime.script(standard),
        "relay.js": runtime.script("relay"),
    }
    # the mark that passes is the version's, which the LMS would know of the one that was fetched only
    elements = described(replace(module, pass_mark=None), tuple(scorm.File.of(*one) for one in files.items()))
    return scorm.build(elements, STANDARDS[standard])


def _page(module: content.Module, address: str) -> bytes:
    needed = (
        h("link", rel="stylesheet", href="live.css"),
        h("script", src="lms.js", defer=True),
        h("script", src="relay.js", defer=True),
    )
    sorry = h("p", sentence("live.unreachable", module.language))
    missing = h("div", h("h1", module.title), sorry, role="alert", hidden=True)
    return page(module.title, module.language, h("main", missing, data_address=address), *needed).encode()


def page(title: str, language: str, main: str, *needed: str) -> str:
    """A page of its own, whose head has what is `needed`."""
    head = h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("title", title),
        *needed,
    )
    return f"<!doctype html>\n{h('html', head, h('body', main), lang=language)}\n"


# --- opened -------------------------------------------------------------------------------------------------------


def opened(app: Bridge, key: str) -> str:
    """Where a browser that opens a package goes on to: the newest version; noted, without whose browser it is.

    Raises NotFound for a package that is closed, and Forbidden after the last day of an agreement.
    """
    with app.database.unit_of_work() as session:
        known = select(LivePackage).where(LivePackage.key == key)
        found = session.scalar(known) if key.isprintable() else None  # PostgreSQL takes no NUL
        if found is None:
            raise NotFound(N_("This course is closed. Ask whoever looks after your courses."))
        bind_tenant(session, found.tenant_id)
        version = get_version(session, found.module_id)
        version.refuse_if_ended()
        noted = update(LivePackage).where(LivePackage.id == found.id)
        session.execute(noted.values(opened=LivePackage.opened + 1, last_opened=utcnow()))
        return delivery.version_url(app, version, delivery.LIVE, framed_by_lms=True)


@dataclass(frozen=True)
class Shown:
    """What a browser may fetch of a version: the player's files, and {SHA-256: media type} of what is shown."""

    files: dict[str, bytes]
    media: dict[str, str]


@lru_cache(maxsize=32)
def shown(version_id: uuid.UUID) -> Shown:
    """A version of the current session's municipality, with those before it; it never changes. Raises NotFound."""
    session = db.session()
    version = session.get(ModuleVersion, version_id, options=[undefer(ModuleVersion.document)])
    if version is None:
        raise NotFound
    module, before = content.Module.from_json(version.document), earlier(session, version)
    script, revision = runtime.script("live"), str(version.number)
    files = render.player_files(module, runtime=script, revision=revision, earlier=before)
    media: dict[str, str] = {}
    for each in (module, *before.values()):
        media |= {digest: asset.media_type for digest, asset in each.used_assets().items()}
    return Shown(dict(files), media)
