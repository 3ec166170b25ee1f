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
