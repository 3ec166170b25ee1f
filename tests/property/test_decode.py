"""The decoder under generated frames, valid, damaged and random."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.common.errors import ProtocolViolation
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.proto import decode, decode_summaries
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper

BTC_USDT = Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))

prices = st.decimals(Decimal("0.00000001"), Decimal("999999"), places=8, allow_nan=False)
sizes = st.decimals(Decimal(0), Decimal("99999999"), places=8, allow_nan=False)
levels = st.lists(st.tuples(prices, sizes), max_size=20)


def depth_frame(
    bids: list[tuple[Decimal, Decimal]], asks: list[tuple[Decimal, Decimal]], version: int
) -> bytes:
    push = PushDataV3ApiWrapper(channel="c", sendTime=1)
    body = push.publicAggreDepths
    body.fromVersion, body.toVersion = str(version), str(version + 3)
    for side, changes in ((body.bids, bids), (body.asks, asks)):
        for price, size in changes:
            side.add(price=f"{price:f}", quantity=f"{size:f}")
    return push.SerializeToString()


@given(bids=levels, asks=levels, version=st.integers(0, 10**18))
def test_every_level_is_read_in_order_and_correctly_rounded(
    bids: list[tuple[Decimal, Decimal]], asks: list[tuple[Decimal, Decimal]], version: int
) -> None:
    push = decode.parse_push(depth_frame(bids, asks, version))
    diff = decode.book_diff(push.publicAggreDepths, push.sendTime, 0)
    assert diff.bids == [(float(price), float(size)) for price, size in bids]
    assert diff.asks == [(float(price), float(size)) for price, size in asks]
    assert (diff.from_version, diff.to_version) == (version, version + 3)


@given(text=st.text(max_size=12))
def test_a_text_is_a_finite_number_or_a_violation(text: str) -> None:
    push = PushDataV3ApiWrapper(channel="c")
    body = push.publicAggreDepths
    body.fromVersion = body.toVersion = "1"
    body.bids.add(price="1", quantity=text)
    try:
        [(_, size)] = decode.book_diff(body, 0, 0).bids
    except ProtocolViolation:
        return
    assert 0.0 <= size < float("inf")
    assert Decimal(text) == Decimal(text)
    assert float(Decimal(text)) == size


@given(
    frame=st.one_of(
        st.binary(max_size=200),
        st.builds(
            lambda frame, position, byte: frame[:position] + bytes([byte]) + frame[position + 1 :],
            st.builds(depth_frame, levels, levels, st.integers(0, 10**12)),
            st.integers(0, 400),
            st.integers(0, 255),
        ),
    )
)
def test_no_bytes_raise_anything_but_a_violation(frame: bytes) -> None:
    try:
        push = decode.parse_push(frame)
    except ProtocolViolation:
        return
    for read in (
        lambda: decode.book_diff(push.publicAggreDepths, push.sendTime, 0),
        lambda: decode.trades(push, BTC_USDT, 0),
        lambda: decode.book_ticker(push, BTC_USDT, 0),
        lambda: decode.book_ticker_batch(push, BTC_USDT, 0),
        lambda: decode_summaries.limit_depth(push, BTC_USDT, levels=5, received_ns=0),
        lambda: decode_summaries.kline(push, BTC_USDT, 0),
        lambda: decode_summaries.mini_ticker(push, BTC_USDT, 0),
    ):
        try:
            read()
        except ProtocolViolation:
            continue
