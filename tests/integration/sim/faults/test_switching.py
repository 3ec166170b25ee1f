"""Plans switched on and off while the exchange runs: by code, by HTTP, by a file."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from mexc_connector.sim import SimOptions, Simulator
from mexc_connector.sim.faults import DropFrames, FaultPlan, TooMany
from tests.integration.sim.faults.rig import DEPTH, SYMBOL, change_book, connected, plan, versions
from tests.integration.sim.test_command import start


async def admin(
    simulator: Simulator, method: str, path: str = "faults", body: str | None = None
) -> tuple[int, Any]:
    url = f"{simulator.rest_url}/sim/{path}"
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, data=body) as response,
    ):
        return response.status, await response.json()


async def test_a_plan_is_switched_on_shown_and_switched_off_over_http(
    simulator: Simulator,
) -> None:
    body = '{"seed": 5, "rules": [{"fault": "drop", "channels": ["depth"]}]}'
    async with connected(simulator, DEPTH) as client:
        assert await admin(simulator, "GET") == (200, None)
        status, shown = await admin(simulator, "PUT", body=body)
        assert (status, shown) == (200, json.loads(body))
        assert simulator.faults == FaultPlan(seed=5, rules=(DropFrames(channels=("depth",)),))
        await change_book(simulator, 2)
        assert await client.pushed() == []
        assert await admin(simulator, "DELETE") == (200, None)
        assert simulator.faults is None
        sent = await change_book(simulator, 1)
        assert versions(await client.pushed()) == sent
        _, trace = await admin(simulator, "GET", "faults/trace?after=1")
        assert [record["number"] for record in trace["records"]] == [2]
        assert trace["records"][0]["where"] == f"connection 1 {DEPTH}"
        assert trace["exchange_ms"] == simulator.now_ms


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ('{"rules": [{"fault": "drop", "chanels": []}]}', "unknown field `chanels`"),
        ('{"rules": [{"fault": "drop", "channels": ["dpeth"]}]}', "'dpeth' is no channel"),
        ('{"rules": [{"fault": "http_429", "endpoints": ["dpeth"]}]}', "'dpeth' is no endpoint"),
        ("rules: []", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
    ],
)
async def test_a_bad_plan_over_http_is_one_sentence_and_changes_nothing(
    simulator: Simulator, body: str, complaint: str
) -> None:
    simulator.set_faults(plan(DropFrames()))
    status, answer = await admin(simulator, "PUT", body=body)
    assert status == 400
    assert complaint in answer["error"]
    assert simulator.faults == plan(DropFrames())


async def test_a_number_that_is_none_is_refused(simulator: Simulator) -> None:
    status, _ = await admin(simulator, "GET", "faults/trace?after=x")
    assert status == 400


async def test_without_being_asked_for_there_is_no_admin_endpoint() -> None:
    async with Simulator(SimOptions(symbols=(SYMBOL,), realtime=False)) as simulator:
        for method in ("GET", "PUT", "DELETE"):
            assert (await admin(simulator, method))[0] == 404


async def test_rules_start_and_stop_by_exchange_time(simulator: Simulator) -> None:
    await simulator.advance(5_000)
    simulator.set_faults(plan(DropFrames(after_ms=200, until_ms=400)))
    async with connected(simulator, DEPTH) as client:
        sent = await change_book(simulator, 5)
        assert versions(await client.pushed()) == [sent[0], sent[3], sent[4]]


async def test_a_simulator_can_begin_with_a_plan() -> None:
    options = SimOptions(symbols=(SYMBOL,), realtime=False, faults=plan(TooMany()))
    async with (
        Simulator(options) as simulator,
        aiohttp.ClientSession() as session,
        session.get(f"{simulator.rest_url}/api/v3/ping") as response,
    ):
        assert response.status == 429


async def test_the_command_reads_a_plan_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("rules: [{fault: http_429, endpoints: [ping]}]", encoding="utf-8")
    flags = ("--port", "0", "--symbol", SYMBOL, "--admin", "--faults", str(path))
    process = await start(*flags)
    assert process.stdout is not None
    async with asyncio.timeout(20):
        ready = json.loads(await process.stdout.readline())
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{ready['rest']}/api/v3/ping") as response:
            assert response.status == 429
        async with session.delete(f"{ready['rest']}/sim/faults") as response:
            assert response.status == 200
        async with session.get(f"{ready['rest']}/api/v3/ping") as response:
            assert response.status == 200
    process.terminate()
    async with asyncio.timeout(20):
        await process.communicate()
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("text", "flags", "complaint"),
    [
        ("rules: [{fault: dorp}]", [], "The fault plan cannot be read: Invalid value 'dorp'"),
        ("rules: [{fault: drop, channels: [x]}]", [], "Fault rule 'drop': 'x' is no channel"),
        (None, [], "Cannot read the fault plan"),
        ("rules: []", ["--admin", "--host", "0.0.0.0"], "loopback only, not for 0.0.0.0"),
    ],
)
async def test_the_command_refuses_a_bad_plan_with_one_sentence_and_exit_code_2(
    tmp_path: Path, text: str | None, flags: list[str], complaint: str
) -> None:
    path = tmp_path / "plan.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    process = await start("--port", "0", "--symbol", SYMBOL, "--faults", str(path), *flags)
    async with asyncio.timeout(20):
        out, err = await process.communicate()
    assert (process.returncode, out) == (2, b"")
    assert complaint in err.decode()
    assert err.decode().count("\n") == 1


async def test_the_installed_command_knows_the_flags() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "mexc_connector",
        "sim",
        "--help",
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(20):
        out, _ = await process.communicate()
    assert b"--faults FILE" in out
    assert b"--admin" in out
