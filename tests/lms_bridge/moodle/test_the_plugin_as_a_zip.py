"""The Moodle plugin is handed out as a zip that Moodle's plugin installer takes, and is whole."""

import io
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
import zipfile

import pytest

from lms_bridge.cli import main
from lms_bridge.moodle.plugin_zip import PLUGIN, plugin_version, plugin_zip

LANGUAGES = ("en", "no", "nn", "sv")


@pytest.fixture(scope="module")
def files():
    """The files of the zip by their path inside its only folder, as text."""
    with zipfile.ZipFile(io.BytesIO(plugin_zip())) as archive:
        return {
            name.removeprefix("lmsbridge/"): archive.read(name).decode("utf-8") for name in archive.namelist()
        }


def strings(text):
    return dict(re.findall(r"^\$string\['(.+?)'\] = '(.*)';$", text, re.M))


def test_its_only_folder_is_named_as_moodle_wants_it():
    with zipfile.ZipFile(io.BytesIO(plugin_zip())) as archive:
        assert archive.testzip() is None
        assert {name.split("/")[0] for name in archive.namelist()} == {"lmsbridge"}
        assert "lmsbridge/version.php" in archive.namelist()


def test_it_is_the_same_zip_every_time():
    assert plugin_zip() == plugin_zip()


def test_the_command_writes_it_and_tells_its_version(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["moodle-plugin", "-o", str(tmp_path / "plugin.zip")])
    assert not ended.value.code
    number, release = plugin_version()
    assert f"local_lmsbridge {release} ({number})" in capsys.readouterr().out
    assert (tmp_path / "plugin.zip").read_bytes() == plugin_zip()


def test_tables_and_code_have_the_same_version(files):
    number, _release = plugin_version()
    assert int(ElementTree.fromstring(files["db/install.xml"]).get("VERSION")) <= number
    assert "$plugin->component = 'local_lmsbridge';" in files["version.php"]


def test_its_licence_is_its_own(files):
    assert "GNU GENERAL PUBLIC LICENSE" in files["COPYING.txt"]
    for name, text in files.items():
        if name.endswith(".php"):
            assert "either version 3 of the License, or" in text, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_in_every_language_with_the_same_blanks(files, language):
    english = strings(files["lang/en/local_lmsbridge.php"])
    other = strings(files[f"lang/{language}/local_lmsbridge.php"])
    assert english.keys() == other.keys()
    for key, text in english.items():
        assert sorted(re.findall(r"\{\$a[^}]*\}", text)) == sorted(re.findall(r"\{\$a[^}]*\}", other[key])), (
            key
        )
        assert other[key].strip(), key


def test_every_text_that_is_used_is_there_and_no_other(files):
    there = strings(files["lang/en/local_lmsbridge.php"]).keys()
    code = "".join(text for name, text in files.items() if not name.startswith(("lang/", "tests/")))
    used = set(re.findall(r"get_string\(\s*'([^']+)', 'local_lmsbridge'", code))
    used |= set(re.findall(r"moodle_exception\(\s*'([^']+)', 'local_lmsbridge'", code))
    used |= set(re.findall(r"\{\{#str\}\}(\w+), local_lmsbridge\{\{/str\}\}", code))
    used |= {capability.split("/", 1)[1] for capability in capabilities(files)}
    missing = used - there
    assert not missing
    unused = {key for key in there - used if not key.startswith("privacy:") and f"'{key}'" not in code}
    assert not unused


def capabilities(files):
    return re.findall(r"^    '(local/[\w:]+)' => \[", files["db/access.php"], re.M)


def test_every_web_service_that_is_declared_has_its_class(files):
    functions = re.findall(r"'local_lmsbridge_(\w+)' => \[", files["db/services.php"])
    assert set(functions) == {
        *("get_site", "list_courses", "publish", "list_activities", "unpublish"),
        *("get_results", "get_roster", "set_push", "test_push"),
    }
    for name in functions:
        text = files[f"classes/external/{name}.php"]
        assert f"class {name} extends base" in text
        assert all(
            f"function {method}(" in text for method in ("execute_parameters", "execute", "execute_returns")
        )


def test_every_task_and_every_observer_that_is_declared_is_there(files):
    for name in re.findall(r"local_lmsbridge\\\\?task\\\\?(\w+)'", files["db/tasks.php"]):
        assert f"class {name} extends" in files[f"classes/task/{name}.php"]
    for method in re.findall(r"=> '(\w+)',", files["db/events.php"]):
        assert f"public static function {method}(" in files["classes/observer.php"]


def test_it_listens_to_all_that_tells_of_a_result_and_only_after_the_commit(files):
    for event in (
        *(r"\core\event\course_module_completion_updated", r"\core\event\course_completed"),
        *(
            r"\core\event\user_graded",
            r"\mod_scorm\event\status_submitted",
            r"\mod_scorm\event\scoreraw_submitted",
        ),
    ):
        assert f"'{event}' => '" in files["db/events.php"]
    assert re.findall(r"'internal' => (\w+)", files["db/events.php"]) == ["false"]


def test_completion_is_never_unlocked_and_no_package_is_fetched_from_an_address(files):
    """Unlocking wipes completions and loses their dates; a package by its address was gone after a night of trouble."""
    code = "".join(text for name, text in files.items() if name.startswith("classes/"))
    assert "completionunlocked" not in code
    assert "SCORM_TYPE_LOCAL;" in code
    assert not re.search(
        r"SCORM_TYPE_(LOCALSYNC|EXTERNAL|AICCURL)|completion_info\(\$\w+\)\)?->reset_all_state", code
    )


@pytest.mark.skipif(not shutil.which("php"), reason="no PHP on this machine")
def test_it_is_valid_php():
    code = (
        "foreach (array_slice($argv, 1) as $f) { try { token_get_all(file_get_contents($f), TOKEN_PARSE); }"
        " catch (ParseError $e) { echo $f, ': ', $e->getMessage(), PHP_EOL; } }"
    )
    paths = [str(path) for path in sorted(PLUGIN.rglob("*.php"))]
    told = subprocess.run(["php", "-r", code, *paths], capture_output=True, text=True, check=True)
    assert told.stdout == ""
