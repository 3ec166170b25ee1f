"""The exchange's clock, measured from `/api/v3/time`."""

from collections.abc import Sequence

import msgspec

from mexc_connector.common.clock import Clock

_NS_PER_MS = 1_000_000
_MS_PER_S = 1000


class ClockSample(msgspec.Struct, frozen=True):
    """One answer of the exchange, with our monotonic times around it."""

    server_time_ms: int
    sent_at: float
    received_at: float

    @property
    def round_trip_s(self) -> float:
        """Seconds from sending to the answer; half of it bounds the error."""
        return self.received_at - self.sent_at


class ExchangeClock:
    """Carries the last measurement on by the monotonic clock.

    A step of this machine's wall clock therefore changes nothing until the next measurement.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sample: ClockSample | None = None
        self._offset_ms = 0

    def set_from(self, samples: Sequence[ClockSample]) -> int:
        """Take the sample with the shortest round trip; returns the new offset."""
        self._sample = min(samples, key=lambda sample: sample.round_trip_s)
        now = self._clock.now()
        self._offset_ms = round(self._at(self._sample, now) - self._clock.time_ns() / _NS_PER_MS)
        return self._offset_ms

    @property
    def offset_ms(self) -> int | None:
        """Exchange's clock minus this machine's, as last measured; None before that."""
        return None if self._sample is None else self._offset_ms

    @property
    def age_s(self) -> float | None:
        """Seconds since the last measurement; None before the first."""
        return None if self._sample is None else self._clock.now() - self._sample.received_at

    def is_older_than(self, seconds: float) -> bool:
        """Whether there is no measurement, or only one older than `seconds`."""
        return self._sample is None or self._clock.now() - self._sample.received_at > seconds

    def is_measured_before(self, moment: float) -> bool:
        """Whether there is no measurement from after a moment of our monotonic clock."""
        return self._sample is None or self._sample.sent_at <= moment

    def at_ms(self, moment: float) -> int:
        """Return the exchange's time at a moment of our monotonic clock.

        As long as nothing was measured this machine's clock stands in.
        """
        if self._sample is not None:
            return int(self._at(self._sample, moment))
        ago_ms = (self._clock.now() - moment) * _MS_PER_S
        return int(self._clock.time_ns() / _NS_PER_MS - ago_ms)

    def local_ms(self) -> int:
        """Return the time by this machine's clock."""
        return self._clock.time_ns() // _NS_PER_MS

    def now_ms(self) -> int:
        """Return the exchange's time now; see `at_ms`."""
        return self.at_ms(self._clock.now())

    @staticmethod
    def _at(sample: ClockSample, moment: float) -> float:
        # The exchange read its clock halfway on average, and cut off half a millisecond.
        halfway = (sample.sent_at + sample.received_at) / 2
        return sample.server_time_ms + 0.5 + (moment - halfway) * _MS_PER_S
