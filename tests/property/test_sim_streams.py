"""What the simulator pushes, followed by a naive client: decode, apply, compare with the market."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.sim import Market, OrderKind
from tests.property.stream_rig import SYMBOL, Rig

DEPTH_FAST = f"spot@public.aggre.depth.v3.api.pb@10ms@{SYMBOL}"
DEPTH_SLOW = f"spot@public.aggre.depth.v3.api.pb@100ms@{SYMBOL}"
ALL_CHANNELS = (
    DEPTH_FAST,
    DEPTH_SLOW,
    f"spot@public.aggre.deals.v3.api.pb@10ms@{SYMBOL}",
    f"spot@public.aggre.deals.v3.api.pb@100ms@{SYMBOL}",
    f"spot@public.limit.depth.v3.api.pb@{SYMBOL}@5",
    f"spot@public.limit.depth.v3.api.pb@{SYMBOL}@20",
    f"spot@public.aggre.bookTicker.v3.api.pb@10ms@{SYMBOL}",
    f"spot@public.aggre.bookTicker.v3.api.pb@100ms@{SYMBOL}",
    f"spot@public.bookTicker.batch.v3.api.pb@{SYMBOL}",
    f"spot@public.kline.v3.api.pb@{SYMBOL}@Min1",
    f"spot@public.kline.v3.api.pb@{SYMBOL}@Day1",
    f"spot@public.miniTicker.v3.api.pb@{SYMBOL}@UTC+8",
    "spot@public.miniTickers.v3.api.pb@24H",
)


class NaiveBook:
    """Levels by exact price; versions must join without gap or overlap."""

    def __init__(self, market: Market) -> None:
        self.version = market.version
        self.bids = dict(market.bids())
        self.asks = dict(market.asks())

    def apply(self, frame: PushDataV3ApiWrapper) -> None:
        body = frame.publicAggreDepths
        first, last = int(body.fromVersion), int(body.toVersion)
        assert first == self.version + 1
        assert last >= first
        for side, levels in ((self.bids, body.bids), (self.asks, body.asks)):
            for level in levels:
                price, quantity = Decimal(level.price), Decimal(level.quantity)
                side.pop(price, None)
                if quantity:
                    side[price] = quantity
        self.version = last

    def equals(self, market: Market) -> bool:
        then = market.book_at(self.version)
        return self.bids == dict(then.bids) and self.asks == dict(then.asks)


orders = st.tuples(
    st.sampled_from(["BUY", "SELL"]),
    st.integers(90, 110),
    st.integers(1, 5),
    st.sampled_from([kind for kind in OrderKind if kind is not OrderKind.MARKET]),
)
pauses = st.sampled_from([10, 20, 100, 130])
cancels = st.integers(0, 20)


@given(
    actions=st.lists(orders | pauses | cancels, max_size=40),
    name=st.sampled_from([DEPTH_FAST, DEPTH_SLOW]),
)
def test_diffs_applied_to_a_snapshot_give_the_book_at_their_version(
    actions: list[tuple[str, int, int, OrderKind] | int], name: str
) -> None:
    rig = Rig(agents=0, history=10_000)
    rig.subscribe(name)
    market, client, placed = rig.market, NaiveBook(rig.market), [""]
    for action in actions:
        if isinstance(action, tuple):
            side, price, quantity, kind = action
            placed.append(market.place(side, price, quantity, kind=kind).order_id)
        elif action >= 10:
            for frame in rig.run(action):
                client.apply(frame)
                assert client.equals(market)
        else:
            market.cancel(placed[action % len(placed)])
    for frame in rig.run(100):
        client.apply(frame)
    assert client.version == market.version
    assert client.equals(market)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_all_channels_of_a_living_market_tell_one_story(seed: int) -> None:
    rig = Rig(agents=12, seed=seed, history=100_000)
    market = rig.market
    first_version, fast, slow = market.version, NaiveBook(market), NaiveBook(market)
    rig.subscribe(*ALL_CHANNELS)
    frames = rig.run(4_000)
    deals: dict[str, list[tuple[int, Decimal, Decimal]]] = {"10ms": [], "100ms": []}
    for frame in frames:
        match frame.WhichOneof("body"):
            case "publicAggreDepths":
                book = fast if "@10ms@" in frame.channel else slow
                book.apply(frame)
            case "publicAggreDeals":
                deals[frame.channel.split("@")[2]] += [
                    (deal.time, Decimal(deal.price), Decimal(deal.quantity))
                    for deal in frame.publicAggreDeals.deals
                ]
            case "publicLimitDepths":
                limit = frame.publicLimitDepths
                then = market.book_at(int(limit.version))
                count = int(frame.channel.rsplit("@", 1)[1])
                for shown, real in ((limit.bids, then.bids), (limit.asks, then.asks)):
                    assert [
                        (Decimal(level.price), Decimal(level.quantity)) for level in shown
                    ] == real[:count]
            case "publicAggreBookTicker":
                ticker = frame.publicAggreBookTicker
                then = market.book_at(int(ticker.version))
                assert (Decimal(ticker.bidPrice), Decimal(ticker.bidQuantity)) == then.bids[0]
                assert (Decimal(ticker.askPrice), Decimal(ticker.askQuantity)) == then.asks[0]
            case "publicBookTickerBatch":
                item = frame.publicBookTickerBatch.items[-1]
                then = market.book_at(int(frame.publicBookTickerBatch.version))
                assert (Decimal(item.bidPrice), Decimal(item.askPrice)) == (
                    then.bids[0].price,
                    then.asks[0].price,
                )
    assert market.version > first_version
    assert fast.version == slow.version == market.version
    assert fast.equals(market)
    assert slow.equals(market)
    printed = [(trade.time_ms, trade.price, trade.quantity) for trade in market.trades]
    assert printed
    assert deals["10ms"] == deals["100ms"] == printed


def frames_by_channel(rig: Rig, duration_ms: int) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for frame in rig.run(duration_ms):
        found.setdefault(frame.channel, []).append(frame.SerializeToString())
    return found


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_same_seed_gives_the_same_bytes_on_every_channel(seed: int) -> None:
    one, other = Rig(agents=12, seed=seed), Rig(agents=12, seed=seed)
    one.subscribe(*ALL_CHANNELS)
    other.subscribe(*reversed(ALL_CHANNELS))
    other.exchange.warm_next()
    first = frames_by_channel(one, 4_000)
    assert set(first) == set(ALL_CHANNELS)
    assert first == frames_by_channel(other, 4_000)


def test_another_seed_gives_another_market() -> None:
    one, other = Rig(agents=12, seed=1), Rig(agents=12, seed=2)
    one.subscribe(*ALL_CHANNELS)
    other.subscribe(*ALL_CHANNELS)
    assert frames_by_channel(one, 2_000) != frames_by_channel(other, 2_000)


def test_a_late_listener_gets_the_frames_that_an_early_one_gets() -> None:
    early, late = Rig(agents=12), Rig(agents=12)
    early.subscribe(*ALL_CHANNELS)
    early.run(2_000)
    late.run(2_000)
    late.subscribe(*ALL_CHANNELS)
    assert frames_by_channel(early, 4_000) == frames_by_channel(late, 4_000)
