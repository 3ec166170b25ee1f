"""Mutational fuzzing of the texts and bytes that are read besides frames.

    python -m tests.fuzz.texts --target control --seconds 60 --seed 1
    python -m tests.fuzz.texts --target control --input 7b7d

Targets: `control` (replies on a stream), `config` (YAML of the client), `plan_yaml` and `plan_json`
(fault plans), `stream_bytes` (a WebSocket connection's bytes). Each may raise errors of its own
tree and nothing else; a `Stranger` names what came instead and the command that repeats it.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from random import Random, SystemRandom

import msgspec

from mexc_connector import MexcConfig, MexcError
from mexc_connector.core.message_frames import ForLibrary, MessageSplitter, Violation
from mexc_connector.core.subscription_actions import RequestKind
from mexc_connector.sim.errors import SimError
from mexc_connector.sim.faults import FaultPlan
from mexc_connector.ws import control
from tests.adversity.catalogue import FAULTS
from tests.fuzz.bend_text import bend, bend_bytes

_KEPT = 0.05
_CHANNELS = ("spot@public.aggre.depth.v3.api.pb@10ms@BTCUSDT", "spot@private.orders.v3.api.pb")


class Stranger(AssertionError):
    """Something was raised that a caller cannot expect."""


class Target(msgspec.Struct, frozen=True):
    """What is fuzzed: `read` may raise `expected` and nothing else."""

    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    expected: tuple[type[Exception], ...] = ()
    bend: Callable[[Random, bytes], bytes] = bend


def _read_control(data: bytes) -> None:
    """Texts of a stream are UTF-8 already: the splitter refuses others."""
    text = data.decode("utf-8", "replace")
    assert isinstance(control.read_reply(text), control.Reply)


def _read_stream(data: bytes) -> None:
    """Feed whole and in two parts: nothing is raised, and the cut changes nothing."""
    whole = _messages(data)
    assert whole == _messages(data[: len(data) // 3], data[len(data) // 3 :]), data.hex()


def _messages(*chunks: bytes) -> tuple[bytes, list[object]]:
    """Give what was read; what goes to the library may come in other pieces."""
    splitter = MessageSplitter(limit=70_000)
    left, found = b"", list[object]()
    for chunk in chunks:
        for message in splitter.feed(chunk):
            if isinstance(message, ForLibrary):
                left += message.data
            else:
                found.append(message.code if isinstance(message, Violation) else message)
                if isinstance(message, Violation):
                    return left, found
    return left, found


def _wire(first: int, payload: bytes) -> bytes:
    if len(payload) < 126:
        return bytes((first, len(payload))) + payload
    return bytes((first, 126)) + len(payload).to_bytes(2, "big") + payload


_PLANS = tuple(FaultPlan(seed=3, rules=rules) for rules in FAULTS.values())
_CONFIG = b"""
rest_url: http://127.0.0.1:1
stream_url: ws://127.0.0.1:1/ws
api_key: mx0
recv_window_ms: 5000
step_size_overrides: {BTCUSDT: '0.1'}
order: {timeout_s: 6.0, retries: 0, auth: true}
limits: {ip_weight: 300, window_s: 10}
streams: {ping_interval_s: 15, depth_speed: 10ms}
books: {snapshot_levels: 2000}
trading: {journal_sync: ALWAYS}
"""
_ODD_YAML = (
    b"rest_url: 2026-99-99",
    b"recv_window_ms: 2026-13-01T25:00:00Z",
    b"streams: " + b"[" * 2_000,
    b"rest_url: !!python/object:os.system x",
    b"rest_url: !!binary '***'",
    b"rest_url: !!timestamp x",
    b"rest_url: !!int x",
    b"rest_url: !!float x",
    b"a: &a [*a]",
    b"<<: 1",
    b"{[1]: 2}",
    b"? {a: 1}\n: 2",
    b"recv_window_ms: 0x",
    b"recv_window_ms: 1:99:99",
    b"order: {timeout_s: .nan}",
    b"order: {timeout_s: .inf}",
    b"streams: {queue_size: " + b"9" * 5_000 + b"}",
    b"\xff\xfe",
    b"%YAML 9.9\n---\n",
    b"--- 1\n--- 2\n",
)
TARGETS = {
    "control": Target(
        _read_control,
        (
            b'{"id":1,"code":0,"msg":"spot@public.aggre.deals.v3.api.pb@10ms@BTCUSDT"}',
            '{"code":0,"msg":"Not Subscribed successfully! [spot@a].  Reason： Blocked!"}'.encode(),
            '{"id":2,"code":0,"msg":"Subscribed successful! [spot@a@龙虾USDT]."}'.encode(),
            b'{"id":0,"code":0,"msg":"PONG"}',
            b'{"method":"PING"}',
            b'{"id":0,"code":0,"msg":"msg format invalid"}',
            control.request(RequestKind.SUBSCRIBE, _CHANNELS, request_id=7).encode(),
        ),
    ),
    "config": Target(
        MexcConfig.from_yaml_text,
        (_CONFIG, _CONFIG, b"{}", *_ODD_YAML),
        (MexcError,),
        bend_bytes,
    ),
    "plan_yaml": Target(
        FaultPlan.from_yaml,
        (*(plan.to_yaml().encode() for plan in _PLANS), *_ODD_YAML),
        (SimError,),
        bend_bytes,
    ),
    "plan_json": Target(
        FaultPlan.from_json, tuple(msgspec.json.encode(plan) for plan in _PLANS), (SimError,)
    ),
    "stream_bytes": Target(
        _read_stream,
        (
            _wire(0x82, b"x" * 300) + _wire(0x81, b'{"msg":"PONG"}') + _wire(0x82, b"y" * 20),
            _wire(0x02, b"ab") + _wire(0x89, b"ping") + _wire(0x00, b"cd") + _wire(0x80, b"ef"),
            _wire(0x82, b"") + _wire(0x88, b"\x03\xe8bye"),
            bytes((0x82, 127)) + (66_000).to_bytes(8, "big") + b"z" * 66_000,
        ),
        bend=bend_bytes,
    ),
}


def run(target: str, *, seed: int, seconds: float, limit: int | None = None) -> Counter[str]:
    """Read bent inputs until the time or their number is up; raises `Stranger`."""
    chosen, random, counts = TARGETS[target], Random(seed), Counter[str]()
    corpus = list(chosen.seeds)
    ends = time.monotonic() + seconds
    while counts["inputs"] != limit and time.monotonic() < ends:
        data = chosen.bend(random, random.choice(corpus))
        if random.random() < _KEPT:
            corpus[random.randrange(len(corpus))] = random.choice(
                (data, random.choice(chosen.seeds))
            )
        counts["inputs"] += 1
        counts["refused" if judge(target, data) else "taken"] += 1
    return counts


def judge(target: str, data: bytes) -> bool:
    """Read one input; say whether it was refused as it should be."""
    chosen = TARGETS[target]
    try:
        chosen.read(data)
    except chosen.expected:
        return True
    except Exception as error:
        raise Stranger(
            f"{type(error).__name__}: {error}\n"
            f"python -m tests.fuzz.texts --target {target} --input {data.hex()}"
        ) from error
    return False


def main() -> int:
    """Run, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--target", choices=sorted(TARGETS), required=True)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=None, help="one sequence (a random one)")
    parser.add_argument("--input", type=bytes.fromhex, default=None, help="one input, in hex")
    arguments = parser.parse_args()
    if arguments.input is not None:
        was_refused = judge(arguments.target, arguments.input)
        sys.stdout.write("refused\n" if was_refused else "taken\n")
        return 0
    seed = SystemRandom().randrange(2**32) if arguments.seed is None else arguments.seed
    counts = run(arguments.target, seed=seed, seconds=arguments.seconds)
    sys.stdout.write(f"seed {seed}: {dict(counts)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
