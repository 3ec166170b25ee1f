# What a frame is a copy of: its version, or the first of its trades.


cdef bint read_once(Text content, uint32_t number, Text* text) noexcept:
    """Read one string field of a message, nothing where it is absent."""
    cdef Reader reader = reader_of(content)
    cdef Field field
    text[0] = Text(NULL, 0)
    while reader.at < reader.end:
        if not read_field(&reader, &field):
            return False
        if field.number == number and not take_text(&field, text):
            return False
    return True


cdef bint read_first_trade(Text content, Text* trade_id) noexcept:
    cdef Reader reader = reader_of(content)
    cdef Field field
    trade_id[0] = Text(NULL, 0)
    while reader.at < reader.end:
        if not read_field(&reader, &field):
            return False
        if field.number == 1:
            return field.wire_type == LENGTH and read_once(field.text, 5, trade_id)
    return True


def read_copy_key(bytes frame not None):
    """Read what tells a push from the others of its channel, and is the same on every link.

    For frames that a reader of events, or `BookHead.advance`, has taken: it looks no farther than
    it must.
    """
    cdef Push push
    cdef Text text
    cdef int64_t version
    cdef const unsigned char* at = mexc_open_frame(<const char*>frame, len(frame))
    try:
        if not read_push(at, len(frame), 0, &push):
            return None
        if push.body == TRADES:
            return text_or_none(text) if read_first_trade(push.content, &text) else None
        if push.body == DEPTH or push.body == BOOK_TICKER:
            if not read_once(push.content, 5, &text):
                return None
        elif push.body != LIMIT_DEPTH or not read_once(push.content, 4, &text):
            return None
        return version if read_version(text, &version) else None
    finally:
        mexc_close_frame(at)
