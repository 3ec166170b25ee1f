"""`MexcPublicSpotRest` over real sockets: against the simulator, and against servers that fail."""

import asyncio
import gc
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import MexcConfig, RateLimitConfig, RestConfig
from mexc_connector.common.enums import KlineInterval
from mexc_connector.common.errors import (
    ConnectionFailed,
    FirewallBlocked,
    ProtocolViolation,
    RateLimitError,
    RequestTimeout,
    SessionClosed,
    UnknownSymbol,
)
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.rest.public import MexcPublicSpotRest
from mexc_connector.sim import SimLimits, SimOptions, Simulator

BTC_USDT = Symbol(AssetName("BTC"), AssetName("USDT"))
START_MS = 1_795_000_000_000
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def market(**options: object) -> AsyncIterator[tuple[Simulator, MexcPublicSpotRest]]:
    """Give a simulator and a client, both without limits to speak of."""
    settings: dict[str, object] = {
        "symbols": ("BTCUSDT", "ETHUSDT"),
        "seed": 7,
        "start_ms": START_MS,
        "realtime": False,
        "limits": SimLimits.lifted(),
    }
    async with Simulator(SimOptions(**(settings | options))) as sim:  # type: ignore[arg-type]
        config = MexcConfig(rest_url=sim.rest_url, limits=RateLimitConfig.lifted())
        async with MexcPublicSpotRest(config) as client:
            yield sim, client


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[str]:
    """Serve raw bytes on loopback."""
    writers: list[asyncio.StreamWriter] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await handler(reader, writer)

    listener = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    finally:
        listener.close()
        for writer in writers:
            writer.transport.abort()
        await listener.wait_closed()


def answering(status: str, body: bytes, *headers: str) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        await writer.drain()
        writer.close()

    return handle


def client_for(url: str, *, timeout_s: float = 5.0, retries: int = 0) -> MexcPublicSpotRest:
    group = RestConfig(timeout_s=timeout_s, retries=retries)
    limits = RateLimitConfig(backoff_base_s=0.001, backoff_max_s=0.002)
    return MexcPublicSpotRest(
        MexcConfig(rest_url=url, market_data=group, market_data_fast=group, limits=limits)
    )


async def test_the_book_is_the_simulators_own_at_the_same_version() -> None:
    async with market() as (sim, client):
        await sim.advance(1_000)
        snapshot = await client.get_orderbook(BTC_USDT, limit=5000)
        own = sim.market("BTCUSDT")
        assert snapshot.version == own.version
        bids = [(entry.price, entry.size) for entry in snapshot.bids]
        asks = [(entry.price, entry.size) for entry in snapshot.asks]
        assert bids == [(float(price), float(size)) for price, size in own.bids()]
        assert asks == [(float(price), float(size)) for price, size in own.asks()]
        assert bids[0][0] < asks[0][0]
        top = await client.get_orderbook(BTC_USDT, limit=3)
        assert top.bids == snapshot.bids[:3]
        assert top.bid_horizon == snapshot.bids[2].price


async def test_every_endpoint_answers_in_its_form() -> None:
    async with market() as (sim, client):
        await sim.advance(2_000)
        await client.ping()
        assert await client.get_server_time_ms() == sim.now_ms
        assert "BTCUSDT" in await client.get_default_symbols()
        assert any(symbol.is_delisted for symbol in await client.get_offline_symbols())
        info = await client.get_exchange_info()
        assert {item.exchange_symbol for item in info.symbols} == {"BTCUSDT", "ETHUSDT"}
        assert (await client.get_symbol_info(BTC_USDT)).is_tradable

        trades = await client.get_recent_trades(BTC_USDT, limit=50)
        assert len(trades) == 50
        assert all(a.exchange_time_ms >= b.exchange_time_ms for a, b in pairwise(trades))
        summed = await client.get_aggregate_trades(
            BTC_USDT, start_ms=sim.now_ms - 600_000, end_ms=sim.now_ms, limit=20
        )
        assert 0 < len(summed) <= 20

        assert (await client.get_average_price(BTC_USDT)).minutes == 5
        book = await client.get_book_ticker(BTC_USDT)
        assert book.bid_price is not None
        assert book.ask_price is not None
        assert book.bid_price < book.ask_price
        assert (await client.get_price(BTC_USDT)).price == trades[0].price
        assert (await client.get_ticker(BTC_USDT)).last_price == trades[0].price
        for rows in (
            await client.get_prices(),
            await client.get_tickers(),
            await client.get_book_tickers(),
        ):
            assert {row.symbol.base for row in rows} == {"BTC", "ETH"}


@pytest.mark.parametrize("interval", [KlineInterval.MINUTE_1, KlineInterval.HOUR_1])
async def test_klines_past_500_have_no_gap_and_meet_from_both_directions(
    interval: KlineInterval,
) -> None:
    async with market() as (sim, client):
        backward = await client.get_klines(BTC_USDT, interval, limit=1_300)
        assert len(backward) == 1_300
        assert all(a.close_time_ms == b.open_time_ms for a, b in pairwise(backward))
        assert [kline.is_closed for kline in backward] == [True] * 1_299 + [False]
        assert backward[-1].open_time_ms <= sim.now_ms < backward[-1].close_time_ms
        forward = await client.get_klines(
            BTC_USDT, interval, start_ms=backward[0].open_time_ms, limit=1_300
        )
        assert forward == backward
        part = await client.get_klines(
            BTC_USDT,
            interval,
            start_ms=backward[600].open_time_ms,
            end_ms=backward[1_200].open_time_ms,
            limit=10_000,
        )
        assert part == backward[600:1_200]


@pytest.mark.parametrize("limit", [1, 5, 7, 100, 130])
async def test_any_number_of_announcements_works(limit: int) -> None:
    async with market() as (_, client):
        found = await client.get_announcements(limit=limit)
        assert len(found) == limit
        assert len({announcement.title for announcement in found}) == limit


async def test_an_unknown_market_is_one_clear_error() -> None:
    async with market() as (_, client):
        for name, note in (("NOPE", ""), ("LVN", "it is delisted")):
            with pytest.raises(UnknownSymbol) as caught:
                await client.get_orderbook(Symbol(AssetName(name), AssetName("USDT")))
            assert caught.value.note == note


async def test_the_offset_of_the_exchanges_clock_is_measured() -> None:
    async with market() as (sim, client):
        offset_ms = await client.sync_clock()
        assert abs(sim.now_ms - Clock().time_ns() // 1_000_000 - offset_ms) < 5_000
        assert client.clock_offset_ms == offset_ms


async def test_fifty_callers_of_the_rules_make_one_request() -> None:
    async with market() as (sim, client):
        await asyncio.gather(*(client.get_symbol_info(BTC_USDT) for _ in range(50)))
        assert sim.requests_by_path["/api/v3/exchangeInfo"] == 1


async def test_our_budget_keeps_us_below_the_exchanges_limits() -> None:
    """With a tenth of MEXC's window on both sides, a flood of reads is never refused."""
    limits = SimLimits(weight_per_window=60, weight_window_ms=1_000, firewall_burst=1_000)
    options = SimOptions(symbols=("BTCUSDT",), seed=7, limits=limits)
    async with Simulator(options) as sim:
        budget = RateLimitConfig(ip_weight=60, window_s=1.0, requests_per_second=1_000)
        config = MexcConfig(rest_url=sim.rest_url, limits=budget)
        async with MexcPublicSpotRest(config) as client:
            await asyncio.gather(*(client.get_orderbook(BTC_USDT) for _ in range(60)))
            metrics = client.metrics()
    assert metrics.rate_limited == 0
    assert metrics.retries == 0
    assert metrics.waited_s > 0


@pytest.mark.slow
async def test_with_the_real_numbers_on_both_sides_nothing_is_refused() -> None:
    async with (
        Simulator(SimOptions(symbols=("BTCUSDT",), seed=7)) as sim,
        MexcPublicSpotRest(MexcConfig(rest_url=sim.rest_url)) as client,
    ):
        await asyncio.gather(*(client.get_orderbook(BTC_USDT) for _ in range(120)))
        metrics = client.metrics()
    assert (metrics.rate_limited, metrics.retries) == (0, 0)


async def test_a_refusal_by_the_simulators_own_limiter_is_waited_out() -> None:
    limits = SimLimits(weight_per_window=30, weight_window_ms=1_000)
    options = SimOptions(symbols=("BTCUSDT",), seed=7, limits=limits)
    async with Simulator(options) as sim:
        config = MexcConfig(rest_url=sim.rest_url, limits=RateLimitConfig.lifted())
        async with MexcPublicSpotRest(config) as client:
            await client.get_symbol_map()
            for _ in range(4):
                await client.get_orderbook(BTC_USDT)
            assert client.metrics().rate_limited >= 1


async def test_an_answer_that_does_not_come_is_a_timeout() -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with server(silent) as url, client_for(url, timeout_s=0.05, retries=2) as client:
        with pytest.raises(RequestTimeout, match=r"GET /api/v3/ping: no answer within 0\.05 s"):
            await client.ping()
        assert client.metrics().requests == 3


async def test_a_link_that_breaks_is_a_failed_connection() -> None:
    async def breaking(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        writer.close()

    async with server(breaking) as url, client_for(url) as client:
        with pytest.raises(ConnectionFailed) as caught:
            await client.get_server_time_ms()
        assert caught.value.__cause__ is not None


async def test_nobody_listening_is_a_failed_connection() -> None:
    async with server(answering("200 OK", b"{}")) as url:
        pass
    async with client_for(url) as client:
        with pytest.raises(ConnectionFailed, match="GET /api/v3/ping"):
            await client.ping()


async def test_what_is_not_http_is_a_failed_connection() -> None:
    async def babbling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-OpenSSH_9.0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with server(babbling) as url, client_for(url) as client:
        with pytest.raises(ConnectionFailed):
            await client.ping()


async def test_the_firewalls_page_blocks_everything() -> None:
    page = answering("403 Forbidden", b"<HTML>Access Denied</HTML>", "Content-Type: text/html")
    async with server(page) as url, client_for(url, retries=3) as client:
        with pytest.raises(FirewallBlocked):
            await client.ping()
        assert client.metrics().budget.paused_s > 80
        assert client.metrics().requests == 1


async def test_a_ban_longer_than_we_wait_is_told_at_once() -> None:
    ban = answering("418 I'm a teapot", b'{"code":418,"msg":"banned"}', "Retry-After: 7200")
    async with server(ban) as url, client_for(url, retries=3) as client:
        for _ in range(2):
            with pytest.raises(RateLimitError) as caught:
                await client.ping()
            assert caught.value.retry_after > 7_000
        assert client.metrics().requests == 1


async def test_a_success_in_another_form_keeps_its_body() -> None:
    async with server(answering("200 OK", b"<html>hello</html>")) as url, client_for(url) as client:
        with pytest.raises(ProtocolViolation) as caught:
            await client.get_server_time_ms()
        assert caught.value.body == "<html>hello</html>"


async def test_compressed_answers_are_unpacked_and_redirects_not_followed() -> None:
    body = gzip.compress(b'{"serverTime":5}')
    packed = answering("200 OK", body, "Content-Encoding: gzip")
    async with server(packed) as url, client_for(url) as client:
        assert await client.get_server_time_ms() == 5
        moved = answering("302 Found", b"", f"Location: {url}/api/v3/time")
        async with server(moved) as other_url, client_for(other_url) as other:
            with pytest.raises(Exception, match="HTTP 302"):
                await other.get_server_time_ms()


async def test_the_bytes_of_the_url_are_the_ones_we_built() -> None:
    lines: list[bytes] = []
    row = (
        '{"symbol":"龙虾(PRE)USDT","baseAsset":"龙虾(PRE)","quoteAsset":"USDT",'
        '"baseAssetPrecision":2,"quotePrecision":2}'
    )
    replies = [
        f'{{"serverTime":1,"symbols":[{row}]}}'.encode(),
        b'{"lastUpdateId":1,"bids":[],"asks":[]}',
    ]

    async def recording(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0])
        body = replies.pop(0)
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    async with server(recording) as url, client_for(url) as client:
        await client.get_orderbook(Symbol(AssetName("龙虾(PRE)"), AssetName("USDT")))
    assert lines[1] == (
        b"GET /api/v3/depth?symbol=%E9%BE%99%E8%99%BE%28PRE%29USDT&limit=100 HTTP/1.1"
    )


async def test_the_proxy_of_the_config_is_used_and_its_refusal_shows_no_password() -> None:
    seen: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    async with server(proxy) as url:
        proxied = url.replace("http://", "http://user:hush@")
        config = MexcConfig(rest_url="http://exchange.invalid", proxy=proxied)
        async with MexcPublicSpotRest(config) as client:
            await client.ping()
    assert seen[0].startswith(b"GET http://exchange.invalid/api/v3/ping HTTP/1.1")
    assert b"Proxy-Authorization: Basic" in seen[0]

    config = MexcConfig(rest_url="http://exchange.invalid", proxy=proxied, market_data_fast=FAST)
    async with MexcPublicSpotRest(config) as client:
        with pytest.raises(ConnectionFailed) as caught:
            await client.ping()
    assert "hush" not in f"{caught.value} {caught.value.__cause__}"


FAST = RestConfig(timeout_s=2.0, retries=0)


async def test_closing_under_way_ends_the_calls_and_leaves_nothing() -> None:
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()

    async with server(silent) as url:
        client = client_for(url)
        calls = [asyncio.create_task(client.get_symbol_map()) for _ in range(2)]
        calls.append(asyncio.create_task(client.ping()))
        await asyncio.wait_for(asked.wait(), 5)
        await client.close()
        results = await asyncio.gather(*calls, return_exceptions=True)
        await client.close()
    assert [type(result) for result in results] == [SessionClosed] * 3
    for _ in range(1_000):  # the server's own handlers end a few turns later
        if asyncio.all_tasks() == {asyncio.current_task()}:
            break
        await asyncio.sleep(0)
    else:
        pytest.fail(f"tasks are left: {asyncio.all_tasks()}")
    gc.collect()


@pytest.mark.parametrize("steps", range(12))
async def test_cancelling_anywhere_leaves_no_task_and_a_client_that_works(steps: int) -> None:
    async with market() as (sim, client):
        before = asyncio.all_tasks()
        call = asyncio.create_task(client.get_klines(BTC_USDT, KlineInterval.MINUTE_1, limit=900))
        for _ in range(steps * 7):
            await asyncio.sleep(0)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        assert len(await client.get_klines(BTC_USDT, KlineInterval.MINUTE_1, limit=900)) == 900
        ours = {task for task in asyncio.all_tasks() - before if "mexc" in task.get_name()}
        assert not ours
        assert sim.requests_by_path["/api/v3/exchangeInfo"] <= 2
