from mexc_connector.sim.matching import MatchingBook, Order, OrderKind, Side, TradeGuard


def order(number: int, side: Side, price: int, lots: int) -> Order:
    return Order(number, owner=number, side=side, price=price, remaining=lots)


def test_a_better_price_trades_first_and_at_the_makers_price() -> None:
    book = MatchingBook(0)
    book.submit(order(1, Side.SELL, 102, 5), OrderKind.LIMIT)
    book.submit(order(2, Side.SELL, 101, 5), OrderKind.LIMIT)
    taker = order(3, Side.BUY, 105, 7)
    fills = book.submit(taker, OrderKind.LIMIT)
    assert [(fill.maker.order_id, fill.price, fill.lots) for fill in fills] == [
        (2, 101, 5),
        (1, 102, 2),
    ]
    assert taker.remaining == 0
    assert list(book.asks.best_first()) == [(102, 3)]


def test_at_one_price_the_older_order_trades_first() -> None:
    book = MatchingBook(0)
    for number in (1, 2, 3):
        book.submit(order(number, Side.BUY, 100, 2), OrderKind.LIMIT)
    book.cancel(1)
    fills = book.submit(order(9, Side.SELL, 100, 3), OrderKind.LIMIT)
    assert [(fill.maker.order_id, fill.lots) for fill in fills] == [(2, 2), (3, 1)]
    assert list(book.bids.best_first()) == [(100, 1)]


def test_the_rest_of_a_limit_order_waits_in_the_book() -> None:
    book = MatchingBook(0)
    book.submit(order(1, Side.SELL, 100, 1), OrderKind.LIMIT)
    book.submit(order(2, Side.BUY, 100, 4), OrderKind.LIMIT)
    assert list(book.bids.best_first()) == [(100, 3)]
    assert not book.asks.keys


def test_every_level_change_is_one_version() -> None:
    book = MatchingBook(10)
    book.submit(order(1, Side.SELL, 100, 1), OrderKind.LIMIT)
    book.submit(order(2, Side.SELL, 101, 1), OrderKind.LIMIT)
    assert book.version == 12
    book.submit(order(3, Side.BUY, 101, 5), OrderKind.LIMIT)
    assert book.version == 15, "two levels taken, one level begun"
    assert book.changes == [-100, -101, -100, -101, 101]
    book.forget_changes()
    book.cancel(3)
    assert (book.version, book.changes) == (16, [101])


def test_post_only_orders_that_would_trade_change_nothing() -> None:
    book = MatchingBook(0)
    book.submit(order(1, Side.SELL, 100, 1), OrderKind.LIMIT)
    refused = order(2, Side.BUY, 100, 1)
    assert book.submit(refused, OrderKind.LIMIT_MAKER) == []
    assert (book.version, refused.remaining, 2 in book.orders) == (1, 1, False)
    book.submit(order(3, Side.BUY, 99, 1), OrderKind.LIMIT_MAKER)
    assert 3 in book.orders


def test_fill_or_kill_fills_whole_or_not_at_all() -> None:
    book = MatchingBook(0)
    book.submit(order(1, Side.SELL, 100, 2), OrderKind.LIMIT)
    book.submit(order(2, Side.SELL, 101, 2), OrderKind.LIMIT)
    killed = order(3, Side.BUY, 100, 3)
    assert book.submit(killed, OrderKind.FILL_OR_KILL) == []
    assert (book.version, killed.remaining) == (2, 3)
    filled = order(4, Side.BUY, 101, 3)
    assert len(book.submit(filled, OrderKind.FILL_OR_KILL)) == 2
    assert filled.remaining == 0


def test_immediate_or_cancel_never_rests() -> None:
    book = MatchingBook(0)
    book.submit(order(1, Side.BUY, 100, 2), OrderKind.LIMIT)
    taker = order(2, Side.SELL, 100, 5)
    assert len(book.submit(taker, OrderKind.IMMEDIATE_OR_CANCEL)) == 1
    assert (taker.remaining, list(book.asks.best_first())) == (3, [])


def test_market_orders_take_any_price_and_never_rest() -> None:
    book = MatchingBook(0)
    book.submit(order(1, Side.BUY, 5, 1), OrderKind.LIMIT)
    book.submit(order(2, Side.BUY, 1, 1), OrderKind.LIMIT)
    taker = order(3, Side.SELL, 0, 9)
    fills = book.submit(taker, OrderKind.MARKET)
    assert [fill.price for fill in fills] == [5, 1]
    assert (taker.remaining, book.orders) == (7, {})


def test_cancelling_twice_or_after_the_fill_is_refused() -> None:
    book = MatchingBook(0)
    book.submit(order(1, Side.BUY, 100, 1), OrderKind.LIMIT)
    book.submit(order(2, Side.SELL, 100, 1), OrderKind.LIMIT)
    assert book.cancel(1) is None
    book.submit(order(3, Side.BUY, 100, 1), OrderKind.LIMIT)
    cancelled = book.cancel(3)
    assert cancelled is not None
    assert cancelled.remaining == 1
    assert book.cancel(3) is None


def test_the_best_levels_come_out_best_first_and_counted() -> None:
    book = MatchingBook(0)
    for number, price in enumerate((97, 99, 98), start=1):
        book.submit(order(number, Side.BUY, price, price), OrderKind.LIMIT)
    assert list(book.bids.best_first(2)) == [(99, 99), (98, 98)]
    assert list(book.bids.best_first(0)) == []
    assert list(book.bids.best_first()) == [(99, 99), (98, 98), (97, 97)]
    assert (book.bids.best, book.asks.best) == (99, None)


def guard(*, maker: bool, taker: bool) -> TradeGuard:
    return TradeGuard(frozenset({-1, -2}), cancels_maker=maker, cancels_taker=taker)


def guarded_book() -> MatchingBook:
    """Give asks of a stranger at 100 and 102, and one of the taker's own group at 101."""
    book = MatchingBook(0)
    book.submit(order(1, Side.SELL, 100, 2), OrderKind.LIMIT)
    book.submit(Order(2, owner=-2, side=Side.SELL, price=101, remaining=2), OrderKind.LIMIT)
    book.submit(order(3, Side.SELL, 102, 2), OrderKind.LIMIT)
    return book


def test_a_guarded_taker_takes_its_groups_orders_out_of_its_way() -> None:
    book, prevented = guarded_book(), guard(maker=True, taker=False)
    taker = Order(9, owner=-1, side=Side.BUY, price=105, remaining=3)
    fills = book.submit(taker, OrderKind.LIMIT, prevented)
    assert [fill.maker.order_id for fill in fills] == [1, 3]
    assert [(maker.order_id, maker.remaining) for maker in prevented.removed] == [(2, 2)]
    assert list(book.asks.best_first()) == [(102, 1)]
    assert not prevented.is_stopped


def test_a_guarded_taker_stops_at_its_groups_first_order_and_does_not_rest() -> None:
    for takes_maker, left in ((False, [(101, 2), (102, 2)]), (True, [(102, 2)])):
        book, prevented = guarded_book(), guard(maker=takes_maker, taker=True)
        taker = Order(9, owner=-1, side=Side.BUY, price=105, remaining=9)
        fills = book.submit(taker, OrderKind.LIMIT, prevented)
        assert [fill.maker.order_id for fill in fills] == [1]
        assert prevented.is_stopped
        assert list(book.asks.best_first()) == left
        assert 9 not in book.orders


def test_fill_or_kill_counts_only_what_its_guard_leaves() -> None:
    def lots_filled(lots: int, prevented: TradeGuard) -> int:
        taker = Order(9, owner=-1, side=Side.BUY, price=105, remaining=lots)
        fills = guarded_book().submit(taker, OrderKind.FILL_OR_KILL, prevented)
        return sum(fill.lots for fill in fills)

    assert lots_filled(4, guard(maker=True, taker=False)) == 4
    assert lots_filled(5, guard(maker=True, taker=False)) == 0
    assert lots_filled(2, guard(maker=False, taker=True)) == 2
    assert lots_filled(3, guard(maker=False, taker=True)) == 0


def test_a_stranger_of_the_group_trades_as_ever() -> None:
    book, prevented = guarded_book(), guard(maker=True, taker=True)
    prevented.owners = frozenset({-7})
    taker = Order(9, owner=-7, side=Side.BUY, price=105, remaining=6)
    assert len(book.submit(taker, OrderKind.LIMIT, prevented)) == 3
