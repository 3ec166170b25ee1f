"""Two copies of every topic: never on one link, and one refused copy does not cost the other."""

from hypothesis import given, settings
from hypothesis import strategies as st

from mexc_connector.core.redundant_plan import RedundantPlan
from mexc_connector.core.rotating_plan import RotatingPlan
from mexc_connector.core.subscription_actions import Refused
from mexc_connector.core.subscription_state import PlanNumbers, TopicState
from tests.property.test_rotating_plan import (
    OVERLAP_S,
    PATIENCE_S,
    PER_LINK,
    World,
    new_plan,
    run,
    steps,
)


class RedundantWorld(World):
    """The same world, with a plan of two planes."""

    def __post_init__(self) -> None:
        def new_plane(numbers: PlanNumbers) -> RotatingPlan:
            return RotatingPlan(
                new_plan,
                overlap_s=OVERLAP_S,
                patience_s=PATIENCE_S,
                is_in_step=lambda topic, link: link not in self.out_of_step,
                numbers=numbers,
            )

        self.plan = RedundantPlan(new_plane, copies=2)  # type: ignore[assignment]

    def check(self) -> None:
        plan: RedundantPlan = self.plan  # type: ignore[assignment]
        assert set(plan.topics) == self.wanted
        assert set(plan.links) == set(self.connections)
        for link in plan.links:
            assert 0 < len(plan.topics_of(link)) <= PER_LINK
        for topic in self.wanted:
            placed = plan.links_of(topic)
            assert len(placed) == len(set(placed))
            states = plan.states_of(topic)
            assert None not in states, "one plane has forgotten what the other still wants"
            assert len(placed) >= sum(state is not TopicState.REFUSED for state in states)
            if TopicState.REFUSED in states:
                assert plan.deadline is not None, "nobody will ask again"


@settings(max_examples=300, deadline=None)
@given(script=st.lists(steps, max_size=80))
def test_both_copies_of_what_is_wanted_are_placed_or_due(script: list[tuple[object, ...]]) -> None:
    run(RedundantWorld(), script)


@settings(max_examples=150, deadline=None)
@given(script=st.lists(steps, max_size=60))
def test_whatever_happened_everything_ends_up_on_two_links(
    script: list[tuple[object, ...]],
) -> None:
    world = RedundantWorld()
    run(world, script)
    world.settle()
    plan: RedundantPlan = world.plan  # type: ignore[assignment]
    for topic in world.wanted:
        assert plan.states_of(topic) == (TopicState.CONFIRMED, TopicState.CONFIRMED)
        assert world.carried[topic] == set(plan.links_of(topic))
        assert len(plan.links_of(topic)) == 2


def test_a_topic_is_refused_once_no_copy_may_still_be_granted() -> None:
    told: list[Refused] = []

    class Listening(RedundantWorld):
        def carry_out(self, actions):  # type: ignore[no-untyped-def]
            told.extend(action for action in actions or [] if isinstance(action, Refused))
            super().carry_out(actions)

    world = Listening()
    everything = frozenset({"topic0"})
    run(world, [("want", "topic0"), ("open", 1), ("open", 2)])
    world.talk(1, everything, loses_answer=False)
    assert [refused.is_kept for refused in told] == [True]
    world.check()
    world.talk(2, everything, loses_answer=False)
    assert [refused.is_kept for refused in told] == [True, False]
    assert world.plan.topics == ()
    assert world.plan.links == ()


def plan_of(copies: int) -> RedundantPlan:
    def new_plane(numbers: PlanNumbers) -> RotatingPlan:
        return RotatingPlan(
            new_plan,
            overlap_s=OVERLAP_S,
            patience_s=PATIENCE_S,
            is_in_step=lambda topic, link: True,
            numbers=numbers,
        )

    return RedundantPlan(new_plane, copies=copies)


def answered(plan: RedundantPlan, link: int, *, is_granted: bool) -> list[Refused]:
    request = plan.next_request(link, 0.0)
    assert request is not None
    named = frozenset(request.topics)
    actions = plan.on_reply(
        link,
        request.request_id,
        granted=named if is_granted else frozenset(),
        refused=frozenset() if is_granted else named,
        text="Blocked!",
        now=0.0,
    )
    return [action for action in actions or [] if isinstance(action, Refused)]


def test_what_was_granted_once_is_not_forgotten_when_all_copies_are_refused() -> None:
    plan = plan_of(2)
    plan.want("a")
    plan.on_link_open(1)
    answered(plan, 1, is_granted=True)  # who asked is told: it is granted
    plan.on_link_lost(1, 0.0)
    plan.on_link_open(1)
    plan.on_link_open(2)
    refused = answered(plan, 1, is_granted=False) + answered(plan, 2, is_granted=False)
    assert plan.topics == ("a",), "nobody would ask for it again, and nobody was told"
    assert [one.is_kept for one in refused] == [True, True]


def test_what_a_successor_granted_is_not_forgotten_when_its_link_is_refused() -> None:
    plan = plan_of(1)
    plan.want("a")
    plan.on_link_open(1)
    answered(plan, 1, is_granted=True)
    plan.on_link_aged(1, 0.0)
    plan.on_link_open(2)
    plan.want("b")
    answered(plan, 2, is_granted=True)  # who asked for "b" is told: it is granted
    (refused,) = answered(plan, 1, is_granted=False)
    assert refused.is_kept
    assert plan.topics == ("a", "b")
    assert plan.links == (1,), (
        "the successor goes on alone with a channel, unheard if it falls silent"
    )
