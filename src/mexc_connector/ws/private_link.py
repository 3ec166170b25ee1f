"""PrivateLink: the link of an account, its listen keys and its channels, put together."""

import asyncio
from collections.abc import Callable

from msgspec.structs import replace

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import MexcConfig
from mexc_connector.common.errors import SubscriptionRefused
from mexc_connector.common.symbols import SymbolMap
from mexc_connector.ws.account_channels import AccountChannels
from mexc_connector.ws.hub import StreamHub
from mexc_connector.ws.key_ring import KeyRing
from mexc_connector.ws.latency import AccountMarks
from mexc_connector.ws.listen_keys import ListenKeys
from mexc_connector.ws.private_channel import PrivateChannel

# Each refusal costs the key, so an attempt is made with a new one; then it is not the key.
_OPENING_ATTEMPTS = 3

# The three channels share one connection, with room for asking again on it.
_LEAST_SUBSCRIPTIONS = 10


class PrivateLink:
    """One link with a listen key, and its successor with another one while it is replaced.

    Made on a running loop. `account` tells what happens, `hub` how the links are doing.
    """

    def __init__(
        self,
        symbol_map: Callable[[], SymbolMap],
        listen_keys: ListenKeys,
        *,
        config: MexcConfig,
        clock: Clock,
    ) -> None:
        slots = max(config.streams.subscriptions_per_link, _LEAST_SUBSCRIPTIONS)
        streams = replace(config.streams, subscriptions_per_link=slots, redundancy=1)
        self._close_timeout_s = streams.close_timeout_s
        self.keys = KeyRing(
            listen_keys,
            url=config.stream_url,
            config=config.listen_key,
            clock=clock,
            drop=self._drop,
            is_in_use=lambda link: self.hub.pool.links.get(link) is not None,
        )
        self.hub = StreamHub(
            self.keys.url,
            config=replace(config, streams=streams),
            clock=clock,
            on_complaint=self.keys.on_complaint,
        )
        self.hub.on_connection(self.keys.on_event)
        self.account = AccountChannels(
            symbol_map,
            counters=self.hub.counters,
            queue_size=streams.queue_size,
            overlap_s=streams.rotation.overlap_s,
            clock=clock,
            on_granted=self._on_granted,
            give_up=self._drop,
            has_shown_life=self._has_shown_life,
        )
        if self.hub.timer is not None:
            self.account.add(AccountMarks(self.hub.timer))

    async def open(self) -> None:
        """Make a key, connect, and return once all channels are granted.

        `close` has to follow, also when this raises: see `MexcWebsocketPrivate.open`.
        """
        await self.keys.prepare()
        # At once, for they share the link; and every answer is waited for.
        holds = (self._hold(channel) for channel in self.account.channel_sinks)
        for outcome in await asyncio.gather(*holds, return_exceptions=True):
            if outcome is not None:
                raise outcome

    async def close(self) -> None:
        """End the links within `close_timeout_s`, and their keys within as long. Idempotent."""
        self.account.finish()
        try:
            await self.hub.close()
        finally:
            await self.keys.close(timeout_s=self._close_timeout_s)

    async def _hold(self, channel: PrivateChannel) -> None:
        for attempt in range(_OPENING_ATTEMPTS):
            try:
                await self.hub.pool.subscribe(channel.name, channel)
            except SubscriptionRefused:
                if attempt == _OPENING_ATTEMPTS - 1:
                    raise
            else:
                return

    def _on_granted(self, link: int) -> None:
        """Have the link before this one prove that it lived until now."""
        self.keys.on_granted(link)
        former = self.hub.pool.links.get(self.account.channel_sinks[0].leader or link)
        if former is not None and former.number != link:
            former.ping()

    def _has_shown_life(self, link: int, since: float) -> bool:
        connection = self.hub.pool.links.get(link)
        liveness = None if connection is None else connection.liveness
        return liveness is None or liveness.last_frame >= since

    def _drop(self, link: int, reason: str) -> None:
        self.hub.pool.drop(link, reason)

    def __repr__(self) -> str:
        return f"<PrivateLink {self.hub!r} {self.account!r} {self.keys!r}>"
