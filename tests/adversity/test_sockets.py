"""What happens below HTTP and WebSocket: cut, reset, stalled, slow and chopped TCP."""

import asyncio

import pytest

from mexc_connector import MexcExchange
from mexc_connector.sim import Simulator
from tests.adversity.case import Outcome, complaints_of_the_loop, live
from tests.adversity.own_time import own_time
from tests.adversity.rig import MARKETS, counted_placements, quick_config, sim_options
from tests.integration.tcp_relay import Trouble, tcp_relay

SHARES = {
    Trouble.CUT: 0.02,
    Trouble.RESET: 0.02,
    Trouble.STALL: 0.05,
    Trouble.SLOW: 0.3,
    Trouble.CHOP: 1.0,
}


async def survive(trouble: Trouble, seed: int) -> Outcome:
    outcome = Outcome(case=f"tcp {trouble.value}", seed=seed)
    with own_time(asyncio.get_running_loop()), counted_placements() as placed:
        async with (
            Simulator(sim_options(seed)) as sim,
            tcp_relay(sim.port, seed=seed) as relay,
        ):
            relay.share = SHARES[trouble]

            def switch(*, is_on: bool) -> None:
                relay.trouble = trouble if is_on else Trouble.NONE

            config = quick_config(
                f"http://127.0.0.1:{relay.port}", f"ws://127.0.0.1:{relay.port}/ws"
            )
            exchange = MexcExchange(sim.api_key, sim.secret_key, config=config)
            async with asyncio.timeout(90), exchange.session(MARKETS.values()) as mexc:
                await live(mexc, sim, switch, outcome)
            outcome.struck = relay.befell.total()
            sent = placed.get(sim.port, {})
            outcome.broken += [
                f"order {name} was sent {n} times" for name, n in sent.items() if n > 1
            ]
    return outcome


@pytest.mark.parametrize("trouble", SHARES)
async def test_a_session_survives_a_bad_line(trouble: Trouble, fault_seed: int) -> None:
    with complaints_of_the_loop() as complaints:
        outcome = await survive(trouble, fault_seed)
    assert not outcome.broken, outcome.report
    assert outcome.struck
    assert outcome.orders
    assert not complaints
