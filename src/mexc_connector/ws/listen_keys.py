"""ListenKeys: what private streams need of REST; ListenKeyKeeper: the shell of `ListenKeyLife`."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import quote, urlsplit

from mexc_connector.common.account import ListenKey
from mexc_connector.common.clock import Clock
from mexc_connector.common.config import ListenKeyConfig
from mexc_connector.common.enums import ConnectionState
from mexc_connector.common.errors import MexcError, ProtocolViolation, SessionClosed
from mexc_connector.common.shared_read import result_of
from mexc_connector.common.stream_status import ConnectionEvent
from mexc_connector.core.listen_key import (
    KeyAction,
    KeyState,
    ListenKeyLife,
    is_key_complaint,
    voids_key,
)
from mexc_connector.ws.alarm import Alarm
from mexc_connector.ws.counters import KeyCounters

T = TypeVar("T")

_logger = logging.getLogger("mexc_connector.ws")


@dataclass(frozen=True, slots=True)
class ListenKeys:
    """How listen keys are made, extended by their full life, and closed: one request each.

    They raise errors of the tree. A key is a secret and has no place in the text of any.
    """

    create: Callable[[], Awaitable[str]] = field(repr=False)
    extend: Callable[[ListenKey], Awaitable[object]] = field(repr=False)
    close: Callable[[ListenKey], Awaitable[object]] = field(repr=False)


class ListenKeyKeeper:
    """Keeps the one key of a private link: makes, extends, replaces and closes it.

    `url` gives the URL of the link's next connection. `reconnect(reason)` has to drop the link; its
    next connection gets another key. `is_shared(key)` says whether another keeper holds the same
    one: the exchange may answer with a key that it gave before, and closing it would end both.

    Requests about the key run one at a time and in tasks of their own: a connection attempt that is
    cancelled must not leave a key behind that nobody knows of.
    """

    def __init__(
        self,
        keys: ListenKeys,
        *,
        url: str,
        config: ListenKeyConfig,
        clock: Clock,
        reconnect: Callable[[str], None],
        is_shared: Callable[[ListenKey], bool],
        counters: KeyCounters,
    ) -> None:
        self._keys = keys
        self._url = url
        self._clock = clock
        self._reconnect = reconnect
        self._is_shared = is_shared
        self._counters = counters
        self._life = ListenKeyLife(config)
        self._jitter = random.Random().random  # noqa: S311
        self._alarm = Alarm(clock)
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[object]] = set()
        self._epoch = 0
        self._is_closed = False

    # --- for the link ---

    async def prepare(self) -> None:
        """Make the first key, so that what goes wrong is raised as it is."""
        await self._in_own_task(self._create_first(), "created")

    async def url(self) -> str:
        """Return the URL for the next connection, with a key that nothing speaks against.

        Raises `SessionClosed` and what making a key raises.
        """
        key = await self._in_own_task(self._ready_key(), "made ready")
        separator = "&" if urlsplit(self._url).query else "?"
        return f"{self._url}{separator}listenKey={quote(key, safe='')}"

    def on_event(self, event: ConnectionEvent) -> None:
        """Follow the link: its end means something for the key."""
        if event.state is ConnectionState.OPEN:
            is_new, self._epoch = event.epoch != self._epoch, event.epoch
            if is_new:
                self._carry_out(self._life.on_link_open(), "listen key lost while connecting")
        elif self._epoch and event.epoch == self._epoch:
            self._epoch = 0
            self._life.on_link_lost()
            self._set_alarm()

    def on_granted(self) -> None:
        """All private channels are granted: the key works."""
        self._life.on_granted()

    def on_complaint(self, text: str) -> None:
        """Judge a refusal, or a text that is no reply; it may be about the key."""
        if is_key_complaint(text):
            self._carry_out(self._life.on_refused(), "listen key refused")

    def holds(self, key: ListenKey) -> bool:
        """Whether this is the key that is kept."""
        return self._life.key == key

    @property
    def is_busy(self) -> bool:
        """Whether a request about the key is under way."""
        return bool(self._tasks)

    def retire(self) -> None:
        """Begin to close the key at the exchange: its link has ended. Idempotent."""
        self._is_closed = True
        self._alarm.cancel()
        self._spawn(self._close_last(), "closed")

    async def close(self, *, timeout_s: float) -> None:
        """Close the key at the exchange, within `timeout_s`. Idempotent.

        One that cannot be closed in time is forgotten by the exchange an hour later.
        """
        self.retire()
        tasks = set(self._tasks)
        try:
            _, late = await asyncio.wait(tasks, timeout=timeout_s)
            if late:
                self._counters.close_failures += 1
                _logger.info("listen key not closed within %g s", timeout_s)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    # --- requests, one at a time ---

    async def _create_first(self) -> None:
        async with self._turn:
            if self._life.state is KeyState.NONE and not self._is_closed:
                await self._create()

    async def _ready_key(self) -> str:
        async with self._turn:
            while not self._is_closed:
                action = self._life.on_connect(self._clock.now())
                if action is KeyAction.USE:
                    self._epoch = 0  # a link that is still saying farewell says nothing of this key
                    self._set_alarm()
                    return self._life.key
                if action is KeyAction.CREATE:
                    await self._create()
                elif action is KeyAction.EXTEND:
                    await self._extend()
                else:
                    await self._close()
        raise SessionClosed("the private streams are closed")

    async def _extend_in_turn(self, key: str) -> None:
        async with self._turn:
            if self._life.key == key and not self._is_closed:
                await self._extend()

    async def _close_last(self) -> None:
        async with self._turn:
            if self._life.key:
                await self._close()

    async def _create(self) -> None:
        asked_at = self._clock.now()
        key = await self._keys.create()
        if not key:
            raise ProtocolViolation("an empty listen key", endpoint="listen key")
        self._counters.created += 1
        self._life.on_created(ListenKey(key), asked_at)
        self._set_alarm()

    async def _extend(self) -> None:
        asked_at = self._clock.now()
        try:
            await self._keys.extend(self._life.key)
        except Exception as error:  # whatever it is, the key has to be looked after
            self._counters.extension_failures += 1
            _logger.warning("listen key not extended: %s", self._masked(error))
            is_void = isinstance(error, MexcError) and voids_key(error)
            action = self._life.on_extension_failed(
                self._clock.now(), is_void=is_void, jitter=self._jitter()
            )
            self._carry_out(action, "listen key lost")
        else:
            self._counters.extended += 1
            self._life.on_extended(asked_at)
            self._set_alarm()

    async def _close(self) -> None:
        if self._is_shared(self._life.key):
            self._life.on_closed()
            return
        try:
            await self._keys.close(self._life.key)
        except Exception as error:  # the exchange forgets the key by itself in the end
            self._counters.close_failures += 1
            _logger.info("listen key not closed: %s", self._masked(error))
        finally:
            self._life.on_closed()

    # --- time and tasks ---

    def _on_alarm(self) -> None:
        action = self._life.on_time(self._clock.now())
        if action is KeyAction.EXTEND:
            self._spawn(self._extend_in_turn(self._life.key), "extended")
        self._carry_out(action, "listen key about to expire")

    def _carry_out(self, action: KeyAction, reason: str) -> None:
        self._set_alarm()
        if action is KeyAction.RECONNECT:
            _logger.warning("%s: connecting again with another one", reason)
            self._reconnect(reason)

    def _set_alarm(self) -> None:
        self._alarm.set(None if self._is_closed else self._life.deadline, self._on_alarm)

    async def _in_own_task(self, work: Coroutine[None, None, T], what: str) -> T:
        return await result_of(
            self._spawn(work, what), ended=lambda: SessionClosed("the private streams were closed")
        )

    def _spawn(self, work: Coroutine[None, None, T], what: str) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work, name=f"mexc listen key {what}")
        self._tasks.add(task)
        task.add_done_callback(self._on_done)
        return task

    def _on_done(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # who asked may be gone; then nobody else retrieves it

    def _masked(self, error: Exception) -> str:
        text = str(error) or type(error).__name__
        return text.replace(self._life.key, "***") if self._life.key else text

    def __repr__(self) -> str:
        return f"<ListenKeyKeeper {self._life!r}>"
