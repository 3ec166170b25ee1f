"""Compiled, reference and protobuf agree on every frame, and what the exchange sends is taken."""

from collections import Counter

import pytest
from hypothesis import given, settings

from mexc_connector.sim.exchange import STEP_MS
from tests.fuzz import number_texts
from tests.fuzz.recordings import RECORDED
from tests.fuzz.wire import CHANNEL, Body, WireType, content, group, integer, level, tag, varint
from tests.property.stream_rig import SYMBOL, Rig
from tests.property.wire_frames import (
    canonical_frames,
    frames,
    frames_of,
    kinds,
    raw_numbers,
)

pytest.importorskip("mexc_connector.native._hot")
judge = pytest.importorskip("tests.fuzz.judge")
native_frames = pytest.importorskip("tests.fuzz.native_frames")

HOT_RECORDINGS = {
    "bookTicker 100ms BTCUSDT": Body.BOOK_TICKER,
    "deals 100ms BTCUSDT": Body.TRADES,
    "limit depth 20 HYPEUSDT": Body.LIMIT_DEPTH,
}
COLD_RECORDINGS = {"kline Min1 BTCUSDT (a)"}
HOT_CHANNELS = (
    f"spot@public.aggre.depth.v3.api.pb@10ms@{SYMBOL}",
    f"spot@public.aggre.depth.v3.api.pb@100ms@{SYMBOL}",
    f"spot@public.aggre.deals.v3.api.pb@10ms@{SYMBOL}",
    f"spot@public.aggre.bookTicker.v3.api.pb@10ms@{SYMBOL}",
    f"spot@public.bookTicker.batch.v3.api.pb@{SYMBOL}",
    f"spot@public.limit.depth.v3.api.pb@{SYMBOL}@5",
    f"spot@public.limit.depth.v3.api.pb@{SYMBOL}@20",
)


# Agreement.


@settings(max_examples=150, deadline=None)
@given(frame=frames)
def test_any_bytes_are_declined_or_read_alike(frame: bytes) -> None:
    judge.check_frame(frame)


@pytest.mark.parametrize("kind", Body)
def test_frames_of_every_state_are_declined_or_read_alike(kind: Body) -> None:
    @settings(max_examples=100, deadline=None)
    @given(frame=frames_of(kind))
    def check(frame: bytes) -> None:
        judge.check_frame(frame)

    check()


@settings(max_examples=10, deadline=None)
@given(frame=kinds.flatmap(canonical_frames))
def test_a_frame_cut_at_any_byte_is_declined_or_read_alike(frame: bytes) -> None:
    for end in range(len(frame)):
        judge.check_frame(frame[:end])


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_frame_cut_or_changed_at_any_byte_is_declined_or_read_alike(name: str) -> None:
    frame = RECORDED[name]
    for at in range(len(frame)):
        judge.check_frame(frame[:at])
        for byte in {0x00, 0x7F, 0x80, 0xFF, frame[at] ^ 1, frame[at] ^ 0x80}:
            judge.check_frame(frame[:at] + bytes((byte,)) + frame[at + 1 :])


@pytest.mark.parametrize("text", [*number_texts.EVERY, *number_texts.INVALID_UTF8])
def test_an_odd_number_in_any_field_is_declined_or_read_alike(text: str | bytes) -> None:
    for price, size in ((text, "1"), ("1", text), (text, text)):
        items = level(price, size)
        for body in (
            content(Body.DEPTH, content(1, items) + content(4, "1") + content(5, "1")),
            content(Body.LIMIT_DEPTH, content(2, items) + content(4, "1")),
            content(Body.TRADES, content(1, items + integer(3, 1) + integer(4, 5))),
            content(Body.BOOK_TICKER, items),
            content(Body.BOOK_TICKER, content(3, price) + content(4, size)),
            content(Body.BOOK_TICKER_BATCH, content(1, items)),
        ):
            judge.check_frame(content(CHANNEL, "c") + body)


@pytest.mark.parametrize("text", [*number_texts.VERSIONS, *number_texts.INVALID_UTF8])
def test_an_odd_version_in_any_field_is_declined_or_read_alike(text: str | bytes) -> None:
    for body in (
        content(Body.DEPTH, content(4, text) + content(5, "9")),
        content(Body.DEPTH, content(4, "1") + content(5, text)),
        content(Body.DEPTH, content(4, text) + content(5, text)),
        content(Body.LIMIT_DEPTH, content(4, text)),
        content(Body.BOOK_TICKER, content(5, text)),
        content(Body.BOOK_TICKER_BATCH, content(1, b"") + content(2, text)),
    ):
        judge.check_frame(content(CHANNEL, "c") + body)


@pytest.mark.parametrize("padding", range(12))
def test_over_long_and_huge_varints_anywhere_are_declined_or_read_alike(padding: int) -> None:
    channel = content(CHANNEL, "c")
    depth = content(1, level("1", "2")) + content(4, "1") + content(5, "1")
    strange = [
        tag(CHANNEL, WireType.LENGTH, padding=padding) + b"\x01c",
        tag(2047, WireType.LENGTH, padding=padding) + b"\x01c",
        tag(6, WireType.VARINT, padding=padding) + b"\x05",
    ]
    for size in (0, 1, 127, 128, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63, 2**64 - 1):
        strange += [
            tag(2047, WireType.LENGTH) + varint(size, padding=padding) + b"abc",
            integer(2047, size, padding=padding),
            integer(6, size, padding=padding),
        ]
    for field in strange:
        judge.check_frame(field + channel + content(Body.DEPTH, depth))
        judge.check_frame(channel + content(Body.DEPTH, depth) + field)
        judge.check_frame(channel + content(Body.DEPTH, field + depth))
    judge.check_frame(channel + content(Body.DEPTH, depth, padding=padding))


@settings(max_examples=60, deadline=None)
@given(first=raw_numbers, second=raw_numbers)
def test_repeated_fields_are_declined_or_read_alike(first: bytes, second: bytes) -> None:
    item = content(1, first) + content(2, b"1") + content(1, second)
    for body in (
        content(Body.DEPTH, content(1, item) + content(4, "1") + content(5, "1")),
        content(Body.TRADES, content(1, item + integer(3, 1) + integer(4, 5))),
        content(Body.BOOK_TICKER, item),
    ):
        judge.check_frame(content(CHANNEL, "c") + body)
        judge.check_frame(content(CHANNEL, "c") + body + body)
        judge.check_frame(content(CHANNEL, "c") + group(99, body) + body)


def test_a_short_run_of_the_fuzz_target_finds_nothing() -> None:
    counts = native_frames.run(seed=1, seconds=2.0)
    assert counts["frames"] > 100
    taken = {name: count for name, count in counts.items() if name not in ("frames", "numbers")}
    assert len(taken) == len(Body), "some lane has never taken a frame"


# Liveness: a compiled path that declines everything would agree with everybody.


@pytest.mark.parametrize("kind", Body)
def test_what_the_exchange_writes_is_always_taken(kind: Body) -> None:
    @settings(max_examples=60, deadline=None)
    @given(frame=canonical_frames(kind))
    def check(frame: bytes) -> None:
        assert judge.check_frame(frame) == {kind}

    check()


@pytest.mark.parametrize("name", HOT_RECORDINGS)
def test_every_recorded_hot_frame_is_taken(name: str) -> None:
    assert judge.check_frame(RECORDED[name]) == {HOT_RECORDINGS[name]}


def test_every_recording_is_known_as_hot_or_cold() -> None:
    assert set(RECORDED) == set(HOT_RECORDINGS) | COLD_RECORDINGS


def test_the_depth_frame_of_the_published_documents_is_taken() -> None:
    frame = bytes.fromhex(
        "0a2f73706f74407075626c69632e61676772652e64657074682e76332e6170692e7062403130306d7340425443"
        "555344541a0742544355534454308cf6ef889234ca13540a0c0a053337352e381203362e35120a0a053337352e"
        "371201301a2773706f74407075626c69632e61676772652e64657074682e76332e6170692e7062403130306d73"
        "22033132312a0331333030dbf5ef889234"
    )
    assert judge.check_frame(frame) == {Body.DEPTH}


def test_every_hot_frame_of_a_simulated_market_is_taken() -> None:
    rig = Rig(agents=12, seed=3, history=1_000)
    rig.subscribe(*HOT_CHANNELS)
    taken: Counter[Body] = Counter()
    for _ in range(3_000 // STEP_MS):
        rig.exchange.step()
        rig.publisher.publish(0)
        for frame in rig.wire.frames():
            kinds_taken = judge.check_frame(frame)
            assert len(kinds_taken) == 1, frame.hex()
            taken.update(kinds_taken)
    assert set(taken) == set(Body), taken
