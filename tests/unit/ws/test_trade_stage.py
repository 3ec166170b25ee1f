"""What a tape says of itself while it breaks and is mended, without a socket."""

import asyncio
import logging
from collections.abc import Sequence

import pytest

from mexc_connector.common.clock import Clock
from mexc_connector.common.enums import Side
from mexc_connector.common.errors import ConnectionFailed
from mexc_connector.common.health import TapeHealth, TapeState
from mexc_connector.common.models import Trade, TradeId
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.common.tape_config import TapeConfig
from mexc_connector.common.trade_gap import TapeDoubt
from mexc_connector.ws.trade_stage import TapeDesk, TradeStage

BTC = Symbol(AssetName("BTC"), AssetName("USDT"))
ETH = Symbol(AssetName("ETH"), AssetName("USDT"))
DECLARED_NS = 1_700_000_000_000_000_000


class FixedClock(Clock):
    def time_ns(self) -> int:
        return DECLARED_NS


def rest(*times_ms: int) -> list[Trade]:
    """Trades as REST gives them: newest first, without an id."""
    return [Trade(BTC, 1.0, 1.0, Side.BUY, time_ms) for time_ms in sorted(times_ms, reverse=True)]


def live(time_ms: int) -> Trade:
    return Trade(BTC, 1.0, 1.0, Side.BUY, time_ms, TradeId(str(time_ms)), 1)


class Bench:
    """One stage that has handed out the trades 1 and 2; REST answers when the test says so."""

    def __init__(self, *, backfill: bool = True, held_trades: int = 100) -> None:
        config = TapeConfig(backfill=backfill, wait_s=60.0, held_trades=held_trades)
        self.desk = TapeDesk(config=config, clock=FixedClock())
        self.desk.fetch = self._fetch
        self.answers: asyncio.Queue[list[Trade] | Exception] = asyncio.Queue()
        self.emitted: list[Trade] = []
        self.stage = TradeStage(BTC, self.desk, self.emitted.extend)
        self.stage.on_subscribed()
        self.stage.on_events([live(1), live(2)])

    async def _fetch(self, symbol: Symbol, count: int) -> Sequence[Trade]:
        answer = await self.answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def cut(self) -> None:
        self.stage.on_link_lost()
        self.stage.on_subscribed()

    async def answer(self, *times_ms: int) -> None:
        self.answers.put_nowait(rest(*times_ms))
        await self.settle()

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    @property
    def health(self) -> TapeHealth:
        (tape,) = self.desk.health()
        return tape


async def test_a_tape_that_never_broke_is_complete() -> None:
    bench = Bench()
    assert bench.health == TapeHealth("BTC/USDT", True, TapeState.WHOLE, 0, 0, 0, None, None)


async def test_a_tape_is_mended_while_rest_is_asked_and_waits_while_nothing_can_be_asked() -> None:
    bench = Bench()
    bench.stage.on_link_lost()
    assert (bench.health.state, bench.health.is_complete) == (TapeState.WAITING, False)
    bench.stage.on_subscribed()
    assert bench.health.state is TapeState.MENDING
    await bench.answer(1, 2, 3)  # no trade after the break yet: nobody knows where it ends
    assert bench.emitted == rest(3)
    assert (bench.health.state, bench.health.gaps) == (TapeState.WAITING, 0)
    bench.stage.on_events([live(5)])
    assert bench.health.state is TapeState.MENDING
    await bench.answer(1, 2, 3, 4, 5, 6)
    assert bench.health == TapeHealth("BTC/USDT", True, TapeState.WHOLE, 1, 0, 2, None, None)
    bench.stage.close()


async def test_a_tape_is_being_mended_too_between_two_attempts() -> None:
    bench = Bench()
    bench.cut()
    bench.answers.put_nowait(ConnectionFailed("cut"))
    await bench.settle()
    assert bench.desk.failures == 1
    assert bench.health.state is TapeState.MENDING
    bench.stage.close()


async def test_a_question_that_was_given_up_is_not_taken_for_one_that_is_asked() -> None:
    bench = Bench(held_trades=1)
    bench.cut()
    await bench.settle()
    bench.stage.on_events([live(5), live(6)])  # too many to hold back: the gap stays open
    assert bench.health.last_doubt is TapeDoubt.OVERFLOW
    await bench.settle()
    bench.stage.on_link_lost()
    assert bench.health.state is TapeState.WAITING
    bench.stage.close()


async def test_an_open_gap_is_never_forgotten_and_says_why_and_when() -> None:
    bench = Bench(backfill=False)
    bench.cut()
    assert bench.health == TapeHealth(
        symbol="BTC/USDT",
        is_complete=False,
        state=TapeState.WHOLE,
        gaps=1,
        gaps_open=1,
        backfilled=0,
        last_doubt=TapeDoubt.NO_BACKFILL,
        last_open_ns=DECLARED_NS,
    )
    bench.stage.on_events([live(9)])
    assert not bench.health.is_complete


async def test_a_tape_is_shown_as_long_as_somebody_follows_it() -> None:
    bench = Bench()
    other = TradeStage(ETH, bench.desk, bench.emitted.extend)
    assert [tape.symbol for tape in bench.desk.health()] == ["BTC/USDT", "ETH/USDT"]
    newer = TradeStage(ETH, bench.desk, bench.emitted.extend)
    other.close()  # late: its successor stays
    assert len(bench.desk.health()) == 2
    newer.close()
    bench.stage.close()
    assert bench.desk.health() == ()


async def test_every_line_about_a_tape_names_its_market(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench()
    with caplog.at_level(logging.INFO, "mexc_connector.trades"):
        bench.cut()
        bench.answers.put_nowait(ConnectionFailed("cut"))  # a line
        await bench.settle()
        bench.stage.on_link_lost()
        bench.stage.on_subscribed()
        bench.answers.put_nowait(ZeroDivisionError())  # another one, with a traceback
        await bench.settle()
        bench.stage.on_link_lost()
        bench.stage.on_subscribed()
        bench.stage.on_events([live(5)])
        await bench.answer(1, 2, 5, 6)  # a closed gap
        other = Bench(backfill=False)
        other.cut()  # an open one
    assert [record.levelname for record in caplog.records] == ["INFO", "ERROR", "INFO", "WARNING"]
    assert {str(getattr(record, "mexc", None)) for record in caplog.records} == {
        "{'symbol': 'BTC/USDT'}"
    }
