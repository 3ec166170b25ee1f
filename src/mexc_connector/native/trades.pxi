# Trades, straight from a frame's bytes.
#
# Every reader of events returns None to decline; `proto.decode` then reads the frame, or refuses it.

from mexc_connector.common.enums import Side
from mexc_connector.common.models import Trade

cdef object BUY = Side.BUY
cdef object SELL = Side.SELL


cdef inline str text_or_none(Text text):
    """Return the text, None where it is empty or absent; it was checked to be UTF-8."""
    return text.at[:text.size].decode("utf-8") if text.size else None


cdef object read_trade(Text item, object symbol, object received_ns):
    cdef Reader reader = reader_of(item)
    cdef Field field
    cdef uint32_t seen = 0
    cdef Text price_text = Text(NULL, 0)
    cdef Text amount_text = Text(NULL, 0)
    cdef Text trade_id = Text(NULL, 0)
    cdef int64_t side = 0
    cdef int64_t time_ms = 0
    cdef double price
    cdef double amount
    while reader.at < reader.end:
        if not read_field(&reader, &field):
            return None
        if field.number == 1:
            if not take_text(&field, &price_text):
                return None
        elif field.number == 2:
            if not take_text(&field, &amount_text):
                return None
        elif field.number == 3:
            if not take_number(&field, &seen, &side):
                return None
        elif field.number == 4:
            if not take_number(&field, &seen, &time_ms):
                return None
        elif field.number == 5:
            if not take_text(&field, &trade_id):
                return None
    if side != 1 and side != 2:
        return None
    if not read_number(price_text, &price) or price == 0.0:
        return None
    if not read_number(amount_text, &amount):
        return None
    return Trade(
        symbol, price, amount, BUY if side == 1 else SELL, time_ms, text_or_none(trade_id),
        received_ns,
    )


cdef object trades_of(Push* push, object symbol, object received_ns):
    cdef Reader reader = reader_of(push.content)
    cdef Field field
    cdef Text event = Text(NULL, 0)
    cdef list trades = []
    while reader.at < reader.end:
        if not read_field(&reader, &field):
            return None
        if field.number == 1:
            if field.wire_type != LENGTH:
                return None
            trade = read_trade(field.text, symbol, received_ns)
            if trade is None:
                return None
            trades.append(trade)
        elif field.number == 2:
            if not take_text(&field, &event):
                return None
    return trades


def read_trades(bytes frame not None, symbol, received_ns):
    """Read the trades of one push, in the exchange's order."""
    cdef Push push
    cdef const unsigned char* at = mexc_open_frame(<const char*>frame, len(frame))
    try:
        if not read_push(at, len(frame), TRADES, &push):
            return None
        return trades_of(&push, symbol, received_ns)
    finally:
        mexc_close_frame(at)
