"""What a soak was and found, as numbers that can be quoted."""

import msgspec


class Report(msgspec.Struct, kw_only=True):
    """One soak. Filled as it goes."""

    seed: int
    minutes: float
    speed: float
    symbols: int
    link_hours: float
    redundancy: int
    hours_simulated: float = 0.0
    spells: int = 0
    survived: dict[str, int] = {}
    strikes: dict[str, int] = {}
    orders: int = 0
    unknown_outcomes: int = 0
    cancels: int = 0
    refusals: dict[str, int] = {}
    fills: int = 0
    books_compared: int = 0
    trades: int = 0
    trade_gaps_closed: int = 0
    trade_gaps_open: int = 0
    slowest_recovery_s: float = 0.0
    resyncs: int = 0
    mismatches: int = 0
    handovers: int = 0
    handover_failures: int = 0
    reconnects: int = 0
    listen_keys: int = 0
    reconciliations: int = 0
    trades_remembered: int = 0
    trades_at_once: int = 0
    objects: int = 0
    new_objects_per_minute: float = 0.0
    most_tasks: int = 0
    rss_growth_kb_per_minute: float = 0.0
    rss_peak_kb: int = 0
    broken: list[str] = []

    def text(self) -> str:
        rows = msgspec.structs.asdict(self)
        broken, survived, strikes = (rows.pop(n) for n in ("broken", "survived", "strikes"))
        lines = [f"{name:26} {value}" for name, value in rows.items()]
        lines += [f"  {name:32} survived {n}" for name, n in sorted(survived.items())]
        lines += [f"  {name:32} struck {n}" for name, n in sorted(strikes.items())]
        return "\n".join([*lines, *(f"BROKEN: {text}" for text in broken)])
