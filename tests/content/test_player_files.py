"""The files of a package: few, small, the same every time, and nothing in them that a strict policy forbids."""

import gzip
import hashlib
import io
import re
import zipfile
from pathlib import Path

import pytest

from content import render
from content.drawing import LANGUAGES, player_texts
from content.theme import Theme
from tests.content.samples import BYTES, changed, open_asset, sample

RUNTIME = b"window.lms = {};"


def files(**options: object) -> dict[str, bytes]:
    return dict(render.player_files(sample(), runtime=RUNTIME, **options))  # type: ignore[arg-type]


def test_page_style_runtime_and_script() -> None:
    assert list(files()) == ["index.html", "player.css", "lms.js", "player.js"]
    assert files()["lms.js"] == RUNTIME


def test_equal_modules_give_equal_bytes() -> None:
    assert files(revision="2", theme=Theme("#123456")) == files(revision="2", theme=Theme("#123456"))
    assert files() != files(revision="2")


def test_small_enough_to_travel_in_every_package() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, body in files().items():
            if path != "index.html":
                archive.writestr(path, body)
    assert len(target.getvalue()) < 20_000  # with the runtime of a standard it stays under 60 kB
    assert len(gzip.compress(files()["player.js"])) < 8_000


def test_nothing_that_a_strict_content_security_policy_forbids() -> None:
    page = files()["index.html"].decode()
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL)
    for attributes, body in scripts:
        assert ("src=" in attributes and not body) or 'type="application/' in attributes
    assert "<style" not in page
    assert not re.search(r"\s(style|on[a-z]+)=", page)
    assert "eval(" not in files()["player.js"].decode()
    assert "@import" not in files()["player.css"].decode()


def test_nothing_is_fetched_from_elsewhere() -> None:
    page = files()["index.html"].decode()
    assert not re.search(r'(src|href)="(https?:)?//[^"]*\.(js|css|png|woff2?)"', page)
    assert "url(" not in files()["player.css"].decode()


def test_every_page_is_in_the_document_to_be_read_without_script() -> None:
    page = files()["index.html"].decode()
    for number, section in enumerate(sample().pages, start=1):
        assert f"{section.title}</h2>" in page
        assert f"Side {number} av 3" in page
    assert 'lang="nb"' in page
    assert page.count("<h1") == 1


def test_assets_are_listed_with_what_a_package_needs() -> None:
    listed = render.asset_files(sample(), open_asset)
    assert {asset.sha256 for asset in listed} == set(BYTES)
    for asset in listed:
        with asset.open() as stream:
            body = stream.read()
        assert hashlib.sha256(body).hexdigest() == asset.sha256
        assert asset.size == len(body)
        assert asset.path.startswith(f"assets/{asset.sha256}.")


def test_an_author_without_a_test_gets_none() -> None:
    module = changed(lambda made: (made["pages"].pop(), made.update(pass_mark=None)))
    page = render.document(module)
    assert "data-pass-mark" not in page
    assert "bestått ved" not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_player_speaks_the_modules_language(language: str) -> None:
    page = render.document(changed(lambda made: made.update(language=language)))
    assert player_texts(language)["contents"] in page
    assert "{" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def test_all_languages_have_the_same_words_and_gaps() -> None:
    gaps = re.compile(r"{(\w+)}")
    for language in LANGUAGES:
        assert list(player_texts(language)) == list(player_texts("en"))
        for key, words in player_texts(language).items():
            assert set(gaps.findall(words)) == set(gaps.findall(player_texts("en")[key])), key


def test_no_word_of_the_player_is_left_over() -> None:
    source = "".join(file.read_text() for file in Path(render.__file__).parent.rglob("*.py"))
    built = files()["player.js"].decode()
    for key in player_texts("en"):
        stem = key.rsplit("_", 1)[0]
        used = (
            re.search(rf'["\']({key}|{stem})["\']', source)
            or "tone_" in key
            or key.endswith(("_one", "_many"))
        )
        assert used or key in built, key


@pytest.mark.parametrize(
    ("accent", "kept"), [("#0b5d5e", True), ("#7b1e3a", True), ("#ffd500", False), ("ffffff", False)]
)
def test_a_municipalitys_colour_is_made_dark_enough(accent: str, kept: bool) -> None:
    css = Theme(accent).css()
    assert (accent.lstrip("#") in css) is kept
    assert css.encode() in files(theme=Theme(accent))["player.css"]


@pytest.mark.parametrize("accent", ["red", "#fff", "#12345g", "", "#000000;}body{display:none"])
def test_a_colour_is_six_digits(accent: str) -> None:
    with pytest.raises(ValueError, match="is not a colour"):
        Theme(accent)
