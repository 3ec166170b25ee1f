"""MexcWebsocketPrivate: orders, fills and balances of one account, under a listen key."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import MexcConfig
from mexc_connector.common.enums import ConnectionState
from mexc_connector.common.errors import SessionClosed
from mexc_connector.common.latency import LatencyReport
from mexc_connector.common.orders import AssetBalance, Fill, Order
from mexc_connector.common.registration import Registration
from mexc_connector.common.stream_status import ConnectionEvent, ListenKeyMetrics, StreamMetrics
from mexc_connector.common.symbols import SymbolMap
from mexc_connector.common.watch import Watch
from mexc_connector.ws.account_channels import AccountSink
from mexc_connector.ws.listen_keys import ListenKeys
from mexc_connector.ws.private_link import PrivateLink

__all__ = ["AccountSink", "ListenKeys", "MexcWebsocketPrivate"]


class MexcWebsocketPrivate:
    """The exchange's private streams of one account.

    ```python
    keys = ListenKeys(
        create=rest.create_listen_key, extend=rest.extend_listen_key, close=rest.close_listen_key
    )
    async with MexcWebsocketPrivate(symbol_map, keys) as streams:
        async for fill in streams.watch_fills(): ...
    ```

    One connection with one listen key carries all three channels. It reconnects by itself for as
    long as it takes; the key is extended, replaced and closed on the way. Before the exchange cuts
    it for its age, another connection with a key of its own takes over without a gap.

    The exchange replays nothing and numbers nothing, so what happens while there is no connection
    is told by nobody. `is_live` says whether all is told now, sinks and `on_connection` learn when
    that changes; whoever keeps state reads it over REST after each `on_live`.

    Callbacks and sinks may be registered before `open`, to miss nothing of what follows.
    """

    def __init__(
        self,
        symbol_map: SymbolMap,
        listen_keys: ListenKeys,
        *,
        config: MexcConfig | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._symbol_map = symbol_map
        self._is_opening = False
        self._is_open = False
        self._is_closed = False
        self._link = PrivateLink(
            lambda: self._symbol_map,
            listen_keys,
            config=config or MexcConfig(),
            clock=clock or Clock(),
        )

    async def open(self) -> None:
        """Make a listen key, connect, and return once all three channels are granted.

        Opening twice is fine. Raises what making the key raises, `ConnectionFailed` after three
        connects in a row that failed, `SubscriptionRefused` when three keys in a row were refused.
        Then, and when it is cancelled, everything is closed.
        """
        if self._is_closed:
            raise SessionClosed("the private streams were closed; make new ones")
        if self._is_open:
            return
        self._is_opening = True
        try:
            await self._link.open()
        except BaseException:
            await self.close()
            raise
        self._is_open = True

    async def close(self) -> None:
        """End the link, every watch and callback, and the listen key. Closing twice is fine.

        Takes at most `close_timeout_s` for the link and as long for the key.
        """
        self._is_closed = True
        await self._link.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def use_symbol_map(self, symbol_map: SymbolMap) -> None:
        """Use a newer map from now on; markets that are gone since the older one stay known.

        Orders and fills of markets that both lack cannot be told: they are counted as
        `unknown_markets`, and sinks get `on_undecodable`.
        """
        self._symbol_map = self._symbol_map.updated_by(symbol_map)

    # --- state ---

    @property
    def state(self) -> ConnectionState:
        """State of the link that the account is told by; IDLE before `open`."""
        if self._is_closed:
            return ConnectionState.CLOSED
        # A successor that is still connecting takes nothing away.
        return ConnectionState.OPEN if self.is_live else self._link.hub.pool.links.state

    @property
    def is_connected(self) -> bool:
        """Whether the link is open; its channels need not be granted yet."""
        return self.state is ConnectionState.OPEN

    @property
    def is_live(self) -> bool:
        """Whether all three channels are granted: everything that happens is told."""
        return self._link.account.live_epoch is not None

    def on_connection(self, callback: Callable[[ConnectionEvent], object]) -> Registration:
        """Call `callback(event)` when the link changes its state, and for what goes wrong on it."""
        self._require_not_closed()
        return self._link.hub.on_connection(callback)

    def metrics(self) -> StreamMetrics:
        """Return the counters as they are now; they stay readable after `close`."""
        return self._link.hub.metrics()

    def get_latency(self) -> LatencyReport:
        """Return where the time of the frames went so far; readable after `close` too.

        Raises `UsageError` unless `StreamConfig.latency_one_in` has it measured.
        """
        return self._link.hub.latency()

    def use_clock_offset(self, offset_ms: Callable[[], int | None]) -> None:
        """Correct latencies by what this returns: the exchange's clock minus ours, None if unknown.

        `MexcPrivateSpotRest` measures it with its first signed request.
        """
        if self._link.hub.timer is not None:
            self._link.hub.timer.use_offset(offset_ms)

    def listen_key_metrics(self) -> ListenKeyMetrics:
        """Return the counters of the listen keys."""
        return self._link.keys.metrics()

    # --- events ---

    def subscribe(self, sink: AccountSink) -> Registration:
        """Tell `sink` everything that the account's stream says, with its epoch, synchronously.

        For keepers of state. A sink that comes while the account is live gets `on_live` at once.
        """
        self._require_not_closed()
        return self._link.account.add(sink)

    def watch_orders(self) -> Watch[Order]:
        """Iterate over states of orders; `EventsLost` where the consumer was too slow.

        States come as the exchange sends them: a state may be repeated, and fills tell of an
        execution before or after the order does.
        """
        self._require_open()
        return self._link.account.orders.watch()

    def on_orders(self, callback: Callable[[Order], object]) -> Registration:
        """Call `callback(order)` for each state of an order."""
        self._require_not_closed()
        return self._link.account.orders.register(callback)

    def watch_fills(self) -> Watch[Fill]:
        """Iterate over executions; `EventsLost` where the consumer was too slow."""
        self._require_open()
        return self._link.account.fills.watch()

    def on_fills(self, callback: Callable[[Fill], object]) -> Registration:
        """Call `callback(fill)` for each execution."""
        self._require_not_closed()
        return self._link.account.fills.register(callback)

    def watch_balances(self) -> Watch[AssetBalance]:
        """Iterate over balances as they change; `EventsLost` where the consumer was too slow."""
        self._require_open()
        return self._link.account.balances.watch()

    def on_balances(self, callback: Callable[[AssetBalance], object]) -> Registration:
        """Call `callback(balance)` for each change of a balance."""
        self._require_not_closed()
        return self._link.account.balances.register(callback)

    # --- inside ---

    def _require_open(self) -> None:
        self._require_not_closed()
        if not self._is_opening:
            raise SessionClosed("open the private streams first")

    def _require_not_closed(self) -> None:
        if self._is_closed:
            raise SessionClosed("the private streams are closed")

    def __repr__(self) -> str:
        return f"<MexcWebsocketPrivate {self.state}>"
