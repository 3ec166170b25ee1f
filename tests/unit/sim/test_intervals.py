from datetime import UTC, datetime

import pytest

from mexc_connector.sim.intervals import BY_REST_NAME, BY_STREAM_NAME, INTERVALS

WEDNESDAY = datetime(2026, 2, 18, 13, 47, 12, tzinfo=UTC)


def ms(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("Min1", ms(2026, 2, 18, 13, 47), ms(2026, 2, 18, 13, 48)),
        ("Min15", ms(2026, 2, 18, 13, 45), ms(2026, 2, 18, 14)),
        ("Hour8", ms(2026, 2, 18, 8), ms(2026, 2, 18, 16)),
        ("Day1", ms(2026, 2, 18), ms(2026, 2, 19)),
        ("Week1", ms(2026, 2, 16), ms(2026, 2, 23)),
        ("Month1", ms(2026, 2, 1), ms(2026, 3, 1)),
    ],
)
def test_windows_begin_and_end_where_the_calendar_says(name: str, start: int, end: int) -> None:
    interval = BY_STREAM_NAME[name]
    begun = interval.start_of(int(WEDNESDAY.timestamp() * 1000))
    assert (begun, interval.end_of(begun)) == (start, end)


def test_months_step_back_over_the_turn_of_the_year() -> None:
    month = BY_REST_NAME["1M"]
    assert month.back(ms(2026, 2, 1), 3) == ms(2025, 11, 1)
    assert BY_REST_NAME["4h"].back(ms(2026, 2, 1), 6) == ms(2026, 1, 31)


def test_both_spellings_are_those_of_the_exchange() -> None:
    assert list(BY_STREAM_NAME) == (
        ["Min1", "Min5", "Min15", "Min30", "Min60", "Hour4", "Hour8", "Day1", "Week1", "Month1"]
    )
    assert list(BY_REST_NAME) == ["1m", "5m", "15m", "30m", "60m", "4h", "1d", "1W", "1M"]
    assert len(INTERVALS) == 10
