"""Options of orders and of what is kept of the account, frozen and validated."""

from mexc_connector.common.enums import JournalSync
from mexc_connector.common.options import Options, require

# Requests and reports race: a reply that left before the order ended may come long after. At the
# exchange's 12 orders a second this many end in 8 seconds, more than a request may take.
_FEWEST_COMPLETED_ORDERS = 100


class TradingConfig(Options, frozen=True, kw_only=True):
    """Orders.

    `completed_orders`: finished orders kept in memory, at least 100, the least recently used go
    first. A late answer must find its order, or it would open it again.

    A lost answer to a placement: the private stream has `stream_wait_s` to tell; then the order
    is asked for with pauses of `lookup_base_s`, doubled up to `lookup_max_s`. Absence counts once
    `grace_s` (the exchange's reads lag its writes) and the request's `recv_window_ms` (how long
    the exchange may still take it in) have passed, and proves nothing beyond `lookup_s`: the
    exchange finds orders of the last 7 days.

    A cancellation: the stream has `cancel_confirm_s` to tell the final state before the order is
    asked for; after `cancel_timeout_s` its outcome counts as unknown.

    State of the account: every `audit_s` it is compared with the exchange over REST, because the
    private streams carry no sequence numbers; a failed comparison is repeated after
    `reconcile_base_s`, doubled up to `reconcile_max_s`. `ready_timeout_s`: how long a session
    waits for the first one. While the private stream is lost, orders and balances are read over
    REST every `poll_s`, at weight 13 of 300 in 10 s, and more where orders end.

    `journal_sync`: when the journal is forced to the disk. `ALWAYS` before each order leaves,
    which survives the loss of power; `INTERVAL` every `journal_sync_interval_s`; `NEVER` leaves it
    to the operating system. All three survive the end of the process.
    """

    completed_orders: int = 10_000
    stream_wait_s: float = 0.3
    lookup_base_s: float = 0.25
    lookup_max_s: float = 2.0
    grace_s: float = 5.0
    lookup_s: float = 6.9 * 24 * 3600
    cancel_confirm_s: float = 0.5
    cancel_timeout_s: float = 15.0
    audit_s: float = 60.0
    reconcile_base_s: float = 0.5
    reconcile_max_s: float = 30.0
    ready_timeout_s: float = 30.0
    poll_s: float = 2.0
    journal_sync: JournalSync = JournalSync.ALWAYS
    journal_sync_interval_s: float = 1.0

    def __post_init__(self) -> None:
        require(
            self.completed_orders >= _FEWEST_COMPLETED_ORDERS,
            f"completed_orders must be {_FEWEST_COMPLETED_ORDERS} or more",
        )
        self.require_positive(*(name for name in self.__struct_fields__ if name.endswith("_s")))
