"""What a stream repeats or leaves unsaid: repeated trades, older states, candles that ended."""

from collections import deque
from collections.abc import Hashable

import msgspec

from mexc_connector.common.models import Kline


class RepeatFilter:
    """Tells new identities from repeated ones, with a memory of the last `capacity`.

    Trades need it across reconnects, where the exchange may send some again.
    """

    __slots__ = ("_known", "_order")

    def __init__(self, capacity: int) -> None:
        self._order: deque[Hashable] = deque(maxlen=capacity)
        self._known: set[Hashable] = set()

    def is_new(self, identity: Hashable) -> bool:
        """Whether `identity` is seen for the first time, as far as memory goes; remember it."""
        if identity in self._known:
            return False
        if len(self._order) == self._order.maxlen:
            self._known.discard(self._order[0])
        self._order.append(identity)
        self._known.add(identity)
        return True

    def __len__(self) -> int:
        return len(self._order)

    def __repr__(self) -> str:
        return f"<RepeatFilter {len(self)} of {self._order.maxlen}>"


class CandleCloser:
    """Closes candles: the exchange sends the running one only and marks none as final.

    A candle is final once one of a newer window arrives. What was last seen of it is what is
    handed out as closed; after `reset` (the connection was lost) an unfinished candle is not
    closed at all, because what happened to it in between is unknown.
    """

    __slots__ = ("_running",)

    def __init__(self) -> None:
        self._running: Kline | None = None

    def on_kline(self, kline: Kline) -> tuple[Kline, ...]:
        """Return what to hand out: the closed candle first. Nothing for a window that is over."""
        running = self._running
        if running is None:
            self._running = kline
            return (kline,)
        if running.open_time_ms == kline.open_time_ms:
            # A candle only grows: less is what another connection has told already.
            if kline.amount < running.amount:
                return ()
            self._running = kline
            return (kline,)
        if kline.open_time_ms < running.open_time_ms:
            return ()
        self._running = kline
        closed = msgspec.structs.replace(running, is_closed=True, received_ns=kline.received_ns)
        return (closed, kline)

    def reset(self) -> None:
        """Forget the running candle."""
        self._running = None

    def __repr__(self) -> str:
        return f"<CandleCloser running {self._running!r}>"


class VersionFilter:
    """Tells states that are newer than the last one, or as new, by their versions."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = -1

    def is_current(self, version: int) -> bool:
        """Whether a state with `version` is as new as the last one or newer."""
        if version < self._last:
            return False
        self._last = version
        return True

    def is_newer(self, version: int) -> bool:
        """Whether a state with `version` is newer than the last one, and no copy of it."""
        return version != self._last and self.is_current(version)

    def reset(self) -> None:
        """Accept any version next."""
        self._last = -1

    def __repr__(self) -> str:
        return f"<VersionFilter last {self._last}>"
