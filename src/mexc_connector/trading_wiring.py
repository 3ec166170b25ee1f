"""What the trading side of a session is made of, and the order in which it is put together."""

import asyncio
import secrets
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import MexcConfig
from mexc_connector.common.credentials import Credentials
from mexc_connector.common.errors import RequestTimeout
from mexc_connector.common.trading_config import TradingConfig
from mexc_connector.core.client_order_ids import ENTROPY_BITS, ClientOrderIds
from mexc_connector.core.journal_records import fingerprint_of
from mexc_connector.performance import AccountMetrics
from mexc_connector.rest.private import MexcPrivateSpotRest
from mexc_connector.rest.public import MexcPublicSpotRest
from mexc_connector.trading.account import Account
from mexc_connector.trading.guard_readings import Books
from mexc_connector.trading.journal_file import OrderJournal
from mexc_connector.trading.last_prices import LastPrices
from mexc_connector.ws.private import ListenKeys, MexcWebsocketPrivate

_NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class TradingParts:
    """The account of one session, open: REST, private streams, and what is kept of them."""

    rest: MexcPrivateSpotRest
    streams: MexcWebsocketPrivate
    account: Account

    def metrics(self) -> AccountMetrics:
        """Return the counters of the account, its REST and its streams."""
        return AccountMetrics(self.account.metrics(), self.rest.metrics(), self.streams.metrics())


def open_journal(path: Path, credentials: Credentials, config: TradingConfig) -> OrderJournal:
    """Open the journal of the account that the keys belong to. Raises `JournalError`."""
    return OrderJournal(
        path,
        account=fingerprint_of(credentials.api_key),
        sync=config.journal_sync,
        sync_interval_s=config.journal_sync_interval_s,
    )


async def open_trading(
    credentials: Credentials,
    public: MexcPublicSpotRest,
    prices: LastPrices,
    *,
    journal: OrderJournal | None,
    books: Books,
    config: MexcConfig,
    clock: Clock,
    closing: AsyncExitStack,
) -> TradingParts:
    """Open the account; when this returns, what memory says of it is true.

    Everything is put on `closing` as soon as it is made. Raises `AuthenticationError`,
    `PermissionDenied`, and `RequestTimeout` if reading the account outlasts `ready_timeout_s`.
    """
    rest = MexcPrivateSpotRest(
        credentials.api_key, credentials.secret_key, config=config, public=public, clock=clock
    )
    closing.push_async_callback(rest.close)
    account = Account(
        rest,
        rules=public.get_symbol_info,
        ids=_new_ids(clock),
        markets=books,
        books=books,
        exchange_time_ms=rest.exchange_time_ms,
        last_price=prices.get,
        config=config,
        clock=clock,
        journal=journal,
    )
    closing.push_async_callback(account.close)
    account.start()
    streams = await _new_streams(rest, public, account, config=config, clock=clock)
    closing.push_async_callback(streams.close)
    await streams.open()
    closing.push_async_callback(account.guards.close)  # cancels while the streams still report
    await _wait_ready(account, config.trading.ready_timeout_s)
    return TradingParts(rest, streams, account)


async def _new_streams(
    rest: MexcPrivateSpotRest,
    public: MexcPublicSpotRest,
    account: Account,
    *,
    config: MexcConfig,
    clock: Clock,
) -> MexcWebsocketPrivate:
    keys = ListenKeys(rest.create_listen_key, rest.extend_listen_key, rest.close_listen_key)
    streams = MexcWebsocketPrivate(await public.get_symbol_map(), keys, config=config, clock=clock)
    streams.use_clock_offset(lambda: public.clock_offset_ms)
    streams.subscribe(account.feed)
    return streams


def _new_ids(clock: Clock) -> ClientOrderIds:
    return ClientOrderIds(
        started_ms=clock.time_ns() // _NS_PER_MS, entropy=secrets.randbits(ENTROPY_BITS)
    )


async def _wait_ready(account: Account, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await account.feed.wait_current()
    except TimeoutError:
        raise RequestTimeout(
            f"the account could not be read within {timeout_s:g} s: {account.feed.status.reason}"
        ) from None
    await account.recover()
