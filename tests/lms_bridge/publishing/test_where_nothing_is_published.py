"""A municipality without a module is told who makes one, and where."""

from collections.abc import Callable

from flask.testing import FlaskClient

from tests.people import HANNA, INGRID, JOHAN, Person
from tests.support.app import database_url

__all__ = ["database_url"]


def test_where_nothing_is_published_it_is_said_who_does_it(signed_in: Callable[[Person], FlaskClient]):
    assert 'href="/modules/"' in signed_in(INGRID).get("/courses").text.partition("<main")[2]
    assert "when an author has published" in signed_in(JOHAN).get("/courses").text
    assert "role author" in signed_in(HANNA).get("/modules/").text
