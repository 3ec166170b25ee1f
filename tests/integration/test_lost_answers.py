"""1,000 orders through a bad link: afterwards everybody tells the same of every order."""

import asyncio
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import pytest

from mexc_connector import (
    AssetName,
    CircuitConfig,
    JournalSync,
    MexcConfig,
    MexcError,
    MexcExchange,
    OrderAlreadyDone,
    OrderHandle,
    OrderOutcomeUnknown,
    OrderStatus,
    RateLimitConfig,
    ReadyWhen,
    RestConfig,
    Side,
    StreamConfig,
    Symbol,
    TimeInForce,
    TradingConfig,
)
from mexc_connector.core.journal_records import fingerprint_of, read_journal
from mexc_connector.sim import SimLimits, SimOptions, Simulator
from mexc_connector.sim.account_view import AccountView
from tests.integration.lossy_link import LossyRest, LossyStream, lossy_rest, lossy_stream

BTC = Symbol(AssetName("BTC"), AssetName("USDT"))
ORDERS = 1_000
AT_ONCE = 25


async def until(condition: Callable[[], bool], *, seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def config_for(rest: LossyRest, stream: LossyStream) -> MexcConfig:
    return MexcConfig(
        rest_url=rest.url,
        stream_url=stream.url,
        recv_window_ms=1_000,
        order=RestConfig(timeout_s=0.5, retries=0, auth=True),
        account=RestConfig(timeout_s=0.5, retries=3, auth=True),
        limits=RateLimitConfig.lifted(),
        circuit=CircuitConfig(is_enabled=False),  # so that every order meets the bad link
        streams=StreamConfig(backoff_base_s=0.05, backoff_max_s=0.2),
        trading=TradingConfig(
            grace_s=1.0,
            audit_s=1.0,
            lookup_base_s=0.05,
            reconcile_base_s=0.05,
            journal_sync=JournalSync.NEVER,
        ),
    )


async def place(
    mexc: MexcExchange, dice: random.Random, name: str, mid: float
) -> OrderHandle | None:
    """Place one order of some kind; a certain failure is None, a lost answer gives the handle."""
    side = dice.choice(list(Side))
    away = round(mid * dice.choice([0.996, 0.998, 1.002, 1.004]), 2)
    try:
        if dice.random() < 0.15:
            return await mexc.place_market_order(
                BTC, side=side, amount="0.0002", client_order_id=name
            )
        return await mexc.place_limit_order(
            BTC,
            side=side,
            amount="0.0003",
            price=away,
            time_in_force=dice.choice([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC]),
            client_order_id=name,
        )
    except OrderOutcomeUnknown:
        return mexc.get_order_handle(name)
    except MexcError:
        handle = mexc.get_order_handle(name)
        assert handle.status is OrderStatus.REJECTED
        return None


async def place_all(mexc: MexcExchange, seed: int, mid: float) -> list[OrderHandle]:
    dice, turns = random.Random(seed), asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> OrderHandle | None:
        async with turns:
            handle = await place(mexc, dice, f"order-{number}", mid)
            if handle is not None and dice.random() < 0.3:
                with suppress(OrderAlreadyDone, OrderOutcomeUnknown):
                    await handle.cancel()
            return handle

    handles = await asyncio.gather(*(one(number) for number in range(ORDERS)))
    return [handle for handle in handles if handle is not None]


def differences(
    mexc: MexcExchange, account: AccountView, names: Iterable[str]
) -> list[tuple[OrderStatus, str]]:
    """Return the orders of which memory and the exchange do not tell the same, with both words."""
    theirs = {order.client_order_id: order for order in account.orders()}
    different = []
    for name in names:
        ours, there = mexc.get_order_handle(name).order, theirs.get(name)
        if there is None:
            is_same = ours.status is OrderStatus.REJECTED
        else:
            is_same = (ours.status, ours.order_id) == (there.status, there.order_id) and (
                ours.exact.amount_filled,
                ours.exact.quote_amount_filled,
            ) == (there.filled, there.quote_filled)
        if not is_same:
            different.append((ours.status, repr(there)))
    return different


@pytest.mark.slow
async def test_a_thousand_orders_through_a_bad_link(tmp_path: Path) -> None:
    seed = 1
    path = tmp_path / "orders"
    options = SimOptions(symbols=("BTCUSDT",), seed=seed, limits=SimLimits.lifted())
    async with (
        Simulator(options) as sim,
        lossy_rest(sim.rest_url, seed=seed, trouble=0.0) as rest,
        lossy_stream(sim.ws_url, seed=seed) as stream,
    ):
        exchange = MexcExchange(sim.api_key, sim.secret_key, config=config_for(rest, stream))
        account = sim.account(sim.api_key)
        session = exchange.session(ready_when=ReadyWhen.SUBSCRIBED, journal=path)
        async with session as mexc:
            counted: list[str] = []
            mexc.on_fills(lambda fill: counted.append(fill.trade_id))
            rest.is_troubled = lambda method, path: "order" in path or "userData" in path
            rest.trouble, stream.loses, stream.repeats, stream.cuts = 0.3, 0.02, 0.1, 0.002
            mid = float(sim.market("BTCUSDT").bids()[0][0])
            handles = await place_all(mexc, seed, mid)
            settled = await asyncio.gather(*(handle.settled() for handle in handles))
            rest.trouble = stream.loses = stream.repeats = stream.cuts = 0.0
            await until(lambda: mexc.account_status.is_current)
            assert len(rest.befell) == 7
            assert stream.befell["cut"] > 0
            assert any(order.status is OrderStatus.REJECTED for order in settled)

            await until(lambda: not differences(mexc, account, rest.placed))
            assert set(rest.placed.values()) == {1}
            assert len({order.client_order_id for order in account.orders()}) == len(
                account.orders()
            )
            assert mexc.get_performance_metrics()["order_contradictions"] == 0
            await until(lambda: sorted(counted) == sorted(f.trade_id for f in account.fills()))
            assert {order.client_order_id for order in mexc.open_orders} == {
                order.client_order_id for order in account.open_orders()
            }
        still_open = {handle.client_order_id for handle in handles if not handle.is_done}
        left = read_journal(path.read_bytes(), account=fingerprint_of(sim.api_key)).unfinished
        assert {order.intent.client_order_id for order in left} == still_open
