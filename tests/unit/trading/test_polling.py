"""What an account does while its private stream is lost: it asks REST, again and again."""

import asyncio

from mexc_connector.common.enums import AccountState, OrderStatus
from mexc_connector.common.errors import ConnectionFailed
from mexc_connector.common.trading_config import TradingConfig
from mexc_connector.trading.account import Account
from tests.unit.trading.doubles import FakeRest, balance, new_account
from tests.unit.trading.orders import fill, order
from tests.unit.trading.test_account_feed import USDT, SlowClock, until


class PollClock(SlowClock):
    """Polls come due one by one, when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.due = asyncio.Semaphore(0)

    async def sleep(self, seconds: float) -> None:
        if seconds == TradingConfig().poll_s:
            await self.due.acquire()
        await super().sleep(seconds)


async def polled_account(rest: FakeRest) -> tuple[Account, PollClock]:
    clock = PollClock()
    account = new_account(rest, clock=clock)
    account.start()
    account.feed.on_live(1)
    await account.feed.wait_current()
    return account, clock


async def test_while_the_stream_is_lost_polls_see_fills_cancels_and_new_orders() -> None:
    rest = FakeRest(held=[balance("USDT", "100")])
    rest.add(order(order_id="E1", client_order_id=None))
    rest.add(order(order_id="E2", client_order_id=None))
    account, clock = await polled_account(rest)
    account.feed.on_lost(1, "cut")
    rest.set("E1", OrderStatus.FILLED, "10")
    rest.fills.append(
        fill("T1", "10", order_id="E1", client_order_id=None, exchange_time_ms=rest.now_ms)
    )
    rest.set("E2", OrderStatus.CANCELED)
    rest.add(order(order_id="E3", client_order_id=None))
    rest.held = [balance("USDT", "70")]
    seen = []
    account.board.fills.register(lambda told: seen.append(told.order_id))
    clock.due.release()
    await until(lambda: account.feed.polls == 1)
    assert account.feed.status.state is AccountState.POLLING
    assert not account.feed.status.is_current
    assert [known.order_id for known in account.board.tracker.open_orders] == ["E3"]
    assert account.balances.get(USDT).free == 70
    assert seen == ["E1"]
    await account.close()


async def test_polling_begins_after_the_pause_and_ends_when_the_stream_is_back() -> None:
    rest = FakeRest()
    account, clock = await polled_account(rest)
    account.feed.on_lost(1, "cut")
    asked = rest.count("open_orders")
    for _ in range(20):
        await asyncio.sleep(0)
    assert rest.count("open_orders") == asked  # a link that is back at once costs no poll
    for number in (1, 2):
        clock.due.release()
        await until(lambda number=number: account.feed.polls == number)  # type: ignore[misc]
    account.feed.on_live(2)
    await account.feed.wait_current()
    asked = rest.count("open_orders")
    clock.due.release()
    for _ in range(50):
        await asyncio.sleep(0)
    assert rest.count("open_orders") == asked
    assert account.feed.polls == account.metrics().polls == 2
    await account.close()


async def test_a_poll_that_fails_says_so_and_the_next_one_is_made() -> None:
    rest = FakeRest()
    account, clock = await polled_account(rest)
    account.feed.on_lost(1, "cut")
    clock.due.release()
    await until(lambda: account.feed.status.state is AccountState.POLLING)
    rest.will("open_orders", ConnectionFailed("reset"))
    clock.due.release()
    await until(lambda: account.feed.status.state is AccountState.STALE)
    assert account.feed.status.reason == "no private stream, and polling fails"
    clock.due.release()
    await until(lambda: account.feed.status.state is AccountState.POLLING)
    await account.close()


async def test_a_poll_under_way_when_the_stream_comes_back_makes_nothing_current() -> None:
    rest = FakeRest()
    account, clock = await polled_account(rest)
    account.feed.on_lost(1, "cut")
    gate = asyncio.Event()

    async def wait() -> None:
        await gate.wait()

    rest.will("open_orders", wait, ConnectionFailed("reset"))
    asked = rest.count("open_orders")
    clock.due.release()
    await until(lambda: rest.count("open_orders") > asked)
    account.feed.on_live(2)
    gate.set()
    await until(lambda: account.feed.failures == 1)
    assert account.feed.status.state is AccountState.RECONCILING
    await account.feed.wait_current()
    await account.close()


async def test_fills_of_strangers_during_polling_are_read_once_the_stream_is_back() -> None:
    rest = FakeRest(held=[balance("BTC", "1")])
    account, clock = await polled_account(rest)
    account.feed.on_lost(1, "cut")
    stranger = order(order_id="S1", client_order_id=None)
    rest.add(stranger)
    rest.set("S1", OrderStatus.FILLED, "10")
    rest.fills.append(
        fill("T1", "10", order_id="S1", client_order_id=None, exchange_time_ms=rest.now_ms)
    )
    rest.held = [balance("BTC", "2")]
    seen = []
    account.board.fills.register(lambda told: seen.append(told.order_id))
    clock.due.release()
    await until(lambda: account.feed.polls == 1)
    account.feed.on_live(2)
    await account.feed.wait_current()
    assert seen == ["S1"]
    await account.close()
