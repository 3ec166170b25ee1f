import pytest

from mexc_connector.common.credentials import Credentials, credentials_from
from mexc_connector.common.errors import ConfigError


def test_neither_key_nor_secret_shows_in_any_text() -> None:
    keys = Credentials("mx0-visible-key", "very-secret")
    for text in (repr(keys), str(keys), f"{keys}", f"{keys!r}", str([keys])):
        assert "visible" not in text
        assert "secret-" not in text
        assert "very" not in text


def test_arguments_win_over_the_environment() -> None:
    environment = {"MEXC_API_KEY": "env-key", "MEXC_API_SECRET": "env-secret"}
    assert credentials_from("key", "secret", environment) == Credentials("key", "secret")
    assert credentials_from(None, None, environment) == Credentials("env-key", "env-secret")


def test_without_keys_there_are_none() -> None:
    assert credentials_from(None, None, {}) is None
    assert credentials_from(None, None, {"MEXC_API_KEY": "", "MEXC_API_SECRET": ""}) is None


@pytest.mark.parametrize(
    ("key", "secret", "environment"),
    [
        ("key", None, {}),
        (None, "secret", {}),
        (None, None, {"MEXC_API_KEY": "key"}),
        ("key", None, {"MEXC_API_SECRET": "from elsewhere"}),
    ],
)
def test_half_a_pair_is_refused(
    key: str | None, secret: str | None, environment: dict[str, str]
) -> None:
    with pytest.raises(ConfigError, match="secret"):
        credentials_from(key, secret, environment)


@pytest.mark.parametrize("bad", ["", " xyzzy", "xyzzy\n", "ключ"])
def test_keys_that_cannot_be_keys_are_refused_without_being_shown(bad: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Credentials("key", bad)
    assert not bad.strip() or bad.strip() not in str(caught.value)
