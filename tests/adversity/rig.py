"""One session against one simulator, both quick: backoff in tenths of a second, watchdogs of a few.

Many sessions share a core or two, so what is late by a second must not count as lost.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from aiohttp import web

from mexc_connector import (
    AssetName,
    BookConfig,
    CircuitConfig,
    JournalSync,
    ListenKeyConfig,
    MexcConfig,
    RateLimitConfig,
    RestConfig,
    RotationConfig,
    StreamConfig,
    StreamSpeed,
    Symbol,
    TradingConfig,
)
from mexc_connector.sim import SimLimits, SimOptions
from mexc_connector.sim.rest_server import RestServer
from tests.adversity.catalogue import SYMBOLS

REST_TIMEOUT_S = 1.5
ROTATE_AFTER_S = 0.8
"""Faults last about twice as long: they meet handovers, too."""
_TIME_REFUSED = b'"code":700003'

MARKETS = {name: Symbol(AssetName(name[:-4]), AssetName("USDT")) for name in SYMBOLS}


def sim_options(seed: int) -> SimOptions:
    return SimOptions(
        symbols=SYMBOLS,
        seed=seed,
        agents=4,
        levels_per_side=20,
        book_history=50_000,
        limits=SimLimits.lifted(),
    )


def quick_config(
    rest_url: str,
    stream_url: str,
    *,
    redundancy: int = 1,
    rotate_after_s: float = ROTATE_AFTER_S,
) -> MexcConfig:
    return MexcConfig(
        rest_url=rest_url,
        stream_url=stream_url,
        recv_window_ms=5_000,
        clock_sync_s=1.0,
        circuit=CircuitConfig(pause_base_s=0.2, pause_max_s=1.0),
        symbol_cache_s=1.0,
        order=RestConfig(timeout_s=REST_TIMEOUT_S, retries=0, auth=True),
        account=RestConfig(timeout_s=REST_TIMEOUT_S, retries=2, auth=True),
        market_data=RestConfig(timeout_s=REST_TIMEOUT_S, retries=2),
        market_data_fast=RestConfig(timeout_s=REST_TIMEOUT_S, retries=1),
        limits=RateLimitConfig(
            ip_weight=10_000_000,
            account_weight=10_000_000,
            requests_per_second=1_000_000,
            orders_per_second=1_000_000,
            firewall_pause_s=0.3,
            default_retry_after_s=0.2,
            backoff_base_s=0.05,
            backoff_max_s=0.2,
        ),
        streams=StreamConfig(
            backoff_base_s=0.05,
            backoff_max_s=0.3,
            connect_timeout_s=3.0,
            close_timeout_s=0.3,
            ack_timeout_s=1.5,
            ping_interval_s=0.5,
            pong_timeout_s=2.0,
            data_timeout_s=4.0,
            rotate_after_s=rotate_after_s,
            rotation=RotationConfig(overlap_s=0.2, patience_s=2.0, give_up_after_s=4.0),
            redundancy=redundancy,
            depth_speed=StreamSpeed.MS_10,
            trade_speed=StreamSpeed.MS_10,
        ),
        listen_key=ListenKeyConfig(
            life_s=10.0, extend_every_s=1.0, replace_before_s=1.0, retry_base_s=0.1, retry_max_s=0.5
        ),
        books=BookConfig(
            quiet_s=0.6,
            audits_per_second=20.0,
            catch_up_s=1.0,
            refetch_base_s=0.05,
            refetch_max_s=0.3,
        ),
        trading=TradingConfig(
            stream_wait_s=0.1,
            lookup_base_s=0.05,
            lookup_max_s=0.3,
            grace_s=0.8,
            cancel_confirm_s=0.1,
            cancel_timeout_s=3.0,
            audit_s=0.7,
            reconcile_base_s=0.05,
            reconcile_max_s=0.3,
            journal_sync=JournalSync.NEVER,
        ),
    )


@contextmanager
def counted_placements() -> Iterator[dict[int, Counter[str]]]:
    """Count by port how often each client order id arrived, before any fault sees the request.

    One that was refused for its time has done nothing for certain and may be signed afresh.
    """
    placed: dict[int, Counter[str]] = {}
    handle = RestServer.handle

    async def counting(self: RestServer, request: web.Request) -> web.StreamResponse:
        if request.method != "POST" or not request.path.endswith("/order"):
            return await handle(self, request)
        assert request.transport is not None
        arrived = placed.setdefault(request.transport.get_extra_info("sockname")[1], Counter())
        name = request.query["newClientOrderId"]
        arrived[name] += 1
        answer = await handle(self, request)
        if isinstance(answer, web.Response) and isinstance(answer.body, bytes):
            arrived[name] -= answer.status == 400 and _TIME_REFUSED in answer.body
        return answer

    with patch.object(RestServer, "handle", counting):
        yield placed
