import pytest

from mexc_connector.common.config import MexcConfig, StreamConfig
from mexc_connector.common.errors import ConfigError
from mexc_connector.common.rotation_config import RotationConfig


@pytest.mark.parametrize("name", RotationConfig.__struct_fields__)
def test_no_time_may_be_zero(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        RotationConfig(**{name: 0.0})


def test_a_successor_needs_longer_than_the_overlap() -> None:
    with pytest.raises(ConfigError, match="patience_s"):
        RotationConfig(overlap_s=5.0, patience_s=5.0)


def test_an_old_link_ends_before_the_exchange_ends_it() -> None:
    streams = MexcConfig().streams
    assert streams.rotate_after_s + streams.rotation.give_up_after_s < 24 * 3600


@pytest.mark.parametrize("redundancy", [0, 5])
def test_redundancy_is_one_to_four(redundancy: int) -> None:
    with pytest.raises(ConfigError, match="redundancy"):
        StreamConfig(redundancy=redundancy)


def test_options_of_rotation_have_no_order() -> None:
    with pytest.raises(TypeError):
        RotationConfig(5.0)  # type: ignore[misc]
