"""The public streams against a server that misbehaves as the exchange does."""

import asyncio
import logging
from collections.abc import Iterable

import pytest

from mexc_connector.common.config import MexcConfig, StreamConfig
from mexc_connector.common.enums import ConnectionState
from mexc_connector.common.errors import (
    ConnectionFailed,
    EventsLost,
    SubscriptionRefused,
    UsageError,
)
from mexc_connector.common.models import Trade
from mexc_connector.common.rotation_config import RotationConfig
from mexc_connector.common.stream_status import ConnectionEvent
from mexc_connector.common.symbols import AssetName, Symbol, SymbolMap
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws import control, pool, refusals
from mexc_connector.ws.public import MexcWebsocketPublic
from tests.integration.scripted_server import (
    Request,
    ScriptedConnection,
    ScriptedServer,
    grant,
    names_of,
    refusal,
    reply,
    trade_frame,
    until,
)

BTC_USDT = Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))
ETH_USDT = Symbol(base=AssetName("ETH"), quote=AssetName("USDT"))
SYMBOLS = SymbolMap([(BTC_USDT, "BTCUSDT"), (ETH_USDT, "ETHUSDT")])
BTC_TRADES = "spot@public.aggre.deals.v3.api.pb@10ms@BTCUSDT"
ETH_TRADES = "spot@public.aggre.deals.v3.api.pb@10ms@ETHUSDT"
BTC_QUOTES = "spot@public.aggre.bookTicker.v3.api.pb@100ms@BTCUSDT"

QUICK = StreamConfig(
    backoff_base_s=0.01, backoff_max_s=0.05, connects_per_second=1000.0, close_timeout_s=0.5
)


def client(url: str, streams: StreamConfig = QUICK) -> MexcWebsocketPublic:
    return MexcWebsocketPublic(SYMBOLS, config=MexcConfig(stream_url=url, streams=streams))


def changed(**options: float | RotationConfig) -> StreamConfig:
    values = {name: getattr(QUICK, name) for name in QUICK.__struct_fields__}
    return StreamConfig(**{**values, **options})


class Sink:
    """Writes down what a sink is told."""

    def __init__(self) -> None:
        self.log: list[tuple[str, int]] = []

    def on_subscribed(self, epoch: int) -> None:
        self.log.append(("subscribed", epoch))

    def on_push(self, push: PushDataV3ApiWrapper, epoch: int, received_ns: int) -> None:
        self.log.append(("push", epoch))

    def on_undecodable(self, epoch: int) -> None:
        self.log.append(("undecodable", epoch))

    def on_link_lost(self, epoch: int, reason: str) -> None:
        self.log.append(("lost", epoch))


async def test_after_a_cut_everything_is_subscribed_again_in_a_new_epoch() -> None:
    async with ScriptedServer() as server, client(server.url) as streams:
        events: list[ConnectionEvent] = []
        streams.on_connection(events.append)
        sink, trades = Sink(), []  # type: ignore[var-annotated]
        await streams.subscribe_depth(BTC_USDT, sink)
        await streams.on_trades(ETH_USDT, trades.append)
        asked = set(server.last.asked_for)
        server.last.cut()
        await until(lambda: len(server.connections) == 2)
        await until(lambda: streams.metrics().subscriptions == 2)
        assert set(server.last.asked_for) == asked
        assert sink.log == [("subscribed", 1), ("lost", 1), ("subscribed", 2)]
        await server.last.send(trade_frame(ETH_TRADES, "t1"))
        await until(lambda: trades)
        assert streams.metrics().reconnects == 1
        states = [event.state for event in events]
        assert states == [
            ConnectionState.CONNECTING,
            ConnectionState.OPEN,
            ConnectionState.RECONNECTING,
            ConnectionState.OPEN,
        ]
        assert events[2].reason


async def test_a_lost_link_is_not_called_open_while_it_pauses() -> None:
    options = changed(backoff_base_s=30.0, backoff_max_s=30.0)
    async with ScriptedServer() as server, client(server.url, options) as streams:
        sink = Sink()
        await streams.subscribe_depth(BTC_USDT, sink)
        server.last.cut()
        await until(lambda: ("lost", 1) in sink.log)
        assert streams.state is ConnectionState.RECONNECTING
        assert not streams.is_connected
        assert streams.metrics().open_links == 0


async def test_a_trade_sent_again_after_a_reconnect_is_handed_out_once() -> None:
    async with ScriptedServer() as server, client(server.url) as streams:
        async with streams.watch_trades(BTC_USDT) as watch:
            await server.last.send(trade_frame(BTC_TRADES, "t1", "t2"))
            assert [(await anext(watch)).trade_id for _ in range(2)] == ["t1", "t2"]
            server.last.cut()
            await until(lambda: len(server.connections) == 2)
            await until(lambda: streams.metrics().subscriptions == 1)
            await server.last.send(trade_frame(BTC_TRADES, "t2", "t3"))
            assert (await anext(watch)).trade_id == "t3"
        assert streams.metrics().repeated_trades == 1


async def test_a_quote_that_still_holds_after_a_reconnect_is_handed_out_again() -> None:
    quote = PushDataV3ApiWrapper(channel=BTC_QUOTES)
    quote.publicAggreBookTicker.bidPrice = quote.publicAggreBookTicker.bidQuantity = "5"
    frame = quote.SerializeToString()
    async with ScriptedServer() as server, client(server.url) as streams:
        got: list[object] = []
        await streams.on_book_ticker(BTC_USDT, got.append)
        for _ in range(2):
            await server.last.send(frame)
        await until(lambda: streams.metrics().unchanged_book_tickers == 1)
        assert len(got) == 1
        server.last.cut()
        await until(lambda: len(server.connections) == 2)
        await until(lambda: streams.metrics().subscriptions == 1)
        await server.last.send(frame)
        await until(lambda: len(got) == 2)


async def test_a_slow_consumer_is_told_how_many_events_it_lost() -> None:
    async with (
        ScriptedServer() as server,
        client(server.url, changed(queue_size=2)) as streams,
        streams.watch_trades(BTC_USDT) as watch,
    ):
        await server.last.send(trade_frame(BTC_TRADES, "a", "b", "c", "d", "e"))
        await until(lambda: watch.lost == 3)
        assert [(await anext(watch)).trade_id for _ in range(2)] == ["a", "b"]
        with pytest.raises(EventsLost) as caught:
            await anext(watch)
        assert caught.value.lost == 3
        await server.last.send(trade_frame(BTC_TRADES, "f"))
        assert (await anext(watch)).trade_id == "f"


async def test_a_link_without_pong_is_replaced() -> None:
    def no_pong(connection: ScriptedConnection, request: Request) -> Iterable[str]:
        if request["method"] == "PING" and connection.number == 1:
            return ()
        return grant(connection, request)

    options = changed(ping_interval_s=0.05, pong_timeout_s=0.1)
    async with ScriptedServer(no_pong) as server, client(server.url, options) as streams:
        events: list[ConnectionEvent] = []
        streams.on_connection(events.append)
        await streams.on_trades(BTC_USDT, lambda _: None)
        await until(lambda: len(server.connections) == 2 and server.last.pings >= 3)
        await until(lambda: streams.is_connected)
        assert "no PONG in time" in [event.reason for event in events]
        assert len(server.connections) == 2


async def test_a_silent_link_is_replaced_though_nothing_was_pinged() -> None:
    options = changed(ping_interval_s=60.0, data_timeout_s=0.2)
    async with ScriptedServer() as server, client(server.url, options) as streams:
        events: list[ConnectionEvent] = []
        streams.on_connection(events.append)
        await streams.on_trades(BTC_USDT, lambda _: None)
        await until(lambda: len(server.connections) == 2)
        assert "no frame in time" in [event.reason for event in events]


ROTATING = changed(
    rotate_after_s=0.2,
    rotation=RotationConfig(overlap_s=0.05, patience_s=0.5, give_up_after_s=1.0),
)


async def test_an_old_link_goes_once_its_successor_carries_everything() -> None:
    async with ScriptedServer() as server, client(server.url, ROTATING) as streams:
        sink, trades = Sink(), []  # type: ignore[var-annotated]
        await streams.subscribe_depth(BTC_USDT, sink)
        await streams.on_trades(ETH_USDT, trades.append)
        old = server.last
        await until(lambda: len(server.connections) == 2)
        await until(lambda: len(server.last.asked_for) == 2)
        assert not old.is_over
        for connection in server.connections[:2]:
            await connection.send(trade_frame(ETH_TRADES, "t1"))
        await until(lambda: old.is_over)
        await server.connections[1].send(trade_frame(ETH_TRADES, "t2"))
        await until(lambda: len(trades) == 2)
        assert [trade.trade_id for trade in trades] == ["t1", "t2"]
        metrics = streams.metrics()
        assert (metrics.handovers, metrics.reconnects, metrics.repeated_trades) == (1, 0, 1)
        assert sink.log == [("subscribed", 1)]
        await until(lambda: streams.metrics().handovers == 2)
        assert sink.log == [("subscribed", 1)]


async def test_a_successor_that_is_refused_is_tried_again_and_the_old_link_stays() -> None:
    def refuses_second(connection: ScriptedConnection, request: Request) -> Iterable[str]:
        if connection.number in (2, 3) and request["method"] == "SUBSCRIPTION":
            return (refusal(request, *names_of(request)),)
        return grant(connection, request)

    async with ScriptedServer(refuses_second) as server, client(server.url, ROTATING) as streams:
        events: list[ConnectionEvent] = []
        streams.on_connection(events.append)
        sink = Sink()
        await streams.subscribe_depth(BTC_USDT, sink)
        await until(lambda: streams.metrics().handovers == 1)
        assert streams.metrics().handover_failures == 2
        assert sink.log == [("subscribed", 1)]
        assert any("no successor" in event.reason for event in events)


async def test_a_link_without_a_successor_ends_before_the_exchange_ends_it() -> None:
    async with ScriptedServer() as server, client(server.url, ROTATING) as streams:
        server.answer = lambda connection, request: (
            (refusal(request, *names_of(request)),)
            if streams.metrics().reconnects == 0 and connection.number > 1
            else grant(connection, request)
        )
        sink = Sink()
        await streams.subscribe_depth(BTC_USDT, sink)
        await until(lambda: len(sink.log) >= 3)
        assert [name for name, _ in sink.log[:3]] == ["subscribed", "lost", "subscribed"]


async def test_the_successor_takes_over_at_once_when_the_old_link_dies() -> None:
    options = changed(rotate_after_s=0.2, rotation=RotationConfig(overlap_s=30.0))
    async with ScriptedServer() as server, client(server.url, options) as streams:
        trades: list[Trade] = []
        await streams.on_trades(ETH_USDT, trades.append)
        await until(lambda: len(server.connections) == 2)
        await until(lambda: streams.metrics().links == 2)
        await until(lambda: server.last.asked_for)
        await server.last.send(trade_frame(ETH_TRADES, "t1"))
        await until(lambda: trades)
        server.connections[0].cut()
        await until(lambda: streams.metrics().handovers == 1)
        assert streams.metrics().links == 1
        assert streams.is_connected
        await server.connections[1].send(trade_frame(ETH_TRADES, "t2"))
        await until(lambda: len(trades) == 2)


async def test_what_is_wanted_and_given_up_meanwhile_moves_along() -> None:
    options = changed(rotate_after_s=0.2, rotation=RotationConfig(overlap_s=0.3, patience_s=5.0))
    async with ScriptedServer() as server, client(server.url, options) as streams:
        gone = await streams.on_trades(BTC_USDT, lambda _: None)
        trades: list[Trade] = []
        await streams.on_trades(ETH_USDT, trades.append)
        await until(lambda: len(server.connections) == 2 and len(server.last.asked_for) == 2)
        successor = server.last
        gone.close()
        await streams.on_book_ticker(BTC_USDT, lambda _: None)
        await until(lambda: streams.metrics().handovers == 1)
        assert set(successor.asked_for) == {BTC_TRADES, ETH_TRADES, BTC_QUOTES}
        assert [r["params"] for r in successor.requests if r["method"] == "UNSUBSCRIPTION"] == [
            [BTC_TRADES]
        ]
        await successor.send(trade_frame(ETH_TRADES, "t1"))
        await until(lambda: trades)


async def test_a_ping_of_the_exchange_is_answered() -> None:
    async with ScriptedServer() as server, client(server.url) as streams:
        await streams.on_trades(BTC_USDT, lambda _: None)
        await server.last.send('{"method":"PING"}')
        server.answer = lambda connection, request: ()
        await until(lambda: {"id": 0, "code": 0, "msg": "PONG"} in server.last.requests)
        assert streams.metrics().unexpected_texts == 0


async def test_a_refusal_after_a_reconnect_is_tried_again_until_it_is_granted() -> None:
    def refuses_once(connection: ScriptedConnection, request: Request) -> Iterable[str]:
        if connection.number == 2 and len(connection.asked_for) <= 1:
            return (refusal(request, *names_of(request)),)
        return grant(connection, request)

    async with ScriptedServer(refuses_once) as server, client(server.url) as streams:
        events: list[ConnectionEvent] = []
        streams.on_connection(events.append)
        async with streams.watch_trades(BTC_USDT) as watch:
            server.last.cut()
            await until(lambda: streams.metrics().replay_refusals == 1)
            await until(lambda: streams.metrics().subscriptions == 1)
            await server.last.send(trade_frame(BTC_TRADES, "t1"))
            assert (await anext(watch)).trade_id == "t1"
        assert any("refused after a reconnect" in event.reason for event in events)


async def test_a_lasting_refusal_after_a_reconnect_ends_the_watch_with_the_error() -> None:
    def refuses_for_good(connection: ScriptedConnection, request: Request) -> Iterable[str]:
        if connection.number > 1 and BTC_TRADES in names_of(request):
            return (refusal(request, BTC_TRADES),)
        return grant(connection, request)

    async with ScriptedServer(refuses_for_good) as server, client(server.url) as streams:
        eth: list[Trade] = []
        await streams.on_trades(ETH_USDT, eth.append)
        async with streams.watch_trades(BTC_USDT) as watch:
            server.last.cut()
            with pytest.raises(SubscriptionRefused):
                await anext(watch)
        metrics = streams.metrics()
        assert metrics.replay_refusals == refusals.REPLAY_REFUSALS
        assert metrics.wanted == 1
        await until(lambda: streams.metrics().subscriptions == 1)
        [carrier] = [
            one for one in server.connections if not one.is_over and ETH_TRADES in one.asked_for
        ]
        await carrier.send(trade_frame(ETH_TRADES, "t1"))
        await until(lambda: eth)


async def test_a_lasting_refusal_after_a_reconnect_closes_the_registration(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuses_replays(connection: ScriptedConnection, request: Request) -> Iterable[str]:
        if connection.number > 1 and request["method"] == "SUBSCRIPTION":
            return (refusal(request, *names_of(request)),)
        return grant(connection, request)

    async with ScriptedServer(refuses_replays) as server, client(server.url) as streams:
        registration = await streams.on_trades(BTC_USDT, lambda _: None)
        server.last.cut()
        await until(lambda: streams.metrics().replay_refusals)
        late = streams.on_trades(BTC_USDT, lambda _: None)
        with pytest.raises(SubscriptionRefused):
            await late
        await until(lambda: registration.is_closed)
        assert any("callback ends" in record.getMessage() for record in caplog.records)
        await until(lambda: streams.metrics().links == 0)


async def test_a_bug_of_ours_costs_a_connection_and_not_the_link(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with ScriptedServer() as server, client(server.url) as streams:
        sink = Sink()
        await streams.subscribe_depth(BTC_USDT, sink)

        def buggy(text: str) -> None:
            monkeypatch.undo()
            raise ZeroDivisionError(text)

        monkeypatch.setattr(control, "read_reply", buggy)
        await server.last.send("x")
        await until(lambda: ("subscribed", 2) in sink.log)
        assert sink.log == [("subscribed", 1), ("lost", 1), ("subscribed", 2)]
        assert any("internal error" in record.getMessage() for record in caplog.records)


async def test_a_missing_acknowledgement_is_asked_for_once_more() -> None:
    def deaf_once(connection: ScriptedConnection, request: Request) -> Iterable[str]:
        if connection.number == 1 and request["method"] == "SUBSCRIPTION":
            return ()
        return grant(connection, request)

    options = changed(ack_timeout_s=0.1)
    async with ScriptedServer(deaf_once) as server, client(server.url, options) as streams:
        await streams.on_trades(BTC_USDT, lambda _: None)
        assert len(server.connections) == 2


async def test_an_acknowledgement_that_never_comes_is_a_refusal_to_who_asked() -> None:
    options = changed(ack_timeout_s=0.1)
    async with (
        ScriptedServer(lambda connection, request: ()) as server,
        client(server.url, options) as streams,
    ):
        with pytest.raises(SubscriptionRefused, match="asked twice"):
            await streams.on_trades(BTC_USDT, lambda _: None)
        assert streams.metrics().wanted == 0


async def test_frames_stand_in_for_an_acknowledgement_that_got_lost() -> None:
    def pushes_only(connection: ScriptedConnection, request: Request) -> Iterable[bytes]:
        return [trade_frame(name, "t0") for name in names_of(request)]

    options = changed(ack_timeout_s=0.1)
    async with ScriptedServer(pushes_only) as server, client(server.url, options) as streams:
        await streams.on_trades(BTC_USDT, lambda _: None)
        assert len(server.connections) == 1
        assert streams.metrics().unclaimed_frames == 1


@pytest.mark.parametrize("message", ["", "Not Subscribed successfully! []."])
async def test_an_answer_that_names_nothing_is_a_refusal(message: str) -> None:
    async with (
        ScriptedServer(lambda connection, request: (reply(request, message),)) as server,
        client(server.url) as streams,
    ):
        with pytest.raises(SubscriptionRefused):
            await streams.on_trades(BTC_USDT, lambda _: None)


async def test_answers_without_id_are_matched_by_name() -> None:
    def without_id(connection: ScriptedConnection, request: Request) -> Iterable[str]:
        return (
            reply({"id": 0}, name) if name == ETH_TRADES else refusal({"params": [name]}, name)
            for name in names_of(request)
        )

    async with ScriptedServer(without_id) as server, client(server.url) as streams:
        btc = streams.on_trades(BTC_USDT, lambda _: None)
        await streams.on_trades(ETH_USDT, lambda _: None)
        with pytest.raises(SubscriptionRefused):
            await btc


async def test_a_frame_that_cannot_be_parsed_is_told_to_every_sink_of_the_link() -> None:
    async with ScriptedServer() as server, client(server.url) as streams:
        btc, eth = Sink(), Sink()
        await streams.subscribe_depth(BTC_USDT, btc)
        await streams.subscribe_depth(ETH_USDT, eth)
        await server.last.send(b"\xff\xff\xff")
        await server.last.send(b"")
        await until(lambda: streams.metrics().undecodable_frames == 2)
        assert btc.log == eth.log == [("subscribed", 1), ("undecodable", 1), ("undecodable", 1)]
        assert streams.is_connected


async def test_a_bad_body_is_counted_and_the_stream_goes_on() -> None:
    async with ScriptedServer() as server, client(server.url) as streams:
        trades: list[Trade] = []
        await streams.on_trades(BTC_USDT, trades.append)
        await server.last.send(PushDataV3ApiWrapper(channel=BTC_TRADES).SerializeToString())
        await server.last.send(trade_frame(BTC_TRADES, "t1"))
        await until(lambda: trades)
        assert streams.metrics().bad_bodies == 1


@pytest.mark.parametrize("text", ["Invalid listen key", "{", '{"id":0,"code":0,"msg":"Hm"}', "5"])
async def test_text_that_is_no_reply_is_an_event_and_nothing_else(text: str) -> None:
    async with ScriptedServer() as server, client(server.url) as streams:
        events: list[ConnectionEvent] = []
        streams.on_connection(events.append)
        await streams.on_trades(BTC_USDT, lambda _: None)
        await server.last.send(text)
        await until(lambda: streams.metrics().unexpected_texts == 1)
        assert text in events[-1].reason or "Hm" in events[-1].reason
        assert streams.is_connected


async def test_late_frames_of_a_channel_that_was_given_up_are_counted_and_dropped() -> None:
    async with ScriptedServer() as server, client(server.url) as streams:
        await streams.on_trades(ETH_USDT, lambda _: None)
        registration = await streams.on_trades(BTC_USDT, lambda _: pytest.fail("called"))
        registration.close()
        await server.last.send(trade_frame(BTC_TRADES, "t1"))
        await until(lambda: streams.metrics().unclaimed_frames == 1)
        await until(lambda: server.last.requests[-1]["method"] == "UNSUBSCRIPTION")


async def test_a_feed_that_seems_stale_can_have_its_connection_replaced() -> None:
    async with ScriptedServer() as server, client(server.url) as streams:
        sink = Sink()
        await streams.subscribe_depth(BTC_USDT, sink)
        streams.recycle_depth(BTC_USDT, "stale")
        streams.recycle_depth(ETH_USDT, "never subscribed: nothing happens")
        await until(lambda: sink.log == [("subscribed", 1), ("lost", 1), ("subscribed", 2)])
        streams.unsubscribe_depth(BTC_USDT, sink)
        streams.unsubscribe_depth(BTC_USDT, sink)
        await until(lambda: server.last.is_over)
        assert streams.metrics().wanted == 0


async def test_a_host_that_nobody_listens_on_is_a_failure_after_three_attempts() -> None:
    async with client("ws://127.0.0.1:9/ws") as streams:
        with pytest.raises(ConnectionFailed) as caught:
            await streams.on_trades(BTC_USDT, lambda _: None)
        assert isinstance(caught.value.__cause__, ConnectionFailed)
        metrics = streams.metrics()
        assert metrics.connect_failures == pool.CONNECT_ATTEMPTS
        assert metrics.wanted == 0
        await until(lambda: streams.state is ConnectionState.IDLE)


async def test_a_granted_channel_waits_for_the_exchange_to_come_back() -> None:
    async with ScriptedServer() as server:
        streams = client(server.url)
        await streams.open()
        async with streams.watch_trades(BTC_USDT) as watch:
            await server.__aexit__(None, None, None)
            await until(lambda: streams.metrics().connect_failures > pool.CONNECT_ATTEMPTS)
            assert streams.state is ConnectionState.RECONNECTING
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(watch), 0.05)
            await streams.close()


async def test_who_joins_a_granted_channel_while_the_host_is_down_is_told_so() -> None:
    async with ScriptedServer() as server:
        streams = client(server.url)
        await streams.open()
        async with streams.watch_trades(BTC_USDT) as watch:
            await server.__aexit__(None, None, None)
            await until(lambda: streams.metrics().connect_failures > 0)
            with pytest.raises(ConnectionFailed):
                await streams.on_trades(BTC_USDT, lambda _: None)
            assert streams.metrics().wanted == 1
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(watch), 0.01)
            await streams.close()


async def test_who_joins_a_channel_that_is_refused_for_good_gets_the_refusal_too() -> None:
    def refuses_replays(connection: ScriptedConnection, request: Request) -> Iterable[str]:
        if connection.number > 1 and request["method"] == "SUBSCRIPTION":
            return (refusal(request, *names_of(request)),)
        return grant(connection, request)

    async with ScriptedServer(refuses_replays) as server, client(server.url) as streams:
        sink, late = Sink(), Sink()
        await streams.subscribe_depth(BTC_USDT, sink)
        server.last.cut()
        await until(lambda: streams.metrics().replay_refusals > 0)
        with pytest.raises(SubscriptionRefused):
            await streams.subscribe_depth(BTC_USDT, late)
        assert late.log == []
        # The one that had been granted did not ask to be told: it stays, and is tried on and on.
        await until(lambda: streams.metrics().replay_refusals > refusals.REPLAY_REFUSALS + 1)
        assert streams.metrics().wanted == 1
        streams.unsubscribe_depth(BTC_USDT, sink)
        await until(lambda: streams.metrics().links == 0)


async def test_a_sink_may_leave_from_within_a_call() -> None:
    class Leaver(Sink):
        def on_subscribed(self, epoch: int) -> None:
            super().on_subscribed(epoch)
            streams.unsubscribe_depth(BTC_USDT, self)

    async with ScriptedServer() as server, client(server.url) as streams:
        other, leaver = Sink(), Leaver()
        await streams.subscribe_depth(ETH_USDT, other)
        await streams.subscribe_depth(BTC_USDT, leaver)
        assert leaver.log == [("subscribed", 1)]
        assert streams.metrics().wanted == 1
        assert streams.metrics().callback_errors == 0
        await until(lambda: server.last.requests[-1]["method"] == "UNSUBSCRIPTION")


async def test_two_thousand_subscriptions_come_up_on_sixty_seven_links_and_replay() -> None:
    markets = SymbolMap(
        (Symbol(base=AssetName(f"M{number}"), quote=AssetName("USDT")), f"M{number}USDT")
        for number in range(2000)
    )
    sink = Sink()
    async with ScriptedServer() as server:
        config = MexcConfig(stream_url=server.url, streams=QUICK)
        async with MexcWebsocketPublic(markets, config=config) as streams:
            async with asyncio.timeout(20):
                await asyncio.gather(*(streams.subscribe_depth(one, sink) for one in markets))
            metrics = streams.metrics()
            assert (metrics.links, metrics.subscriptions, metrics.messages_sent) == (67, 2000, 134)
            assert max(len(one.asked_for) for one in server.connections) == 30
            for connection in tuple(server.connections):
                connection.cut()
            await until(lambda: streams.metrics().reconnects == 67, limit_s=20)
            await until(lambda: streams.metrics().subscriptions == 2000, limit_s=20)
            replayed = [name for one in server.connections[67:] for name in one.asked_for]
            assert len(replayed) == len(set(replayed)) == 2000


async def test_a_reply_that_is_no_websocket_is_a_connection_failure() -> None:
    refused: list[int] = []

    async def http_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        await writer.wait_closed()
        refused.append(403)

    async with await asyncio.start_server(http_only, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with client(f"ws://127.0.0.1:{port}/ws") as streams:
            with pytest.raises(ConnectionFailed, match="403"):
                await streams.on_trades(BTC_USDT, lambda _: None)
        await until(lambda: len(refused) >= pool.CONNECT_ATTEMPTS)


async def test_a_listen_key_is_in_no_log_no_event_and_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    key = "f00dfacef00dface"
    async with ScriptedServer() as server, client(f"{server.url}?listenKey={key}") as streams:
        events: list[ConnectionEvent] = []
        streams.on_connection(events.append)
        await streams.on_trades(BTC_USDT, lambda _: None)
        await server.last.send(f"Invalid listen key {key}")
        await until(lambda: streams.metrics().unexpected_texts == 1)
        server.last.cut()
        await until(lambda: len(server.connections) == 2)
    assert server.connections[0].socket.request is not None
    assert key in server.connections[0].socket.request.path
    ours = [record for record in caplog.records if record.name.startswith("mexc_connector")]
    assert ours
    assert not any(key in record.getMessage() for record in ours)
    assert not any(key in event.reason for event in events)
    assert not any(record.name == "websockets.client" for record in caplog.records)


async def test_requests_leave_paced_and_with_ids() -> None:
    options = changed(channels_per_message=1, messages_per_second=100)
    async with ScriptedServer() as server, client(server.url, options) as streams:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        registrations = [
            streams.on_trades(BTC_USDT, lambda _: None),
            streams.on_trades(ETH_USDT, lambda _: None),
            streams.on_book_ticker(BTC_USDT, lambda _: None),
            streams.on_book_ticker(ETH_USDT, lambda _: None),
            streams.on_limit_depth(BTC_USDT, 5, lambda _: None),
        ]
        for registration in registrations:
            await registration
        assert loop.time() - begun >= 0.04
        assert [request["id"] for request in server.last.requests] == [1, 2, 3, 4, 5]


async def test_a_link_that_is_given_up_before_it_is_opened_is_not_opened() -> None:
    depth = "spot@public.aggre.depth.v3.api.pb@10ms@BTCUSDT"

    def answer(connection: ScriptedConnection, request: Request) -> Iterable[str | bytes]:
        if depth in names_of(request):  # no acknowledgement, but a frame that proves the grant
            yield PushDataV3ApiWrapper(channel=depth, symbol="BTCUSDT").SerializeToString()

    full = changed(subscriptions_per_link=2, ack_timeout_s=0.1)
    async with ScriptedServer(answer) as server, client(server.url, full) as streams:
        other = Sink()

        class Selective(Sink):
            def on_subscribed(self, epoch: int) -> None:
                streams.unsubscribe_depth(ETH_USDT, other)

        first = asyncio.ensure_future(streams.subscribe_depth(BTC_USDT, Selective()))
        await asyncio.sleep(0)
        second = asyncio.ensure_future(streams.subscribe_depth(ETH_USDT, other))
        await first
        with pytest.raises(UsageError):
            await second
        assert (streams.metrics().wanted, streams.metrics().links) == (1, 1)
