"""Bodies of the private REST replies, in the exchange's spelling, order and field types."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType


class TradeErrorBody(msgspec.Struct, frozen=True, rename={"extend": "_extend"}):
    """The body of a refusal by the order side."""

    msg: str
    code: int
    extend: None = None


class OrderAck(msgspec.Struct, frozen=True):
    """POST order: what was taken, and nothing about what became of it."""

    symbol: str
    orderId: str  # noqa: N815  the exchange's spelling, here and below
    price: str
    origQty: str  # noqa: N815
    type: str
    side: str
    stpMode: str  # noqa: N815
    transactTime: int  # noqa: N815
    orderListId: int = -1  # noqa: N815


class BatchAck(msgspec.Struct, frozen=True):
    """One order of a batch that was taken."""

    symbol: str
    orderId: str  # noqa: N815
    newClientOrderId: str | UnsetType = UNSET  # noqa: N815
    orderListId: int = -1  # noqa: N815


class BatchError(msgspec.Struct, frozen=True):
    """One order of a batch that was refused."""

    msg: str
    code: int
    newClientOrderId: str | UnsetType = UNSET  # noqa: N815


class CancelReply(msgspec.Struct, frozen=True):
    """DELETE order; `status` is the state before the cancel."""

    symbol: str
    origClientOrderId: str | None  # noqa: N815
    orderId: str  # noqa: N815
    clientOrderId: str | None  # noqa: N815
    price: str
    origQty: str  # noqa: N815
    executedQty: str  # noqa: N815
    cummulativeQuoteQty: str  # noqa: N815
    status: str
    type: str
    side: str
    stpMode: str  # noqa: N815
    orderListId: int = -1  # noqa: N815


class OrderReply(msgspec.Struct, frozen=True):
    """One order as the queries show it.

    `price` of a filled MARKET order is its last trade's. `origQuoteOrderQty` of an order with a
    limit is price times quantity, as in the exchange's sample.
    """

    symbol: str
    orderId: str  # noqa: N815
    clientOrderId: str | None  # noqa: N815
    price: str
    origQty: str  # noqa: N815
    executedQty: str  # noqa: N815
    cummulativeQuoteQty: str  # noqa: N815
    status: str
    type: str
    side: str
    time: int
    updateTime: int | None  # noqa: N815
    origQuoteOrderQty: str | None  # noqa: N815
    stpMode: str  # noqa: N815
    cancelReason: str | UnsetType = UNSET  # noqa: N815
    orderListId: int = -1  # noqa: N815
    timeInForce: None = None  # noqa: N815
    stopPrice: None = None  # noqa: N815
    icebergQty: None = None  # noqa: N815
    isWorking: bool = True  # noqa: N815


class OwnTrade(msgspec.Struct, frozen=True):
    """One row of myTrades; `time` has a resolution of a second."""

    symbol: str
    id: str
    orderId: str  # noqa: N815
    price: str
    qty: str
    quoteQty: str  # noqa: N815
    commission: str
    commissionAsset: str  # noqa: N815
    time: int
    isBuyer: bool  # noqa: N815
    isMaker: bool  # noqa: N815
    isSelfTrade: bool  # noqa: N815
    clientOrderId: str | None  # noqa: N815
    isBestMatch: bool = True  # noqa: N815
    orderListId: int = -1  # noqa: N815


class BalanceRow(msgspec.Struct, frozen=True):
    """One asset of an account."""

    asset: str
    free: str
    locked: str
    available: str


class AccountReply(msgspec.Struct, frozen=True):
    """GET account; the flags are the account's, not the key's."""

    balances: list[BalanceRow]
    makerCommission: None = None  # noqa: N815
    takerCommission: None = None  # noqa: N815
    buyerCommission: None = None  # noqa: N815
    sellerCommission: None = None  # noqa: N815
    canTrade: bool = True  # noqa: N815
    canWithdraw: bool = True  # noqa: N815
    canDeposit: bool = True  # noqa: N815
    updateTime: None = None  # noqa: N815
    accountType: str = "SPOT"  # noqa: N815
    permissions: tuple[str, ...] = ("SPOT",)


class Done(msgspec.Struct, frozen=True):
    """DELETE order/all: names no orders."""

    timestamp: int
    code: int = 200
    msg: str = "success"


class FeeData(msgspec.Struct, frozen=True):
    """Rates as numbers with 18 decimals."""

    makerCommission: msgspec.Raw  # noqa: N815
    takerCommission: msgspec.Raw  # noqa: N815


class MxDeductData(msgspec.Struct, frozen=True):
    """Whether fees are paid in MX."""

    mxDeductEnable: bool  # noqa: N815


class GroupData(msgspec.Struct, frozen=True):
    """One group of self-trade prevention."""

    tradeGroupName: str  # noqa: N815
    tradeGroupId: int  # noqa: N815
    tradeGroupUid: str  # noqa: N815
    createTime: int  # noqa: N815
    updateTime: int  # noqa: N815


class PrivateWrapper(msgspec.Struct, frozen=True):
    """A success wrapper; `code` is 0 for some endpoints and 200 for others."""

    data: FeeData | MxDeductData | GroupData | list[GroupData] | bool
    timestamp: int
    code: int = 0
    msg: str = "success"


class OwnSymbols(msgspec.Struct, frozen=True):
    """GET selfSymbols."""

    data: list[str]
    code: int = 0
    msg: str = "success"


class KycStatus(msgspec.Struct, frozen=True):
    """GET kyc/status: 1 none, 2 primary, 3 advanced, 4 institutional."""

    status: str


class Uid(msgspec.Struct, frozen=True):
    """GET uid."""

    uid: str


class KeyInformation(msgspec.Struct, frozen=True):
    """GET apiKeyInfo; `remainingValidity` in days, -999 for ever, 0 expired."""

    note: str
    accessKey: str  # noqa: N815
    createTime: str  # noqa: N815
    permissions: str
    remainingValidity: int  # noqa: N815
    ipWhiteList: str  # noqa: N815
    status: str


class KeyChange(msgspec.Struct, frozen=True):
    """POST apiKeyInfo."""

    note: str
    apikey: str
    ipWhiteList: str  # noqa: N815


class OneListenKey(msgspec.Struct, frozen=True):
    """POST, PUT and DELETE userDataStream."""

    listenKey: str  # noqa: N815


class ListenKeyList(msgspec.Struct, frozen=True):
    """GET userDataStream."""

    listenKey: list[str]  # noqa: N815
    total: int
    available: int


class Network(msgspec.Struct, frozen=True):
    """One way to move a coin; the simulator moves none."""

    coin: str
    name: str
    network: str
    netWork: str  # noqa: N815
    depositEnable: bool = False  # noqa: N815
    depositDesc: None = None  # noqa: N815
    depositTips: None = None  # noqa: N815
    minConfirm: int = 0  # noqa: N815
    withdrawEnable: bool = False  # noqa: N815
    withdrawFee: str = "0.000100000000000000"  # noqa: N815
    withdrawIntegerMultiple: None = None  # noqa: N815
    withdrawMax: str = "10000.000000000000000000"  # noqa: N815
    withdrawMin: str = "0.001000000000000000"  # noqa: N815
    withdrawTips: None = None  # noqa: N815
    sameAddress: bool = False  # noqa: N815
    contract: str = ""


class Coin(msgspec.Struct, frozen=True):
    """One row of capital/config/getall."""

    coin: str
    name: str
    networkList: list[Network]  # noqa: N815
