"""OrderRequest: an order as a caller writes it down, before anything is checked."""

import msgspec

from mexc_connector.common.enums import OrderType, SelfTradePrevention, Side, TimeInForce
from mexc_connector.common.instrument import Number, SymbolInfo
from mexc_connector.core.order_check import CheckedOrder, checked_order


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One order of a batch; the fields are the arguments of `place_order`."""

    side: Side
    order_type: OrderType = OrderType.LIMIT
    amount: Number | None = None
    price: Number | None = None
    quote_amount: Number | None = None
    time_in_force: TimeInForce | None = None
    client_order_id: str | None = None
    self_trade_prevention: SelfTradePrevention = SelfTradePrevention.NONE

    def checked(self, info: SymbolInfo, *, reference_price: Number | None = None) -> CheckedOrder:
        """Check it against the rules of its market. Raises `OrderRefused`.

        `reference_price` is the last traded price, for the price band; None leaves that to the
        exchange.
        """
        return checked_order(
            info,
            side=self.side,
            order_type=self.order_type,
            amount=self.amount,
            price=self.price,
            quote_amount=self.quote_amount,
            time_in_force=self.time_in_force,
            self_trade_prevention=self.self_trade_prevention,
            reference_price=reference_price,
        )
