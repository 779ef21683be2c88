"""The one place that turns a module into a scorm.Package."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import BinaryIO

import content
import scorm
from content import render
from content.credits import credit_line
from content.licences import LICENCES
from scorm import runtime

OpenAsset = Callable[[str], BinaryIO]
STANDARDS: dict[str, scorm.Standard] = {
    "scorm12": scorm.Standard.SCORM12,
    "scorm2004": scorm.Standard.SCORM2004,
    "cmi5": scorm.Standard.CMI5,
    "xapi": scorm.Standard.XAPI,
    "web": scorm.Standard.WEB,
}
_RUNTIMES = {"web": "none"}
Earlier = Mapping[str, content.Module]
"""The revisions before it that a package carries for those who are in the middle of them, newest first."""
_NONE: Earlier = MappingProxyType({})


def activity_id(module_id: object) -> str:
    """The IRI by which every LMS and register knows the module, in all its versions and everywhere."""
    return f"urn:uuid:{module_id}"


def archive(
    module: content.Module,
    standard: str,
    open_asset: OpenAsset,
    *,
    revision: str = "",
    earlier: Earlier = _NONE,
    memory: scorm.Memory | None = None,
) -> scorm.Archive:
    """The module as a package of that standard, not yet read. Raises scorm.PackageError."""
    elements = package(module, standard, open_asset, revision=revision, earlier=earlier)
    return scorm.build(elements, STANDARDS[standard], memory=memory)


def package(
    module: content.Module,
    standard: str,
    open_asset: OpenAsset,
    *,
    revision: str = "",
    earlier: Earlier = _NONE,
) -> scorm.Package:
    """The module's elements for `scorm.build`."""
    script = runtime.script(_RUNTIMES.get(standard, standard))
    generated = render.player_files(module, runtime=script, revision=revision, earlier=earlier)
    media = render.asset_files(module, open_asset, earlier=earlier.values())
    return described(
        module,
        (
            *(scorm.File.of(path, body) for path, body in generated),
            *(scorm.File(file.path, file.open, file.size, file.media_type, file.sha256) for file in media),
        ),
        revision=revision,
        earlier=earlier,
    )


def described(
    module: content.Module, files: tuple[scorm.File, ...], *, revision: str = "", earlier: Earlier = _NONE
) -> scorm.Package:
    """A package of these files with what is said of the module: one SCO, whose item keeps its identifier in every
    version.
    """
    name = "m" + module.id.replace("-", "")
    tested = module.pass_mark is not None
    item = scorm.Item(
        identifier=f"{name}-item",
        title=module.title,
        resource=f"{name}-sco",
        description=module.summary,
        mastery_score=module.pass_mark / 100 if module.pass_mark is not None else None,
        move_on=scorm.MoveOn.PASSED if tested else scorm.MoveOn.COMPLETED,
        activity=activity_id(module.id),
        launch_method="AnyWindow",
    )
    return scorm.Package(
        identifier=name,
        metadata=_metadata(module, revision, earlier),
        organizations=(scorm.Organization(f"{name}-course", module.title, (item,)),),
        resources=(scorm.Resource(f"{name}-sco", "index.html"),),
        files=files,
        activity=activity_id(module.id),
    )


def _metadata(module: content.Module, revision: str, earlier: Earlier) -> scorm.Metadata:
    holder = module.rights.holder
    return scorm.Metadata(
        title=module.title,
        language=module.language,
        description=module.summary,
        duration=timedelta(minutes=module.duration_minutes) if module.duration_minutes else None,
        version=revision,
        contributors=tuple(
            scorm.Contributor(creator, organization=holder) for creator in module.rights.creators
        ),
        rights=_rights(module, earlier),
        classifications=tuple(
            scorm.Classification(id=c.uri, title=c.title) for c in module.competences if c.uri
        ),
        relations=tuple(
            scorm.Relation(activity_id(origin.id), f"{origin.title} ({origin.holder})")
            for origin in module.derived_from
        ),
    )


def _rights(module: content.Module, earlier: Earlier) -> scorm.Rights:
    """LOM's rights: the module's licence in words, and a credit line with its licence for each asset."""
    language = module.language
    shown = {asset.path(digest): asset for digest, asset in module.used_assets().items()}
    for was in earlier.values():
        shown = {asset.path(digest): asset for digest, asset in was.used_assets().items()} | shown
    return scorm.Rights(
        cost=False,
        copyright=True,
        description=credit_line(module.rights, language, name=module.title),
        licence_url=LICENCES[module.rights.licence].url,
        credits=tuple(
            scorm.Credit(
                line=credit_line(asset.rights, language, name=asset.name),
                licence_url=LICENCES[asset.rights.licence].url,
                path=path,
            )
            for path, asset in shown.items()
        ),
    )
