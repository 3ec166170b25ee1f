"""Options of the guards of trading. All are off until they are given."""

from enum import StrEnum, unique
from math import inf

from mexc_connector.common.errors import ConfigError
from mexc_connector.common.guards import GuardAction
from mexc_connector.common.options import Options


@unique
class PriceReference(StrEnum):
    """What an order's price is compared with."""

    MID = "MID"
    """The mean of the book's best bid and ask; needs the market's book."""

    LAST = "LAST"
    """The last traded price, by the trade stream; unknown until a trade was seen."""


class GuardOptions(Options, frozen=True, kw_only=True):
    """Base of all guards. Numbers must be above zero, and finite: others would never trip."""

    action: GuardAction = GuardAction.REFUSE

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, int | float) and not 0 < value < inf:
                raise ConfigError(f"{name} must be above 0 and finite")


class StaleBookGuard(GuardOptions, frozen=True, kw_only=True):
    """Orders need a book that may be read and was confirmed within `max_age_s`.

    An order in a market whose book cannot be read, or is not kept, is refused at once; the guard
    trips, and cancels that market's orders if it is told to, once the book is older. A quiet
    market is confirmed about `quiet_s` of `BookConfig` after its last change: stay well above.
    """

    max_age_s: float = 60.0


class LostAccountGuard(GuardOptions, frozen=True, kw_only=True):
    """Trips once `account_status` has not been current for `max_s`."""

    max_s: float = 5.0


class BlockedLoopGuard(GuardOptions, frozen=True, kw_only=True):
    """Trips when the event loop is later than `max_lag_s`; clears `calm_s` after the last time.

    The lag is measured every `check_every_s` of `GuardConfig`, and again with each order.
    """

    max_lag_s: float = 0.5
    calm_s: float = 1.0


class PriceBandGuard(GuardOptions, frozen=True, kw_only=True):
    """Refuses orders whose price is further from the reference than `max_distance`, a share of it.

    0.05 is 5 %. A market order is judged by the worst price that the book would give it now. While
    the price to compare with is not known every order is refused.
    """

    max_distance: float
    reference: PriceReference = PriceReference.MID


class OrderValueGuard(GuardOptions, frozen=True, kw_only=True):
    """Refuses orders worth more than their quote asset's share of `max_quote_amounts`.

    `{"USDT": 1000.0}`: the key is the quote asset, and an order in a market of any other is
    refused. A market order sized in base is valued by what the book would give for it now.
    """

    max_quote_amounts: dict[str, float]

    def __post_init__(self) -> None:
        super().__post_init__()
        for asset, most in self.max_quote_amounts.items():
            if not most > 0:
                raise ConfigError(f"max_quote_amounts: {asset} must be above 0")


class OpenOrdersGuard(GuardOptions, frozen=True, kw_only=True):
    """Refuses an order while `max_orders` of the account are open, under way or unknown."""

    max_orders: int


class OrderRateGuard(GuardOptions, frozen=True, kw_only=True):
    """Refuses the order that would be one too many in a sliding second or minute."""

    per_second: int | None = None
    per_minute: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.per_second is None and self.per_minute is None:
            raise ConfigError("order_rate needs per_second or per_minute")


class DeadManSwitch(GuardOptions, frozen=True, kw_only=True):
    """Trips when `heartbeat()` was not called for `timeout_s`."""

    timeout_s: float
    action: GuardAction = GuardAction.HALT


class GuardConfig(Options, frozen=True, kw_only=True):
    """Guards of trading; those that are None are off, which is the default of all.

    They watch every `check_every_s` and judge every order. Cancels are never guarded.
    `cancel_on_close`: cancel everything of the account when the session ends.
    `close_timeout_s`: how long the end of a session may wait for that, or for a cancellation by a
    guard that is still under way. `retry_base_s` doubles up to `retry_max_s` while it fails.
    """

    stale_book: StaleBookGuard | None = None
    lost_account: LostAccountGuard | None = None
    blocked_loop: BlockedLoopGuard | None = None
    dead_man: DeadManSwitch | None = None
    price_band: PriceBandGuard | None = None
    order_value: OrderValueGuard | None = None
    open_orders: OpenOrdersGuard | None = None
    order_rate: OrderRateGuard | None = None
    cancel_on_close: bool = False
    close_timeout_s: float = 10.0
    check_every_s: float = 0.1
    retry_base_s: float = 0.25
    retry_max_s: float = 5.0

    def __post_init__(self) -> None:
        self.require_positive("close_timeout_s", "check_every_s", "retry_base_s", "retry_max_s")

    @property
    def is_any_on(self) -> bool:
        """Whether any guard is on."""
        return any(isinstance(getattr(self, name), GuardOptions) for name in self.__struct_fields__)
