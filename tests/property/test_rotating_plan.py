"""Handovers under random grants, refusals, losses and ages: what is wanted is looked after."""

from dataclasses import dataclass, field

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mexc_connector.core.rotating_plan import RotatingPlan
from mexc_connector.core.subscription_actions import (
    Action,
    CloseLink,
    Granted,
    HandedOver,
    HandoverFailed,
    OpenLink,
    Refused,
)
from mexc_connector.core.subscription_state import PlanNumbers, TopicState
from mexc_connector.core.subscriptions import SubscriptionPlan
from tests.property.test_subscriptions import PER_LINK, PER_MESSAGE, Exchange, links, topics

OVERLAP_S = 2.0
PATIENCE_S = 8.0


def new_plan(numbers: PlanNumbers) -> SubscriptionPlan:
    return SubscriptionPlan(
        per_link=PER_LINK,
        per_message=PER_MESSAGE,
        unsubscribing_frees_slot=False,
        ack_timeout_s=3.0,
        numbers=numbers,
    )


@dataclass
class World:
    """Carries out the plan's actions, and knows which link brings which topic."""

    connections: dict[int, Exchange | None] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)
    carried: dict[str, set[int]] = field(default_factory=dict)
    out_of_step: set[int] = field(default_factory=set)
    now: float = 0.0
    handovers: int = 0

    def __post_init__(self) -> None:
        self.plan = RotatingPlan(
            new_plan,
            overlap_s=OVERLAP_S,
            patience_s=PATIENCE_S,
            is_in_step=lambda topic, link: link not in self.out_of_step,
        )

    def carry_out(self, actions: list[Action] | None) -> None:  # noqa: C901 - one case an action
        for action in actions or []:
            match action:
                case OpenLink(link):
                    assert link not in self.connections
                    self.connections[link] = None
                case CloseLink(link):
                    del self.connections[link]
                    for carriers in self.carried.values():
                        carriers.discard(link)
                case Granted(topic, link):
                    connection = self.connections[link]
                    assert connection is not None
                    assert topic in connection.live
                    self.carried.setdefault(topic, set()).add(link)
                case Refused(topic, is_kept=True):
                    self.plan.retry_after(topic, self.now + 1.0)
                case Refused(topic):
                    self.wanted.discard(topic)
                case HandedOver(link, successor):
                    self.handovers += 1
                    for topic in self.plan.topics_of(successor):
                        assert successor in self.carried[topic], "it took over what it has not got"
                case HandoverFailed(link):
                    self.plan.retry_handover(link, self.now + 1.0)

    def open(self, link: int) -> None:
        if link in self.connections and self.connections[link] is None:
            self.connections[link] = Exchange()
            self.carry_out(self.plan.on_link_open(link))

    def lose(self, link: int) -> None:
        if self.connections.get(link) is not None:
            self.connections[link] = None
            for carriers in self.carried.values():
                carriers.discard(link)
            self.carry_out(self.plan.on_link_lost(link, self.now))

    def fail(self, link: int) -> None:
        if link in self.connections and self.connections[link] is None:
            self.carry_out(self.plan.on_connect_failed(link))

    def talk(self, link: int, refused: frozenset[str], *, loses_answer: bool) -> None:
        connection = self.connections.get(link)
        if connection is None:
            return
        request = self.plan.next_request(link, self.now)
        if request is None:
            return
        granted, not_granted = connection.handle(request, refused)
        if not loses_answer:
            self.carry_out(
                self.plan.on_reply(
                    link,
                    request.request_id,
                    granted=frozenset(granted),
                    refused=frozenset(not_granted),
                    text="",
                    now=self.now,
                )
            )

    def check(self) -> None:
        assert set(self.plan.topics) == self.wanted
        assert set(self.plan.links) == set(self.connections)
        for link in self.plan.links:
            assert self.plan.slots_used(link) <= PER_LINK
            assert self.plan.topics_of(link), "an empty link was kept"
        for topic in self.wanted:
            placed = self.plan.links_of(topic)
            if self.plan.state_of(topic) is TopicState.REFUSED:
                assert not placed
                assert self.plan.deadline is not None
                continue
            assert 1 <= len(placed) <= 2
            assert all(topic in self.plan.topics_of(link) for link in placed)
            if self.plan.state_of(topic) is TopicState.CONFIRMED:
                assert placed[0] in self.carried[topic]

    def settle(self) -> None:
        """Let everything come to rest on an exchange that grants everything."""
        self.out_of_step.clear()
        for _ in range(300):
            for link in list(self.connections):
                self.open(link)
                for _ in range(PER_LINK * 2):
                    self.talk(link, frozenset(), loses_answer=False)
            deadline = self.plan.deadline
            if deadline is None:
                break
            self.now = max(self.now, deadline)
            self.carry_out(self.plan.on_time(self.now))
            self.check()
        assert self.plan.deadline is None


grown = st.integers(1, 8)
steps = st.one_of(
    st.tuples(st.just("want"), topics),
    st.tuples(st.just("want"), topics),
    st.tuples(st.just("unwant"), topics),
    st.tuples(st.just("open"), grown),
    st.tuples(st.just("open"), grown),
    st.tuples(st.just("lose"), grown),
    st.tuples(st.just("fail"), grown),
    st.tuples(st.just("age"), links),
    st.tuples(st.just("age"), grown),
    st.tuples(st.just("step"), grown),
    st.tuples(st.just("talk"), grown, st.frozensets(topics, max_size=2), st.booleans()),
    st.tuples(st.just("talk"), grown, st.just(frozenset()), st.just(False)),
    st.tuples(st.just("talk"), grown, st.just(frozenset()), st.just(False)),
    st.tuples(st.just("wait"), st.sampled_from([0.5, 2.5, 9.0])),
)


def run(world: World, script: list[tuple[object, ...]]) -> None:  # noqa: C901 - one case a step
    for step in script:
        match step:
            case ("want", str(topic)):
                world.wanted.add(topic)
                world.carry_out(world.plan.want(topic))
            case ("unwant", str(topic)):
                world.wanted.discard(topic)
                world.carried.pop(topic, None)
                world.carry_out(world.plan.unwant(topic))
            case ("open", int(link)):
                world.open(link)
            case ("lose", int(link)):
                world.lose(link)
            case ("fail", int(link)):
                world.fail(link)
            case ("age", int(link)):
                world.carry_out(world.plan.on_link_aged(link, world.now))
            case ("step", int(link)):
                world.out_of_step ^= {link}
            case ("talk", int(link), frozenset() as refused, bool(loses)):
                world.talk(link, refused, loses_answer=loses)
            case ("wait", float(seconds)):
                world.now += seconds
                world.carry_out(world.plan.on_time(world.now))
        world.check()


@settings(max_examples=400, deadline=None)
@given(script=st.lists(steps, max_size=90))
def test_what_is_wanted_is_placed_or_due_and_no_link_is_overfull(
    script: list[tuple[object, ...]],
) -> None:
    run(World(), script)


@settings(max_examples=200, deadline=None)
@given(script=st.lists(steps, max_size=70))
def test_whatever_happened_everything_wanted_ends_up_on_one_link(
    script: list[tuple[object, ...]],
) -> None:
    world = World()
    run(world, script)
    world.settle()
    world.check()
    for topic in world.wanted:
        assert world.plan.state_of(topic) is TopicState.CONFIRMED
        assert world.carried[topic] == set(world.plan.links_of(topic))
        assert len(world.plan.links_of(topic)) == 1


@settings(max_examples=200, deadline=None)
@example(script=[("want", f"topic{number}") for number in range(4)], aged=[1])
@given(script=st.lists(steps, max_size=50), aged=st.lists(links, min_size=1, max_size=6))
def test_on_an_exchange_that_behaves_a_handover_leaves_nothing_uncarried(
    script: list[tuple[object, ...]], aged: list[int]
) -> None:
    world = World()
    run(world, script)
    world.settle()
    for index in aged:
        if not world.plan.links:
            return
        link = world.plan.links[index % len(world.plan.links)]
        before = world.handovers
        world.carry_out(world.plan.on_link_aged(link, world.now))
        for _ in range(20):
            for other in list(world.connections):
                world.open(other)
                for _ in range(PER_LINK):  # a link sends all that it has to say
                    world.talk(other, frozenset(), loses_answer=False)
                assert all(world.carried[topic] for topic in world.wanted)
            if (deadline := world.plan.deadline) is None:
                break
            world.now = max(world.now, deadline)
            world.carry_out(world.plan.on_time(world.now))
            assert all(world.carried[topic] for topic in world.wanted)
        assert world.handovers == before + 1
        assert link not in world.plan.links
