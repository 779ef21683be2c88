"""Whatever content keeps comes back as it was, or says what did not fit: a property over states of every size."""

import json

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.browser
# No lone surrogates: Playwright cannot carry them. U+2028 and friends are in.
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
# A key "__proto__" or one that is a whole number has another place in a JavaScript object.
keys = texts.filter(lambda key: key != "__proto__" and not key.isdigit())
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(("standard", "limit"), [("scorm12", 4096), ("scorm2004", 64000)])
def test_state_of_any_size(visit, site, standard, limit):
    here = visit(standard)

    @settings(max_examples=12, deadline=None, database=None, phases=[Phase.generate])
    @given(state=st.dictionaries(keys, values, max_size=12), copies=st.sampled_from([1, 1, 8, 60, 800]))
    def keep(state, copies):
        # A large state is the same one many times over, under other keys.
        large = {f"{key}/{n}": value for n in range(copies) for key, value in state.items()}
        text, found, problems = here.page.evaluate(
            """async ([standard, state]) => {
                const visit = async (script) => {
                    const frame = document.createElement("iframe");
                    frame.src = "/content/" + standard;
                    document.body.append(frame);
                    await new Promise((resolve) => (frame.onload = resolve));
                    const inside = frame.contentWindow;
                    const problems = [];
                    const c = await inside.lms.connect({ activityId: "a" });
                    c.onproblem = (...problem) => problems.push(problem);
                    if (script) script(c);
                    c.exit();
                    frame.remove();
                    return [c.state, problems];
                };
                const [, problems] = await visit((c) => c.save("p1", state));
                const text = values["cmi.suspend_data"];
                const [found] = await visit();
                return [text, JSON.stringify(found), problems];
            }""",
            [standard, large],
        )
        assert len(text) <= limit
        assert text.isascii()
        found = json.loads(found)
        if not problems:
            assert found == large
        else:
            # The first keys, each whole, and the rest named.
            assert [code for code, _ in problems] == ["shortened"]
            assert list(found.items()) == list(large.items())[: len(found)]
            assert len(found) < len(large)

    keep()
