"""The Moodle plugin as the zip that Moodle's plugin installer takes, and `lms-bridge moodle-plugin`."""

import io
import re
import zipfile
from pathlib import Path

import click

PLUGIN = Path(__file__).parent / "plugin" / "local_lmsbridge"
FOLDER = "lmsbridge"  # Moodle wants a local plugin's name without its type as the only folder
EPOCH = (1980, 1, 1, 0, 0, 0)


def plugin_zip() -> bytes:
    """The zip: the same bytes for the same plugin, about 60 kB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(PLUGIN.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(f"{FOLDER}/{path.relative_to(PLUGIN).as_posix()}", EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes())
    return out.getvalue()


def plugin_version() -> tuple[int, str]:
    """The plugin's version as Moodle counts it (2026112200) and as people say it ("0.1.0")."""
    text = (PLUGIN / "version.php").read_text("utf-8")
    [number] = re.findall(r"\$plugin->version = (\d+);", text)
    [release] = re.findall(r"\$plugin->release = '([^']+)';", text)
    return int(number), release


@click.command("moodle-plugin")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
def moodle_plugin_command(output: Path) -> None:
    """Write the plugin for Moodle as a zip, to be installed under Site administration → Plugins."""
    output.write_bytes(plugin_zip())
    click.echo(f"{output}: local_lmsbridge {plugin_version()[1]} ({plugin_version()[0]})")
