from pathlib import Path

import pytest

from lms_bridge.config import Settings, SettingsError, describe


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"LMS_BRIDGE_DATABSE_URL": "x"}, "Did you mean LMS_BRIDGE_DATABASE_URL?"),
        ({"LMS_BRIDGE_COLOUR": "x"}, "is not a setting. See: lms-bridge settings"),
        ({"LMS_BRIDGE_DATABASE_URL": "mysql://x/y"}, "mysql is not supported"),
        ({"LMS_BRIDGE_DATABASE_URL": "nonsense"}, "must be sqlite:///FILE"),
        ({"LMS_BRIDGE_STORAGE_URL": "ftp://x"}, "must be file:///FOLDER or s3://BUCKET"),
        ({"LMS_BRIDGE_BASE_URL": "bridge.example"}, "must be an address such as https://"),
        ({"LMS_BRIDGE_BASE_URL": "https://kommune.example/bridge"}, "an address without a path"),
        ({"LMS_BRIDGE_CONTENT_URL": "https://kari@kommune.example"}, "an address without a path"),
        ({"LMS_BRIDGE_CONTENT_URL": "HTTP://127.0.0.1:8080/"}, "must be another origin"),
        ({"LMS_BRIDGE_SECRET_KEY": "short"}, "at least 32 characters"),
        ({"LMS_BRIDGE_WEB_PROCESSES": "many"}, "a whole number from 1 to 64"),
        ({"LMS_BRIDGE_WEB_PROCESSES": "0"}, "a whole number from 1 to 64"),
        ({"LMS_BRIDGE_LOG_LEVEL": "loud"}, "must be one of: debug"),
        ({"LMS_BRIDGE_CONTENT_URL": "http://127.0.0.1:8080"}, "must be another origin"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_a_sentence(environment: dict[str, str], sentence: str):
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ(environment)
    assert sentence in str(caught.value)
    assert next(iter(environment)) in str(caught.value)


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://Bridge.Kommune.example:443/", "https://bridge.kommune.example"),
        ("http://bridge.kommune.example:80", "http://bridge.kommune.example"),
        ("https://bridge.kommune.example:8443", "https://bridge.kommune.example:8443"),
    ],
)
def test_an_address_is_kept_as_browsers_write_it(written: str, origin: str):
    assert Settings.from_environ({"LMS_BRIDGE_BASE_URL": written}).base_url == origin


def test_what_is_not_ours_is_left_alone():
    assert Settings.from_environ({"PATH": "/bin", "LMS": "x"}) == Settings()


def test_an_empty_setting_is_the_default():
    assert Settings.from_environ({"LMS_BRIDGE_LOG_LEVEL": " "}).log_level == "info"


def test_the_secret_is_made_once_and_kept_for_its_owner(tmp_path: Path):
    settings = Settings(data_dir=tmp_path / "data")
    assert len(settings.secret()) == 64
    assert settings.secret() == Settings(data_dir=tmp_path / "data").secret()
    assert (tmp_path / "data/secret-key").stat().st_mode & 0o777 == 0o600


def test_a_data_folder_that_cannot_be_written_stops_the_start(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be written"):
        Settings(data_dir=tmp_path / "file" / "data").prepare_data_dir()


def test_every_setting_has_a_help_text():
    assert all(
        name.startswith("LMS_BRIDGE_") and help_text.endswith(".") for name, _default, help_text in describe()
    )
