"""No secret leaves the library: every test fails in which one shows where it must not.

The watch learns the secrets as the library does: the keys when a client takes them, each signature
when it is made, each listen key when it is created. From then on it reads every log record of the
library (formatted, with its arguments, its fields and its exception), every error of the tree as
it is made, with its attributes, every error that a test catches, with its causes, and the repr of
the library's objects when they are made, when they are closed, and once more when the test ends.

Words of less than `SHORTEST` characters, as tests use them for keys, prove nothing either way; nor
do rows of zeros, which a bent answer may name as its listen key and any other may hold.
"""

from __future__ import annotations

import functools
import inspect
import logging
import re
import weakref
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from _pytest import raises as raises_module

from mexc_connector.common.credentials import Credentials
from mexc_connector.common.errors import MexcError
from mexc_connector.core.listen_key import ListenKeyLife
from mexc_connector.core.signing import SigningKey

SHORTEST = 8
MOST_FINDINGS = 20
_HEX = re.compile(r"[0-9a-f]{64}")
_SEEN_CLASSES = {
    "exchange": ("MexcExchange",),
    "rest.private": ("MexcPrivateSpotRest",),
    "rest.public": ("MexcPublicSpotRest",),
    "rest.sender": ("Sender",),
    "rest.session": ("RestSession",),
    "rest.signer": ("Signer",),
    "rest.transport": ("AiohttpTransport",),
    "trading.account": ("Account",),
    "trading.account_feed": ("AccountFeed",),
    "trading.guard_desk": ("GuardDesk",),
    "trading.journal_file": ("OrderJournal",),
    "trading.order_board": ("OrderBoard",),
    "trading.order_desk": ("OrderDesk",),
    "ws.connection": ("Link",),
    "ws.listen_keys": ("ListenKeyKeeper", "ListenKeys"),
    "ws.pool": ("LinkPool",),
    "ws.private": ("MexcWebsocketPrivate",),
    "ws.public": ("MexcWebsocketPublic",),
}


class SecretWatch:
    """What is secret, and where it was seen."""

    def __init__(self) -> None:
        self.findings: list[str] = []
        self._words: set[str] = set()
        self._signatures: set[str] = set()

    def learn(self, *words: str) -> None:
        """Take these for secrets from now on."""
        self._words |= {word for word in words if len(word) >= SHORTEST and len(set(word)) > 3}

    def learn_signature(self, signature: str) -> None:
        """Take a signature for a secret from now on."""
        self._signatures.add(signature)

    def read(self, place: str, text: str) -> None:
        """Note it if `text` holds a secret; the finding itself does not."""
        found = [word for word in self._words if word in text]
        found += [word for word in _HEX.findall(text) if word in self._signatures]
        if found and len(self.findings) < MOST_FINDINGS:
            for word in found:
                text = text.replace(word, f"<{word[:3]}...>")
            self.findings.append(f"{place}: {text[:500]}")

    def read_error(self, place: str, error: BaseException | None) -> None:
        """Read an error as a traceback would show it, with what led to it."""
        seen: set[int] = set()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            name = f"{place}, {type(error).__name__}"
            self.read(name, f"{error} {error!r} {error.args!r}")
            if isinstance(error, MexcError):
                self.read(f"{name}'s attributes", repr(vars(error)))
            for note in getattr(error, "__notes__", ()):
                self.read(f"{name}'s notes", note)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)

    def read_record(self, record: logging.LogRecord) -> None:
        """Read everything that a handler could write of a log record."""
        place = f"log {record.name} at {record.filename}:{record.lineno}"
        self.read(place, f"{record.getMessage()} {record.msg!r} {record.args!r}")
        self.read(f"{place}, fields", repr(getattr(record, "mexc", None)))
        if record.exc_info:
            self.read_error(place, record.exc_info[1])

    def take_findings(self) -> list[str]:
        """Return what was found since the last time."""
        findings, self.findings = self.findings, []
        return findings


class Hooks:
    """The watch, put into the library for as long as the tests run."""

    def __init__(self, watch: SecretWatch) -> None:
        self.watch = watch
        self._alive: weakref.WeakSet[Any] = weakref.WeakSet()
        self._undo: list[tuple[Any, str, Any]] = []

    def install(self) -> None:
        watch = self.watch
        self._after(SigningKey, "__init__", lambda _, secret_key, *__: watch.learn(secret_key))
        self._after(ListenKeyLife, "on_created", lambda _, key, *__, **___: watch.learn(str(key)))
        self._watch_signatures()
        self._watch_root()
        for error in {*_subclasses(MexcError)} - {MexcError}:
            if "__init__" in vars(error):
                self._after(error, "__init__", self._on_error)
        for module, names in _SEEN_CLASSES.items():
            for name in names:
                self._watch_class(getattr(import_module(f"mexc_connector.{module}"), name))
        self._watch_raises()
        self._handler = _Reader(watch)
        self._logger = logging.getLogger("mexc_connector")
        self._level = self._logger.level
        self._logger.addHandler(self._handler)
        self._logger.setLevel(logging.DEBUG)

    def remove(self) -> None:
        self._logger.removeHandler(self._handler)
        self._logger.setLevel(self._level)
        for owner, name, original in reversed(self._undo):
            setattr(owner, name, original)

    def read_what_lives(self) -> None:
        for found in tuple(self._alive):
            self._read_repr(found)
        self._alive.clear()

    def _replace(self, owner: Any, name: str, wrapped: Callable[..., Any]) -> None:
        self._undo.append((owner, name, vars(owner)[name]))
        setattr(owner, name, wrapped)

    def _after(self, owner: Any, name: str, then: Callable[..., object]) -> None:
        original = vars(owner)[name]

        @functools.wraps(original)
        def wrapped(*arguments: Any, **named: Any) -> Any:
            result = original(*arguments, **named)
            then(*arguments, **named)
            return result

        self._replace(owner, name, wrapped)

    def _watch_root(self) -> None:
        """Read the errors that have no `__init__` of their own, too."""

        def __init__(error: MexcError, *arguments: object) -> None:  # noqa: N807
            super(MexcError, error).__init__(*arguments)
            self._on_error(error)

        self._undo.append((MexcError, "__init__", MexcError.__init__))
        MexcError.__init__ = __init__  # type: ignore[method-assign]

    def _watch_signatures(self) -> None:
        original = SigningKey.signature_of

        @functools.wraps(original)
        def signature_of(key: SigningKey, text: str) -> str:
            signature = original(key, text)
            self.watch.learn_signature(signature)
            return signature

        self._replace(SigningKey, "signature_of", signature_of)

    def _watch_class(self, seen: type) -> None:
        def on_made(made: object, *_: object, **__: object) -> None:
            credentials = getattr(made, "_credentials", None)
            if isinstance(credentials, Credentials):
                self.watch.learn(credentials.api_key, credentials.secret_key)
            if type(made) is seen:  # a subclass is not complete yet
                self._read_repr(made)
                try:
                    self._alive.add(made)
                except TypeError:  # it has slots and cannot be referred to weakly
                    return

        self._after(seen, "__init__", on_made)
        close = vars(seen).get("close")
        if inspect.isfunction(close):

            @functools.wraps(close)
            def before_close(it: Any, *arguments: Any, **named: Any) -> Any:
                self._read_repr(it)
                return close(it, *arguments, **named)

            self._replace(seen, "close", before_close)

    def _watch_raises(self) -> None:
        owner: Any = getattr(raises_module, "RaisesExc")  # noqa: B009 - private, and untyped
        leave = vars(owner)["__exit__"]

        @functools.wraps(leave)
        def read_and_leave(it: Any, kind: Any, error: Any, traceback: Any) -> Any:
            if isinstance(error, MexcError):
                self.watch.read_error("caught", error)
            return leave(it, kind, error, traceback)

        self._replace(owner, "__exit__", read_and_leave)

    def _on_error(self, error: BaseException, *_: object, **__: object) -> None:
        self.watch.read_error("raised", error)

    def _read_repr(self, it: object) -> None:
        self.watch.read(f"repr of {type(it).__name__}", f"{it!r} {it}")


class _Reader(logging.Handler):
    def __init__(self, watch: SecretWatch) -> None:
        super().__init__(logging.NOTSET)
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        self._watch.read_record(record)


def _subclasses(kind: type) -> Iterator[type]:
    yield kind
    for below in kind.__subclasses__():
        yield from _subclasses(below)


HOOKS = pytest.StashKey[Hooks]()


def pytest_configure(config: pytest.Config) -> None:
    hooks = config.stash[HOOKS] = Hooks(SecretWatch())
    hooks.install()


def pytest_unconfigure(config: pytest.Config) -> None:
    hooks = config.stash.get(HOOKS, None)
    if hooks is not None:
        hooks.remove()


@pytest.fixture(autouse=True)
def _no_secret_shows(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which a secret was seen."""
    yield
    hooks = request.config.stash[HOOKS]
    hooks.read_what_lives()
    findings = hooks.watch.take_findings()
    if findings:
        pytest.fail("a secret shows:\n" + "\n".join(findings), pytrace=False)
