"""What a session says of itself while its links are replaced, and when it closes meanwhile."""

import asyncio
import logging

import pytest

from mexc_connector import (
    AssetName,
    ConnectionState,
    DegradedEvent,
    HealthVerdict,
    MexcConfig,
    MexcExchange,
    RateLimitConfig,
    RotationConfig,
    StreamConfig,
    Symbol,
    SymbolMap,
    Trade,
)
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.sim import SimLimits, SimOptions, Simulator
from mexc_connector.ws.channel import Carrier
from mexc_connector.ws.public import MexcWebsocketPublic
from tests.integration.scripted_server import ScriptedServer, our_tasks, until

USDT = AssetName("USDT")
MARKETS = (Symbol(AssetName("BTC"), USDT), Symbol(AssetName("ETH"), USDT))
SYMBOLS = SymbolMap([(MARKETS[0], "BTCUSDT")])


def old_at_once(**options: object) -> StreamConfig:
    rotation = RotationConfig(overlap_s=0.2, patience_s=5.0, give_up_after_s=30.0)
    values: dict[str, object] = {
        "rotate_after_s": 0.3,
        "rotation": rotation,
        "backoff_base_s": 0.05,
        "connects_per_second": 1000.0,
        "close_timeout_s": 0.5,
    }
    return StreamConfig(**{**values, **options})  # type: ignore[arg-type]


def client(server: ScriptedServer, **options: object) -> MexcWebsocketPublic:
    config = MexcConfig(stream_url=server.url, streams=old_at_once(**options))
    return MexcWebsocketPublic(SYMBOLS, config=config)


def carriers_of(streams: MexcWebsocketPublic) -> dict[int, Carrier]:
    """Return the links on which the one channel is granted."""
    assert streams._hub is not None
    (channel,) = streams._hub.pool._channels.values()
    return channel.carriers


def ignore(_: Trade) -> None:
    """Take a trade."""


class Sink:
    """Takes the diffs of a book, and nothing of them."""

    def on_subscribed(self, epoch: int) -> None:
        """Nothing to do."""

    def on_push(self, push: PushDataV3ApiWrapper, epoch: int, received_ns: int) -> None:
        """Nothing to do."""

    def on_undecodable(self, epoch: int) -> None:
        """Nothing to do."""

    def on_link_lost(self, epoch: int, reason: str) -> None:
        """Nothing to do."""


async def test_a_successor_on_its_way_takes_nothing_from_the_state() -> None:
    async with ScriptedServer() as server, client(server) as streams:
        await streams.on_trades(MARKETS[0], ignore)
        states: list[tuple[ConnectionState, bool]] = []
        streams.on_connection(lambda _: states.append((streams.state, streams.is_connected)))
        await until(lambda: streams.metrics().handovers == 1)
        assert set(states) == {(ConnectionState.OPEN, True)}


async def test_a_successor_that_is_lost_takes_nothing_from_it_either() -> None:
    rotation = RotationConfig(overlap_s=20.0, patience_s=40.0)
    async with ScriptedServer() as server, client(server, rotation=rotation) as streams:
        await streams.on_trades(MARKETS[0], ignore)
        states: list[ConnectionState] = []
        streams.on_connection(lambda _: states.append(streams.state))
        await until(lambda: len(server.connections) == 2 and server.last.asked_for)
        server.last.cut()
        await until(lambda: streams.metrics().handover_failures == 1)
        assert set(states) == {ConnectionState.OPEN}


async def test_of_two_links_that_fell_silent_one_at_a_time_is_replaced() -> None:
    options: dict[str, object] = {"redundancy": 2, "rotate_after_s": 1000.0}
    async with ScriptedServer() as server, client(server, **options) as streams:
        await streams.subscribe_depth(MARKETS[0], Sink())
        await until(lambda: len(carriers_of(streams)) == 2)
        first = next(iter(carriers_of(streams)))
        streams.recycle_depth(MARKETS[0], "stale")
        await until(lambda: first not in carriers_of(streams))
        await until(lambda: len(carriers_of(streams)) == 2)
        assert streams.metrics().reconnects == 1


async def test_closing_in_the_middle_of_a_handover_is_no_failure_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rotation = RotationConfig(overlap_s=20.0, patience_s=40.0)
    caplog.set_level(logging.INFO, "mexc_connector.ws")
    for is_granted in (False, True):
        async with ScriptedServer() as server, client(server, rotation=rotation) as streams:
            await streams.subscribe_depth(MARKETS[0], Sink())
            await until(lambda: streams.metrics().open_links == 2)
            if is_granted:
                await until(lambda: server.last.asked_for)
                await until(lambda: len(carriers_of(streams)) == 2)
        metrics = streams.metrics()
        assert metrics.handovers == metrics.handover_failures == metrics.links == 0
        assert not our_tasks()
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []
    assert "has taken over" not in caplog.text


async def test_a_link_that_grows_old_while_all_is_closed_gets_no_successor() -> None:
    async with ScriptedServer() as server:
        streams = client(server, rotate_after_s=1000.0)
        await streams.open()
        await streams.subscribe_depth(MARKETS[0], Sink())
        assert streams._hub is not None
        pool = streams._hub.pool
        link = pool.links.get(1)
        assert link is not None
        closing = asyncio.create_task(streams.close())
        await asyncio.sleep(0)
        pool.on_link_aged(link)
        assert len(pool.links) == 0
        await closing
        assert not our_tasks()


async def test_health_is_healthy_in_every_turn_of_the_loop_while_links_are_replaced() -> None:
    options = SimOptions(
        symbols=("BTCUSDT", "ETHUSDT"), seed=3, agents=20, limits=SimLimits.lifted()
    )
    async with Simulator(options) as sim:
        config = MexcConfig(
            rest_url=sim.rest_url,
            stream_url=sim.ws_url,
            limits=RateLimitConfig.lifted(),
            streams=old_at_once(subscriptions_per_link=2, close_timeout_s=1.0),
        )
        exchange = MexcExchange(sim.api_key, sim.secret_key, config=config)
        told: list[DegradedEvent] = []
        async with exchange.session(MARKETS) as mexc:
            for market in MARKETS:
                mexc.on_trades(market, ignore)
            await until(lambda: mexc.health().verdict is HealthVerdict.HEALTHY)
            mexc.on_degraded(told.append)
            turns = 0
            async with asyncio.timeout(30.0):
                while True:
                    health = mexc.health()
                    assert health.verdict is HealthVerdict.HEALTHY, health.reasons
                    metrics = mexc.get_performance_metrics()
                    public, private = "stream_handovers", "private_stream_handovers"
                    if metrics[public] >= 4 and metrics[private] >= 2:
                        break
                    turns += 1
                    await asyncio.sleep(0)
            assert turns > 100
            assert told == []
            assert metrics["stream_handover_failures"] == 0
            assert metrics["private_stream_handover_failures"] == 0
