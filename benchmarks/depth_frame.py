"""Decode one depth frame and apply it to a live book: the [hot] path without the socket.

It stands for the work per push of the diff channel. A slower result means that a bot with many
markets runs out of its core sooner. Run: `python -m benchmarks.depth_frame [--json]`.
"""

import argparse
import json
import random
import statistics
import sys
import time

from mexc_connector.common.models import OrderBookEntry, OrderBookSnapshot
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.core.book import LiveOrderBook
from mexc_connector.core.book_sync import BookSync
from mexc_connector.core.entry_pool import OrderBookEntryPool
from mexc_connector.proto.decode import book_diff, parse_push
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper

SYMBOL = Symbol(AssetName("BTC"), AssetName("USDT"))
BOOK_LEVELS = 1000
FRAMES = 2000
ROUNDS = 7


def frames(levels: int, seed: int) -> list[bytes]:
    """Consecutive frames that change, add and delete `levels` levels near the top."""
    source = random.Random(seed)
    made = []
    for version in range(FRAMES):
        push = PushDataV3ApiWrapper(channel="spot@public.aggre.depth.v3.api.pb@10ms@BTCUSDT")
        push.symbol = "BTCUSDT"
        push.sendTime = 1_790_000_000_000 + version
        body = push.publicAggreDepths
        body.fromVersion = body.toVersion = str(version + 1)
        for _ in range(levels):
            offset = 1 + min(int(source.expovariate(0.02)), BOOK_LEVELS)
            quantity = "0" if source.random() < 0.2 else f"{source.uniform(0.001, 9):.6f}"
            if source.random() < 0.5:
                body.bids.add(price=f"{80_000 - offset * 0.01:.2f}", quantity=quantity)
            else:
                body.asks.add(price=f"{80_000 + offset * 0.01:.2f}", quantity=quantity)
        made.append(push.SerializeToString())
    return made


def live_sync() -> BookSync:
    """A live book of `BOOK_LEVELS` levels a side at version 0."""
    book = LiveOrderBook(SYMBOL, time_ns=time.time_ns, pool=OrderBookEntryPool())
    sync = BookSync(book)
    sync.on_subscribed(1)
    levels = range(1, BOOK_LEVELS + 1)
    snapshot = OrderBookSnapshot(
        symbol=SYMBOL,
        bids=tuple(OrderBookEntry(round(80_000 - n * 0.01, 2), 1.0) for n in levels),
        asks=tuple(OrderBookEntry(round(80_000 + n * 0.01, 2), 1.0) for n in levels),
        version=0,
        exchange_time_ms=None,
    )
    sync.on_snapshot(snapshot, sync.request, 0)
    return sync


def microseconds_per_frame(levels: int, seed: int) -> float:
    """One round: every frame once, on a fresh book."""
    prepared = frames(levels, seed)
    sync = live_sync()
    started = time.perf_counter_ns()
    for frame in prepared:
        push = parse_push(frame)
        sync.on_diff(book_diff(push.publicAggreDepths, push.sendTime, 0), 1)
    elapsed_ns = time.perf_counter_ns() - started
    if sync.book.version != FRAMES:
        raise SystemExit("the book did not follow: the figure would mean nothing")
    return elapsed_ns / FRAMES / 1000


def main() -> None:
    """Print the median and the spread over the rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    figures = {}
    for levels in (1, 5, 20, 100):
        rounds = [microseconds_per_frame(levels, seed) for seed in range(ROUNDS)]
        figures[levels] = {
            "median_us": round(statistics.median(rounds), 2),
            "min_us": round(min(rounds), 2),
            "max_us": round(max(rounds), 2),
        }
    if as_json:
        json.dump({"depth_frame": figures, "python": sys.version.split()[0]}, sys.stdout)
        print()
        return
    print(f"decode and apply one depth frame, book of {BOOK_LEVELS} levels a side, microseconds")
    for levels, row in figures.items():
        print(f"{levels:>4} levels: {row['median_us']:7.2f}  ({row['min_us']} to {row['max_us']})")


if __name__ == "__main__":
    main()
