import re
from pathlib import Path

import pytest

from mexc_connector.common.error_codes import UNLISTED, Retry, WriteOutcome, rule_for
from mexc_connector.common.errors import (
    AccountRestricted,
    AuthenticationError,
    BadRequest,
    ExchangeAPIError,
    ExchangeUnavailable,
    InsufficientFunds,
    InvalidSymbol,
    OrderRuleViolated,
    PermissionDenied,
    RateLimitError,
    TradingDisabled,
    UnknownOrder,
)

REJECTED, UNKNOWN = WriteOutcome.REJECTED, WriteOutcome.UNKNOWN


@pytest.mark.parametrize(
    ("code", "error", "retry", "outcome"),
    [
        (700002, AuthenticationError, Retry.AFTER_CHANGE, REJECTED),
        (700003, AuthenticationError, Retry.AFTER_CLOCK_SYNC, REJECTED),
        (10001, AuthenticationError, Retry.NEVER, REJECTED),
        (700006, PermissionDenied, Retry.AFTER_CHANGE, REJECTED),
        (70011, PermissionDenied, Retry.NEVER, REJECTED),
        (429, RateLimitError, Retry.AFTER_STATED_WAIT, REJECTED),
        (-1003, RateLimitError, Retry.AFTER_STATED_WAIT, REJECTED),
        (30029, AccountRestricted, Retry.LATER, REJECTED),
        (603, BadRequest, Retry.NEVER, UNKNOWN),
        (-1127, BadRequest, Retry.AFTER_CHANGE, REJECTED),
        (30005, InsufficientFunds, Retry.AFTER_CHANGE, REJECTED),
        (-2011, UnknownOrder, Retry.AFTER_LOOKUP, UNKNOWN),
        (-2013, UnknownOrder, Retry.AFTER_LOOKUP, REJECTED),
        (-1121, InvalidSymbol, Retry.AFTER_CHANGE, REJECTED),
        (10007, InvalidSymbol, Retry.AFTER_RULES_REFRESH, REJECTED),
        (30016, TradingDisabled, Retry.LATER, REJECTED),
        (30051, TradingDisabled, Retry.AFTER_CHANGE, REJECTED),
        (30087, OrderRuleViolated, Retry.AFTER_CHANGE, REJECTED),
        (60005, AccountRestricted, Retry.NEVER, REJECTED),
        (504, ExchangeUnavailable, Retry.AFTER_LOOKUP, UNKNOWN),
        (11444, ExchangeUnavailable, Retry.LATER, REJECTED),
        (730000, ExchangeUnavailable, Retry.AFTER_LOOKUP, UNKNOWN),
        (10200, ExchangeAPIError, Retry.AFTER_LOOKUP, UNKNOWN),
        (730707, BadRequest, Retry.AFTER_CHANGE, REJECTED),
    ],
)
def test_a_code_says_its_class_the_remedy_and_the_fate_of_a_command(
    code: int, error: type[ExchangeAPIError], retry: Retry, outcome: WriteOutcome
) -> None:
    rule = rule_for(code, "")
    assert (rule.error, rule.retry, rule.outcome) == (error, retry, outcome)


@pytest.mark.parametrize(
    ("code", "text", "error"),
    [
        (400, "quantity scale is invalid", OrderRuleViolated),
        (400, " amount scale is invalid", OrderRuleViolated),
        (400, "api key required", AuthenticationError),
        (400, "The start time cannot be earlier than 90 days", BadRequest),
        (30018, "market order is disabled", TradingDisabled),
        (30018, "您的账户暂时无法下单，请联系客服", AccountRestricted),
        (730001, "Pair not found", InvalidSymbol),
        (730001, "User information error", AccountRestricted),
        (500, "Under maintenance, please try again later", ExchangeUnavailable),
    ],
)
def test_codes_with_several_meanings_are_told_apart_by_their_text(
    code: int, text: str, error: type[ExchangeAPIError]
) -> None:
    assert rule_for(code, text).error is error


def test_maintenance_is_for_later_not_for_a_quick_retry() -> None:
    assert rule_for(500, "Under maintenance").retry is Retry.LATER
    assert rule_for(500, "Internal error").retry is Retry.AFTER_LOOKUP


def test_a_code_that_no_table_knows_leaves_the_outcome_open() -> None:
    assert rule_for(123456789, "never seen") is UNLISTED
    assert UNLISTED.outcome is WriteOutcome.UNKNOWN
    assert UNLISTED.retry is Retry.NEVER
    assert UNLISTED.error is ExchangeAPIError


def test_every_code_stands_in_one_row_only() -> None:
    source = Path(__file__).parents[3] / "src/mexc_connector/common/error_codes.py"
    rows = source.read_text(encoding="utf-8").split("_ROWS:")[1].split("_RULES:")[0]
    codes = re.findall(r"(?<![\w.])-?\d{2,6}(?!\d)", re.sub(r"#.*", "", rows))
    assert len(codes) > 90
    assert len(codes) == len(set(codes))
