"""What can be wrong with content that came from outside; each error is a sentence that says what to do."""


class ContentError(Exception):
    """Base of every error that content raises about what it was given."""


class InvalidModule(ContentError):
    """A module document is not as the schema says.

    `path` is the place in the JSON document, such as `pages[0].blocks[2].options`; "" is the document itself.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path or 'module'}: {problem}")
        self.path = path
        self.problem = problem


class TooLong(InvalidModule):
    """A text has more than the `most` characters that it may have."""

    def __init__(self, path: str, most: int, length: int) -> None:
        super().__init__(path, f"must be at most {most} characters, is {length}")
        self.most = most


class InvalidModuleFile(ContentError):
    """A module folder or .lmsmodule file cannot be read, or is not safe to read."""


class RejectedMedia(ContentError):
    """A picture, film or sound that is not taken in. `code` is stable; `params` fill its sentence."""

    def __init__(self, code: str, **params: str | int) -> None:
        from content.texts import sentence

        self.code = code
        self.params = params
        super().__init__(sentence(code, "en", **params))


class InvalidDocument(ContentError):
    """A Word document or presentation that is not brought in. `code` is stable; its sentence is for the person."""

    def __init__(self, code: str) -> None:
        from content.texts import sentence

        self.code = code
        super().__init__(sentence(code, "en"))


class NotXliff(ContentError):
    """A file of translations that is not read. `code` is stable; its sentence is for the person."""

    def __init__(self, code: str) -> None:
        from content.texts import sentence

        self.code = code
        super().__init__(sentence(code, "en"))
