"""Plans from code, YAML and JSON: what they say, and what they refuse in one sentence."""

from pathlib import Path

import pytest

from mexc_connector.sim import SimError, SimOptions
from mexc_connector.sim import faults as all_faults
from mexc_connector.sim.endpoints import EndpointName
from mexc_connector.sim.faults import (
    CloseConnection,
    DelayAnswer,
    DelayFrames,
    DropFrames,
    FaultError,
    FaultPlan,
    FaultRule,
    HaltSymbol,
    TooMany,
)

ENDPOINTS = (EndpointName("GET", "depth"), EndpointName("POST", "order", True, True))
YAML = """
seed: 7
rules:
  - {fault: drop, name: lost depth, channels: [depth], probability: 0.01}
  - {fault: http_429, endpoints: [depth], retry_after_s: null, first: 5, last: 9}
  - {fault: halt, symbols: [BTCUSDT], after_ms: 1000, for_ms: 500}
  - {fault: delay, delay_ms: 20, jitter_ms: 5}
"""
PLAN = FaultPlan(
    seed=7,
    rules=(
        DropFrames(name="lost depth", channels=("depth",), probability=0.01),
        TooMany(endpoints=("depth",), retry_after_s=None, first=5, last=9),
        HaltSymbol(symbols=("BTCUSDT",), after_ms=1000, for_ms=500),
        DelayFrames(delay_ms=20, jitter_ms=5),
    ),
)


def test_yaml_and_code_say_the_same() -> None:
    assert FaultPlan.from_yaml(YAML) == PLAN


def test_a_plan_survives_being_written() -> None:
    assert FaultPlan.from_yaml(PLAN.to_yaml()) == PLAN


def test_rules_are_named_after_their_fault_unless_they_have_a_name() -> None:
    rules = (DropFrames(), DropFrames(name="mine"), DropFrames(), DelayFrames(delay_ms=1))
    assert FaultPlan(rules=rules).rule_names() == ("drop", "mine", "drop-2", "delay")


def test_plans_compose_from_their_rules() -> None:
    both = FaultPlan(seed=3, rules=(*PLAN.rules, DropFrames()))
    assert both.rule_names() == (*PLAN.rule_names(), "drop")


def test_every_rule_has_a_name_of_its_own_in_yaml() -> None:
    kinds = [
        kind.__struct_config__.tag
        for kind in vars(all_faults).values()
        if isinstance(kind, type) and issubclass(kind, FaultRule) and kind is not FaultRule
    ]
    assert len(kinds) == len(set(kinds)) == 32
    assert None not in kinds


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("rules: [{fault: drop, probabilty: 0.5}]", "unknown field `probabilty` - at `$.rules[0]`"),
        ("rules: [{fault: drop, probability: 2}]", "probability must lie between 0 and 1"),
        ("rules: [{fault: drop, probability: .nan}]", "probability must lie between 0 and 1"),
        ("rules: [{fault: drop, first: 0}]", "first counts from 1"),
        ("rules: [{fault: drop, first: 5, last: 4}]", "last must not be before first"),
        ("rules: [{fault: drop, after_ms: 5, until_ms: 5}]", "until_ms must be later"),
        ("rules: [{fault: drop, channels: []}]", "channels must name at least one channel"),
        ("rules: [{fault: drop, connection: 0}]", "connection counts from 1"),
        ("rules: [{fault: dorp}]", "Invalid value 'dorp' - at `$.rules[0].fault`"),
        ("rules: [{fault: delay}]", "missing required field `delay_ms`"),
        ("rules: [{fault: silence, extent: half}]", "Invalid enum value 'half'"),
        ("rules: [{fault: close, code: 1005}]", "code must be one that a close frame may carry"),
        ("rules: [{fault: connection_life, code: 1015}]", "code must be one that a close frame"),
        ("rules: [{fault: connection_life, code: 1005}]", "code must be one that a close frame"),
        ("rules: [{fault: clock_jump, jump_ms: 9223372036854775807}]", "within 10 years"),
        ("rules: [{fault: clock_jump, jump_ms: -315360000001}]", "within 10 years"),
        ("rules: [{fault: wrong_content_type, content_type: /}]", "like text/html"),
        ("rules: [{fault: wrong_content_type, content_type: text/}]", "like text/html"),
        ("rules: [{fault: http_429, methods: [FETCH]}]", "methods must be some of GET"),
        ("rules: [{fault: server_error, status: 200}]", "status must be 500, 502, 503 or 504"),
        ("rules: [{fault: stale_snapshot, endpoints: [trades]}]", "a snapshot are GET depth"),
        ("rules: [{fault: maintenance, code: 1}]", "code must be one of 500, 501, 604"),
        ("rules: [{fault: wrong_content_type, content_type: 'a/b\\nX: y'}]", "like text/html"),
        ("rules: [{fault: drop, name: a}, {fault: delay, delay_ms: 1, name: a}]", "the name 'a'"),
        ("rules: 5", "Expected `array`"),
        ("seed: x", "Expected `int`"),
        ("{", "cannot be read"),
        ("&a [*a]", "cannot be read"),
        ("", "cannot be read"),
        ("\x00", "cannot be read"),
    ],
)
def test_a_bad_plan_is_one_sentence(text: str, complaint: str) -> None:
    with pytest.raises(FaultError) as caught:
        FaultPlan.from_yaml(text)
    assert complaint in str(caught.value)
    assert str(caught.value).count("\n") == 0
    assert str(caught.value).endswith(".")


def test_bytes_that_are_no_text_are_refused() -> None:
    for read in (FaultPlan.from_json, FaultPlan.from_yaml):
        with pytest.raises(FaultError):
            read(b"\xff\xfe\xfa")


def test_code_is_held_to_the_same_rules() -> None:
    with pytest.raises(FaultError, match="byte"):
        CloseConnection(reason="x" * 124)
    with pytest.raises(SimError, match="delay_ms"):
        DelayAnswer(delay_ms=0)


@pytest.mark.parametrize(
    "choice",
    [
        "all",
        "private",
        "fills",
        "spot@public.aggre.depth.v3.api.pb@10ms@BTCUSDT",
        "spot@public.miniTickers.v3.api.pb@UTC+8",
        "spot@private.orders.v3.api.pb",
        "*.depth.*@BTCUSDT*",
    ],
)
def test_channels_that_there_are_pass(choice: str) -> None:
    plan = FaultPlan(rules=(DropFrames(channels=(choice,)),))
    plan.check(symbols=["BTCUSDT"], endpoints=ENDPOINTS)


@pytest.mark.parametrize(
    "choice",
    [
        "dpeth",
        "spot@public.aggre.depth.v3.api.pb@10ms@ETHUSDT",
        "spot@public.aggre.depth.v3.api.pb@11ms@BTCUSDT",
        "*@ETHUSDT",
    ],
)
def test_channels_that_there_are_not_are_named(choice: str) -> None:
    plan = FaultPlan(rules=(DropFrames(channels=("depth", choice)),))
    with pytest.raises(FaultError, match="Fault rule 'drop': ") as caught:
        plan.check(symbols=["BTCUSDT"], endpoints=ENDPOINTS)
    assert repr(choice) in str(caught.value)


@pytest.mark.parametrize(
    "choice", ["all", "commands", "GET depth", "/api/v3/depth", "o*", "* order"]
)
def test_endpoints_are_known_or_named(choice: str) -> None:
    plan = FaultPlan(rules=(TooMany(endpoints=(choice,)),))
    if choice == "* order":
        with pytest.raises(FaultError, match="is no endpoint"):
            plan.check(symbols=[], endpoints=ENDPOINTS)
    else:
        plan.check(symbols=[], endpoints=ENDPOINTS)


@pytest.mark.parametrize(
    ("choice", "method", "fits"),
    [
        ("depth", "POST", False),
        ("depth", "GET", True),
        ("public", "POST", False),
        ("all", "POST", True),
    ],
)
def test_a_choice_that_its_methods_leave_empty_is_refused(
    choice: str, method: str, *, fits: bool
) -> None:
    plan = FaultPlan(rules=(TooMany(endpoints=(choice,), methods=(method,)),))
    if fits:
        plan.check(symbols=[], endpoints=ENDPOINTS)
    else:
        with pytest.raises(FaultError, match=f"'{choice}' has no endpoint with the method POST"):
            plan.check(symbols=[], endpoints=ENDPOINTS)


def test_markets_must_be_listed() -> None:
    plan = FaultPlan(rules=(HaltSymbol(symbols=("NOPEUSDT",)),))
    with pytest.raises(FaultError, match="'NOPEUSDT' is not listed"):
        plan.check(symbols=["BTCUSDT"], endpoints=ENDPOINTS)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SimError, match=r"Cannot read the fault plan .*: No such file"):
        FaultPlan.from_file(tmp_path / "plan.yaml")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])
def test_the_admin_endpoint_is_for_loopback_only(host: str) -> None:
    with pytest.raises(SimError, match="loopback only"):
        SimOptions(host=host, admin=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "::1", "localhost"])
def test_loopback_hosts_may_have_the_admin_endpoint(host: str) -> None:
    assert SimOptions(host=host, admin=True).admin
