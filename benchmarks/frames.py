"""Makes the frames of a depth channel: the simulator's matching book, its bodies, its wrapper.

Every frame changes exactly as many levels as asked for, and its versions follow the last frame's.
The changes cluster at the top as they do in a real market, or lie anywhere in the book, which no
market does but which shows what a deep change costs. The same arguments give the same bytes.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.recording import joined
from mexc_connector.sim import bodies
from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.frames import send_time_piece, topic_piece
from mexc_connector.sim.market import TEST_OWNER, Market
from mexc_connector.sim.matching import BookSide, OrderKind, Side
from mexc_connector.sim.options import SimOptions

SYMBOL = "BTCUSDT"
EVENT_TYPE = "spot@public.aggre.depth.v3.api.pb@10ms"
CHANNEL = f"{EVENT_TYPE}@{SYMBOL}"
START_MS = 1_790_000_000_000
INTERVAL_MS = 10
MEAN_DEPTH = 30
"""Levels between the top and a change, on average, where changes cluster."""
NEW_LEVEL_SHARE = 0.25
VANISHING_SHARE = 0.25
MOST_ORDERS = 3


@dataclass(frozen=True, slots=True)
class Recipe:
    """`levels` per frame, `book_levels` per side; `is_clustered` says where the changes lie."""

    levels: int
    frames: int
    book_levels: int = 1000
    is_clustered: bool = True
    seed: int = 1


def record(folder: Path, recipe: Recipe) -> str:
    """Write `frames`, `before.json` and `after.json` to a new folder; return its path."""
    folder.mkdir(parents=True)
    market = _opened(recipe)
    _write_book(folder / "before.json", market)
    (folder / "frames").write_bytes(joined(_frames(market, recipe)))
    _write_book(folder / "after.json", market)
    return str(folder)


def _opened(recipe: Recipe) -> Market:
    """Open a market whose book has the levels asked for, one to three ticks apart."""
    exchange = Exchange(SimOptions(agents=0, seed=recipe.seed), start_ms=START_MS)
    market = exchange.market(SYMBOL)
    assert market is not None
    source = Random(recipe.seed)
    for side, sign in ((Side.BUY, -1), (Side.SELL, 1)):
        price = market.listing.start_price
        for _ in range(recipe.book_levels):
            price += sign * source.randint(1, 3)
            _rest(market, side, price, source)
    market.forget_published()
    return market


def _frames(market: Market, recipe: Recipe) -> list[bytes]:
    source = Random(f"{recipe}")
    head = topic_piece(CHANNEL, SYMBOL)
    made = []
    for _ in range(recipe.frames):
        market.clock.now_ms += INTERVAL_MS
        first = market.version + 1
        changes = market.book.changes
        while len(set(changes)) < recipe.levels:
            _change(market, recipe, source)
        body = bodies.depth_body(market, EVENT_TYPE, changes, first)
        made.append(head + send_time_piece(market.clock.now_ms) + body)
        market.forget_published()
    return made


def _change(market: Market, recipe: Recipe, source: Random) -> None:
    """Change one level: a new one, a vanishing one, or another size of one that stays."""
    side = source.choice((Side.BUY, Side.SELL))
    levels = market.book.bids if side is Side.BUY else market.book.asks
    size = len(levels.keys)
    depth = source.expovariate(1 / MEAN_DEPTH) if recipe.is_clustered else source.random() * size
    price = levels.keys[-1 - min(int(depth), size - 1)] * levels.sign
    draw = source.random()
    if draw < NEW_LEVEL_SHARE and size <= recipe.book_levels:
        _rest(market, side, _free_price(market, levels, price), source)
        return
    orders = list(levels.levels[price].orders)
    if draw > 1 - VANISHING_SHARE and size >= recipe.book_levels:
        for order_id in orders:
            market.withdraw(order_id)
    elif len(orders) < MOST_ORDERS:
        _rest(market, side, price, source)
    else:
        market.withdraw(orders[0])


def _free_price(market: Market, levels: BookSide, price: int) -> int:
    """Return the nearest price without orders, towards the top as long as that does not cross."""
    other = market.book.asks if levels is market.book.bids else market.book.bids
    inward = price
    while inward in levels.levels:
        inward += levels.sign
    if other.best is None or (other.best - inward) * levels.sign > 0:
        return inward
    while price in levels.levels:
        price -= levels.sign
    return price


def _rest(market: Market, side: Side, price: int, source: Random) -> None:
    lots = 1 + int(source.expovariate(1 / market.listing.typical_lots))
    market.submit(market.new_order(TEST_OWNER, side, price, lots), OrderKind.LIMIT_MAKER)


def _write_book(path: Path, market: Market) -> None:
    """Write the book as the exchange's depth reply has it, every level of it."""
    sides = {
        name: [
            (market.prices.plain(price), market.quantities.plain(lots))
            for price, lots in side.best_first()
        ]
        for name, side in (("bids", market.book.bids), ("asks", market.book.asks))
    }
    path.write_text(json.dumps({"lastUpdateId": market.version, **sides}), encoding="utf-8")
