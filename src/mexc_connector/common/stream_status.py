"""What can be seen of a streaming client: events of its links, and counters."""

import msgspec

from mexc_connector.common.enums import ConnectionState
from mexc_connector.common.health import LinkHealth


class ConnectionEvent(msgspec.Struct, frozen=True):
    """A link changed its state.

    `connection_id` names the link; it keeps its number over reconnects. `epoch` numbers the
    connections that were made, over all links; 0 where there is none. `reason` says why, in
    words. `time_ns` is this machine's clock.
    """

    connection_id: int
    state: ConnectionState
    epoch: int
    reason: str
    time_ns: int


class ListenKeyMetrics(msgspec.Struct, frozen=True):
    """Counters of the listen keys of a private stream since it was made.

    `created` counts keys: the first one, those that replaced another one, and one for each
    successor of a link that grew old. `close_failures` are keys that could not be closed: until
    they expire they count towards the exchange's 60 an account.
    """

    created: int
    extended: int
    extension_failures: int
    close_failures: int


class StreamMetrics(msgspec.Struct, frozen=True):
    """Counters of a streaming client since it was made; gauges say so.

    `links`, `open_links`, `subscriptions` (confirmed) and `wanted` are gauges. `reconnects` counts
    connections that replaced a lost one, `connect_failures` attempts that came to nothing.
    `handovers` counts old links whose successor took over without a gap, `handover_failures`
    successors that were given up. `refusals` counts channels that were refused, `replay_refusals`
    those among them that had been granted before. `undecodable_frames` are frames that are no push;
    `bad_bodies` pushes whose body breaks its form. `unclaimed_frames` are pushes that nobody waits
    for (late ones after an unsubscription). `unexpected_texts` are text frames that are no reply to
    anything.
    `unchanged_book_tickers`, `stale_events` and `repeated_trades` were dropped because they say
    nothing new. `unknown_markets` are mini tickers of markets missing in the symbol map.
    `callback_errors` are exceptions of consumers' callbacks. `last_frame_ns` is this machine's
    clock, 0 before the first frame. `each_link` is how every link is doing now.
    """

    links: int
    open_links: int
    subscriptions: int
    wanted: int
    frames: int
    bytes: int
    messages_sent: int
    reconnects: int
    handovers: int
    handover_failures: int
    connect_failures: int
    refusals: int
    replay_refusals: int
    undecodable_frames: int
    bad_bodies: int
    unclaimed_frames: int
    unexpected_texts: int
    unchanged_book_tickers: int
    stale_events: int
    repeated_trades: int
    unknown_markets: int
    callback_errors: int
    last_frame_ns: int
    each_link: tuple[LinkHealth, ...] = ()
