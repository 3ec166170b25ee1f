# The top of a book as a whole, straight from a frame's bytes.

from mexc_connector.common.models import OrderBookSnapshot


cdef object top_of(Push* push, object symbol, Py_ssize_t levels, object received_ns):
    cdef Reader reader = reader_of(push.content)
    cdef Field field
    cdef uint32_t seen = 0
    cdef int64_t number = 0
    cdef Text event = Text(NULL, 0)
    cdef Text version = Text(NULL, 0)
    cdef double price
    cdef double size
    cdef list bids = []
    cdef list asks = []
    while reader.at < reader.end:
        if not read_field(&reader, &field):
            return None
        if field.number == 1 or field.number == 2:
            if field.wire_type != LENGTH or not read_level(field.text, &price, &size):
                return None
            (asks if field.number == 1 else bids).append(OrderBookEntry(price, size))
        elif field.number == 3:
            if not take_text(&field, &event):
                return None
        elif field.number == 4:
            if not take_text(&field, &version):
                return None
        elif field.number == 5:
            if not take_number(&field, &seen, &number):
                return None
    if not read_version(version, &number):
        return None
    return OrderBookSnapshot(
        symbol, tuple(bids), tuple(asks), number, pushed_ms(push), received_ns,
        bids[len(bids) - 1].price if len(bids) >= levels > 0 else None,
        asks[len(asks) - 1].price if len(asks) >= levels > 0 else None,
    )


def read_limit_depth(bytes frame not None, symbol, Py_ssize_t levels, received_ns):
    """Read the top `levels` of a book; a side that fills them all has a horizon."""
    cdef Push push
    cdef const unsigned char* at = mexc_open_frame(<const char*>frame, len(frame))
    try:
        if not read_push(at, len(frame), LIMIT_DEPTH, &push):
            return None
        return top_of(&push, symbol, levels, received_ns)
    finally:
        mexc_close_frame(at)
