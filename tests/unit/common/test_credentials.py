import pytest

from mexc_connector.common.config import MexcConfig
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
    assert credentials_from(
        "key", "secret", config=MexcConfig(), environment=environment
    ) == Credentials("key", "secret")
    assert credentials_from(
        None, None, config=MexcConfig(), environment=environment
    ) == Credentials("env-key", "env-secret")


def test_without_keys_there_are_none() -> None:
    assert credentials_from(None, None, config=MexcConfig(), environment={}) is None
    assert (
        credentials_from(
            None, None, config=MexcConfig(), environment={"MEXC_API_KEY": "", "MEXC_API_SECRET": ""}
        )
        is None
    )


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
        credentials_from(key, secret, config=MexcConfig(), environment=environment)


@pytest.mark.parametrize("bad", ["", " xyzzy", "xyzzy\n", "ключ"])
def test_keys_that_cannot_be_keys_are_refused_without_being_shown(bad: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Credentials("key", bad)
    assert not bad.strip() or bad.strip() not in str(caught.value)


def test_keys_of_the_config_come_before_the_environment_and_after_the_arguments() -> None:
    config = MexcConfig(api_key="config-key", secret_key="config-secret")
    environment = {"MEXC_API_KEY": "env-key", "MEXC_API_SECRET": "env-secret"}
    ours = Credentials("config-key", "config-secret")
    assert credentials_from(None, None, config=config, environment=environment) == ours
    given = credentials_from("key", "secret", config=config, environment=environment)
    assert given == Credentials("key", "secret")
    with pytest.raises(ConfigError):
        credentials_from(None, None, config=MexcConfig(api_key="alone"), environment={})


def test_a_config_shows_no_key_in_its_repr_nor_in_an_error_about_its_file() -> None:
    config = MexcConfig(api_key="the-key", secret_key="the-secret")
    assert "the-" not in repr(config)
    for text in ("api_key: the-key\nsecret_key: [the-secret", "secret_key: {the-secret: 1}"):
        with pytest.raises(ConfigError) as caught:
            MexcConfig.from_yaml_text(text)
        assert "the-" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert "\n" not in str(caught.value)
