"""BalanceDesk: balances in memory, read afresh by one request however many ask."""

import asyncio
from collections.abc import Mapping

from mexc_connector.common.clock import Clock
from mexc_connector.common.fan_out import FanOut
from mexc_connector.common.orders import AssetBalance
from mexc_connector.common.symbols import AssetName
from mexc_connector.core.balance_book import BalanceBook
from mexc_connector.trading.account_rest import AccountRest


class BalanceDesk:
    """Owns the balance book, its watchers, and the one request that may be under way."""

    def __init__(self, rest: AccountRest, *, queue_size: int, clock: Clock) -> None:
        self.book = BalanceBook()
        self.changes: FanOut[AssetBalance] = FanOut("balances", queue_size=queue_size)
        self.reads = 0
        self.requests = 0
        self.shared = 0
        self._rest = rest
        self._clock = clock
        self._reading: asyncio.Task[None] | None = None

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
        """Read all balances by REST. A request that is under way already serves everybody.

        Cancelling one caller leaves the request to the others. Raises what the request raises.
        """
        if self._reading is None:
            self.requests += 1
            self._reading = asyncio.create_task(self._read(), name="mexc balances")
            self._reading.add_done_callback(self._on_read)
        else:
            self.shared += 1
        await asyncio.shield(self._reading)
        return self.book.balances

    def on_change(self, balance: AssetBalance) -> None:
        """Take in what the stream says."""
        self._publish(self.book.on_change(balance, self._clock.now()))

    async def close(self) -> None:
        """End the request under way and every watch. May be called twice."""
        self.changes.finish()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def _read(self) -> None:
        asked_at = self._clock.now()
        balances = await self._rest.get_account_balances()
        for balance in self.book.on_snapshot(balances, asked_at):
            self._publish(balance)

    def _on_read(self, task: asyncio.Task[None]) -> None:
        self._reading = None
        if not task.cancelled():
            task.exception()  # every caller may be gone; then nobody else retrieves it

    def _publish(self, balance: AssetBalance | None) -> None:
        if balance is not None:
            self.changes.push(balance)

    def __repr__(self) -> str:
        return f"<BalanceDesk {self.book!r}>"
