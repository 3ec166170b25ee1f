from collections.abc import Iterable

from mexc_connector.core.subscription_actions import (
    Action,
    CloseLink,
    Granted,
    OpenLink,
    Refused,
    Request,
    RequestKind,
    Wake,
)
from mexc_connector.core.subscription_state import TopicState
from mexc_connector.core.subscriptions import SubscriptionPlan

NOTHING: frozenset[str] = frozenset()


def make_plan(
    *, per_link: int = 3, per_message: int = 2, frees_slot: bool = False
) -> SubscriptionPlan:
    return SubscriptionPlan(
        per_link=per_link,
        per_message=per_message,
        unsubscribing_frees_slot=frees_slot,
        ack_timeout_s=10.0,
    )


def drain(plan: SubscriptionPlan, link: int, now: float = 0.0) -> list[Request]:
    requests = []
    while (request := plan.next_request(link, now)) is not None:
        requests.append(request)
    return requests


def answer(
    plan: SubscriptionPlan,
    request: Request,
    *,
    granted: Iterable[str] | None = None,
    request_id: int | None = None,
) -> list[Action] | None:
    names = frozenset(request.topics if granted is None else granted)
    return plan.on_reply(
        request.link,
        request.request_id if request_id is None else request_id,
        granted=names,
        refused=frozenset(request.topics) - names,
        text="Blocked!",
    )


def confirmed(*topics: str, per_link: int = 3) -> SubscriptionPlan:
    """Make a plan whose topics are granted on link 1."""
    plan = make_plan(per_link=per_link)
    for topic in topics:
        plan.want(topic)
    plan.on_link_open(1)
    for request in drain(plan, 1):
        answer(plan, request)
    return plan


def test_the_first_wish_opens_a_link() -> None:
    plan = make_plan()
    assert plan.want("a") == [OpenLink(1)]
    assert plan.want("a") == []
    assert plan.want("b") == []
    assert plan.topics_of(1) == ("a", "b")


def test_a_full_link_is_followed_by_a_new_one() -> None:
    plan = make_plan(per_link=2)
    actions = [action for topic in "abcde" for action in plan.want(topic)]
    assert actions == [OpenLink(1), OpenLink(2), OpenLink(3)]
    assert [plan.slots_used(link) for link in plan.links] == [2, 2, 1]


def test_nothing_is_sent_before_the_link_is_open() -> None:
    plan = make_plan()
    plan.want("a")
    assert plan.next_request(1, 0.0) is None
    assert plan.next_request(99, 0.0) is None
    assert plan.on_link_open(1) == [Wake(1)]
    assert plan.next_request(1, 0.0) == Request(1, 1, RequestKind.SUBSCRIBE, ("a",))


def test_requests_are_cut_to_the_channels_of_one_message() -> None:
    plan = make_plan(per_link=5, per_message=2)
    for topic in "abcde":
        plan.want(topic)
    plan.on_link_open(1)
    assert [request.topics for request in drain(plan, 1)] == [("a", "b"), ("c", "d"), ("e",)]


def test_a_wish_for_an_open_link_wakes_it() -> None:
    plan = confirmed("a")
    assert plan.want("b") == [Wake(1)]


def test_an_answer_with_our_id_settles_the_whole_request() -> None:
    plan = make_plan()
    plan.want("a")
    plan.want("b")
    plan.on_link_open(1)
    [request] = drain(plan, 1)
    assert answer(plan, request, granted="a") == [
        Granted("a", 1),
        Refused("b", 1, "Blocked!", 1, is_kept=False),
    ]
    assert plan.state_of("a") is TopicState.CONFIRMED
    assert plan.state_of("b") is None
    assert plan.topics == ("a",)


def test_an_empty_answer_with_our_id_refuses_everything() -> None:
    plan = make_plan()
    plan.want("a")
    plan.on_link_open(1)
    [request] = drain(plan, 1)
    actions = plan.on_reply(1, request.request_id, granted=NOTHING, refused=NOTHING, text="")
    assert actions == [Refused("a", 1, "", 1, is_kept=False), CloseLink(1)]


def test_an_answer_without_id_settles_by_name_and_leaves_the_rest_open() -> None:
    plan = make_plan(per_message=3)
    for topic in "abc":
        plan.want(topic)
    plan.on_link_open(1)
    drain(plan, 1)
    actions = plan.on_reply(1, 0, granted=frozenset("a"), refused=frozenset("b"), text="Blocked!")
    assert actions == [Granted("a", 1), Refused("b", 1, "Blocked!", 1, is_kept=False)]
    assert plan.state_of("c") is TopicState.REQUESTED
    assert plan.on_reply(1, 0, granted=frozenset("c"), refused=NOTHING, text="c") == [
        Granted("c", 1)
    ]
    assert plan.deadline is None


def test_a_nameless_answer_without_id_refuses_the_only_open_request() -> None:
    plan = make_plan()
    plan.want("a")
    plan.on_link_open(1)
    drain(plan, 1)
    assert plan.on_reply(1, 0, granted=NOTHING, refused=NOTHING, text="[]") == [
        Refused("a", 1, "[]", 1, is_kept=False),
        CloseLink(1),
    ]


def test_a_nameless_answer_that_could_mean_two_requests_means_none() -> None:
    plan = make_plan(per_message=1)
    plan.want("a")
    plan.want("b")
    plan.on_link_open(1)
    drain(plan, 1)
    assert plan.on_reply(1, 0, granted=NOTHING, refused=NOTHING, text="[]") is None
    assert plan.state_of("a") is TopicState.REQUESTED


def test_an_answer_for_another_link_or_to_nothing_is_none_of_ours() -> None:
    plan = make_plan(per_link=1)
    plan.want("a")
    plan.want("b")
    plan.on_link_open(1)
    plan.on_link_open(2)
    [first] = drain(plan, 1)
    assert (
        plan.on_reply(2, first.request_id, granted=frozenset("a"), refused=NOTHING, text="") is None
    )
    assert plan.on_reply(1, 77, granted=frozenset("z"), refused=NOTHING, text="z") is None
    assert plan.state_of("a") is TopicState.REQUESTED


def test_giving_up_the_last_topic_closes_the_link() -> None:
    plan = confirmed("a")
    assert plan.unwant("a") == [CloseLink(1)]
    assert plan.unwant("a") == []
    assert plan.links == ()


def test_giving_up_one_of_several_unsubscribes_it() -> None:
    plan = confirmed("a", "b")
    assert plan.unwant("a") == [Wake(1)]
    [request] = drain(plan, 1)
    assert (request.kind, request.topics) == (RequestKind.UNSUBSCRIBE, ("a",))
    assert answer(plan, request) == []


def test_a_topic_that_was_never_asked_for_leaves_without_a_word() -> None:
    plan = confirmed("a")
    plan.want("b")
    assert plan.unwant("b") == []
    assert drain(plan, 1) == []
    assert plan.slots_used(1) == 1


def test_a_spent_slot_comes_back_with_a_new_connection_only() -> None:
    plan = confirmed("a", "b", "c")
    plan.unwant("a")
    assert plan.slots_used(1) == 3
    assert plan.want("d") == [OpenLink(2)]
    plan.on_link_lost(1)
    plan.on_link_open(1)
    assert plan.slots_used(1) == 2
    assert plan.want("e") == [Wake(1)]


def test_a_slot_comes_back_at_once_where_unsubscribing_frees_it() -> None:
    plan = make_plan(per_link=2, frees_slot=True)
    plan.want("a")
    plan.want("b")
    plan.on_link_open(1)
    drain(plan, 1)
    plan.unwant("a")
    assert plan.slots_used(1) == 1
    assert plan.want("c") == [Wake(1)]


def test_a_reconnect_asks_for_everything_again() -> None:
    plan = confirmed("a", "b", "c")
    plan.on_link_lost(1)
    assert plan.state_of("a") is TopicState.QUEUED
    assert plan.next_request(1, 0.0) is None
    assert plan.on_link_open(1) == [Wake(1)]
    assert [request.topics for request in drain(plan, 1)] == [("a", "b"), ("c",)]


def test_an_answer_of_the_connection_before_settles_nothing() -> None:
    plan = make_plan()
    plan.want("a")
    plan.on_link_open(1)
    [old] = drain(plan, 1)
    plan.on_link_lost(1)
    plan.on_link_open(1)
    [new] = drain(plan, 1)
    assert answer(plan, old) is None
    assert plan.state_of("a") is TopicState.REQUESTED
    assert answer(plan, new) == [Granted("a", 1)]


def test_a_topic_that_left_and_came_back_is_settled_by_its_own_request() -> None:
    plan = make_plan(per_link=5)
    plan.want("keep")
    plan.want("a")
    plan.on_link_open(1)
    [first] = drain(plan, 1)
    plan.unwant("a")
    plan.want("a")
    leave, again = drain(plan, 1)
    assert (leave.kind, again.kind) == (RequestKind.UNSUBSCRIBE, RequestKind.SUBSCRIBE)
    answer(plan, first)
    assert plan.state_of("a") is TopicState.REQUESTED
    answer(plan, leave)
    assert answer(plan, again) == [Granted("a", 1)]


def test_a_missing_answer_is_asked_for_again_once_and_then_a_refusal() -> None:
    plan = make_plan()
    plan.want("a")
    plan.want("b")
    plan.on_link_open(1)
    drain(plan, 1, now=0.0)
    assert plan.deadline == 10.0
    assert plan.on_time(9.9) == []
    plan.on_time(10.0)
    kinds = [(request.kind, request.topics) for request in drain(plan, 1, now=10.0)]
    assert (RequestKind.UNSUBSCRIBE, ("a", "b")) in kinds  # no duplicate, should it be granted
    links = plan.links
    for link in links:
        plan.on_link_open(link)
        drain(plan, link, now=10.0)
    refused = [action for action in plan.on_time(20.0) if isinstance(action, Refused)]
    assert [action.topic for action in refused] == ["a", "b"]
    assert "asked twice" in refused[0].text


def test_frames_prove_a_subscription_whose_answer_got_lost() -> None:
    plan = make_plan()
    plan.want("a")
    plan.on_link_open(1)
    drain(plan, 1)
    plan.on_frame_before_grant(2, "a")
    plan.on_frame_before_grant(1, "unknown")
    plan.on_frame_before_grant(1, "a")
    assert plan.on_time(10.0) == [Granted("a", 1)]


def test_frames_from_before_the_request_prove_nothing() -> None:
    plan = make_plan()
    plan.want("a")
    plan.want("b")
    plan.on_frame_before_grant(1, "a")
    plan.on_link_open(1)
    drain(plan, 1)
    assert Granted("a", 1) not in plan.on_time(10.0)


def test_a_topic_refused_on_replay_stays_wanted_and_waits_for_its_retry() -> None:
    plan = confirmed("a", "b")
    plan.on_link_lost(1)
    plan.on_link_open(1)
    [request] = drain(plan, 1)
    assert answer(plan, request, granted="b") == [
        Refused("a", 1, "Blocked!", 1, is_kept=True),
        Granted("b", 1),
    ]
    assert plan.state_of("a") is TopicState.REFUSED
    assert plan.link_of("a") is None
    assert plan.deadline is None
    plan.retry_after("a", 42.0)
    assert plan.deadline == 42.0
    assert plan.on_time(42.0) == [Wake(1)]
    [again] = drain(plan, 1, now=42.0)
    assert answer(plan, again, granted="") == [Refused("a", 1, "Blocked!", 2, is_kept=True)]
    plan.retry_after("a", 50.0)
    plan.on_time(50.0)
    # Two slots of the link are spent on refusals, one is used: the next attempt is elsewhere.
    assert plan.link_of("a") == 2


def test_a_grant_starts_the_count_of_refusals_anew() -> None:
    plan = confirmed("a", "b", per_link=9)
    for _ in range(2):
        plan.on_link_lost(1)
        plan.on_link_open(1)
        [request] = drain(plan, 1)
        actions = answer(plan, request, granted="b")
        assert actions is not None
        assert Refused("a", 1, "Blocked!", 1, is_kept=True) in actions
        plan.retry_after("a", 1.0)
        plan.on_time(1.0)
        [again] = drain(plan, 1)
        answer(plan, again)


def test_a_refused_topic_can_be_given_up_while_it_waits() -> None:
    plan = confirmed("a")
    plan.on_link_lost(1)
    plan.on_link_open(1)
    [request] = drain(plan, 1)
    actions = answer(plan, request, granted="")
    assert actions == [Refused("a", 1, "Blocked!", 1, is_kept=True), CloseLink(1)]
    plan.retry_after("a", 5.0)
    assert plan.unwant("a") == []
    assert plan.deadline is None
    plan.retry_after("a", 5.0)
    assert plan.deadline is None


def test_a_refused_topic_is_not_unsubscribed() -> None:
    plan = make_plan()
    plan.want("a")
    plan.want("b")
    plan.on_link_open(1)
    [request] = drain(plan, 1)
    answer(plan, request, granted="a")
    assert drain(plan, 1) == []
    assert plan.slots_used(1) == 2


def test_what_happens_on_a_forgotten_link_is_ignored() -> None:
    plan = confirmed("a")
    plan.unwant("a")
    assert plan.on_link_open(1) == []
    plan.on_link_lost(1)
    assert plan.topics_of(1) == ()
    assert plan.slots_used(1) == 0


def test_an_unsubscription_without_an_answer_is_forgotten() -> None:
    plan = confirmed("a", "b")
    plan.unwant("a")
    drain(plan, 1, now=5.0)
    assert plan.deadline == 15.0
    assert plan.on_time(15.0) == []
    assert plan.deadline is None


def test_the_repr_shows_the_counts() -> None:
    plan = confirmed("a", "b")
    plan.want("c")
    assert repr(plan) == "<SubscriptionPlan 3 topics, 2 confirmed, 1 links>"
