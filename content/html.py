"""A small builder of HTML: every text is escaped unless it is Markup.

`h("p", "5 < 6", class_="note")` gives `<p class="note">5 &lt; 6</p>`.
"""

from collections.abc import Iterable
from html import escape
from typing import TypeAlias, Union

from content.sanitize import clean

VOID = {"br", "hr", "img", "input", "link", "meta", "source", "track"}


class Markup(str):
    """HTML that is safe already."""

    __slots__ = ()


Child: TypeAlias = Union[str, Iterable["Child"], None]  # noqa: UP007 (a quoted name takes no |)
Attribute: TypeAlias = str | int | float | bool | None


def h(tag: str, *children: Child, **attributes: Attribute) -> Markup:
    """An element. Attributes: `class_` is class, `data_block` data-block; None and False are left out."""
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in VOID:
        return Markup(f"<{tag}{written}>")
    return Markup(f"<{tag}{written}>{join(*children)}</{tag}>")


def join(*children: Child) -> Markup:
    """The children after each other; lists are laid open, None is nothing."""
    return Markup("".join(_child(child) for child in children))


def prose(html: str) -> Markup:
    """Rich text of an author: cleaned once more, and links to other sites leave the learner's place alone."""
    cleaned = clean(html)  # serialised by nh3, so a tag has exactly one spelling
    for scheme in ("http", "HTTP"):
        cleaned = cleaned.replace(f'<a href="{scheme}', f'<a target="_blank" rel="noopener" href="{scheme}')
    return Markup(cleaned)


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, str):
        return escape(child)
    return "".join(_child(inner) for inner in child)


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
