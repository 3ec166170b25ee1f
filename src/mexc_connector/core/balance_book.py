"""BalanceBook: what the account holds, seeded by REST and moved by the private stream.

The stream says absolute amounts with the time at which a change was settled, nothing about assets
that do not change, and nothing about what happened while there was no connection. A snapshot by
REST says everything, but carries no time, and may be older than what the stream said meanwhile.
So, for each asset:

    B1  of two changes by the stream the one settled later holds; of two settled in the same
        millisecond the one that arrived later
    B2  a change that is the last one once more says nothing
    B3  a snapshot does not touch what the stream has changed on this connection since it was
        asked for, nor within `read_lag_s` before that: reads of the exchange lag its writes
    B4  elsewhere a snapshot holds; what it does not list is zero
    B5  a snapshot that was asked for before the last one that was applied says nothing
    B6  the book is current once a snapshot was applied that was asked for on the present
        connection, and `read_lag_s` after the last frame that could not be read and the last change
        that came too late (B1): the exchange's times are not known to be in order of its amounts

Amounts stay readable while the book is not current: `is_current` says what they are worth.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from mexc_connector.common.orders import ZERO, AssetBalance, BalanceAmounts
from mexc_connector.common.symbols import AssetName

_NOTHING = BalanceAmounts(free=ZERO, locked=ZERO)


class BalanceBook:
    """Balances of one account. Times are seconds of one monotonic clock.

    Whoever reads the account over REST notes the time at which the request was sent, and hands it
    over with the answer as `asked_at`.
    """

    def __init__(self, *, read_lag_s: float = 1.0) -> None:
        self.late = 0
        self._read_lag_s = read_lag_s
        self._balances: dict[AssetName, AssetBalance] = {}
        self._view = MappingProxyType(self._balances)
        # The last change of each asset by the stream, on any connection: for B1 and B2.
        self._last_change: dict[AssetName, AssetBalance] = {}
        # When the stream changed an asset on the present connection: for B3.
        self._changed_at: dict[AssetName, float] = {}
        self._asked_at = float("-inf")
        self._sure_since: float | None = None
        self._is_current = False

    # --- what is known ---

    @property
    def is_current(self) -> bool:
        """Whether the amounts are what the exchange holds, as far as its messages have come."""
        return self._is_current

    @property
    def balances(self) -> Mapping[AssetName, AssetBalance]:
        """Every asset that the account was ever seen to hold; a view that follows the book."""
        return self._view

    def get(self, asset: AssetName) -> AssetBalance:
        """Return what is held of an asset: zero if it was never heard of."""
        return self._balances.get(asset) or AssetBalance(asset=asset, exact=_NOTHING)

    # --- the connection ---

    def on_live(self, now: float) -> None:
        """A connection was granted: a snapshot is needed that is asked for from now on."""
        self._changed_at.clear()
        self._sure_since = now
        self._is_current = False

    def on_missed(self, now: float) -> None:
        """Something that the stream said could not be read: a snapshot is needed again."""
        if self._sure_since is not None:
            self._sure_since = now + self._read_lag_s
        self._is_current = False

    def on_lost(self) -> None:
        """The connection is gone: nothing is sure until the next one is live."""
        self._changed_at.clear()
        self._sure_since = None
        self._is_current = False

    # --- balances ---

    def on_change(self, balance: AssetBalance, now: float) -> AssetBalance | None:
        """Take what the stream says of one asset; return it if that is news."""
        asset = balance.asset
        last = self._last_change.get(asset)
        if last is not None and last.updated_ms is not None and balance.updated_ms is not None:
            if balance == last:  # B2
                return None
            if balance.updated_ms < last.updated_ms:  # B1
                self.late += 1
                self.on_missed(now)
                return None
        self._last_change[asset] = balance
        self._changed_at[asset] = now
        return self._hold(balance)

    def on_snapshot(
        self, balances: Iterable[AssetBalance], asked_at: float
    ) -> tuple[AssetBalance, ...]:
        """Take the account as REST answered it; return what is news."""
        if asked_at < self._asked_at:  # B5
            return ()
        self._asked_at = asked_at
        listed = {balance.asset: balance for balance in balances}
        gone = [asset for asset in self._balances if asset not in listed]
        listed.update((asset, AssetBalance(asset=asset, exact=_NOTHING)) for asset in gone)  # B4
        news = [
            held
            for asset, balance in listed.items()
            if not self._is_protected(asset, asked_at)  # B3
            and (held := self._hold(balance)) is not None
        ]
        if self._sure_since is not None and asked_at >= self._sure_since:  # B6
            self._is_current = True
        return tuple(news)

    def _is_protected(self, asset: AssetName, asked_at: float) -> bool:
        changed_at = self._changed_at.get(asset)
        return changed_at is not None and changed_at >= asked_at - self._read_lag_s

    def _hold(self, balance: AssetBalance) -> AssetBalance | None:
        is_news = self.get(balance.asset).exact != balance.exact
        self._balances[balance.asset] = balance
        return balance if is_news else None

    def __repr__(self) -> str:
        state = "current" if self._is_current else "not current"
        return f"<BalanceBook {state}, {len(self._balances)} assets>"
