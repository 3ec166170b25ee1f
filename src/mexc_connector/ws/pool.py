"""LinkPool: channels with sinks, over as many links as the plan asks for.

The pool owns the links and carries out what `SubscriptionPlan` decides. A channel is wanted while
it has a sink. `ChannelSink` says what sinks are promised, `subscribe` what subscribers are.
`on_complaint(link, text)` hears every refusal on a link and every text that is no reply.
"""

import logging
import random
from collections.abc import Callable
from functools import partial

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import StreamConfig
from mexc_connector.common.errors import ConnectionFailed, MexcError, SessionClosed, UsageError
from mexc_connector.common.log_fields import log_fields
from mexc_connector.common.stream_status import ConnectionEvent
from mexc_connector.core.backoff import backoff_delay
from mexc_connector.core.subscription_actions import (
    Action,
    CloseLink,
    Granted,
    HandedOver,
    HandoverFailed,
    OpenLink,
    Refused,
)
from mexc_connector.ws import control
from mexc_connector.ws.alarm import Alarm
from mexc_connector.ws.channel import Channel
from mexc_connector.ws.connection import Link
from mexc_connector.ws.counters import PoolCounters
from mexc_connector.ws.dial import UrlSource
from mexc_connector.ws.handovers import Handovers, is_in_step
from mexc_connector.ws.latency import FrameTimer
from mexc_connector.ws.link_settings import LinkSettings
from mexc_connector.ws.links import LinkSet
from mexc_connector.ws.plans import plan_for
from mexc_connector.ws.refusals import Refusals
from mexc_connector.ws.router import FrameRouter
from mexc_connector.ws.sinks import ChannelSink, RefusalListener

_logger = logging.getLogger("mexc_connector.ws")

CONNECT_ATTEMPTS = 3
"""Connects of one link that fail in a row before its subscribers get `ConnectionFailed`."""


class LinkPool:
    """Channels over links. Made on a running loop; `close` ends everything that it started."""

    def __init__(
        self,
        url: UrlSource,
        *,
        streams: StreamConfig,
        clock: Clock,
        proxy: str | None = None,
        timer: FrameTimer | None = None,
        on_event: Callable[[ConnectionEvent], None] | None = None,
        on_complaint: Callable[[int, str], None] = lambda _link, _text: None,
    ) -> None:
        self.counters = PoolCounters()
        self._on_complaint = on_complaint
        self._streams = streams
        self._clock = clock
        self._jitter = random.Random().random  # noqa: S311
        self._channels: dict[str, Channel] = {}
        self._plan = plan = plan_for(streams, is_in_step=partial(is_in_step, self._channels))
        settings = LinkSettings.of_pool(
            url, proxy=proxy, streams=streams, clock=clock, jitter=self._jitter
        )
        self.links = LinkSet(self, settings, on_event=on_event, is_spare=plan.is_successor)
        self._refusals = Refusals(
            plan,
            self._channels,
            self.links,
            counters=self.counters,
            retry_at=self._retry_at,
            on_complaint=on_complaint,
        )
        self._handovers = Handovers(
            plan, self.links, counters=self.counters, retry_at=self._retry_at
        )
        report = self.links.report
        self.router = FrameRouter(on_unclaimed=plan.on_frame_before_grant, report=report)
        # LinkOwner's method, one call shorter.
        self.on_frame = self.router.route if timer is None else timer.around(self.router.route)
        self._alarm = Alarm(clock)
        self._is_closed = False

    # --- for subscribers ---

    async def subscribe(
        self, channel: str, sink: ChannelSink, *, on_refused: RefusalListener | None = None
    ) -> None:
        """Want a channel for `sink`; returns once the exchange has granted it.

        A sink may subscribe several times, and has to unsubscribe as often. Raises
        `SubscriptionRefused`, `ConnectionFailed` after `CONNECT_ATTEMPTS` connects in a row that
        failed, `SessionClosed`, `UsageError` once nobody wants the channel any more; then, and when
        it is cancelled, the wish is withdrawn.

        A granted channel is asked for again on every new connection, for as long as it takes.
        Should the exchange refuse it then, it is asked again with growing pauses, and from the
        `refusals.REPLAY_REFUSALS`th time on `on_refused` is told; unsubscribing is up to the sink.
        """
        self._require_open()
        entry = self._channels.get(channel)
        if entry is None:
            entry = self._channels[channel] = Channel(
                channel, on_sink_error=self._on_sink_error, copies=self.links.new_copies()
            )
        entry.hold(sink, on_refused)
        self._carry_out(self._plan.want(channel))
        try:
            await entry.granted()
            self._require_open()  # it may have been closed in the turn in which it was granted
        except BaseException:
            self._release(entry, sink)
            raise

    def unsubscribe(self, channel: str, sink: ChannelSink) -> None:
        """Take one subscription of `sink` back; nothing happens if it has none."""
        entry = self._channels.get(channel)
        if entry is not None:
            self._release(entry, sink)

    def recycle(self, channel: str, reason: str) -> None:
        """Drop the link that leads a channel: it connects again, or another one takes its place.

        Links that carry it too go on: for their other channels one outage at a time is enough.
        """
        entry = self._channels.get(channel)
        if entry is not None and entry.carriers:
            self.drop(next(iter(entry.carriers)), reason)

    def drop(self, number: int, reason: str) -> None:
        """Drop the connection of a link, unless the link has been ended."""
        if (link := self.links.get(number)) is not None:
            link.drop(reason)

    async def close(self) -> None:
        """End all links within `close_timeout_s`; whoever waits gets `SessionClosed`. Idempotent.

        A cancellation cuts the farewells short.
        """
        self._is_closed = True
        self._alarm.cancel()
        for channel in self._channels.values():
            channel.fail_waiters(lambda: SessionClosed("the streams were closed"))
        await self.links.close()
        self._channels.clear()

    @property
    def wanted_count(self) -> int:
        """Channels that have a sink."""
        return len(self._channels)

    # --- LinkOwner ---

    def on_reply(self, link: Link, reply: control.Acknowledgement) -> None:
        """Carry out what an acknowledgement means."""
        actions = self._plan.on_reply(
            link.number,
            reply.request_id,
            granted=reply.granted,
            refused=reply.refused,
            text=reply.text,
            now=self._clock.now(),
        )
        if actions is None:
            self.on_unexpected_text(link, reply.text)
        else:
            self._carry_out(actions)

    def on_unexpected_text(self, link: Link, text: str) -> None:
        """Make a text that is no reply visible; nothing else is known about it."""
        self.counters.unexpected_texts += 1
        link.log.debug("link %d: unexpected text: %s", link.number, text)
        self.links.report(link, f"unexpected text: {text[:200]}")
        self._on_complaint(link.number, text)

    def on_link_open(self, link: Link) -> None:
        """Replay the channels of a link on its new connection."""
        if link.connections > 1:
            self.counters.reconnects += 1
        self._carry_out(self._plan.on_link_open(link.number))

    def on_link_lost(self, link: Link, reason: str) -> None:
        """Tell every channel of a link that its connection is gone."""
        actions = self._plan.on_link_lost(link.number, self._clock.now())
        self.router.lose(link, reason)
        self._carry_out(actions)

    def on_link_aged(self, link: Link) -> None:
        """Have a successor take over."""
        self._carry_out(self._plan.on_link_aged(link.number, self._clock.now()))

    def on_link_state(self, link: Link, reason: str) -> None:
        """Report a change of state."""
        self.links.report(link, reason)

    def on_connect_failed(self, link: Link, error: ConnectionFailed, failures: int) -> None:
        """Give up on behalf of who waits for a channel of a link that cannot be opened."""
        self.counters.connect_failures += 1
        link.log.warning("link %d: %s (%d in a row)", link.number, error, failures)
        self.links.report(link, str(error))
        self._carry_out(self._plan.on_connect_failed(link.number))
        if failures < CONNECT_ATTEMPTS:
            return

        def failed() -> MexcError:
            failure = ConnectionFailed(str(error))
            failure.__cause__ = error
            return failure

        for name in self._plan.topics_of(link.number):
            self._channels[name].fail_waiters(failed)

    def next_message(self, link: Link) -> str | None:
        """Write the next request of a link."""
        request = self._plan.next_request(link.number, self._clock.now())
        if request is None:
            return None
        self._set_alarm()
        self.counters.messages_sent += 1
        return control.request(request.kind, request.topics, request_id=request.request_id)

    def _require_open(self) -> None:
        if self._is_closed:
            raise SessionClosed("the streams are closed")

    def _carry_out(self, actions: list[Action]) -> None:
        if self._is_closed:
            return  # links that end now need no others in their place
        for action in actions:
            if isinstance(action, Granted):
                self._on_granted(action)
            elif isinstance(action, Refused):
                self._refusals.on_action(action)
            elif isinstance(action, OpenLink):
                if action.link in self._plan.links:  # not given up by such a sink as below
                    self.links.open(action.link)
            elif isinstance(action, HandedOver | HandoverFailed):
                self._handovers.on_action(action)
            elif (link := self.links.get(action.link)) is None:
                continue  # ended by a sink that reacted to an action before
            elif isinstance(action, CloseLink):
                self.links.end(action.link)
            else:
                link.wake()
        self._set_alarm()

    def _on_granted(self, action: Granted) -> None:
        channel = self._channels.get(action.topic)
        link = self.links.get(action.link)
        if channel is not None and link is not None:
            self.router.grant(link, channel)

    def _retry_at(self, attempt: int) -> float:
        base_s, max_s = self._streams.backoff_base_s, self._streams.backoff_max_s
        pause_s = backoff_delay(attempt, base_s=base_s, max_s=max_s, jitter=self._jitter())
        return self._clock.now() + pause_s

    def _on_sink_error(self, channel: Channel) -> None:
        """Count what a sink raised; called while the exception is being handled."""
        self.counters.sink_errors += 1
        if self.counters.sink_errors == 1:
            text = "%s: a sink raised; further errors are only counted"
            _logger.exception(text, channel.name, extra=log_fields(stream=channel.name))

    def _release(self, channel: Channel, sink: ChannelSink) -> None:
        channel.release(sink)
        if channel.sinks or self._channels.get(channel.name) is not channel:
            return
        del self._channels[channel.name]
        if channel.epoch is None:
            channel.fail_waiters(lambda: UsageError(f"{channel.name} was unsubscribed meanwhile"))
        if self._is_closed:
            return
        for number in self._plan.links_of(channel.name):
            self.router.withdraw(number, channel.name)
        self._carry_out(self._plan.unwant(channel.name))

    def _set_alarm(self) -> None:
        deadline = None if self._is_closed else self._plan.deadline
        self._alarm.set(deadline, self._on_alarm)

    def _on_alarm(self) -> None:
        self._carry_out(self._plan.on_time(self._clock.now()))

    def __repr__(self) -> str:
        return (
            f"<LinkPool {self.links.state}: {self.links.open_count} of {len(self.links)} links"
            f" open, {self.router.granted_count} of {self.wanted_count} channels granted>"
        )
