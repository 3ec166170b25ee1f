"""Connecting: proxies, time limits, and errors that hold no secret."""

import asyncio
import traceback

import pytest

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import MexcConfig, StreamConfig
from mexc_connector.common.errors import ConnectionFailed, RequestTimeout
from mexc_connector.common.symbols import AssetName, Symbol, SymbolMap
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws.dial import open_socket, secret_of
from mexc_connector.ws.pool import LinkPool
from mexc_connector.ws.public import MexcWebsocketPublic
from tests.integration.http_tunnel import Tunnel
from tests.integration.scripted_server import ScriptedServer, our_tasks, trade_frame, until

BTC_USDT = Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))
SYMBOLS = SymbolMap([(BTC_USDT, "BTCUSDT")])
BTC_TRADES = "spot@public.aggre.deals.v3.api.pb@10ms@BTCUSDT"
QUICK = StreamConfig(
    backoff_base_s=0.01, backoff_max_s=0.05, connects_per_second=1000.0, connect_timeout_s=0.2
)


async def test_the_proxy_of_the_configuration_is_used() -> None:
    tunnel = Tunnel()
    async with (
        ScriptedServer() as server,
        await asyncio.start_server(tunnel.serve, "127.0.0.1", 0) as listener,
    ):
        port = listener.sockets[0].getsockname()[1]
        config = MexcConfig(
            stream_url=server.url, proxy=f"http://me:secret@127.0.0.1:{port}", streams=QUICK
        )
        async with MexcWebsocketPublic(SYMBOLS, config=config) as streams:
            await streams.on_trades(BTC_USDT, lambda _: None)
        assert tunnel.targets == [server.url.removeprefix("ws://").removesuffix("/ws")]
        assert len(tunnel.authorizations) == 1
        await until(lambda: tunnel.is_over)


async def test_proxies_of_the_environment_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "ws_proxy", "all_proxy", "socks_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    async with ScriptedServer() as server:
        config = MexcConfig(stream_url=server.url, streams=QUICK)
        async with MexcWebsocketPublic(SYMBOLS, config=config) as streams:
            await streams.on_trades(BTC_USDT, lambda _: None)


async def test_a_host_that_does_not_answer_in_time_is_a_connection_failure() -> None:
    has_left = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        has_left.set()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        with pytest.raises(ConnectionFailed, match=r"no answer within 0\.2 s"):
            await open_socket(f"ws://127.0.0.1:{port}/ws", proxy=None, streams=QUICK)
        await has_left.wait()


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://127.0.0.1/ws?listenKey=s3cret", None),
        ("ws://127.0.0.1:9/ws?listenKey=s3cret", "http://s3cret@127.0.0.1:9"),
        ("ws://127.0.0.1:9/ws?listenKey=s3cret", None),
    ],
)
async def test_no_error_of_connecting_shows_a_secret(url: str, proxy: str | None) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        await open_socket(url, proxy=proxy, streams=QUICK)
    # All that is printed of an error that nobody catches, except for lines of source.
    shown = "".join(
        line
        for line in traceback.format_exception(caught.value)
        if "test_ws_public_dial.py" not in line
    )
    assert "s3cret" not in shown
    assert secret_of(url) == "s3cret"


async def test_a_url_is_asked_for_anew_and_may_fail_or_change() -> None:
    async with ScriptedServer() as server:
        asked = 0

        async def url(_link: int) -> str:
            nonlocal asked
            asked += 1
            if asked == 1:
                raise RequestTimeout("no listen key to be had")
            return f"{server.url}?listenKey=key{asked}"

        pool = LinkPool(url, streams=QUICK, clock=Clock())

        class Sink:
            def on_subscribed(self, epoch: int) -> None:
                pass

            def on_push(self, push: PushDataV3ApiWrapper, epoch: int, received_ns: int) -> None:
                raise RuntimeError("a bug of the sink")

            def on_undecodable(self, epoch: int) -> None:
                pass

            def on_link_lost(self, epoch: int, reason: str) -> None:
                pass

        await pool.subscribe(BTC_TRADES, Sink())
        assert pool.counters.connect_failures == 1
        for _ in range(2):
            await server.last.send(trade_frame(BTC_TRADES, "t1"))
        await until(lambda: pool.counters.sink_errors == 2)
        server.last.cut()
        await until(lambda: len(server.connections) == 2)
        paths = [one.socket.request.path for one in server.connections if one.socket.request]
        assert paths == ["/ws?listenKey=key2", "/ws?listenKey=key3"]
        await pool.close()
        assert our_tasks() == set()
        assert repr(pool) == "<LinkPool CLOSED: 0 of 0 links open, 0 of 0 channels granted>"
