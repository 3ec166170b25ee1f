import pytest

from mexc_connector.sim import SimLimits
from mexc_connector.sim.errors import Refusal
from mexc_connector.sim.listen_keys import ListenKeys

LIFE_MS = 60 * 60_000


def keys(**limits: int) -> ListenKeys:
    return ListenKeys(SimLimits(**limits), seed=1)


def test_every_key_is_a_new_one_and_an_account_has_at_most_sixty() -> None:
    registry = keys()
    made = {registry.create(-1, 0).text for _ in range(60)}
    assert len(made) == 60
    with pytest.raises(Refusal):
        registry.create(-1, 0)
    registry.create(-2, 0)
    registry.close(-1, made.pop())
    registry.create(-1, 0)


def test_a_key_lives_an_hour_from_its_last_extension() -> None:
    registry = keys()
    key = registry.create(-1, 0)
    registry.extend(-1, key.text, 1_800_000)
    assert registry.expire(LIFE_MS) == []
    assert registry.expire(LIFE_MS + 1_800_000) == [key]
    with pytest.raises(Refusal) as caught:
        registry.extend(-1, key.text, LIFE_MS)
    assert caught.value.code == 730708
    assert registry.connect(key.text) is None


def test_nobody_extends_or_closes_the_key_of_another() -> None:
    registry = keys()
    key = registry.create(-1, 0)
    with pytest.raises(Refusal):
        registry.extend(-2, key.text, 0)
    with pytest.raises(Refusal):
        registry.close(-2, key.text)
    assert registry.of(-1) == [key]


def test_five_connections_share_a_key_and_a_place_is_freed_by_leaving() -> None:
    registry = keys()
    key = registry.create(-1, 0)
    assert all(registry.connect(key.text) for _ in range(5))
    assert registry.connect(key.text) is None
    registry.disconnect(key)
    assert registry.connect(key.text) is key


def test_an_unknown_key_opens_nothing() -> None:
    assert keys().connect("nonsense") is None
