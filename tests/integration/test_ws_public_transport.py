"""What a client of the public streams sees of the transport below it."""

import asyncio

import pytest

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import MexcConfig, StreamConfig
from mexc_connector.common.models import Trade
from mexc_connector.common.stream_status import ConnectionEvent
from mexc_connector.common.symbols import AssetName, Symbol, SymbolMap
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws import control
from mexc_connector.ws.connection import Link
from mexc_connector.ws.pool import LinkPool
from mexc_connector.ws.public import MexcWebsocketPublic
from tests.integration.raw_stream_server import (
    BINARY,
    CLOSE,
    TEXT,
    RawConnection,
    RawServer,
    frame,
)
from tests.integration.scripted_server import trade_frame, until

BTC_USDT = Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))
SYMBOLS = SymbolMap([(BTC_USDT, "BTCUSDT")])
BTC_TRADES = "spot@public.aggre.deals.v3.api.pb@10ms@BTCUSDT"
GRANT = f'{{"id":1,"code":0,"msg":"{BTC_TRADES}"}}'.encode()
QUICK = StreamConfig(
    backoff_base_s=0.01, backoff_max_s=0.05, connects_per_second=1000.0, close_timeout_s=0.5
)


IMPATIENT = StreamConfig(data_timeout_s=1.0, backoff_base_s=0.01, connects_per_second=1000.0)


def client(url: str, streams: StreamConfig = QUICK) -> MexcWebsocketPublic:
    return MexcWebsocketPublic(SYMBOLS, config=MexcConfig(stream_url=url, streams=streams))


def trade(trade_id: str) -> bytes:
    return frame(BINARY, trade_frame(BTC_TRADES, trade_id))


async def take_leave(connection: RawConnection) -> None:
    """Wait for the client's farewell and answer it."""
    while (await connection.hear())[0] != CLOSE:
        pass
    await connection.send(frame(CLOSE, b"\x03\xe8"))


async def test_an_acknowledgement_and_the_first_push_may_come_in_one_piece() -> None:
    async def script(connection: RawConnection) -> None:
        await connection.send(connection.answer)
        await connection.hear()
        await connection.send(trade("too early"), frame(TEXT, GRANT), trade("first"))
        await connection.hear_end()

    async with RawServer(script) as server, client(server.url) as streams:
        trades: list[Trade] = []
        await streams.on_trades(BTC_USDT, trades.append)
        await until(lambda: trades)
        assert [one.trade_id for one in trades] == ["first"]
        assert streams.metrics().unclaimed_frames == 1


async def test_a_burst_reaches_the_callback_whole_and_in_order() -> None:
    ids = [f"t{number}" for number in range(10_000)]

    async def script(connection: RawConnection) -> None:
        await connection.send(connection.answer)
        await connection.hear()
        await connection.send(frame(TEXT, GRANT), *map(trade, ids))
        await connection.hear_end()

    async with RawServer(script) as server, client(server.url) as streams:
        trades: list[Trade] = []
        await streams.on_trades(BTC_USDT, trades.append)
        await until(lambda: len(trades) >= len(ids))
        assert [one.trade_id for one in trades] == ids
        times = {one.received_ns for one in trades}
        assert len(times) < len(ids) / 20  # one reading of the clock for all that came at once


async def test_frames_keep_a_link_alive_that_is_dropped_without_them() -> None:
    connections: list[RawConnection] = []

    async def script(connection: RawConnection) -> None:
        connections.append(connection)
        await connection.send(connection.answer)
        if len(connections) == 1:
            await connection.hear()
            await connection.send(frame(TEXT, GRANT))
            for number in range(30):
                await connection.send(trade(f"t{number}"))
                await asyncio.sleep(0.05)
        await connection.hear_end()

    async with RawServer(script) as server, client(server.url, IMPATIENT) as streams:
        trades: list[Trade] = []
        await streams.on_trades(BTC_USDT, trades.append)
        await until(lambda: len(trades) == 30 or len(connections) > 1)
        assert len(trades) == 30
        await until(lambda: len(connections) > 1)


async def test_a_bug_in_a_receiver_is_the_reason_that_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connections: list[RawConnection] = []

    async def script(connection: RawConnection) -> None:
        connections.append(connection)
        await connection.send(connection.answer)
        await connection.hear()
        if len(connections) == 1:
            await connection.send(frame(TEXT, GRANT), frame(TEXT, b"x"), trade("behind"))
        else:
            await connection.send(frame(TEXT, GRANT.replace(b"1", b"2", 1)), trade("again"))
        await take_leave(connection)

    read_reply = control.read_reply

    def buggy(text: str) -> control.Reply:
        if text == "x":
            raise ZeroDivisionError("a bug")
        return read_reply(text)

    monkeypatch.setattr(control, "read_reply", buggy)
    async with RawServer(script) as server, client(server.url) as streams:
        events: list[ConnectionEvent] = []
        trades: list[Trade] = []
        streams.on_connection(events.append)
        await streams.on_trades(BTC_USDT, trades.append)
        await until(lambda: trades)
        assert [one.trade_id for one in trades] == ["again"]
        assert "internal error: ZeroDivisionError('a bug')" in [event.reason for event in events]


async def test_a_bug_before_the_first_frame_costs_no_long_farewell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connections: list[RawConnection] = []

    async def script(connection: RawConnection) -> None:
        connections.append(connection)
        await connection.send(connection.answer, trade("unasked"))
        await take_leave(connection)

    on_link_open = LinkPool.on_link_open

    def buggy(pool: LinkPool, link: Link) -> None:
        monkeypatch.setattr(LinkPool, "on_link_open", on_link_open)
        raise ZeroDivisionError

    monkeypatch.setattr(LinkPool, "on_link_open", buggy)
    patient = StreamConfig(close_timeout_s=60.0, backoff_base_s=0.01, connects_per_second=1000.0)
    async with RawServer(script) as server, client(server.url, patient) as streams:
        streams.on_trades(BTC_USDT, lambda _: None)
        await until(lambda: len(connections) > 1 and streams.is_connected)


async def test_nothing_is_handed_on_once_a_link_is_being_closed() -> None:
    async def script(connection: RawConnection) -> None:
        await connection.send(connection.answer)
        await connection.hear()
        await connection.send(frame(TEXT, GRANT), *(trade("t") for _ in range(20_000)))
        await connection.hear_end()

    late: list[int] = []

    class Sink:
        def __init__(self) -> None:
            self.pushes = 0
            self.closing: asyncio.Task[None] | None = None

        def on_subscribed(self, epoch: int) -> None:
            pass

        def on_push(self, push: PushDataV3ApiWrapper, epoch: int, received_ns: int) -> None:
            self.pushes += 1
            if self.closing is None:
                self.closing = asyncio.ensure_future(self.close())

        async def close(self) -> None:
            link = pool.links.get(1)
            assert link is not None
            before = self.pushes
            await link.close()
            late.append(self.pushes - before)

        def on_undecodable(self, epoch: int) -> None:
            pass

        def on_link_lost(self, epoch: int, reason: str) -> None:
            pass

    async with RawServer(script) as server:

        async def url(_link: int) -> str:
            return server.url

        pool = LinkPool(url, streams=QUICK, clock=Clock())
        await pool.subscribe(BTC_TRADES, Sink())
        await until(lambda: late)
        await pool.close()
        assert late == [0]


async def test_a_farewell_of_the_exchange_is_the_reason_that_is_told_at_once() -> None:
    is_told = asyncio.Event()

    async def script(connection: RawConnection) -> None:
        await connection.send(connection.answer)
        await connection.hear()
        await connection.send(frame(TEXT, GRANT))
        await connection.send(frame(CLOSE, b"\x03\xe9maintenance"))
        await is_told.wait()  # and the connection stays open so long
        await connection.hear_end()

    async with RawServer(script) as server, client(server.url) as streams:
        reasons: list[str] = []

        def note(event: ConnectionEvent) -> None:
            reasons.append(event.reason)
            if "maintenance" in event.reason:
                is_told.set()

        streams.on_connection(note)
        await streams.on_trades(BTC_USDT, lambda _: None)
        async with asyncio.timeout(5):
            await is_told.wait()
        assert any("received 1001 (going away) maintenance" in reason for reason in reasons)
