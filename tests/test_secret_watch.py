"""The watch that reads the whole suite for secrets must itself be able to find one."""

import logging
from collections.abc import Callable

import pytest

from mexc_connector.common.account import ListenKey
from mexc_connector.common.config import ListenKeyConfig, MexcConfig
from mexc_connector.common.errors import ExchangeAPIError, MexcError, ProtocolViolation, UsageError
from mexc_connector.common.log_fields import log_fields
from mexc_connector.core.listen_key import ListenKeyLife
from mexc_connector.core.signing import SigningKey, signed_query
from mexc_connector.exchange import MexcExchange
from tests.secret_watch import HOOKS, Hooks, SecretWatch

API_KEY, SECRET_KEY = "mx0vglWatchedApiKey", "watched-secret-key-0123456789"
LISTEN_KEY = "watched-listen-key-0123456789"


@pytest.fixture
def hooks(request: pytest.FixtureRequest) -> Hooks:
    """The hooks of this very run, which have just learned three secrets."""
    found = request.config.stash[HOOKS]
    MexcExchange(API_KEY, SECRET_KEY)
    ListenKeyLife(ListenKeyConfig()).on_created(ListenKey(LISTEN_KEY), 0.0)
    return found


def _raise_and_catch(error: MexcError, cause: BaseException) -> None:
    with pytest.raises(MexcError):
        raise error from cause


def _log_exception(logger: logging.Logger) -> None:
    try:
        {}[SECRET_KEY]  # type: ignore[index]
    except KeyError:
        logger.exception("internal error")


LOGGER = logging.getLogger("mexc_connector.test")


@pytest.mark.parametrize(
    "leak",
    [
        lambda: LOGGER.debug("sending %s", f"listenKey={LISTEN_KEY}&x=1"),
        lambda: LOGGER.debug("sending", extra=log_fields(order_id=API_KEY)),
        lambda: LOGGER.warning("%s", {"key": SECRET_KEY}),
        lambda: _log_exception(LOGGER),
        lambda: UsageError(f"the key {API_KEY} is bad"),
        lambda: ExchangeAPIError("no", endpoint="x", body=f"...{SECRET_KEY}..."),
        lambda: ProtocolViolation("no", endpoint="x", body=b"x" * 500 + LISTEN_KEY.encode()),
        lambda: _raise_and_catch(MexcError("harmless"), OSError(f"GET /?signature={SECRET_KEY}")),
        lambda: LOGGER.debug(
            signed_query([], key=SigningKey("k"), timestamp_ms=1, recv_window_ms=1)
        ),
    ],
)
def test_a_secret_is_found_wherever_it_shows(hooks: Hooks, leak: Callable[[], object]) -> None:
    leak()
    findings = hooks.watch.take_findings()
    assert findings
    assert not any(word in "".join(findings) for word in (API_KEY, SECRET_KEY, LISTEN_KEY))


def test_a_repr_that_shows_a_key_is_found(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = MexcExchange(API_KEY, SECRET_KEY, config=MexcConfig())
    hooks.read_what_lives()
    assert hooks.watch.take_findings() == []
    monkeypatch.setattr(MexcExchange, "__repr__", lambda it: f"<{it._credentials.api_key}>")
    MexcExchange(API_KEY, SECRET_KEY)
    assert any("repr of MexcExchange" in finding for finding in hooks.watch.take_findings())
    monkeypatch.undo()
    assert exchange is not None


def test_what_is_no_secret_is_left_alone() -> None:
    watch = SecretWatch()
    watch.learn("short", "long-enough-secret")
    watch.read("log", "a short text about " + "a" * 64)
    watch.read_error("raised", MexcError("x"))
    assert watch.take_findings() == []
