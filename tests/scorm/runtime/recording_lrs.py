"""An LRS with a cmi5 LMS's launch that keeps what it is sent, and fails as told."""

import json
import threading
import time
from collections.abc import Mapping
from typing import Any


class RecordingLrs:
    """Statements by id in the order they came, documents by their parameters, one token for one fetch."""

    def __init__(self, authorization: str) -> None:
        self.authorization = authorization
        self.statements: dict[str, dict[str, Any]] = {}
        self.documents: dict[tuple, Any] = {}
        self.profiles: dict[str, Any] = {}
        self.fetches = 0
        self.posts: list[list[str]] = []  # ids of each POST, refused ones too
        self.failures: list[int] = []  # statuses for the next POSTs of statements
        self.lost_answers = 0  # POSTs to store, but to answer with 503
        self.bad_verbs: set[str] = set()  # a batch with one of these is refused
        self.refusal = 400
        self.on_their_way: list[threading.Event] = []  # requests for documents wait for theirs
        self._lock = threading.Lock()

    @property
    def verbs(self) -> list[str]:
        with self._lock:
            return [verb(statement) for statement in self.statements.values()]

    def of(self, name: str) -> list[dict[str, Any]]:
        """The statements of a verb, in the order they came."""
        with self._lock:
            return [statement for statement in self.statements.values() if verb(statement) == name]

    def wait_for(self, *names: str) -> list[str]:
        """Waits until the last verbs are these, and returns all of them."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.verbs[-len(names) :] == list(names):
                break
            time.sleep(0.02)
        assert self.verbs[-len(names) :] == list(names)
        return self.verbs

    def wait_for_state(self, location: str) -> None:
        """Waits until the state that is kept names this place: it is sent beside the last statements."""
        deadline = time.monotonic() + 20
        while location not in json.dumps(self.state()) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert location in json.dumps(self.state())

    def state(self, state_id: str = "lms-bridge") -> Any:
        found = [value for key, value in self.documents.items() if dict(key)["stateId"] == state_id]
        assert len(found) <= 1
        return found[0] if found else None

    def preflight(self, resource: str) -> None:
        """A slow network: what the browser asks before a document's request takes as long as told."""
        if resource == "activities/state" and self.on_their_way:
            self.on_their_way.pop(0).wait(8)

    def handle(
        self, method: str, resource: str, parameters: dict[str, str], headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Any]:
        """Status and JSON of the answer."""
        if resource == "fetch":
            self.fetches += 1
            used = {"error-code": "1", "error-text": "The authorization token has already been returned."}
            return 200, (
                {"auth-token": self.authorization.removeprefix("Basic ")} if self.fetches == 1 else used
            )
        if headers["Authorization"] != self.authorization or not headers["X-Experience-API-Version"]:
            return 401, {"error": "not authorized"}
        with self._lock:
            if resource == "statements":
                return self._store(json.loads(body))
            if resource == "agents/profile":
                found = self.profiles.get(parameters["profileId"])
                return (200, found) if found else (404, None)
            key = tuple(sorted(parameters.items()))
            if method == "PUT":
                self.documents[key] = json.loads(body)
                return 204, None
            return (200, self.documents[key]) if key in self.documents else (404, None)

    def _store(self, batch: list[dict[str, Any]]) -> tuple[int, Any]:
        self.posts.append([statement["id"] for statement in batch])
        if self.failures:
            return self.failures.pop(0), {"error": "told to fail"}
        if self.bad_verbs & {verb(statement) for statement in batch}:
            return self.refusal, {"error": "a statement is refused"}
        for statement in batch:
            if self.statements.setdefault(statement["id"], statement) != statement:
                return 409, {"error": "another statement has this id"}
        if self.lost_answers:
            self.lost_answers -= 1
            return 503, {"error": "the answer was lost"}
        return 200, [statement["id"] for statement in batch]


def verb(statement: dict[str, Any]) -> str:
    return statement["verb"]["id"].rsplit("/", 1)[1]
