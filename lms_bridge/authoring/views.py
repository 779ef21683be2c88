"""What the editor is told: the draft or what changed in it, each block with its HTML as the learner sees it."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from flask import url_for

import content
from content import checks, render, rights
from content.module import Asset, Page
from content.texts import sentence

from . import starters
from .edits import MODULE, SETTINGS
from .models import Draft

USES = (rights.Use.SHARE, rights.Use.ADAPT, rights.Use.COMMERCIAL)


class View:
    """A draft as the editor gets it."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.document = draft.document
        self.module = content.Module.from_json(draft.document)

    def whole(self) -> dict[str, Any]:
        blocks = {block["id"] for page in self.document["pages"] for block in page["blocks"]}
        return self.parts({*blocks, *self.document["assets"], MODULE})

    def parts(self, targets: Iterable[str]) -> dict[str, Any]:
        """The order of everything, and in full the blocks, assets and settings among `targets`.

        {"revision", "pages": [{"id", "title", "blocks": [id, …]}], "blocks": {id: {"block", "html"}},
        "assets": {digest: record}, "module": settings or null}
        """
        targets = set(targets)
        shown = {block.id: block for _page, block in self.module.blocks()}
        raw = {block["id"]: block for page in self.document["pages"] for block in page["blocks"]}
        blocks = {
            name: {"block": raw[name], "html": self.html(shown[name])} for name in raw if name in targets
        }
        used = {digest for name in blocks for digest in shown[name].assets()}
        return {
            "revision": self.draft.revision,
            "pages": [
                {
                    "id": page["id"],
                    "title": page["title"],
                    "blocks": [block["id"] for block in page["blocks"]],
                }
                for page in self.document["pages"]
            ],
            "blocks": blocks,
            "assets": {d: a for d, a in self.document["assets"].items() if d in targets or d in used},
            "module": {name: self.document[name] for name in SETTINGS} if MODULE in targets else None,
        }

    def html(self, block: content.blocks.Block) -> str:
        return render.block(block, self.module, editing=True, asset_url=self._asset_url)

    def read(self, page: Page) -> Iterator[str]:
        """A page's blocks as a learner sees them, for who may read but not write."""
        return (render.block(block, self.module, asset_url=self._asset_url) for block in page.blocks)

    def findings(self, language: str) -> dict[str, Any]:
        """What to mend before publishing, as sentences, with the place of each."""
        found = checks.check(self.module) + starters.untouched(self.module)
        return {
            "publishable": checks.publishable(found),
            "findings": [{**asdict(finding), "text": finding.text(language)} for finding in found],
        }

    def verdicts(self, digest: str, organisation: str, language: str) -> list[dict[str, str]]:
        """What may be done with a file here: share, change, sell: {"use", "answer": yes, no or ask, "text"}."""
        asset = self.module.assets[digest]
        answers = ((use, rights.may(use, asset.rights, organisation=organisation)) for use in USES)
        return [
            {"use": use.value, "answer": verdict.answer.value, "text": sentence(verdict.code, language)}
            for use, verdict in answers
        ]

    def _asset_url(self, digest: str, _asset: Asset) -> str:
        return asset_url(self.draft.module_id, digest)


def asset_url(module_id: uuid.UUID, digest: str) -> str:
    return url_for("authoring.asset", module_id=module_id, digest=digest)
