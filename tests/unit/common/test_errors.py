import inspect

import pytest

from mexc_connector.common import errors
from mexc_connector.common.errors import (
    BeyondHorizon,
    EventsLost,
    ExchangeAPIError,
    FirewallBlocked,
    MexcError,
    OrderBookNotSynced,
    OrderOutcomeUnknown,
    ProtocolViolation,
    RateLimitError,
    SubscriptionRefused,
)

ALL = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, Exception)
]


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_every_error_is_of_the_tree_and_stands_in_its_drawing(error: type[Exception]) -> None:
    assert issubclass(error, MexcError)
    assert error.__doc__
    assert errors.__doc__ is not None
    assert error.__name__ in errors.__doc__


def test_a_refusal_keeps_everything_that_the_exchange_said() -> None:
    error = ExchangeAPIError(
        "Oversold",
        endpoint="POST /api/v3/order",
        code=30005,
        http_status=400,
        body='{"code":30005}',
    )
    assert (error.code, error.http_status, error.message) == (30005, 400, "Oversold")
    assert str(error) == "POST /api/v3/order: Oversold (HTTP 400, code 30005)"
    assert "no code" in str(ExchangeAPIError("odd", endpoint="x"))


def test_the_firewall_is_a_rate_limit() -> None:
    error = FirewallBlocked("blocked", endpoint="GET /api/v3/depth", retry_after=90.0)
    assert isinstance(error, RateLimitError)
    assert error.retry_after == 90.0


def test_a_protocol_violation_keeps_the_whole_body_and_shows_its_beginning() -> None:
    body = "x" * 10_000
    error = ProtocolViolation("not JSON", endpoint="GET /api/v3/time", body=body)
    assert error.body == body
    assert len(str(error)) < 400


def test_errors_carry_their_data_in_attributes() -> None:
    assert OrderBookNotSynced("BTC/USDT", "gap").reason == "gap"
    assert BeyondHorizon("BTC/USDT", 3.0, 1.5).horizon_price == 1.5
    assert OrderOutcomeUnknown("x-1").client_order_id == "x-1"
    assert SubscriptionRefused("spot@x", "Blocked!").channel == "spot@x"
    assert EventsLost("trades", 3).lost == 3
