"""What the REST clients of one process share: transport, budget, sender, the exchange's clock."""

import asyncio
import logging
from collections.abc import Callable

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import MexcConfig
from mexc_connector.common.credentials import Credentials
from mexc_connector.common.errors import ExchangeUnavailable, MexcError, TransportError
from mexc_connector.common.log_fields import log_fields
from mexc_connector.core.signing import Parameters
from mexc_connector.rest import endpoints, wire
from mexc_connector.rest.answer import Answer, OrderReference
from mexc_connector.rest.budget import RequestBudget
from mexc_connector.rest.endpoints import Endpoint
from mexc_connector.rest.exchange_clock import ClockSample, ExchangeClock
from mexc_connector.rest.metrics import RestMetrics
from mexc_connector.rest.sender import Sender
from mexc_connector.rest.signer import Signer
from mexc_connector.rest.transport import CLOSE_TIMEOUT_S, AiohttpTransport, HttpTransport

_LOGGER = logging.getLogger("mexc_connector.rest")

# Most clocks are right: better a cancel that is dated by ours than one that waits for theirs.
_VITAL_CLOCK_WAIT_S = 2.0


class RestSession:
    """Wires the REST side together and takes it down again.

    A transport that is handed in stays open: it belongs to whoever made it.
    """

    def __init__(
        self,
        config: MexcConfig,
        *,
        transport: HttpTransport | None = None,
        budget: RequestBudget | None = None,
        clock: Clock | None = None,
        credentials: Credentials | None = None,
    ) -> None:
        self.config = config
        self.clock = clock or Clock()
        self.budget = budget or RequestBudget(config.limits, clock=self.clock)
        self.exchange_clock = ExchangeClock(self.clock)
        self._owns_transport = transport is None
        self._transport = transport or AiohttpTransport(
            connections=config.connections, proxy=config.proxy
        )
        self._sender = Sender(
            config,
            transport=self._transport,
            budget=self.budget,
            clock=self.clock,
            signer=None if credentials is None else self._signer(credentials),
            measure_clock=self._measure_clock_anew,
        )
        self._clock_sync = asyncio.Lock()
        self._clock_refresh: asyncio.Task[None] | None = None

    def _signer(self, credentials: Credentials) -> Signer:
        return Signer(
            credentials,
            exchange_clock=self.exchange_clock,
            recv_window_ms=self.config.recv_window_ms,
            bias_ms=self.config.timestamp_bias_ms,
        )

    async def read(self, endpoint: Endpoint, parameters: Parameters = ()) -> Answer:
        """Send a read and return its success; see `Sender.read`."""
        if endpoint.is_signed:
            await self._know_the_time_for(endpoint)
        return await self._sender.read(endpoint, parameters)

    async def command(
        self,
        endpoint: Endpoint,
        parameters: Parameters,
        *,
        about: OrderReference | None = None,
        admit: Callable[[], object] | None = None,
    ) -> Answer:
        """Send a command once and return its success; see `Sender.command`."""
        await self._know_the_time_for(endpoint)
        return await self._sender.command(endpoint, parameters, about=about, admit=admit)

    async def _know_the_time_for(self, endpoint: Endpoint) -> None:
        """Wait for the clock as `know_the_time`; what must be tried waits for it little."""
        if not endpoint.is_vital:
            await self.know_the_time()
            return
        try:
            async with asyncio.timeout(_VITAL_CLOCK_WAIT_S):
                await self.know_the_time()
        except (TimeoutError, TransportError, ExchangeUnavailable) as error:
            _LOGGER.warning(
                "the exchange's clock is not known, so this machine's serves: %s",
                error,
                extra=log_fields(endpoint=endpoint.label),
            )

    async def know_the_time(self) -> None:
        """Wait for the first measurement of the exchange's clock; later ones are made meanwhile."""
        if self.exchange_clock.offset_ms is None:
            async with self._clock_sync:
                if self.exchange_clock.offset_ms is None:
                    # The first answer also opens the connection, which makes its halfway too early.
                    await self._measure_clock(samples=2)
        elif self._clock_refresh is None and self.exchange_clock.is_older_than(
            self.config.clock_sync_s
        ):
            self._clock_refresh = asyncio.create_task(self._refresh_clock(), name="mexc clock")

    async def _refresh_clock(self) -> None:
        try:
            await self.keep_clock_synced()
        except MexcError as error:  # the last measurement serves on; the exchange will object
            _LOGGER.debug("the exchange's clock could not be measured: %s", error)
        finally:
            self._clock_refresh = None

    async def _measure_clock_anew(self) -> None:
        """Measure once for all who saw the same objection: who had to wait finds it done."""
        asked_at = self.clock.now()
        async with self._clock_sync:
            if self.exchange_clock.is_measured_before(asked_at):
                await self._measure_clock(samples=1)

    async def get_server_time_ms(self) -> int:
        """Read the exchange's clock once."""
        answer = await self.read(endpoints.TIME)
        return wire.decode(answer, wire.ServerTime).server_time

    async def sync_clock(self, *, samples: int) -> int:
        """Measure the exchange's clock; returns its offset in milliseconds."""
        async with self._clock_sync:
            return await self._measure_clock(samples)

    async def keep_clock_synced(self) -> None:
        """Measure the exchange's clock if `clock_sync_s` have passed since the last time."""
        async with self._clock_sync:
            if self.exchange_clock.is_older_than(self.config.clock_sync_s):
                await self._measure_clock(samples=1)

    async def _measure_clock(self, samples: int) -> int:
        measured = []
        for _ in range(samples):
            answer = await self.read(endpoints.TIME)
            server_time_ms = wire.decode(answer, wire.ServerTime).server_time
            measured.append(
                ClockSample(server_time_ms, sent_at=answer.sent_at, received_at=answer.received_at)
            )
        return self.exchange_clock.set_from(measured)

    def metrics(
        self, *, cache_hits: int, cache_misses: int, unlisted_rows: int, unreadable_rows: int
    ) -> RestMetrics:
        """Return the counters of a client: its own, and those of what it shares."""
        return RestMetrics(
            groups=self._sender.metrics(),
            budget=self.budget.usage(),
            lanes=self.budget.lanes(),
            cache_hits=cache_hits,
            cache_misses=cache_misses,
            unlisted_rows=unlisted_rows,
            unreadable_rows=unreadable_rows,
            circuits=self._sender.circuits.reports(),
            clock_offset_ms=self.exchange_clock.offset_ms,
            clock_age_s=self.exchange_clock.age_s,
        )

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._sender.is_closed

    async def close(self) -> None:
        """End every call with `SessionClosed`, then the connections. May be called twice."""
        self._sender.close()
        try:
            if self._clock_refresh is not None:
                await asyncio.wait([self._clock_refresh], timeout=CLOSE_TIMEOUT_S)
        finally:
            if self._owns_transport:
                await self._transport.close()

    def __repr__(self) -> str:
        return f"<RestSession {self._sender!r}>"
