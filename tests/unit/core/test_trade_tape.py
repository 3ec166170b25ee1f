"""The tape's rules one by one; tests/property/test_trade_tape.py has them all together."""

import pytest

from mexc_connector.common.enums import Side
from mexc_connector.common.errors import ConfigError
from mexc_connector.common.models import Trade, TradeId
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.common.tape_config import TapeConfig
from mexc_connector.common.trade_gap import TapeBreak, TapeDoubt
from mexc_connector.core.tape_actions import TapeStep
from mexc_connector.core.trade_tape import TradeTape

BTC = Symbol(AssetName("BTC"), AssetName("USDT"))


def rest(time_ms: int, price: float = 1.0) -> Trade:
    return Trade(BTC, price, 1.0, Side.BUY, time_ms)


def live(time_ms: int, price: float = 1.0) -> Trade:
    return Trade(BTC, price, 1.0, Side.BUY, time_ms, TradeId(f"{time_ms}/{price}"), 1)


def tape(*, known: tuple[int, ...] = (1, 2), **options: int) -> TradeTape:
    settings = {"wait_ns": 100, "retry_ns": 10, "held_trades": 5} | options
    made = TradeTape(BTC, can_backfill=True, **settings)
    made.on_subscribed(0)
    made.on_trades([live(time_ms) for time_ms in known], 0)
    return made


def broken(**options: int) -> tuple[TradeTape, int]:
    """A tape that was cut after trade 2 and has asked."""
    made = tape(**options)
    made.on_link_lost()
    request = made.on_subscribed(10).request
    assert request is not None
    return made, request


def times(step: TapeStep) -> list[int]:
    return [trade.exchange_time_ms for trade in step.trades]


def test_a_whole_tape_hands_out_what_comes_and_asks_for_nothing() -> None:
    made = tape()
    step = made.on_trades([live(3)], 5)
    assert times(step) == [3]
    assert (step.request, step.gap, made.due_ns) == (None, None, None)
    assert made.is_whole


def test_rest_that_shows_both_ends_closes_the_gap() -> None:
    made, request = broken()
    assert times(made.on_trades([live(5)], 11)) == []
    answer = [rest(6), rest(5), rest(4), rest(3), rest(2), rest(1)]
    step = made.on_rest_trades(answer, request, 12)
    assert times(step) == [3, 4, 5]
    assert step.trades[2].trade_id is not None
    assert step.gap is not None
    assert (step.gap.from_ms, step.gap.to_ms, step.gap.backfilled) == (2, 5, 2)
    assert (step.gap.cause, step.gap.is_closed) == (TapeBreak.LINK_LOST, True)
    assert times(made.on_trades([live(6)], 13)) == [6]


def test_in_a_quiet_market_rest_is_handed_out_at_once_and_confirmed_by_the_next_trade() -> None:
    made, request = broken()
    step = made.on_rest_trades([rest(4), rest(3), rest(2), rest(1)], request, 12)
    assert (times(step), step.gap) == ([3, 4], None)
    assert made.due_ns is None, "a quiet market is not asked about again and again"
    again = made.on_trades([live(4), live(7)], 50).request
    assert again is not None
    step = made.on_rest_trades([rest(7), rest(4), rest(3), rest(2), rest(1)], again, 51)
    assert times(step) == [7]
    assert step.gap is not None
    assert step.gap.is_closed
    assert made.repeated == 1


def test_a_trade_that_rest_gave_is_a_repeat_when_the_stream_brings_it_later() -> None:
    made, request = broken()
    made.on_rest_trades([rest(5), rest(4), rest(3), rest(2), rest(1)], request, 12)
    again = made.on_trades([live(4)], 13).request
    assert again is not None
    step = made.on_rest_trades([rest(5), rest(4), rest(3), rest(2), rest(1)], again, 14)
    assert (times(step), made.is_whole) == ([], True)
    assert times(made.on_trades([live(5), live(6)], 15)) == [6]
    assert made.repeated == 2


def test_once_a_gap_is_closed_its_trades_are_not_waited_for_any_more() -> None:
    made, request = broken()
    made.on_trades([live(5), live(6)], 11)
    answer = [rest(6), rest(5), rest(4), rest(3), rest(2), rest(1)]
    step = made.on_rest_trades(answer, request, 12)
    assert times(step) == [3, 4, 5, 6]
    assert not made._ledger.has_debts, "every later trade would be looked up in vain"
    assert times(made.on_trades([live(7)], 13)) == [7]


def test_an_answer_that_does_not_reach_back_leaves_the_gap_open() -> None:
    made, request = broken()
    made.on_trades([live(9)], 11)
    step = made.on_rest_trades([rest(10), rest(9), rest(8)], request, 12)
    assert times(step) == [8, 9]
    assert step.gap is not None
    assert step.gap.doubt is TapeDoubt.TOO_LONG


def test_an_answer_without_the_last_known_trade_cannot_be_joined() -> None:
    made, request = broken()
    made.on_trades([live(5)], 11)
    step = made.on_rest_trades([rest(6), rest(5), rest(2, 7.0), rest(1)], request, 12)
    assert step.gap is not None
    assert step.gap.doubt is TapeDoubt.DISAGREES


def test_an_answer_that_lags_is_asked_for_again_after_a_pause() -> None:
    made, request = broken()
    made.on_trades([live(5)], 11)
    assert made.on_rest_trades([rest(2), rest(1)], request, 12) == TapeStep()
    assert made.due_ns == 22
    assert made.on_tick(21).request is None
    assert made.on_tick(22).request is not None


def test_what_is_held_is_handed_out_in_time_and_the_gap_declared() -> None:
    made, request = broken()
    made.on_trades([live(5)], 11)
    assert made.on_rest_failed(request, 12) == TapeStep()
    made.on_tick(22)
    step = made.on_tick(111)
    assert times(step) == [5]
    assert step.gap is not None
    assert (step.gap.doubt, step.gap.to_ms) == (TapeDoubt.NOT_CONFIRMED, 5)
    assert made.due_ns is None
    late = made.on_rest_trades([rest(5), rest(4), rest(2), rest(1)], request + 1, 112)
    assert late == TapeStep(), "an answer that comes after all is ignored"


def test_no_more_than_a_bounded_number_is_held() -> None:
    made, _ = broken(held_trades=3)
    step = made.on_trades([live(5), live(6), live(7), live(8)], 11)
    assert times(step) == [5, 6, 7, 8]
    assert step.gap is not None
    assert step.gap.doubt is TapeDoubt.OVERFLOW


def test_look_alikes_of_the_first_trade_are_ambiguous_until_the_stream_goes_on() -> None:
    made, request = broken()
    made.on_trades([live(5)], 11)
    answer = [rest(6), rest(5), rest(5, 9.0), rest(2), rest(1)]
    assert made.on_rest_trades(answer, request, 12) == TapeStep()
    again = made.on_trades([live(6)], 13).request
    assert again is not None
    step = made.on_rest_trades(answer, again, 14)
    assert times(step) == [5, 5, 6]
    assert step.gap is not None
    assert step.gap.is_closed


def test_a_tape_that_knew_no_trade_says_so_and_asks_nothing() -> None:
    made = tape(known=())
    made.on_link_lost()
    step = made.on_subscribed(10)
    assert step.request is None
    assert step.gap is not None
    assert (step.gap.doubt, step.gap.from_ms) == (TapeDoubt.NO_REFERENCE, None)


def test_a_second_cut_extends_the_gap() -> None:
    made, request = broken()
    made.on_trades([live(5)], 11)
    made.on_link_lost()
    assert made.on_rest_trades([rest(6), rest(5), rest(2), rest(1)], request, 12) == TapeStep()
    again = made.on_subscribed(13).request
    assert again is not None
    made.on_trades([live(8)], 14)
    answer = [rest(9), rest(8), rest(7), rest(5), rest(3), rest(2), rest(1)]
    step = made.on_rest_trades(answer, again, 15)
    assert times(step) == [3, 5, 7, 8]
    assert step.gap is not None
    assert (step.gap.from_ms, step.gap.to_ms, step.gap.backfilled) == (2, 8, 2)


@pytest.mark.parametrize("bad", [{"wait_s": 0}, {"asked_trades": 1001}, {"held_trades": 0}])
def test_options_that_cannot_work_are_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ConfigError):
        TapeConfig(**bad)
