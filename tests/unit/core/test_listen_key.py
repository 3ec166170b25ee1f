import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.common.config import ListenKeyConfig
from mexc_connector.common.errors import (
    AuthenticationError,
    BadRequest,
    ConfigError,
    ConnectionFailed,
    ExchangeAPIError,
    ExchangeUnavailable,
    MexcError,
    PermissionDenied,
    RateLimitError,
    RequestTimeout,
)
from mexc_connector.core.listen_key import (
    KeyAction,
    KeyState,
    ListenKeyLife,
    is_key_complaint,
    voids_key,
)

MINUTE = 60.0
CONFIG = ListenKeyConfig(retry_base_s=8.0, retry_max_s=32.0)


def made(at: float = 0.0) -> ListenKeyLife:
    life = ListenKeyLife(CONFIG)
    assert life.on_connect(at) is KeyAction.CREATE
    life.on_created("k1", at)
    return life


def working(at: float = 0.0) -> ListenKeyLife:
    """A life whose key carries a connection on which everything is granted."""
    life = made(at)
    assert life.on_connect(at) is KeyAction.USE
    life.on_granted()
    return life


def fail(life: ListenKeyLife, now: float, *, is_void: bool = False) -> KeyAction:
    return life.on_extension_failed(now, is_void=is_void, jitter=0.0)


def test_a_key_is_made_once_and_used() -> None:
    life = made()
    assert (life.state, life.key) == (KeyState.VALID, "k1")
    assert life.on_connect(1.0) is KeyAction.USE
    assert life.state is KeyState.IN_USE


def test_a_key_is_extended_every_30_minutes_counted_from_the_sending() -> None:
    life = working()
    assert life.deadline == 30 * MINUTE
    assert life.on_time(30 * MINUTE - 1) is KeyAction.NONE
    assert life.on_time(30 * MINUTE) is KeyAction.EXTEND
    assert life.on_time(30 * MINUTE + 5) is KeyAction.NONE  # one is under way
    life.on_extended(30 * MINUTE)
    assert life.deadline == 60 * MINUTE
    assert life.state is KeyState.IN_USE


def test_a_failed_extension_is_tried_again_with_growing_pauses() -> None:
    life = working()
    now = 30 * MINUTE
    pauses = []
    for _ in range(4):
        assert life.on_time(now) is KeyAction.EXTEND
        assert fail(life, now) is KeyAction.NONE
        assert life.deadline is not None
        pauses.append(life.deadline - now)
        now = life.deadline
    assert pauses == [8.0, 16.0, 32.0, 32.0]
    life.on_extended(now)
    assert life.on_time(now + 30 * MINUTE) is KeyAction.EXTEND
    fail(life, now + 30 * MINUTE)
    assert life.deadline == now + 30 * MINUTE + 8.0  # a success forgets the failures


def test_a_key_that_cannot_be_extended_is_replaced_a_minute_before_it_expires() -> None:
    life = working()
    now = 30 * MINUTE
    while (action := life.on_time(now)) is not KeyAction.RECONNECT:
        assert action is KeyAction.EXTEND
        fail(life, now)
        assert life.deadline is not None
        now = life.deadline
    assert now == 59 * MINUTE
    assert life.on_connect(now) is KeyAction.CLOSE  # it counts towards the quota until it expires
    life.on_closed()
    assert life.on_connect(now) is KeyAction.CREATE


def test_an_extension_that_never_answers_does_not_outlive_the_key() -> None:
    life = working()
    assert life.on_time(30 * MINUTE) is KeyAction.EXTEND
    assert life.deadline == 59 * MINUTE
    assert life.on_time(59 * MINUTE) is KeyAction.RECONNECT


def test_a_key_that_expired_is_not_closed_because_the_exchange_has_forgotten_it() -> None:
    life = working()
    life.on_link_lost()
    assert life.on_connect(61 * MINUTE) is KeyAction.CREATE
    assert life.key == ""


def test_a_rejected_key_is_replaced_at_once_and_not_closed() -> None:
    life = working()
    assert life.on_time(30 * MINUTE) is KeyAction.EXTEND
    assert fail(life, 30 * MINUTE, is_void=True) is KeyAction.RECONNECT
    assert life.on_connect(30 * MINUTE) is KeyAction.CREATE


def test_after_a_lost_connection_the_key_has_to_prove_itself_by_an_extension() -> None:
    life = working()
    life.on_link_lost()
    assert life.state is KeyState.DOUBTED
    assert life.deadline is None
    assert life.on_connect(5 * MINUTE) is KeyAction.EXTEND
    life.on_extended(5 * MINUTE)
    assert life.on_connect(5 * MINUTE) is KeyAction.USE
    assert life.deadline == 35 * MINUTE


@pytest.mark.parametrize(("is_void", "then"), [(True, KeyAction.CREATE), (False, KeyAction.CLOSE)])
def test_a_doubted_key_that_cannot_be_proven_is_given_up(is_void: bool, then: KeyAction) -> None:
    life = working()
    life.on_link_lost()
    assert life.on_connect(MINUTE) is KeyAction.EXTEND
    assert fail(life, MINUTE, is_void=is_void) is KeyAction.NONE  # who connects asks again anyway
    assert life.on_connect(MINUTE) is then


def test_a_key_whose_connection_never_opened_is_closed() -> None:
    life = made()
    assert life.on_connect(0.0) is KeyAction.USE
    assert life.on_connect(1.0) is KeyAction.CLOSE


def test_a_key_whose_connection_ended_before_everything_was_granted_is_closed() -> None:
    life = made()
    life.on_connect(0.0)
    life.on_link_lost()
    assert life.on_connect(1.0) is KeyAction.CLOSE


def test_a_refusal_costs_the_key_once() -> None:
    life = working()
    assert life.on_refused() is KeyAction.RECONNECT
    assert life.on_refused() is KeyAction.NONE
    assert life.on_connect(1.0) is KeyAction.CLOSE


def test_a_connection_with_a_key_that_was_lost_meanwhile_is_given_up() -> None:
    life = made()
    assert life.on_connect(0.0) is KeyAction.USE
    assert life.on_link_open() is KeyAction.NONE
    assert fail(life, 1.0, is_void=True) is KeyAction.RECONNECT
    assert life.on_link_open() is KeyAction.RECONNECT


def test_a_late_complaint_says_nothing_of_a_key_that_is_not_in_use() -> None:
    life = made()
    assert life.on_refused() is KeyAction.NONE
    assert life.on_connect(0.0) is KeyAction.USE


def test_a_key_that_is_kept_ready_is_extended_and_replaced_too() -> None:
    life = made()
    assert life.on_time(30 * MINUTE) is KeyAction.EXTEND
    assert life.on_time(59 * MINUTE) is KeyAction.NONE  # there is no connection to make anew
    assert life.state is KeyState.LOST


def test_the_same_key_made_again_is_a_key_like_any_other() -> None:
    life = working()
    life.on_refused()
    assert life.on_connect(1.0) is KeyAction.CLOSE
    life.on_closed()
    assert life.on_connect(1.0) is KeyAction.CREATE
    life.on_created("k1", 1.0)
    assert life.on_connect(1.0) is KeyAction.USE
    assert life.key == "k1"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (BadRequest("no such key", endpoint="PUT", code=730002), True),
        (ExchangeAPIError("?", endpoint="PUT", code=99), True),
        (RateLimitError("slow", endpoint="PUT", retry_after=1.0), False),
        (ExchangeUnavailable("maintenance", endpoint="PUT"), False),
        (AuthenticationError("time", endpoint="PUT", code=700003), False),
        (PermissionDenied("address", endpoint="PUT"), False),
        (RequestTimeout("late"), False),
        (ConnectionFailed("cut"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_an_answer_about_the_key_voids_it(error: MexcError, expected: bool) -> None:
    assert voids_key(error) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Invalid listen key", True),
        ("listenKey expired", True),
        ('{"code":1,"message":"LISTEN_KEY not found"}', True),
        ("spot@private.orders.v3.api.pb refused: no acknowledgement within 10 s", True),
        ("Not Subscribed successfully! [spot@private.orders.v3.api.pb].", True),
        ("Reason： Blocked! ", True),
        ("welcome", False),
        ("spot@private.orders.v3.api.pb", False),  # an acknowledgement that came too late
    ],
)
def test_complaints_are_recognised(text: str, expected: bool) -> None:
    assert is_key_complaint(text) is expected


def test_no_repr_shows_the_key() -> None:
    life = ListenKeyLife(CONFIG)
    assert repr(life) == "<ListenKeyLife NONE, nothing due>"
    life.on_created("s3cret", 0.0)
    assert repr(life) == "<ListenKeyLife VALID, due at 1800>"


@pytest.mark.parametrize(
    "options", [{"extend_every_s": 3600.0}, {"life_s": 0.0}, {"replace_before_s": 1800.0}]
)
def test_a_key_that_could_never_be_extended_in_time_is_a_config_error(
    options: dict[str, float],
) -> None:
    with pytest.raises(ConfigError):
        ListenKeyConfig(**options)


class Exchange:
    """Knows which keys live, and counts those that were made."""

    def __init__(self) -> None:
        self.expiry: dict[str, float] = {}
        self.made = 0

    def create(self, now: float) -> str:
        self.made += 1
        self.expiry[f"k{self.made}"] = now + CONFIG.life_s
        return f"k{self.made}"

    def extend(self, key: str, now: float) -> bool:
        if self.expiry.get(key, 0.0) <= now:
            return False
        self.expiry[key] = now + CONFIG.life_s
        return True


class Rig:
    """A life, what is asked of the exchange for it, and the time."""

    def __init__(self) -> None:
        self.exchange = Exchange()
        self.life = ListenKeyLife(CONFIG)
        self.now = 0.0

    def connect(self) -> None:
        """Connect with whatever the life says, and be granted everything."""
        for _ in range(5):
            action = self.life.on_connect(self.now)
            if action is KeyAction.USE:
                break
            self._carry_out(action)
        else:
            pytest.fail("no key in five steps")
        alive = [key for key, expiry in self.exchange.expiry.items() if expiry > self.now]
        assert alive == [self.life.key]
        self.life.on_granted()

    def wait(self, seconds: float, *, answers: bool) -> None:
        """Let time pass while the exchange answers what is asked, or does not."""
        end = self.now + seconds
        while (deadline := self.life.deadline) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            if self.life.on_time(self.now) is KeyAction.EXTEND:
                self._extend(answers=answers)
            if self.life.state is KeyState.LOST:
                self.connect()
            assert self.exchange.expiry[self.life.key] > self.now
        self.now = end

    def reconnect(self) -> None:
        self.life.on_link_lost()
        self.connect()

    def _carry_out(self, action: KeyAction) -> None:
        if action is KeyAction.CREATE:
            self.life.on_created(self.exchange.create(self.now), self.now)
        elif action is KeyAction.EXTEND:
            self._extend(answers=True)
        else:
            assert action is KeyAction.CLOSE
            self.exchange.expiry.pop(self.life.key, None)
            self.life.on_closed()

    def _extend(self, *, answers: bool) -> None:
        if answers and self.exchange.extend(self.life.key, self.now):
            self.life.on_extended(self.now)
        else:
            fail(self.life, self.now, is_void=answers)


steps = st.lists(
    st.tuples(
        st.sampled_from(["wait", "cut", "refuse", "dial", "forget"]),
        st.floats(min_value=0.0, max_value=40 * MINUTE),
        st.booleans(),  # whether the exchange answers meanwhile
    ),
    max_size=40,
)


@given(steps)
def test_a_connection_never_gets_a_dead_key_and_none_is_left_behind(
    story: list[tuple[str, float, bool]],
) -> None:
    rig = Rig()
    rig.connect()
    for event, pause, answers in story:
        rig.wait(pause, answers=answers)
        if event == "forget":
            # Without a word; then comes silence, until the PONG is missed.
            rig.exchange.expiry.pop(rig.life.key)
        elif event == "refuse":
            assert rig.life.on_refused() is KeyAction.RECONNECT
        elif event == "dial":
            rig.life.on_link_lost()
            rig.life.on_connect(rig.now)
        if event != "wait":
            rig.reconnect()
