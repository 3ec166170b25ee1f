"""When a channel is due and what it then says, in an empty market where only the test trades."""

import itertools

from mexc_connector.sim.intervals import MINUTE_MS
from tests.property.stream_rig import START_MS, SYMBOL, Rig

LIMIT_DEPTH = f"spot@public.limit.depth.v3.api.pb@{SYMBOL}@5"
KLINE = f"spot@public.kline.v3.api.pb@{SYMBOL}@Min1"


def ladder() -> Rig:
    """Give a market with seven bids, 100 down to 94, published and forgotten."""
    rig = Rig(agents=0)
    for price in range(94, 101):
        rig.market.place("BUY", price, 1)
    rig.run(100)
    return rig


def test_limit_depth_is_pushed_for_a_change_at_its_last_level_and_not_below() -> None:
    rig = ladder()
    rig.subscribe(LIMIT_DEPTH)
    rig.market.place("BUY", 95, 1)
    assert rig.run(100) == []
    rig.market.place("BUY", 96, 1)
    (frame,) = rig.run(100)
    body = frame.publicLimitDepths
    assert [level.price for level in body.bids] == [f"{price}.00" for price in range(100, 95, -1)]
    assert body.bids[-1].quantity == "2.00000000"
    assert body.eventType == "spot@public.limit.depth.v3.api.pb"


def test_limit_depth_is_pushed_when_a_level_leaves_the_top() -> None:
    rig = ladder()
    order = rig.market.place("BUY", 101, 1)
    rig.run(100)
    rig.subscribe(LIMIT_DEPTH)
    rig.market.cancel(order.order_id)
    (frame,) = rig.run(100)
    assert frame.publicLimitDepths.bids[0].price == "100.00"


def test_trades_of_one_interval_come_in_one_frame() -> None:
    rig = ladder()
    rig.subscribe(f"spot@public.aggre.deals.v3.api.pb@100ms@{SYMBOL}")
    rig.market.place("SELL", 99, "2.5")
    rig.market.place("SELL", 99, "0.1")
    (frame,) = rig.run(1_000)
    deals = frame.publicAggreDeals.deals
    assert [(deal.price, deal.quantity, deal.tradeType) for deal in deals] == [
        ("100", "1", 2),
        ("99", "1", 2),
    ]
    assert len({deal.tradeId for deal in deals}) == 2


def test_only_the_running_candle_is_pushed_so_a_minutes_last_trade_is_not() -> None:
    rig = ladder()
    rig.subscribe(KLINE)
    rig.run(MINUTE_MS - 1_600)
    rig.market.place("SELL", 100, "0.5")
    (frame,) = rig.run(1_000)
    candle = frame.publicSpotKline
    assert frame.createTime == START_MS + MINUTE_MS - 1_000
    assert (candle.openingPrice, candle.volume, candle.amount) == ("100", "0.5", "50")
    assert candle.windowStart * 1_000 == START_MS
    rig.run(400)
    rig.market.place("SELL", 99, "0.1")
    assert rig.run(700) == [], "the minute is over: nothing says how it closed"


def test_a_candle_without_new_trades_is_not_repeated() -> None:
    rig = ladder()
    rig.subscribe(KLINE)
    rig.market.place("SELL", 100, "0.5")
    assert len(rig.run(5_000)) == 1


def test_ticker_batches_collect_the_best_quotes_of_an_interval() -> None:
    rig = ladder()
    rig.subscribe(f"spot@public.bookTicker.batch.v3.api.pb@{SYMBOL}")
    for price in (101, 102):
        rig.market.place("BUY", price, 1)
        rig.run(10)
    rig.market.place("BUY", 50, 1)
    (frame,) = rig.run(80)
    batch = frame.publicBookTickerBatch
    assert [item.bidPrice for item in batch.items] == ["101", "102"]
    assert rig.run(1_000) == []


def test_mini_tickers_come_every_three_seconds_once_something_traded() -> None:
    rig = ladder()
    rig.subscribe(f"spot@public.miniTicker.v3.api.pb@{SYMBOL}@UTC+8")
    rig.subscribe("spot@public.miniTickers.v3.api.pb@24H")
    assert rig.run(3_000) == []
    rig.market.place("SELL", 100, "0.5")
    rig.market.place("SELL", 99, "0.8")
    one, board = rig.run(3_000)
    assert one.sendTime == board.sendTime == START_MS + 6_000
    ticker = one.publicMiniTicker
    assert (ticker.price, ticker.high, ticker.low) == ("99", "100", "99")
    assert (ticker.volume, ticker.quantity) == ("129.7", "1.3")
    assert (ticker.rate, ticker.zonedRate) == ("-0.01", "-0.01")
    assert [item.symbol for item in board.publicMiniTickers.items] == [SYMBOL]


def test_many_markets_fall_due_in_slices_of_25_ten_ms_apart() -> None:
    rig = Rig(agents=12, symbol_count=60)
    symbols = list(rig.exchange.by_symbol)
    rig.subscribe(*(f"spot@public.miniTicker.v3.api.pb@{name}@24H" for name in symbols))
    rig.subscribe("spot@public.miniTickers.v3.api.pb@24H")
    frames = rig.run(6_500)
    due = {frame.symbol: frame.sendTime - START_MS for frame in frames if frame.symbol}
    assert due == {name: 6_000 + number // 25 * 10 for number, name in enumerate(symbols)}
    boards = [frame for frame in frames if not frame.symbol]
    assert [board.sendTime - START_MS for board in boards] == [3_020, 6_020]
    for board in boards:
        assert [item.symbol for item in board.publicMiniTickers.items] == symbols


def test_candles_of_many_markets_come_once_a_second_in_slices() -> None:
    rig = Rig(agents=12, symbol_count=60)
    late = list(rig.exchange.by_symbol)[55]
    rig.subscribe(*(f"spot@public.kline.v3.api.pb@{name}@Min1" for name in (SYMBOL, late)))
    frames = rig.run(30_000)
    for name, slice_ms in ((SYMBOL, 0), (late, 20)):
        times = [frame.createTime - START_MS for frame in frames if frame.symbol == name]
        assert len(times) > 10
        assert all(time_ms % 1_000 == slice_ms for time_ms in times)
        assert all(one < other for one, other in itertools.pairwise(times))


def test_a_board_subscribed_amid_its_slices_begins_with_the_next_one() -> None:
    early, late = Rig(agents=12, symbol_count=60), Rig(agents=12, symbol_count=60)
    board = "spot@public.miniTickers.v3.api.pb@UTC+8"
    early.subscribe(board)
    early.run(3_010)
    assert late.run(3_010) == []
    late.subscribe(board)
    assert len(early.run(90)) == 1
    assert late.run(90) == []
    assert early.run(3_000) == late.run(3_000) != []


def test_time_that_is_skipped_leaves_every_cadence_and_version_in_step() -> None:
    rig = Rig(agents=12)
    rig.subscribe(f"spot@public.aggre.depth.v3.api.pb@100ms@{SYMBOL}", KLINE)
    rig.subscribe("spot@public.miniTickers.v3.api.pb@24H")
    before = rig.run(4_030)
    version = rig.market.version
    rig.exchange.skip(3_600_000 * 3)
    assert rig.market.version == version, "nobody acted meanwhile"
    resumed_ms = rig.exchange.now_ms
    after = rig.run(4_000)
    assert rig.market.version > version
    assert rig.market.tape.between(START_MS + 4_030, resumed_ms) == []
    assert after[0].sendTime - resumed_ms == 70
    bodies = [frame.publicAggreDepths for frame in before + after if "depth" in frame.channel]
    for one, other in itertools.pairwise(bodies):
        assert int(other.fromVersion) == int(one.toVersion) + 1
    assert [t.time_ms for t in rig.market.tape.prints] == sorted(
        t.time_ms for t in rig.market.tape.prints
    )
    assert {frame.sendTime % 3_000 for frame in after if "miniTickers" in frame.channel} == {0}
