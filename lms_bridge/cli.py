"""The command line: `lms-bridge COMMAND`. Each command's work is done in its slice; here they are only named."""

import importlib
import sys
from typing import Any

import click

from .config import SettingsError, describe
from .errors import DomainError

COMMANDS = {
    "backup": "lms_bridge.backup:backup_command",
    "restore": "lms_bridge.backup:restore_command",
    "import": "lms_bridge.authoring.cli:import_command",
    "package": "lms_bridge.publishing.cli:package_command",
    "validate": "lms_bridge.publishing.cli:validate_command",
    "serve": "lms_bridge.server:serve",
    "worker": "lms_bridge.server:worker",
    "seed": "lms_bridge.seed:seed_command",
    "municipality": "lms_bridge.accounts.cli:municipality_commands",
    "account": "lms_bridge.accounts.cli:account_commands",
    "trail": "lms_bridge.trail.cli:trail_commands",
    "migrate": "lms_bridge.schema:migrate_command",
    "credentials": "lms_bridge.lrs.cli:credentials_commands",
    "moodle-plugin": "lms_bridge.moodle.plugin_zip:moodle_plugin_command",
    "rotate-secrets": "lms_bridge.rotation:rotate_secrets_command",
    "rotate-lti-key": "lms_bridge.lti.cli:rotate_lti_key_command",
    "sync": "lms_bridge.sync:sync_command",
    "register": "lms_bridge.register.cli:register_commands",
}


class Commands(click.Group):
    """Loads a command's module only when it is called, so that the command line starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            module, _colon, name = COMMANDS[cmd_name].partition(":")
            command: click.Command = getattr(importlib.import_module(module), name)
            return command
        return super().get_command(ctx, cmd_name)


@click.group(cls=Commands)
def commands() -> None:
    """Make e-learning modules, package them for any LMS, and document the competence they give."""


@commands.command("settings")
def settings_command() -> None:
    """List every setting with its default and what it is for."""
    for name, default, help_text in describe():
        click.echo(f"{name}\n    {help_text}\n    Default: {default or '(see above)'}")


def main(arguments: list[str] | None = None) -> Any:
    """Runs a command; what a person can mend is said in a sentence, without a traceback."""
    try:
        commands(arguments, prog_name="lms-bridge")
    except (SettingsError, DomainError) as error:
        click.echo(str(error), err=True)
        sys.exit(2 if isinstance(error, SettingsError) else 1)
