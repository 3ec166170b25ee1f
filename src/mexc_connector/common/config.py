"""Options, frozen and validated. Every number carries its unit in its name and its source here.

Build them in code (`MexcConfig(rest_url=...)`) or read them from YAML (`MexcConfig.from_yaml`).
Unknown names and values that cannot work raise `ConfigError` at once.
"""

from pathlib import Path

import msgspec

from mexc_connector.common.circuit import CircuitConfig
from mexc_connector.common.enums import StreamSpeed
from mexc_connector.common.errors import ConfigError
from mexc_connector.common.guard_config import GuardConfig
from mexc_connector.common.integrity_config import IntegrityConfig
from mexc_connector.common.options import Options, require, require_url
from mexc_connector.common.rotation_config import RotationConfig
from mexc_connector.common.tape_config import TapeConfig
from mexc_connector.common.trading_config import TradingConfig
from mexc_connector.common.yaml_text import YAML_VALUE_ERRORS, decode_yaml

LIVE_REST_URL = "https://api.mexc.com"
LIVE_STREAM_URL = "wss://wbs-api.mexc.com/ws"

_SECRETS = ("api_key", "secret_key", "proxy")


class RestConfig(Options, frozen=True, kw_only=True):
    """How one group of endpoints is called.

    `timeout_s`: seconds from sending to the whole answer. `retries`: further attempts after the
    first, for reads only; a command is never repeated. `auth` tells who reads a configuration that
    the group needs API keys. It changes nothing: what is signed is the exchange's rule, endpoint by
    endpoint, and an order must not fail for a flag that was left out.
    """

    timeout_s: float
    retries: int = 3
    auth: bool = False

    def __post_init__(self) -> None:
        require(0 < self.timeout_s <= 300, "timeout_s must be above 0 and at most 300")
        require(0 <= self.retries <= 10, "retries must be 0 to 10")


class RateLimitConfig(Options, frozen=True, kw_only=True):
    """The exchange's budgets as we count them; it sends no used-weight headers.

    `ip_weight` and `account_weight` per `window_s`: 300 and 500 per 10 s, shared by all endpoints
    (docs of 2026). `requests_per_second`: 20 over everything (the exchange's support, 2026-01).
    `orders_per_second`: 12 shared by place and cancel (change log 2026-03-11). `cancel_reserve`:
    of these, how many placements leave free for cancels. `trading_reserve`: how many requests a
    second, and their weight over a window, reads leave free for orders once a client that can
    trade shares the budget. `firewall_pause_s`: how long everything rests after an HTML 403; 90 s
    is known to work. `backoff_base_s` doubles per attempt up to `backoff_max_s`, each time
    shortened by a random part.
    """

    ip_weight: int = 300
    account_weight: int = 500
    window_s: float = 10.0
    requests_per_second: int = 20
    orders_per_second: int = 12
    cancel_reserve: int = 2
    trading_reserve: int = 4
    firewall_pause_s: float = 90.0
    default_retry_after_s: float = 10.0
    max_wait_s: float = 300.0
    backoff_base_s: float = 0.25
    backoff_max_s: float = 8.0

    def __post_init__(self) -> None:
        self.require_positive(
            "ip_weight", "account_weight", "requests_per_second", "orders_per_second"
        )
        self.require_positive("window_s", "backoff_base_s", "backoff_max_s", "max_wait_s")
        self.require_not_negative(
            "firewall_pause_s", "default_retry_after_s", "cancel_reserve", "trading_reserve"
        )

    @classmethod
    def lifted(cls) -> "RateLimitConfig":
        """No budget to speak of: for a simulator that was started without limits."""
        return cls(
            ip_weight=10_000_000,
            account_weight=10_000_000,
            requests_per_second=1_000_000,
            orders_per_second=1_000_000,
        )


class StreamConfig(Options, frozen=True, kw_only=True):
    """WebSocket links.

    `subscriptions_per_link`: 30, the exchange refuses more. `messages_per_second`: sent by us on
    one link; beyond 100 it disconnects. `unsubscribing_frees_slot`: not confirmed for the real
    exchange, so off: a link's used slots come back when it reconnects. `ping_interval_s` and
    `pong_timeout_s`: our JSON PING and its deadline. `data_timeout_s`: no frame of any kind for
    that long means that the link is dead. `ack_timeout_s`: for an acknowledgement that names the
    channel. `connects_per_second`: pace of opening links. `rotate_after_s`: age at which a link is
    replaced, see `rotation`; the exchange cuts it at 24 hours. `redundancy`: on how many links, 1
    to 4, each public channel is carried; 2 doubles links and traffic. `missed_after_s`: a copy that
    is farther behind the first one counts as missed by its link. `queue_size`: events a slow
    consumer of trades or klines may be behind before `EventsLost`. `latency_one_in`: of how many
    frames one is timed for `get_latency`, on average; 0 times none (docs/metrics.md has the cost).
    """

    subscriptions_per_link: int = 30
    channels_per_message: int = 15
    messages_per_second: int = 50
    unsubscribing_frees_slot: bool = False
    connects_per_second: float = 20.0
    connect_timeout_s: float = 10.0
    close_timeout_s: float = 2.0
    ack_timeout_s: float = 10.0
    ping_interval_s: float = 15.0
    pong_timeout_s: float = 5.0
    data_timeout_s: float = 60.0
    rotate_after_s: float = 23 * 3600.0
    rotation: RotationConfig = RotationConfig()
    redundancy: int = 1
    missed_after_s: float = 5.0
    backoff_base_s: float = 0.5
    backoff_max_s: float = 30.0
    queue_size: int = 10_000
    latency_one_in: int = 0
    depth_speed: StreamSpeed = StreamSpeed.MS_10
    trade_speed: StreamSpeed = StreamSpeed.MS_10
    book_ticker_speed: StreamSpeed = StreamSpeed.MS_100

    def __post_init__(self) -> None:
        self.require_positive("subscriptions_per_link", "channels_per_message", "queue_size")
        require(1 <= self.messages_per_second <= 100, "messages_per_second must be 1 to 100")
        require(1 <= self.redundancy <= 4, "redundancy must be 1 to 4")
        self.require_not_negative("latency_one_in")
        self.require_positive(
            "connects_per_second",
            "connect_timeout_s",
            "close_timeout_s",
            "ack_timeout_s",
            "ping_interval_s",
            "pong_timeout_s",
            "data_timeout_s",
            "rotate_after_s",
            "missed_after_s",
            "backoff_base_s",
            "backoff_max_s",
        )


class BookConfig(Options, frozen=True, kw_only=True):
    """Order books.

    `snapshot_levels`: levels per side asked for; the exchange answers at most 2000. `held_diffs`:
    diffs kept while a snapshot is under way, the oldest go first. `snapshots_at_once`: how many
    may be under way over all books. `quiet_s`: a
    live book without a diff for that long is compared with the exchange over REST, at most
    `audits_per_second` books a second; `catch_up_s`: how long the stream may then take to reach
    the version that REST has seen, before the feed counts as stale. `refetch_base_s` doubles up
    to `refetch_max_s` while snapshots are too old or fail. `sync_timeout_s`: how long
    `add_symbol` and `session` wait for a book beyond the time that the rate budget costs.
    """

    snapshot_levels: int = 2000
    held_diffs: int = 1000
    snapshots_at_once: int = 8
    quiet_s: float = 20.0
    audits_per_second: float = 1.0
    catch_up_s: float = 3.0
    refetch_base_s: float = 0.1
    refetch_max_s: float = 5.0
    sync_timeout_s: float = 30.0

    def __post_init__(self) -> None:
        require(1 <= self.snapshot_levels <= 5000, "snapshot_levels must be 1 to 5000")
        self.require_positive(
            "held_diffs",
            "snapshots_at_once",
            "quiet_s",
            "audits_per_second",
            "catch_up_s",
            "refetch_base_s",
            "refetch_max_s",
            "sync_timeout_s",
        )


class ListenKeyConfig(Options, frozen=True, kw_only=True):
    """The key of the private streams.

    `life_s`: the exchange forgets a key 60 minutes after it was made or extended. It advises to
    extend every 30 minutes, `extend_every_s`. A failed extension is tried again after
    `retry_base_s`, doubled each time up to `retry_max_s`; `replace_before_s` before the key
    expires it is replaced, which costs a reconnect.
    """

    life_s: float = 3600.0
    extend_every_s: float = 1800.0
    replace_before_s: float = 60.0
    retry_base_s: float = 5.0
    retry_max_s: float = 120.0

    def __post_init__(self) -> None:
        self.require_positive(*self.__struct_fields__)
        require(
            self.extend_every_s < self.life_s - self.replace_before_s,
            "extend_every_s must be below life_s less replace_before_s",
        )


class MexcConfig(Options, frozen=True, kw_only=True):
    """Everything that can be set, with the exchange's own numbers as defaults.

    `api_key` and `secret_key` are used where no keys are given as arguments. `proxy` serves REST
    and streams alike (`http://user:password@host:port`). `repr` masks all three. `symbol_cache_s`
    is the life of the symbol rules, 5 minutes. `step_size_overrides` maps an exchange spelling to a
    coarser amount step, for markets whose published precision the exchange itself refuses.
    `recv_window_ms`: how old a signed request may be when it arrives, at most 60000.
    `timestamp_bias_ms`: how far into the past requests are dated, because one from the future is
    refused whatever the window. `account`, `order`, `market_data`, `market_data_fast` are groups.
    """

    rest_url: str = LIVE_REST_URL
    stream_url: str = LIVE_STREAM_URL
    api_key: str | None = None
    secret_key: str | None = None
    proxy: str | None = None
    connections: int = 20
    symbol_cache_s: float = 300.0
    clock_sync_s: float = 300.0
    recv_window_ms: int = 5_000
    timestamp_bias_ms: int = 200
    step_size_overrides: dict[str, str] = msgspec.field(default_factory=dict)
    account: RestConfig = RestConfig(timeout_s=8.0, auth=True)
    order: RestConfig = RestConfig(timeout_s=6.0, retries=0, auth=True)
    market_data: RestConfig = RestConfig(timeout_s=10.0)
    market_data_fast: RestConfig = RestConfig(timeout_s=4.0, retries=1)
    limits: RateLimitConfig = RateLimitConfig()
    streams: StreamConfig = StreamConfig()
    listen_key: ListenKeyConfig = ListenKeyConfig()
    books: BookConfig = BookConfig()
    trading: TradingConfig = TradingConfig()
    tape: TapeConfig = TapeConfig()
    integrity: IntegrityConfig = IntegrityConfig()
    guards: GuardConfig = GuardConfig()
    circuit: CircuitConfig = CircuitConfig()

    def __post_init__(self) -> None:
        require_url("rest_url", self.rest_url, ("https", "http"))
        require_url("stream_url", self.stream_url, ("wss", "ws"))
        if self.proxy is not None:
            try:
                require_url("proxy", self.proxy, ("http", "https"))
            except ConfigError:
                raise ConfigError("proxy must be a URL like http://host:port") from None
        self.require_positive("connections", "symbol_cache_s", "clock_sync_s")
        require(1 <= self.recv_window_ms <= 60_000, "recv_window_ms must be 1 to 60000")
        is_below = 0 <= self.timestamp_bias_ms < self.recv_window_ms
        require(is_below, "timestamp_bias_ms must be 0 or more and below recv_window_ms")

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name in self.__struct_fields__}
        for name in _SECRETS:
            shown[name] = None if shown[name] is None else "***"
        return f"MexcConfig({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    @classmethod
    def from_yaml(cls, path: str | Path) -> "MexcConfig":
        """Read a YAML file whose keys are the names above. Raises `ConfigError`, naming the key."""
        try:
            text = Path(path).read_bytes()
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror or error}") from error
        return cls.from_yaml_text(text, name=str(path))

    @classmethod
    def from_yaml_text(cls, text: bytes | str, *, name: str = "configuration") -> "MexcConfig":
        """Read YAML text; an empty document means the defaults.

        Raises `ConfigError`, for a name that is there twice as well: one of them would be lost.
        """
        try:
            return decode_yaml(text, cls) or cls()
        except msgspec.DecodeError as error:  # also covers values of the wrong type
            # The cause may quote the lines around the problem, and a line may hold a key.
            lines = [line for line in str(error).splitlines() if not line.startswith("    ")]
            raise ConfigError(f"{name}: {' '.join(map(str.strip, lines))}") from None
        except ConfigError as error:
            raise ConfigError(f"{name}: {error}") from error
        except YAML_VALUE_ERRORS:  # its text may quote a value, and a value may be a key
            raise ConfigError(f"{name}: a value has another form than its tag says") from None
