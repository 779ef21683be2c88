"""Two people write in one module at once: nobody's text is ever lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import content
from lms_bridge.authoring import drafts, service
from lms_bridge.authoring.drafts import Author
from lms_bridge.authoring.edits import Clash, Manuscript
from lms_bridge.errors import Conflict, NotFound
from tests.people import ASTRID, BIRGER

from .drafts import a_module, paragraph, setting


@pytest.fixture
def module_id(session):
    return service.create(session, a_module()).id


@pytest.fixture
def astrid(account_of):
    return Author(account_of(ASTRID).id, "astrids-tab")


@pytest.fixture
def birger(account_of):
    return Author(account_of(BIRGER).id, "birgers-tab")


def html(session, module_id, block="btext"):
    pages = service.document(session, module_id)["pages"]
    return next(b["html"] for page in pages for b in page["blocks"] if b["id"] == block)


def test_different_fields_of_one_block_are_both_kept(session, module_id, astrid, birger):
    drafts.edit(session, module_id, setting("bimage", 1, alt="A walker"), astrid)
    drafts.edit(session, module_id, setting("bimage", 1, caption="Use it indoors"), birger)
    image = service.document(session, module_id)["pages"][0]["blocks"][1]
    assert (image["alt"], image["caption"]) == ("A walker", "Use it indoors")


def test_different_options_of_one_question_are_both_kept(session, module_id, astrid, birger):
    drafts.edit(session, module_id, setting("bask", 1, options__o1__text="Astrid's"), astrid)
    drafts.edit(session, module_id, setting("bask", 1, options__o2__text="Birger's"), birger)
    options = service.document(session, module_id)["pages"][0]["blocks"][2]["options"]
    assert [o["text"] for o in options] == ["Astrid's", "Birger's", "Answer 3"]


def test_the_second_in_one_field_is_told_who_was_there(session, module_id, astrid, birger):
    drafts.edit(session, module_id, setting("btext", 1, html="<p>Astrid's</p>"), astrid)
    with pytest.raises(Conflict) as conflict:
        drafts.edit(session, module_id, setting("btext", 1, html="<p>Birger's</p>"), birger)
    assert conflict.value.details["by"] == ASTRID.name
    assert conflict.value.details["reason"] == "changed"
    assert html(session, module_id) == "<p>Astrid's</p>"
    seen = conflict.value.details["revision"]
    drafts.edit(session, module_id, setting("btext", seen, html="<p>Birger's</p>"), birger)
    assert html(session, module_id) == "<p>Birger's</p>"


def test_a_second_tab_of_the_same_person_is_another_editor(session, module_id, astrid):
    drafts.edit(session, module_id, setting("btext", 1, html="<p>First tab</p>"), astrid)
    with pytest.raises(Conflict):
        drafts.edit(
            session, module_id, setting("btext", 1, html="<p>x</p>"), Author(astrid.account_id, "second")
        )


def test_ones_own_edits_never_clash_though_an_answer_was_lost(session, module_id, astrid):
    for text in ("a", "ab", "abc"):
        drafts.edit(session, module_id, setting("btext", 1, html=f"<p>{text}</p>"), astrid)
    assert html(session, module_id) == "<p>abc</p>"


def test_what_somebody_has_just_changed_is_not_deleted_unseen(session, module_id, astrid, birger):
    drafts.edit(session, module_id, setting("btext", 1, html="<p>Astrid's</p>"), astrid)
    for target in ("btext", "pone"):
        with pytest.raises(Conflict):
            drafts.edit(session, module_id, {"op": "delete", "target": target, "base": 1}, birger)
    assert html(session, module_id) == "<p>Astrid's</p>"


def test_typing_in_a_block_that_was_deleted_tells_who_deleted_it_and_how_to_take_it_back(
    session, module_id, astrid, birger
):
    drafts.edit(session, module_id, {"op": "delete", "target": "pone", "base": 1}, birger)
    with pytest.raises(Conflict) as conflict:
        drafts.edit(session, module_id, setting("btext", 1, html="<p>Astrid's</p>"), astrid)
    details = conflict.value.details
    assert (details["reason"], details["by"]) == ("deleted", BIRGER.name)
    drafts.undo(session, module_id, details["change"], astrid)
    drafts.edit(session, module_id, setting("btext", details["revision"] + 1, html="<p>Astrid's</p>"), astrid)
    assert html(session, module_id) == "<p>Astrid's</p>"


def test_a_deletion_is_undone_after_the_page_was_loaded_anew(session, module_id, astrid):
    change = drafts.edit(session, module_id, {"op": "delete", "target": "btext", "base": 1}, astrid).change
    drafts.edit(session, module_id, {"op": "delete", "target": "bimage", "base": 1}, astrid)
    drafts.undo(session, module_id, change, Author(astrid.account_id, "after-reload"))
    first = service.document(session, module_id)["pages"][0]["blocks"]
    assert [block["id"] for block in first] == ["btext", "bask"]


def test_what_was_deleted_is_listed_until_it_is_taken_back(session, module_id, astrid):
    drafts.edit(session, module_id, {"op": "delete", "target": "btext", "base": 1}, astrid)
    [gone] = drafts.deleted(session, module_id)
    assert (gone.value["html"], gone.by) == ("<p>First.</p>", ASTRID.name)
    drafts.undo(session, module_id, gone.change.revision, astrid)
    assert drafts.deleted(session, module_id) == []


def test_typing_is_one_change_in_the_log(session, module_id, astrid, birger):
    for text in ("a", "ab", "abc"):
        drafts.edit(session, module_id, setting("btext", 9, html=f"<p>{text}</p>"), astrid)
    drafts.edit(session, module_id, setting("btext", 9, html="<p>Birger's</p>"), birger)
    log = session.query(drafts.DraftChange).order_by(drafts.DraftChange.revision).all()
    assert [(c.client, c.inverse["fields"]["html"]) for c in log] == [
        ("astrids-tab", "<p>First.</p>"),
        ("birgers-tab", "<p>abc</p>"),
    ]


def test_what_others_changed_since_is_told_and_ones_own_is_not(session, module_id, astrid, birger):
    drafts.edit(session, module_id, setting("btext", 1, html="<p>A</p>"), astrid)
    edited = drafts.edit(session, module_id, setting("blast", 1, html="<p>B</p>"), birger)
    assert drafts.changed_since(edited.draft, 1, "birgers-tab") == {"btext"}
    assert drafts.changed_since(edited.draft, 2, "astrids-tab") == {"blast"}
    assert drafts.changed_since(edited.draft, 3, "third") == set()


def test_an_edit_changes_the_line_in_the_list(session, module_id, birger):
    drafts.edit(session, module_id, setting("@module", 1, title="Falls at home"), birger)
    [line] = service.list_modules(session)
    assert (line.module.title, line.changed_by) == ("Falls at home", BIRGER.name)


def test_who_has_it_open_is_seen_by_the_others_until_they_leave(session, module_id, astrid, birger):
    for author in (astrid, birger, birger):
        drafts.arrive(session, module_id, author)
    assert drafts.others_here(session, module_id, "astrids-tab") == [BIRGER.name]
    drafts.leave(session, module_id, birger)
    assert drafts.others_here(session, module_id, "astrids-tab") == []


def test_a_change_of_another_module_is_not_undone(session, module_id, astrid):
    change = drafts.edit(session, module_id, {"op": "delete", "target": "btext", "base": 1}, astrid).change
    other = service.create(session, a_module())
    with pytest.raises(NotFound):
        drafts.undo(session, other.id, change, astrid)


BLOCKS = ("btext", "blast", "bnew1", "bnew2")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("anna", "bo")),
        st.sampled_from(
            ("write", "write", "write", "insert", "delete", "delete page", "move", "undo", "look")
        ),
        st.sampled_from(BLOCKS),
    ),
    max_size=40,
)


class Writing:
    """Two editors as the real one works: each knows the draft as it was when it last looked."""

    def __init__(self):
        first = content.Module.from_json(
            {"schema": 1, "id": f"{'0' * 8}-{'0000-' * 3}{'0' * 12}", **a_module()}
        )
        self.document, self.revisions, self.revision = first.to_json(), {}, 1
        self.seen = {"anna": 1, "bo": 1}
        self.log: list[dict] = []
        self.written: list[tuple[str, str, str]] = []  # (who, block, text), acknowledged

    def edit(self, who, edit):
        draft = Manuscript(self.document, self.revisions, revision=self.revision + 1, client=who)
        try:
            applied = draft.apply(edit)
        except Clash:
            self.seen[who] = (
                self.revision
            )  # the editor shows what is there, and keeps her text in its own hands
            return False
        if applied.edit:
            self.revision += 1
            self.log.append(applied.inverse)
        return True

    def step(self, who, what, block):
        base = self.seen[who]
        if what == "look":
            self.seen[who] = self.revision
        elif what == "write":
            text = f"<p>{who} {len(self.written)}</p>"
            if self.edit(who, setting(block, base, html=text)):
                self.written.append((who, block, text))
        elif what == "insert":
            self.edit(
                who, {"op": "insert", "parent": "pone", "after": "btext", "value": paragraph(block, "new")}
            ) if not self.is_there(block) else None
        elif what == "delete":
            self.edit(who, {"op": "delete", "target": block, "base": base})
        elif what == "delete page":
            self.edit(who, {"op": "delete", "target": "ptwo", "base": base})
        elif what == "move":
            self.edit(who, {"op": "move", "target": block, "parent": "pone", "after": None})
        elif what == "undo" and self.log:
            inverse = self.log[-1]
            if inverse["op"] != "insert" or not self.is_there(inverse["value"]["id"]):
                self.edit(who, {**inverse, "base": self.revision})

    def is_there(self, block):
        return any(b["id"] == block for page in self.document["pages"] for b in page["blocks"])


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_two_editors_do_no_text_is_lost(steps):
    """Each text that was acknowledged is in the draft, or in the log that can bring it back."""
    writing = Writing()
    for step in steps:
        writing.step(*step)
    kept = str(writing.document) + str(writing.log)
    for _who, block, text in writing.written:
        assert text in kept, (block, text)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_two_editors_do_nobody_writes_over_what_she_has_not_seen(steps):
    writing = Writing()
    for who, what, block in steps:
        before = {name: dict(fields) for name, fields in writing.revisions.items()}
        known, at = writing.seen[who], writing.revision
        writing.step(who, what, block)
        if what != "write" or writing.revision == at:
            continue
        for field in ("html", ""):
            revision, client = before.get(block, {}).get(field, [0, who])
            assert revision <= known or client == who


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_two_editors_do_the_draft_stays_a_module(steps):
    writing = Writing()
    for step in steps:
        writing.step(*step)
    content.Module.from_json(writing.document)
