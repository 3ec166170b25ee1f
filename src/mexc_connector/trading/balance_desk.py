"""BalanceDesk: balances in memory, read afresh by one request however many ask."""

from collections.abc import Mapping

from mexc_connector.common.clock import Clock
from mexc_connector.common.fan_out import FanOut
from mexc_connector.common.orders import AssetBalance
from mexc_connector.common.shared_read import SharedRead
from mexc_connector.common.symbols import AssetName
from mexc_connector.core.balance_book import BalanceBook
from mexc_connector.trading.account_rest import AccountRest


class BalanceDesk:
    """Owns the balance book, its watchers, and the one request that may be under way."""

    def __init__(self, rest: AccountRest, *, queue_size: int, clock: Clock) -> None:
        self.book = BalanceBook()
        self.changes: FanOut[AssetBalance] = FanOut("balances", queue_size=queue_size)
        self.reads = 0
        self._rest = rest
        self._clock = clock
        self._reading = SharedRead(self._read, clock=clock, name="balances")

    @property
    def balances(self) -> Mapping[AssetName, AssetBalance]:
        """All balances; a view that follows the book."""
        self.reads += 1
        return self.book.balances

    def get(self, asset: AssetName) -> AssetBalance:
        """Return one balance from memory; zero for an asset that is not held."""
        self.reads += 1
        return self.book.get(asset)

    async def refresh(self) -> Mapping[AssetName, AssetBalance]:
        """Read all balances by REST, as of after this call; who asks at the same time shares it.

        Cancelling one caller leaves the request to the others. Raises what the request raises.
        """
        await self._reading.get()
        return self.book.balances

    @property
    def requests(self) -> int:
        """Requests made."""
        return self._reading.requests

    @property
    def shared(self) -> int:
        """Callers who were served by a request that another one had caused."""
        return max(0, self._reading.calls - self._reading.requests)

    def on_change(self, balance: AssetBalance) -> None:
        """Take in what the stream says."""
        self._publish(self.book.on_change(balance, self._clock.now()))

    async def close(self) -> None:
        """End the request under way and every watch. May be called twice."""
        self.changes.finish()
        await self._reading.close()

    async def _read(self) -> tuple[None, float]:
        asked_at = self._clock.now()
        balances = await self._rest.get_account_balances()
        for balance in self.book.on_snapshot(balances, asked_at):
            self._publish(balance)
        return None, asked_at

    def _publish(self, balance: AssetBalance | None) -> None:
        if balance is not None:
            self.changes.push(balance)

    def __repr__(self) -> str:
        return f"<BalanceDesk {self.book!r}>"
