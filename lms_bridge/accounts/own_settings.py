"""Parts of the page on one's own account that slices above add, as they do to the menu."""

from collections.abc import Callable, Mapping

from ..web.app import Bridge, bridge

Part = Callable[[], Mapping[str, object]]


def add(app: Bridge, template: str, part: Part) -> None:
    """`template` shows what `part` returns, under the name `part`; nothing where that is empty."""
    app.extensions.setdefault("own_settings", []).append((template, part))


def init_app(app: Bridge) -> None:
    def parts() -> list[tuple[str, Mapping[str, object]]]:
        added: list[tuple[str, Part]] = bridge().extensions.get("own_settings", [])
        return [(template, shown) for template, part in added if (shown := part())]

    app.jinja_env.globals["own_settings"] = parts
