"""A draft that two people write in, for the tests."""

from typing import Any


def paragraph(name: str, text: str) -> dict[str, Any]:
    return {"id": name, "type": "text", "html": f"<p>{text}</p>"}


def question(name: str) -> dict[str, Any]:
    options = [{"id": f"o{n}", "text": f"Answer {n}", "correct": n == 1} for n in (1, 2, 3)]
    return {"id": name, "type": "single_choice", "prompt": "<p>Which?</p>", "options": options}


def a_module() -> dict[str, Any]:
    """Two pages: a text, a picture's place and a question on the first, a text on the second."""
    first = [paragraph("btext", "First."), {"id": "bimage", "type": "image"}, question("bask")]
    return {
        "title": "Falls",
        "language": "en",
        "pages": [
            {"id": "pone", "title": "One", "blocks": first},
            {"id": "ptwo", "title": "Two", "blocks": [paragraph("blast", "Last.")]},
        ],
    }


def setting(target: str, base: int, **fields: Any) -> dict[str, Any]:
    """A `set` edit; `__` in a name is a dot."""
    named = {name.replace("__", "."): value for name, value in fields.items()}
    return {"op": "set", "target": target, "fields": named, "base": base}
