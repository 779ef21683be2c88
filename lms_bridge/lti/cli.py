"""`lms-bridge rotate-lti-key`: replaces the key by which this service signs what it tells LMSs."""

import click

from ..config import Settings
from ..db import Database
from ..vault import Vault
from . import keys


@click.command("rotate-lti-key")
@click.option(
    "--leaked", is_flag=True, help="The key is in wrong hands: stop using and publishing it at once."
)
def rotate_lti_key_command(leaked: bool) -> None:
    """Make a new key for LTI. LMSs fetch it from /lti/jwks; nothing need be changed there."""
    settings = Settings.from_environ()
    vault = Vault(settings.secret(), settings.former_secret_keys)
    with Database(settings.database).unit_of_work() as session:
        keys.rotate(session, vault, leaked=leaked)
    if leaked:
        click.echo(
            "The new key signs from now on, and the former ones are gone. An LMS that remembers our keys may refuse "
            "results for an hour or so, until it fetches them again; they are sent again by themselves."
        )
    else:
        click.echo(
            "The new key is published at /lti/jwks now, and signs in a day, when every LMS has fetched it. "
            "The one before stays published for its time."
        )
