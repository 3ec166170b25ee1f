"""Trades by several links: what one had under way when it died is told to be missing."""

from mexc_connector.common.clock import Clock
from mexc_connector.common.enums import StreamSpeed
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.common.tape_config import TapeConfig
from mexc_connector.proto.copy_key import trade_keys
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws import streams
from mexc_connector.ws.channel import Channel
from mexc_connector.ws.counters import EventCounters
from mexc_connector.ws.feed import Feed
from mexc_connector.ws.known_copies import ProvenCopies
from mexc_connector.ws.trade_stage import TapeDesk


def trades(*ids: str) -> PushDataV3ApiWrapper:
    push = PushDataV3ApiWrapper(channel="trades")
    for name in ids:
        push.publicAggreDeals.deals.add(tradeId=name, price="1", quantity="2", tradeType=1, time=3)
    return push


class Tape:
    """A sink of trades, as a feed with a stage is."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.merge = ProvenCopies(self.on_push, lambda: self.log.append("missing"))

    def lane(self, frame: bytes, epoch: int, received_ns: int) -> bool:
        raise AssertionError

    def on_subscribed(self, epoch: int) -> None:
        self.log.append("subscribed")

    def on_push(self, push: PushDataV3ApiWrapper, epoch: int, received_ns: int) -> None:
        self.log += trade_keys(push)  # type: ignore[arg-type] # they have ids

    def on_undecodable(self, epoch: int) -> None:
        self.log.append("undecodable")

    def on_link_lost(self, epoch: int, reason: str) -> None:
        self.log.append("lost")


def followed() -> tuple[Channel, Tape]:
    errors: list[Channel] = []
    channel, tape = Channel("trades", on_sink_error=errors.append), Tape()
    channel.hold(tape, None)
    channel.grant(1, 1)
    channel.grant(2, 2)
    return channel, tape


def push(channel: Channel, link: int, *ids: str) -> None:
    channel.carriers[link].push(trades(*ids), 0)


def test_a_link_that_stood_still_before_another_one_joined_leaves_a_gap_that_is_told() -> None:
    channel, tape = followed()
    push(channel, 2, "5")
    channel.lose(1, "no PONG in time")
    assert tape.log == ["subscribed", "5", "missing"]
    channel.lose(2, "cut")
    assert tape.log[3:] == ["lost"]


def test_a_link_that_brought_what_the_other_one_did_leaves_none() -> None:
    channel, tape = followed()
    push(channel, 1, "4", "5")
    push(channel, 2, "5")
    channel.lose(1, "cut")
    assert tape.log == ["subscribed", "4", "5", "5"]
    assert channel.carriers[2].lane is not None


def test_a_frame_that_both_links_garble_is_a_gap() -> None:
    channel, tape = followed()
    push(channel, 1, "5")
    push(channel, 2, "5")
    channel.miss(1)
    assert "missing" not in tape.log
    channel.miss(2)
    assert tape.log[-1] == "missing"


def test_the_lane_is_open_once_there_is_nothing_to_compare() -> None:
    channel, _ = followed()
    assert [carrier.lane for carrier in channel.carriers.values()] == [None, None]
    push(channel, 1, "5")
    push(channel, 2, "5")
    assert None not in [carrier.lane for carrier in channel.carriers.values()]


def test_a_successor_takes_over_when_it_brings_the_same_or_nothing_happens() -> None:
    channel, _ = followed()
    assert channel.settle(2)
    channel, _ = followed()
    push(channel, 1, "5")
    assert not channel.settle(2)
    push(channel, 2, "5")
    assert channel.settle(2)


def test_trades_without_an_id_are_told_apart_by_what_is_said_of_them() -> None:
    first, second = trades("").publicAggreDeals.deals[0], trades("")
    assert trade_keys(second) == [first.SerializeToString(deterministic=True)]


async def test_the_tape_of_a_market_is_told() -> None:
    symbol, desk = (
        Symbol(AssetName("BTC"), AssetName("USDT")),
        TapeDesk(config=TapeConfig(), clock=Clock()),
    )
    feed = Feed(
        streams.trades("BTCUSDT", symbol, StreamSpeed.MS_100, desk),
        pool=None,  # type: ignore[arg-type] # nobody subscribes
        counters=EventCounters(),
        on_idle=lambda _: None,
    )
    channel = Channel(feed.channel, on_sink_error=lambda _: None)
    channel.hold(feed, None)
    channel.grant(1, 1)
    channel.grant(2, 2)
    push(channel, 2, "5")
    assert desk.gaps_open == 0
    channel.lose(1, "no PONG in time")
    assert desk.gaps_open == 1
