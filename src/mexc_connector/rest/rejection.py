"""From a reply to the error it stands for, or to none.

The exchange's error bodies come in several shapes, with `msg` or `message`, with `success` or
without, in English or Chinese, as HTML from what stands in front of it, or empty. The status is
looked at first, because a body cannot be relied on.
"""

from collections.abc import Mapping
from typing import TypeGuard

import msgspec

from mexc_connector.common.config import RateLimitConfig
from mexc_connector.common.error_codes import (
    UNLISTED,
    ErrorRule,
    Retry,
    WriteOutcome,
    rule_for,
)
from mexc_connector.common.errors import (
    AuthenticationError,
    BadRequest,
    ExchangeAPIError,
    ExchangeUnavailable,
    FirewallBlocked,
    PermissionDenied,
    RateLimitError,
    UnknownOrder,
)

_SUCCESS_CODES = (None, 0, 200)
_TEXT_SHOWN = 200
_ALIKE = (700001, 700002)
_LONGEST_STATED_WAIT_S = 30 * 24 * 3600.0  # bans last up to 3 days; more is no number to sleep on


class Rejection(msgspec.Struct, frozen=True):
    """Why a reply is not a success.

    `stated_wait_s` is the exchange's own `Retry-After`, None where it sent none.
    """

    error: ExchangeAPIError
    retry: Retry
    outcome: WriteOutcome
    stated_wait_s: float | None = None

    @property
    def is_certain(self) -> bool:
        """Whether a command was certainly not carried out.

        -2011 is listed as open because the order may be finished; of the cancel it is certain
        that it did nothing.
        """
        return self.outcome is WriteOutcome.REJECTED or isinstance(self.error, UnknownOrder)

    def with_note(self, note: str) -> "Rejection":
        """Return the same with more said in the error's text."""
        error = self.error
        noted = type(error)(
            f"{error.message}; {note}",
            endpoint=error.endpoint,
            code=error.code,
            http_status=error.http_status,
            body=error.body,
        )
        return msgspec.structs.replace(self, error=noted)


def is_about_time(outcome: object) -> TypeGuard[Rejection]:
    """Whether the exchange objects to the time of a request: then it did nothing with it."""
    return isinstance(outcome, Rejection) and outcome.retry is Retry.AFTER_CLOCK_SYNC


class _ErrorBody(msgspec.Struct):
    """Whatever an error body may hold; everything else in it is ignored."""

    code: int | float | str | None = None
    msg: str | None = None
    message: str | None = None
    success: bool | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")


_HOLDING_KEYS = ("/apiKeyInfo", "/userDataStream")


def is_plain_success(status: int, body: bytes) -> bool:
    """Whether a reply is a success beyond doubt: 2xx, and nothing in it that errors are made of."""
    return 200 <= status < 300 and b'"code"' not in body and b'"success"' not in body


def rejection_of(
    endpoint: str,
    *,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    limits: RateLimitConfig,
) -> Rejection | None:
    """Return None for a success, else the right exception and what may be done about it.

    A success is a 2xx status whose body is not one of the exchange's error objects: `code` is
    absent, 0 or 200, and `success` is not false. Header names are in lower case.
    """
    if is_plain_success(status, body):
        return None
    is_success_status = 200 <= status < 300
    details = _parsed(body)
    code = None if details is None else _code(details)
    if is_success_status and (details is None or _is_success(details, code)):
        return None
    rule = _rule(status, code, _message(details), is_json=details is not None)
    if not _message(details) and endpoint.endswith(_HOLDING_KEYS):
        body = b""  # an answer under the wrong status: what it says would show in the error
    message = _message(details) or _text_of(status, body)
    if code in _ALIKE:
        message += "; the exchange says the same of a wrong secret, a wrong key and an expired key"
    stated_wait_s = _stated_wait_s(headers)
    error = _error(
        rule.error,
        message,
        endpoint=endpoint,
        code=code,
        status=status,
        body=body,
        wait_s=limits.default_retry_after_s if stated_wait_s is None else stated_wait_s,
        limits=limits,
    )
    return Rejection(error, rule.retry, rule.outcome, stated_wait_s)


def entry_rejection(
    endpoint: str, code: int | None, message: str, *, limits: RateLimitConfig
) -> Rejection:
    """Return what a failed entry inside the success of a batch stands for."""
    rule = UNLISTED if code is None else rule_for(code, message)
    error = _error(
        rule.error,
        message.strip(),
        endpoint=endpoint,
        code=code,
        status=200,
        body=b"",
        wait_s=limits.default_retry_after_s,
        limits=limits,
    )
    return Rejection(error, rule.retry, rule.outcome)


def _rule(status: int, code: int | None, message: str, *, is_json: bool) -> ErrorRule:
    listed = UNLISTED if code is None else rule_for(code, message)
    if status >= 500:  # whatever the body says, a command may have been carried out
        retry = listed.retry if listed.error is ExchangeUnavailable else Retry.AFTER_LOOKUP
        return ErrorRule(ExchangeUnavailable, retry, WriteOutcome.UNKNOWN)
    if status in {418, 429}:
        outcome = WriteOutcome.REJECTED if is_json else WriteOutcome.UNKNOWN
        return ErrorRule(RateLimitError, Retry.AFTER_STATED_WAIT, outcome)
    if status == 403 and not is_json:
        return ErrorRule(FirewallBlocked, Retry.LATER)
    if listed is not UNLISTED:
        return listed
    return _RULES_BY_STATUS.get(status, UNLISTED)


_RULES_BY_STATUS = {
    400: ErrorRule(BadRequest, Retry.AFTER_CHANGE, WriteOutcome.UNKNOWN),
    401: ErrorRule(AuthenticationError, Retry.AFTER_CHANGE),
    403: ErrorRule(PermissionDenied, Retry.AFTER_CHANGE),
    404: ErrorRule(BadRequest, Retry.AFTER_CHANGE),
    405: ErrorRule(BadRequest, Retry.AFTER_CHANGE),
}


def _error(
    error: type[ExchangeAPIError],
    message: str,
    *,
    endpoint: str,
    code: int | None,
    status: int,
    body: bytes,
    wait_s: float,
    limits: RateLimitConfig,
) -> ExchangeAPIError:
    text = body.decode(errors="replace")
    if issubclass(error, RateLimitError):
        pause_s = limits.firewall_pause_s if issubclass(error, FirewallBlocked) else wait_s
        return error(
            message,
            endpoint=endpoint,
            retry_after=pause_s,
            code=code,
            http_status=status,
            body=text,
        )
    return error(message, endpoint=endpoint, code=code, http_status=status, body=text)


def _parsed(body: bytes) -> _ErrorBody | None:
    """Return the body if it is a JSON object, however odd; None for anything else."""
    try:
        return msgspec.json.decode(body, type=_ErrorBody)
    except msgspec.ValidationError:
        return _ErrorBody() if body.lstrip().startswith(b"{") else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _code(details: _ErrorBody) -> int | None:
    try:
        return None if details.code is None else int(details.code)
    except (ValueError, OverflowError):  # text that is no number, or 1e400
        return None


def _is_success(details: _ErrorBody, code: int | None) -> bool:
    return code in _SUCCESS_CODES and details.success is not False


def _message(details: _ErrorBody | None) -> str:
    if details is None:
        return ""
    text = details.msg or details.message
    if not text:
        try:
            text = msgspec.json.decode(details.data, type=str)  # {"code":26,"data":"operation ..."}
        except (msgspec.DecodeError, UnicodeDecodeError):
            return ""
    return text.strip()


def _text_of(status: int, body: bytes) -> str:
    text = body[: 4 * _TEXT_SHOWN].decode(errors="replace").strip()
    if not text:
        return f"HTTP {status} without a body"
    if text.startswith("<"):
        return f"a page of HTML with HTTP {status}"
    return text[:_TEXT_SHOWN]


def _stated_wait_s(headers: Mapping[str, str]) -> float | None:
    """Return `Retry-After` in seconds; None if it is absent, a date, or no usable number."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return min(seconds, _LONGEST_STATED_WAIT_S) if seconds >= 0 else None  # NaN is not >= 0
