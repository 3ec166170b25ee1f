"""What groups of options are made of: their base, and the checks that they share."""

from urllib.parse import urlsplit

import msgspec

from mexc_connector.common.errors import ConfigError


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all option groups: unknown names are refused.

    `kw_only` is not inherited: every group says it again.
    """

    def require_positive(self, *names: str) -> None:
        """Refuse zero and less."""
        for name in names:
            require(getattr(self, name) > 0, f"{name} must be above 0")

    def require_not_negative(self, *names: str) -> None:
        """Refuse what is below zero."""
        for name in names:
            require(getattr(self, name) >= 0, f"{name} must not be negative")


def require(condition: bool, problem: str) -> None:
    """Raise `ConfigError` with the problem unless the condition holds."""
    if not condition:
        raise ConfigError(problem)


def require_url(name: str, url: str, schemes: tuple[str, ...]) -> None:
    """Raise `ConfigError` unless this is a URL of one of the schemes."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a bad port or bracket
        valid = False
    require(valid, f"{name} must be a URL like {schemes[0]}://host[:port], not {url!r}")
