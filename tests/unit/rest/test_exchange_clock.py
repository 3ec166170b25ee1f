from mexc_connector.rest.exchange_clock import ClockSample, ExchangeClock
from tests.unit.rest.doubles import EPOCH_NS, FakeClock

EPOCH_MS = EPOCH_NS // 1_000_000


def test_before_any_measurement_our_own_clock_stands_in() -> None:
    clock = FakeClock()
    exchange = ExchangeClock(clock)
    assert exchange.offset_ms is None
    assert exchange.is_older_than(1e9)
    assert exchange.now_ms() == EPOCH_MS
    assert exchange.at_ms(clock.moment - 2.0) == EPOCH_MS - 2000


def test_the_offset_is_theirs_minus_ours_at_the_middle_of_the_round_trip() -> None:
    clock = FakeClock()
    exchange = ExchangeClock(clock)
    sent_at = clock.moment
    clock.moment += 0.2
    sample = ClockSample(EPOCH_MS + 5_100, sent_at=sent_at, received_at=clock.moment)
    assert exchange.set_from([sample]) == 5_000
    assert exchange.offset_ms == 5_000
    assert exchange.now_ms() == EPOCH_MS + 5_200


def test_the_sample_with_the_shortest_round_trip_wins() -> None:
    clock = FakeClock()
    exchange = ExchangeClock(clock)
    start = clock.moment
    clock.moment += 2.0
    slow = ClockSample(EPOCH_MS + 900, sent_at=start, received_at=start + 1.0)
    fast = ClockSample(EPOCH_MS + 1_010, sent_at=start + 1.0, received_at=start + 1.02)
    assert exchange.set_from([slow, fast]) == 0


def test_a_step_of_our_wall_clock_does_not_move_the_exchanges_time() -> None:
    class Stepping(FakeClock):
        step_ns = 0

        def time_ns(self) -> int:
            return super().time_ns() + self.step_ns

    clock = Stepping()
    exchange = ExchangeClock(clock)
    exchange.set_from([ClockSample(EPOCH_MS, sent_at=clock.moment, received_at=clock.moment)])
    clock.step_ns = 3_600_000_000_000
    clock.moment += 1.0
    assert exchange.now_ms() == EPOCH_MS + 1_000


def test_a_measurement_grows_old() -> None:
    clock = FakeClock()
    exchange = ExchangeClock(clock)
    exchange.set_from([ClockSample(EPOCH_MS, sent_at=clock.moment, received_at=clock.moment)])
    clock.moment += 300.0
    assert not exchange.is_older_than(300.0)
    clock.moment += 0.1
    assert exchange.is_older_than(300.0)
