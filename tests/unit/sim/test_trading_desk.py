"""What becomes of an order: matched, settled, charged, ended."""

from decimal import Decimal

import pytest

from mexc_connector.sim import BuyFee, SimLimits
from mexc_connector.sim.client_orders import ClientOrder
from tests.property.trading_rig import TradingRig, account_of, check_money

RICH = {"USDT": "1000000", "BTC": "10", "MX": "100"}


def rig_with(*balances: dict[str, str], **options: object) -> TradingRig:
    """Give accounts in a market that never traded, so that no price band applies yet."""
    accounts = [account_of(f"key{n:04}", **held) for n, held in enumerate(balances or (RICH,))]
    return TradingRig(*accounts, **options)  # type: ignore[arg-type]


def outcome(order: ClientOrder) -> tuple[str, int]:
    return order.state.value, order.executed_lots


def states(rig: TradingRig, order: ClientOrder) -> list[str]:
    return [state for order_id, state in rig.told.states if order_id == order.order_id]


def test_a_limit_order_locks_its_worth_and_gives_it_back_when_cancelled() -> None:
    rig = rig_with()
    order = rig.place(0, "BUY", quantity="2", price="99.5")
    assert (rig.free("USDT"), rig.locked("USDT")) == (Decimal(999_801), Decimal(199))
    assert rig.market.bids()[0] == (Decimal("99.5"), Decimal(2))
    rig.desk.cancel(order)
    assert (rig.free("USDT"), rig.locked("USDT")) == (Decimal(1_000_000), Decimal(0))
    assert outcome(order) == ("CANCELED", 0)
    assert states(rig, order) == ["NEW", "CANCELED"]
    assert rig.market.bids() == []


def test_an_agent_fills_a_resting_order_at_its_price_for_the_makers_rate() -> None:
    rig = rig_with()
    order = rig.place(0, "SELL", quantity="2", price="100.5")
    rig.market.place("BUY", "101", "0.5")
    assert outcome(order) == ("PARTIALLY_FILLED", 50_000_000)
    assert rig.free("USDT") == Decimal("1000050.25")
    assert rig.locked("BTC") == Decimal("1.5")
    (fill,) = rig.account().fills
    assert (fill.is_maker, fill.fee.asset, fill.fee.atoms) == (True, "USDT", 0)
    rig.desk.cancel(order)
    assert outcome(order) == ("PARTIALLY_CANCELED", 50_000_000)
    assert states(rig, order) == ["NEW", "PARTIALLY_FILLED", "PARTIALLY_CANCELED"]
    check_money(rig)


def test_a_taker_pays_the_makers_price_and_its_fee_in_what_it_received() -> None:
    rig = rig_with()
    rig.market.place("SELL", 99, 1)
    rig.market.place("SELL", 100, 1)
    order = rig.place(0, "BUY", quantity="2", price="105")
    assert outcome(order) == ("FILLED", 200_000_000)
    assert rig.free("USDT") == Decimal(1_000_000 - 199)
    assert rig.free("BTC") == Decimal("11.999")
    assert states(rig, order) == ["NEW", "PARTIALLY_FILLED", "FILLED"]
    assert [fill.fee.asset for fill in rig.account().fills] == ["BTC", "BTC"]
    rig.market.place("BUY", 98, 1)
    rig.place(0, "SELL", "MARKET", quantity="1")
    assert rig.account().fills[-1].fee.asset == "USDT"
    assert rig.free("USDT") == Decimal(1_000_000 - 199) + Decimal(98) * Decimal("0.9995")
    check_money(rig)


def test_buyers_can_be_charged_in_quote_which_is_then_set_aside_on_top() -> None:
    rig = rig_with(buy_fee=BuyFee.QUOTE)
    rig.market.place("SELL", 99, 1)
    order = rig.place(0, "BUY", quantity="2", price="100")
    assert rig.locked("USDT") == Decimal("100.05")
    assert rig.free("BTC") == Decimal(11)
    assert rig.free("USDT") == 1_000_000 - Decimal("100.05") - 99 * Decimal("1.0005")
    rig.desk.cancel(order)
    check_money(rig)


def test_fees_are_deducted_in_mx_while_there_is_some() -> None:
    rig = rig_with({"USDT": "1000000", "BTC": "10", "MX": "0.02"})
    mx = rig.exchange.market("MXUSDT")
    assert mx is not None
    mx.place("SELL", 2, 1)
    mx.place("BUY", 2, 1)
    rig.account().uses_mx = True
    rig.market.place("BUY", 100, 2)
    rig.place(0, "SELL", quantity="1", price="100")
    rig.place(0, "SELL", quantity="1", price="100")
    first, second = rig.account().fills
    # 0.05 % of 100 USDT, a fifth off, at 2 USDT for an MX; nothing is left for the second.
    assert (first.fee.asset, first.fee.atoms) == ("MX", 20 * 10**15)
    assert (second.fee.asset, second.fee.atoms) == ("USDT", 50 * 10**15)
    assert rig.free("MX") == 0
    check_money(rig)


def test_a_market_order_by_amount_stops_at_its_protective_price() -> None:
    rig = rig_with()
    rig.market.place("SELL", 100, 1)
    rig.market.place("SELL", 105, 1)
    rig.market.place("SELL", "105.01", 1)
    order = rig.place(0, "BUY", "MARKET", quantity="3")
    assert outcome(order) == ("PARTIALLY_CANCELED", 200_000_000)
    assert order.price == 10_500
    assert rig.locked("USDT") == 0
    assert rig.free("USDT") == 1_000_000 - 205
    rig.market.place("BUY", 90, 1)
    sold = rig.place(0, "SELL", "MARKET", quantity="1")
    assert (outcome(sold), sold.price) == (("FILLED", 100_000_000), 8_550)


def test_a_market_order_by_quote_amount_spends_what_buys_whole_lots() -> None:
    rig = rig_with()
    rig.market.place("SELL", 100, "0.5")
    rig.market.place("SELL", 103, 1)
    order = rig.place(0, "BUY", "MARKET", quoteOrderQty="60")
    assert outcome(order) == ("FILLED", 50_000_000 + 9_708_737)
    assert rig.locked("USDT") == 0
    assert 0 < 60 - (1_000_000 - rig.free("USDT")) < Decimal("0.00000103")
    short = rig.place(0, "BUY", "MARKET", quoteOrderQty="1000")
    assert short.state == "PARTIALLY_CANCELED"
    assert rig.market.asks() == []
    check_money(rig)


def test_a_market_order_can_sell_for_a_quote_amount() -> None:
    rig = rig_with()
    rig.market.place("BUY", 100, 5)
    order = rig.place(0, "SELL", "MARKET", quoteOrderQty="250")
    assert outcome(order) == ("FILLED", 250_000_000)
    assert rig.free("USDT") == 1_000_000 + 250 * Decimal("0.9995")


def test_orders_that_must_not_rest_end_in_the_same_instant() -> None:
    rig = rig_with()
    rig.market.place("SELL", 100, 1)
    killed = rig.place(0, "BUY", "FILL_OR_KILL", quantity="2", price="100")
    assert (outcome(killed), states(rig, killed)) == (("CANCELED", 0), ["NEW", "CANCELED"])
    crossing = rig.place(0, "BUY", "LIMIT_MAKER", quantity="1", price="100")
    assert outcome(crossing) == ("CANCELED", 0)
    taker = rig.place(0, "BUY", "IMMEDIATE_OR_CANCEL", quantity="3", price="100")
    assert outcome(taker) == ("PARTIALLY_CANCELED", 100_000_000)
    assert states(rig, taker) == ["NEW", "PARTIALLY_FILLED", "PARTIALLY_CANCELED"]
    assert rig.locked("USDT") == 0
    assert rig.place(0, "BUY", "LIMIT_MAKER", quantity="1", price="99").state == "NEW"


def test_without_prevention_an_account_can_trade_with_itself() -> None:
    rig = rig_with()
    rig.place(0, "SELL", quantity="1", price="100")
    rig.place(0, "BUY", quantity="1", price="100")
    first, second = rig.account().fills
    assert first.is_self_trade
    assert second.is_self_trade
    assert first.trade_id != second.trade_id
    assert (first.is_maker, second.is_maker) == (True, False)
    check_money(rig)


@pytest.mark.parametrize(
    ("mode", "maker_state", "taker_outcome", "reason"),
    [
        ("cancel_maker", "CANCELED", ("FILLED", 100_000_000), None),
        ("cancel_taker", "NEW", ("CANCELED", 0), "stp_cancel"),
        ("cancel_both", "CANCELED", ("CANCELED", 0), "stp_cancel"),
    ],
)
def test_self_trade_prevention_between_accounts_of_a_group(
    mode: str, maker_state: str, taker_outcome: tuple[str, int], reason: str | None
) -> None:
    rig = rig_with(RICH, RICH)
    group = rig.desk.groups.create(-1, "ours", 0)
    rig.desk.groups.add(group, [-1, -2], 0)
    maker = rig.place(1, "SELL", quantity="1", price="99")
    rig.market.place("SELL", 100, 1)
    taker = rig.place(0, "BUY", quantity="1", price="100", stpMode=mode)
    assert maker.state == maker_state
    assert outcome(taker) == taker_outcome
    assert taker.cancel_reason == reason
    if maker_state == "CANCELED":
        assert maker.cancel_reason == "stp_cancel"
    check_money(rig)


def test_fill_or_kill_does_not_count_what_prevention_takes_away() -> None:
    rig = rig_with()
    group = rig.desk.groups.create(-1, "ours", 0)
    rig.desk.groups.add(group, [-1], 0)
    rig.place(0, "SELL", quantity="1", price="99")
    rig.market.place("SELL", 100, 1)
    fields = {"price": "100", "stpMode": "cancel_maker"}
    killed = rig.place(0, "BUY", "FILL_OR_KILL", quantity="2", **fields)
    assert outcome(killed) == ("CANCELED", 0)
    assert len(rig.market.asks()) == 2
    assert outcome(rig.place(0, "BUY", "FILL_OR_KILL", quantity="1", **fields))[0] == "FILLED"


def test_money_that_is_not_there_is_refused_with_the_code_of_its_case() -> None:
    rig = rig_with({"USDT": "100", "BTC": "1"})
    rig.market.place("SELL", 100, 5)
    assert rig.refusal(0, "SELL", quantity="1.00000001", price="100").code == 30005
    assert rig.refusal(0, "BUY", quantity="1.01", price="100").code == 30004
    assert rig.refusal(0, "BUY", "MARKET", quoteOrderQty="100.01").code == 10101
    assert rig.refusal(0, "BUY", "MARKET", quantity="1").code == 30004, "5 % on top are set aside"
    assert rig.place(0, "BUY", quantity="1", price="100").state == "FILLED"
    assert rig.refusal(0, "SELL", quantity="2", price="100").code == 30005, "the fee was in BTC"
    assert rig.account().open_orders == {}
    check_money(rig)


def test_a_market_order_needs_an_opposing_one() -> None:
    rig = rig_with()
    assert rig.refusal(0, "BUY", "MARKET", quoteOrderQty="100").code == 30025


def test_the_cap_on_open_orders_counts_those_of_all_markets() -> None:
    rig = rig_with(limits=SimLimits(open_orders_per_account=2))
    rig.market.place("SELL", 101, 1)
    first = rig.place(0, "BUY", quantity="1", price="99")
    rig.place(0, "BUY", symbol="MXUSDT", quantity="10", price="3")
    assert rig.refusal(0, "BUY", quantity="1", price="99").code == 30029
    assert rig.place(0, "BUY", "MARKET", quantity="1").state == "FILLED", "it does not stay open"
    rig.desk.cancel(first)
    assert rig.place(0, "BUY", quantity="1", price="99").state == "NEW"


def test_a_repeated_client_order_id_is_taken_and_finds_the_newest() -> None:
    rig = rig_with()
    fields = {"quantity": "1", "price": "99", "newClientOrderId": "same"}
    first, second = rig.place(0, "BUY", **fields), rig.place(0, "BUY", **fields)
    assert first.order_id != second.order_id
    assert rig.account().find("BTCUSDT", client_order_id="same") is second
    assert rig.account().find("MXUSDT", client_order_id="same") is None


def test_ids_are_unique_over_markets_even_within_an_instant() -> None:
    rig = rig_with(limits=SimLimits.lifted())
    ids = [rig.place(0, "BUY", quantity="0.1", price="99").order_id for _ in range(600)]
    ids += [
        rig.place(0, "BUY", symbol="MXUSDT", quantity="1", price="3").order_id for _ in range(600)
    ]
    assert len(set(ids)) == 1_200
