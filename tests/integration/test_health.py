"""Circuit breakers, degraded modes and `health()` of a session, against the simulator's faults."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import msgspec
import pytest

from mexc_connector import (
    AccountState,
    AssetName,
    CircuitConfig,
    CircuitOpen,
    CircuitState,
    ConnectionFailed,
    ConnectionState,
    DegradedEvent,
    DegradedMode,
    ExchangeUnavailable,
    Fill,
    FirewallBlocked,
    HealthVerdict,
    ListenKeyConfig,
    MexcConfig,
    MexcExchange,
    ModeChange,
    Order,
    OrderOutcomeUnknown,
    OrderStatus,
    RateLimitConfig,
    RestConfig,
    SessionClosed,
    SessionHealth,
    Side,
    StreamConfig,
    Symbol,
    TradingConfig,
)
from mexc_connector.rest.private import MexcPrivateSpotRest
from mexc_connector.sim import SimLimits, SimOptions, Simulator
from mexc_connector.sim.faults import (
    Audience,
    FaultPlan,
    Firewall,
    LoseAnswer,
    RefuseConnections,
    ServerError,
    Unreachable,
)

BTC, USDT = AssetName("BTC"), AssetName("USDT")
BTC_USDT = Symbol(BTC, USDT)
NO_PRIVATE_STREAM = FaultPlan(rules=(RefuseConnections(connections=Audience.PRIVATE),))
MARKET_DATA = ("depth", "exchangeInfo", "klines", "ticker/*", "time", "symbol/offline")


def config_for(sim: Simulator, **options: object) -> MexcConfig:
    once = {"timeout_s": 2.0, "retries": 0}
    return MexcConfig(
        rest_url=sim.rest_url,
        stream_url=sim.ws_url,
        recv_window_ms=2_000,
        limits=RateLimitConfig(firewall_pause_s=1.0, requests_per_second=100_000),
        streams=StreamConfig(backoff_base_s=0.05, backoff_max_s=0.2),
        trading=TradingConfig(grace_s=0.5, poll_s=0.1, reconcile_base_s=0.05, reconcile_max_s=0.2),
        circuit=CircuitConfig(failures_in_a_row=3, pause_base_s=0.2, pause_max_s=0.4),
        listen_key=ListenKeyConfig(retry_base_s=0.05, retry_max_s=0.2),
        market_data=RestConfig(**once),  # type: ignore[arg-type]
        market_data_fast=RestConfig(**once),  # type: ignore[arg-type]
        account=RestConfig(auth=True, **once),  # type: ignore[arg-type]
        **options,  # type: ignore[arg-type]
    )


@asynccontextmanager
async def simulator() -> AsyncIterator[Simulator]:
    """A quiet market in which only clients trade, with an order on each side of 50,000."""
    options = SimOptions(symbols=("BTCUSDT",), seed=5, agents=0, limits=SimLimits.lifted())
    async with Simulator(options) as sim:
        market = sim.market("BTCUSDT")
        market.place("BUY", price="49990", quantity="5")
        market.place("SELL", price="50010", quantity="5")
        yield sim


@asynccontextmanager
async def trading(sim: Simulator, **options: object) -> AsyncIterator[MexcExchange]:
    exchange = MexcExchange(sim.api_key, sim.secret_key, config=config_for(sim, **options))
    async with exchange.session([BTC_USDT]) as mexc:
        yield mexc


async def until(condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


def modes(mexc: MexcExchange) -> set[DegradedMode]:
    return {active.mode for active in mexc.health().modes}


def outage(*endpoints: str) -> FaultPlan:
    return FaultPlan(rules=(ServerError(status=503, endpoints=endpoints),))


def lose_private_stream(sim: Simulator) -> None:
    """Drop it, and let it not come back."""
    sim.set_faults(NO_PRIVATE_STREAM)
    for connection in tuple(sim.connections):
        if any("private" in topic for topic in connection.topics):
            connection.drop()


async def place(mexc: MexcExchange, price: float = 49_000.0) -> Order:
    handle = await mexc.place_limit_order(BTC_USDT, side=Side.BUY, amount=0.01, price=price)
    return handle.order


async def test_a_session_without_trouble_is_healthy_and_says_everything() -> None:
    async with simulator() as sim, trading(sim) as mexc:
        await place(mexc)
        await until(lambda: mexc.health().is_healthy)
        health = mexc.health()
        assert health.reasons == ()
        (link,) = health.links
        assert link.state is ConnectionState.OPEN
        assert link.last_frame_age_s is not None
        (book,) = health.books
        assert (book.symbol, book.is_synced, book.unsync_reason) == ("BTC/USDT", True, None)
        assert book.version == mexc.orderbook.version
        assert book.age_s is not None
        account = health.account
        assert account is not None
        assert (account.state, account.is_stream_live) == (AccountState.CURRENT, True)
        assert (account.open_orders, account.unsettled_orders, len(account.links)) == (1, 0, 1)
        assert account.reconciled_age_s is not None
        assert health.clock is not None
        assert health.clock.offset_ms is not None
        assert health.clock.age_s is not None
        assert {circuit.state for circuit in health.circuits} == {CircuitState.CLOSED}
        assert sorted(circuit.group for circuit in health.circuits) == [
            "account",
            "market_data",
            "market_data_fast",
            "order",
        ]
        limits = health.limits
        assert 0 < limits.ip_weight_left < limits.ip_weight_limit == 300
        assert limits.account_weight_left < limits.account_weight_limit == 500
        assert limits.orders_limit == 12


async def test_health_is_json_without_secrets_and_costs_no_request() -> None:
    async with simulator() as sim, trading(sim) as mexc:
        before = dict(sim.requests_by_path)
        text = mexc.health().to_json()
        assert sim.requests_by_path == before
        assert msgspec.json.decode(text, type=SessionHealth).verdict is HealthVerdict.HEALTHY
        assert json.loads(text)["books"][0]["symbol"] == "BTC/USDT"
        shown = text.decode() + repr(mexc.health())
        assert sim.api_key not in shown
        assert sim.secret_key not in shown
        assert "listenKey" not in shown


async def test_outside_a_session_health_is_down_and_still_an_answer() -> None:
    exchange = MexcExchange(environment={})
    health = exchange.health()
    assert (health.verdict, health.reasons) == (HealthVerdict.DOWN, ("no session is open",))
    assert json.loads(health.to_json())["account"] is None
    with pytest.raises(SessionClosed):
        exchange.on_degraded(print)
    async with simulator() as sim:
        async with trading(sim) as mexc:
            pass
        assert mexc.health().verdict is HealthVerdict.DOWN


async def test_a_market_data_outage_does_not_stop_cancels() -> None:
    async with simulator() as sim, trading(sim, symbol_cache_s=0.05, clock_sync_s=0.05) as mexc:
        order, another = await place(mexc), await place(mexc)
        sim.set_faults(outage(*MARKET_DATA))
        for _ in range(3):
            with pytest.raises((ExchangeUnavailable, CircuitOpen)):
                await mexc.public_rest.get_tickers()
        age_s = mexc.health().time_ns
        await until(lambda: mexc.health().time_ns - age_s > 60_000_000)  # rules are too old now
        await until(lambda: DegradedMode.MARKET_DATA_REST_DOWN in modes(mexc))
        with pytest.raises((ExchangeUnavailable, CircuitOpen)):
            await mexc.get_symbol_info(BTC_USDT)
        assert mexc.health().verdict is HealthVerdict.DEGRADED
        canceled = await mexc.cancel_order(BTC_USDT, order_id=order.order_id)
        assert canceled.status is OrderStatus.CANCELED
        assert [known.order_id for known in await mexc.get_open_orders()] == [another.order_id]
        assert (await mexc.cancel_all_orders()).still_open == ()
        assert sim.account(sim.api_key).open_orders() == []


async def test_an_order_outage_refuses_placements_unsent_and_lets_cancels_through() -> None:
    async with simulator() as sim, trading(sim) as mexc:
        order = await place(mexc)
        sim.set_faults(outage("POST order"))
        for _ in range(3):
            with pytest.raises(OrderOutcomeUnknown):
                await place(mexc)
        asked = sim.requests_by_path["/api/v3/order"]
        with pytest.raises(CircuitOpen, match="order does not answer") as raised:
            await place(mexc)
        assert not raised.value.is_sent
        assert mexc.health().verdict is HealthVerdict.DOWN
        assert DegradedMode.ORDER_REST_DOWN in modes(mexc)
        assert sim.requests_by_path["/api/v3/order"] >= asked
        canceled = await mexc.cancel_order(BTC_USDT, order_id=order.order_id)
        assert canceled.status is OrderStatus.CANCELED
        sim.set_faults(None)
        await place(mexc)  # the cancel was answered, so the circuit is closed
        metrics = mexc.get_performance_metrics()
        assert metrics["orders_refused"] == metrics["rest_held_back"] == 1
        assert metrics["circuit_openings"] == 1


async def test_a_half_open_circuit_closes_by_itself_when_the_exchange_is_back() -> None:
    async with simulator() as sim, trading(sim) as mexc:
        sim.set_faults(FaultPlan(rules=(LoseAnswer(endpoints=("ticker/*",)),)))
        for _ in range(3):
            with pytest.raises(ConnectionFailed):
                await mexc.public_rest.get_tickers()
        assert mexc.get_performance_metrics()["open_circuits_count"] == 1
        sim.set_faults(None)
        async with asyncio.timeout(5):
            while True:
                with suppress(CircuitOpen):
                    await mexc.public_rest.get_tickers()
                    break
                await asyncio.sleep(0.01)
        assert mexc.get_performance_metrics()["open_circuits_count"] == 0
        await until(lambda: mexc.health().is_healthy)


async def test_while_the_private_stream_is_lost_polling_sees_fills_and_cancels_made_elsewhere() -> (
    None
):
    async with simulator() as sim, trading(sim) as mexc:
        filled, canceled = await place(mexc, 49_995.0), await place(mexc, 48_000.0)
        await until(lambda: len(mexc.open_orders) == 2)
        events: list[DegradedEvent] = []
        mexc.on_degraded(events.append)
        fills: list[Fill] = []
        mexc.on_fills(fills.append)
        lose_private_stream(sim)
        await until(lambda: mexc.account_status.state is AccountState.POLLING)
        assert DegradedMode.PRIVATE_STREAM_DOWN in modes(mexc)
        assert mexc.health().verdict is HealthVerdict.DEGRADED
        owned = mexc.get_asset_balance(BTC).free

        sim.market("BTCUSDT").place("SELL", price="49995", quantity="0.01")
        async with MexcPrivateSpotRest(
            sim.api_key, sim.secret_key, config=config_for(sim)
        ) as elsewhere:
            await elsewhere.cancel_order(BTC_USDT, order_id=canceled.order_id)
            await elsewhere.place_order(BTC_USDT, side=Side.BUY, amount=0.01, price=47_000.0)
        await until(lambda: [order.price for order in mexc.open_orders] == [47_000.0])
        await until(lambda: mexc.get_asset_balance(BTC).free > owned)
        await until(lambda: [fill.order_id for fill in fills] == [filled.order_id])

        sim.set_faults(None)
        await until(lambda: mexc.account_status.is_current)
        polls = mexc.get_performance_metrics()["account_polls"]
        assert polls >= 1
        asked = sim.requests_by_path["/api/v3/openOrders"]
        await until(lambda: mexc.health().is_healthy)
        began = mexc.health().time_ns
        await until(lambda: mexc.health().time_ns - began > 500_000_000)  # five polls' time
        assert mexc.get_performance_metrics()["account_polls"] == polls
        assert sim.requests_by_path["/api/v3/openOrders"] == asked
        assert len(fills) == 1
        private = [e.change for e in events if e.mode is DegradedMode.PRIVATE_STREAM_DOWN]
        assert private == [ModeChange.ENTERED, ModeChange.LEFT]


async def test_orders_can_be_placed_and_followed_while_the_private_stream_is_lost() -> None:
    async with simulator() as sim, trading(sim) as mexc:
        lose_private_stream(sim)
        await until(lambda: mexc.account_status.state is AccountState.POLLING)
        order = await place(mexc, 49_995.0)
        sim.market("BTCUSDT").place("SELL", price="49995", quantity="0.01")
        handle = mexc.get_order_handle(str(order.client_order_id))
        await until(lambda: handle.order.status is OrderStatus.FILLED)


async def test_the_firewall_is_a_mode_of_its_own_and_ends_with_its_pause() -> None:
    async with simulator() as sim, trading(sim) as mexc:
        sim.set_faults(FaultPlan(rules=(Firewall(endpoints=("ticker/*",), first=1, last=1),)))
        with pytest.raises(FirewallBlocked):
            await mexc.public_rest.get_tickers()
        health = mexc.health()
        assert health.verdict is HealthVerdict.DOWN
        assert [active.mode for active in health.modes] == [DegradedMode.FIREWALLED]
        assert 0 < health.limits.firewalled_s <= 1.0
        assert mexc.get_performance_metrics()["open_circuits_count"] == 0
        await until(lambda: mexc.health().is_healthy)


async def test_an_exchange_that_is_gone_is_down_and_comes_back_without_our_doing() -> None:
    async with simulator() as sim, trading(sim) as mexc:
        sim.set_faults(FaultPlan(rules=(Unreachable(for_ms=1_500),)))
        for connection in tuple(sim.connections):
            connection.drop()
        await until(lambda: mexc.health().verdict is HealthVerdict.DOWN)
        held = modes(mexc)
        assert {
            DegradedMode.STREAMS_RECONNECTING,
            DegradedMode.BOOKS_UNSYNCED,
            DegradedMode.PRIVATE_STREAM_DOWN,
        } <= held
        (book,) = mexc.health().books
        assert (book.is_synced, book.version) == (False, None)
        assert book.unsync_reason is not None
        await until(lambda: mexc.health().is_healthy, seconds=20)
        metrics = mexc.get_performance_metrics()
        assert metrics["degraded_modes_count"] == 0
        assert metrics["degraded_mode_changes"] >= 6


async def test_degraded_modes_can_be_iterated() -> None:
    async with simulator() as sim, trading(sim) as mexc:
        watch = mexc.watch_degraded()

        async def two() -> list[DegradedEvent]:
            found = []
            async for event in watch:
                found.append(event)
                if len(found) == 2:
                    break
            return found

        reading = asyncio.create_task(two())
        await asyncio.sleep(0)
        lose_private_stream(sim)
        await until(lambda: DegradedMode.PRIVATE_STREAM_DOWN in modes(mexc))
        sim.set_faults(None)
        async with asyncio.timeout(10):
            first, second = await reading
        assert (first.mode, first.change) == (DegradedMode.PRIVATE_STREAM_DOWN, ModeChange.ENTERED)
        assert second.time_ns > first.time_ns


async def test_lost_links_are_told_at_once_and_open_circuits_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with simulator() as sim:
        with monkeypatch.context() as patch:
            patch.setattr("mexc_connector.session_monitor.LOOK_EVERY_S", 3_600.0)
            async with trading(sim) as mexc:
                told: list[DegradedMode] = []
                mexc.on_degraded(lambda event: told.append(event.mode))
                for connection in tuple(sim.connections):
                    if not any("private" in topic for topic in connection.topics):
                        connection.drop()
                await until(lambda: DegradedMode.STREAMS_RECONNECTING in told)
                assert DegradedMode.PRIVATE_STREAM_DOWN not in told
                lose_private_stream(sim)
                await until(lambda: DegradedMode.PRIVATE_STREAM_DOWN in told)
                sim.set_faults(None)
        async with trading(sim) as mexc:
            told = []
            mexc.on_degraded(lambda event: told.append(event.mode))
            sim.set_faults(outage("ticker/*"))
            for _ in range(3):
                with pytest.raises(ExchangeUnavailable):
                    await mexc.public_rest.get_tickers()
            await until(lambda: DegradedMode.MARKET_DATA_REST_DOWN in told, seconds=5)
