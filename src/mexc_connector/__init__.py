"""Typed, async connector for the MEXC spot exchange.

Start at `MexcExchange`. What is listed in `__all__` is public; everything else may change.
A name is loaded when it is first asked for: who needs one error class or one enum does not pay
for the transports (`python -m benchmarks.import_time`).
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mexc_connector.common.account import (
        AccountInfo,
        ApiKeyInfo,
        Currency,
        CurrencyNetwork,
        KycStatus,
        ListenKey,
        SelfTradeGroup,
        TradeFee,
    )
    from mexc_connector.common.circuit import (
        CircuitConfig,
        CircuitOpen,
        CircuitReport,
        CircuitState,
    )
    from mexc_connector.common.clock import Clock
    from mexc_connector.common.config import (
        BookConfig,
        ListenKeyConfig,
        MexcConfig,
        RateLimitConfig,
        RestConfig,
        StreamConfig,
    )
    from mexc_connector.common.enums import (
        AccountState,
        BookState,
        ConnectionState,
        JournalSync,
        KlineInterval,
        MarketStatus,
        OrderStatus,
        OrderType,
        ReadyWhen,
        SelfTradePrevention,
        Side,
        StreamSpeed,
        TickerZone,
        TimeInForce,
        TradableSides,
        UnsyncReason,
    )
    from mexc_connector.common.errors import (
        AccountRestricted,
        AuthenticationError,
        BadRequest,
        BeyondHorizon,
        ConfigError,
        ConnectionFailed,
        EventsLost,
        ExchangeAPIError,
        ExchangeUnavailable,
        FirewallBlocked,
        InsufficientDepth,
        InsufficientFunds,
        InternalError,
        InvalidSymbol,
        JournalError,
        MexcError,
        OrderAlreadyDone,
        OrderBookNotSynced,
        OrderOutcomeUnknown,
        OrderRefused,
        OrderRuleViolated,
        PermissionDenied,
        ProtocolViolation,
        RateLimitError,
        RequestTimeout,
        SessionClosed,
        SubscriptionRefused,
        TradingDisabled,
        TransportError,
        UnknownOrder,
        UnknownSymbol,
        UsageError,
    )
    from mexc_connector.common.guard_config import (
        BlockedLoopGuard,
        DeadManSwitch,
        GuardConfig,
        LostAccountGuard,
        OpenOrdersGuard,
        OrderRateGuard,
        OrderValueGuard,
        PriceBandGuard,
        PriceReference,
        StaleBookGuard,
    )
    from mexc_connector.common.guards import (
        Guard,
        GuardAction,
        GuardEvent,
        GuardState,
        GuardTripped,
    )
    from mexc_connector.common.health import (
        AccountHealth,
        ActiveMode,
        BookHealth,
        ClockHealth,
        DegradedEvent,
        DegradedMode,
        HealthVerdict,
        LimitsHealth,
        LinkCopies,
        LinkHealth,
        MismatchHealth,
        ModeChange,
        SessionHealth,
        TapeHealth,
        TapeState,
    )
    from mexc_connector.common.instrument import ExchangeInfo, Rounding, SymbolInfo
    from mexc_connector.common.integrity import (
        BookMismatch,
        IntegrityCheck,
        IntegrityMetrics,
        LevelDifference,
    )
    from mexc_connector.common.integrity_config import IntegrityConfig
    from mexc_connector.common.latency import (
        LatencyBucket,
        LatencyDistribution,
        LatencyReport,
        LatencyStage,
        StreamKind,
    )
    from mexc_connector.common.models import (
        AggregateTrade,
        Announcement,
        AveragePrice,
        BookTicker,
        Kline,
        MiniTicker,
        OfflineSymbol,
        OrderBookEntry,
        OrderBookSnapshot,
        PriceTicker,
        Ticker,
        Trade,
        TradeId,
    )
    from mexc_connector.common.order_book import BookDepth, FillEstimate, OrderBook, PoolStats
    from mexc_connector.common.order_handle import OrderHandle
    from mexc_connector.common.orders import (
        AssetBalance,
        BalanceAmounts,
        ClientOrderId,
        Fill,
        FillAmounts,
        Order,
        OrderAmounts,
        OrderId,
    )
    from mexc_connector.common.registration import Registration
    from mexc_connector.common.rotation_config import RotationConfig
    from mexc_connector.common.stream_status import ConnectionEvent, StreamMetrics
    from mexc_connector.common.symbols import AssetName, Symbol, SymbolMap
    from mexc_connector.common.tape_config import TapeConfig
    from mexc_connector.common.trade_gap import TapeBreak, TapeDoubt, TapeMetrics, TradeGap
    from mexc_connector.common.trading_config import TradingConfig
    from mexc_connector.common.trading_reports import (
        AccountStatus,
        CancelAllReport,
        OrderModification,
        RecoveryReport,
    )
    from mexc_connector.common.watch import Watch
    from mexc_connector.core.implementation import OrderBookEntryPool
    from mexc_connector.core.order_request import OrderRequest
    from mexc_connector.event_loop import run
    from mexc_connector.exchange import MexcExchange
    from mexc_connector.interface import BaseExchangeInterface
    from mexc_connector.rest.budget import RequestBudget
    from mexc_connector.rest.private import MexcPrivateSpotRest
    from mexc_connector.rest.public import MexcPublicSpotRest
    from mexc_connector.trading_interface import TradingInterface
    from mexc_connector.ws.private import ListenKeys, MexcWebsocketPrivate
    from mexc_connector.ws.public import MexcWebsocketPublic
else:
    from mexc_connector.common.public_names import load as _load

    def __getattr__(name: str) -> object:
        found = globals()[name] = _load(name)
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__version__ = "0.1.0"

__all__ = [
    "AccountHealth",
    "AccountInfo",
    "AccountRestricted",
    "AccountState",
    "AccountStatus",
    "ActiveMode",
    "AggregateTrade",
    "Announcement",
    "ApiKeyInfo",
    "AssetBalance",
    "AssetName",
    "AuthenticationError",
    "AveragePrice",
    "BadRequest",
    "BalanceAmounts",
    "BaseExchangeInterface",
    "BeyondHorizon",
    "BlockedLoopGuard",
    "BookConfig",
    "BookDepth",
    "BookHealth",
    "BookMismatch",
    "BookState",
    "BookTicker",
    "CancelAllReport",
    "CircuitConfig",
    "CircuitOpen",
    "CircuitReport",
    "CircuitState",
    "ClientOrderId",
    "Clock",
    "ClockHealth",
    "ConfigError",
    "ConnectionEvent",
    "ConnectionFailed",
    "ConnectionState",
    "Currency",
    "CurrencyNetwork",
    "DeadManSwitch",
    "DegradedEvent",
    "DegradedMode",
    "EventsLost",
    "ExchangeAPIError",
    "ExchangeInfo",
    "ExchangeUnavailable",
    "Fill",
    "FillAmounts",
    "FillEstimate",
    "FirewallBlocked",
    "Guard",
    "GuardAction",
    "GuardConfig",
    "GuardEvent",
    "GuardState",
    "GuardTripped",
    "HealthVerdict",
    "InsufficientDepth",
    "InsufficientFunds",
    "IntegrityCheck",
    "IntegrityConfig",
    "IntegrityMetrics",
    "InternalError",
    "InvalidSymbol",
    "JournalError",
    "JournalSync",
    "Kline",
    "KlineInterval",
    "KycStatus",
    "LatencyBucket",
    "LatencyDistribution",
    "LatencyReport",
    "LatencyStage",
    "LevelDifference",
    "LimitsHealth",
    "LinkCopies",
    "LinkHealth",
    "ListenKey",
    "ListenKeyConfig",
    "ListenKeys",
    "LostAccountGuard",
    "MarketStatus",
    "MexcConfig",
    "MexcError",
    "MexcExchange",
    "MexcPrivateSpotRest",
    "MexcPublicSpotRest",
    "MexcWebsocketPrivate",
    "MexcWebsocketPublic",
    "MiniTicker",
    "MismatchHealth",
    "ModeChange",
    "OfflineSymbol",
    "OpenOrdersGuard",
    "Order",
    "OrderAlreadyDone",
    "OrderAmounts",
    "OrderBook",
    "OrderBookEntry",
    "OrderBookEntryPool",
    "OrderBookNotSynced",
    "OrderBookSnapshot",
    "OrderHandle",
    "OrderId",
    "OrderModification",
    "OrderOutcomeUnknown",
    "OrderRateGuard",
    "OrderRefused",
    "OrderRequest",
    "OrderRuleViolated",
    "OrderStatus",
    "OrderType",
    "OrderValueGuard",
    "PermissionDenied",
    "PoolStats",
    "PriceBandGuard",
    "PriceReference",
    "PriceTicker",
    "ProtocolViolation",
    "RateLimitConfig",
    "RateLimitError",
    "ReadyWhen",
    "RecoveryReport",
    "Registration",
    "RequestBudget",
    "RequestTimeout",
    "RestConfig",
    "RotationConfig",
    "Rounding",
    "SelfTradeGroup",
    "SelfTradePrevention",
    "SessionClosed",
    "SessionHealth",
    "Side",
    "StaleBookGuard",
    "StreamConfig",
    "StreamKind",
    "StreamMetrics",
    "StreamSpeed",
    "SubscriptionRefused",
    "Symbol",
    "SymbolInfo",
    "SymbolMap",
    "TapeBreak",
    "TapeConfig",
    "TapeDoubt",
    "TapeHealth",
    "TapeMetrics",
    "TapeState",
    "Ticker",
    "TickerZone",
    "TimeInForce",
    "TradableSides",
    "Trade",
    "TradeFee",
    "TradeGap",
    "TradeId",
    "TradingConfig",
    "TradingDisabled",
    "TradingInterface",
    "TransportError",
    "UnknownOrder",
    "UnknownSymbol",
    "UnsyncReason",
    "UsageError",
    "Watch",
    "run",
]
