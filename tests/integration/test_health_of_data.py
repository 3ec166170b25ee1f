"""What `health()` says of books that were contradicted and of tapes that were broken."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest

from mexc_connector import (
    AssetName,
    BookConfig,
    BookHealth,
    DegradedMode,
    HealthVerdict,
    IntegrityCheck,
    IntegrityConfig,
    MexcConfig,
    MexcExchange,
    RateLimitConfig,
    SessionHealth,
    StreamConfig,
    StreamSpeed,
    Symbol,
    TapeConfig,
    TapeDoubt,
    TapeHealth,
    TapeState,
)
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.sim import SimOptions, Simulator
from mexc_connector.sim.faults import FaultPlan, ServerError
from tests.integration.tampering_proxy import Frame, TamperingProxy, honest, tampering_proxy

BTC = Symbol(AssetName("BTC"), AssetName("USDT"))


class World:
    def __init__(self, sim: Simulator, proxy: TamperingProxy, mexc: MexcExchange) -> None:
        self.sim = sim
        self.proxy = proxy
        self.mexc = mexc
        self.trades = 0

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not condition():
                await asyncio.sleep(0.005)

    async def follow_trades(self) -> None:
        await self.mexc.on_trades(BTC, self._count)
        await self.until(lambda: self.trades >= 5)

    def _count(self, _: object) -> None:
        self.trades += 1

    def cut(self) -> None:
        for client in list(self.proxy.clients):
            client.transport.abort()

    @property
    def health(self) -> SessionHealth:
        """As a `/health` endpoint would show it."""
        return msgspec.json.decode(self.mexc.health().to_json(), type=SessionHealth)

    @property
    def book(self) -> BookHealth:
        (book,) = self.health.books
        return book

    @property
    def tape(self) -> TapeHealth:
        (tape,) = self.health.tapes
        return tape

    @property
    def modes(self) -> list[DegradedMode]:
        return [active.mode for active in self.health.modes]


@asynccontextmanager
async def world(
    *, tape: TapeConfig | None = None, integrity: IntegrityConfig | None = None
) -> AsyncIterator[World]:
    options = SimOptions(symbols=("BTCUSDT",), seed=11, speed=2.0)
    async with Simulator(options) as sim, tampering_proxy(sim.ws_url) as proxy:
        config = MexcConfig(
            rest_url=sim.rest_url,
            stream_url=proxy.url,
            limits=RateLimitConfig.lifted(),
            streams=StreamConfig(backoff_base_s=0.02, book_ticker_speed=StreamSpeed.MS_10),
            books=BookConfig(audits_per_second=20.0),
            tape=tape or TapeConfig(),
            integrity=integrity or IntegrityConfig(),
        )
        async with MexcExchange(environment={}, config=config).session([BTC]) as mexc:
            yield World(sim, proxy, mexc)


def lying_ticker(frame: Frame) -> list[Frame]:
    if isinstance(frame, str) or b"bookTicker" not in frame:
        return [frame]
    push = PushDataV3ApiWrapper.FromString(frame)
    push.publicAggreBookTicker.bidQuantity = "0.001"
    return [push.SerializeToString()]


async def test_a_book_that_was_never_contradicted_says_when_it_was_last_confirmed() -> None:
    async with world(integrity=IntegrityConfig(audit_every_s=0.1)) as w:
        assert w.book.audit_confirmed_age_s is None
        await w.until(lambda: w.book.audit_confirmed_age_s is not None)
        assert 0 <= (w.book.audit_confirmed_age_s or 0.0) < 10
        assert (w.book.mismatches, w.book.last_mismatch) == (0, None)
        assert w.health.is_healthy


async def test_a_mismatch_that_was_resynced_is_shown_and_makes_no_session_less_healthy(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with world(integrity=IntegrityConfig(watch_tickers=True)) as w:
        began_ns = time.time_ns()
        w.proxy.tamper = lying_ticker
        await w.until(lambda: w.book.mismatches == 1)
        w.proxy.tamper = honest
        await w.until(lambda: w.health.verdict is HealthVerdict.HEALTHY)
        last, evidence = w.book.last_mismatch, w.mexc.book_mismatches[-1]
        assert last is not None
        assert (last.check, last.version) == (IntegrityCheck.TICKER, evidence.version)
        assert last.has_resynced
        assert began_ns <= last.time_ns <= time.time_ns()
        assert w.health.reasons == ()
        told = [record for record in caplog.records if "contradicts" in record.message]
        assert {str(getattr(record, "mexc", None)) for record in told} == {"{'symbol': 'BTC/USDT'}"}


async def test_a_check_that_goes_on_contradicting_a_book_that_is_read_degrades_the_session() -> (
    None
):
    async with world(integrity=IntegrityConfig(watch_tickers=True)) as w:
        w.proxy.tamper = lying_ticker
        await w.until(lambda: DegradedMode.BOOKS_DOUBTED in w.modes)
        await w.until(lambda: w.book.is_synced)
        assert w.modes == [DegradedMode.BOOKS_DOUBTED]
        assert w.health.verdict is HealthVerdict.DEGRADED
        assert w.health.reasons == (
            "BOOKS_DOUBTED: 1 of 1 books are contradicted again and again, BTC/USDT among them",
        )
        assert w.book.last_mismatch is not None
        assert not w.book.last_mismatch.has_resynced
        w.proxy.tamper = honest
        await w.until(lambda: w.health.is_healthy)


async def test_nobody_who_follows_no_trades_is_told_of_tapes() -> None:
    async with world() as w:
        assert w.health.tapes == ()


async def test_a_tape_that_is_being_mended_degrades_the_session_until_it_is_whole() -> None:
    async with world(tape=TapeConfig(retry_s=0.05, wait_s=60.0)) as w:
        await w.follow_trades()
        assert w.tape.is_complete
        w.sim.set_faults(FaultPlan(rules=(ServerError(status=503, endpoints=("trades",)),)))
        w.cut()
        await w.until(lambda: DegradedMode.TRADES_HELD_BACK in w.modes)
        await w.until(lambda: w.book.is_synced)
        assert (w.tape.state, w.tape.is_complete) == (TapeState.MENDING, False)
        assert w.health.verdict is HealthVerdict.DEGRADED
        assert any("1 of 1 tapes" in reason for reason in w.health.reasons)
        w.sim.set_faults(None)
        # While it waits for the next trade, which shows where the break ends, nothing is degraded.
        await w.until(lambda: w.health.is_healthy and w.tape.state is TapeState.WHOLE)
        assert (w.tape.is_complete, w.tape.gaps, w.tape.gaps_open) == (True, 1, 0)
        assert w.tape.backfilled == w.mexc.get_performance_metrics()["trades_backfilled"] > 0


async def test_an_open_gap_is_shown_for_good_and_makes_no_session_less_healthy() -> None:
    async with world(tape=TapeConfig(backfill=False)) as w:
        await w.follow_trades()
        began_ns = time.time_ns()
        w.cut()
        await w.until(lambda: bool(w.tape.gaps))
        await w.until(lambda: w.health.verdict is HealthVerdict.HEALTHY)
        assert w.tape.state is TapeState.WHOLE
        assert (w.tape.is_complete, w.tape.gaps, w.tape.gaps_open) == (False, 1, 1)
        assert w.tape.last_doubt is TapeDoubt.NO_BACKFILL
        assert began_ns <= (w.tape.last_open_ns or 0) <= time.time_ns()
        shown = json.loads(w.mexc.health().to_json())["tapes"][0]
        assert (shown["symbol"], shown["is_complete"]) == ("BTC/USDT", False)
