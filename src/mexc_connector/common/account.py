"""What the private side tells besides orders, fills and balances: account, fees, keys, assets."""

from decimal import Decimal
from enum import StrEnum, unique
from typing import NewType

import msgspec

from mexc_connector.common.orders import ZERO, AssetBalance, BalanceAmounts
from mexc_connector.common.symbols import AssetName, Symbol

ListenKey = NewType("ListenKey", str)
"""Names a private stream, and opens it to whoever knows it: a secret. Lives 60 minutes."""

SelfTradeGroupId = NewType("SelfTradeGroupId", str)
"""The exchange's id of a self-trade-prevention group."""

_EXPIRES_SOON_DAYS = 7


class AccountInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The account at one moment between `requested_ms` and `received_ms` (exchange's clock).

    The three `can_` flags are the account's: what the key may do stands in `ApiKeyInfo`. Assets
    that the account does not hold are mostly absent from `balances`.
    """

    can_trade: bool
    can_withdraw: bool
    can_deposit: bool
    account_type: str
    permissions: tuple[str, ...]
    balances: tuple[AssetBalance, ...]
    requested_ms: int
    received_ms: int

    def balance_of(self, asset: AssetName) -> AssetBalance:
        """Return the balance of one asset, zero if the exchange names none."""
        for balance in self.balances:
            if balance.asset == asset:
                return balance
        return AssetBalance(asset=asset, exact=BalanceAmounts(free=ZERO, locked=ZERO))


class TradeFee(msgspec.Struct, frozen=True):
    """What this account pays on one market, as exact fractions (0.0005 is 0.05 %)."""

    symbol: Symbol
    maker: Decimal
    taker: Decimal


@unique
class KycStatus(StrEnum):
    """How far the account's owner is verified."""

    NONE = "1"
    PRIMARY = "2"
    ADVANCED = "3"
    INSTITUTIONAL = "4"
    UNKNOWN = ""


class ApiKeyInfo(msgspec.Struct, frozen=True):
    """The API key in use, without the key.

    `remaining_days` is None for a key without an end: keys that are bound to no address end after
    90 days, and the exchange then answers as if the signature were wrong. `created` is text as the
    exchange writes it. An empty `ip_white_list` means any address.
    """

    note: str
    permissions: frozenset[str]
    remaining_days: int | None
    ip_white_list: tuple[str, ...]
    status: str
    created: str

    @property
    def is_valid(self) -> bool:
        """Whether the exchange accepts the key at present."""
        return self.status == "VALID" and self.remaining_days != 0

    @property
    def expires_soon(self) -> bool:
        """Whether the key ends within 7 days: time to make another one."""
        return self.remaining_days is not None and self.remaining_days <= _EXPIRES_SOON_DAYS


class SelfTradeGroup(msgspec.Struct, frozen=True):
    """Accounts whose orders must not meet each other; see `SelfTradePrevention`."""

    group_id: SelfTradeGroupId
    name: str
    uids: tuple[str, ...]
    created_ms: int | None
    updated_ms: int | None


class ListenKeyList(msgspec.Struct, frozen=True):
    """The listen keys that live, and how many more there may be. `repr` shows no key."""

    keys: tuple[ListenKey, ...]
    total: int | None
    available: int | None

    def __repr__(self) -> str:
        return f"<ListenKeyList {len(self.keys)} alive, {self.available} of {self.total} available>"


class CurrencyNetwork(msgspec.Struct, frozen=True, kw_only=True):
    """One chain that an asset moves on. None means that the exchange states nothing.

    `network` is the short name, for withdrawals; `long_name` the older one, for deposits. Amounts
    are exact and in the asset; `withdraw_step` is the smallest part of it that can be withdrawn.
    """

    network: str | None
    long_name: str
    is_deposit_enabled: bool
    is_withdraw_enabled: bool
    is_memo_required: bool
    min_confirmations: int | None
    withdraw_fee: Decimal | None
    withdraw_min: Decimal | None
    withdraw_max: Decimal | None
    withdraw_step: Decimal | None
    contract_address: str | None


class Currency(msgspec.Struct, frozen=True):
    """One asset and the chains that it moves on."""

    asset: AssetName
    name: str
    networks: tuple[CurrencyNetwork, ...]
