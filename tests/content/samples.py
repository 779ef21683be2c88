"""A module with every block type, for tests: small, but whole enough to publish."""

import hashlib
import io
from collections.abc import Callable
from typing import Any, BinaryIO

from PIL import Image

from content.module import Module

RIGHTS = {"licence": "CC-BY-4.0", "holder": "Fjordvik kommune", "creators": ["Astrid"], "source": "Eget verk"}


def picture(width: int = 640, height: int = 360, colour: str = "#2f7d6d") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(target, "WEBP")
    return target.getvalue()


PICTURE = picture()
DIGEST = hashlib.sha256(PICTURE).hexdigest()
CAPTIONS = b"WEBVTT\n\n00:00.000 --> 00:02.000\nHei.\n"
CAPTIONS_DIGEST = hashlib.sha256(CAPTIONS).hexdigest()
FILM = b"\0\0\0\x18ftypmp42" + bytes(64)
FILM_DIGEST = hashlib.sha256(FILM).hexdigest()
SOUND = b"ID3\x04" + bytes(64)
SOUND_DIGEST = hashlib.sha256(SOUND).hexdigest()
BYTES = {DIGEST: PICTURE, CAPTIONS_DIGEST: CAPTIONS, FILM_DIGEST: FILM, SOUND_DIGEST: SOUND}


def open_asset(digest: str) -> BinaryIO:
    return io.BytesIO(BYTES[digest])


def asset(name: str, media_type: str, body: bytes, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "media_type": media_type,
        "size": len(body),
        "rights": dict(RIGHTS, title=name),
        **more,
    }


def option(name: str, words: str, *, correct: bool = False, feedback: str = "") -> dict[str, Any]:
    return {"id": name, "text": words, "correct": correct, "feedback": feedback}


def document() -> dict[str, Any]:
    """The JSON document of a module that lacks nothing: three pages, every block type, three scored questions."""
    return {
        "schema": 1,
        "id": "0f5a2c1e-7b34-4c8e-9d21-5a6e3b7c1dff",
        "title": "Reine hender på sykehjemmet",
        "summary": "Når og hvordan du rengjør hendene i stell og pleie.",
        "language": "nb",
        "duration_minutes": 15,
        "goals": ["vite når du skal rengjøre hendene", "velge riktig metode"],
        "pass_mark": 60,
        "competences": [
            {"uri": "urn:example:hand", "title": "Håndhygiene", "level": None, "validity_months": 24}
        ],
        "rights": dict(RIGHTS),
        "derived_from": [],
        "pages": [
            {"id": "pwhy1", "title": "Hvorfor reine hender?", "blocks": _reading()},
            {"id": "phow1", "title": "Film, lyd og huskeliste", "blocks": _media()},
            {"id": "ptest1", "title": "Test deg selv", "blocks": _questions()},
        ],
        "assets": {
            DIGEST: asset("hender.webp", "image/webp", PICTURE, width=640, height=360),
            FILM_DIGEST: asset("film.mp4", "video/mp4", FILM, width=640, height=360, duration=2.0),
            CAPTIONS_DIGEST: asset("film.vtt", "text/vtt", CAPTIONS),
            SOUND_DIGEST: asset("lyd.mp3", "audio/mpeg", SOUND, duration=2.0),
        },
    }


def _reading() -> list[dict[str, Any]]:
    return [
        {
            "id": "btext1",
            "type": "text",
            "html": "<p>Hender bærer smitte mellom mennesker.</p><h3>Slik går det til</h3>"
            "<ul><li>fra hud til hud</li><li>fra <strong>utstyr</strong></li></ul>"
            '<p>Les <a href="https://fhi.example/hender">veilederen om håndhygiene</a>.</p>',
        },
        {
            "id": "bimage1",
            "type": "image",
            "asset": DIGEST,
            "alt": "To hender under rennende vann.",
            "caption": "Vann og såpe.",
        },
        *(
            {
                "id": f"bcall{tone[:4]}",
                "type": "callout",
                "tone": tone,
                "title": title,
                "html": "<p>Husk dette.</p>",
            }
            for tone, title in (
                ("info", ""),
                ("tip", "Håndkrem"),
                ("warning", "Skadet hud"),
                ("important", "Ringer av"),
            )
        ),
        {
            "id": "bfold1",
            "type": "accordion",
            "items": [
                {"id": "a", "title": "Når bruker du såpe?", "html": "<p>Når hendene er synlig skitne.</p>"},
                {"id": "b", "title": "Når bruker du sprit?", "html": "<p>Ellers.</p>"},
            ],
        },
    ]


def _media() -> list[dict[str, Any]]:
    return [
        {
            "id": "bvideo1",
            "type": "video",
            "asset": FILM_DIGEST,
            "title": "Seks steg",
            "captions": CAPTIONS_DIGEST,
            "transcript": "<p>Hei.</p>",
        },
        {
            "id": "baudio1",
            "type": "audio",
            "asset": SOUND_DIGEST,
            "title": "En sang",
            "transcript": "<p>La la.</p>",
        },
        {
            "id": "bcheck1",
            "type": "checklist",
            "title": "På vakt i dag",
            "items": [{"id": "a", "text": "Korte negler"}, {"id": "b", "text": "Ingen ringer"}],
        },
    ]


def _questions() -> list[dict[str, Any]]:
    return [
        {
            "id": "bpract1",
            "type": "true_false",
            "prompt": "<p>Hansker erstatter håndhygiene.</p>",
            "correct": False,
            "feedback_correct": "Nettopp: hansker kan ha hull.",
            "feedback_wrong": "Hansker kan ha hull.",
            "scored": False,
        },
        {
            "id": "bsingle1",
            "type": "single_choice",
            "prompt": "<p>Hva bruker du når hendene er synlig skitne?</p>",
            "options": [
                option("a", "Såpe og vann", correct=True, feedback="Såpe løser skitt."),
                option("b", "Hånddesinfeksjon", feedback="Sprit fjerner ikke skitt."),
                option("c", "Hansker"),
            ],
            "feedback_correct": "Riktig valg.",
            "feedback_wrong": "Les siden om såpe en gang til.",
        },
        {
            "id": "bmulti1",
            "type": "multiple_choice",
            "prompt": "<p>Når rengjør du hendene?</p>",
            "options": [
                option("a", "Før kontakt", correct=True),
                option("b", "Etter kontakt", correct=True),
                option("c", "Bare på mandager", feedback="Hver dag."),
            ],
            "feedback_wrong": "Både før og etter.",
        },
        {
            "id": "btrue1",
            "type": "true_false",
            "prompt": "<p>Ringer samler bakterier.</p>",
            "correct": True,
            "feedback_correct": "Ja.",
            "feedback_wrong": "Jo, de gjør det.",
        },
        {
            "id": "border1",
            "type": "ordering",
            "prompt": "<p>I hvilken rekkefølge gjør du det?</p>",
            "options": [
                {"id": "a", "text": "Ta av ringer og klokke"},
                {"id": "b", "text": "Fukt hendene"},
                {"id": "c", "text": "Ta såpe"},
                {"id": "d", "text": "Tørk med papir"},
            ],
            "feedback_correct": "Slik er det.",
            "feedback_wrong": "Se på bildene en gang til.",
            "scored": False,
        },
    ]


def changed(change: Callable[[dict[str, Any]], Any]) -> Module:
    """The sample with something done to its document."""
    made = document()
    change(made)
    return Module.from_json(made)


def sample() -> Module:
    return Module.from_json(document())
