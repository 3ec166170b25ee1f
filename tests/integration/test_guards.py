"""Guards and the dead-man switch against the simulator, over real sockets."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext

import pytest

from mexc_connector import (
    AssetName,
    BlockedLoopGuard,
    DeadManSwitch,
    Guard,
    GuardAction,
    GuardConfig,
    GuardEvent,
    GuardState,
    GuardTripped,
    LostAccountGuard,
    MexcConfig,
    MexcExchange,
    PriceBandGuard,
    RateLimitConfig,
    Side,
    StaleBookGuard,
    StreamConfig,
    Symbol,
)
from mexc_connector.sim import SimLimits, SimOptions, Simulator
from mexc_connector.sim.faults import FaultPlan, RefuseConnections

BTC_USDT = Symbol(AssetName("BTC"), AssetName("USDT"))


@asynccontextmanager
async def trading(
    guards: GuardConfig, **limits: object
) -> AsyncIterator[tuple[Simulator, MexcExchange]]:
    """A quiet market with an order on each side of 50,000, and a session with guards in it."""
    options = SimOptions(symbols=("BTCUSDT",), seed=5, agents=0, limits=SimLimits.lifted())
    async with Simulator(options) as sim:
        market = sim.market("BTCUSDT")
        market.place("BUY", price="49990", quantity="5")
        market.place("SELL", price="50010", quantity="5")
        config = MexcConfig(
            rest_url=sim.rest_url,
            stream_url=sim.ws_url,
            limits=RateLimitConfig(**limits) if limits else RateLimitConfig.lifted(),  # type: ignore[arg-type]
            streams=StreamConfig(backoff_base_s=0.05, backoff_max_s=0.2),
            guards=guards,
        )
        exchange = MexcExchange(sim.api_key, sim.secret_key, config=config)
        async with exchange.session([BTC_USDT]) as mexc:
            yield sim, mexc


async def bid(mexc: MexcExchange, price: float = 49_000.0) -> None:
    await mexc.place_limit_order(BTC_USDT, side=Side.BUY, amount=0.001, price=price)


async def until(condition: Callable[[], object], *, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


def open_at(sim: Simulator) -> int:
    return len(sim.account(sim.api_key).open_orders())


async def test_an_order_outside_the_price_band_never_reaches_the_exchange() -> None:
    async with trading(GuardConfig(price_band=PriceBandGuard(max_distance=0.03))) as (sim, mexc):
        await bid(mexc)
        with pytest.raises(GuardTripped) as refused:
            await bid(mexc, 5_000.0)
        assert (refused.value.guard, refused.value.limit) == (Guard.PRICE_BAND, 0.03)
        assert refused.value.value == pytest.approx(0.9)
        assert open_at(sim) == sim.requests_by_path["/api/v3/order"] == 1
        assert mexc.get_performance_metrics()["guard_refusals"] == 1
        assert [event.guard for event in mexc.tripped_guards] == [Guard.PRICE_BAND]


async def test_a_bot_that_falls_silent_loses_its_orders_at_the_exchange() -> None:
    async with trading(GuardConfig(check_every_s=0.02)) as (sim, mexc):
        events: list[GuardEvent] = []
        mexc.on_guard(events.append)
        await bid(mexc)
        await bid(mexc, 48_000.0)
        mexc.dead_man_switch(0.3)
        for _ in range(5):
            await asyncio.sleep(0.1)
            mexc.heartbeat()
        assert open_at(sim) == 2
        await until(lambda: len(events) == 2)
        assert open_at(sim) == 0
        assert [event.state for event in events] == [GuardState.HALTED, GuardState.ORDERS_CANCELED]
        assert "2 orders finished, none left" in events[1].reason
        mexc.heartbeat()
        with pytest.raises(GuardTripped, match="DEAD_MAN"):
            await bid(mexc)
        mexc.reset_guards()
        await bid(mexc)
        mexc.dead_man_switch(None)
        assert mexc.tripped_guards == ()


async def test_a_lost_private_stream_cancels_and_blocks_until_it_is_back() -> None:
    guards = GuardConfig(
        lost_account=LostAccountGuard(max_s=0.2, action=GuardAction.CANCEL_ALL),
        check_every_s=0.02,
    )
    async with trading(guards) as (sim, mexc):
        await bid(mexc)
        sim.set_faults(FaultPlan(rules=(RefuseConnections(connections="private"),)))
        for connection in tuple(sim.connections):
            if any("private" in topic for topic in connection.topics):
                connection.drop()
        await until(lambda: open_at(sim) == 0)
        with pytest.raises(GuardTripped, match="LOST_ACCOUNT"):
            await bid(mexc)
        sim.set_faults(None)
        await until(lambda: mexc.tripped_guards == ())
        await bid(mexc)
        assert open_at(sim) == 1


async def test_a_blocked_event_loop_refuses_the_order_that_was_decided_before() -> None:
    guards = GuardConfig(
        blocked_loop=BlockedLoopGuard(max_lag_s=0.3, calm_s=0.2), check_every_s=0.02
    )
    async with trading(guards) as (_, mexc):
        await asyncio.sleep(0.05)
        time.sleep(0.5)  # noqa: ASYNC251 - the point
        with pytest.raises(GuardTripped) as refused:
            await bid(mexc)
        assert refused.value.guard is Guard.BLOCKED_LOOP
        await until(lambda: mexc.tripped_guards == ())
        await bid(mexc)


async def test_an_order_that_waits_in_line_is_stopped_by_a_guard_that_trips_meanwhile() -> None:
    guards = GuardConfig(dead_man=DeadManSwitch(timeout_s=0.5), check_every_s=0.02)
    async with trading(guards, orders_per_second=3, cancel_reserve=2) as (sim, mexc):
        mexc.heartbeat()
        results = await asyncio.gather(
            *(bid(mexc, 49_000.0 - n) for n in range(5)), return_exceptions=True
        )
        stopped = [result for result in results if isinstance(result, GuardTripped)]
        assert stopped
        assert len(stopped) + sum(result is None for result in results) == 5
        await until(lambda: open_at(sim) == 0)
        placed = sim.account(sim.api_key).orders()
        assert len(placed) == 5 - len(stopped)
        assert mexc.open_orders == ()


async def test_a_session_with_stale_books_refuses_orders_in_markets_without_a_book() -> None:
    async with trading(GuardConfig(stale_book=StaleBookGuard())) as (_, mexc):
        await bid(mexc)
        await mexc.remove_symbol(BTC_USDT)
        with pytest.raises(GuardTripped, match="no book"):
            await bid(mexc)


@pytest.mark.parametrize("fails", [False, True])
async def test_the_end_of_a_session_leaves_no_order_open_if_it_is_told_to(fails: bool) -> None:
    options = SimOptions(symbols=("BTCUSDT",), agents=0, limits=SimLimits.lifted())
    async with Simulator(options) as sim:
        config = MexcConfig(
            rest_url=sim.rest_url,
            stream_url=sim.ws_url,
            limits=RateLimitConfig.lifted(),
            guards=GuardConfig(cancel_on_close=True),
        )
        exchange = MexcExchange(sim.api_key, sim.secret_key, config=config)
        ending = pytest.raises(KeyError) if fails else nullcontext()
        with ending:
            async with exchange.session([BTC_USDT]) as mexc:
                await bid(mexc, 20_000.0)
                assert open_at(sim) == 1
                if fails:
                    raise KeyError("the bot's own bug")
        assert open_at(sim) == 0
        assert sim.requests_by_path["/api/v3/order/all"] == 1


async def test_the_lines_of_a_session_say_what_they_are_about(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG, "mexc_connector"):
        async with trading(GuardConfig(price_band=PriceBandGuard(max_distance=0.03))) as (_, mexc):
            handle = await mexc.place_limit_order(
                BTC_USDT, side=Side.BUY, amount=0.001, price=49_000.0
            )
            with pytest.raises(GuardTripped):
                await bid(mexc, 5_000.0)
    lines = [
        getattr(record, "mexc", {}) | {"logger": record.name, "text": record.message}
        for record in caplog.records
    ]
    placed = [line for line in lines if line.get("endpoint") == "POST /api/v3/order"]
    assert [line["client_order_id"] for line in placed] == [handle.client_order_id]
    assert all("request" in line for line in lines if "endpoint" in line)
    links = [line for line in lines if line["text"].startswith("link ")]
    assert links
    assert all(f"link {line['connection']}:" in line["text"] for line in links)
    books = [line for line in lines if line["logger"] == "mexc_connector.books"]
    assert all(line["symbol"] == "BTC/USDT" for line in books)
    assert any(line["logger"] == "mexc_connector.guards" for line in lines)
