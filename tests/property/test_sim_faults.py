"""Generated fault rules: what holds for a line and for a plan whatever the rules are."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.sim.faults import (
    AnyRule,
    ClockJump,
    CloseConnection,
    CorruptFrames,
    DelayAnswer,
    DelayFrames,
    DropFrames,
    Extent,
    FaultError,
    FaultPlan,
    FaultRule,
    HaltSymbol,
    Moment,
    RefusalAnswer,
    RefuseSubscriptions,
    ReorderFrames,
    RepeatFrames,
    ServerError,
    StopSending,
    TruncateFrames,
)
from mexc_connector.sim.faults.dice import Dice
from mexc_connector.sim.faults.fates import decide
from mexc_connector.sim.faults.line import Line

CHANNELS = st.sampled_from("ab")
PROBABILITIES = st.floats(0, 1, allow_nan=False)
FRAME_RULES: st.SearchStrategy[FaultRule] = st.one_of(
    st.builds(DropFrames, probability=PROBABILITIES),
    st.builds(RepeatFrames, probability=PROBABILITIES, copies=st.integers(1, 3)),
    st.builds(DelayFrames, probability=PROBABILITIES, delay_ms=st.integers(1, 50)),
    st.builds(ReorderFrames, probability=PROBABILITIES, behind=st.integers(1, 3)),
    st.builds(TruncateFrames, probability=PROBABILITIES),
    st.builds(CorruptFrames, probability=PROBABILITIES, byte_count=st.integers(1, 4)),
    st.builds(StopSending, probability=PROBABILITIES, extent=st.sampled_from(Extent)),
)
RULES: st.SearchStrategy[AnyRule] = st.one_of(
    st.builds(DropFrames, first=st.integers(1, 9), most=st.none() | st.integers(1, 9)),
    st.builds(CloseConnection, code=st.integers(3000, 4999), reason=st.text(max_size=20)),
    st.builds(StopSending, extent=st.sampled_from(Extent), for_ms=st.none() | st.integers(1, 99)),
    st.builds(RefuseSubscriptions, answer=st.sampled_from(RefusalAnswer)),
    st.builds(DelayAnswer, delay_ms=st.integers(1, 9), moment=st.sampled_from(Moment)),
    st.builds(ServerError, status=st.sampled_from((500, 503)), probability=PROBABILITIES),
    st.builds(ClockJump, jump_ms=st.integers(-9_999, -1), every_ms=st.integers(5, 99)),
    st.builds(HaltSymbol, symbols=st.lists(st.text(min_size=1), min_size=1).map(tuple)),
)


@given(rules=st.lists(RULES, max_size=6), seed=st.integers(0, 2**40))
def test_every_plan_survives_being_written(rules: list[AnyRule], seed: int) -> None:
    plan = FaultPlan(seed=seed, rules=tuple(rules))
    assert FaultPlan.from_yaml(plan.to_yaml()) == plan


@given(data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_is_read_is_a_plan_or_one_sentence(data: bytes) -> None:
    for read in (FaultPlan.from_yaml, FaultPlan.from_json):
        complaint = ""
        try:
            read(data)
        except FaultError as error:
            complaint = str(error)
        assert "\n" not in complaint


@given(
    rules=st.lists(FRAME_RULES, max_size=4),
    added=FRAME_RULES,
    frames=st.lists(st.binary(max_size=30), max_size=30),
    seed=st.integers(0, 9),
)
def test_rules_strike_alike_whatever_stands_beside_them(
    rules: list[FaultRule], added: FaultRule, frames: list[bytes], seed: int
) -> None:
    def noted(*, with_added: bool) -> list[tuple[str, str]]:
        dice = [Dice(rule, name=str(index), seed=seed) for index, rule in enumerate(rules)]
        if with_added:
            dice.insert(0, Dice(added, name="added", seed=seed))
        notes: list[tuple[str, str]] = []
        for frame in frames:
            decide(frame, dice, 0, lambda die, text: notes.append((die.name, text)))
        return [note for note in notes if note[0] != "added"]

    assert noted(with_added=True) == noted(with_added=False)


PUTS = st.lists(
    st.tuples(CHANNELS, st.integers(0, 20), st.integers(0, 3), st.integers(0, 30)), max_size=40
)


@given(puts=PUTS, rate=st.none() | st.integers(1, 50))
def test_a_line_loses_and_invents_nothing(
    puts: list[tuple[str, int, int, int]], rate: int | None
) -> None:
    line, now_ms, taken = Line(0), 0, b""
    if rate is not None:
        line.drip(0, bytes_per_second=rate, for_ms=None)
    for number, (channel, delay_ms, behind, pause_ms) in enumerate(puts):
        line.put(channel, [bytes([number])], now_ms, delay_ms=delay_ms, behind=behind)
        taken += line.take(now_ms)
        now_ms += pause_ms
    taken += line.take_all()
    assert Counter(taken) == Counter(range(len(puts)))


@given(puts=PUTS)
def test_without_reordering_a_channel_keeps_its_order(
    puts: list[tuple[str, int, int, int]],
) -> None:
    line, now_ms, taken = Line(0), 0, b""
    for number, (channel, delay_ms, _, pause_ms) in enumerate(puts):
        line.put(channel, [bytes([number])], now_ms, delay_ms=delay_ms)
        now_ms += pause_ms
        taken += line.take(now_ms)
    taken += line.take(now_ms + 10**6)
    for wanted in "ab":
        sent = [number for number, (channel, *_) in enumerate(puts) if channel == wanted]
        assert [number for number in taken if puts[number][0] == wanted] == sent
