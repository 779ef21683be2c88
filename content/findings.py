"""What a check found: a code, how bad it is, where it is, and the sentence in the reader's language."""

import dataclasses
from dataclasses import dataclass

from content.texts import sentence

ERROR = "error"  # must be mended before publishing
WARNING = "warning"  # should be
Params = dict[str, str | int]


@dataclass(frozen=True)
class Finding:
    """`code` is stable. The place is page, block and field (named as in `data-field`); "" is the module."""

    code: str
    severity: str
    page_id: str = ""
    block_id: str = ""
    field: str = ""
    params: Params = dataclasses.field(default_factory=dict)

    def text(self, language: str) -> str:
        """A sentence that says what is wrong and what to do."""
        return sentence(self.code, language, **self.params)
