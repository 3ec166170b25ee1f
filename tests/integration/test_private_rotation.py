"""An account whose link is replaced all the time, on the simulator: nothing lost, nothing twice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

import pytest

from mexc_connector import (
    AccountState,
    AssetBalance,
    AssetName,
    Fill,
    ListenKeys,
    MexcConfig,
    MexcExchange,
    MexcPrivateSpotRest,
    MexcPublicSpotRest,
    MexcWebsocketPrivate,
    Order,
    OrderStatus,
    RateLimitConfig,
    RotationConfig,
    Side,
    StreamConfig,
    Symbol,
)
from mexc_connector.sim import SimLimits, SimOptions, Simulator

BTC_USDT = Symbol(AssetName("BTC"), AssetName("USDT"))
HANDOVERS = 5
ROTATION = RotationConfig(overlap_s=0.25, patience_s=5.0, give_up_after_s=30.0)
STEADY = StreamConfig(backoff_base_s=0.05)
ROTATING = StreamConfig(backoff_base_s=0.05, rotate_after_s=0.6, rotation=ROTATION)


async def until(condition: Callable[[], object], *, limit_s: float = 20.0) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def quiet_market() -> AsyncIterator[Simulator]:
    """A market in which only clients trade, with an order on each side of 50,000."""
    options = SimOptions(symbols=("BTCUSDT",), seed=5, agents=0, limits=SimLimits.lifted())
    async with Simulator(options) as sim:
        market = sim.market("BTCUSDT")
        market.place("BUY", price="49000", quantity="5")
        market.place("SELL", price="51000", quantity="5")
        yield sim


def config_for(sim: Simulator, streams: StreamConfig) -> MexcConfig:
    return MexcConfig(
        rest_url=sim.rest_url,
        stream_url=sim.ws_url,
        limits=RateLimitConfig.lifted(),
        streams=streams,
    )


@dataclass
class Listener:
    """Writes down what one client of the account hears."""

    streams: MexcWebsocketPrivate
    orders: list[Order] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    balances: list[AssetBalance] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.streams.on_orders(self.orders.append)
        self.streams.on_fills(self.fills.append)
        self.streams.on_balances(self.balances.append)

    @property
    def story(self) -> tuple[object, ...]:
        """All that was heard, without when it was received."""
        return self.orders, [(fill.trade_id, fill.exact) for fill in self.fills], self.balances

    @property
    def length(self) -> int:
        return len(self.orders) + len(self.fills) + len(self.balances)


@dataclass
class Desk:
    """One account with two clients: one is replaced all the time, the other one never."""

    sim: Simulator
    rest: MexcPrivateSpotRest
    rotating: Listener
    steady: Listener

    async def trade_once(self, number: int) -> None:
        """Place an order, fill a part of it, and cancel the rest of every other one."""
        placed = await self.rest.place_order(
            BTC_USDT, side=Side.BUY, amount="0.002", price=50_000 - number % 100
        )
        is_cancelled = number % 2
        sold = "0.001" if is_cancelled else "0.002"
        self.sim.market("BTCUSDT").place("SELL", price="49500", quantity=sold)
        if is_cancelled:
            await self.rest.cancel_order(BTC_USDT, order_id=placed.order_id)

    async def trade_until(self, condition: Callable[[], object]) -> None:
        numbers = count()
        async with asyncio.timeout(30):
            while not condition():
                await self.trade_once(next(numbers))

    async def compare(self) -> None:
        """Both have heard the same, in the same order, and everything once."""
        await until(lambda: self.rotating.length >= self.steady.length)
        await self.trade_once(0)
        ended = self.steady.length
        await until(lambda: self.steady.length > ended)
        await until(lambda: self.rotating.story == self.steady.story)
        ids = [fill.trade_id for fill in self.rotating.fills]
        assert len(ids) == len(set(ids))
        assert {order.status for order in self.rotating.orders} >= {
            OrderStatus.NEW,
            OrderStatus.FILLED,
            OrderStatus.PARTIALLY_FILLED,
        }

    async def key_count(self) -> int:
        return len((await self.rest.list_listen_keys()).keys)


@asynccontextmanager
async def desk(sim: Simulator, streams: StreamConfig = ROTATING) -> AsyncIterator[Desk]:
    config = config_for(sim, STEADY)
    public = MexcPublicSpotRest(config)
    rest = MexcPrivateSpotRest(sim.api_key, sim.secret_key, public=public)
    keys = ListenKeys(
        create=rest.create_listen_key, extend=rest.extend_listen_key, close=rest.close_listen_key
    )
    async with public, rest:
        symbols = await public.get_symbol_map()
        steady = MexcWebsocketPrivate(symbols, keys, config=config)
        rotating = MexcWebsocketPrivate(symbols, keys, config=config_for(sim, streams))
        async with steady, rotating:
            yield Desk(sim, rest, Listener(rotating), Listener(steady))
        assert (await rest.list_listen_keys()).keys == ()


async def test_every_order_fill_and_balance_comes_once_and_in_order() -> None:
    async with quiet_market() as sim, desk(sim) as both:
        metrics = both.rotating.streams.metrics
        await both.trade_until(lambda: metrics().handovers >= HANDOVERS)
        await both.compare()
        assert metrics().reconnects == metrics().handover_failures == 0
        assert both.rotating.streams.listen_key_metrics().close_failures == 0
        assert both.rotating.length > 100


async def test_one_listen_key_is_left_after_each_handover() -> None:
    async with quiet_market() as sim, desk(sim) as both:
        for handovers in range(1, HANDOVERS):
            await until(lambda n=handovers: both.rotating.streams.metrics().handovers >= n)
            async with asyncio.timeout(10):
                while await both.key_count() > 2:  # one of each client
                    await asyncio.sleep(0.01)
            assert len(sim.connections) <= 3


async def test_a_link_that_is_reset_in_the_middle_of_the_overlap_loses_nothing() -> None:
    rotation = RotationConfig(overlap_s=5.0, patience_s=20.0)
    slow = StreamConfig(backoff_base_s=0.05, rotate_after_s=1.0, rotation=rotation)
    async with quiet_market() as sim, desk(sim, slow) as both:
        metrics = both.rotating.streams.metrics
        for handovers in (1, 2):
            await both.trade_until(
                lambda: len(sim.connections) == 3 and len(sim.connections[-1].topics) == 3
            )
            seen = both.rotating.length
            await both.trade_until(lambda seen=seen: both.rotating.length > seen + 30)
            _witness, old, _successor = sim.connections
            old.reset()
            await both.trade_until(lambda n=handovers: metrics().handovers >= n)
            assert both.rotating.streams.is_live
        await both.compare()
        assert metrics().reconnects == 0


async def test_successors_that_are_cut_cost_nothing() -> None:
    async with quiet_market() as sim, desk(sim) as both:
        metrics = both.rotating.streams.metrics
        for failures in (1, 2, 3):
            await both.trade_until(
                lambda: len(sim.connections) == 3 and len(sim.connections[-1].topics) == 3
            )
            sim.connections[-1].reset()
            await both.trade_until(lambda n=failures: metrics().handover_failures >= n)
        done = metrics().handovers
        await both.trade_until(lambda: metrics().handovers > done)
        await both.compare()
        assert metrics().reconnects == 0


@pytest.mark.parametrize("seconds", [0.62, 0.7, 0.85])
async def test_a_session_stays_current_and_asks_rest_for_nothing(seconds: float) -> None:
    async with quiet_market() as sim:
        exchange = MexcExchange(
            sim.api_key,
            sim.secret_key,
            config=config_for(
                sim,
                StreamConfig(backoff_base_s=0.05, rotate_after_s=seconds, rotation=ROTATION),
            ),
        )
        async with exchange.session([BTC_USDT]) as mexc:
            states: list[AccountState] = []
            fills: list[Fill] = []
            mexc.on_account_status(lambda status: states.append(status.state))
            mexc.on_fills(fills.append)
            begun = mexc.get_performance_metrics()
            handovers = "private_stream_handovers"
            placed = 0
            while mexc.get_performance_metrics()[handovers] < 3:
                handle = await mexc.place_order(
                    BTC_USDT, side=Side.BUY, amount="0.002", price=50_000
                )
                sim.market("BTCUSDT").place("SELL", price="49500", quantity="0.001")
                await handle.cancel()
                await handle.done()
                placed += 1
            await until(lambda: len(fills) == placed)
            assert len({fill.trade_id for fill in fills}) == placed
            ended = mexc.get_performance_metrics()
            assert states == []
            assert mexc.account_status.is_current
            for name in ("account_reconciliations", "account_polls"):
                assert ended[name] == begun[name]
            assert ended["private_stream_reconnects"] == 0
        theirs = sim.account(sim.api_key).fills()
        assert {fill.trade_id for fill in fills} == {fill.trade_id for fill in theirs}
