"""The plan against a model of the exchange that counts subscriptions as the real one does."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from mexc_connector.core.subscription_actions import (
    Action,
    CloseLink,
    OpenLink,
    Refused,
    Request,
    RequestKind,
)
from mexc_connector.core.subscription_state import TopicState
from mexc_connector.core.subscriptions import SubscriptionPlan

PER_LINK = 4
PER_MESSAGE = 3
TOPICS = [f"topic{number}" for number in range(9)]


@dataclass
class Exchange:
    """One connection's side: cumulative count, duplicates and the one too many refused."""

    live: set[str] = field(default_factory=set)
    asked: int = 0

    def handle(self, request: Request, refused_names: frozenset[str]) -> tuple[set[str], set[str]]:
        if request.kind is RequestKind.UNSUBSCRIBE:
            self.live -= set(request.topics)
            return set(request.topics), set()
        granted: set[str] = set()
        refused: set[str] = set()
        for topic in request.topics:
            self.asked += 1
            assert self.asked <= PER_LINK, "the plan asked for one too many on a connection"
            assert topic not in self.live, "the plan asked for a duplicate"
            if topic in refused_names:
                refused.add(topic)
            else:
                granted.add(topic)
                self.live.add(topic)
        return granted, refused


class World:
    """Carries out the plan's actions against `Exchange`s and knows what is wanted."""

    def __init__(self, *, with_ids: bool) -> None:
        self.plan = SubscriptionPlan(
            per_link=PER_LINK,
            per_message=PER_MESSAGE,
            unsubscribing_frees_slot=False,
            ack_timeout_s=10.0,
        )
        self.with_ids = with_ids
        self.now = 0.0
        self.connections: dict[int, Exchange | None] = {}
        self.wanted: set[str] = set()

    def carry_out(self, actions: list[Action] | None) -> None:
        for action in actions or []:
            if isinstance(action, OpenLink):
                assert action.link not in self.connections
                self.connections[action.link] = None
            elif isinstance(action, CloseLink):
                del self.connections[action.link]
            elif isinstance(action, Refused):
                if action.is_kept:
                    self.plan.retry_after(action.topic, self.now + 1.0)
                else:
                    self.wanted.discard(action.topic)

    def open(self, link: int) -> None:
        if link in self.connections and self.connections[link] is None:
            self.connections[link] = Exchange()
            self.carry_out(self.plan.on_link_open(link))

    def lose(self, link: int) -> None:
        if self.connections.get(link) is not None:
            self.connections[link] = None
            self.plan.on_link_lost(link)

    def talk(self, link: int, *, refused: frozenset[str], loses_answer: bool) -> None:
        connection = self.connections.get(link)
        if connection is None:
            return
        request = self.plan.next_request(link, self.now)
        if request is None:
            return
        assert len(request.topics) <= PER_MESSAGE
        granted, not_granted = connection.handle(request, refused)
        if not loses_answer:
            self.carry_out(
                self.plan.on_reply(
                    link,
                    request.request_id if self.with_ids else 0,
                    granted=frozenset(granted),
                    refused=frozenset(not_granted),
                    text="",
                )
            )

    def check(self) -> None:
        assert set(self.plan.topics) == self.wanted
        assert set(self.plan.links) == set(self.connections)
        homes: dict[str, int] = {}
        for link in self.plan.links:
            assert self.plan.slots_used(link) <= PER_LINK
            assert self.plan.topics_of(link), "an empty link was kept"
            for topic in self.plan.topics_of(link):
                assert topic not in homes, "a topic is on two links"
                homes[topic] = link
        for topic in self.wanted:
            waits = self.plan.state_of(topic) is TopicState.REFUSED
            assert waits != (topic in homes)
            assert self.plan.link_of(topic) == homes.get(topic)
            if self.plan.state_of(topic) is TopicState.CONFIRMED:
                connection = self.connections[homes[topic]]
                assert connection is not None
                assert topic in connection.live, "confirmed, but the exchange does not send it"

    def settle(self) -> None:
        """Let everything come to rest on an exchange that grants everything."""
        for _ in range(200):
            for link in list(self.connections):
                self.open(link)
                for _ in range(PER_LINK * 2):
                    self.talk(link, refused=frozenset(), loses_answer=False)
            deadline = self.plan.deadline
            if deadline is None:
                break
            self.now = max(self.now, deadline)
            self.carry_out(self.plan.on_time(self.now))
        assert self.plan.deadline is None


topics = st.sampled_from(TOPICS)
links = st.integers(1, 4)
steps = st.one_of(
    st.tuples(st.just("want"), topics),
    st.tuples(st.just("want"), topics),
    st.tuples(st.just("unwant"), topics),
    st.tuples(st.just("open"), links),
    st.tuples(st.just("lose"), links),
    st.tuples(st.just("talk"), links, st.frozensets(topics, max_size=2), st.booleans()),
    st.tuples(st.just("talk"), links, st.just(frozenset()), st.just(False)),
    st.tuples(st.just("wait"), st.sampled_from([0.5, 3.0, 11.0])),
)


def run(world: World, script: list[tuple[object, ...]]) -> None:
    for step in script:
        match step:
            case ("want", str(topic)):
                world.wanted.add(topic)
                world.carry_out(world.plan.want(topic))
            case ("unwant", str(topic)):
                world.wanted.discard(topic)
                world.carry_out(world.plan.unwant(topic))
            case ("open", int(link)):
                world.open(link)
            case ("lose", int(link)):
                world.lose(link)
            case ("talk", int(link), frozenset() as refused, bool(loses)):
                world.talk(link, refused=refused, loses_answer=loses)
            case ("wait", float(seconds)):
                world.now += seconds
                world.carry_out(world.plan.on_time(world.now))
        world.check()


@settings(max_examples=300, deadline=None)
@given(script=st.lists(steps, max_size=80), with_ids=st.booleans())
def test_every_wanted_topic_is_on_one_link_and_no_link_is_overfull(
    script: list[tuple[object, ...]], with_ids: bool
) -> None:
    run(World(with_ids=with_ids), script)


@settings(max_examples=150, deadline=None)
@given(script=st.lists(steps, max_size=60))
def test_whatever_happened_everything_wanted_ends_up_confirmed(
    script: list[tuple[object, ...]],
) -> None:
    world = World(with_ids=True)
    run(world, script)
    world.settle()
    run(world, [("unwant", topic) for topic in sorted(world.wanted)[::2]])
    world.settle()
    world.check()
    assert all(world.plan.state_of(topic) is TopicState.CONFIRMED for topic in world.wanted)
    for link, connection in world.connections.items():
        assert connection is not None
        # Neither too little nor too much: what was given up is unsubscribed.
        assert connection.live == set(world.plan.topics_of(link))


@settings(max_examples=150, deadline=None)
@given(script=st.lists(steps, max_size=60))
def test_a_reconnect_replays_exactly_what_is_on_the_link(
    script: list[tuple[object, ...]],
) -> None:
    world = World(with_ids=True)
    run(world, script)
    world.settle()
    for link in world.plan.links:
        world.lose(link)
        world.open(link)
        asked: list[str] = []
        while (request := world.plan.next_request(link, world.now)) is not None:
            assert request.kind is RequestKind.SUBSCRIBE
            asked += request.topics
        assert sorted(asked) == sorted(world.plan.topics_of(link))
