"""The way from the exchange to one client while faults are on: silences, waits, a narrow pipe.

Pure: frames and times in, bytes to write out. Within a channel a frame that waits holds up those
behind it; a frame that was put behind others comes after them, or when its longest wait is over.
Control answers belong to no channel and wait for nothing but the pipe. Times are the server's, ms.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

ANSWERS = ""
"""The channel of control answers."""
FOR_EVER_MS = 2**62


@dataclass(slots=True)
class Parked:
    """A frame that lets others go before it."""

    data: bytes
    behind: int
    latest_ms: int
    delay_ms: int


class Line:
    """One connection's way. `take` gives what may be written now."""

    __slots__ = (
        "_drip_rate",
        "_drip_until_ms",
        "_late",
        "_out",
        "_parked",
        "_silent_channels",
        "_silent_until_ms",
        "_taken_ms",
    )

    def __init__(self, now_ms: int) -> None:
        self._out = bytearray()
        self._parked: dict[str, list[Parked]] = {}
        self._late: dict[str, deque[tuple[int, bytes]]] = {}
        self._silent_channels: dict[str, int] = {}
        self._silent_until_ms = now_ms
        self._drip_rate: int | None = None
        self._drip_until_ms = now_ms
        self._taken_ms: float = now_ms

    @property
    def held_bytes(self) -> int:
        """Bytes that wait for anything."""
        late = sum(len(data) for queue in self._late.values() for _, data in queue)
        parked = sum(len(item.data) for items in self._parked.values() for item in items)
        return len(self._out) + late + parked

    def silence(self, now_ms: int, *, channel: str | None, for_ms: int | None) -> None:
        """Lose everything, or what a channel brings, for so long; None is for ever."""
        until_ms = FOR_EVER_MS if for_ms is None else now_ms + for_ms
        if channel is None:
            self._silent_until_ms = max(self._silent_until_ms, until_ms)
        else:
            self._silent_channels[channel] = max(self._silent_channels.get(channel, 0), until_ms)

    def is_mute(self, now_ms: int) -> bool:
        """Say whether the whole connection is silent."""
        return now_ms < self._silent_until_ms

    def unmute(self) -> None:
        """End the silence of the whole connection."""
        self._silent_until_ms = 0

    def speak(self, channel: str) -> None:
        """End a channel's silence."""
        self._silent_channels.pop(channel, None)

    def drip(self, now_ms: int, *, bytes_per_second: int, for_ms: int | None) -> None:
        """Let so many bytes through a second from now on."""
        if not self._is_dripping(now_ms):
            self._taken_ms = now_ms
        self._drip_rate = bytes_per_second
        self._drip_until_ms = FOR_EVER_MS if for_ms is None else now_ms + for_ms

    def put(
        self,
        channel: str,
        frames: list[bytes],
        now_ms: int,
        *,
        delay_ms: int = 0,
        behind: int = 0,
        longest_ms: int = 0,
    ) -> None:
        """Send frames that stand for one pushed on a channel; none stand for a lost one."""
        data = b"".join(frames)
        if behind:
            if data:
                latest_ms = now_ms + longest_ms
                self._parked.setdefault(channel, []).append(
                    Parked(data, behind, latest_ms, delay_ms)
                )
            return
        if data:
            self._send(channel, data, now_ms, delay_ms)
            self._let_pass(channel, now_ms)

    def take(self, now_ms: int) -> bytes:
        """Give the bytes that are due, and forget them."""
        self._release(now_ms)
        if not self._is_dripping(now_ms):
            data = bytes(self._out)
            self._out.clear()
            return data
        rate = self._drip_rate or 1
        count = int((now_ms - self._taken_ms) * rate / 1000)
        # Whole bytes only: the rest of the time counts for the next one.
        self._taken_ms = now_ms if not self._out else self._taken_ms + count * 1000 / rate
        data = bytes(self._out[:count])
        del self._out[:count]
        return data

    def take_all(self) -> bytes:
        """Give everything that still waits, in the order in which it would have come."""
        for channel, items in self._parked.items():
            for item in items:
                self._late.setdefault(channel, deque()).append((FOR_EVER_MS, item.data))
        self._parked.clear()
        for queue in self._late.values():
            self._out += b"".join(data for _, data in queue)
        self._late.clear()
        data = bytes(self._out)
        self._out.clear()
        return data

    def _is_dripping(self, now_ms: int) -> bool:
        return self._drip_rate is not None and now_ms < self._drip_until_ms

    def _is_silent(self, channel: str, now_ms: int) -> bool:
        if self.is_mute(now_ms):
            return True
        until_ms = self._silent_channels.get(channel)
        return until_ms is not None and now_ms < until_ms

    def _send(self, channel: str, data: bytes, now_ms: int, delay_ms: int) -> None:
        if self._is_silent(channel, now_ms):
            return
        queue = self._late.get(channel)
        if not queue and not delay_ms:
            self._out += data
            return
        self._late.setdefault(channel, deque()).append((now_ms + delay_ms, data))

    def _let_pass(self, channel: str, now_ms: int) -> None:
        """Count a frame that went before the parked ones."""
        waiting = self._parked.get(channel)
        if not waiting:
            return
        for item in waiting:
            item.behind -= 1
        ready = [item for item in waiting if item.behind <= 0]
        if ready:
            self._parked[channel] = [item for item in waiting if item.behind > 0]
            for item in ready:
                self._send(channel, item.data, now_ms, item.delay_ms)

    def _release(self, now_ms: int) -> None:
        for channel, waiting in self._parked.items():
            ready = [item for item in waiting if item.latest_ms <= now_ms]
            for item in ready:
                waiting.remove(item)
                self._send(channel, item.data, now_ms, item.delay_ms)
        for channel, queue in tuple(self._late.items()):
            while queue and queue[0][0] <= now_ms:
                data = queue.popleft()[1]
                if not self._is_silent(channel, now_ms):
                    self._out += data
            if not queue:
                del self._late[channel]
