"""What two links' copies of one push are known by."""

import json
from pathlib import Path

import pytest

from mexc_connector.core.implementation import read_copy_key
from mexc_connector.proto.copy_key import copy_key
from mexc_connector.proto.decode import parse_push
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper

RECORDED = {
    frame["name"]: bytes.fromhex(frame["hex"])
    for frame in json.loads(
        (Path(__file__).parents[2] / "recorded" / "frames.json").read_text(encoding="utf-8")
    )
}


def push_of(body: str, **fields: str) -> PushDataV3ApiWrapper:
    push = PushDataV3ApiWrapper(channel="c")
    getattr(push, body).SetInParent()
    for name, text in fields.items():
        setattr(getattr(push, body), name, text)
    return push


def trades(*ids: str) -> PushDataV3ApiWrapper:
    push = push_of("publicAggreDeals")
    for trade_id in ids:
        push.publicAggreDeals.deals.add(price="1", quantity="1", tradeType=1, tradeId=trade_id)
    return push


@pytest.mark.parametrize(
    ("push", "key"),
    [
        (push_of("publicAggreDepths", fromVersion="5", toVersion="9"), 9),
        (push_of("publicAggreBookTicker", version="7"), 7),
        (push_of("publicLimitDepths", version="8"), 8),
        (trades("first", "second"), "first"),
        (trades("", "second"), None),
        (trades(), None),
        (push_of("publicAggreBookTicker"), None),
        (push_of("publicLimitDepths", version="-1"), None),
        (push_of("publicAggreDepths", toVersion="9x"), None),
        (push_of("publicBookTickerBatch", version="5"), None),
        (push_of("publicSpotKline"), None),
        (PushDataV3ApiWrapper(channel="c"), None),
    ],
)
def test_a_version_or_the_first_trade_is_the_key(
    push: PushDataV3ApiWrapper, key: int | str | None
) -> None:
    assert copy_key(push) == key
    assert read_copy_key(push.SerializeToString()) in (key, None)


@pytest.mark.parametrize("name", RECORDED)
def test_the_exchanges_own_frames_have_the_key_that_the_reference_reads(name: str) -> None:
    frame = RECORDED[name]
    assert read_copy_key(frame) in (copy_key(parse_push(frame)), None)


def test_the_recorded_frames_are_known_by_what_the_exchange_wrote() -> None:
    keys = {name: copy_key(parse_push(frame)) for name, frame in RECORDED.items()}
    assert isinstance(keys["deals 100ms BTCUSDT"], str)
    assert isinstance(keys["limit depth 20 HYPEUSDT"], int)
    assert keys["kline Min1 BTCUSDT (a)"] is None
