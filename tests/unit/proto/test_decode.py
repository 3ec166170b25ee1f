"""Frames marked as recorded come from the exchange; A, B and C from its published documents."""

import json
from pathlib import Path

import pytest

from mexc_connector.common.enums import Side
from mexc_connector.common.errors import ProtocolViolation
from mexc_connector.common.models import BookDiff, BookTicker, Trade, TradeId
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.proto import decode
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper

RECORDED = {
    entry["name"]: bytes.fromhex(entry["hex"])
    for entry in json.loads(
        (Path(__file__).parents[2] / "recorded" / "frames.json").read_text(encoding="utf-8")
    )
}
BTC_USDT = Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))

FRAME_A = bytes.fromhex(
    "0a3473706f74407075626c69632e61676772652e626f6f6b5469636b65722e76332e6170692e7062403130306d73"
    "40425443555344541a074254435553445430a7d3d2f18b34"
    "da133e0a0838303533352e38381208302e3338303439371a0838303533352e3839220a302e33333336333335362a"
    "0b3831373231363736323137308ed3d2f18b34"
)
FRAME_B = bytes.fromhex(
    "0a2f73706f74407075626c69632e61676772652e64657074682e76332e6170692e7062403130306d734042544355"
    "5344541a0742544355534454308cf6ef889234"
    "ca13540a0c0a053337352e381203362e35120a0a053337352e37120130"
    "1a2773706f74407075626c69632e61676772652e64657074682e76332e6170692e7062403130306d732203313231"
    "2a0331333030dbf5ef889234"
)
FRAME_C = bytes.fromhex(
    "0a1d73706f7440707269766174652e6f72646572732e76332e6170692e70621a064d585553445430a98095d4c432"
    "8213540a1a4330325f5f3530353937393031373433393030323632343131351a06332e353132312201312a013032"
    "06332e3639363238054002"
    "5201305a01306201316a01317206332e3639363278028001938095d4c432"
)


def depth_push(
    *,
    bids: list[tuple[str, str]] | None = None,
    asks: list[tuple[str, str]] | None = None,
    from_version: str = "121",
    to_version: str = "130",
) -> PushDataV3ApiWrapper:
    push = PushDataV3ApiWrapper(channel="spot@public.aggre.depth.v3.api.pb@10ms@BTCUSDT")
    body = push.publicAggreDepths
    body.fromVersion = from_version
    body.toVersion = to_version
    for side, levels in ((body.bids, bids), (body.asks, asks)):
        for price, quantity in levels or []:
            side.add(price=price, quantity=quantity)
    return push


def diff_of(push: PushDataV3ApiWrapper) -> BookDiff:
    return decode.book_diff(push.publicAggreDepths, push.sendTime, 5)


def deals_push(*deals: tuple[str, str, int, int, str]) -> PushDataV3ApiWrapper:
    push = PushDataV3ApiWrapper(channel="deals", sendTime=9)
    push.publicAggreDeals.SetInParent()
    for price, quantity, side, time_ms, trade_id in deals:
        push.publicAggreDeals.deals.add(
            price=price, quantity=quantity, tradeType=side, time=time_ms, tradeId=trade_id
        )
    return push


def test_frame_a_is_a_book_ticker() -> None:
    push = decode.parse_push(FRAME_A)
    assert push.channel == "spot@public.aggre.bookTicker.v3.api.pb@100ms@BTCUSDT"
    assert decode.book_ticker(push, BTC_USDT, 5) == BookTicker(
        symbol=BTC_USDT,
        bid_price=80535.88,
        bid_size=0.380497,
        ask_price=80535.89,
        ask_size=0.33363356,
        version=81721676217,
        exchange_time_ms=1789897517479,
        received_ns=5,
    )


def test_frame_b_is_a_diff_with_one_change_on_each_side() -> None:
    push = decode.parse_push(FRAME_B)
    assert decode.book_diff(push.publicAggreDepths, push.sendTime, 5) == BookDiff(
        from_version=121,
        to_version=130,
        bids=[(375.7, 0.0)],
        asks=[(375.8, 6.5)],
        exchange_time_ms=1791556844300,
        received_ns=5,
    )


def test_frame_c_is_a_private_order_with_flags_false_by_absence() -> None:
    order = decode.parse_push(FRAME_C).privateOrders
    assert order.id == "C02__505979017439002624115"
    assert (order.clientId, order.isMaker, order.status, order.orderType) == ("", False, 2, 5)
    assert order.createTime == 1736417034259


def test_the_recorded_book_ticker() -> None:
    push = decode.parse_push(RECORDED["bookTicker 100ms BTCUSDT"])
    ticker = decode.book_ticker(push, BTC_USDT, 0)
    assert (ticker.bid_price, ticker.bid_size) == (84270.0, 0.006387)
    assert (ticker.ask_price, ticker.ask_size) == (84270.01, 5.42169969)
    assert (ticker.version, ticker.exchange_time_ms) == (82164153436, 1790281243450)


def test_the_recorded_trades() -> None:
    push = decode.parse_push(RECORDED["deals 100ms BTCUSDT"])
    first, second = decode.trades(push, BTC_USDT, 5)
    assert first == Trade(
        symbol=BTC_USDT,
        price=84270.0,
        amount=0.00099829,
        side=Side.SELL,
        exchange_time_ms=1790281246176,
        trade_id=TradeId("731901896985399296X0_731901896985399297X0"),
        received_ns=5,
    )
    assert second.side is Side.BUY
    assert second.trade_id == "731901896985399298X0_731901896985399299X0"


@pytest.mark.parametrize(
    "frame", [b"\xff\xff\xff", b"\x0a\x05abc", b"\x0a\x01\xff", b"{}", FRAME_B[:-3]]
)
def test_bytes_that_are_no_message_are_a_violation_that_keeps_them(frame: bytes) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        decode.parse_push(frame)
    assert caught.value.body == frame


@pytest.mark.parametrize("frame", [b"", b"\x30\x01"])
def test_a_push_without_a_channel_is_a_violation(frame: bytes) -> None:
    with pytest.raises(ProtocolViolation, match="no channel"):
        decode.parse_push(frame)


def test_unknown_fields_are_skipped() -> None:
    unknown = b"\xfa\x7f\x03new"  # field 2047
    push = decode.parse_push(FRAME_B + unknown)
    assert diff_of(push).to_version == 130


def test_an_absent_side_is_empty_and_an_absent_time_is_none() -> None:
    diff = diff_of(depth_push(bids=[("1", "2")]))
    assert diff.asks == []
    assert diff.exchange_time_ms is None


def test_a_missing_depth_body_is_a_violation() -> None:
    with pytest.raises(ProtocolViolation, match="version"):
        diff_of(PushDataV3ApiWrapper(channel="depth"))


@pytest.mark.parametrize(
    "version", ["", "abc", "-1", "+1", "1.0", "1_0", " 1", "１２", "1e3", "9" * 20]
)
def test_a_version_that_is_no_number_is_a_violation(version: str) -> None:
    for push in (depth_push(from_version=version), depth_push(to_version=version)):
        with pytest.raises(ProtocolViolation) as caught:
            diff_of(push)
        assert caught.value.body == push.publicAggreDepths.SerializeToString()


def test_versions_in_reverse_are_a_violation() -> None:
    with pytest.raises(ProtocolViolation, match="above"):
        diff_of(depth_push(from_version="131", to_version="130"))
    assert diff_of(depth_push(from_version="130", to_version="130")).from_version == 130


BAD_NUMBERS = [
    "", "abc", "-1", "nan", "NaN", "inf", "-inf", "Infinity", "1e999", "1_0", " 1", "1 ", "0x10",
    "１２", "1,5", "--1", "1e",
]  # fmt: skip


@pytest.mark.parametrize("text", BAD_NUMBERS)
def test_a_level_with_a_bad_number_is_a_violation(text: str) -> None:
    good = ("1.5", "2")
    for push in (
        depth_push(bids=[good, (text, "1")]),
        depth_push(bids=[good, ("1", text)]),
        depth_push(asks=[good, (text, "1")]),
        depth_push(asks=[good, ("1", text)]),
    ):
        with pytest.raises(ProtocolViolation):
            diff_of(push)


def test_a_price_of_zero_is_a_violation_and_a_size_of_zero_is_a_deletion() -> None:
    with pytest.raises(ProtocolViolation, match="price of zero"):
        diff_of(depth_push(bids=[("0.00", "1")]))
    assert diff_of(depth_push(bids=[("5", "0.00000000")])).bids == [(5.0, 0.0)]


def test_padding_and_exponents_are_numbers() -> None:
    diff = diff_of(depth_push(bids=[("375.80", "1E-8")], asks=[("1e3", "2.50")]))
    assert diff.bids == [(375.8, 1e-8)]
    assert diff.asks == [(1000.0, 2.5)]


@pytest.mark.parametrize("text", BAD_NUMBERS)
def test_a_trade_with_a_bad_number_is_a_violation(text: str) -> None:
    for push in (deals_push((text, "1", 1, 5, "t")), deals_push(("1", text, 1, 5, "t"))):
        with pytest.raises(ProtocolViolation):
            decode.trades(push, BTC_USDT, 0)


def test_a_trade_without_side_or_price_is_a_violation() -> None:
    for push in (
        deals_push(("1", "1", 0, 5, "t")),
        deals_push(("1", "1", 3, 5, "t")),
        deals_push(("0", "1", 1, 5, "t")),
    ):
        with pytest.raises(ProtocolViolation):
            decode.trades(push, BTC_USDT, 0)


def test_a_trade_from_before_june_2026_has_no_id() -> None:
    [trade] = decode.trades(deals_push(("1.5", "2", 1, 5, "")), BTC_USDT, 0)
    assert trade.trade_id is None


def test_trades_without_a_body_are_a_violation_that_names_the_channel() -> None:
    with pytest.raises(ProtocolViolation) as caught:
        decode.trades(PushDataV3ApiWrapper(channel="deals"), BTC_USDT, 0)
    assert caught.value.endpoint == "deals"
    assert decode.trades(deals_push(), BTC_USDT, 0) == []


def ticker_push(*, body: bool = True, **fields: str) -> PushDataV3ApiWrapper:
    push = PushDataV3ApiWrapper(channel="ticker")
    if body:
        push.publicAggreBookTicker.SetInParent()
        for name, value in fields.items():
            setattr(push.publicAggreBookTicker, name, value)
    return push


def test_a_side_without_orders_has_neither_price_nor_size() -> None:
    for push in (
        ticker_push(bidPrice="1", bidQuantity="2"),
        ticker_push(bidPrice="1", bidQuantity="2", askPrice="0", askQuantity="0"),
    ):
        ticker = decode.book_ticker(push, BTC_USDT, 0)
        assert (ticker.bid_price, ticker.bid_size) == (1.0, 2.0)
        assert (ticker.ask_price, ticker.ask_size) == (None, None)
        assert ticker.version is None


@pytest.mark.parametrize("text", BAD_NUMBERS[1:])
def test_a_quote_with_a_bad_number_is_a_violation(text: str) -> None:
    for name in ("bidPrice", "bidQuantity", "askPrice", "askQuantity"):
        with pytest.raises(ProtocolViolation):
            decode.book_ticker(ticker_push(**{name: text}), BTC_USDT, 0)


def test_a_quote_without_a_body_or_with_a_bad_version_is_a_violation() -> None:
    for push in (ticker_push(body=False), ticker_push(version="x")):
        with pytest.raises(ProtocolViolation):
            decode.book_ticker(push, BTC_USDT, 0)


def test_the_version_of_a_batch_belongs_to_its_last_quote() -> None:
    push = PushDataV3ApiWrapper(channel="batch", sendTime=7)
    push.publicBookTickerBatch.version = "12"
    push.publicBookTickerBatch.items.add(bidPrice="1", bidQuantity="2")
    push.publicBookTickerBatch.items.add(bidPrice="1.5", bidQuantity="2")
    first, last = decode.book_ticker_batch(push, BTC_USDT, 5)
    assert (first.bid_price, first.version) == (1.0, None)
    assert (last.bid_price, last.version, last.exchange_time_ms) == (1.5, 12, 7)


def test_a_batch_without_a_body_is_a_violation() -> None:
    with pytest.raises(ProtocolViolation):
        decode.book_ticker_batch(PushDataV3ApiWrapper(channel="batch"), BTC_USDT, 0)
