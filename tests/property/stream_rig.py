"""An exchange with one listener and no sockets, for tests of what is pushed."""

from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.sim import Market, SimOptions
from mexc_connector.sim.channels import parse_channel
from mexc_connector.sim.connection import Connection
from mexc_connector.sim.exchange import STEP_MS, Exchange
from mexc_connector.sim.publisher import Publisher

START_MS = 1_790_281_200_000
SYMBOL = "BTCUSDT"


class Wire:
    """A transport that keeps what was written."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> None:
        self.data += data

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def frames(self) -> list[bytes]:
        """Cut what was written into payloads, and forget it."""
        payloads, rest = [], bytes(self.data)
        self.data.clear()
        while rest:
            assert rest[0] == 0x82, "a final binary frame"
            size, head = rest[1], 2
            if size == 126:
                size, head = int.from_bytes(rest[2:4], "big"), 4
            elif size == 127:
                size, head = int.from_bytes(rest[2:10], "big"), 10
            payloads.append(rest[head : head + size])
            rest = rest[head + size :]
        return payloads


class Rig:
    """An exchange with one listener and no sockets."""

    def __init__(
        self, *, agents: int, seed: int = 1, history: int = 0, symbol_count: int | None = None
    ) -> None:
        options = SimOptions(
            symbols=None if symbol_count else (SYMBOL,),
            symbol_count=symbol_count,
            agents=agents,
            seed=seed,
            book_history=history,
        )
        self.exchange = Exchange(options, start_ms=START_MS)
        self.publisher = Publisher(self.exchange, queue_limit=2**40)
        self.wire = Wire()
        self.connection = Connection(self.wire, number=1, now_ms=0)  # type: ignore[arg-type]

    @property
    def market(self) -> Market:
        market = self.exchange.market(SYMBOL)
        assert market is not None
        return market

    def subscribe(self, *names: str) -> None:
        for name in names:
            channel = parse_channel(name)
            assert channel is not None
            assert self.publisher.subscribe(self.connection, channel)

    def run(self, duration_ms: int) -> list[PushDataV3ApiWrapper]:
        for _ in range(duration_ms // STEP_MS):
            self.exchange.step()
            self.publisher.publish(0)
        return [PushDataV3ApiWrapper.FromString(payload) for payload in self.wire.frames()]
