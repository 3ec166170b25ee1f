"""Money is neither made nor lost, whatever accounts and agents do to each other."""

import contextlib
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mexc_connector.sim import BuyFee, SimAccount, SimKey
from mexc_connector.sim.accounts import Account
from mexc_connector.sim.errors import Refusal
from mexc_connector.sim.ledger import ATOMS
from tests.property.trading_rig import SYMBOL, TradingRig, check_money

ACCOUNTS = 3
KINDS = ("LIMIT", "LIMIT", "LIMIT", "MARKET", "LIMIT_MAKER", "IMMEDIATE_OR_CANCEL", "FILL_OR_KILL")
MODES = ("", "", "cancel_maker", "cancel_taker", "cancel_both")

who = st.integers(0, ACCOUNTS - 1)
placements = st.tuples(
    st.just("place"),
    who,
    st.sampled_from(("BUY", "SELL")),
    st.sampled_from(KINDS),
    st.integers(83_900, 84_100),
    st.integers(1, 300_000_000),
    st.sampled_from(MODES),
)
by_amount = st.tuples(
    st.just("spend"), who, st.sampled_from(("BUY", "SELL")), st.integers(100, 20_000_000)
)
cancels = st.tuples(st.just("cancel"), who, st.integers(0, 50))
agents = st.tuples(
    st.just("agent"),
    st.sampled_from(("BUY", "SELL")),
    st.integers(83_900, 84_100),
    st.integers(1, 9),
)
switches = st.tuples(st.just("mx"), who, st.booleans())
actions = st.lists(placements | by_amount | cancels | agents | switches, max_size=60)


def accounts(maker_fee: str, taker_fee: str) -> list[SimAccount]:
    return [
        SimAccount(
            keys=(SimKey(api_key=f"mx0key{number}", secret_key="secret"),),
            balances={"USDT": "150000.123456789", "BTC": "1.5", "MX": "5"},
            maker_fee=maker_fee,
            taker_fee=taker_fee,
        )
        for number in range(ACCOUNTS)
    ]


def group_all(rig: TradingRig) -> None:
    group = rig.desk.groups.create(-1, "ours", 0)
    rig.desk.groups.add(group, [account.owner for account in rig.accounts], 0)


def lots_text(lots: int) -> str:
    return f"{lots / 10**8:.8f}"


def act(rig: TradingRig, action: tuple[Any, ...]) -> None:
    match action:
        case ("place", number, side, kind, price, lots, mode):
            fields = {"quantity": lots_text(lots), "stpMode": mode}
            if kind != "MARKET":
                fields["price"] = str(price)
            rig.place(number, side, kind, **fields)
        case ("spend", number, side, cents):
            rig.place(number, side, "MARKET", quoteOrderQty=f"{cents / 100:.2f}")
        case ("cancel", number, position):
            open_orders = list(rig.account(number).open_orders.values())
            if position < len(open_orders):
                rig.desk.cancel(open_orders[position])
        case ("agent", side, price, quantity):
            rig.market.place(side, price, quantity)
        case ("mx", number, is_on):
            rig.account(number).uses_mx = is_on


@settings(max_examples=150)
@given(
    actions=actions,
    maker_fee=st.sampled_from(("0", "0.0001", "0.00033333")),
    taker_fee=st.sampled_from(("0", "0.0005", "0.07777777")),
    buy_fee=st.sampled_from(tuple(BuyFee)),
)
def test_nothing_is_made_or_lost_and_locked_is_what_open_orders_need(
    actions: list[tuple[Any, ...]], maker_fee: str, taker_fee: str, buy_fee: BuyFee
) -> None:
    rig = TradingRig(*accounts(maker_fee, taker_fee), buy_fee=buy_fee)
    mx_market = rig.exchange.market("MXUSDT")
    assert mx_market is not None
    mx_market.place("SELL", "3", "1")
    mx_market.place("BUY", "3", "1")
    group_all(rig)
    for action in actions:
        with contextlib.suppress(Refusal):
            act(rig, action)
        check_money(rig)
    for account in rig.accounts:
        for order in tuple(account.open_orders.values()):
            rig.desk.cancel(order)
        assert not any(p.locked for p in rig.desk.ledger.purses[account.owner].values())
    check_money(rig)


def check_orders(rig: TradingRig, account: Account) -> None:
    filled: Counter[str] = Counter()
    for fill in account.fills:
        filled[fill.order.order_id] += fill.lots
    for order in account.orders.values():
        assert filled[order.order_id] == order.executed_lots <= order.lots
        assert order.state.is_open == (-order.number in rig.market.book.orders)
        assert order.state.is_open == (order.order_id in account.open_orders)
    ids = [fill.trade_id for fill in account.fills]
    assert len(set(ids)) == len(ids)


def check_changes(rig: TradingRig, account: Account) -> None:
    told: Counter[str] = Counter()
    for change in rig.told.changes:
        if change.owner == account.owner:
            told[change.asset] += change.free_change + change.locked_change
    for asset, purse in rig.desk.ledger.purses[account.owner].items():
        started = ATOMS.parse(account.options.balances.get(asset, "0"))
        assert started + told[asset] == purse.free + purse.locked


@settings(max_examples=150)
@given(actions=actions)
def test_orders_fills_and_balance_changes_tell_the_same_story(
    actions: list[tuple[Any, ...]],
) -> None:
    rig = TradingRig(*accounts("0.0001", "0.0005"))
    group_all(rig)
    for action in actions:
        with contextlib.suppress(Refusal):
            act(rig, action)
    for account in rig.accounts:
        check_orders(rig, account)
        check_changes(rig, account)
    finished: set[str] = set()
    for order_id, state in rig.told.states:
        assert order_id not in finished, "nothing is told of a finished order"
        if state not in ("NEW", "PARTIALLY_FILLED"):
            finished.add(order_id)


@settings(max_examples=20)
@given(
    orders=st.lists(
        st.tuples(
            st.sampled_from(("BUY", "SELL")), st.integers(-200, 200), st.integers(10_000, 5_000_000)
        ),
        max_size=15,
    ),
    seed=st.integers(0, 5),
)
def test_money_is_conserved_against_living_agents(
    orders: list[tuple[str, int, int]], seed: int
) -> None:
    rig = TradingRig(*accounts("0", "0.0005"), agents=12, seed=seed, symbols=(SYMBOL,))
    for side, distance, lots in orders:
        last = rig.market.last_price()
        assert last is not None
        price = f"{(last + distance) / 100:.2f}"
        with contextlib.suppress(Refusal):
            rig.place(0, side, quantity=lots_text(lots), price=price)
        rig.run(200)
        check_money(rig)
