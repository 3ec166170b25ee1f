"""Frame C comes from the exchange's published documents; all other frames here are made up."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.common.enums import OrderStatus, OrderType, Side
from mexc_connector.common.errors import ProtocolViolation
from mexc_connector.common.models import TradeId
from mexc_connector.common.orders import (
    AssetBalance,
    BalanceAmounts,
    ClientOrderId,
    Fill,
    FillAmounts,
    Order,
    OrderAmounts,
    OrderId,
)
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.proto import decode_private
from mexc_connector.proto.decode import parse_push
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper

MX_USDT = Symbol(base=AssetName("MX"), quote=AssetName("USDT"))

FRAME_C = bytes.fromhex(
    "0a1d73706f7440707269766174652e6f72646572732e76332e6170692e70621a064d585553445430a98095d4c432"
    "8213540a1a4330325f5f3530353937393031373433393030323632343131351a06332e353132312201312a013032"
    "06332e3639363238054002"
    "5201305a01306201316a01317206332e3639363278028001938095d4c432"
)


def order_push(**fields: object) -> PushDataV3ApiWrapper:
    push = PushDataV3ApiWrapper(channel="orders", symbol="MXUSDT", sendTime=1_000)
    body = push.privateOrders
    values: dict[str, object] = {
        "id": "C02__1",
        "clientId": "mine-1",
        "price": "2.5",
        "quantity": "10",
        "amount": "25",
        "orderType": 1,
        "tradeType": 1,
        "cumulativeQuantity": "0",
        "cumulativeAmount": "0",
        "status": 1,
        "createTime": 900,
    }
    for name, value in (values | fields).items():
        setattr(body, name, value)
    return push


def read(**fields: object) -> Order:
    return decode_private.order(order_push(**fields), MX_USDT)


def fill_push(**fields: object) -> PushDataV3ApiWrapper:
    push = PushDataV3ApiWrapper(channel="deals", symbol="MXUSDT", sendTime=1_000)
    values: dict[str, object] = {
        "price": "3.6962",
        "quantity": "1",
        "amount": "3.6962",
        "tradeType": 2,
        "tradeId": "505979017439002624X1",
        "orderId": "C02__1",
        "feeAmount": "0.0018481",
        "feeCurrency": "USDT",
        "time": 950,
    }
    for name, value in (values | fields).items():
        setattr(push.privateDeals, name, value)
    return push


def balance_push(**fields: object) -> PushDataV3ApiWrapper:
    push = PushDataV3ApiWrapper(channel="account", sendTime=1_000)
    values: dict[str, object] = {
        "vcoinName": "USDT",
        "balanceAmount": "21.94210356004384",
        "balanceAmountChange": "-0.5",
        "frozenAmount": "10",
        "frozenAmountChange": "0.5",
        "type": "ENTRUST_PLACE",
        "time": 800,
    }
    for name, value in (values | fields).items():
        setattr(push.privateAccount, name, value)
    return push


def test_frame_c_is_a_filled_market_order() -> None:
    push = parse_push(FRAME_C)
    assert push.channel == "spot@private.orders.v3.api.pb"
    assert decode_private.order(push, MX_USDT) == Order(
        symbol=MX_USDT,
        side=Side.SELL,
        order_type=OrderType.MARKET,
        status=OrderStatus.FILLED,
        exact=OrderAmounts(
            price=None,  # 3.5121 on the wire is the exchange's protection
            amount=Decimal(1),
            quote_amount=None,
            amount_filled=Decimal(1),
            quote_amount_filled=Decimal("3.6962"),
        ),
        order_id=OrderId("C02__505979017439002624115"),
        client_order_id=None,
        created_ms=1736417034259,
        updated_ms=1736417034281,
    )


def test_a_limit_order_has_its_price_and_is_sized_in_base() -> None:
    order = read()
    assert order.exact == OrderAmounts(price=Decimal("2.5"), amount=Decimal(10))
    assert order.client_order_id == ClientOrderId("mine-1")
    assert (order.side, order.order_type, order.status) == (
        Side.BUY,
        OrderType.LIMIT,
        OrderStatus.NEW,
    )


def test_the_time_of_a_change_is_the_pushs_because_the_body_only_knows_the_creation() -> None:
    order = read(status=3, cumulativeQuantity="1", cumulativeAmount="2.5")
    assert (order.created_ms, order.updated_ms) == (900, 1_000)


def test_a_market_order_sized_in_quote_has_no_amount() -> None:
    order = read(orderType=5, quantity="0", amount="25", price="2.6")
    assert order.exact == OrderAmounts(quote_amount=Decimal(25))
    assert order.amount_remaining is None


def test_a_market_order_in_quote_is_filled_although_the_exchange_kept_the_rest() -> None:
    order = read(
        orderType=5,
        quantity="0",
        amount="25",
        status=2,
        cumulativeQuantity="9.99",
        cumulativeAmount="24.9",
    )
    assert order.status is OrderStatus.FILLED


@pytest.mark.parametrize(
    ("number", "filled", "status"),
    [
        (1, "0", OrderStatus.NEW),
        (2, "10", OrderStatus.FILLED),
        (3, "4", OrderStatus.PARTIALLY_FILLED),
        (4, "0", OrderStatus.CANCELED),
        (5, "4", OrderStatus.PARTIALLY_CANCELED),
        (6, "4", OrderStatus.PARTIALLY_CANCELED),
    ],
)
def test_every_status_is_known_and_those_that_end_an_order_are_final(
    number: int, filled: str, status: OrderStatus
) -> None:
    order = read(status=number, cumulativeQuantity=filled)
    assert order.status is status
    assert order.is_done == (number in (2, 4, 5, 6))


@pytest.mark.parametrize(
    ("number", "order_type"),
    [
        (1, OrderType.LIMIT),
        (2, OrderType.LIMIT_MAKER),
        (3, OrderType.IMMEDIATE_OR_CANCEL),
        (4, OrderType.FILL_OR_KILL),
        (5, OrderType.MARKET),
        (100, OrderType.LIMIT),
        (101, OrderType.LIMIT),
        (102, OrderType.LIMIT),
    ],
)
def test_every_order_type_is_known_also_those_of_the_web(
    number: int, order_type: OrderType
) -> None:
    assert read(orderType=number).order_type is order_type


@pytest.mark.parametrize("oco", [101, 102])
def test_a_waiting_leg_of_an_oco_order_is_not_open_yet(oco: int) -> None:
    order = read(orderType=oco, status=0)
    assert order.status is OrderStatus.PENDING_NEW
    assert not order.status.is_open


def test_a_stop_order_may_have_no_price() -> None:
    assert read(orderType=100, price="0").exact.price is None


def test_amounts_that_are_absent_mean_that_nothing_was_filled() -> None:
    order = read(cumulativeQuantity="", cumulativeAmount="", clientId="")
    assert (order.exact.amount_filled, order.exact.quote_amount_filled) == (0, 0)
    assert order.client_order_id is None


@pytest.mark.parametrize(
    "fields",
    [
        {"id": ""},
        {"tradeType": 0},
        {"tradeType": 3},
        {"orderType": 0},
        {"orderType": 99},
        {"status": 0},
        {"status": 7},
        {"price": "0"},
        {"price": ""},
        {"price": "-1"},
        {"price": "NaN"},
        {"price": "1e999999999"},
        {"price": "1,5"},
        {"quantity": "0"},
        {"quantity": ""},
        {"quantity": "Infinity"},
        {"orderType": 5, "quantity": "0", "amount": "0"},
        {"cumulativeQuantity": "-1"},
        {"cumulativeAmount": "x"},
        {"status": 2, "cumulativeQuantity": "0"},
        {"status": 2, "cumulativeQuantity": "9.999999999999999999"},
        {"status": 3, "cumulativeQuantity": "0"},
        {"status": 5, "cumulativeQuantity": "0"},
        {"status": 3, "cumulativeQuantity": "10.000000000000000001"},
    ],
    ids=str,
)
def test_an_order_that_cannot_be_true_is_a_violation(fields: dict[str, object]) -> None:
    push = order_push(**fields)
    with pytest.raises(ProtocolViolation) as caught:
        decode_private.order(push, MX_USDT)
    assert caught.value.endpoint == "orders"
    assert caught.value.body == push.SerializeToString()


def test_a_fill_is_read_to_the_last_digit() -> None:
    fee = "0.0000000000000000181"
    push = fill_push(feeAmount=fee, feeCurrency="MX", isMaker=True, isSelfTrade=True)
    assert decode_private.fill(push, MX_USDT, 7) == Fill(
        symbol=MX_USDT,
        order_id=OrderId("C02__1"),
        client_order_id=None,
        trade_id=TradeId("505979017439002624X1"),
        side=Side.SELL,
        exact=FillAmounts(
            price=Decimal("3.6962"),
            amount=Decimal(1),
            quote_amount=Decimal("3.6962"),
            fee=Decimal(fee),
        ),
        fee_asset=AssetName("MX"),
        is_maker=True,
        is_self_trade=True,
        exchange_time_ms=950,
        received_ns=7,
    )


def test_flags_that_are_absent_are_false_and_an_absent_fee_is_none_at_all() -> None:
    push = fill_push(feeAmount="", feeCurrency="", clientOrderId="mine-1")
    fill = decode_private.fill(push, MX_USDT, 0)
    assert (fill.is_maker, fill.is_self_trade, fill.fee) == (False, False, 0.0)
    assert fill.fee_asset == "USDT"
    assert fill.client_order_id == "mine-1"


def test_a_rebate_is_a_fee_below_zero() -> None:
    assert decode_private.fill(fill_push(feeAmount="-0.001"), MX_USDT, 0).fee == -0.001


def test_a_fill_without_a_time_happened_when_it_was_pushed() -> None:
    assert decode_private.fill(fill_push(time=0), MX_USDT, 0).exchange_time_ms == 1_000


@pytest.mark.parametrize(
    "fields",
    [
        {"orderId": ""},
        {"tradeId": ""},
        {"tradeType": 0},
        {"price": "0"},
        {"quantity": "0"},
        {"quantity": ""},
        {"amount": ""},
        {"amount": "-1"},
        {"feeAmount": "free"},
        {"feeAmount": "1", "feeCurrency": ""},
    ],
    ids=str,
)
def test_a_fill_that_cannot_be_true_is_a_violation(fields: dict[str, object]) -> None:
    with pytest.raises(ProtocolViolation):
        decode_private.fill(fill_push(**fields), MX_USDT, 0)


def test_a_fill_at_no_time_is_a_violation() -> None:
    push = fill_push(time=0)
    push.ClearField("sendTime")
    with pytest.raises(ProtocolViolation, match="no time"):
        decode_private.fill(push, MX_USDT, 0)


def test_a_balance_says_what_is_free_and_what_is_locked() -> None:
    assert decode_private.balance(balance_push()) == AssetBalance(
        asset=AssetName("USDT"),
        exact=BalanceAmounts(free=Decimal("21.94210356004384"), locked=Decimal(10)),
        updated_ms=800,
    )


def test_a_change_of_a_type_that_nobody_has_listed_is_a_change_too() -> None:
    push = balance_push(type="CONTRACT_TRANSFER", balanceAmount="0", frozenAmount="0")
    assert decode_private.balance(push).total == 0.0


@pytest.mark.parametrize(
    "fields",
    [
        {"vcoinName": ""},
        {"balanceAmount": ""},
        {"balanceAmount": "-1"},
        {"frozenAmount": ""},
        {"frozenAmount": "1_0"},
    ],
    ids=str,
)
def test_a_balance_is_never_made_up(fields: dict[str, object]) -> None:
    with pytest.raises(ProtocolViolation):
        decode_private.balance(balance_push(**fields))


@pytest.mark.parametrize(
    "decode",
    [
        lambda push: decode_private.order(push, MX_USDT),
        lambda push: decode_private.fill(push, MX_USDT, 0),
        decode_private.balance,
    ],
)
def test_a_push_without_the_body_is_a_violation(
    decode: Callable[[PushDataV3ApiWrapper], object],
) -> None:
    with pytest.raises(ProtocolViolation, match="no private"):
        decode(PushDataV3ApiWrapper(channel="c", symbol="MXUSDT", sendTime=1))


@given(st.decimals(min_value=0, max_value=10**20, places=19, allow_nan=False))
def test_no_digit_of_an_amount_is_lost(amount: Decimal) -> None:
    balance = decode_private.balance(balance_push(balanceAmount=format(amount, "f")))
    assert balance.exact.free.compare_total(amount.copy_abs()) == 0


@pytest.mark.parametrize("text", ["-0", "-0.00", "0E-18", "0"])
def test_zero_has_no_sign(text: str) -> None:
    free = decode_private.balance(balance_push(balanceAmount=text)).exact.free
    assert not free.is_signed()
    assert free == 0
