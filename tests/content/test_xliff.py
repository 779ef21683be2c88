"""A module's texts to translators and back: what was written comes back as it was, whatever tool it went through."""

import re
import time
import tracemalloc
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content import xliff
from content.errors import NotXliff
from content.sanitize import clean, text
from content.texts import LANGUAGES, catalogue, sentence
from content.xliff import Translated, Unit, read, write

MODULE = "6f1c0c7e-4a51-4a57-9a3c-0d5d7f0e9a11"
PROSE = (
    '<h3>Når</h3><p>Les <a href="https://fjordvik.example/råd?a=1&amp;b=2">rådene</a> og <strong>vask</strong>'
    "<br>nå</p><ul><li>før</li></ul>"
)
IN_SWEDISH = (
    "<h3>När</h3><p><strong>Tvätta</strong> och läs "
    '<a href="https://fjordvik.example/råd?a=1&amp;b=2">råden</a><br>nu</p><ul><li>före</li></ul>'
)


def written(*units: Unit) -> bytes:
    return write(units, original=MODULE, source_language="nb", target_language="sv")


def back(*units: Unit) -> dict[str, str]:
    return dict(read(written(*units)).targets)


def file_of(
    *units: str, begin: str = "", original: str = MODULE, target: str = 'target-language="sv"'
) -> str:
    return (
        f'{begin}<xliff version="1.2" xmlns="{xliff.NAMESPACE}" xmlns:xhtml="{xliff.XHTML}">'
        f'<file original="{original}" source-language="nb" {target} datatype="html"><body>{"".join(units)}</body>'
        "</file></xliff>"
    )


def unit(target: str, source: str = "kilde", key: str = "a", kind: str = "html", more: str = "") -> str:
    return f'<trans-unit id="{key}" datatype="{kind}"><source>{source}</source>{more}{target}</trans-unit>'


def translation(target: str, source: str = "kilde", kind: str = "html", more: str = "") -> str | None:
    """What is read as the translation of a text."""
    whole = file_of(unit(f"<target>{target}</target>", source, kind=kind, more=more))
    return read(whole.encode()).targets.get("a")


# What translators get


def test_a_translator_sees_words_and_protected_tags() -> None:
    whole = written(Unit("b1:html", PROSE, rich=True)).decode()
    assert (
        '<source><g id="1" ctype="x-html-h3">Når</g><g id="2" ctype="x-html-p">Les '
        '<g id="3" ctype="link" xhtml:href="https://fjordvik.example/råd?a=1&amp;b=2">rådene</g> og '
        '<g id="4" ctype="bold">vask</g><x id="5" ctype="lb"/>nå</g>'
        '<g id="6" ctype="x-html-ul"><g id="7" ctype="x-html-li">før</g></g></source>'
    ) in whole
    assert "&lt;" not in whole


def test_a_tag_of_the_translation_has_the_id_of_its_like_in_the_source() -> None:
    whole = written(
        Unit("b1:html", "<em>a</em><strong>b</strong>", "<strong>c</strong><em>d</em><em>e</em>", rich=True)
    ).decode()
    assert re.findall(r'id="(\d)" ctype="(\w+)"', whole) == [
        *[("1", "italic"), ("2", "bold")],
        *[("2", "bold"), ("1", "italic"), ("3", "italic")],
    ]


def test_a_translator_is_told_where_a_text_stands_and_what_is_left_to_do() -> None:
    root = ElementTree.fromstring(
        written(
            Unit("p1:title", "Vask", note="Side 2 – Hendene & såpa"),
            Unit("p2:title", "Vask", "Tvätta", state="changed"),
            Unit("p3:title", "Vask", "Tvätta", state="translated"),
            Unit("p4:title", "Vask", "", state="changed"),
            Unit("p5:title", "Vask", "", state="translated"),
        )
    )
    names = {"x": xliff.NAMESPACE}
    found = root.findall(".//x:trans-unit", names)
    assert [(u.get("approved"), u.find("x:target", names).get("state")) for u in found] == [
        ("no", "new"),
        ("no", "needs-review-translation"),
        ("yes", "translated"),
        ("no", "new"),
        ("no", "new"),
    ]
    assert [u.findtext("x:note", None, names) for u in found] == ["Side 2 – Hendene & såpa", *[None] * 4]
    assert {u.get("{http://www.w3.org/XML/1998/namespace}space") for u in found} == {"preserve"}


def test_equal_texts_give_equal_bytes() -> None:
    units = [Unit("@module:title", "Vask", "Tvätta"), Unit("b1:html", PROSE, IN_SWEDISH, rich=True)]
    assert written(*units) == written(*units)
    assert written(*units).startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<xliff version="1.2"')


# What comes back as it was


def test_what_was_given_comes_back() -> None:
    units = [
        Unit("@module:title", "Vask hendene", "Tvätta händerna", state="translated"),
        Unit("b1:html", PROSE, IN_SWEDISH, rich=True, state="changed"),
        Unit("p1:title", "Uten oversettelse"),
    ]
    assert read(written(*units)) == Translated(
        original=MODULE,
        source_language="nb",
        target_language="sv",
        targets={"@module:title": "Tvätta händerna", "b1:html": IN_SWEDISH},
    )


@pytest.mark.parametrize(
    "words",
    [
        "  to linjer\n\n\tog rom ",
        "vindu\r\nslår\rom",
        "5 < 6 & 7 > 6",
        "<br>",
        "<p>om HTML</p>",
        "&amp;",
        "]]>",
        "👩🏽‍⚕️",
    ],
)
def test_plain_text_keeps_every_character(words: str) -> None:
    assert back(Unit("a", "kilde", words)) == {"a": words}


def test_what_xml_cannot_hold_is_left_out() -> None:
    bad = "a\x00b\x0bc\x1fd\ud800e\udffff\ufffeg\uffffh"
    assert back(Unit("a", bad, bad, note=bad), Unit("b", bad, bad, rich=True, state="translated")) == {
        "b": "abcdefgh"
    }
    assert back(Unit("a", "kilde", bad)) == {"a": "abcdefgh"}


CHARACTERS = st.characters() | st.sampled_from("\x00\x0b\r\n\t\ufffe<>&\"' ")
WORDS = st.text(CHARACTERS, max_size=30)
LINKS = st.sampled_from(
    ["https://a.example/?b=1&c=2", "mailto:astrid@fjordvik.example", "#p1", 'https://"', "x"]
)


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    tags = st.sampled_from(["p", "strong", "em", "ul", "ol", "li", "h3", "h4", "script", "div"])
    link = st.builds('<a href="{}">{}</a>'.format, LINKS.map(lambda link: link.replace('"', "&quot;")), inner)
    return (
        st.builds("<{0}>{1}</{0}>".format, tags, inner)
        | link
        | st.lists(inner, max_size=4).map("".join)
        | st.just("<br>")
    )


HTML = st.recursive(WORDS, nested, max_leaves=12)


def possible(words: str) -> str:
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", words)


@given(
    st.lists(st.tuples(WORDS, WORDS, HTML, HTML, st.sampled_from(["changed", "translated"])), max_size=4),
    WORDS,
)
@settings(max_examples=200, deadline=None)
def test_any_texts_come_back(rows: list[tuple[str, str, str, str, str]], note: str) -> None:
    units, expected = [], {}
    for at, (source, target, html, translated, state) in enumerate(rows):
        units += [Unit(f"p{at}:title", source, target, state=state, note=note)]
        units += [Unit(f"b{at}:html", html, translated, rich=True, state=state, note=note)]
        if possible(target).strip():
            expected[f"p{at}:title"] = possible(target)
        same = clean(
            clean(possible(translated))
        )  # a CR that was written as &#13; is a line's end the second time
        if text(same):
            expected[f"b{at}:html"] = same
    assert back(*units) == expected


# What tools make of it

TRADOS = f"""<?xml version="1.0" encoding="utf-8"?><!-- saved by a tool --><?tool a?>
<xliff xmlns:sdl="http://sdl.example/FileTypes/1.0" xmlns="{xliff.NAMESPACE}" version="1.2"
       xmlns:xhtml="{xliff.XHTML}" sdl:version="1.0">
<file original="{MODULE}" source-language="nb-NO" target-language="sv-SE" datatype="html">
<header><sdl:file-info><sdl:value key="target">no text</sdl:value></sdl:file-info></header>
<body><group><trans-unit id="b1:html" resname="b1:html" datatype="html" xml:space="preserve">
<source><g id="1" ctype="x-html-p">Vask. <g id="2" ctype="link" xhtml:href="https://a.example">Les</g> så.</g></source>
<seg-source><g id="1"><mrk mtype="seg" mid="1">Vask.</mrk>
<mrk mtype="seg" mid="2"><g id="2">Les</g> så.</mrk></g></seg-source>
<target state="translated"><g id="1"><mrk mtype="seg" mid="1">Tvätta.</mrk> <mrk mtype="seg" mid="2"><g id="2">Läs</g>
sedan.</mrk></g></target><note>Side 1</note>
<alt-trans match-quality="80"><source>Vask</source><target>Fel förslag</target></alt-trans>
<sdl:seg-defs><sdl:seg id="1" conf="Translated"/></sdl:seg-defs>
</trans-unit></group></body></file>
<file original="{MODULE}" source-language="nb-NO" target-language="sv-se" datatype="html">
<body><trans-unit id="@module:title" datatype="plaintext"><source>Hei</source><target>Hej</target></trans-unit></body>
</file></xliff>"""

MEMOQ = f"""<?xml version="1.0" encoding="UTF-8"?>
<xliff version="1.2" xmlns="{xliff.NAMESPACE}" xmlns:mq="MQXliff"><file original="{MODULE}" source-language="nb"
target-language="sv" datatype="x-memoq"><body>
<trans-unit id="1" resname="b1:html" datatype="html" mq:status="ManuallyConfirmed">
<source xml:space="preserve"><bpt id="1" ctype="bold">&lt;b&gt;</bpt>Vask<ept id="1">&lt;/b&gt;</ept><ph id="2"
ctype="lb">&lt;br/&gt;</ph>nå</source>
<target xml:space="preserve"><bpt id="1" ctype="bold">&lt;b&gt;</bpt>Tvätta<ept id="1">&lt;/b&gt;</ept><ph
id="2">&lt;br/&gt;</ph>nu<it id="3" pos="open">kode<sub>mer kode</sub></it></target>
<mq:comments><mq:comment>no text</mq:comment></mq:comments></trans-unit></body></file></xliff>"""

OMEGAT = f"""<?xml version="1.0" encoding="UTF-8"?>
<xliff version="1.2" xmlns="{xliff.NAMESPACE}" xmlns:xhtml="{xliff.XHTML}"><file original="{MODULE}"
source-language="nb" target-language="sv" datatype="html" tool-id="lms-bridge"><body>
<trans-unit id="p1:title" resname="p1:title" datatype="plaintext" approved="no"><source>E-post</source>
<target state="new">E-post</target></trans-unit>
<trans-unit id="p2:title" resname="p2:title" datatype="plaintext" approved="no"><source>Vask</source>
<target state="new"><![CDATA[Tvätta & <skölj>]]></target></trans-unit>
<trans-unit id="p3:title" resname="p3:title" datatype="plaintext" approved="yes"><source>Chat</source>
<target state="translated">Chat</target></trans-unit>
<trans-unit id="b1:html" resname="b1:html" datatype="html"><source><g id="1" ctype="x-html-p">Vask. Skyll.</g></source>
<target state="new"><bx id="1"/>Tvätta. <!-- her --> Skölj.<ex id="1"/></target></trans-unit>
</body></file></xliff>"""


def test_a_file_in_segments_as_trados_gives_it_back() -> None:
    assert read(TRADOS.encode()) == Translated(
        original=MODULE,
        source_language="nb-NO",
        target_language="sv-se",
        targets={
            "b1:html": '<p>Tvätta. <a href="https://a.example">Läs</a>\nsedan.</p>',
            "@module:title": "Hej",
        },
    )


def test_a_file_with_codes_for_tags_as_memoq_gives_it_back() -> None:
    assert dict(read(MEMOQ.encode()).targets) == {"b1:html": "<strong>Tvätta</strong><br>nu"}


def test_a_file_with_sources_copied_as_omegat_gives_it_back() -> None:
    """The state stays "new" when a text is translated; what nobody touched is the source."""
    assert dict(read(OMEGAT.encode()).targets) == {
        "p2:title": "Tvätta & <skölj>",
        "p3:title": "Chat",
        "b1:html": "<p>Tvätta.  Skölj.</p>",
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_other_encodings_of_unicode(encoding: str) -> None:
    whole = file_of(unit("<target>Tvätta 👩🏽‍⚕️</target>"))
    assert dict(read(whole.encode(encoding)).targets) == {"a": "Tvätta 👩🏽‍⚕️"}


def test_an_encoding_that_the_file_names() -> None:
    whole = file_of(unit("<target>Tvätta</target>"), begin='<?xml version="1.0" encoding="windows-1252"?>')
    assert dict(read(whole.encode("cp1252")).targets) == {"a": "Tvätta"}


@pytest.mark.parametrize("name", ["", ' xmlns="urn:oasis:names:tc:xliff:document:1.1"'])
def test_older_xliff_is_read_too(name: str) -> None:
    whole = file_of(unit("<target>Tvätta</target>")).replace(f' xmlns="{xliff.NAMESPACE}"', name)
    assert dict(read(whole.encode()).targets) == {"a": "Tvätta"}


LINK = '<g id="1" ctype="link" xhtml:href="https://a.example/">her</g>'
TAGS = [
    ('<g id="1">här</g>', '<a href="https://a.example/">här</a>'),
    ('<g id="1" ctype="link">här</g>', '<a href="https://a.example/">här</a>'),
    (
        '<g id="1" ctype="link" xhtml:href="https://b.example/">här</g>',
        '<a href="https://b.example/">här</a>',
    ),
    ('<bx id="1"/>här<ex id="1"/>', '<a href="https://a.example/">här</a>'),
    ('<bx id="1" rid="7"/>här<ex id="2" rid="7"/>.', '<a href="https://a.example/">här</a>.'),
    ('<it id="1" pos="open">a</it>här<it id="1" pos="close">b</it>', '<a href="https://a.example/">här</a>'),
    ('<bx id="1"/>här', '<a href="https://a.example/">här</a>'),
    ('här<ex id="1"/>', "här"),
    ('<g id="9">här</g>', "här"),
    ("<g>här</g>", "här"),
    ('<g id="9" ctype="x-html-STRONG">här</g>', "<strong>här</strong>"),
    ('<g id="9" ctype="x-html-script">här</g>', "här"),
    ('<g id="9" ctype="lb">här</g>', "här"),
    ('<x id="9" ctype="image"/>här', "här"),
    ('<x id="1"/>här', "här"),
    ('<mrk mtype="term">h<mrk mtype="seg" mid="1">ä</mrk>r</mrk>', "här"),
    ("här<sub>kode</sub><o:bx xmlns:o='urn:o'>kode</o:bx>", "här"),
    ("<![CDATA[<b>h</b>]]>är", "&lt;b&gt;h&lt;/b&gt;är"),
]


@pytest.mark.parametrize(("target", "html"), TAGS, ids=[row[0][:40] for row in TAGS])
def test_tags_that_tools_changed_are_understood_by_the_source(target: str, html: str) -> None:
    assert translation(target, LINK) == html


def test_a_text_that_lost_its_kind_is_rich_where_its_source_has_tags() -> None:
    with_tags = unit('<target><g id="1">&lt;här&gt;</g></target>', '<g id="1" ctype="bold">a</g>', "b1")
    without = unit("<target>&lt;här&gt;</target>", key="p1")
    whole = file_of(with_tags, without).replace(' datatype="html">', ">")
    assert dict(read(whole.encode()).targets) == {"b1": "<strong>&lt;här&gt;</strong>", "p1": "<här>"}


def test_a_line_break_that_a_tool_made_a_tag_of_is_one_in_plain_text() -> None:
    assert (
        translation('en<x id="1" ctype="lb"/><g id="2" ctype="bold">två</g>', kind="plaintext") == "en\ntvå"
    )


@pytest.mark.parametrize("target", ["", " \n ", '<g id="1" ctype="x-html-p"> <x id="2" ctype="lb"/></g>'])
def test_an_empty_translation_is_none(target: str) -> None:
    assert translation(target) is None


@pytest.mark.parametrize(
    ("state", "counts"), [("new", False), ("needs-translation", False), ("translated", True), ("", True)]
)
def test_a_copy_of_the_source_counts_unless_the_file_says_that_it_is_to_do(state: str, counts: bool) -> None:
    said = f' state="{state}"' if state else ""
    same = '<g id="1" ctype="bold">Chat</g>'
    whole = file_of(
        unit(f"<target{said}>{same}</target>", same), unit(f"<target{said}>Hej</target>", "Hei", "b")
    )
    assert set(read(whole.encode()).targets) == ({"a", "b"} if counts else {"b"})


def test_of_a_key_that_comes_twice_the_last_translation_counts() -> None:
    whole = file_of(*[unit(f"<target>{words}</target>") for words in ("Tvätta", "Skölj", "")], unit(""))
    assert dict(read(whole.encode()).targets) == {"a": "Skölj"}


def test_an_id_that_a_tool_numbered_anew_is_known_by_its_name() -> None:
    whole = file_of(
        '<trans-unit id="17" resname="p1:title"><source>a</source><target>b</target></trans-unit>'
    )
    assert dict(read(whole.encode()).targets) == {"p1:title": "b"}


# What strangers send


def test_a_text_in_a_text_is_not_looked_at() -> None:
    inner = unit("<target>inne</target>", key="b")
    whole = file_of(unit("<target>ute</target>", more=inner))
    assert dict(read(whole.encode()).targets) == {"a": "ute"}


@pytest.mark.parametrize(
    "words", ["<script>alert(1)</script>", '<img src="x" onerror="alert(1)">', "</p><p>"]
)
def test_html_written_as_text_stays_text(words: str) -> None:
    escaped = words.replace("<", "&lt;").replace(">", "&gt;")
    assert translation(f'<g id="1" ctype="x-html-p">{escaped}</g>') == f"<p>{escaped}</p>"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,a", "//evil.example", '"&gt;&lt;script&gt;']
)
def test_an_address_that_could_harm_goes(address: str) -> None:
    target = f"<g id='1' ctype='link' xhtml:href='{address}'>här</g>"
    assert translation(target) == "<a>här</a>"


LAUGHS = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]>'
HEI = unit("<target>Hej</target>")
SECOND = (
    '<file original="{}" source-language="nb" target-language="{}" datatype="html"><body/></file></xliff>'
)
ENDLESS = " ".join(f'a{number}="1"' for number in range(200_000))
WIDE = " ".join(f'a{number}="1"' for number in range(100_000))


def and_a_second(original: str, language: str) -> str:
    return file_of(HEI).replace("</xliff>", SECOND.format(original, language))


REFUSED = {
    "empty": ("", "xliff.empty"),
    "only blanks": (" \n", "xliff.empty"),
    "no XML": ("Hej på dig", "xliff.unknown"),
    "a zip": ("PK\3\4\0\0", "xliff.unknown"),
    "a web page": ("<html><p>a<p></html>", "xliff.unknown"),
    "XLIFF of some other time": ('<xliff xmlns="urn:oasis:names:tc:xliff:document:3.0"/>', "xliff.unknown"),
    "XLIFF 2": ('<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" version="2.0"/>', "xliff.version_2"),
    "cut off": (file_of(HEI)[:-20], "xliff.damaged"),
    "two roots": (file_of(HEI) * 2, "xliff.damaged"),
    "a NUL": (file_of(unit("<target>a&#0;</target>")), "xliff.damaged"),
    "half a character": (file_of(unit("<target>a&#xD800;</target>")), "xliff.damaged"),
    "an entity of nobody": (file_of(unit("<target>&nbsp;</target>")), "xliff.damaged"),
    "another encoding than it says": (file_of(HEI, begin='<?xml version="1.0" encoding="utf-16"?>'), "xliff.unknown"),
    "an encoding of nobody": (file_of(HEI, begin='<?xml version="1.0" encoding="fjord"?>'), "xliff.unknown"),
    "an encoding that is a codec": (file_of(HEI, begin='<?xml version="1.0" encoding="zlib"?>'), "xliff.unknown"),
    "many bytes a character": (file_of(HEI, begin='<?xml version="1.0" encoding="euc-jp"?>'), "xliff.unknown"),
    "Latin 1 that says nothing": (file_of(unit("<target>Tvätta</target>")).encode("latin-1"), "xliff.damaged"),
    "billion laughs": (file_of(HEI, begin=LAUGHS), "xliff.unsafe"),
    "a DTD from elsewhere": (file_of(HEI, begin='<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a">'), "xliff.unsafe"),
    "a harmless DOCTYPE": (file_of(HEI, begin="<!DOCTYPE xliff>"), "xliff.unsafe"),
    "a DOCTYPE in UTF-16": (file_of(HEI, begin=LAUGHS).encode("utf-16"), "xliff.unsafe"),
    "no file": (f'<xliff version="1.2" xmlns="{xliff.NAMESPACE}">{HEI}</xliff>', "xliff.no_file"),
    "two modules": (and_a_second("another", "sv"), "xliff.several_modules"),
    "two languages": (and_a_second(MODULE, "en"), "xliff.several_languages"),
    "no language": (file_of(HEI, target=""), "xliff.no_language"),
    "no id": (file_of("<trans-unit><source>a</source><target>b</target></trans-unit>"), "xliff.no_id"),
    "an empty id": (file_of(unit("<target>b</target>", key="")), "xliff.no_id"),
    "more than 20 MB": (file_of(HEI) + " " * xliff.LARGEST_FILE, "xliff.too_large"),
    "depth": (file_of("<group>" * 300), "xliff.too_large"),
    "depth in a text": (file_of(unit(f"<target>{'<g>' * 300}")), "xliff.too_large"),
    "tags begun and never ended": (
        file_of(unit("<target>" + "".join(f'<bx id="{n}" ctype="bold"/>' for n in range(300)) + "</target>")),
        "xliff.too_large",
    ),
    "more texts than a module has": (file_of('<trans-unit id="a"/>' * 6_000), "xliff.too_large"),
    "more tags than a module has": (file_of(unit(f"<target>{'<x/>' * 100_000}</target>")), "xliff.too_large"),
    "hundreds of thousands of attributes": (file_of(f"<group {ENDLESS}/>"), "xliff.too_large"),
    "many with many attributes": (file_of(f"<group {WIDE}/>" * 11), "xliff.too_large"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "code"), REFUSED.values(), ids=REFUSED)
def test_each_gets_a_sentence_in_time_and_without_filling_the_memory(
    body: str | bytes, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xliff, "MOST_UNITS", xliff.MOST_UNITS // 10)  # counting memory is slow
    monkeypatch.setattr(xliff, "MOST_ELEMENTS", xliff.MOST_ELEMENTS // 10)
    data = body.encode() if isinstance(body, str) else body
    tracemalloc.start()
    began = time.monotonic()
    with pytest.raises(NotXliff) as refused:
        read(data)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.code == code
    assert str(refused.value) == sentence(code, "en")
    assert time.monotonic() - began < 30  # measured while counting memory; the slowest takes a few seconds
    assert most < 300 * 2**20
    sentences = {sentence(code, language) for language in LANGUAGES}
    assert len(sentences) == len(LANGUAGES)
    assert "{" not in "".join(sentences)


CROWDED = {
    "breaks, deep": '<g id="1" ctype="bold">' * 200 + '<x ctype="lb"/>' * 300_000 + "</g>" * 200,
    "lists under lists begun": "".join(f'<bx id="{n}" ctype="x-html-ul"/>' for n in range(200))
    + '<bx id="l" ctype="x-html-li"/><ex id="l"/>' * 150_000,
    "a list begun again and again": '<bx id="1" ctype="x-html-ul"/>' * 300_000,
}


@pytest.mark.parametrize("target", CROWDED.values(), ids=CROWDED)
def test_a_text_of_nothing_but_tags_is_read_in_time(target: str) -> None:
    began = time.monotonic()
    assert translation(target) is None
    assert time.monotonic() - began < 20  # it takes two; what grows by the square takes hours


@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(lambda words: file_of(unit(words)).encode("utf-8", "ignore"))
)
@settings(max_examples=200, deadline=None)
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    try:
        language = read(data).target_language
    except NotXliff:
        language = "sv"
    assert language == "sv"


def test_every_sentence_is_told_to_somebody() -> None:
    assert {code for code in catalogue("en") if code.startswith("xliff.")} == {
        code for _, code in REFUSED.values()
    }
