"""The account endpoints: balances, rates, key settings, listen keys, coins."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from mexc_connector.sim import private_replies as replies
from mexc_connector.sim.account_options import SimKey
from mexc_connector.sim.accounts import Accounts
from mexc_connector.sim.errors import Refusal, bad_parameter
from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.fees import RATES
from mexc_connector.sim.gate import Caller
from mexc_connector.sim.intervals import DAY_MS
from mexc_connector.sim.ledger import ATOM_DIGITS, ATOMS
from mexc_connector.sim.options import SimLimits
from mexc_connector.sim.private_streams import PrivateStreams
from mexc_connector.sim.queries import required_text
from mexc_connector.sim.trading_desk import TradingDesk

ADVANCED_KYC = "3"
FOR_EVER_DAYS = -999
MOST_ADDRESSES = 20
ZERO_RATE = msgspec.Raw(b"0E-18")
BOOLEANS = {"true": True, "false": False}


class AccountEndpoints:
    """Everything about an account but its orders."""

    def __init__(
        self,
        desk: TradingDesk,
        exchange: Exchange,
        streams: PrivateStreams,
        *,
        limits: SimLimits,
    ) -> None:
        self._desk = desk
        self._exchange = exchange
        self._streams = streams
        self._most_keys = limits.listen_keys_per_account

    @property
    def _accounts(self) -> Accounts:
        return self._desk.accounts

    def account(self, caller: Caller) -> replies.AccountReply:
        """GET account: assets of which there is something."""
        purses = self._desk.ledger.purses[caller.account.owner]
        return replies.AccountReply(
            [
                replies.BalanceRow(
                    asset,
                    ATOMS.plain(purse.free),
                    ATOMS.plain(purse.locked),
                    ATOMS.plain(purse.free),
                )
                for asset, purse in purses.items()
                if purse.free or purse.locked
            ]
        )

    def trade_fee(self, caller: Caller) -> replies.PrivateWrapper:
        """GET tradeFee."""
        market = self._desk.rules.market(required_text(caller.query, "symbol"))
        rates = self._desk.rates(caller.account, market)
        data = replies.FeeData(_rate_number(rates.maker), _rate_number(rates.taker))
        return self._wrapped(data)

    def mx_deduct(self, caller: Caller) -> replies.PrivateWrapper:
        """GET mxDeduct/enable."""
        return self._wrapped(replies.MxDeductData(caller.account.uses_mx))

    def set_mx_deduct(self, caller: Caller) -> replies.PrivateWrapper:
        """POST mxDeduct/enable."""
        wanted = BOOLEANS.get(required_text(caller.query, "mxDeductEnable").lower())
        if wanted is None:
            raise bad_parameter("mxDeductEnable")
        caller.account.uses_mx = wanted
        return self._wrapped(replies.MxDeductData(wanted))

    def kyc_status(self, caller: Caller) -> replies.KycStatus:
        """GET kyc/status."""
        del caller
        return replies.KycStatus(ADVANCED_KYC)

    def uid(self, caller: Caller) -> replies.Uid:
        """GET uid."""
        return replies.Uid(caller.account.uid)

    def own_symbols(self, caller: Caller) -> replies.OwnSymbols:
        """GET selfSymbols: what this key may trade."""
        names = list(self._exchange.by_symbol)
        allowed = caller.key.symbols
        return replies.OwnSymbols([name for name in names if allowed is None or name in allowed])

    def key_information(self, caller: Caller) -> replies.KeyInformation:
        """GET apiKeyInfo."""
        key = _own_key(caller, required_text(caller.query, "accessKey"))
        now_ms, days = self._exchange.now_ms, FOR_EVER_DAYS
        if key.expires_ms is not None:
            days = max(0, -(-(key.expires_ms - now_ms) // DAY_MS))
        opened = datetime.fromtimestamp(caller.account.opened_ms / 1000, UTC)
        return replies.KeyInformation(
            note=key.note,
            accessKey=key.api_key,
            createTime=opened.strftime("%Y-%m-%dT%H:%M:%S.000+00:00"),
            permissions=",".join(key.permissions),
            remainingValidity=days,
            ipWhiteList=",".join(key.ip_whitelist),
            status="FROZEN" if key.is_frozen else "VALID",
        )

    def change_key(self, caller: Caller) -> replies.KeyChange:
        """POST apiKeyInfo: the white list and the note of a key."""
        key = _own_key(caller, required_text(caller.query, "apiKey"))
        addresses = tuple(filter(None, caller.query.get("ipWhiteList", "").split(",")))
        if len(addresses) > MOST_ADDRESSES:
            raise Refusal(
                400,
                730703,
                "The IP information is incorrect, and a maximum of 10 IPs are allowed to be bound",
            )
        note = caller.query.get("note", key.note)
        self._accounts.replace_key(msgspec.structs.replace(key, ip_whitelist=addresses, note=note))
        return replies.KeyChange(note, key.api_key, ",".join(addresses))

    def make_listen_key(self, caller: Caller) -> replies.OneListenKey:
        """POST userDataStream: always a new key."""
        key = self._streams.keys.create(caller.account.owner, self._exchange.now_ms)
        return replies.OneListenKey(key.text)

    def listen_keys(self, caller: Caller) -> replies.ListenKeyList:
        """GET userDataStream."""
        keys = [key.text for key in self._streams.keys.of(caller.account.owner)]
        return replies.ListenKeyList(keys, self._most_keys, self._most_keys - len(keys))

    def extend_listen_key(self, caller: Caller) -> replies.OneListenKey:
        """PUT userDataStream: an hour from now."""
        text = required_text(caller.query, "listenKey")
        self._streams.keys.extend(caller.account.owner, text, self._exchange.now_ms)
        return replies.OneListenKey(text)

    def close_listen_key(self, caller: Caller) -> replies.OneListenKey:
        """DELETE userDataStream: ends the connections that use it."""
        text = required_text(caller.query, "listenKey")
        self._streams.close_key(caller.account.owner, text)
        return replies.OneListenKey(text)

    def coins(self, caller: Caller) -> list[replies.Coin]:
        """GET capital/config/getall: the assets of all markets, each with one network."""
        del caller
        names: dict[str, str] = {}
        for listing in self._exchange.listings:
            names.setdefault(listing.quote, listing.quote)
            names[listing.base] = listing.full_name
        return [
            replies.Coin(asset, name, [replies.Network(asset, asset, f"{asset} Chain", asset)])
            for asset, name in names.items()
        ]

    def _wrapped(self, data: replies.FeeData | replies.MxDeductData) -> replies.PrivateWrapper:
        return replies.PrivateWrapper(data, self._exchange.now_ms)


def _own_key(caller: Caller, api_key: str) -> SimKey:
    key = caller.account.keys.get(api_key)
    if key is None:
        raise Refusal(400, 730706, "Api key does not exist")
    return key


def _rate_number(rate: int) -> msgspec.Raw:
    if not rate:
        return ZERO_RATE
    return msgspec.Raw(f"{RATES.exact(rate):.{ATOM_DIGITS}f}".encode())
