"""Every public endpoint over a real socket, by plain aiohttp."""

import itertools
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from mexc_connector.sim import SimLimits, SimOptions, Simulator

START_MS = 1_790_281_237_770
SYMBOLS = ("BTCUSDT", "PEPEUSDT", "龙虾USDT", "ETHUSDC")


class Caller:
    """A client that shows the status next to the body."""

    def __init__(self, simulator: Simulator, session: aiohttp.ClientSession) -> None:
        self.simulator = simulator
        self._session = session

    async def get(self, path: str, **params: str | int) -> tuple[int, Any]:
        url = f"{self.simulator.rest_url}/api/v3/{path}"
        async with self._session.get(url, params=params) as response:
            assert response.content_type == "application/json"
            return response.status, await response.json()

    async def body(self, path: str, **params: str | int) -> Any:
        status, body = await self.get(path, **params)
        assert status == 200, body
        return body


@pytest.fixture
async def rest() -> AsyncIterator[Caller]:
    options = SimOptions(
        symbols=SYMBOLS, start_ms=START_MS, realtime=False, limits=SimLimits.lifted()
    )
    async with Simulator(options) as simulator, aiohttp.ClientSession() as session:
        await simulator.advance(3_000)
        yield Caller(simulator, session)


async def test_ping_and_time(rest: Caller) -> None:
    assert await rest.body("ping") == {}
    assert await rest.body("time") == {"serverTime": START_MS + 3_000}


async def test_default_and_offline_symbols(rest: Caller) -> None:
    assert await rest.body("defaultSymbols") == {
        "data": list(SYMBOLS),
        "code": 0,
        "msg": "success",
        "timestamp": START_MS + 3_000,
    }
    offline = (await rest.body("symbol/offline"))["data"]
    assert offline[0] == {"symbol": "LVNUSDT", "state": 3}
    assert {"symbol", "state", "offlineTime"} == set(offline[1])


async def test_exchange_information_has_the_fields_and_types_of_the_live_one(rest: Caller) -> None:
    body = await rest.body("exchangeInfo")
    assert (body["timezone"], body["rateLimits"], body["exchangeFilters"]) == ("CST", [], [])
    assert [row["symbol"] for row in body["symbols"]] == list(SYMBOLS)
    row = body["symbols"][0]
    assert row["status"] == "1"
    assert (row["baseAssetPrecision"], row["quotePrecision"], row["tradeSideType"]) == (8, 2, 1)
    assert row["orderTypes"] == ["LIMIT", "MARKET", "LIMIT_MAKER"]
    assert row["baseSizePrecision"] == "0.000001"
    assert row["quoteAmountPrecision"] == "1"
    assert row["filters"] == [
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": "0.005",
            "askMultiplierDown": "0.005",
        }
    ]
    assert (row["conceptPlateIds"], row["conceptPlates"]) == ([], [])
    assert body["symbols"][3]["orderTypes"] == ["LIMIT", "LIMIT_MAKER"], "ETHUSDC has no MARKET"


async def test_exchange_information_of_some_symbols(rest: Caller) -> None:
    one = await rest.body("exchangeInfo", symbol="龙虾USDT")
    assert [row["symbol"] for row in one["symbols"]] == ["龙虾USDT"]
    some = await rest.body("exchangeInfo", symbols="PEPEUSDT,BTCUSDT,NOPEUSDT")
    assert [row["symbol"] for row in some["symbols"]] == ["PEPEUSDT", "BTCUSDT"]
    assert await rest.get("exchangeInfo", symbol="NOPEUSDT") == (
        400,
        {"code": -1121, "msg": "Invalid symbol."},
    )


async def test_depth_is_the_markets_book_padded_to_scale(rest: Caller) -> None:
    market = rest.simulator.market("BTCUSDT")
    body = await rest.body("depth", symbol="BTCUSDT")
    assert body["lastUpdateId"] == market.version
    assert body["timestamp"] == rest.simulator.now_ms
    assert len(body["bids"]) == len(body["asks"]) == 100
    assert [(Decimal(p), Decimal(q)) for p, q in body["bids"]] == market.bids(100)
    assert [(Decimal(p), Decimal(q)) for p, q in body["asks"]] == market.asks(100)
    price, quantity = body["bids"][0]
    assert (len(price.partition(".")[2]), len(quantity.partition(".")[2])) == (2, 8)


async def test_depth_of_a_huge_limit_is_cut_at_the_cap() -> None:
    limits = SimLimits(snapshot_levels=150)
    options = SimOptions(symbols=("BTCUSDT",), realtime=False, limits=limits)
    async with Simulator(options) as simulator, aiohttp.ClientSession() as session:
        body = await Caller(simulator, session).body("depth", symbol="BTCUSDT", limit=5000)
        assert (len(body["bids"]), len(body["asks"])) == (150, 150)


async def test_trades_are_newest_first_and_begin_in_the_warm_history(rest: Caller) -> None:
    rows = await rest.body("trades", symbol="BTCUSDT", limit=5000)
    assert len(rows) == 1000
    times = [row["time"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert times[0] > START_MS > times[-1]
    for row in rows:
        assert row["id"] is None
        assert Decimal(row["quoteQty"]) == Decimal(row["price"]) * Decimal(row["qty"])
        assert row["isBestMatch"] is True
        assert row["tradeType"] == ("ASK" if row["isBuyerMaker"] else "BID")
    assert len(await rest.body("trades", symbol="BTCUSDT")) == 500


async def test_historical_trades_are_the_trades(rest: Caller) -> None:
    rows = await rest.body("historicalTrades", symbol="BTCUSDT", limit=30)
    assert rows == await rest.body("trades", symbol="BTCUSDT", limit=30)


async def test_aggregate_trades_have_a_resolution_of_a_second(rest: Caller) -> None:
    rows = await rest.body("aggTrades", symbol="BTCUSDT", limit=20)
    assert len(rows) == 20
    assert set(rows[0]) == {"a", "f", "l", "p", "q", "T", "m", "M"}
    assert all(row["T"] % 1000 == 0 and row["a"] is None for row in rows)
    start_ms = START_MS - 1_800_000
    window = await rest.body(
        "aggTrades", symbol="BTCUSDT", startTime=start_ms, endTime=start_ms + 60_000
    )
    assert window
    assert all(start_ms - 1000 < row["T"] <= start_ms + 60_000 for row in window)


async def test_aggregate_trades_refuse_half_and_overlong_windows(rest: Caller) -> None:
    status, body = await rest.get("aggTrades", symbol="BTCUSDT", startTime=START_MS)
    assert (status, body["code"]) == (400, -1128)
    assert await rest.get("aggTrades", symbol="BTCUSDT", startTime=0, endTime=3_600_001) == (
        400,
        {"code": -1127, "msg": "More than 1 hours between startTime and endTime."},
    )


async def test_klines_are_oldest_first_and_end_with_the_running_candle(rest: Caller) -> None:
    rows = await rest.body("klines", symbol="BTCUSDT", interval="1m", limit=5000)
    assert len(rows) == 500
    opens = [row[0] for row in rows]
    assert opens == list(range(opens[0], opens[0] + 500 * 60_000, 60_000))
    assert opens[-1] <= rest.simulator.now_ms < rows[-1][6]
    row = rows[-1]
    assert [type(cell) for cell in row] == [int, str, str, str, str, str, int, str]
    assert Decimal(row[3]) <= Decimal(row[1]) <= Decimal(row[2])


async def test_klines_page_forward_from_their_start_time(rest: Caller) -> None:
    newest = (await rest.body("klines", symbol="BTCUSDT", interval="15m", limit=1))[0][0]
    start_ms = newest - 9 * 900_000
    rows = await rest.body("klines", symbol="BTCUSDT", interval="15m", startTime=start_ms, limit=4)
    assert [row[0] for row in rows] == [start_ms + n * 900_000 for n in range(4)]
    bounded = await rest.body(
        "klines", symbol="BTCUSDT", interval="15m", startTime=start_ms, endTime=newest
    )
    assert bounded[-1][0] == newest - 900_000, "the end is exclusive"
    earlier = await rest.body("klines", symbol="BTCUSDT", interval="15m", endTime=newest, limit=2)
    assert earlier == bounded[-2:]


@pytest.mark.parametrize("interval", ["1m", "5m", "15m", "30m", "60m", "4h", "1d", "1W", "1M"])
async def test_every_interval_has_history(rest: Caller, interval: str) -> None:
    rows = await rest.body("klines", symbol="龙虾USDT", interval=interval, limit=20)
    assert len(rows) == 20
    for row, following in itertools.pairwise(rows):
        assert row[6] == following[0], "a candle closes where the next one opens"


@pytest.mark.parametrize("interval", ["1h", "3m", "8h", "", "Min1"])
async def test_other_interval_names_are_refused(rest: Caller, interval: str) -> None:
    status, body = await rest.get("klines", symbol="BTCUSDT", interval=interval)
    assert (status, body["code"]) == (400, 700004)


async def test_tickers_of_one_symbol_agree_with_the_market(rest: Caller) -> None:
    market = rest.simulator.market("PEPEUSDT")
    last = market.prices.exact(market.tape.prints[-1].price)
    day = await rest.body("ticker/24hr", symbol="PEPEUSDT")
    assert Decimal(day["lastPrice"]) == last
    assert Decimal(day["lowPrice"]) <= last <= Decimal(day["highPrice"])
    change = Decimal(day["lastPrice"]) - Decimal(day["openPrice"])
    assert Decimal(day["priceChange"]) == change
    fraction = change / Decimal(day["openPrice"])
    assert abs(Decimal(day["priceChangePercent"]) - fraction) < Decimal("1e-8")
    assert day["count"] is None
    assert "lastQty" not in day
    price = await rest.body("ticker/price", symbol="PEPEUSDT")
    assert price == {"symbol": "PEPEUSDT", "price": day["lastPrice"]}
    book = await rest.body("ticker/bookTicker", symbol="PEPEUSDT")
    assert Decimal(book["bidPrice"]) == market.bids(1)[0].price
    assert Decimal(book["askQty"]) == market.asks(1)[0].quantity
    average = await rest.body("avgPrice", symbol="PEPEUSDT")
    assert average["mins"] == 5
    assert abs(Decimal(average["price"]) / last - 1) < Decimal("0.05")


@pytest.mark.parametrize("path", ["ticker/24hr", "ticker/price", "ticker/bookTicker"])
async def test_tickers_without_a_symbol_list_all_markets(rest: Caller, path: str) -> None:
    rows = await rest.body(path, symbols="BTCUSDT")
    assert [row["symbol"] for row in rows] == list(SYMBOLS), "a plural filter is ignored"


async def test_the_list_of_futures_is_there_and_empty(rest: Caller) -> None:
    url = f"{rest.simulator.rest_url}/api/v1/contract/detail"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert await response.json() == {"data": [], "success": True, "code": 0}


async def test_the_futures_answer_a_ping_with_the_clock(rest: Caller) -> None:
    url = f"{rest.simulator.rest_url}/api/v1/contract/ping"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        body = await response.json()
    assert body == {"data": rest.simulator.now_ms, "success": True, "code": 0}


async def test_announcements_come_in_pages(rest: Caller) -> None:
    first = (await rest.body("announcements"))["data"][0]
    assert len(first["details"]) == 20
    assert set(first["details"][0]) == {"title", "url", "postTime", "language"}
    second = (await rest.body("announcements", page=2, limit=5))["data"][0]
    assert second["details"] == first["details"][5:10]
    assert second["totalPage"] == 46
    beyond = (await rest.body("announcements", page=999))["data"][0]
    assert beyond["details"] == []
    for wrong in (7, 105, 0):
        assert (await rest.get("announcements", limit=wrong))[0] == 400


@pytest.mark.parametrize("path", ["depth", "trades", "aggTrades", "klines", "avgPrice"])
async def test_a_missing_symbol_is_named(rest: Caller, path: str) -> None:
    assert await rest.get(path, interval="1m") == (
        400,
        {
            "code": 700004,
            "msg": "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.",
        },
    )


@pytest.mark.parametrize("symbol", ["NOPEUSDT", "btcusdt", "BTC_USDT"])
async def test_an_unknown_symbol_is_invalid(rest: Caller, symbol: str) -> None:
    for path in ("depth", "ticker/24hr", "klines"):
        assert await rest.get(path, symbol=symbol, interval="1m") == (
            400,
            {"code": -1121, "msg": "Invalid symbol."},
        )


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1.5", "٣", "9" * 40])
async def test_a_malformed_limit_is_refused(rest: Caller, limit: str) -> None:
    status, body = await rest.get("depth", symbol="BTCUSDT", limit=limit)
    assert (status, body["code"]) == (400, 700004)


async def test_extra_parameters_are_ignored(rest: Caller) -> None:
    assert await rest.body("ping", timestamp=1, signature="abc", colour="red") == {}


async def test_other_paths_and_methods_are_not_found(rest: Caller) -> None:
    assert (await rest.get("etf/info", symbol="BTC3LUSDT"))[0] == 404
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{rest.simulator.rest_url}/api/v3/time") as response:
            assert response.status == 404
        async with session.get(f"{rest.simulator.rest_url}/time") as response:
            assert response.status == 404


async def test_an_empty_market_says_so_without_inventing_prices() -> None:
    options = SimOptions(symbols=("BTCUSDT",), agents=0, realtime=False)
    async with Simulator(options) as simulator, aiohttp.ClientSession() as session:
        rest = Caller(simulator, session)
        depth = await rest.body("depth", symbol="BTCUSDT")
        assert (depth["bids"], depth["asks"]) == ([], [])
        assert depth["lastUpdateId"] == simulator.market("BTCUSDT").version
        assert await rest.body("trades", symbol="BTCUSDT") == []
        assert await rest.body("klines", symbol="BTCUSDT", interval="1d") == []
        assert (await rest.body("ticker/24hr", symbol="BTCUSDT"))["lastPrice"] is None
        assert (await rest.body("ticker/price", symbol="BTCUSDT"))["price"] is None
        assert (await rest.body("avgPrice", symbol="BTCUSDT"))["price"] is None
        book = await rest.body("ticker/bookTicker", symbol="BTCUSDT")
        assert (book["bidPrice"], book["bidQty"]) == (None, "")


async def test_trades_placed_by_a_test_show_up_everywhere() -> None:
    options = SimOptions(symbols=("BTCUSDT",), agents=0, realtime=False, start_ms=START_MS)
    async with Simulator(options) as simulator, aiohttp.ClientSession() as session:
        rest, market = Caller(simulator, session), simulator.market("BTCUSDT")
        resting = market.place("SELL", "65000.1", "2")
        assert (resting.is_open, resting.filled) == (True, 0)
        taken = market.place("BUY", "65001", "0.5")
        assert (taken.is_open, taken.filled, taken.remaining) == (False, Decimal("0.5"), 0)
        (trade,) = await rest.body("trades", symbol="BTCUSDT")
        assert (trade["price"], trade["qty"], trade["tradeType"]) == ("65000.1", "0.5", "BID")
        (candle,) = await rest.body("klines", symbol="BTCUSDT", interval="1m")
        assert candle[1:6] == ["65000.1", "65000.1", "65000.1", "65000.1", "0.5"]
        depth = await rest.body("depth", symbol="BTCUSDT")
        assert depth["asks"] == [["65000.10", "1.50000000"]]
        assert market.cancel(resting.order_id)
        assert not market.cancel(resting.order_id)
        assert (await rest.body("depth", symbol="BTCUSDT"))["asks"] == []


async def test_special_markets_show_what_is_special_about_them() -> None:
    names = ("HALTEDUSDT", "WEBONLYUSDT", "BUYONLYUSDT")
    options = SimOptions(symbols=names, realtime=False, limits=SimLimits.lifted())
    async with Simulator(options) as simulator, aiohttp.ClientSession() as session:
        rest = Caller(simulator, session)
        rows = {row["symbol"]: row for row in (await rest.body("exchangeInfo"))["symbols"]}
        assert [rows[name]["status"] for name in names] == ["2", "1", "1"]
        assert [rows[name]["isSpotTradingAllowed"] for name in names] == [True, False, True]
        assert [rows[name]["tradeSideType"] for name in names] == [1, 1, 2]
        assert (await rest.body("defaultSymbols"))["data"] == ["HALTEDUSDT", "BUYONLYUSDT"]
        versions = [simulator.market(name).version for name in names]
        await simulator.advance(20_000)
        moved = [simulator.market(n).version > v for n, v in zip(names, versions, strict=True)]
        assert moved == [False, True, True], "nothing happens in a paused market"
        assert (await rest.body("depth", symbol="HALTEDUSDT"))["bids"]
        assert Decimal((await rest.body("ticker/24hr", symbol="HALTEDUSDT"))["volume"]) > 0


async def test_a_deep_market_is_cut_at_the_snapshot_cap() -> None:
    options = SimOptions(
        symbols=("BTCUSDT",), levels_per_side=2_600, realtime=False, limits=SimLimits.lifted()
    )
    async with Simulator(options) as simulator, aiohttp.ClientSession() as session:
        await simulator.advance(30_000)
        market = simulator.market("BTCUSDT")
        assert min(len(market.bids()), len(market.asks())) > 2_200
        body = await Caller(simulator, session).body("depth", symbol="BTCUSDT", limit=5000)
        assert (len(body["bids"]), len(body["asks"])) == (2_000, 2_000)
