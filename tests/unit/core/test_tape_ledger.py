from collections import Counter

from mexc_connector.common.enums import Side
from mexc_connector.common.models import Trade, TradeId
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.core.tape_ledger import TapeLedger, key_of

BTC = Symbol(AssetName("BTC"), AssetName("USDT"))


def trade(time_ms: int, price: float = 1.0, *, trade_id: str | None = None) -> Trade:
    return Trade(
        BTC, price, 1.0, Side.BUY, time_ms, None if trade_id is None else TradeId(trade_id)
    )


def owing(*times_ms: int, capacity: int = 10) -> TapeLedger:
    ledger = TapeLedger(capacity)
    ledger.note([trade(time_ms) for time_ms in times_ms])
    for time_ms in times_ms:
        ledger.owe(trade(time_ms))
    return ledger


def test_the_stream_and_rest_mean_the_same_trade_if_all_but_the_id_agree() -> None:
    assert key_of(trade(1, trade_id="t")) == key_of(trade(1))
    assert key_of(trade(1)) != key_of(trade(1, 2.0))


def test_a_debt_is_settled_once() -> None:
    ledger = owing(1, 1, 2)
    answers = [ledger.is_owed(trade(1, trade_id=name)) for name in "abc"]
    assert answers == [True, True, False]
    assert ledger.has_debts
    assert ledger.is_owed(trade(2, trade_id="d"))
    assert not ledger.has_debts


def test_what_is_forgiven_is_a_new_trade_if_it_comes_and_the_rest_is_owed_on() -> None:
    ledger = owing(1, 2, 2, 3)
    ledger.forgive(2)
    assert not ledger.is_owed(trade(1))
    assert not ledger.is_owed(trade(2))
    assert ledger.streamed_since(0) == Counter(map(key_of, [trade(1), trade(2), trade(2)]))
    assert ledger.is_owed(trade(3))
    assert not ledger.has_debts


def test_forgiving_keeps_the_bound_on_debts() -> None:
    ledger = owing(1, 2, 3, capacity=3)
    ledger.forgive(1)
    for time_ms in (4, 5):
        ledger.owe(trade(time_ms))
    assert not ledger.is_owed(trade(2))
    assert all(ledger.is_owed(trade(time_ms)) for time_ms in (3, 4, 5))
    assert repr(ledger) == "<TapeLedger 3 given, 0 owed>"


def test_what_only_rest_has_given_is_not_streamed() -> None:
    ledger = TapeLedger(10)
    ledger.note([trade(1), trade(2), trade(2)])
    ledger.owe(trade(2))
    assert ledger.given_since(2) == Counter({key_of(trade(2)): 2})
    assert ledger.streamed_since(2) == Counter({key_of(trade(2)): 1})
    assert ledger.newest_ms == 2


def test_the_oldest_is_forgotten_and_the_newest_time_is_not() -> None:
    ledger = TapeLedger(2)
    assert ledger.newest_ms is None
    ledger.note([trade(5), trade(3), trade(4)])
    assert ledger.given_since(0) == Counter(map(key_of, [trade(3), trade(4)]))
    ledger.note([])
    assert ledger.newest_ms == 4
    ledger.note([trade(2)])
    assert ledger.newest_ms == 4
