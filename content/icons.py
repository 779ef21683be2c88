"""The player's few icons, on a grid of 24 in the current colour; a screen reader passes them by."""

from content.html import Markup, h

_PATHS = {
    "info": "M12 11v6M12 7.2v.1M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z",
    "tip": "M9.5 18h5M10.5 21h3M8.6 14.4a6 6 0 1 1 6.8 0c-.6.5-.9 1-.9 1.8h-5c0-.8-.3-1.3-.9-1.8Z",
    "warning": "M12 9.5v4.5M12 17.2v.1M10.4 4.3 2.9 17.5A1.8 1.8 0 0 0 4.5 20h15a1.8 1.8 0 0 0 1.6-2.5"
    "L13.6 4.3a1.8 1.8 0 0 0-3.2 0Z",
    "important": "M5 21V4.2M5 4.5c4.5-2.5 8.5 2 14-.2v10.2c-5.5 2.2-9.5-2.3-14 .2",
    "check": "m5 12.5 4.5 4.5L19 7.5",
    "cross": "m6.5 6.5 11 11M17.5 6.5l-11 11",
    "next": "M5 12h14M13 6l6 6-6 6",
    "back": "M19 12H5M11 6l-6 6 6 6",
    "up": "M12 19V5M6 11l6-6 6 6",
    "down": "M12 5v14M6 13l6 6 6-6",
    "menu": "M4 7h16M4 12h16M4 17h10",
    "clock": "M12 7.5V12l3 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z",
    "pages": "M7 3.5h7l4 4v13H7zM14 3.5v4h4",
    "test": "M9 4.5H6.5v16h11v-16H15M9 3h6v3.5H9zM9.3 13.5l2 2 3.7-4",
    "badge": "M12 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM8.5 13.5 7 21l5-2.5L17 21l-1.5-7.5",
}


def icon(name: str) -> Markup:
    return h("svg", h("path", d=_PATHS[name]), class_="icon", viewBox="0 0 24 24", aria_hidden="true")
