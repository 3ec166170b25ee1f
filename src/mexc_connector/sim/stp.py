"""Self-trade prevention: groups of accounts that must not trade with each other, and its modes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from mexc_connector.sim.errors import Refusal, bad_parameter
from mexc_connector.sim.matching import TradeGuard

MOST_GROUPS = 10
NO_GROUP = 730002
"""No code is published for a mode without a group, or a group that is not there."""


class StpMode(StrEnum):
    """What gives way when an order would trade with one of its own group; the taker's mode counts.

    The empty text prevents nothing.
    """

    NONE = ""
    CANCEL_MAKER = "cancel_maker"
    CANCEL_TAKER = "cancel_taker"
    CANCEL_BOTH = "cancel_both"


@dataclass(slots=True)
class TradeGroup:
    """One group: accounts by number, in the order they were added."""

    group_id: int
    name: str
    created_ms: int
    updated_ms: int
    members: dict[int, None] = field(default_factory=dict)


class TradeGroups:
    """All groups by the account that made them, and who must not trade with whom."""

    def __init__(self) -> None:
        self._groups: dict[int, dict[int, TradeGroup]] = {}
        self._last_id = 0

    def create(self, owner: int, name: str, now_ms: int) -> TradeGroup:
        """Make a group; at most 10 for each account."""
        own = self._groups.setdefault(owner, {})
        if len(own) >= MOST_GROUPS:
            raise Refusal(400, NO_GROUP, "Your input param is invalid")
        self._last_id += 1
        group = own[self._last_id] = TradeGroup(self._last_id, name, now_ms, now_ms)
        return group

    def of(self, owner: int, name: str | None) -> list[TradeGroup]:
        """Give the groups that an account made, all or those of one name."""
        own = self._groups.get(owner, {})
        return [group for group in own.values() if name is None or group.name == name]

    def group(self, owner: int, group_id: int) -> TradeGroup:
        """Find one of the groups that an account made; raises the refusal when there is none."""
        group = self._groups.get(owner, {}).get(group_id)
        if group is None:
            raise Refusal(400, NO_GROUP, "Your input param is invalid")
        return group

    def delete(self, owner: int, group_id: int) -> None:
        """Undo a group."""
        self.group(owner, group_id)
        del self._groups[owner][group_id]

    def add(self, group: TradeGroup, members: Iterable[int], now_ms: int) -> None:
        """Put accounts into a group."""
        group.members.update(dict.fromkeys(members))
        group.updated_ms = now_ms

    def remove(self, group: TradeGroup, members: Iterable[int], now_ms: int) -> None:
        """Take accounts out of a group."""
        for member in members:
            group.members.pop(member, None)
        group.updated_ms = now_ms

    def guard(self, owner: int, mode: StpMode) -> TradeGuard | None:
        """Give what an order of this account must not trade with; None for no prevention.

        Raises the refusal when the account is in no group.
        """
        if mode is StpMode.NONE:
            return None
        related = frozenset().union(*self._members_beside(owner))
        if not related:
            raise Refusal(400, NO_GROUP, "Your input param is invalid")
        return TradeGuard(
            owners=related,
            cancels_maker=mode in (StpMode.CANCEL_MAKER, StpMode.CANCEL_BOTH),
            cancels_taker=mode in (StpMode.CANCEL_TAKER, StpMode.CANCEL_BOTH),
        )

    def _members_beside(self, owner: int) -> Iterator[frozenset[int]]:
        for groups in self._groups.values():
            for group in groups.values():
                if owner in group.members:
                    yield frozenset(group.members)


def stp_mode(text: str) -> StpMode:
    """Read `stpMode`."""
    try:
        return StpMode(text)
    except ValueError as error:
        raise bad_parameter("stpMode") from error
