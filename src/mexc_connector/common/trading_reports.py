"""What trading commands and the start of a session report, in types."""

import msgspec

from mexc_connector.common.enums import AccountState
from mexc_connector.common.errors import InternalError, MexcError
from mexc_connector.common.order_handle import OrderHandle
from mexc_connector.common.orders import Order


class AccountStatus(msgspec.Struct, frozen=True):
    """Whether orders and balances in memory are what the exchange holds, and why not if not.

    `since_ns` is this machine's clock at the last change of the state. `last_reconciled_ns`
    is when memory and the exchange were last compared, polls included; 0 before the first time.
    """

    state: AccountState
    reason: str
    since_ns: int
    last_reconciled_ns: int = 0

    @property
    def is_current(self) -> bool:
        """Whether memory can be trusted now."""
        return self.state is AccountState.CURRENT


class CancelAllReport(msgspec.Struct, frozen=True):
    """What `cancel_all_orders` did: what is `finished`, canceled or filled, and `still_open`.

    The open orders were read again afterwards: an empty `still_open` is what the exchange says.
    """

    finished: tuple[Order, ...]
    still_open: tuple[Order, ...]


class OrderModification:
    """Both halves of `modify_order`: the old order in its final state, and the new one.

    The exchange cannot amend an order. `canceled` is what became of the old one; `failure` is why
    there is no new one: the old order was filled before the cancellation took effect, or the new
    one was refused. The old order is gone in any case.
    """

    __slots__ = ("_replacement", "canceled", "failure")

    def __init__(
        self, canceled: Order, *, replacement: OrderHandle | None, failure: MexcError | None
    ) -> None:
        self.canceled = canceled
        self.failure = failure
        self._replacement = replacement

    @property
    def is_complete(self) -> bool:
        """Whether the new order was placed."""
        return self._replacement is not None

    @property
    def replacement(self) -> OrderHandle:
        """The new order. Raises `failure` if there is none: it cannot be overlooked."""
        if self._replacement is not None:
            return self._replacement
        if self.failure is not None:
            raise self.failure
        raise InternalError("a modification without a new order and without a reason")

    def __repr__(self) -> str:
        second = repr(self._replacement or self.failure)
        return f"<OrderModification {self.canceled.status}, then {second}>"


class RecoveryReport(msgspec.Struct, frozen=True):
    """What the journal and the exchange said when the session began.

    `alive`: ours, and still open. `finished`: ours, and finished while we were away, in their
    final state. `unsettled`: ours, and the exchange has not told yet what became of them; they
    are followed in the background. `unknown_to_us`: open at the exchange, and not of this
    journal. `dropped_bytes`: length of a torn last record; 0 after an orderly end.
    """

    alive: tuple[OrderHandle, ...] = ()
    finished: tuple[OrderHandle, ...] = ()
    unsettled: tuple[OrderHandle, ...] = ()
    unknown_to_us: tuple[Order, ...] = ()
    dropped_bytes: int = 0
