"""What a request comes back with, and what a command was about."""

import msgspec

from mexc_connector.common.errors import OrderOutcomeUnknown
from mexc_connector.common.orders import ClientOrderId, OrderId


class Answer(msgspec.Struct, frozen=True):
    """The success of a request.

    `sent_at` and `received_at` are seconds of our monotonic clock around the attempt that
    succeeded; `received_ns` is the same end by this machine's wall clock.
    """

    endpoint: str
    body: bytes
    sent_at: float
    received_at: float
    received_ns: int

    def __repr__(self) -> str:
        return f"<Answer to {self.endpoint}, {len(self.body)} bytes>"  # the body can hold a secret


class OrderReference(msgspec.Struct, frozen=True):
    """The order that a command is about; neither id where it is about several."""

    order_id: OrderId | None = None
    client_order_id: ClientOrderId | None = None

    def outcome_unknown(self) -> OrderOutcomeUnknown:
        """Return the error for a command whose answer was lost."""
        return OrderOutcomeUnknown(self.client_order_id, order_id=self.order_id)
