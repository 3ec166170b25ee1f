import msgspec

from mexc_connector.common.enums import KlineInterval
from mexc_connector.common.models import Kline
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.core.stream_filters import CandleCloser, RepeatFilter, VersionFilter

BTC_USDT = Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))


def candle(minute: int, close: float, *, received_ns: int = 0) -> Kline:
    return Kline(
        symbol=BTC_USDT,
        interval=KlineInterval.MINUTE_1,
        open_time_ms=minute * 60_000,
        close_time_ms=(minute + 1) * 60_000,
        open=1.0,
        high=9.0,
        low=1.0,
        close=close,
        amount=1.0,
        quote_amount=1.0,
        is_closed=False,
        received_ns=received_ns,
    )


def test_an_identity_is_new_once() -> None:
    repeats = RepeatFilter(10)
    assert repeats.is_new("a")
    assert not repeats.is_new("a")
    assert repeats.is_new("b")


def test_memory_is_bounded_and_forgets_the_oldest_first() -> None:
    repeats = RepeatFilter(3)
    assert all(repeats.is_new(number) for number in range(100))
    assert len(repeats) == 3
    assert len(repeats._known) == 3
    assert not repeats.is_new(98)
    assert repeats.is_new(96)


def test_a_running_candle_is_handed_out_as_it_is() -> None:
    closer = CandleCloser()
    first, second = candle(1, 2.0), candle(1, 3.0)
    assert closer.on_kline(first) == (first,)
    assert closer.on_kline(second) == (second,)


def test_a_newer_window_closes_the_candle_as_it_was_last_seen() -> None:
    closer = CandleCloser()
    closer.on_kline(candle(1, 2.0))
    closer.on_kline(candle(1, 3.0))
    closed, running = closer.on_kline(candle(2, 4.0, received_ns=77))
    assert (closed.close, closed.open_time_ms, closed.is_closed) == (3.0, 60_000, True)
    assert closed.received_ns == 77  # when the closing became known
    assert (running.close, running.is_closed) == (4.0, False)


def test_a_frame_of_a_window_that_is_over_is_dropped() -> None:
    closer = CandleCloser()
    closer.on_kline(candle(2, 4.0))
    assert closer.on_kline(candle(1, 3.0)) == ()
    assert closer.on_kline(candle(2, 5.0))[0].close == 5.0


def test_a_candle_whose_end_was_not_watched_is_not_closed() -> None:
    closer = CandleCloser()
    closer.on_kline(candle(1, 2.0))
    closer.reset()
    assert [kline.is_closed for kline in closer.on_kline(candle(2, 4.0))] == [False]


def test_a_candle_only_grows_so_a_smaller_one_is_an_old_copy() -> None:
    closer = CandleCloser()
    small = candle(1, 10.0)
    large = msgspec.structs.replace(small, amount=small.amount + 1)
    assert closer.on_kline(large) == (large,)
    assert closer.on_kline(small) == ()
    assert closer.on_kline(large) == (large,)


def test_a_copy_is_not_newer() -> None:
    versions = VersionFilter()
    assert versions.is_newer(3)
    assert not versions.is_newer(3)
    assert not versions.is_newer(2)
    assert versions.is_newer(4)


def test_a_lower_version_is_dropped_and_the_same_one_passes() -> None:
    versions = VersionFilter()
    assert versions.is_current(5)
    assert versions.is_current(5)
    assert not versions.is_current(4)
    assert versions.is_current(6)
    versions.reset()
    assert versions.is_current(1)


def test_reprs_show_the_state() -> None:
    versions, repeats, closer = VersionFilter(), RepeatFilter(3), CandleCloser()
    versions.is_current(8)
    repeats.is_new(1)
    assert repr(versions) == "<VersionFilter last 8>"
    assert repr(repeats) == "<RepeatFilter 1 of 3>"
    assert "running None" in repr(closer)
