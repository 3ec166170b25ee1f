"""What happens per second, and how late: sliding windows over the last second or so.

Time is an argument, in seconds of one monotonic clock.
"""

from collections import deque
from math import ceil

import msgspec

WINDOW_S = 1.0


class EventRate:
    """Events per second, counted one by one."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def count(self, now: float) -> None:
        """Note one event."""
        self._times.append(now)
        self._forget(now)

    def per_second(self, now: float) -> int:
        """Return how many events the last second saw."""
        self._forget(now)
        return len(self._times)

    def _forget(self, now: float) -> None:
        while self._times and self._times[0] <= now - WINDOW_S:
            self._times.popleft()


class CounterRate:
    """Growth per second of a counter that is read from time to time."""

    def __init__(self) -> None:
        self._readings: deque[tuple[float, float]] = deque()

    def read(self, value: float, now: float) -> float:
        """Note the counter's value; return its growth per second over about the last second."""
        readings = self._readings
        readings.append((now, value))
        while len(readings) > 2 and readings[1][0] <= now - WINDOW_S:
            readings.popleft()
        since, base = readings[0]
        return max(value - base, 0.0) / (now - since) if now > since else 0.0


class SendDelays:
    """Turns the exchange's send times and our receive times into latencies.

    `clock_offset_ms` is the exchange's clock minus ours as it was measured, which is good to half
    a round trip and to the resolution of the exchange's clock. Nothing arrives before it was
    sent, so a message that seems to do so corrects the offset.
    """

    def __init__(self, *, clock_offset_ms: float) -> None:
        self.clock_offset_ms = clock_offset_ms

    def latency_ms(self, *, sent_ms: float, received_ms: float) -> float:
        """Return milliseconds from sending, by their clock, to receiving, by ours."""
        latency_ms = received_ms + self.clock_offset_ms - sent_ms
        if latency_ms < 0:
            self.clock_offset_ms -= latency_ms
            return 0.0
        return latency_ms


class LatencySummary(msgspec.Struct, frozen=True):
    """Milliseconds from the exchange's sending to our receiving, over the last second."""

    median_ms: float
    p99_ms: float


class LatencyWindow:
    """The latencies of the last second."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque()

    def add(self, latency_ms: float, now: float) -> None:
        """Note one latency."""
        self._samples.append((now, latency_ms))
        self._forget(now)

    def summary(self, now: float) -> LatencySummary | None:
        """Return median and 99th percentile (nearest rank), or None when nothing arrived."""
        self._forget(now)
        if not self._samples:
            return None
        ordered = sorted(latency for _, latency in self._samples)
        return LatencySummary(median_ms=_ranked(ordered, 0.5), p99_ms=_ranked(ordered, 0.99))

    def _forget(self, now: float) -> None:
        while self._samples and self._samples[0][0] <= now - WINDOW_S:
            self._samples.popleft()


def _ranked(ordered: list[float], share: float) -> float:
    return ordered[max(ceil(share * len(ordered)), 1) - 1]
