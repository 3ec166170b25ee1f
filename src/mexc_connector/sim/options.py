"""What a simulated exchange can be told to be: its markets, its pace and its limits."""

from __future__ import annotations

import math
from typing import Self

import msgspec

from mexc_connector.sim.account_options import SimAccount
from mexc_connector.sim.errors import SimError
from mexc_connector.sim.faults.loopback import check_admin
from mexc_connector.sim.faults.plan import FaultPlan
from mexc_connector.sim.fees import BuyFee

UNLIMITED = 2**62
MOST_LEVELS = 20_000


class SimLimits(msgspec.Struct, frozen=True, kw_only=True):
    """MEXC's limits, each with its own number.

    Defaults: MEXC's documents and published measurements, read 2025-08 to 2026-10. "Ours" stands
    where the exchange publishes no number.
    """

    subscriptions_per_connection: int = 30
    unsubscribing_frees_a_slot: bool = False
    """Whether a slot returns on UNSUBSCRIPTION; MEXC counts requests up, so the default is no."""
    messages_per_second: int = 100
    idle_close_ms: int = 30_000
    """A connection without any valid subscription is closed."""
    silence_close_ms: int = 60_000
    """A connection on which neither side sent anything is dropped without a close frame."""
    connection_life_ms: int = 24 * 3_600_000
    weight_per_window: int = 300
    weight_window_ms: int = 10_000
    violations_before_ban: int = 20
    """429 answers to one address within `violation_memory_ms` after which it is banned (ours)."""
    violation_memory_ms: int = 60_000
    ban_ms: int = 120_000
    firewall_burst: int = 120
    firewall_per_second: int = 30
    """Requests a second that the firewall lets through for ever (measured: 20 to 30)."""
    firewall_block_ms: int = 60_000
    snapshot_levels: int = 2_000
    kline_rows: int = 500
    trade_rows: int = 1_000
    aggregate_window_ms: int = 3_600_000
    send_queue_bytes: int = 16 * 1024 * 1024
    """Unsent bytes after which a client that does not read is dropped (ours)."""
    orders_per_second: int = 12
    """Requests of an account that place or cancel, a batch counting once."""
    account_weight_per_window: int = 500
    open_orders_per_account: int = 500
    listen_keys_per_account: int = 60
    connections_per_listen_key: int = 5
    listen_key_life_ms: int = 60 * 60_000
    """Exchange time from the last POST or PUT of a key to its end."""
    own_trade_rows: int = 1_000

    @classmethod
    def lifted(cls) -> Self:
        """Give limits that no test reaches; row caps and listen keys' life stay MEXC's."""
        return cls(
            subscriptions_per_connection=UNLIMITED,
            messages_per_second=UNLIMITED,
            idle_close_ms=UNLIMITED,
            silence_close_ms=UNLIMITED,
            connection_life_ms=UNLIMITED,
            weight_per_window=UNLIMITED,
            firewall_burst=UNLIMITED,
            firewall_per_second=UNLIMITED,
            send_queue_bytes=64 * 1024 * 1024,
            orders_per_second=UNLIMITED,
            account_weight_per_window=UNLIMITED,
            open_orders_per_account=UNLIMITED,
            listen_keys_per_account=UNLIMITED,
            connections_per_listen_key=UNLIMITED,
        )

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if value is not True and value is not False and value < 1:
                raise SimError(f"The limit {name} must be at least 1, not {value}.")


class SimOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a `Simulator` is set up; every field has a default that gives a living market."""

    host: str = "127.0.0.1"
    port: int = 0
    """0 picks a free port."""
    seed: int = 1
    symbols: tuple[str, ...] | None = None
    """Markets by name; None is the default catalogue (BTCUSDT, ETHUSDT, MXUSDT, PEPEUSDT)."""
    symbol_count: int | None = None
    """That many markets: the well-known ones first, then generated ones."""
    speed: float = 1.0
    """Exchange milliseconds per real millisecond; connection timers and rate limits stay real."""
    agents: int = 12
    """Agents in each market; activity grows with them. 0: empty markets, only clients trade."""
    levels_per_side: int | None = None
    """Price levels per side that the agents of every market quote, about; None is 30 to 500 after
    each market's liquidity. Above 2,000 the depth snapshot is cut."""
    start_ms: int | None = None
    """Exchange time at the start, floored to 10 ms; None is now. Fix it for bit-equal runs."""
    realtime: bool = True
    """False: time stands still, except in `Simulator.advance`."""
    book_history: int = 0
    """Book changes remembered per market, for `Market.book_at`."""
    accounts: tuple[SimAccount, ...] = ()
    """Accounts besides the default one, which owns plenty of everything usual."""
    buy_fee: BuyFee = BuyFee.BASE
    """What buyers pay their fee in, unless it is deducted in MX."""
    read_after_write_ms: int = 0
    """Exchange time for which queries do not find an order that was just placed or cancelled."""
    own_trades_lag_ms: int = 0
    """Exchange time after which a fill appears in myTrades."""
    limits: SimLimits = SimLimits()
    faults: FaultPlan | None = None
    """What goes wrong from the start; `Simulator.set_faults` switches while it runs."""
    admin: bool = False
    """Whether `/sim/faults` shows and switches faults over HTTP, without a key: loopback only."""

    def __post_init__(self) -> None:
        """Refuse values outside their range with a `SimError`."""
        check_admin(self.host, is_on=self.admin)
        if not 0 <= self.port <= 65_535:
            raise SimError(f"The port must lie between 0 and 65535, not {self.port}.")
        if not (math.isfinite(self.speed) and 0 < self.speed <= 10_000):
            raise SimError(f"The speed must be above 0 and at most 10000, not {self.speed}.")
        if not 0 <= self.agents <= 1_000:
            raise SimError(f"The number of agents must lie between 0 and 1000, not {self.agents}.")
        levels = self.levels_per_side
        if levels is not None and not 1 <= levels <= MOST_LEVELS:
            raise SimError(
                f"The levels per side must lie between 1 and {MOST_LEVELS}, not {levels}."
            )
        if self.symbol_count is not None and not 1 <= self.symbol_count <= 10_000:
            raise SimError(
                f"The number of symbols must lie between 1 and 10000, not {self.symbol_count}."
            )
        if self.symbols is not None and self.symbol_count is not None:
            raise SimError("Name the symbols or give their number, not both.")
        if self.start_ms is not None and self.start_ms < 0:
            raise SimError(f"The start time must not be negative, got {self.start_ms}.")
        if min(self.read_after_write_ms, self.own_trades_lag_ms) < 0:
            raise SimError("A lag must not be negative.")
        if self.book_history < 0:
            raise SimError(f"The book history must not be negative, got {self.book_history}.")
