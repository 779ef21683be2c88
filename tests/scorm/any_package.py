"""Hypothesis strategies: any package that somebody could hand over."""

import string
from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from scorm import (
    Classification,
    Contributor,
    Credit,
    File,
    Item,
    Metadata,
    MoveOn,
    Objective,
    Organization,
    Package,
    Relation,
    Resource,
    Rights,
)
from scorm.identifiers import url
from scorm.metadata import KINDS, PURPOSES, ROLES

# Whatever a person pastes: control characters, lone surrogates, other scripts, markup.
text = st.text(max_size=60) | st.sampled_from(
    ["<b>&amp;", "]]>", "\x00\x1b", "\ud800", "smørbrød 🍞", "  a \n b "]
)
title = st.text(string.ascii_letters + "æøå<&> ", min_size=1, max_size=260).map(lambda t: f"T{t}")
language = st.sampled_from(["", "nb", "nn", "sv", "en-GB", "zh-Hant-TW", "x-none"])
iri = st.from_regex(
    r"(https://[a-z]{1,8}\.example/|urn:uuid:)([a-zA-Z0-9æøå/._~-]|%2F){1,20}", fullmatch=True
)
share = st.none() | st.integers(0, 10_000).map(lambda n: n / 10_000)
duration = st.none() | st.integers(0, 10**8).map(lambda n: timedelta(milliseconds=n * 10))
name = st.from_regex(r"[A-Za-z_][A-Za-z0-9._-]{0,11}", fullmatch=True)
part = st.text(
    string.ascii_letters + string.digits + "æøåÆ日本 -_,;=+@!$&'()%#[]{}~^`", min_size=1, max_size=12
).filter(lambda text: text.strip(" ") == text and text not in (".", ".."))
path = st.lists(part, min_size=1, max_size=3).map("/".join)
query = st.from_regex(r"(\?[a-d]=[a-zA-Z0-9%2F._~-]{0,10}(&[a-d]=1){0,2})?", fullmatch=True).filter(
    lambda text: all(bit[:2] in ("2F", "25") for bit in text.split("%")[1:])
)

metadata = st.builds(
    Metadata,
    title=title,
    language=language,
    description=text,
    keywords=st.lists(text, max_size=2).map(tuple),
    duration=duration,
    version=st.text(max_size=20),
    contributors=st.lists(
        st.builds(
            Contributor,
            text,
            role=st.sampled_from(sorted(ROLES)),
            organization=text,
            date=st.sampled_from(["", "2026", "2026-11", "2026-11-22"]),
        ),
        max_size=2,
    ).map(tuple),
    rights=st.builds(
        Rights,
        cost=st.none() | st.booleans(),
        copyright=st.none() | st.booleans(),
        description=text,
        licence_url=st.just("") | iri,
        credits=st.lists(st.builds(Credit, text, st.just("") | iri, st.just("") | path), max_size=2).map(
            tuple
        ),
    ),
    classifications=st.lists(
        st.builds(Classification, iri, title=text, source=text, purpose=st.sampled_from(sorted(PURPOSES))),
        max_size=2,
    ).map(tuple),
    relations=st.lists(
        st.builds(Relation, iri, description=text, kind=st.sampled_from(sorted(KINDS))), max_size=2
    ).map(tuple),
)


@st.composite
def items(draw, resources: list[str], objectives: list[str], names: list[str], depth: int) -> Item:
    """A chapter or something to launch; `names` gives each identifier once."""
    common = {
        "identifier": names.pop(),
        "title": draw(title),
        "visible": draw(st.booleans()),
        "forced_order": draw(st.booleans()),
        "post_test": draw(st.booleans()),
        "description": draw(text),
        "objectives": tuple(draw(st.lists(st.sampled_from(objectives), max_size=1))) if objectives else (),
        "metadata": draw(st.none() | metadata),
    }
    if depth and draw(st.booleans()):
        children = [
            draw(items(resources, objectives, names, depth - 1)) for _ in range(draw(st.integers(1, 3)))
        ]
        return Item(**common, items=tuple(children))
    return Item(
        **common,
        resource=draw(st.sampled_from(resources)),
        parameters=draw(query),
        mastery_score=draw(share),
        launch_data=draw(text),
        max_time=draw(duration),
        time_limit_action=draw(st.sampled_from(["", "exit,message", "continue,no message"])),
        completion_threshold=draw(share),
        hide_lms_ui=tuple(draw(st.lists(st.sampled_from(["previous", "exitAll"]), max_size=2))),
        move_on=draw(st.sampled_from(MoveOn)),
        launch_method=draw(st.sampled_from(["", "AnyWindow", "OwnWindow"])),
        activity_type=draw(st.just("") | iri),
        entitlement_key=draw(text),
    )


@st.composite
def packages(draw) -> Package:
    paths = draw(st.lists(path, min_size=1, max_size=5, unique_by=lambda p: p.casefold()))
    names = draw(st.lists(name, min_size=45, max_size=45, unique=True))
    objectives = draw(st.lists(iri, max_size=2, unique=True))
    resources = [
        Resource(
            names.pop(),
            url(at) + draw(query),
            files=tuple(draw(st.lists(st.sampled_from(paths), unique=True))),
        )
        for at in draw(st.lists(st.sampled_from(paths), min_size=1, max_size=3))
    ]
    if draw(st.booleans()):
        shared = Resource(names.pop(), scorm_type="asset", files=(paths[0],))
        resources = [replace(resources[0], dependencies=(shared.identifier,)), *resources[1:], shared]
    launchable = [resource.identifier for resource in resources if resource.href]
    organizations = []
    for _ in range(draw(st.integers(1, 2))):
        own = [draw(items(launchable, objectives, names, 2)) for _ in range(draw(st.integers(1, 3)))]
        organizations.append(
            Organization(names.pop(), draw(title), tuple(own), forced_order=draw(st.booleans()))
        )
    return Package(
        names.pop(),
        draw(metadata),
        tuple(organizations),
        tuple(resources),
        tuple(File.of(at, at.encode()) for at in paths),
        activity=draw(st.uuids()).urn,
        objectives=tuple(Objective(id_, "O", draw(text)) for id_ in objectives),
    )
