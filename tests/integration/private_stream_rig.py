"""What the tests of the private streams share: keys in memory, frames, and a sink that writes."""

from mexc_connector.common.config import ListenKeyConfig, MexcConfig, StreamConfig
from mexc_connector.common.orders import AssetBalance, Fill, Order
from mexc_connector.common.symbols import AssetName, Symbol, SymbolMap
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws.private import ListenKeys, MexcWebsocketPrivate

MX_USDT = Symbol(base=AssetName("MX"), quote=AssetName("USDT"))
SYMBOLS = SymbolMap([(MX_USDT, "MXUSDT")])
ORDERS = "spot@private.orders.v3.api.pb"
FILLS = "spot@private.deals.v3.api.pb"
BALANCES = "spot@private.account.v3.api.pb"

QUICK = StreamConfig(
    backoff_base_s=0.01, backoff_max_s=0.05, connects_per_second=1000.0, close_timeout_s=0.5
)


class Keys:
    """Listen keys `s3cret1`, `s3cret2`, ...; `failures` are raised instead of answers, in turn."""

    def __init__(self) -> None:
        self.alive: list[str] = []
        self.log: list[str] = []
        self.failures: list[Exception] = []

    @property
    def bundle(self) -> ListenKeys:
        return ListenKeys(create=self.create, extend=self.extend, close=self.close)

    def _answer(self, what: str) -> None:
        self.log.append(what)
        if self.failures:
            raise self.failures.pop(0)

    async def create(self) -> str:
        self._answer("create")
        self.alive.append(f"s3cret{self.log.count('create')}")
        return self.alive[-1]

    async def extend(self, key: str) -> None:
        self._answer(f"extend {key}")

    async def close(self, key: str) -> None:
        self._answer(f"close {key}")
        self.alive.remove(key)


class Sink:
    """Writes down what a sink is told."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def on_live(self, epoch: int) -> None:
        self.log.append(f"live {epoch}")

    def on_order(self, order: Order, epoch: int) -> None:
        self.log.append(f"order {order.order_id} {epoch}")

    def on_fill(self, fill: Fill, epoch: int) -> None:
        self.log.append(f"fill {fill.trade_id} {epoch}")

    def on_balance(self, balance: AssetBalance, epoch: int) -> None:
        self.log.append(f"balance {balance.asset} {epoch}")

    def on_undecodable(self, epoch: int) -> None:
        self.log.append(f"undecodable {epoch}")

    def on_lost(self, epoch: int, reason: str) -> None:
        self.log.append(f"lost {epoch} {reason}")


def changed(**options: float) -> StreamConfig:
    values = {name: getattr(QUICK, name) for name in QUICK.__struct_fields__}
    return StreamConfig(**{**values, **options})


def client(
    url: str,
    keys: Keys,
    streams: StreamConfig = QUICK,
    listen_key: ListenKeyConfig | None = None,
) -> MexcWebsocketPrivate:
    config = MexcConfig(stream_url=url, streams=streams, listen_key=listen_key or ListenKeyConfig())
    return MexcWebsocketPrivate(SYMBOLS, keys.bundle, config=config)


def order_frame(order_id: str, *, filled: str = "0", market: str = "MXUSDT") -> bytes:
    push = PushDataV3ApiWrapper(channel=ORDERS, symbol=market, sendTime=1)
    body = push.privateOrders
    body.id, body.price, body.quantity = order_id, "1", "10"
    body.orderType = body.tradeType = 1
    body.cumulativeQuantity = filled
    body.status = 1 if filled == "0" else 3
    return push.SerializeToString()


def fill_frame(trade_id: str) -> bytes:
    push = PushDataV3ApiWrapper(channel=FILLS, symbol="MXUSDT", sendTime=1)
    body = push.privateDeals
    body.tradeId, body.orderId, body.tradeType = trade_id, "o1", 1
    body.price, body.quantity, body.amount, body.time = "1", "2", "2", 1
    return push.SerializeToString()


def balance_frame(asset: str, *, free: str) -> bytes:
    push = PushDataV3ApiWrapper(channel=BALANCES, sendTime=1)
    body = push.privateAccount
    body.vcoinName, body.balanceAmount, body.frozenAmount, body.time = asset, free, "0", 1
    return push.SerializeToString()
