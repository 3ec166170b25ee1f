from types import SimpleNamespace
from typing import cast

import pytest

from mexc_connector.common.errors import SubscriptionRefused
from mexc_connector.core.redundant_plan import RedundantPlan
from mexc_connector.core.subscription_actions import Refused
from mexc_connector.ws.channel import Channel
from mexc_connector.ws.counters import PoolCounters
from mexc_connector.ws.links import LinkSet
from mexc_connector.ws.refusals import REPLAY_REFUSALS, Refusals


class Sink:
    def on_subscribed(self, epoch: int) -> None: ...

    def on_push(self, push: object, epoch: int, received_ns: int) -> None: ...

    def on_undecodable(self, epoch: int) -> None: ...

    def on_link_lost(self, epoch: int, reason: str) -> None: ...


class Bench:
    """The refusals of one channel, with what they do written down."""

    def __init__(self) -> None:
        self.retries: list[tuple[str, float]] = []
        self.complaints: list[tuple[int, str]] = []
        self.told: list[SubscriptionRefused] = []
        self.counters = PoolCounters()
        self.channel = Channel("trades", on_sink_error=lambda _: None)
        self.channel.hold(Sink(), self.told.append)
        self.channels = {"trades": self.channel}
        plan = SimpleNamespace(retry_after=lambda topic, at: self.retries.append((topic, at)))
        self.refusals = Refusals(
            cast("RedundantPlan", plan),
            self.channels,
            cast("LinkSet", SimpleNamespace(get=lambda number: None)),
            counters=self.counters,
            retry_at=float,
            on_complaint=lambda link, text: self.complaints.append((link, text)),
        )

    def refuse(self, count: int, *, is_kept: bool = True) -> None:
        self.refusals.on_action(Refused("trades", 2, "Blocked!", count, is_kept=is_kept))


def test_a_channel_that_is_refused_again_and_again_after_a_reconnect_is_told_to_who_asked() -> None:
    bench = Bench()
    for count in range(1, REPLAY_REFUSALS):
        bench.refuse(count)
    assert not bench.told
    bench.refuse(REPLAY_REFUSALS)
    assert [str(error) for error in bench.told] == [str(SubscriptionRefused("trades", "Blocked!"))]
    assert bench.retries == [("trades", float(count)) for count in range(REPLAY_REFUSALS)]
    assert bench.counters.replay_refusals == REPLAY_REFUSALS


def test_a_copy_that_is_refused_for_ever_is_no_news_while_another_one_lives() -> None:
    bench = Bench()
    bench.channel.grant(1, 1)
    bench.refuse(REPLAY_REFUSALS)
    assert not bench.told
    assert bench.retries
    bench.channel.lose(1, "cut")
    bench.refuse(REPLAY_REFUSALS + 1)
    assert bench.told


@pytest.mark.parametrize("text", ["", "  "])
async def test_who_waits_is_told_of_the_first_refusal_even_if_it_says_nothing(text: str) -> None:
    bench = Bench()
    bench.refusals.on_action(Refused("trades", 2, text, 1, is_kept=False))
    assert bench.complaints == [(2, "trades refused: the acknowledgement was empty")]
    assert not bench.channels
    assert not bench.retries


def test_the_line_about_a_refusal_names_channel_and_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "mexc_connector.ws")
    Bench().refuse(1)
    (record,) = caplog.records
    assert record.mexc == {"stream": "trades", "connection": 2}  # type: ignore[attr-defined]
