"""Who subscribed to what, and the frames that fall due after each step of the exchange.

Cadences: changed levels and trades every 10 ms or 100 ms where there are any; book tickers every
interval, changed or not; limit depth and ticker batches every 100 ms on change; running candles
every second after a trade; mini tickers every 3 s. Each frame is encoded once, whoever listens.

Candles and mini tickers of 2,000 markets at one instant would hold everything up for 60 ms, so
markets fall due in slices, 10 ms apart in the order of the catalogue. The board of all mini tickers
is gathered slice by slice and sent with the last one.
"""

from __future__ import annotations

from collections.abc import Iterable

from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.sim import bodies
from mexc_connector.sim.channels import FAST_MS, SLOW_MS, Channel, Feed
from mexc_connector.sim.connection import Connection
from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.frames import (
    BINARY,
    create_time_piece,
    send_time_piece,
    topic_piece,
    websocket_frame,
)
from mexc_connector.sim.market import Market
from mexc_connector.sim.prints import Print
from mexc_connector.sim.taps import FrameTap

KLINE_MS = 1_000
MINI_TICKER_MS = 3_000
CYCLE_MS = 3_000
"""After this long every cadence begins anew."""
SLICE_MARKETS = 25
MOST_SLICES = 290


class Topic:
    """One channel that somebody listens to, and what is remembered between its frames."""

    __slots__ = (
        "board",
        "body",
        "body_version",
        "channel",
        "event_type",
        "group",
        "head",
        "quotes",
        "subscribers",
    )

    def __init__(self, channel: Channel, head: bytes, group: dict[Topic, Market]) -> None:
        self.channel = channel
        self.event_type = channel.event_type
        self.head = head
        self.group = group
        self.subscribers: dict[Connection, None] = {}
        self.body = b""
        self.body_version = -1
        self.board: PushDataV3ApiWrapper | None = None
        self.quotes: list[tuple[bodies.Best, bodies.Best]] = []


class Publisher:
    """Topics by name, and grouped by what makes them fall due."""

    def __init__(self, exchange: Exchange, *, queue_limit: int) -> None:
        self._exchange = exchange
        self._queue_limit = queue_limit
        self._topics: dict[str, Topic] = {}
        self._fast_changes: dict[int, dict[Topic, Market]] = {}
        self._slow_changes: dict[int, dict[Topic, Market]] = {}
        self._fast_tickers: dict[Topic, Market] = {}
        self._slow_tickers: dict[Topic, Market] = {}
        self._klines: dict[int, dict[Topic, Market]] = {}
        self._mini_tickers: dict[int, dict[Topic, Market]] = {}
        self._boards: dict[str, Topic] = {}
        self._slice = max(SLICE_MARKETS, -(-exchange.size // MOST_SLICES))
        self._touched_in_interval: set[int] = set()
        self._traded: dict[int, set[int]] = {}
        """Markets that traded since their candles were sent, by when they are sent next."""
        self._holding: list[Connection] = []
        self.tap: FrameTap | None = None

    @property
    def exchange_ms(self) -> int:
        """The exchange's time."""
        return self._exchange.now_ms

    def subscribe(self, connection: Connection, channel: Channel) -> bool:
        """Add a listener; False when the channel's symbol is not listed."""
        topic = self._topics.get(channel.name) or self._new_topic(channel)
        if topic is None:
            return False
        topic.subscribers[connection] = None
        connection.topics[channel.name] = None
        return True

    def unsubscribe(self, connection: Connection, name: str) -> bool:
        """Remove a listener; False when it did not listen."""
        if name not in connection.topics:
            return False
        del connection.topics[name]
        topic = self._topics[name]
        del topic.subscribers[connection]
        if not topic.subscribers:
            del self._topics[name]
            self._boards.pop(name, None)
            topic.group.pop(topic, None)
        return True

    def forget(self, connection: Connection) -> None:
        """Remove a listener from everything."""
        for name in tuple(connection.topics):
            self.unsubscribe(connection, name)

    def publish(self, server_ms: int) -> None:
        """Send what the step that just ended made due; `server_ms` stamps the connections."""
        now_ms = self._exchange.now_ms
        if now_ms % FAST_MS:
            return
        send_time = send_time_piece(self._exchange.told_ms)
        self._publish_fast(send_time)
        if now_ms % SLOW_MS == 0:
            self._publish_slow(send_time)
        self._publish_klines(now_ms)
        self._publish_mini_tickers(now_ms, send_time)
        for connection in self._holding:
            connection.flush(server_ms, queue_limit=self._queue_limit)
        self._holding.clear()

    def _new_topic(self, channel: Channel) -> Topic | None:
        if channel.feed is Feed.MINI_TICKERS:
            topic = self._boards[channel.name] = Topic(channel, topic_piece(channel.name, None), {})
        else:
            market = self._exchange.market(channel.symbol)
            if market is None:
                return None
            symbol_id = market.listing.symbol_id if channel.feed is Feed.KLINE else None
            head = topic_piece(channel.name, channel.symbol, symbol_id)
            group = self._group(channel, market.listing.index)
            topic = Topic(channel, head, group)
            group[topic] = market
        self._topics[channel.name] = topic
        return topic

    def _group(self, channel: Channel, market_index: int) -> dict[Topic, Market]:
        """Give the collection that decides when a topic falls due."""
        is_fast = channel.speed_ms == FAST_MS
        due_ms = self._due_ms(market_index)
        match channel.feed:
            case Feed.BOOK_TICKER:
                return self._fast_tickers if is_fast else self._slow_tickers
            case Feed.KLINE:
                return self._klines.setdefault(due_ms % KLINE_MS, {})
            case Feed.MINI_TICKER:
                return self._mini_tickers.setdefault(due_ms, {})
        groups = self._fast_changes if is_fast else self._slow_changes
        return groups.setdefault(market_index, {})

    def _due_ms(self, market_index: int) -> int:
        """Give how long after the full second, or third second, a market's slice has its turn."""
        return market_index // self._slice * FAST_MS

    def _publish_fast(self, send_time: bytes) -> None:
        touched = self._exchange.touched
        for index in sorted(touched):
            market = self._exchange.market_at(index)
            if len(market.prints_since_publishing) > market.prints_published_fast:
                self._traded.setdefault(self._due_ms(index) % KLINE_MS, set()).add(index)
            for topic in self._fast_changes.get(index, ()):
                changes = market.book.changes[market.changes_published_fast :]
                prints = market.prints_since_publishing[market.prints_published_fast :]
                self._publish_changes(topic, market, changes, prints, send_time)
            for topic in self._slow_changes.get(index, ()):
                if topic.channel.feed is Feed.BOOK_TICKER_BATCH:
                    _note_quote(topic, market)
            market.mark_published_fast()
        self._touched_in_interval |= touched
        touched.clear()
        self._publish_tickers(self._fast_tickers, send_time)

    def _publish_slow(self, send_time: bytes) -> None:
        for index in sorted(self._touched_in_interval):
            market = self._exchange.market_at(index)
            changes, prints = market.book.changes, market.prints_since_publishing
            for topic in self._slow_changes.get(index, ()):
                self._publish_changes(topic, market, changes, prints, send_time)
            market.forget_published()
        self._touched_in_interval.clear()
        self._publish_tickers(self._slow_tickers, send_time)

    def _publish_changes(
        self,
        topic: Topic,
        market: Market,
        changes: list[int],
        prints: list[Print],
        send_time: bytes,
    ) -> None:
        levels = topic.channel.levels
        body = b""
        match topic.channel.feed:
            case Feed.DEPTH if changes:
                first = market.version - len(changes) + 1
                body = bodies.depth_body(market, topic.event_type, changes, first)
            case Feed.DEALS if prints:
                body = bodies.deals_body(market, topic.event_type, prints)
            case Feed.LIMIT_DEPTH if _reaches_top(market, changes, levels):
                body = bodies.limit_depth_body(market, topic.event_type, levels)
            case Feed.BOOK_TICKER_BATCH if topic.quotes:
                body = bodies.book_ticker_batch_body(market, topic.quotes)
                topic.quotes.clear()
        if body:
            self._send(topic, send_time, body)

    def _publish_tickers(self, topics: dict[Topic, Market], send_time: bytes) -> None:
        for topic, market in topics.items():
            if topic.body_version != market.version:
                topic.body_version = market.version
                topic.body = bodies.book_ticker_body(market)
            self._send(topic, send_time, topic.body)

    def _publish_klines(self, now_ms: int) -> None:
        traded = self._traded.pop(now_ms % KLINE_MS, None)
        topics = self._klines.get(now_ms % KLINE_MS)
        if not traded or not topics:
            return
        create_time = create_time_piece(self._exchange.told_ms)
        for topic, market in topics.items():
            if market.listing.index not in traded:
                continue
            interval = topic.channel.interval
            candle = market.running_candle(interval)
            if candle is not None:
                self._send(topic, create_time, bodies.kline_body(market, interval, candle))

    def _publish_mini_tickers(self, now_ms: int, send_time: bytes) -> None:
        due_ms = now_ms % MINI_TICKER_MS
        for topic, market in self._mini_tickers.get(due_ms, {}).items():
            wrapper = PushDataV3ApiWrapper()
            if bodies.fill_mini_ticker(wrapper.publicMiniTicker, market, topic.channel.zone):
                self._send(topic, send_time, wrapper.SerializeToString())
        first = due_ms // FAST_MS * self._slice
        slice_ = range(first, min(first + self._slice, self._exchange.size))
        if slice_:
            for topic in self._boards.values():
                self._gather(topic, slice_, send_time)

    def _gather(self, topic: Topic, slice_: range, send_time: bytes) -> None:
        """Add a slice to a board, and send the board with the last one."""
        if slice_.start == 0:
            topic.board = PushDataV3ApiWrapper()
        if topic.board is None:  # subscribed amid the slices: the next board is the first whole one
            return
        items = topic.board.publicMiniTickers.items
        for index in slice_:
            market = self._exchange.market_at(index)
            if market.symbol not in self._exchange.by_symbol:
                continue
            if not bodies.fill_mini_ticker(items.add(), market, topic.channel.zone):
                del items[-1]
        if slice_.stop == self._exchange.size:
            if items:
                self._send(topic, send_time, topic.board.SerializeToString())
            topic.board = None

    def _send(self, topic: Topic, time_piece: bytes, body: bytes) -> None:
        payload = topic.head + time_piece + body
        if self.tap is not None:
            for connection in tuple(topic.subscribers):
                self.tap.push(connection, topic.channel.name, payload)
            return
        frame = websocket_frame(BINARY, payload)
        for connection in topic.subscribers:
            if connection.hold(frame):
                self._holding.append(connection)


def _note_quote(topic: Topic, market: Market) -> None:
    book = market.book
    quote = bodies.best_of(market, book.bids), bodies.best_of(market, book.asks)
    if not topic.quotes or topic.quotes[-1] != quote:
        topic.quotes.append(quote)


def _reaches_top(market: Market, changes: Iterable[int], levels: int) -> bool:
    """Say whether a change touched the best `levels` of its side, before or after it."""
    bid_keys, ask_keys = market.book.bids.keys, market.book.asks.keys
    lowest_bid = bid_keys[-levels] if len(bid_keys) >= levels else 0
    # Asks are keyed by their negated price, in the changes as in the book.
    lowest_ask = ask_keys[-levels] if len(ask_keys) >= levels else None
    return any(
        key >= lowest_bid if key > 0 else lowest_ask is None or key >= lowest_ask for key in changes
    )
