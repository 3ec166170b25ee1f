"""How fills that nobody told are looked for: a look-up counts if the exchange answered it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from mexc_connector.common.enums import OrderStatus
from mexc_connector.common.errors import (
    AuthenticationError,
    ConnectionFailed,
    ExchangeUnavailable,
    InvalidSymbol,
    MexcError,
    PermissionDenied,
    ProtocolViolation,
    RateLimitError,
    RequestTimeout,
)
from mexc_connector.common.trading_config import TradingConfig
from mexc_connector.trading.account import Account
from tests.unit.rest.doubles import FakeClock
from tests.unit.trading.doubles import FakeRest, checked, new_account
from tests.unit.trading.orders import fill

ENDPOINT = "GET /api/v3/myTrades"
LOOKUPS = 5
MANY = 3 * LOOKUPS
TRADING = TradingConfig(audit_s=60.0, reconcile_base_s=0.5, reconcile_max_s=4.0)
UNREADABLE = ProtocolViolation("not JSON", endpoint=ENDPOINT)
NOT_LISTED = InvalidSymbol("no such market", endpoint=ENDPOINT, code=-1121)


async def until(condition: Callable[[], object]) -> None:
    for _ in range(2_000):
        if condition():
            return
        await asyncio.sleep(0)
    pytest.fail("this never came true")


@asynccontextmanager
async def audited(rest: FakeRest, clock: FakeClock) -> AsyncIterator[Account]:
    """An account whose audits come as fast as the loop turns, with two orders under way."""
    account = new_account(rest, clock=clock, trading=TRADING)
    account.start()
    account.feed.on_live(1)
    await account.feed.wait_current()
    await account.desk.place(checked())
    await account.desk.place(checked())
    yield account
    await account.close()


def finish(account: Account, rest: FakeRest, *order_ids: str) -> None:
    """Let orders be filled, of which the stream tells the end and not the fills."""
    rest.fills = [fill(f"T{order_id}", "10", order_id=order_id) for order_id in order_ids]
    for order_id in order_ids:
        account.feed.on_order(rest.set(order_id, OrderStatus.FILLED, "10"), 1)


@pytest.mark.parametrize(
    "error",
    [
        RequestTimeout("no answer"),
        ConnectionFailed("cut"),
        ExchangeUnavailable("maintenance", endpoint=ENDPOINT),
        RateLimitError("slower", endpoint=ENDPOINT, retry_after=1.0),
        AuthenticationError("key", endpoint=ENDPOINT),
        PermissionDenied("key", endpoint=ENDPOINT),
        UNREADABLE,
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_read_that_fails_is_no_look_up_and_is_made_again_after_growing_pauses(
    error: MexcError,
) -> None:
    rest, clock = FakeRest(), FakeClock()
    async with audited(rest, clock) as account:
        rest.will("my_trades", *[error] * MANY)
        finish(account, rest, "X1")
        await until(lambda: not account.board.tracker.missing_fills)
        assert account.metrics().reconciliation_failures == MANY
        assert [pause for pause in clock.slept if pause < TRADING.audit_s][:6] == [
            *(0.5, 1.0, 2.0, 4.0, 4.0, 4.0)
        ]


async def test_look_ups_in_vain_before_a_failure_still_count() -> None:
    rest = FakeRest()
    async with audited(rest, FakeClock()) as account:
        rest.will("my_trades", *[None, ConnectionFailed("cut")] * MANY)
        finish(account, rest, "X1")
        rest.fills = []
        before = account.metrics().reconciliations
        await until(lambda: account.metrics().reconciliations > before + MANY)
        assert rest.count("my_trades") == 2 * LOOKUPS - 1  # the last one is not followed by any
        assert account.board.tracker.missing_fills


async def test_what_the_exchange_refuses_to_tell_of_an_order_is_not_asked_for_ever() -> None:
    rest = FakeRest()
    async with audited(rest, FakeClock()) as account:
        rest.will("my_trades", *[NOT_LISTED] * MANY)
        finish(account, rest, "X1")
        before = account.metrics().reconciliations
        await until(lambda: account.metrics().reconciliations > before + MANY)
        assert rest.count("my_trades") == LOOKUPS
        assert account.metrics().reconciliation_failures == LOOKUPS


@pytest.mark.parametrize("error", [UNREADABLE, NOT_LISTED], ids=["unreadable", "refused"])
async def test_what_is_wrong_about_one_order_leaves_the_others_their_fills(
    error: MexcError,
) -> None:
    rest = FakeRest()
    async with audited(rest, FakeClock()) as account:
        rest.will("my_trades", error)
        finish(account, rest, "X1", "X2")
        await until(lambda: account.metrics().reconciliation_failures)
        assert [order.order_id for order in account.board.tracker.missing_fills] == ["X1"]
        await until(lambda: not account.board.tracker.missing_fills)


async def test_while_nothing_is_answered_one_order_is_asked_about_and_not_all() -> None:
    rest = FakeRest()
    async with audited(rest, FakeClock()) as account:
        rest.will("my_trades", ConnectionFailed("cut"))
        finish(account, rest, "X1", "X2")
        await until(lambda: account.metrics().reconciliation_failures)
        assert rest.count("my_trades") == 1
        await until(lambda: not account.board.tracker.missing_fills)
