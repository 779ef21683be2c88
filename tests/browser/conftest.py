"""Fixtures of the player's tests: the sample module served once a session, and a learner in it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from content.theme import Theme
from tests.browser.players import API, Learner, Server, write
from tests.content.samples import sample


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample module as plain web, in a municipality's colour, and for both SCORM versions."""
    folder = tmp_path_factory.mktemp("packages")
    write(folder / "none", sample())
    write(folder / "yellow", sample(), theme=Theme("#ffd500"))
    for standard in API:
        write(folder / standard, sample(), standard)
    return folder


@pytest.fixture(scope="session")
def player_url(packages: Path) -> Iterator[str]:
    server = Server(packages)
    yield server.url
    server.close()


@pytest.fixture
def learner(new_page: Callable[..., Page], player_url: str) -> Callable[..., Learner]:
    """Opens the sample module: learner(), learner("yellow", viewport={…}), or learner(page=…) for another visit."""

    def open_player(package: str = "none", page: Page | None = None, **options: Any) -> Learner:
        page = page or new_page(**{"reduced_motion": "reduce"} | options)
        page.goto(f"{player_url}/{package}/index.html")
        return Learner(page)

    return open_player
