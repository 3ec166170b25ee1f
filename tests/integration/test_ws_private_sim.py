"""The private streams end to end: the private REST client and the simulator's accounts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal

from msgspec.structs import replace

from mexc_connector.common.account import ListenKey
from mexc_connector.common.config import (
    ListenKeyConfig,
    MexcConfig,
    RateLimitConfig,
    StreamConfig,
)
from mexc_connector.common.enums import OrderStatus, OrderType, Side
from mexc_connector.common.orders import AssetBalance, Fill, Order
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.core.balance_book import BalanceBook
from mexc_connector.rest.private import MexcPrivateSpotRest
from mexc_connector.rest.public import MexcPublicSpotRest
from mexc_connector.sim import SimLimits, SimOptions, Simulator
from mexc_connector.ws.private import ListenKeys, MexcWebsocketPrivate
from tests.integration.private_stream_rig import Sink
from tests.integration.scripted_server import until

BTC_USDT = Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))


@dataclass
class Venue:
    simulator: Simulator
    config: MexcConfig
    public: MexcPublicSpotRest
    rest: MexcPrivateSpotRest
    streams: MexcWebsocketPrivate
    keys: list[ListenKey]


@asynccontextmanager
async def trading(
    limits: SimLimits | None = None, listen_key: ListenKeyConfig | None = None
) -> AsyncIterator[Venue]:
    options = SimOptions(port=0, symbols=("BTCUSDT",), limits=limits or SimLimits.lifted())
    async with Simulator(options) as simulator:
        config = MexcConfig(
            rest_url=simulator.rest_url,
            stream_url=simulator.ws_url,
            limits=RateLimitConfig.lifted(),
            streams=StreamConfig(backoff_base_s=0.01, backoff_max_s=0.05),
            listen_key=listen_key or ListenKeyConfig(),
        )
        public = MexcPublicSpotRest(config)
        rest = MexcPrivateSpotRest(simulator.api_key, simulator.secret_key, public=public)
        made: list[ListenKey] = []

        async def create() -> ListenKey:
            made.append(await rest.create_listen_key())
            return made[-1]

        async with public, rest:
            streams = MexcWebsocketPrivate(
                await public.get_symbol_map(),
                ListenKeys(
                    create=create, extend=rest.extend_listen_key, close=rest.close_listen_key
                ),
                config=config,
            )
            async with streams:
                yield Venue(simulator, config, public, rest, streams, made)
            assert (await rest.list_listen_keys()).keys == ()


async def test_an_order_its_fills_and_its_balances_are_told_as_rest_tells_them() -> None:
    async with trading() as venue:
        book = BalanceBook()
        book.on_live(0.0)
        book.on_snapshot(await venue.rest.get_account_balances(), asked_at=0.0)
        venue.streams.on_balances(lambda balance: book.on_change(balance, 1.0))
        told: list[Order] = []
        fills: list[Fill] = []
        venue.streams.on_orders(told.append)
        venue.streams.on_fills(fills.append)
        ask = (await venue.public.get_orderbook(BTC_USDT, limit=5)).asks[0].price
        placed = await venue.rest.place_order(
            BTC_USDT,
            side=Side.BUY,
            amount="0.001",
            price=round(ask * 1.002, 2),
            client_order_id="mine-1",
        )
        await until(lambda: told and told[-1].status is OrderStatus.FILLED and fills)
        read = await venue.rest.get_order(BTC_USDT, order_id=placed.order_id)
        assert told[-1].order_id == read.order_id == placed.order_id
        assert told[-1].client_order_id == fills[-1].client_order_id == "mine-1"
        assert told[-1].exact == read.exact
        assert sum(fill.exact.amount for fill in fills) == read.exact.amount_filled
        assert {fill.trade_id for fill in fills} == {
            fill.trade_id for fill in await venue.rest.get_my_trades(BTC_USDT)
        }
        held = {balance.asset: balance for balance in await venue.rest.get_account_balances()}
        await until(lambda: all(book.get(asset).exact == held[asset].exact for asset in held))
        assert venue.streams.metrics().bad_bodies == 0


async def test_a_resting_order_locks_what_it_needs_until_it_is_cancelled() -> None:
    async with trading() as venue:
        told: list[Order] = []
        balances: list[AssetBalance] = []
        venue.streams.on_orders(told.append)
        venue.streams.on_balances(balances.append)
        bid = (await venue.public.get_orderbook(BTC_USDT, limit=5)).bids[0].price
        price = round(bid * 0.95, 2)
        placed = await venue.rest.place_order(BTC_USDT, side=Side.BUY, amount="0.001", price=price)
        await until(lambda: told and balances)
        assert told[-1].status is OrderStatus.NEW
        assert balances[-1].asset == "USDT"
        assert balances[-1].exact.locked == Decimal("0.001") * Decimal(repr(price))
        await venue.rest.cancel_order(BTC_USDT, order_id=placed.order_id)
        await until(lambda: told[-1].status is OrderStatus.CANCELED and not balances[-1].locked)


async def test_extending_keeps_the_stream_alive_beyond_the_life_of_a_key() -> None:
    limits = replace(SimLimits.lifted(), listen_key_life_ms=800)
    config = ListenKeyConfig(life_s=0.8, extend_every_s=0.2, replace_before_s=0.05)
    async with trading(limits, config) as venue:
        begun_ms = venue.simulator.now_ms
        await until(lambda: venue.simulator.now_ms - begun_ms > 2_000)
        assert venue.streams.is_live
        assert len(venue.keys) == 1
        assert venue.streams.metrics().reconnects == 0


async def test_a_key_that_expires_unnoticed_is_found_out_and_replaced() -> None:
    # The exchange forgets keys much sooner than we were told, and says nothing.
    limits = replace(SimLimits.lifted(), listen_key_life_ms=500)
    sink = Sink()
    async with trading(limits) as venue:
        venue.streams.subscribe(sink)
        await until(lambda: "live 2" in sink.log)
        assert len(set(venue.keys)) == 2
        assert venue.streams.listen_key_metrics().extension_failures == 1


async def test_a_key_that_somebody_else_closed_is_replaced() -> None:
    sink = Sink()
    async with trading() as venue:
        venue.streams.subscribe(sink)
        await venue.rest.close_listen_key(venue.keys[0])
        await until(lambda: "live 2" in sink.log)
        assert len(venue.keys) == 2


async def test_a_key_that_the_exchange_does_not_know_is_replaced_at_once() -> None:
    async with trading() as venue:
        keys = iter([ListenKey("0" * 64), await venue.rest.create_listen_key()])

        async def create() -> ListenKey:
            return next(keys)

        streams = MexcWebsocketPrivate(
            await venue.public.get_symbol_map(),
            ListenKeys(
                create=create,
                extend=venue.rest.extend_listen_key,
                close=venue.rest.close_listen_key,
            ),
            config=venue.config,
        )
        async with streams:
            assert streams.is_live
            assert streams.listen_key_metrics().created == 2


async def test_two_sessions_of_one_account_hear_the_same() -> None:
    async with trading() as venue:
        second = MexcWebsocketPrivate(
            await venue.public.get_symbol_map(),
            ListenKeys(
                create=venue.rest.create_listen_key,
                extend=venue.rest.extend_listen_key,
                close=venue.rest.close_listen_key,
            ),
            config=venue.config,
        )
        heard: list[Order] = []
        also_heard: list[Order] = []
        venue.streams.on_orders(heard.append)
        async with second:
            second.on_orders(also_heard.append)
            await venue.rest.place_order(
                BTC_USDT, side=Side.BUY, order_type=OrderType.MARKET, quote_amount="50"
            )
            await until(lambda: heard and heard[-1].is_done and len(also_heard) == len(heard))
        assert heard == also_heard
        assert heard[-1].exact.quote_amount == 50
        assert heard[-1].exact.price is None
