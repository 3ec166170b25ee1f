"""Single handovers, step by step; `tests/property/test_rotating_plan.py` drives them at random."""

from mexc_connector.core.rotating_plan import RotatingPlan
from mexc_connector.core.subscription_actions import (
    Action,
    CloseLink,
    Granted,
    HandedOver,
    HandoverFailed,
    OpenLink,
)
from mexc_connector.core.subscription_state import PlanNumbers, TopicState
from mexc_connector.core.subscriptions import SubscriptionPlan


def new_plan(numbers: PlanNumbers) -> SubscriptionPlan:
    return SubscriptionPlan(
        per_link=4,
        per_message=4,
        unsubscribing_frees_slot=False,
        ack_timeout_s=3.0,
        numbers=numbers,
    )


class Rig:
    """A plan with two topics granted on link 1, whose successor is link 2."""

    def __init__(self) -> None:
        self.in_step = True
        self.plan = RotatingPlan(
            new_plan, overlap_s=2.0, patience_s=9.0, is_in_step=lambda topic, link: self.in_step
        )
        assert self.plan.want("a") == [OpenLink(1)]
        self.plan.want("b")
        self.plan.on_link_open(1)
        self.answer(1, now=0.0)
        assert self.plan.on_link_aged(1, 10.0) == [OpenLink(2)]

    def answer(self, link: int, *, now: float, refused: str = "") -> list[Action] | None:
        request = self.plan.next_request(link, now)
        assert request is not None
        return self.plan.on_reply(
            link,
            request.request_id,
            granted=frozenset(request.topics) - {refused},
            refused=frozenset({refused} - {""}),
            text="Blocked!",
            now=now,
        )


def test_the_successor_takes_over_after_the_overlap_and_not_before() -> None:
    rig = Rig()
    rig.plan.on_link_open(2)
    assert rig.answer(2, now=11.0) == [Granted("a", 2), Granted("b", 2)]
    assert rig.plan.links_of("a") == (1, 2)
    assert rig.plan.deadline == 13.0
    assert rig.plan.on_time(12.9) == []
    assert rig.plan.on_time(13.0) == [HandedOver(1, 2), CloseLink(1)]
    assert rig.plan.links == (2,)
    assert rig.plan.topics_of(2) == ("a", "b")
    assert rig.plan.deadline is None


def test_one_refused_channel_is_one_too_many_and_the_link_keeps_them_all() -> None:
    rig = Rig()
    rig.plan.on_link_open(2)
    actions = rig.answer(2, now=11.0, refused="b")
    assert actions == [CloseLink(2), HandoverFailed(1, 2, 1, "b refused: Blocked!")]
    assert rig.plan.links == (1,)
    assert rig.plan.topics == ("a", "b")
    assert rig.plan.state_of("b") is TopicState.CONFIRMED
    rig.plan.retry_handover(1, 20.0)
    assert rig.plan.on_time(20.0) == [OpenLink(3)]


def test_a_successor_that_does_not_get_in_step_is_given_up() -> None:
    rig = Rig()
    rig.plan.on_link_open(2)
    rig.answer(2, now=11.0)
    rig.in_step = False
    assert rig.plan.on_time(13.0) == []
    assert rig.plan.deadline is not None
    (closed, failed) = rig.plan.on_time(19.0)
    assert closed == CloseLink(2)
    assert isinstance(failed, HandoverFailed)


def test_a_successor_that_is_lost_or_not_connected_is_given_up() -> None:
    for end in (
        lambda rig: rig.plan.on_link_lost(2, 11.0),
        lambda rig: rig.plan.on_connect_failed(2),
    ):
        rig = Rig()
        closed, failed = end(rig)
        assert closed == CloseLink(2)
        assert isinstance(failed, HandoverFailed)
        assert rig.plan.on_link_aged(1, 12.0) == [OpenLink(3)]


def test_an_old_link_that_dies_meanwhile_is_not_waited_for() -> None:
    rig = Rig()
    assert rig.plan.on_link_lost(1, 10.5) == []
    rig.plan.on_link_open(2)
    rig.answer(2, now=11.0)
    assert rig.plan.on_time(11.0) == [HandedOver(1, 2), CloseLink(1)]


def test_a_link_that_carries_nothing_any_more_needs_no_successor() -> None:
    rig = Rig()
    rig.plan.unwant("a")
    assert CloseLink(2) in rig.plan.unwant("b")
    assert rig.plan.links == ()
    assert rig.plan.on_link_aged(1, 12.0) == []
    assert "0 handovers" in repr(rig.plan)


def test_a_wish_taken_back_before_it_was_asked_costs_no_handover() -> None:
    rig = Rig()
    rig.plan.on_link_open(2)
    rig.answer(2, now=11.0)
    rig.plan.want("c")
    rig.plan.unwant("c")
    deadline = rig.plan.deadline
    assert deadline is not None
    assert deadline <= 11.0, "nobody would look before the patience is over"
    rig.plan.on_time(11.0)
    assert rig.plan.on_time(13.0) == [HandedOver(1, 2), CloseLink(1)]


def test_a_channel_that_only_the_successor_has_does_not_fall_silent_there() -> None:
    rig = Rig()
    rig.plan.on_link_lost(1, 10.1)
    rig.plan.on_link_open(2)
    request = rig.plan.next_request(2, 10.2)
    assert request is not None
    rig.plan.want("c")  # so that the successor is still ASKING
    rig.plan.on_reply(
        2,
        request.request_id,
        granted=frozenset(request.topics),
        refused=frozenset(),
        text="",
        now=10.3,
    )
    rig.plan.on_link_open(1)
    actions = rig.answer(1, now=10.4, refused="a")
    assert actions is not None
    assert CloseLink(2) in actions
    assert HandoverFailed(1, 2, 1, "a has left the link") in actions
