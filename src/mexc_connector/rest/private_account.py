"""The account itself: balances, fees, keys, assets, self-trade-prevention groups, listen keys."""

from collections.abc import Sequence
from functools import partial

from mexc_connector.common.account import (
    AccountInfo,
    ApiKeyInfo,
    Currency,
    KycStatus,
    ListenKey,
    ListenKeyList,
    SelfTradeGroup,
    SelfTradeGroupId,
    TradeFee,
)
from mexc_connector.common.errors import ProtocolViolation, UsageError
from mexc_connector.common.orders import AssetBalance
from mexc_connector.common.shared_read import SharedRead
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.rest import endpoints, wire
from mexc_connector.rest import private_models as models
from mexc_connector.rest import wire_private as private
from mexc_connector.rest.answer import Answer
from mexc_connector.rest.endpoints import Endpoint
from mexc_connector.rest.private_link import PrivateLink


class AccountClient:
    """The endpoints about one account and its key. `MexcPrivateSpotRest` adds orders to them."""

    def __init__(self, link: PrivateLink, *, api_key: str) -> None:
        self._link = link
        self._api_key = api_key
        self._shared_account = SharedRead(self._read_account, clock=link.clock, name="account")
        self.self_trade_groups = SelfTradeGroups(link)

    async def get_account(self) -> AccountInfo:
        """Read the account with all its balances. Weight 10.

        However many ask at once, one request is made; each gets a state from after it asked.
        """
        return await self._shared_account.get()

    async def _read_account(self) -> tuple[AccountInfo, float]:
        answer = await self._link.read(endpoints.ACCOUNT)
        clock = self._link.exchange_clock
        build = partial(
            models.account,
            requested_ms=clock.at_ms(answer.sent_at),
            received_ms=clock.at_ms(answer.received_at),
        )
        return wire.convert(answer, private.AccountReply, build), answer.sent_at

    async def get_account_balances(self) -> tuple[AssetBalance, ...]:
        """Read every balance that the exchange names, as `get_account`. Weight 10."""
        return (await self.get_account()).balances

    async def get_account_balance(self) -> tuple[AssetBalance, ...]:
        """Do the same as `get_account_balances`, under the name that other connectors use."""
        return await self.get_account_balances()

    async def get_asset_balance(self, asset: AssetName) -> AssetBalance:
        """Read the balance of one asset, zero where the exchange names none. Weight 10."""
        return (await self.get_account()).balance_of(asset)

    async def get_trade_fee(self, symbol: Symbol) -> TradeFee:
        """Read what the account pays on one market. Weight 20."""
        info = await self._link.info_of(symbol)
        answer = await self._link.read(endpoints.TRADE_FEE, [("symbol", info.exchange_symbol)])
        build = partial(models.trade_fee, symbol=symbol)
        return wire.convert(answer, private.Wrapped[private.TradeFeeData], build)

    async def get_mx_deduct(self) -> bool:
        """Read whether fees are paid in MX. Weight 1."""
        return _mx_deduct(await self._link.read(endpoints.MX_DEDUCT))

    async def set_mx_deduct(self, *, enabled: bool) -> bool:
        """Let fees be paid in MX or not, and return what now holds. Sent once. Weight 1."""
        parameters = [("mxDeductEnable", enabled)]
        return _mx_deduct(await self._link.command(endpoints.SET_MX_DEDUCT, parameters))

    async def get_kyc_status(self) -> KycStatus:
        """Read how far the account's owner is verified. Weight 1."""
        answer = await self._link.read(endpoints.KYC_STATUS)
        return wire.convert(answer, private.KycReply, models.kyc_status)

    async def get_uid(self) -> str:
        """Read the account's id. Weight 1."""
        answer = await self._link.read(endpoints.UID)
        return str(wire.decode(answer, private.UidReply).uid)

    async def get_self_symbols(self) -> list[str]:
        """Read which markets the key may trade, in the exchange's spelling. Weight 1."""
        answer = await self._link.read(endpoints.SELF_SYMBOLS)
        return wire.decode(answer, private.Wrapped[list[str]]).data

    async def get_api_key_info(self) -> ApiKeyInfo:
        """Read what the key may do, from where, and how long it will live. Weight 1."""
        answer = await self._link.read(endpoints.API_KEY_INFO, [("accessKey", self._api_key)])
        return models.api_key_info(private.decode_secret(answer, private.ApiKeyReply))

    async def get_currencies(self) -> list[Currency]:
        """Read all assets and the chains that they move on. Weight 10.

        The exchange asks for the right to read withdrawals.
        """
        answer = await self._link.read(endpoints.CURRENCIES)
        return wire.convert_rows(answer, private.CurrencyRow, models.currency)

    async def create_listen_key(self) -> ListenKey:
        """Make the key of a private stream, or get one that lives already. Weight 1.

        It lives 60 minutes; at most 60 live at once, each for at most 5 connections.
        """
        return _listen_key(await self._link.command(endpoints.CREATE_LISTEN_KEY))

    async def list_listen_keys(self) -> ListenKeyList:
        """Read which listen keys live. Weight 1."""
        answer = await self._link.read(endpoints.LISTEN_KEYS)
        reply = private.decode_secret(answer, private.ListenKeysReply)
        keys = tuple(ListenKey(key) for key in reply.listen_key or ())
        return ListenKeyList(keys, reply.total, reply.available)

    async def extend_listen_key(self, key: ListenKey) -> ListenKey:
        """Let a key live for 60 minutes from now; returns the one that is named. Weight 1.

        An `ExchangeAPIError` means that the key is gone: make another one.
        """
        parameters = [("listenKey", key)]
        return _listen_key(await self._link.command(endpoints.EXTEND_LISTEN_KEY, parameters))

    async def close_listen_key(self, key: ListenKey) -> None:
        """End a key, and the streams under it. Weight 1."""
        await self._link.command(endpoints.CLOSE_LISTEN_KEY, [("listenKey", key)])


def _mx_deduct(answer: Answer) -> bool:
    return wire.decode(answer, private.Wrapped[private.MxDeductData]).data.mx_deduct_enable


class SelfTradeGroups:
    """Groups of accounts whose orders must not meet each other. Each call costs weight 20.

    For master accounts only, at most 10 groups. An order takes part when it is placed with a
    `SelfTradePrevention` other than `NONE` by an account of a group. Changes are sent once; if
    the answer is lost, `list` tells what became of them.
    """

    def __init__(self, link: PrivateLink) -> None:
        self._link = link

    async def create(self, name: str) -> SelfTradeGroup:
        """Make an empty group."""
        answer = await self._link.command(endpoints.CREATE_STP_GROUP, [("tradeGroupName", name)])
        return _group(answer)

    async def list(self, name: str) -> list[SelfTradeGroup]:
        """Read the groups of a name."""
        answer = await self._link.read(endpoints.STP_GROUPS, [("tradeGroupName", name)])
        rows = wire.decode(answer, private.Wrapped[list[private.SelfTradeGroupRow] | None]).data
        return [models.self_trade_group(row) for row in rows or ()]

    async def delete(self, group_id: SelfTradeGroupId) -> None:
        """Dissolve a group."""
        await self._link.command(endpoints.DELETE_STP_GROUP, [("tradeGroupId", group_id)])

    async def add_uids(self, group_id: SelfTradeGroupId, uids: Sequence[str]) -> SelfTradeGroup:
        """Put accounts into a group."""
        return _group(await self._change(endpoints.ADD_STP_UIDS, group_id, uids))

    async def remove_uids(self, group_id: SelfTradeGroupId, uids: Sequence[str]) -> None:
        """Take accounts out of a group."""
        await self._change(endpoints.REMOVE_STP_UIDS, group_id, uids)

    async def _change(
        self, endpoint: Endpoint, group_id: SelfTradeGroupId, uids: Sequence[str]
    ) -> Answer:
        if isinstance(uids, str) or not uids:
            raise UsageError("uids is a list of at least one uid")
        parameters = [("tradeGroupId", group_id), ("uid", ",".join(uids))]
        return await self._link.command(endpoint, parameters)


def _group(answer: Answer) -> SelfTradeGroup:
    row = wire.decode(answer, private.Wrapped[private.SelfTradeGroupRow]).data
    return models.self_trade_group(row)


def _listen_key(answer: Answer) -> ListenKey:
    key = private.decode_secret(answer, private.ListenKeyReply).listen_key
    if not key:
        raise ProtocolViolation("no listen key in the answer", endpoint=answer.endpoint)
    return ListenKey(key)
