from mexc_connector.cli.rates import LatencySummary
from mexc_connector.cli.view_model import TAPE_LENGTH, DemoView, LinkFigures, cumulative_sizes
from mexc_connector.common.enums import ConnectionState, UnsyncReason
from mexc_connector.common.models import OrderBookEntry, OrderBookSnapshot
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.core.book import LiveOrderBook
from mexc_connector.core.implementation import OrderBookEntryPool
from tests.unit.cli.frames import BTC_USDT, symbol_info, trade

ETH_USDT = Symbol(AssetName("ETH"), AssetName("USDT"))


def links(*, frames: int = 0, updates: int = 0) -> LinkFigures:
    return LinkFigures(
        state=ConnectionState.OPEN,
        links=1,
        open_links=1,
        reconnects=0,
        resyncs=0,
        frames=frames,
        updates=updates,
    )


def live_book() -> LiveOrderBook:
    book = LiveOrderBook(BTC_USDT, time_ns=lambda: 5_000_000, pool=OrderBookEntryPool(size=4))
    book.load(
        OrderBookSnapshot(
            symbol=BTC_USDT,
            bids=tuple(OrderBookEntry(100.0 - i, 1.0) for i in range(5)),
            asks=tuple(OrderBookEntry(101.0 + i, 2.0) for i in range(5)),
            version=1,
            exchange_time_ms=None,
            received_ns=2_000_000,
        )
    )
    return book


def test_a_market_without_a_book_is_syncing() -> None:
    view = DemoView("a test", [symbol_info()], started_at=0.0)
    (market,) = view.frame(links(), 1.0, levels=3).markets
    assert (market.name, market.state, market.is_synced) == ("BTCUSDT", "SYNCING", False)
    assert market.best_bid is None
    assert market.spread is None
    assert market.age_ms is None


def test_a_live_book_shows_its_best_levels() -> None:
    view = DemoView("a test", [symbol_info()], started_at=0.0)
    view.attach(live_book())
    (market,) = view.frame(links(), 1.0, levels=3).markets
    assert [level.price for level in market.bids] == [100.0, 99.0, 98.0]
    assert [level.price for level in market.asks] == [101.0, 102.0, 103.0]
    assert (market.mid_price, market.spread, market.age_ms) == (100.5, 1.0, 3.0)
    assert (market.price_decimals, market.size_decimals) == (2, 8)


def test_a_book_that_lost_its_link_shows_the_reason_and_no_prices() -> None:
    view = DemoView("a test", [symbol_info()], started_at=0.0)
    book = live_book()
    view.attach(book)
    book.mark_unsynced(UnsyncReason.LINK_LOST)
    (market,) = view.frame(links(), 1.0, levels=3).markets
    assert (market.state, market.bids, market.asks) == ("LINK_LOST", (), ())


def test_markets_keep_the_order_in_which_they_were_named() -> None:
    view = DemoView("a test", [symbol_info(ETH_USDT), symbol_info()], started_at=0.0)
    view.attach(live_book())
    names = [market.name for market in view.frame(links(), 1.0, levels=1).markets]
    assert names == ["ETHUSDT", "BTCUSDT"]


def test_updates_and_latencies_belong_to_their_market_and_to_the_session() -> None:
    view = DemoView("a test", [symbol_info(), symbol_info(ETH_USDT)], started_at=0.0)
    view.on_book(BTC_USDT, latency_ms=1.0, now=1.0)
    view.on_book(BTC_USDT, latency_ms=None, now=1.1)
    view.on_book(ETH_USDT, latency_ms=3.0, now=1.2)
    frame = view.frame(links(), 1.3, levels=1)
    assert [market.updates_per_second for market in frame.markets] == [2, 1]
    assert frame.markets[0].latency == LatencySummary(median_ms=1.0, p99_ms=1.0)
    assert frame.latency == LatencySummary(median_ms=1.0, p99_ms=3.0)


def test_the_tape_is_bounded_and_has_the_newest_trade_first() -> None:
    view = DemoView("a test", [symbol_info()], started_at=0.0)
    for number in range(TAPE_LENGTH + 5):
        view.on_trade(trade(float(number)))
    (market,) = view.frame(links(), 1.0, levels=1).markets
    assert len(market.trades) == TAPE_LENGTH
    assert market.trades[0].price == TAPE_LENGTH + 4


def test_rates_of_the_session_come_from_its_counters() -> None:
    view = DemoView("a test", [symbol_info()], started_at=10.0)
    view.frame(links(frames=100, updates=50), 11.0, levels=1)
    frame = view.frame(links(frames=300, updates=150), 12.0, levels=1)
    assert (frame.frames_per_second, frame.updates_per_second, frame.age_s) == (200, 100, 2.0)


def test_sizes_add_up_from_the_best_level_on() -> None:
    levels = [OrderBookEntry(1.0, 0.5), OrderBookEntry(2.0, 0.25), OrderBookEntry(3.0, 1.0)]
    assert cumulative_sizes(levels) == [0.5, 0.75, 1.75]
