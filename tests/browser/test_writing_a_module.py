"""A trainer who has never made e-learning writes a module with every kind of block, with the mouse."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from .writing import Writer, blocks

pytestmark = pytest.mark.browser


@pytest.fixture
def astrid(page, service):
    return Writer(page, service, "astrid@fjordvik.example")


def picture(color: str = "teal") -> dict:
    body = io.BytesIO()
    Image.new("RGB", (640, 400), color).save(body, "PNG")
    return {"name": "gang.png", "mimeType": "image/png", "buffer": body.getvalue()}


FILM = {
    "name": "fall.mp4",
    "mimeType": "video/mp4",
    "buffer": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(900),
}
SOUND = {
    "name": "fall.mp3",
    "mimeType": "audio/mpeg",
    "buffer": b"ID3\x03\x00\x00\x00\x00\x00\x00" + bytes(900),
}
PASTED = (
    '<h3 style="color:red">Plan</h3><p>En <b>viktig</b> <a href="https://fjordvik.example" onclick="x()">lenke</a></p>'
    '<img src="https://sporer.example/p.gif"><script>x()</script><table><tr><td>celle</td></tr></table>'
)
CAPTIONS = {"name": "fall.vtt", "mimeType": "text/vtt", "buffer": b"WEBVTT\n\n00:00.000 --> 00:02.000\nHei\n"}


def test_an_agreement_with_the_owner_is_written_down(astrid: Writer, axe):
    address = astrid.make("Bilder vi har lånt")
    image = astrid.add("image")
    image.locator("input[type=file]").set_input_files(picture())
    image.get_by_text("Noen andre har laget det").click()
    image.get_by_label("Lisens").select_option("GROUP")
    agreement = image.get_by_role("group", name="Avtalen", exact=True)
    expect(agreement.get_by_label("Hvem som kan bruke det")).to_have_value("Fjordvik kommune")
    agreement.get_by_label("Til og med").fill("2030-06-30")
    agreement.get_by_label("oversette det").check()
    agreement.get_by_text("Mer om avtalen").click()
    agreement.get_by_label("Høyst så mange deltakere").fill("200")
    axe(astrid.page)
    image.get_by_label("Hva det heter").fill("Gangen på Solbakken")
    image.get_by_label("Eies av").fill("Storsjö kommun")
    expect(astrid.page.locator("#editor-state")).to_have_text("Lagret")
    astrid.open(address)
    image = astrid.canvas.locator(".frame").first
    image.locator("summary", has_text="Hvem eier bildet?").click()
    agreement = image.get_by_role("group", name="Avtalen", exact=True)
    expect(image.get_by_label("Hva det heter")).to_have_value("Gangen på Solbakken")
    expect(agreement.get_by_label("Til og med")).to_have_value("2030-06-30")
    expect(agreement.get_by_label("oversette det")).to_be_checked()
    expect(agreement.get_by_label("endre det")).not_to_be_checked()
    expect(image.locator(".verdicts")).to_contain_text("Avtalen tillater det ikke")
    image.get_by_label("Lisens").select_option("CC-BY-4.0")
    expect(agreement).to_be_hidden()


def test_every_kind_of_block(astrid: Writer, axe):
    address = astrid.make("Fallforebygging")
    astrid.title.fill("Hvorfor folk faller")

    text = astrid.add("text")
    astrid.write(text, "Tekst", "Mange faller hjemme.")
    text.get_by_role("button", name="Punktliste").click()

    image = astrid.add("image")
    image.locator("input[type=file]").set_input_files(picture())
    expect(image.locator("img")).to_be_visible()
    image.get_by_label("Alternativ tekst").fill("En gang med gåstol")
    image.get_by_role("button", name="Vi har laget det selv").click()
    expect(image.locator(".rights-line")).to_have_text("CC BY 4.0 · Astrid Aune · Fjordvik kommune")

    callout = astrid.add("callout")
    astrid.write(callout, "Overskrift i boksen", "Husk")
    astrid.write(callout, "Tekst", "Rydd gangen.")
    callout.get_by_label("Advarsel").check()

    accordion = astrid.add("accordion")
    astrid.write(accordion, "Avsnittets overskrift", "Inne")
    astrid.write(accordion, "Avsnittets tekst", "Fjern løse tepper.")

    checklist = astrid.add("checklist")
    astrid.write(checklist, "Punkt", "Lyset er på")
    checklist.get_by_role("button", name="Legg til et punkt").click()
    expect(checklist.get_by_role("textbox", name="Punkt")).to_have_count(4)

    single = astrid.add("single_choice")
    astrid.write(single, "Spørsmålet", "Hva hjelper mest?")
    for number, answer in enumerate(("Trening", "Hvile", "Kaffe")):
        astrid.write(single, "Svar", answer, number)
    single.get_by_role("radio").nth(1).check()
    single.get_by_role("radio").nth(0).check()

    multiple = astrid.add("multiple_choice")
    astrid.write(multiple, "Spørsmålet", "Hva er farlig?")
    multiple.get_by_role("checkbox", name="Merk som riktig").nth(2).check()
    multiple.get_by_role("switch", name="Teller i prøven").click()

    statement = astrid.add("true_false")
    astrid.write(statement, "Spørsmålet", "Sokker er trygge på glatte gulv.")
    statement.get_by_role("radio").nth(1).check()

    steps = astrid.add("ordering")
    for number, step in enumerate(("Hent hjelp", "Se etter skader", "Hjelp opp")):
        astrid.write(steps, "Steg", step, number)
    steps.get_by_role("button", name="Legg til et steg").click()
    expect(steps.get_by_role("textbox", name="Steg")).to_have_count(4)
    steps.get_by_role("button", name="Slett nummer 4").click()
    expect(steps.get_by_role("textbox", name="Steg")).to_have_count(3)
    steps.get_by_role("button", name="Flytt nummer 2 opp").click()
    expect(steps.get_by_role("textbox", name="Steg").first).to_have_text("Se etter skader")

    video = astrid.add("video")
    video.locator("input[type=file]").set_input_files(FILM)
    expect(video.locator("video")).to_be_visible()
    video.get_by_text("Velg en fil med teksting").wait_for()
    video.locator("input[type=file]").first.set_input_files(CAPTIONS)
    expect(video.get_by_text("fall.vtt er i bruk.")).to_be_visible()

    audio = astrid.add("audio")
    audio.locator("input[type=file]").set_input_files(SOUND)
    expect(audio.locator("audio")).to_be_visible()
    axe(astrid.page)

    draft = astrid.document(address)
    written = {block["type"]: block for block in blocks(draft)}
    assert draft["pages"][0]["title"] == "Hvorfor folk faller"
    assert written["text"]["html"] == "<ul><li><p>Mange faller hjemme.</p></li></ul>"
    assert written["image"]["alt"] == "En gang med gåstol"
    rights = draft["assets"][written["image"]["asset"]]["rights"]
    assert (rights["licence"], rights["holder"], rights["creators"]) == (
        "CC-BY-4.0",
        "Fjordvik kommune",
        ["Astrid Aune"],
    )
    assert (written["callout"]["tone"], written["callout"]["title"]) == ("warning", "Husk")
    assert written["accordion"]["items"][0]["html"] == "<p>Fjern løse tepper.</p>"
    assert len(written["checklist"]["items"]) == 4
    options = written["single_choice"]["options"]
    assert [(o["text"], o["correct"]) for o in options] == [
        ("Trening", True),
        ("Hvile", False),
        ("Kaffe", False),
    ]
    assert [o["correct"] for o in written["multiple_choice"]["options"]] == [True, True, True]
    assert written["multiple_choice"]["scored"] is False
    assert written["true_false"]["correct"] is False
    assert [step["text"] for step in written["ordering"]["options"]] == [
        "Se etter skader",
        "Hent hjelp",
        "Hjelp opp",
    ]
    assert written["video"]["captions"]
    assert written["audio"]["asset"]


def test_what_is_deleted_is_taken_back_also_after_the_page_was_loaded_anew(astrid: Writer):
    address = astrid.make("Slett og angre", "procedure")
    frames = astrid.canvas.locator(".frame")
    before = frames.count()
    frames.first.click()
    frames.first.get_by_role("button", name="Slett: Tekst").click()
    expect(frames).to_have_count(before - 1)
    astrid.page.get_by_role("button", name="Angre").click()
    expect(frames).to_have_count(before)

    frames.first.click()
    frames.first.get_by_role("button", name="Slett: Tekst").click()
    expect(frames).to_have_count(before - 1)
    astrid.saved()
    astrid.open(address)
    astrid.page.get_by_role("button", name="Slettede deler").click()
    astrid.page.get_by_role("button", name="Hent tilbake").click()
    expect(frames).to_have_count(before)
    expect(frames.first).to_contain_text("Skriv med én setning")


def test_a_page_that_is_deleted_leaves_its_neighbour_on_the_desk(astrid: Writer):
    astrid.make("Siste side", "procedure")
    astrid.page.locator(".page-link").last.click()
    astrid.page.get_by_role("button", name="Slett side 3").click()
    expect(astrid.page.locator(".page-entry")).to_have_count(2)
    expect(astrid.page.locator(".page-entry").last).to_have_class("page-entry is-shown")
    expect(astrid.page.locator(".page-link").last).to_be_focused()
    expect(astrid.title).to_have_text("Slik gjør du")


def test_enter_in_a_title_goes_on_to_what_can_be_added_and_no_tools_lie_over_the_title(astrid: Writer):
    astrid.make("Tittel")
    astrid.title.fill("Først")
    astrid.page.keyboard.press("Enter")
    expect(astrid.canvas.locator("[data-type=text]")).to_be_focused()
    block = astrid.add("single_choice")
    expect(block.locator(".frame-bar")).to_be_visible()
    switch = block.get_by_role("switch").bounding_box()
    assert switch["width"] > 1.5 * switch["height"]
    astrid.title.click()
    expect(block.locator(".frame-bar")).to_be_hidden()


def test_a_block_s_tools_lie_over_no_other_block(astrid: Writer):
    astrid.make("Verktøy", "procedure")
    first, second = astrid.canvas.locator(".frame").nth(0), astrid.canvas.locator(".frame").nth(1)
    second.get_by_role("textbox").first.click()
    bar, text = second.locator(".frame-bar").bounding_box(), first.locator(".frame-body").bounding_box()
    assert bar["y"] >= text["y"] + text["height"]


def test_a_paragraph_in_arabic_reads_from_the_right(astrid: Writer):
    astrid.make("Velkommen")
    block = astrid.add("text")
    astrid.write(block, "Tekst", "مرحبا بكم.")
    gap = block.locator("p").first.evaluate(
        """paragraph => {
          const words = document.createRange();
          words.selectNodeContents(paragraph);
          return paragraph.getBoundingClientRect().right - words.getBoundingClientRect().right;
        }"""
    )
    assert abs(gap) < 2


def test_blocks_are_dragged_to_another_place_and_to_another_page(astrid: Writer):
    address = astrid.make("Flytt", "procedure")
    kinds = [block["type"] for block in blocks(astrid.document(address))]
    frames = astrid.canvas.locator(".frame")
    frames.first.hover()
    frames.first.click()
    frames.first.locator(".drag-handle").drag_to(astrid.canvas.locator(".gap").nth(2))
    expect(frames.last.locator(".block-text")).to_be_visible()
    frames.last.locator(".drag-handle").drag_to(astrid.page.locator(".page-entry").nth(1))
    expect(frames).to_have_count(1)
    draft = astrid.document(address)
    assert kinds[0] == "text"
    assert [len(page["blocks"]) for page in draft["pages"]] == [1, 4, 3]
    assert draft["blocks"][draft["pages"][1]["blocks"][-1]]["block"]["type"] == "text"


def test_findings_lead_to_the_spot_and_go_when_they_are_mended(astrid: Writer, axe):
    astrid.make("Sjekk", "procedure")
    astrid.page.locator("[data-panel=checks]").click()
    finding = astrid.page.get_by_role("button", name="Velg et bilde, eller slett blokken")
    finding.click()
    expect(astrid.title).to_have_text("Slik gjør du")
    image = astrid.canvas.locator(".frame", has=astrid.page.locator(".block-image"))
    axe(astrid.page)
    image.locator("input[type=file]").set_input_files(picture("orange"))
    expect(finding).to_have_count(0)


def test_a_file_that_is_not_taken_gets_a_sentence_at_its_place(astrid: Writer, page_problems):
    astrid.make("Feil fil")
    image = astrid.add("image")
    image.locator("input[type=file]").set_input_files(
        {"name": "hund.png", "mimeType": "image/png", "buffer": b"%PDF-1.7"}
    )
    expect(image.get_by_text("«hund.png» er en PDF")).to_be_visible()
    image.locator("input[type=file]").set_input_files(picture())
    expect(image.locator("img")).to_be_visible()
    page_problems[:] = [problem for problem in page_problems if "400" not in problem]


def test_pasted_text_keeps_its_shape_and_loses_what_is_foreign(astrid: Writer):
    address = astrid.make("Lim inn")
    text = astrid.add("text")
    text.get_by_role("textbox", name="Tekst").click()
    astrid.page.evaluate(
        """(html) => {
          const data = new DataTransfer();
          data.setData("text/html", html);
          const paste = { clipboardData: data, bubbles: true, cancelable: true };
          document.activeElement.dispatchEvent(new ClipboardEvent("paste", paste));
        }""",
        PASTED,
    )
    [block] = blocks(astrid.document(address))
    assert (
        '<h3>Plan</h3><p>En <strong>viktig</strong> <a href="https://fjordvik.example">lenke</a></p>'
        in block["html"]
    )
    assert "celle" in block["html"]
    assert "sporer" not in block["html"]
    assert "style" not in block["html"]


def test_the_cursor_stays_where_it_is_while_what_was_written_is_saved(astrid: Writer):
    address = astrid.make("Markør")
    text = astrid.add("text")
    field = text.get_by_role("textbox", name="Tekst")
    field.click()
    astrid.page.keyboard.type("Første  linje & mer")
    astrid.page.keyboard.press("Enter")
    astrid.page.keyboard.type("Andre linje")
    astrid.saved()
    for key in ("ArrowUp", "Home"):
        astrid.page.keyboard.press(key)
    for letter in "Den ":
        astrid.page.keyboard.type(letter)
        astrid.saved()
    [block] = blocks(astrid.document(address))
    assert block["html"] == "<p>Den Første  linje &amp; mer</p><p>Andre linje</p>"


def test_the_module_is_described(astrid: Writer, axe):
    address = astrid.make("Om modulen")
    page = astrid.page
    page.get_by_role("button", name="Om modulen").click()
    page.get_by_label("Sammendrag").fill("Om å ikke falle.")
    page.get_by_label("Minutter det tar").fill("15")
    page.get_by_role("textbox", name="Læringsmål 1").fill("Kan rydde en gang")
    page.get_by_label("Prosent for å bestå").fill("80")
    page.get_by_role("button", name="Legg til en kompetanse").click()
    page.get_by_label("Kompetanse 1", exact=True).fill("Fallforebygging")
    page.get_by_label("Gyldig i måneder").fill("24")
    axe(page)
    module = astrid.document(address)["module"]
    assert (module["summary"], module["duration_minutes"], module["pass_mark"]) == (
        "Om å ikke falle.",
        15,
        80,
    )
    assert module["goals"] == ["Kan rydde en gang"]
    assert [(c["title"], c["validity_months"]) for c in module["competences"]] == [("Fallforebygging", 24)]


@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_and_state_is_accessible(new_page, service, axe, width):
    writer = Writer(
        new_page(viewport={"width": width, "height": 800}, reduced_motion="reduce"),
        service,
        "astrid@fjordvik.example",
    )
    page = writer.page
    for path in ("/modules/", "/modules/new", "/modules/?deleted=1"):
        page.goto(service.url + path)
        axe(page)
    writer.make("Tilgjengelig", "course")
    axe(page)
    for number in (3, 1):
        if width == 390:
            page.get_by_text("Sider", exact=True).click()
        page.locator(".page-link").nth(number).click()
        axe(page)
        frame = writer.canvas.locator(".frame").last
        frame.locator("[contenteditable]").first.click()
        axe(page)
    writer.canvas.get_by_role("button", name="Legg til noe", exact=True).click()
    axe(page)
    page.keyboard.press("Escape")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
