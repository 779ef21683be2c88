"""The built scripts as a package takes them: small, classic, and a clear word when they are missing."""

import gzip

import pytest

from scorm import runtime


@pytest.mark.parametrize("standard", runtime.STANDARDS + runtime.LIVE)
def test_a_script_is_small_and_classic(standard):
    script = runtime.script(standard)
    assert len(gzip.compress(script)) <= 6_000
    assert script.startswith(b'"use strict";(()=>{') or script.startswith(b"(()=>{")
    assert b"import " not in script
    assert b"eval(" not in script
    assert b"Function(" not in script  # a strict content security policy lets it run


def test_an_unknown_standard_is_told():
    with pytest.raises(ValueError, match="'aicc' is none of scorm12, scorm2004, cmi5, xapi, none"):
        runtime.script("aicc")


def test_a_script_that_is_not_built_is_told_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(runtime, "BUILT", tmp_path)
    runtime.script.cache_clear()
    with pytest.raises(runtime.NotBuilt, match=r"not built\. Install the project \(\./run does\)"):
        runtime.script("cmi5")
    runtime.script.cache_clear()
