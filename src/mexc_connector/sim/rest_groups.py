"""The endpoints for groups of self-trade prevention."""

from __future__ import annotations

from mexc_connector.sim import private_replies as replies
from mexc_connector.sim.errors import Refusal, bad_parameter
from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.gate import Caller
from mexc_connector.sim.queries import Query, required_text, whole_number
from mexc_connector.sim.stp import TradeGroup
from mexc_connector.sim.trading_desk import TradingDesk

UNKNOWN_UID = 730002


class GroupEndpoints:
    """Every account of the simulator counts as a sub-account of every other."""

    def __init__(self, desk: TradingDesk, exchange: Exchange) -> None:
        self._desk = desk
        self._exchange = exchange

    def create(self, caller: Caller) -> replies.PrivateWrapper:
        """POST strategy/group."""
        name = required_text(caller.query, "tradeGroupName")
        group = self._desk.groups.create(caller.account.owner, name, self._exchange.now_ms)
        return self._wrapped(self._shown(group))

    def show(self, caller: Caller) -> replies.PrivateWrapper:
        """GET strategy/group."""
        name = caller.query.get("tradeGroupName") or None
        groups = self._desk.groups.of(caller.account.owner, name)
        return self._wrapped([self._shown(group) for group in groups])

    def delete(self, caller: Caller) -> replies.PrivateWrapper:
        """DELETE strategy/group."""
        self._desk.groups.delete(caller.account.owner, _group_id(caller.query))
        return self._wrapped(True)

    def add(self, caller: Caller) -> replies.PrivateWrapper:
        """POST strategy/group/uid."""
        group = self._desk.groups.group(caller.account.owner, _group_id(caller.query))
        self._desk.groups.add(group, self._owners(caller.query), self._exchange.now_ms)
        return self._wrapped(self._shown(group))

    def remove(self, caller: Caller) -> replies.PrivateWrapper:
        """DELETE strategy/group/uid."""
        group = self._desk.groups.group(caller.account.owner, _group_id(caller.query))
        self._desk.groups.remove(group, self._owners(caller.query), self._exchange.now_ms)
        return self._wrapped(True)

    def _owners(self, query: Query) -> list[int]:
        owners = []
        for uid in required_text(query, "uid").split(","):
            account = self._desk.accounts.by_uid(uid)
            if account is None:
                raise Refusal(400, UNKNOWN_UID, "Your input param is invalid")
            owners.append(account.owner)
        return owners

    def _shown(self, group: TradeGroup) -> replies.GroupData:
        accounts = self._desk.accounts
        return replies.GroupData(
            tradeGroupName=group.name,
            tradeGroupId=group.group_id,
            tradeGroupUid=",".join(accounts.by_owner(owner).uid for owner in group.members),
            createTime=group.created_ms,
            updateTime=group.updated_ms,
        )

    def _wrapped(
        self, data: replies.GroupData | list[replies.GroupData] | bool
    ) -> replies.PrivateWrapper:
        return replies.PrivateWrapper(data, self._exchange.now_ms, code=200)


def _group_id(query: Query) -> int:
    group_id = whole_number(query, "tradeGroupId")
    if group_id is None:
        raise bad_parameter("tradeGroupId")
    return group_id
