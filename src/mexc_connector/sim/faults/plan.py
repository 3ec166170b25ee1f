"""A fault plan: one seed and a list of rules, from code, YAML or JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import msgspec

from mexc_connector.sim.endpoints import EndpointName
from mexc_connector.sim.errors import SimError
from mexc_connector.sim.faults.exchange_rules import ExchangeRule, SymbolRule
from mexc_connector.sim.faults.rest_rules import EndpointRule, RestRule
from mexc_connector.sim.faults.rules import FaultError
from mexc_connector.sim.faults.selection import check_channels, check_endpoints
from mexc_connector.sim.faults.stream_rules import ChannelRule, StreamRule

# The second line is what PyYAML's constructors raise for values like `!!timestamp x`.
_YAML_ERRORS = (
    *(msgspec.MsgspecError, RecursionError, ValueError),
    *(TypeError, AttributeError, LookupError, ArithmeticError),
)

AnyRule = StreamRule | RestRule | ExchangeRule


class FaultPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules that act together, each by dice of its own.

    Plans compose: `FaultPlan(seed=7, rules=(*calm.rules, *rough.rules))`. A rule's dice depend on
    the seed and its name, so those of named rules stay the same whatever rules come beside them.
    Raises `FaultError` when two rules have one name.
    """

    seed: int = 1
    rules: tuple[AnyRule, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two rules of one name."""
        names = self.rule_names()
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise FaultError(f"Two rules have the name {twice[0]!r}.")

    def rule_names(self) -> tuple[str, ...]:
        """Give each rule's name: its own, or its fault's with a number from the second on."""
        unnamed: Counter[str] = Counter()
        names: list[str] = []
        for rule in self.rules:
            if rule.name:
                names.append(rule.name)
                continue
            unnamed[rule.kind] += 1
            number = unnamed[rule.kind]
            names.append(rule.kind if number == 1 else f"{rule.kind}-{number}")
        return tuple(names)

    def check(self, *, symbols: Iterable[str], endpoints: Iterable[EndpointName]) -> None:
        """Raise `FaultError` when a rule is about something that the exchange does not have."""
        listed, known = tuple(symbols), tuple(endpoints)
        for name, rule in zip(self.rule_names(), self.rules, strict=True):
            try:
                if isinstance(rule, ChannelRule):
                    check_channels(rule.channels, listed)
                elif isinstance(rule, EndpointRule):
                    check_endpoints(rule.endpoints, rule.methods, known)
                elif isinstance(rule, SymbolRule):
                    _check_symbols(rule.symbols, listed)
            except FaultError as error:
                raise FaultError(f"Fault rule {name!r}: {error}") from error

    @classmethod
    def from_yaml(cls, text: str | bytes) -> Self:
        """Read a plan; raises `FaultError` with one sentence for whatever is wrong with it."""
        try:
            return msgspec.yaml.decode(text, type=cls)
        except _YAML_ERRORS as error:
            raise _unreadable(error) from error

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a plan; raises `FaultError` with one sentence for whatever is wrong with it."""
        try:
            return msgspec.json.decode(text, type=cls)
        except (msgspec.MsgspecError, RecursionError, UnicodeError, ValueError) as error:
            raise _unreadable(error) from error

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Read a YAML file; raises `SimError` when it cannot be read or is no plan."""
        try:
            text = Path(path).read_bytes()
        except OSError as error:
            raise SimError(
                f"Cannot read the fault plan {path}: {error.strerror or error}."
            ) from error
        return cls.from_yaml(text)

    def to_yaml(self) -> str:
        """Write the plan as a file that `--faults` reads."""
        return msgspec.yaml.encode(self).decode()


def _check_symbols(symbols: Iterable[str], listed: Iterable[str]) -> None:
    for symbol in symbols:
        if symbol not in listed:
            raise FaultError(f"{symbol!r} is not listed on this exchange.")


def _unreadable(error: Exception) -> FaultError:
    reason = " ".join(str(error).split()).replace(". - at", " - at").rstrip(".")
    return FaultError(f"The fault plan cannot be read: {reason}.")
