import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.common.latency import StreamKind
from mexc_connector.core.implementation import read_stamps
from mexc_connector.proto.decode import parse_push
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.proto.stamps import push_stamps

RECORDED = {
    frame["name"]: bytes.fromhex(frame["hex"])
    for frame in json.loads(
        (Path(__file__).parents[2] / "recorded" / "frames.json").read_text(encoding="utf-8")
    )
}


BOOK_TICKER, TRADES = StreamKind.BOOK_TICKER, StreamKind.TRADES
times = st.integers(0, 2**63 - 1)


@pytest.mark.parametrize(
    ("name", "kind", "stamps"),
    [
        ("bookTicker 100ms BTCUSDT", BOOK_TICKER, (1790281240471, 0, 1790281243450)),
        ("deals 100ms BTCUSDT", TRADES, (1790281246177, 0, 1790281246250)),
        ("kline Min1 BTCUSDT (a)", StreamKind.KLINES, (0, 1790281249008, 0)),
        ("limit depth 20 HYPEUSDT", StreamKind.LIMIT_DEPTH, (1780505866479, 0, 1780505866508)),
    ],
)
def test_the_exchanges_own_frames_say_when_they_happened(
    name: str, kind: StreamKind, stamps: tuple[int, int, int]
) -> None:
    assert push_stamps(parse_push(RECORDED[name]), kind) == stamps
    assert read_stamps(RECORDED[name]) in (stamps, None)


def test_a_push_of_trades_happened_with_its_newest_trade() -> None:
    push = PushDataV3ApiWrapper(channel="made up", sendTime=30)
    for time_ms in (5, 9, 7):
        push.publicAggreDeals.deals.add(time=time_ms)
    assert push_stamps(push, TRADES) == (9, 0, 30)
    assert read_stamps(push.SerializeToString()) in ((9, 0, 30), None)


def test_a_fill_happened_when_it_was_executed_and_a_balance_does_not_say() -> None:
    fill = PushDataV3ApiWrapper(channel="made up", createTime=2, sendTime=3)
    fill.privateDeals.time = 1
    balance = PushDataV3ApiWrapper(channel="made up", createTime=2, sendTime=3)
    balance.privateAccount.time = 1
    assert push_stamps(fill, StreamKind.FILLS) == (1, 2, 3)
    assert push_stamps(balance, StreamKind.BALANCES) == (0, 2, 3)


@pytest.mark.parametrize("kind", StreamKind)
def test_what_a_push_lacks_is_zero(kind: StreamKind) -> None:
    assert push_stamps(PushDataV3ApiWrapper(channel="made up"), kind) == (0, 0, 0)


BODIES = {
    StreamKind.ORDER_BOOK: "publicAggreDepths",
    StreamKind.LIMIT_DEPTH: "publicLimitDepths",
    StreamKind.BOOK_TICKER: "publicAggreBookTicker",
    StreamKind.BOOK_TICKER_BATCH: "publicBookTickerBatch",
}


@given(kind=st.sampled_from(sorted(BODIES)), engine=times, created=times, sent=times)
def test_the_compiled_reading_of_the_stamps_agrees(
    kind: StreamKind, engine: int, created: int, sent: int
) -> None:
    push = PushDataV3ApiWrapper(channel="made up", createTime=created, sendTime=sent)
    getattr(push, BODIES[kind]).lastOrderCreateTime = engine
    stamps = push_stamps(push, kind)
    assert stamps == (engine, created, sent)
    assert read_stamps(push.SerializeToString()) in (stamps, None)
