"""A call to a Moodle gives its answer, or a sentence that says what is wrong and what to do."""

import pytest

from lms_bridge.errors import Invalid
from lms_bridge.moodle import client as calling
from lms_bridge.moodle.client import Client, MoodleError, Passing, address_of, php_fields
from lms_bridge.outgoing import Outgoing
from tests.support.moodle import BROKEN, HTML, TOKEN, Fault, Moodle

SITE = "core_webservice_get_site_info"


@pytest.fixture
def client(moodle: Moodle) -> Client:
    return Client(Outgoing(allow_private=True), moodle.url, TOKEN)


def test_a_call_gives_the_function_s_answer(client: Client, moodle: Moodle):
    assert client.call(SITE)["sitename"] == "Fjordvik læring"
    assert client.calls == 1
    assert moodle.requests == [(SITE, {})]


def test_lists_and_dicts_go_as_php_reads_them(client: Client, moodle: Moodle):
    assert list(php_fields({"a": [{"b": True, "c": 1}, 2], "d": ""})) == [
        ("a[0][b]", "1"),
        ("a[0][c]", "1"),
        ("a[1]", "2"),
        ("d", ""),
    ]
    moodle.enrol(7, "emma", "Emma Eide")
    options = [{"name": "userfields", "value": "id"}, {"name": "limitnumber", "value": 5}]
    assert [list(u) for u in client.call("core_enrol_get_enrolled_users", courseid=7, options=options)] == [
        ["id"]
    ]


def error(client: Client, function: str = SITE, **arguments: object) -> MoodleError:
    with pytest.raises(MoodleError) as caught:
        client.call(function, patience=5.0, **arguments)
    return caught.value


def test_rest_errors_come_as_http_200(client: Client, moodle: Moodle):
    moodle.token = "another"
    wrong = error(client)
    assert (wrong.code, type(wrong)) == ("invalidtoken", MoodleError)
    assert "Make a new one" in str(wrong)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("accessexception", "REST protocol"),
        ("nopermissions", "View grades"),
        ("notallowed", "View grades"),
        ("wsaccessusersuspended", "suspended"),
        ("somethingelse", "Moodle says: View grades"),
    ],
)
def test_an_errorcode_is_a_sentence(client: Client, moodle: Moodle, code: str, said: str):
    body = b'{"exception":"x","errorcode":"%s","message":"<b>View\\u0020grades</b>"}' % code.encode()
    moodle.fails(SITE, Fault(body=body))
    assert said in str(error(client))


def test_a_moodle_without_the_plugin_has_no_such_function(client: Client, moodle: Moodle):
    moodle.plugin = False
    missing = error(client, "local_lmsbridge_get_site")
    assert missing.code == "missingfunction"
    assert "plugin is not installed" in str(missing)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (HTML, "html"),
        (BROKEN, "http500"),
        (Fault(status=503, headers={"Retry-After": "7"}), "http503"),
        (Fault(status=429, headers={"Retry-After": "7"}), "http429"),
        (Fault(cut=5), "unreachable"),
        (Fault(body=b'{"sitename": "Fjor'), "html"),
        (
            Fault(body=b'{"exception":"dml_read_exception","errorcode":"dmlreadexception","message":"x"}'),
            "dmlreadexception",
        ),
        (
            Fault(body=b'{"exception":"moodle_exception","errorcode":"sitemaintenance","message":""}'),
            "sitemaintenance",
        ),
        (
            Fault(
                body=b'{"error":"Cannot create directories.","errorcode":"storedfilecannotcreatefiledirs"}'
            ),
            "storedfilecannotcreatefiledirs",
        ),
    ],
)
def test_what_may_pass_is_worth_trying_again(client: Client, moodle: Moodle, fault: Fault, code: str):
    moodle.fails(SITE, fault)
    passing = error(client)
    assert (passing.code, type(passing)) == (code, Passing)
    assert passing.retry_after == (7 if "Retry-After" in fault.headers else None)
    assert client.call(SITE)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(status=302, headers={"Location": "https://other.example/"}), "https://other.example/"),
        (Fault(status=403, body=b"Forbidden"), "switched off"),
        (Fault(status=404), "no Moodle"),
        (Fault(status=418), "418"),
    ],
)
def test_another_status_means_it(client: Client, moodle: Moodle, fault: Fault, said: str):
    moodle.fails(SITE, fault)
    meant = error(client)
    assert type(meant) is MoodleError
    assert said in str(meant)


def test_a_slow_moodle_is_waited_for_no_longer_than_said(client: Client, moodle: Moodle):
    moodle.fails(SITE, Fault(seconds=0.5))
    with pytest.raises(Passing, match="does not answer"):
        client.call(SITE, patience=0.1)


def test_nobody_at_the_address(moodle: Moodle):
    with pytest.raises(Passing, match="does not answer"):
        Client(Outgoing(allow_private=True), "http://127.0.0.1:1", TOKEN).call(SITE)
    with pytest.raises(MoodleError, match="does not go to that address"):
        Client(Outgoing(), moodle.url, TOKEN).call(SITE)


def test_an_answer_has_a_largest_size(client: Client, moodle: Moodle, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(calling, "MOST_BYTES", 10_000)
    moodle.fails(SITE, Fault(body=b" " * 20_000))
    with pytest.raises(Passing, match="larger than"):
        client.call(SITE)


@pytest.mark.parametrize("known", [True, False])
def test_a_package_is_sent_while_it_is_made(client: Client, moodle: Moodle, known: bool):
    parts, size = 16, 16 * 65_536
    draft = client.upload(
        "håndhygiene v2.zip", (bytes([n % 250]) * 65_536 for n in range(parts)), size if known else None
    )
    assert len(moodle.drafts[draft]) == size
    assert moodle.drafts[draft][65_536 * 3] == 3
    assert moodle.requests[-1][1]["filearea"] == b"draft"


def test_a_package_that_moodle_does_not_take(client: Client, moodle: Moodle):
    moodle.fails(
        "upload.php", Fault(body=b'[{"filename":"a.zip","errortype":"fileoversized","error":"Too large"}]')
    )
    with pytest.raises(MoodleError, match="larger than Moodle takes"):
        client.upload("a.zip", [b"x"], 1)
    moodle.fails("upload.php", Fault(body=b"[]"))
    with pytest.raises(MoodleError, match="did not say where"):
        client.upload("a.zip", [b"x"], 1)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("moodle.kommune.no", "https://moodle.kommune.no"),
        (" https://Moodle.kommune.no/ ", "https://moodle.kommune.no"),
        ("https://kommune.no/moodle/login/index.php", "https://kommune.no/moodle"),
        ("https://kommune.no/moodle/my/?x=1#y", "https://kommune.no/moodle"),
        ("https://kommune.no:8443/admin/search.php", "https://kommune.no:8443"),
    ],
)
def test_the_address_may_be_pasted_from_any_page(typed: str, address: str):
    assert address_of(typed) == address


@pytest.mark.parametrize(
    "typed",
    ["", "ftp://moodle", "https://", "https://u:p@moodle", "https://a b", "https://[", "javascript:x"],
)
def test_what_is_no_address_is_said_so(typed: str):
    with pytest.raises(Invalid, match="Write the address"):
        address_of(typed)
