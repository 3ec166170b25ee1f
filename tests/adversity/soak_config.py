"""The options of a soak: everything that goes by the clock goes by a faster one."""

import msgspec

from mexc_connector import MexcConfig, RotationConfig, StreamSpeed
from mexc_connector.sim import Simulator
from mexc_connector.sim.faults import AnyRule
from tests.adversity.rig import quick_config

ROTATED_AT = 0.7
"""At which part of its greatest age a link gets a successor. 23 hours of 24, at 60 times the speed
and with a life of minutes, would leave no time between a successor that failed and the end."""


def stretched(rules: tuple[AnyRule, ...], speed: float) -> tuple[AnyRule, ...]:
    """Let what goes by exchange time come as often a real second as it does at speed 1."""
    return tuple(
        msgspec.structs.replace(
            rule,
            **{
                name: int(getattr(rule, name) * speed) // 5 * 5
                for name in ("after_ms", "every_ms", "life_ms")
                if getattr(rule, name, None)
            },
        )
        for rule in rules
    )


def soak_config(sim: Simulator, *, speed: float, link_hours: float, redundancy: int) -> MexcConfig:
    """Give the quick configuration with every time that goes by the clock made `speed` as long."""
    quick = quick_config(sim.rest_url, sim.ws_url)
    streams = msgspec.structs.replace(
        quick.streams,
        redundancy=redundancy,
        rotate_after_s=link_hours * 3_600 * ROTATED_AT,
        rotation=RotationConfig(
            overlap_s=0.25 * speed, patience_s=1.5 * speed, give_up_after_s=3.0 * speed
        ),
        depth_speed=StreamSpeed.MS_100,
        trade_speed=StreamSpeed.MS_100,
    )
    slow = {
        group: msgspec.structs.replace(
            options,
            **{
                name: getattr(options, name) * speed
                for name in options.__struct_fields__
                if name.endswith("_s")
                and name not in ("rotate_after_s", "connect_timeout_s", "close_timeout_s")
                and name not in ("sync_timeout_s", "ready_timeout_s", "lookup_s")
            },
        )
        for group, options in (
            ("streams", streams),
            ("books", msgspec.structs.replace(quick.books, audits_per_second=1)),
            ("tape", msgspec.structs.replace(quick.tape, wait_s=3.0, retry_s=0.1)),
            ("trading", msgspec.structs.replace(quick.trading, completed_orders=200)),
        )
    }
    slow["books"] = msgspec.structs.replace(slow["books"], audits_per_second=20 / speed)
    limits = msgspec.structs.replace(
        quick.limits,
        firewall_pause_s=quick.limits.firewall_pause_s * speed,
        backoff_base_s=quick.limits.backoff_base_s * speed,
        backoff_max_s=quick.limits.backoff_max_s * speed,
        default_retry_after_s=quick.limits.default_retry_after_s * speed,
        max_wait_s=quick.limits.max_wait_s * speed,
    )
    usual = MexcConfig()
    key = msgspec.structs.replace(usual.listen_key, replace_before_s=600.0, retry_base_s=60.0)
    return msgspec.structs.replace(
        quick,
        limits=limits,
        listen_key=key,
        recv_window_ms=60_000,
        timestamp_bias_ms=5_000,
        clock_sync_s=2.0 * speed,
        symbol_cache_s=2.0 * speed,
        circuit=msgspec.structs.replace(
            quick.circuit,
            pause_base_s=quick.circuit.pause_base_s * speed,
            pause_max_s=quick.circuit.pause_max_s * speed,
        ),
        **slow,
    )
