"""API keys, kept out of sight. The only reader of the environment."""

import os
from collections.abc import Mapping

import msgspec

from mexc_connector.common.config import MexcConfig
from mexc_connector.common.errors import ConfigError

API_KEY_VARIABLE = "MEXC_API_KEY"
API_SECRET_VARIABLE = "MEXC_API_SECRET"  # noqa: S105 - the variable's name, not a secret


class Credentials(msgspec.Struct, frozen=True):
    """An API key and its secret. `repr` and `str` show neither."""

    api_key: str
    secret_key: str

    def __post_init__(self) -> None:
        for name, value in (("api_key", self.api_key), ("secret_key", self.secret_key)):
            if not value or value != value.strip() or not value.isascii():
                raise ConfigError(f"{name} is empty, padded with blanks or not plain ASCII")

    def __repr__(self) -> str:
        return "Credentials(api_key='***', secret_key='***')"

    __str__ = __repr__


def credentials_from(
    api_key: str | None,
    secret_key: str | None,
    *,
    config: MexcConfig,
    environment: Mapping[str, str] | None = None,
) -> Credentials | None:
    """Return the keys given, else the config's, else those of the environment, else None.

    The variables are `MEXC_API_KEY` and `MEXC_API_SECRET`. One of a pair without the other is a
    `ConfigError`. `environment` defaults to the process's.
    """
    if api_key is None and secret_key is None:
        api_key, secret_key = config.api_key, config.secret_key
    if api_key is None and secret_key is None:
        values = os.environ if environment is None else environment
        api_key = values.get(API_KEY_VARIABLE) or None
        secret_key = values.get(API_SECRET_VARIABLE) or None
    if api_key is None and secret_key is None:
        return None
    if api_key is None or secret_key is None:
        raise ConfigError("an API key needs its secret, and a secret its key")
    return Credentials(api_key, secret_key)
