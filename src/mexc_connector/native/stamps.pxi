# When the exchange had, made and sent what a frame says.


cdef bint read_time(Text content, uint32_t number, int64_t* time_ms) noexcept:
    """Read one varint field of a message, 0 where it is absent."""
    cdef Reader reader = reader_of(content)
    cdef Field field
    cdef uint32_t seen = 0
    time_ms[0] = 0
    while reader.at < reader.end:
        if not read_field(&reader, &field):
            return False
        if field.number == number and not take_number(&field, &seen, time_ms):
            return False
    return True


cdef bint read_newest_trade(Text content, int64_t* newest_ms) noexcept:
    cdef Reader reader = reader_of(content)
    cdef Field field
    cdef int64_t time_ms
    cdef bint is_first = True
    newest_ms[0] = 0
    while reader.at < reader.end:
        if not read_field(&reader, &field):
            return False
        if field.number == 1:
            if field.wire_type != LENGTH or not read_time(field.text, 4, &time_ms):
                return False
            if is_first or time_ms > newest_ms[0]:
                newest_ms[0] = time_ms
            is_first = False
    return True


cdef bint read_engine_ms(Push* push, int64_t* engine_ms) noexcept:
    """Read the time of the newest order or trade that a body contains."""
    if push.body == TRADES:
        return read_newest_trade(push.content, engine_ms)
    if push.body == DEPTH or push.body == BOOK_TICKER:
        return read_time(push.content, 6, engine_ms)
    if push.body == LIMIT_DEPTH:
        return read_time(push.content, 5, engine_ms)
    if push.body == BOOK_TICKER_BATCH:
        return read_time(push.content, 3, engine_ms)
    engine_ms[0] = 0
    return True


def read_stamps(bytes frame not None):
    """Read the exchange's stamps: order or trade, creation, sending; 0 where there is none."""
    cdef Push push
    cdef int64_t engine_ms
    cdef const unsigned char* at = mexc_open_frame(<const char*>frame, len(frame))
    try:
        if not read_push(at, len(frame), 0, &push) or not read_engine_ms(&push, &engine_ms):
            return None
        return engine_ms, push.create_ms, push.send_ms
    finally:
        mexc_close_frame(at)
