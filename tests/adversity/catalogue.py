"""Every fault of the simulator as a few rules that a session of a second or two meets often.

Some need another one to show: a subscription is refused only after a link was lost. Those bring it
along.
"""

from mexc_connector.sim.faults import (
    AnyRule,
    Audience,
    Banned,
    BodyCut,
    ClockJump,
    CloseConnection,
    CorruptFrames,
    CutFrame,
    DelayAnswer,
    DelayFrames,
    DelistSymbol,
    DropConnection,
    DropFrames,
    Ending,
    EndListenKeys,
    Extent,
    Firewall,
    HaltSymbol,
    KeyEnd,
    LimitLife,
    LoseAnswer,
    Maintenance,
    Moment,
    RefusalAnswer,
    RefuseConnections,
    RefuseListenKeys,
    RefuseSubscriptions,
    ReorderFrames,
    RepeatFrames,
    RepeatReply,
    ServerError,
    SlowDrip,
    StaleSnapshot,
    StopSending,
    SwallowPongs,
    TooMany,
    TruncateBody,
    TruncateFrames,
    Unreachable,
    UpgradeAnswer,
    WrongContentType,
)

SYMBOLS = ("BTCUSDT", "ETHUSDT", "MXUSDT")
STRUCK_SYMBOL = SYMBOLS[0]
"""What is halted and delisted."""

TRADING = ("orders", "GET order", "openOrders", "myTrades", "account")
_LINKS_END = DropConnection(every_ms=250, probability=0.5)
_PRIVATE_LINK_ENDS = DropConnection(channels=("private",), every_ms=250)

STREAM_FAULTS: dict[str, tuple[AnyRule, ...]] = {
    "drop_public": (DropFrames(channels=("public",), probability=0.2),),
    "drop_private": (DropFrames(channels=("private",), probability=0.5),),
    "repeat": (RepeatFrames(probability=0.4, copies=2),),
    "reorder": (ReorderFrames(probability=0.3, behind=2, longest_ms=200),),
    "delay": (DelayFrames(probability=0.3, delay_ms=50, jitter_ms=200),),
    "truncate": (TruncateFrames(probability=0.1),),
    "corrupt": (CorruptFrames(probability=0.1),),
    "cut": (CutFrame(probability=0.05),),
    "cut_by_reset": (CutFrame(probability=0.05, ending=Ending.RESET),),
    "close": (CloseConnection(every_ms=250, probability=0.5, code=1001, reason="bye"),),
    "disconnect": (_LINKS_END,),
    "silence_channels": (StopSending(probability=0.1),),
    "half_open": (StopSending(extent=Extent.CONNECTION, probability=0.05),),
    "drip": (SlowDrip(bytes_per_second=400),),
    "refuse_subscription": (_LINKS_END, RefuseSubscriptions(probability=0.5)),
    "refuse_subscription_emptily": (
        _LINKS_END,
        RefuseSubscriptions(probability=0.5, answer=RefusalAnswer.EMPTY),
    ),
    "refuse_subscription_silently": (
        _LINKS_END,
        RefuseSubscriptions(probability=0.5, answer=RefusalAnswer.SILENT),
    ),
    "accept_and_never_send": (
        _LINKS_END,
        RefuseSubscriptions(probability=0.5, answer=RefusalAnswer.ACCEPTED),
    ),
    "refuse_connection": (_LINKS_END, RefuseConnections(probability=0.7)),
    "reset_connection": (
        _LINKS_END,
        RefuseConnections(probability=0.7, answer=UpgradeAnswer.RESET),
    ),
    "refuse_private_connection": (
        _PRIVATE_LINK_ENDS,
        RefuseConnections(connections=Audience.PRIVATE, answer=UpgradeAnswer.FORBIDDEN),
    ),
    "refuse_listen_key": (_PRIVATE_LINK_ENDS, RefuseListenKeys(probability=0.7)),
    "connection_life": (LimitLife(life_ms=400),),
    "no_pong": (SwallowPongs(),),
}

REST_FAULTS: dict[str, tuple[AnyRule, ...]] = {
    "http_429": (TooMany(probability=0.3, retry_after_s=0),),
    "http_429_without_header": (TooMany(probability=0.3, retry_after_s=None),),
    "http_418": (Banned(probability=0.2, retry_after_s=1),),
    "firewall": (Firewall(probability=0.2),),
    "error_before": (ServerError(probability=0.4, status=503),),
    "error_after": (ServerError(probability=0.4, status=504, moment=Moment.AFTER),),
    "lose_request": (LoseAnswer(probability=0.4, moment=Moment.BEFORE),),
    "lose_answer": (LoseAnswer(probability=0.4),),
    "delay_answer": (DelayAnswer(probability=0.4, delay_ms=1_700),),
    "delay_request": (DelayAnswer(probability=0.4, delay_ms=1_700, moment=Moment.BEFORE),),
    "wrong_content_type": (WrongContentType(probability=0.5),),
    "truncate_body": (TruncateBody(probability=0.4),),
    "break_body": (TruncateBody(probability=0.4, cut=BodyCut.BROKEN),),
    "stale_snapshot": (_LINKS_END, StaleSnapshot(behind=50)),
    "repeat_reply": (_LINKS_END, RepeatReply(probability=0.7)),
}

EXCHANGE_FAULTS: dict[str, tuple[AnyRule, ...]] = {
    "clock_ahead": (ClockJump(jump_ms=30_000),),
    "clock_behind": (ClockJump(jump_ms=-30_000),),
    "maintenance": (Maintenance(after_ms=100),),
    "unreachable": (_LINKS_END, Unreachable(after_ms=100)),
    "halt": (HaltSymbol(symbols=(STRUCK_SYMBOL,), after_ms=100),),
    "delist": (DelistSymbol(symbols=(STRUCK_SYMBOL,), after_ms=100),),
    "end_listen_keys": (EndListenKeys(every_ms=300),),
    "close_listen_keys": (EndListenKeys(every_ms=300, how=KeyEnd.CLOSE),),
    "mute_listen_keys": (EndListenKeys(after_ms=100, how=KeyEnd.MUTE),),
}

FAULTS = STREAM_FAULTS | REST_FAULTS | EXCHANGE_FAULTS
