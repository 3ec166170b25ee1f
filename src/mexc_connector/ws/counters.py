"""What a streaming client counts; `StreamMetrics` says what each figure means."""

from dataclasses import dataclass


@dataclass(slots=True)
class FrameCounters:
    """Counted by the router."""

    frames: int = 0
    bytes: int = 0
    undecodable_frames: int = 0
    unclaimed_frames: int = 0
    last_frame_ns: int = 0


@dataclass(slots=True)
class PoolCounters:
    """Counted by the pool."""

    messages_sent: int = 0
    reconnects: int = 0
    handovers: int = 0
    handover_failures: int = 0
    connect_failures: int = 0
    refusals: int = 0
    replay_refusals: int = 0
    unexpected_texts: int = 0
    sink_errors: int = 0


@dataclass(slots=True)
class KeyCounters:
    """Counted by the keepers of listen keys."""

    created: int = 0
    extended: int = 0
    extension_failures: int = 0
    close_failures: int = 0


@dataclass(slots=True)
class EventCounters:
    """Counted on the way from push to event."""

    bad_bodies: int = 0
    unchanged_book_tickers: int = 0
    stale_events: int = 0
    repeated_trades: int = 0
    unknown_markets: int = 0
    callback_errors: int = 0
