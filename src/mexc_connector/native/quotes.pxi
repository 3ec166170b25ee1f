# Quotes: the best bid and ask, one by one or in batches, straight from a frame's bytes.

from mexc_connector.common.models import BookTicker


cdef struct Quote:
    Text texts[4]  # bid price, bid size, ask price, ask size
    Text version
    int64_t engine_ms


cdef bint read_quote(Text body, bint has_version, Quote* quote) noexcept:
    """Read the texts of one quote; items of a batch have no version of their own."""
    cdef Reader reader = reader_of(body)
    cdef Field field
    cdef uint32_t seen = 0
    cdef int index
    for index in range(4):
        quote.texts[index] = Text(NULL, 0)
    quote.version = Text(NULL, 0)
    quote.engine_ms = 0
    while reader.at < reader.end:
        if not read_field(&reader, &field):
            return False
        if 1 <= field.number <= 4:
            if not take_text(&field, &quote.texts[field.number - 1]):
                return False
        elif field.number == 5 and has_version:
            if not take_text(&field, &quote.version):
                return False
        elif field.number == 6 and has_version:
            if not take_number(&field, &seen, &quote.engine_ms):
                return False
    return True


cdef inline object pushed_ms(Push* push):
    """When the exchange sent the push, by its clock."""
    if push.send_ms:
        return push.send_ms
    return push.create_ms if push.create_ms else None


cdef object ticker_of(Push* push, Quote* quote, object symbol, object version, object now_ns):
    """Build the event; a side without orders has no price, or a price of zero."""
    cdef double number
    cdef int index
    cdef list numbers = []
    for index in range(4):
        if quote.texts[index].size == 0:
            numbers.append(None)
        elif read_number(quote.texts[index], &number):
            numbers.append(number)
        else:
            return None
    for index in range(0, 4, 2):
        if not numbers[index]:
            numbers[index] = numbers[index + 1] = None
    return BookTicker(
        symbol, numbers[0], numbers[1], numbers[2], numbers[3], version, pushed_ms(push), now_ns
    )


def read_book_ticker(bytes frame not None, symbol, received_ns):
    """Read the best bid and ask of one push."""
    cdef Push push
    cdef Quote quote
    cdef int64_t number
    cdef const unsigned char* at = mexc_open_frame(<const char*>frame, len(frame))
    try:
        if not read_push(at, len(frame), BOOK_TICKER, &push):
            return None
        if not read_quote(push.content, True, &quote):
            return None
        version = None
        if quote.version.size:
            if not read_version(quote.version, &number):
                return None
            version = number
        return ticker_of(&push, &quote, symbol, version, received_ns)
    finally:
        mexc_close_frame(at)


def quote_texts(bytes frame not None):
    """Return prices and sizes of a book ticker as one value that repeats exactly if they do."""
    cdef Push push
    cdef Quote quote
    cdef int index
    cdef const unsigned char* at = mexc_open_frame(<const char*>frame, len(frame))
    try:
        if not read_push(at, len(frame), BOOK_TICKER, &push):
            return None
        if not read_quote(push.content, True, &quote):
            return None
        return b"\0".join([quote.texts[index].at[:quote.texts[index].size] for index in range(4)])
    finally:
        mexc_close_frame(at)


cdef object batch_of(Push* push, object symbol, object received_ns):
    cdef Reader reader = reader_of(push.content)
    cdef Field field
    cdef Quote quote
    cdef uint32_t seen = 0
    cdef int64_t number = 0
    cdef Text version_text = Text(NULL, 0)
    cdef list items = []
    cdef Py_ssize_t index
    while reader.at < reader.end:
        if not read_field(&reader, &field):
            return None
        if field.number == 1:
            if field.wire_type != LENGTH:
                return None
            items.append((<Py_ssize_t>(field.text.at - push.content.at), field.text.size))
        elif field.number == 2:
            if not take_text(&field, &version_text):
                return None
        elif field.number == 3:
            if not take_number(&field, &seen, &number):
                return None
    version = None
    if version_text.size:
        if not read_version(version_text, &number):
            return None
        version = number
    tickers = []
    for index in range(len(items)):
        offset, size = items[index]
        if not read_quote(Text(push.content.at + <Py_ssize_t>offset, size), False, &quote):
            return None
        stated = version if index == len(items) - 1 else None  # of the last one only
        ticker = ticker_of(push, &quote, symbol, stated, received_ns)
        if ticker is None:
            return None
        tickers.append(ticker)
    return tuple(tickers)


def read_book_ticker_batch(bytes frame not None, symbol, received_ns):
    """Read the quotes of one batch, in the exchange's order."""
    cdef Push push
    cdef const unsigned char* at = mexc_open_frame(<const char*>frame, len(frame))
    try:
        if not read_push(at, len(frame), BOOK_TICKER_BATCH, &push):
            return None
        return batch_of(&push, symbol, received_ns)
    finally:
        mexc_close_frame(at)
