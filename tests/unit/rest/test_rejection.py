import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.common.config import RateLimitConfig
from mexc_connector.common.error_codes import Retry, WriteOutcome
from mexc_connector.common.errors import (
    AuthenticationError,
    BadRequest,
    ExchangeAPIError,
    ExchangeUnavailable,
    FirewallBlocked,
    InsufficientFunds,
    OrderRuleViolated,
    PermissionDenied,
    RateLimitError,
    UnknownOrder,
)
from mexc_connector.rest.rejection import Rejection, entry_rejection, rejection_of

RECORDED = Path(__file__).parents[2] / "recorded"
LIMITS = RateLimitConfig(firewall_pause_s=90.0, default_retry_after_s=10.0)
HTML = b"<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY>...</BODY></HTML>"


def judge(status: int, body: object, headers: dict[str, str] | None = None) -> Rejection | None:
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return rejection_of(
        "GET /api/v3/depth", status=status, headers=headers or {}, body=raw, limits=LIMITS
    )


def rejected(status: int, body: object, headers: dict[str, str] | None = None) -> Rejection:
    rejection = judge(status, body, headers)
    assert rejection is not None
    return rejection


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        [{"code": 700002}],
        {"serverTime": 1},
        {"code": 0, "msg": "success", "data": []},
        {"code": 200, "msg": None, "data": []},
        {"code": "200", "data": []},
        {"success": True, "data": []},
        {"code": None},
        b"",
    ],
)
def test_absent_0_and_200_are_codes_of_success(body: object) -> None:
    assert judge(200, body) is None


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"code": 30005, "msg": "Oversold"}, 30005, "Oversold"),
        ({"msg": "Oversold", "code": 30005, "_extend": None}, 30005, "Oversold"),
        ({"success": False, "code": 602, "message": "signature"}, 602, "signature"),
        ({"code": "700003", "msg": " late "}, 700003, "late"),
        ({"success": False, "code": 0}, 0, '{"success": false, "code": 0}'),
        ({"code": 26, "data": "operation not allowed"}, 26, "operation not allowed"),
        ({"code": 10101, "msg": "余额不足"}, 10101, "余额不足"),
        ({"code": 12345678, "msg": "new", "timestamp": 1}, 12345678, "new"),
    ],
)
def test_error_objects_of_all_shapes_are_read_even_under_http_200(
    body: dict[str, object], code: int, message: str
) -> None:
    for status in (200, 400):
        error = rejected(status, body).error
        assert (error.code, error.message) == (code, message)
        assert error.http_status == status
        assert error.endpoint == "GET /api/v3/depth"


def test_every_recorded_error_is_of_its_class() -> None:
    recorded = json.loads((RECORDED / "errors.json").read_text(encoding="utf-8"))
    bodies = [entry["body"] for entry in recorded if "code" in entry["body"]]
    kinds = [type(rejected(400, body).error) for body in bodies]
    assert kinds == [
        UnknownOrder,
        AuthenticationError,
        AuthenticationError,
        BadRequest,
        BadRequest,
    ]


@pytest.mark.parametrize("code", [700001, 700002])
def test_an_objection_to_key_or_signature_names_all_causes(code: int) -> None:
    error = rejected(400, {"code": code, "msg": "Signature for this request is not valid."}).error
    assert isinstance(error, AuthenticationError)
    assert error.message.startswith("Signature for this request is not valid.; ")
    assert "wrong secret, a wrong key and an expired key" in error.message


def test_a_failed_entry_of_a_batch_is_judged_like_an_answer() -> None:
    for code, message, kind, is_certain in (
        (30002, " minimum 0.5USDT ", OrderRuleViolated, True),
        (20002, "internal", ExchangeUnavailable, False),
        (429, "slow down", RateLimitError, True),
        (-2011, "Unknown order sent.", UnknownOrder, True),
        (None, "?", ExchangeAPIError, False),
    ):
        rejection = entry_rejection("POST /x", code, message, limits=LIMITS)
        assert type(rejection.error) is kind
        assert rejection.error.message == message.strip()
        assert rejection.is_certain is is_certain


def test_a_firewall_page_is_throttling_and_no_matter_of_keys() -> None:
    rejection = rejected(403, HTML)
    assert isinstance(rejection.error, FirewallBlocked)
    assert rejection.error.retry_after == 90.0
    assert rejection.error.message == "a page of HTML with HTTP 403"
    assert rejection.error.body.startswith("<HTML>")
    assert rejection.outcome is WriteOutcome.REJECTED
    assert rejection.retry is Retry.LATER


def test_a_403_in_json_is_about_rights() -> None:
    assert type(rejected(403, {"code": 700006, "msg": "ip"}).error) is PermissionDenied
    assert type(rejected(403, {"msg": "no"}).error) is PermissionDenied


@pytest.mark.parametrize("status", [418, 429])
def test_the_stated_wait_is_taken_over(status: int) -> None:
    rejection = rejected(status, {"code": 429, "msg": "slow"}, {"retry-after": "7"})
    assert isinstance(rejection.error, RateLimitError)
    assert not isinstance(rejection.error, FirewallBlocked)
    assert rejection.error.retry_after == 7.0
    assert rejection.stated_wait_s == 7.0
    assert rejection.outcome is WriteOutcome.REJECTED


@pytest.mark.parametrize("header", [None, "", "Wed, 21 Oct 2026 07:28:00 GMT", "-1", "nan", "soon"])
def test_without_a_usable_wait_the_default_holds(header: str | None) -> None:
    headers = {} if header is None else {"retry-after": header}
    rejection = rejected(429, {"code": 429}, headers)
    assert isinstance(rejection.error, RateLimitError)
    assert rejection.error.retry_after == 10.0
    assert rejection.stated_wait_s is None


def test_an_endless_wait_is_cut_to_something_that_can_be_slept_on() -> None:
    rejection = rejected(429, {"code": 429}, {"retry-after": "1e300"})
    assert rejection.stated_wait_s is not None
    assert rejection.stated_wait_s < 1e8


def test_a_429_that_is_not_the_exchanges_own_leaves_a_command_open() -> None:
    assert rejected(429, HTML).outcome is WriteOutcome.UNKNOWN
    assert rejected(429, b"").outcome is WriteOutcome.UNKNOWN


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
@pytest.mark.parametrize("body", [HTML, b"", {"code": 30005, "msg": "Oversold"}])
def test_whatever_a_5xx_says_the_outcome_is_open(status: int, body: object) -> None:
    rejection = rejected(status, body)
    assert isinstance(rejection.error, ExchangeUnavailable)
    assert rejection.outcome is WriteOutcome.UNKNOWN
    assert rejection.retry is Retry.AFTER_LOOKUP


def test_maintenance_is_seen_through_its_status() -> None:
    body = {"code": 500, "message": "Under maintenance, see", "announcement": "https://x"}
    assert rejected(503, body).retry is Retry.LATER


def test_401_needs_no_body() -> None:
    assert type(rejected(401, b"").error) is AuthenticationError
    assert rejected(401, b"").error.message == "HTTP 401 without a body"
    assert type(rejected(401, HTML).error) is AuthenticationError


@pytest.mark.parametrize(
    ("status", "kind"), [(404, BadRequest), (400, BadRequest), (302, ExchangeAPIError)]
)
def test_other_statuses_are_errors_without_a_code(
    status: int, kind: type[ExchangeAPIError]
) -> None:
    error = rejected(status, b"nginx").error
    assert type(error) is kind
    assert error.code is None
    assert error.message == "nginx"


def test_odd_fields_do_not_hide_the_error() -> None:
    error = rejected(400, {"code": [1], "msg": {"a": 1}}).error
    assert isinstance(error, BadRequest)
    assert rejected(400, {"code": 30004.0, "msg": "x"}).error.code == 30004
    assert isinstance(rejected(400, {"code": 30004.0}).error, InsufficientFunds)
    assert rejected(400, {"code": "E17", "msg": "x"}).error.code is None


@given(
    status=st.integers(min_value=100, max_value=599),
    body=st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=10,
        ).map(lambda value: json.dumps({"code": value, "msg": value}).encode()),
    ),
)
def test_no_body_whatsoever_breaks_the_reader(status: int, body: bytes) -> None:
    rejection = judge(status, body)
    assert rejection is not None or 200 <= status < 300


def test_a_failure_that_is_only_told_by_its_flag_is_no_success() -> None:
    assert rejected(200, {"success": False, "msg": "try later"}).error.message == "try later"
    assert judge(200, {"success": True, "data": []}) is None


@pytest.mark.parametrize("endpoint", ["GET /api/v3/apiKeyInfo", "POST /api/v3/userDataStream"])
def test_an_answer_that_holds_a_key_does_not_show_under_a_wrong_status(endpoint: str) -> None:
    rejection = rejection_of(
        endpoint,
        status=500,
        headers={},
        body=b'{"accessKey":"mx0secret","listenKey":"abc"}',
        limits=RateLimitConfig(),
    )
    assert rejection is not None
    shown = f"{rejection.error} {rejection.error!r} {vars(rejection.error)}"
    assert "mx0secret" not in shown
    assert "abc" not in shown
