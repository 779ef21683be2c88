"""A module from another installation, as a file: looked through like anything that comes from outside, then a draft."""

import json
import uuid
from pathlib import Path

from sqlalchemy.orm import Session

import content
from content.adapting import adapted, may_adapt
from content.errors import InvalidModule, InvalidModuleFile, RejectedMedia
from content.files import ModuleFiles, opened
from content.licences import Answer
from content.texts import sentence

from ..accounts import Tenant, audit
from ..authoring import service as authoring
from ..authoring import uploads
from ..authoring.models import Module
from ..errors import N_, Invalid
from ..storage import Storage


def read(path: Path, storage: Storage, *, most_mb: int, aside: Path, language: str) -> content.Module:
    """The module in a .lmsmodule file, its pictures and films judged and cleaned as if somebody had put them in, and
    stored. Raises Invalid with a sentence in this language, TooLarge, Unavailable.
    """
    try:
        with opened(path) as files:
            return _cleaned(files, storage, most_mb, aside)
    except RejectedMedia as error:
        raise Invalid(sentence(error.code, language, **error.params)) from None
    except (InvalidModule, InvalidModuleFile) as error:
        raise Invalid(
            N_("This is not a module file, or it is damaged: %(problem)s"), problem=str(error)
        ) from None


def _cleaned(files: ModuleFiles, storage: Storage, most_mb: int, aside: Path) -> content.Module:
    """What is stored may differ from what was sent, and so does its hash, by which the blocks name it."""
    document = files.module.to_json()
    assets, renamed = {}, {}
    for digest, asset in files.module.assets.items():
        with files.open_asset(digest) as stream:
            stored, assets[digest] = uploads.take_in(
                storage,
                stream,
                asset.name,
                kind=asset.media_type.partition("/")[0],
                rights=asset.rights,
                announced=asset.size,
                most_mb=most_mb,
                aside=aside,
            )
        renamed[digest] = stored
    words = json.dumps({**document, "assets": assets})
    for digest, stored in renamed.items():
        words = words.replace(digest, stored)
    return content.Module.from_json(json.loads(words))


def bring_in(session: Session, tenant: Tenant, module: content.Module, *, by: uuid.UUID | None) -> Module:
    """One's own module comes back as it was; of another's, a version of one's own begins, where its licence allows it.

    Raises Conflict where the municipality has it already, Invalid where the rights forbid it.
    """
    holder, (name, number) = module.rights.holder, tenant.names
    if holder not in ("", name):
        if may_adapt(module, (name, number)).answer is not Answer.YES:
            raise Invalid(
                N_(
                    "This module is %(holder)s’s, and its licence does not let you make a version of your own."
                ),
                holder=holder,
            )
        module = adapted(module, version=None, holder=name, number=number)
    brought = authoring.create(session, module.to_json(), by=by)
    audit.record(session, "module.brought_in", f"module:{brought.id}", account_id=by)
    return brought
