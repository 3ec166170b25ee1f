import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from mexc_connector.common.config import MexcConfig
from mexc_connector.common.enums import KlineInterval, Side
from mexc_connector.common.errors import (
    ConfigError,
    ConnectionFailed,
    InvalidSymbol,
    ProtocolViolation,
    SessionClosed,
    UnknownSymbol,
    UsageError,
)
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.rest.budget import RequestBudget
from mexc_connector.rest.public import MexcPublicSpotRest
from mexc_connector.rest.transport import HttpReply, HttpRequest
from tests.unit.rest.doubles import (
    EPOCH_NS,
    FakeClock,
    FakeTransport,
    exchange_info,
    query,
    reply,
    symbol_row,
)

BTC_USDT = Symbol(AssetName("BTC"), AssetName("USDT"))
GONE = Symbol(AssetName("LVN"), AssetName("USDT"))
EPOCH_MS = EPOCH_NS // 1_000_000
BTC_TICKER = {"symbol": "BTCUSDT", "lastPrice": "5", "price": "5", "bidPrice": "4", "bidQty": "1"}
OFFLINE = reply({"data": [{"symbol": "LVNUSDT", "state": 3}, {"symbol": "HALTUSDT", "state": 2}]})

Use = Callable[[MexcPublicSpotRest], Awaitable[object]]


class Bench:
    def __init__(self, **routes: object) -> None:
        self.clock = FakeClock()
        named = {name.replace("__", "/"): answer for name, answer in routes.items()}
        self.transport = FakeTransport(
            {
                "exchangeInfo": exchange_info(),
                "symbol/offline": OFFLINE,
                "time": lambda _: reply({"serverTime": self.clock.time_ns() // 1_000_000 + 5_000}),
            }
            | named
        )
        self.client = MexcPublicSpotRest(transport=self.transport, clock=self.clock)


async def test_ping_and_time() -> None:
    bench = Bench(ping=reply({}))
    await bench.client.ping()
    assert await bench.client.get_server_time_ms() == EPOCH_MS + 5_000
    assert bench.client.clock_offset_ms is None
    assert await bench.client.sync_clock() == 5_000
    assert bench.client.clock_offset_ms == 5_000
    assert len(bench.transport.sent("time")) == 4


@pytest.mark.parametrize("code", [0, 200])
async def test_the_wrapper_of_default_symbols_may_say_0_or_200(code: int) -> None:
    bench = Bench(defaultSymbols=reply({"data": ["A", "B"], "code": code, "msg": None}))
    assert await bench.client.get_default_symbols() == ["A", "B"]


async def test_offline_symbols_keep_the_exchanges_spelling() -> None:
    first, second = await Bench().client.get_offline_symbols()
    assert (first.exchange_symbol, first.is_delisted) == ("LVNUSDT", True)
    assert (second.exchange_symbol, second.is_delisted) == ("HALTUSDT", False)


async def test_the_rules_are_kept_and_shared() -> None:
    bench = Bench()
    infos = await asyncio.gather(*(bench.client.get_symbol_info(BTC_USDT) for _ in range(50)))
    assert {info.exchange_symbol for info in infos} == {"BTCUSDT"}
    assert len(bench.transport.sent("exchangeInfo")) == 1
    metrics = bench.client.metrics()
    assert (metrics.cache_hits, metrics.cache_misses, metrics.requests) == (49, 1, 1)
    assert metrics.budget.ip_weight == 25


async def test_exchange_info_is_fresh_and_feeds_the_memory() -> None:
    bench = Bench(exchangeInfo=[exchange_info(), exchange_info(symbol_row(), symbol_row("ETH"))])
    assert len(await bench.client.get_symbol_infos()) == 1
    bench.clock.moment += 1.0
    info = await bench.client.get_exchange_info()
    assert len(info.symbols) == 2
    assert info.exchange_time_ms == 1_795_000_000_000
    assert len(await bench.client.get_symbol_map()) == 2
    assert len(bench.transport.sent("exchangeInfo")) == 2


async def test_an_unknown_market_is_looked_up_again_and_among_the_offline_ones() -> None:
    bench = Bench()
    await bench.client.get_symbol_map()
    bench.clock.moment += 60.0
    with pytest.raises(UnknownSymbol, match="LVN/USDT: it is delisted"):
        await bench.client.get_orderbook(GONE)
    assert len(bench.transport.sent("exchangeInfo")) == 2
    assert bench.transport.sent("depth") == []
    with pytest.raises(UnknownSymbol, match="it is suspended"):
        await bench.client.get_ticker(Symbol(AssetName("HALT"), AssetName("USDT")))
    with pytest.raises(UnknownSymbol) as caught:
        await bench.client.get_price(Symbol(AssetName("NO"), AssetName("WAY")))
    assert caught.value.note == ""
    assert len(bench.transport.sent("exchangeInfo")) == 2  # it was fresh
    assert len(bench.transport.sent("symbol/offline")) == 1


async def test_a_new_listing_is_found_without_waiting_for_the_cache() -> None:
    bench = Bench(exchangeInfo=[exchange_info(symbol_row("ETH")), exchange_info()])
    await bench.client.get_symbol_map()
    bench.clock.moment += 60.0
    assert (await bench.client.get_symbol_info(BTC_USDT)).exchange_symbol == "BTCUSDT"


async def test_an_offline_list_that_cannot_be_read_does_not_hide_the_error() -> None:
    bench = Bench(symbol__offline=ConnectionFailed("down"))
    with pytest.raises(UnknownSymbol, match=r"could not be read .*down"):
        await bench.client.get_price(GONE)


async def test_a_market_that_the_exchange_denies_makes_the_rules_stale() -> None:
    denial = reply({"code": -1121, "msg": "Invalid symbol."}, status=400)
    bench = Bench(depth=denial)
    with pytest.raises(InvalidSymbol):
        await bench.client.get_orderbook(BTC_USDT)
    await bench.client.get_symbol_map()
    assert len(bench.transport.sent("exchangeInfo")) == 2


@pytest.mark.parametrize(
    ("limit", "asked"), [(1, "1"), (7, "7"), (100, "100"), (5000, "5000"), (10**9, "5000")]
)
async def test_any_number_of_levels_can_be_asked_for(limit: int, asked: str) -> None:
    def depth(request: HttpRequest) -> HttpReply:
        levels = min(2000, int(query(request)["limit"]))
        asks = [[str(n), "1"] for n in range(1, levels + 1)]
        return reply({"lastUpdateId": 9, "bids": asks[::-1], "asks": asks, "timestamp": 5})

    bench = Bench(depth=depth)
    snapshot = await bench.client.get_orderbook(BTC_USDT, limit=limit)
    assert bench.transport.sent("depth") == [{"symbol": "BTCUSDT", "limit": asked}]
    assert len(snapshot.asks) == min(limit, 2000)
    assert snapshot.ask_horizon == float(min(limit, 2000))
    assert snapshot.received_ns == bench.clock.time_ns()


async def test_trades_are_trimmed_to_what_was_asked() -> None:
    rows = [{"price": "1", "qty": "1", "time": 9 - n, "isBuyerMaker": True} for n in range(5)]
    bench = Bench(trades=reply(rows))
    trades = await bench.client.get_recent_trades(BTC_USDT, limit=3)
    assert [trade.exchange_time_ms for trade in trades] == [9, 8, 7]
    await bench.client.get_recent_trades(BTC_USDT, limit=99_999)
    assert [sent["limit"] for sent in bench.transport.sent("trades")] == ["3", "1000"]


async def test_aggregate_trades_take_both_times_or_none() -> None:
    bench = Bench(aggTrades=reply([{"p": "1", "q": "1", "T": 5, "m": False}]))
    (trade,) = await bench.client.get_aggregate_trades(BTC_USDT, start_ms=0, end_ms=3_600_000)
    assert trade.side is Side.BUY
    await bench.client.get_aggregate_trades(BTC_USDT, limit=2000)
    assert bench.transport.sent("aggTrades") == [
        {"symbol": "BTCUSDT", "limit": "500", "startTime": "0", "endTime": "3600000"},
        {"symbol": "BTCUSDT", "limit": "1000"},
    ]


async def test_klines_are_closed_by_the_exchanges_clock_which_is_ahead_of_ours() -> None:
    minute = 60_000
    first = EPOCH_MS - EPOCH_MS % minute
    rows = [
        [first + n * minute, "1", "1", "1", "1", "1", first + (n + 1) * minute, "1"]
        for n in range(2)
    ]
    bench = Bench(klines=reply(rows))
    bench.clock.moment += (first + minute - EPOCH_MS) / 1000 - 4.9  # 0.1 s into the second candle
    klines = await bench.client.get_klines(BTC_USDT, KlineInterval.MINUTE_1, limit=2)
    assert [kline.is_closed for kline in klines] == [True, False]
    assert len(bench.transport.sent("time")) == 1
    assert bench.transport.sent("klines") == [{"symbol": "BTCUSDT", "interval": "1m", "limit": "2"}]
    await bench.client.get_klines(BTC_USDT, KlineInterval.MINUTE_1, limit=2)
    assert len(bench.transport.sent("time")) == 1


async def test_klines_with_a_start_are_asked_for_in_windows_of_both_ends() -> None:
    bench = Bench(klines=reply([]))
    await bench.client.get_klines(
        BTC_USDT, KlineInterval.HOUR_1, start_ms=1_000, end_ms=7_300_000, limit=500
    )
    (sent,) = bench.transport.sent("klines")
    assert (sent["interval"], sent["startTime"], sent["endTime"]) == ("60m", "1000", "7300000")


@pytest.mark.parametrize("start_ms", [None, EPOCH_MS - 60_000])
async def test_an_end_in_the_far_future_costs_no_more_than_now(start_ms: int | None) -> None:
    bench = Bench(klines=reply([]))
    await bench.client.get_klines(
        BTC_USDT, KlineInterval.MINUTE_1, start_ms=start_ms, end_ms=10**18
    )
    asked = bench.transport.sent("klines")
    assert len(asked) < 10
    assert max(int(sent["endTime"]) for sent in asked) <= EPOCH_MS + 5_000 + 60_000 + 1_000


@pytest.mark.parametrize(
    "use",
    [
        lambda client: client.get_ticker(BTC_USDT),
        lambda client: client.get_price(BTC_USDT),
        lambda client: client.get_book_ticker(BTC_USDT),
    ],
)
@pytest.mark.parametrize("body", [BTC_TICKER, [BTC_TICKER]])
async def test_one_market_may_come_bare_or_in_a_list(use: Use, body: object) -> None:
    bench = Bench(
        ticker__24hr=reply(body), ticker__price=reply(body), ticker__bookTicker=reply(body)
    )
    ticker = await use(bench.client)
    assert ticker.symbol == BTC_USDT  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", [[], [BTC_TICKER, BTC_TICKER], {**BTC_TICKER, "symbol": "X"}])
async def test_a_row_about_another_market_is_a_violation(body: object) -> None:
    bench = Bench(ticker__price=reply(body))
    with pytest.raises(ProtocolViolation, match="BTCUSDT"):
        await bench.client.get_price(BTC_USDT)


@pytest.mark.parametrize(
    "use",
    [
        lambda client: client.get_tickers(),
        lambda client: client.get_prices(),
        lambda client: client.get_book_tickers(),
    ],
)
async def test_markets_that_are_not_listed_are_skipped_and_counted(use: Use) -> None:
    body = [{**BTC_TICKER, "symbol": "NEWUSDT"}, BTC_TICKER, {"symbol": "_old"}]
    bench = Bench(
        ticker__24hr=reply(body), ticker__price=reply(body), ticker__bookTicker=reply(body)
    )
    rows = await use(bench.client)
    assert [row.symbol for row in rows] == [BTC_USDT]  # type: ignore[attr-defined]
    assert bench.client.metrics().unlisted_rows == 2


async def test_a_bad_figure_names_its_market() -> None:
    bench = Bench(ticker__price=reply([{"symbol": "BTCUSDT", "price": "cheap"}]))
    with pytest.raises(ProtocolViolation, match=r"BTCUSDT.*cheap"):
        await bench.client.get_prices()


async def test_the_average_price() -> None:
    bench = Bench(avgPrice=reply({"mins": 5, "price": "9.35751834"}))
    average = await bench.client.get_average_price(BTC_USDT)
    assert (average.price, average.minutes) == (9.35751834, 5)


async def test_announcements_of_any_number_are_cut_out_of_the_exchanges_pages() -> None:
    def announcements(request: HttpRequest) -> HttpReply:
        size, page = int(query(request)["limit"]), int(query(request)["page"])
        assert size % 5 == 0
        rows = [
            {"title": str(n), "url": "u", "postTime": 1, "language": "en-US"}
            for n in range(size * (page - 1), min(231, size * page))
        ]
        return reply({"data": [{"details": rows, "totalPage": "47"}], "code": 0, "msg": "success"})

    bench = Bench(announcements=announcements)
    for page, limit in [(1, 1), (2, 7), (1, 100), (1, 231), (3, 90), (2, 500)]:
        found = await bench.client.get_announcements(page=page, limit=limit)
        wanted = range((page - 1) * limit, min(231, page * limit))
        assert [announcement.title for announcement in found] == [str(n) for n in wanted]


async def test_symbols_in_chinese_are_sent_percent_encoded() -> None:
    bench = Bench(
        exchangeInfo=exchange_info(symbol_row("龙虾")),
        depth=reply({"lastUpdateId": 1, "bids": [], "asks": []}),
    )
    await bench.client.get_orderbook(Symbol(AssetName("龙虾"), AssetName("USDT")))
    assert bench.transport.requests[-1].url == (
        "https://api.mexc.com/api/v3/depth?symbol=%E9%BE%99%E8%99%BEUSDT&limit=100"
    )


@pytest.mark.parametrize(
    "use",
    [
        lambda client: client.get_orderbook(BTC_USDT, limit=0),
        lambda client: client.get_orderbook(BTC_USDT, limit=True),
        lambda client: client.get_orderbook("BTCUSDT"),
        lambda client: client.get_recent_trades(BTC_USDT, limit=-5),
        lambda client: client.get_aggregate_trades(BTC_USDT, start_ms=5),
        lambda client: client.get_aggregate_trades(BTC_USDT, start_ms=0, end_ms=3_600_001),
        lambda client: client.get_aggregate_trades(BTC_USDT, start_ms=2, end_ms=1),
        lambda client: client.get_klines(BTC_USDT, KlineInterval.HOUR_8),
        lambda client: client.get_klines(BTC_USDT, KlineInterval.DAY_1, limit=1.0),
        lambda client: client.get_klines(BTC_USDT, KlineInterval.DAY_1, start_ms=-1),
        lambda client: client.get_klines(BTC_USDT, "1m"),
        lambda client: client.get_announcements(limit=0),
        lambda client: client.get_announcements(page=0),
        lambda client: client.sync_clock(samples=0),
    ],
)
async def test_arguments_that_cannot_work_send_nothing(use: Use) -> None:
    bench = Bench()
    with pytest.raises(UsageError):
        await use(bench.client)
    assert bench.transport.requests == []


async def test_an_answer_in_another_form_names_the_endpoint_and_keeps_the_body() -> None:
    bench = Bench(time=reply({"time": 5}))
    with pytest.raises(ProtocolViolation) as caught:
        await bench.client.get_server_time_ms()
    assert caught.value.endpoint == "GET /api/v3/time"
    assert json.loads(caught.value.body) == {"time": 5}


async def test_a_step_override_that_cannot_work_is_refused_when_the_client_is_made() -> None:
    with pytest.raises(ConfigError, match="BTCUSDT"):
        MexcPublicSpotRest(MexcConfig(step_size_overrides={"BTCUSDT": "zero"}))


async def test_close_ends_what_is_under_way_and_may_be_called_twice() -> None:
    bench = Bench()
    bench.transport.blocked = asyncio.Event()
    calls = [asyncio.create_task(bench.client.get_symbol_map()) for _ in range(3)]
    for _ in range(3):
        await asyncio.sleep(0)
    await bench.client.close()
    await bench.client.close()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result) for result in results] == [SessionClosed] * 3
    with pytest.raises(SessionClosed):
        await bench.client.ping()
    with pytest.raises(SessionClosed):
        await bench.client.get_symbol_map()
    assert bench.transport.closed == 0  # it was handed in


async def test_clients_that_share_a_budget_share_its_limits() -> None:
    bench = Bench(ping=reply({}))
    budget = RequestBudget(MexcConfig().limits, clock=bench.clock)
    clients = [
        MexcPublicSpotRest(transport=bench.transport, clock=bench.clock, budget=budget)
        for _ in range(2)
    ]
    for client in clients * 3:
        await client.ping()
    assert clients[0].budget is budget
    assert clients[1].metrics().budget.ip_weight == 6
    assert clients[1].metrics().requests == 3
