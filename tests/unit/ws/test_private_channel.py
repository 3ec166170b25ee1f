"""The channels of an account on an old link and on its successor."""

import pytest

from tests.unit.ws.account_rig import Rig, Sink, balance_push, fill_push, order_push


def test_during_a_handover_each_event_is_told_once_in_one_epoch() -> None:
    rig, sink = Rig(), Sink()
    rig.account.add(sink)
    rig.grant(1)
    rig.grant(2)
    rig.push(order_push("o1"), 1, 2)
    rig.push(order_push("o2"), 2, 1)
    rig.push(fill_push("t1"), 2)
    assert sink.log == ["live 1", "order o1 1", "order o2 1"]
    assert rig.settle(2) == [True, True, True]
    rig.lose(1, "closed")
    rig.push(fill_push("t2"), 2)
    assert sink.log[3:] == ["fill t1 1", "fill t2 1"]
    assert rig.granted == [1, 2]
    assert rig.given_up == []


def test_what_the_old_link_still_says_after_the_handover_is_a_copy_or_too_late() -> None:
    rig, sink = Rig(), Sink()
    rig.account.add(sink)
    rig.grant(1)
    rig.grant(2)
    rig.settle(2)
    rig.push(fill_push("t1"), 1, 2)
    rig.lose(1, "closed")
    assert sink.log == ["live 1", "fill t1 1"]


def test_a_proven_link_that_is_lost_leaves_no_doubt_and_an_unproven_one_is_told_once() -> None:
    for proven in (True, False):
        rig, sink = Rig(), Sink()
        rig.account.add(sink)
        rig.grant(1)
        rig.grant(2)
        if proven:
            for push in (order_push(), fill_push(), balance_push()):
                rig.push(push, 1, 2)
        told = len(sink.log)
        rig.lose(1, "cut")
        assert sink.log[told:] == ([] if proven else ["undecodable 1"])
        assert rig.account.live_epoch == 1


def test_a_link_that_has_fallen_silent_hands_nothing_over_and_is_in_doubt_when_it_is_lost() -> None:
    rig, sink = Rig(), Sink()
    rig.account.add(sink)
    rig.grant(1)
    rig.last_frames[1] = 1.0
    rig.clock.time_s = 10.0
    rig.grant(2)
    rig.push(fill_push("t1"), 2)
    assert rig.settle(2) == [False, False, False]
    assert sink.log == ["live 1"]
    rig.lose(1, "no PONG")
    assert sorted(sink.log[1:]) == ["fill t1 1", "undecodable 1"]
    rig.last_frames[2] = 10.0
    rig.grant(3)
    assert rig.settle(3) == [True, True, True]
    assert len(sink.log) == 3


def test_closing_in_the_middle_of_a_handover_raises_no_doubt() -> None:
    rig, sink = Rig(), Sink()
    rig.account.add(sink)
    rig.grant(1)
    rig.grant(2)
    rig.account.finish()
    rig.lose(1, "closed")
    rig.lose(2, "closed")
    assert sink.log == ["live 1", "lost 1 closed"]


@pytest.mark.parametrize(("bad", "told"), [(1, ["undecodable 1"]), (2, [])])
def test_a_frame_that_is_no_push_during_a_handover_gives_the_successor_up(
    bad: int, told: list[str]
) -> None:
    rig, sink = Rig(), Sink()
    rig.account.add(sink)
    rig.grant(1)
    rig.grant(2)
    rig.push(fill_push("t1"), 2)
    for channel in rig.account.channel_sinks:
        channel.on_missed(bad, 1)
    reason = "an undecodable frame during the handover"
    assert rig.given_up == [f"2: {reason}"] * 3
    assert rig.settle(2) == [False, False, False]
    rig.push(fill_push("t2"), 2)  # on its way when the connection was cut
    rig.lose(2, reason)
    assert sink.log == ["live 1", *told]


def test_a_link_that_is_lost_after_its_successor_was_given_up_leaves_a_doubt() -> None:
    rig, sink = Rig(), Sink()
    rig.account.add(sink)
    rig.grant(1)
    rig.grant(2)
    for push in (order_push(), fill_push(), balance_push()):
        rig.push(push, 1, 2)
    rig.orders.on_missed(2, 1)
    rig.lose(1, "cut")
    assert sink.log[4:] == ["undecodable 1"]


def test_more_than_can_be_held_gives_the_successor_up_and_leaves_the_leader_alone() -> None:
    rig, sink = Rig(), Sink()
    rig.account.add(sink)
    rig.grant(1)
    rig.grant(2)
    for number in range(5000):
        rig.push(fill_push(f"t{number}"), 2)
    assert rig.given_up == ["2: it does not bring what the link before it brings"]
    rig.push(fill_push("t1"), 1)
    assert sink.log == ["live 1", "fill t1 1"]


def test_with_a_channel_here_and_another_there_nobody_is_live_until_one_link_has_them_all() -> None:
    rig, sink = Rig(), Sink()
    rig.account.add(sink)
    rig.grant(1)
    rig.grant_one(rig.orders, 2)
    rig.lose(1, "cut")
    for channel in (rig.fills, rig.balances):
        rig.grant_one(channel, 3)
    assert sink.log == ["live 1", "undecodable 1", "lost 1 cut"]
    rig.grant_one(rig.orders, 3)
    rig.push(order_push(), 2, 3)
    assert sink.log[3:] == ["live 3", "order o1 3"]


def test_a_frame_that_is_no_push_is_told_whichever_channels_the_link_leads() -> None:
    rig, sink = Rig(), Sink()
    rig.account.add(sink)
    rig.grant_one(rig.orders, 2)
    rig.grant_one(rig.fills, 3)
    rig.grant_one(rig.balances, 3)
    rig.fills.on_undecodable(3)
    rig.balances.on_undecodable(3)
    assert sink.log == ["undecodable 3"]


def test_a_successor_that_was_given_up_is_not_heard_any_more() -> None:
    rig, sink = Rig(), Sink()
    rig.account.add(sink)
    rig.grant(1)
    rig.grant(2)
    rig.fills.on_missed(2, 1)
    rig.push(fill_push("t1"), 1, 2)
    rig.lose(1, "cut")
    assert [text for text in sink.log if text.startswith("fill")] == ["fill t1 1"]


def test_after_all_links_were_lost_nothing_is_taken_for_a_copy() -> None:
    rig, sink = Rig(), Sink()
    rig.account.add(sink)
    rig.grant(1)
    rig.grant(2)
    rig.push(order_push("o1"), 1)
    rig.settle(2)
    rig.lose(1, "closed")
    rig.lose(2, "cut")
    rig.grant(3)
    rig.push(order_push("o1"), 3)
    assert sink.log == ["live 1", "order o1 1", "lost 1 cut", "live 3", "order o1 3"]


def test_an_event_that_comes_before_the_account_is_live_has_the_epoch_that_begins() -> None:
    rig, sink = Rig(), Sink()
    rig.account.add(sink)
    rig.grant_one(rig.orders, 4)
    rig.push(order_push("o1"), 4)
    assert sink.log == ["order o1 4"]
