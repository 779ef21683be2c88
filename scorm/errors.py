"""What goes wrong, said so that a person knows what to do next."""


class ScormError(Exception):
    """Every error of this library.

    `code` is stable and meant for programs, `message` is a sentence, `hint` says how to mend it.
    """

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.code = code
        self.message = message
        self.hint = hint


class PackageError(ScormError):
    """A Package that cannot be written as the standard demands; raised before the first byte leaves."""


class SourceError(ScormError):
    """A file of the Package could not be read, or is not what was declared, while the zip was written."""


class UnreadableError(ScormError):
    """Bytes that are no package, or a package that must not be opened (see the README on untrusted zips)."""
