"""Weights, bans and the firewall, in time that the test moves."""

import aiohttp

from mexc_connector.sim import SimLimits, SimOptions, Simulator


def manual(limits: SimLimits) -> SimOptions:
    return SimOptions(
        symbols=("BTCUSDT",), agents=0, realtime=False, start_ms=1_790_281_200_000, limits=limits
    )


async def test_the_weight_that_does_not_fit_is_answered_with_429_until_the_window_ends() -> None:
    async with (
        Simulator(manual(SimLimits())) as simulator,
        aiohttp.ClientSession(simulator.rest_url) as session,
    ):
        await simulator.advance(2_500)
        for _ in range(12):
            async with session.get("/api/v3/exchangeInfo") as response:
                assert response.status == 200
        async with session.get("/api/v3/ping") as response:
            assert response.status == 429
            assert response.headers["Retry-After"] == "8"
            assert (await response.json())["code"] == 429
        await simulator.advance(7_500)
        async with session.get("/api/v3/ping") as response:
            assert response.status == 200


async def test_every_endpoint_costs_its_weight() -> None:
    weights = {
        "ping": 1,
        "time": 1,
        "defaultSymbols": 1,
        "symbol/offline": 10,
        "announcements": 8,
        "exchangeInfo": 25,
        "depth?symbol=BTCUSDT": 3,
        "trades?symbol=BTCUSDT": 5,
        "aggTrades?symbol=BTCUSDT": 1,
        "klines?symbol=BTCUSDT&interval=1m": 1,
        "avgPrice?symbol=BTCUSDT": 1,
        "ticker/24hr": 25,
        "ticker/price": 10,
        "ticker/bookTicker": 10,
    }
    for path, weight in weights.items():
        for budget, status in ((weight, 200), (weight - 1, 429)):
            if not budget:
                continue
            async with (
                Simulator(manual(SimLimits(weight_per_window=budget))) as simulator,
                aiohttp.ClientSession() as session,
                session.get(f"{simulator.rest_url}/api/v3/{path}") as response,
            ):
                assert response.status == status, path


async def test_who_keeps_asking_is_banned() -> None:
    limits = SimLimits(weight_per_window=1, violations_before_ban=2)
    async with (
        Simulator(manual(limits)) as simulator,
        aiohttp.ClientSession(simulator.rest_url) as session,
    ):
        statuses = []
        for _ in range(5):
            async with session.get("/api/v3/ping") as response:
                statuses.append(response.status)
                retry_after = response.headers.get("Retry-After")
        assert statuses == [200, 429, 429, 418, 418]
        assert retry_after == "120"


async def test_a_burst_meets_the_firewalls_page() -> None:
    limits = SimLimits(firewall_burst=5, firewall_block_ms=60_000)
    async with (
        Simulator(manual(limits)) as simulator,
        aiohttp.ClientSession(simulator.rest_url) as session,
    ):
        for _ in range(5):
            async with session.get("/api/v3/ping") as response:
                assert response.status == 200
        async with session.get("/api/v3/ping") as response:
            assert response.status == 403
            assert response.content_type == "text/html"
            assert "Retry-After" not in response.headers
            assert (await response.text()).startswith("<HTML>")
        await simulator.advance(60_000)
        async with session.get("/api/v3/ping") as response:
            assert response.status == 200
