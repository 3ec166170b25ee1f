# The wire format of protobuf, as far as the hot channels need it, and the push's envelope.
#
# A reader stands between two bytes of a frame and never passes `end`. Every function that reads
# returns False on the first thing that is out of the ordinary; then nobody looks at the rest.
# Field numbers are those of proto/schema.

from libc.stdlib cimport free, malloc, realloc

cdef extern from *:
    """
    #ifdef MEXC_EXACT_FRAMES
    /* For the address sanitizer: each frame in an allocation of its own, which ends where it ends. */
    static const unsigned char *mexc_open_frame(const char *data, Py_ssize_t size) {
        unsigned char *copy = (unsigned char *)malloc((size_t)size);
        if (copy != NULL) memcpy(copy, data, (size_t)size);
        return copy;
    }
    #define mexc_close_frame(at) free((void *)(at))
    #else
    #define mexc_open_frame(data, size) ((const unsigned char *)(data))
    #define mexc_close_frame(at) ((void)(at))
    #endif
    """
    const unsigned char* mexc_open_frame(const char* data, Py_ssize_t size)
    void mexc_close_frame(const unsigned char* at)

cdef enum:
    VARINT = 0
    FIXED_64 = 1
    LENGTH = 2
    FIXED_32 = 5

cdef enum:
    FIRST_BODY = 301
    LIMIT_DEPTH = 303
    BOOK_TICKER_BATCH = 311
    DEPTH = 313
    TRADES = 314
    BOOK_TICKER = 315
    LAST_BODY = 315


cdef struct Reader:
    const unsigned char* at
    const unsigned char* end


cdef struct Field:
    uint32_t number
    uint32_t wire_type
    uint64_t value     # of a varint
    Text text          # of a length-delimited field


cdef struct Push:
    int64_t create_ms
    int64_t send_ms
    uint32_t body
    Text content


cdef inline Reader reader_of(Text text) noexcept:
    cdef Reader reader
    reader.at = text.at
    reader.end = text.at + text.size
    return reader


cdef inline bint read_varint(Reader* reader, uint64_t* value) noexcept:
    cdef uint64_t result = 0
    cdef unsigned int shift = 0
    cdef unsigned char byte
    while reader.at < reader.end:
        byte = reader.at[0]
        reader.at += 1
        if shift == 63 and byte > 1:
            return False
        result |= <uint64_t>(byte & 127) << shift
        if byte < 128:
            value[0] = result
            return True
        shift += 7
        if shift > 63:
            return False
    return False


cdef inline bint read_small(Reader* reader, uint64_t* value) noexcept:
    """Read a tag or a length: 32 bits, in at most 5 bytes, as every reader of the format has it."""
    cdef const unsigned char* start = reader.at
    if reader.at < reader.end and reader.at[0] < 128:
        value[0] = reader.at[0]
        reader.at += 1
        return True
    return read_varint(reader, value) and reader.at - start <= 5 and value[0] <= 0xFFFFFFFF


cdef inline bint read_field(Reader* reader, Field* field) noexcept:
    """Read one field, whatever it is. The reader must not be at its end."""
    cdef uint64_t tag
    cdef uint64_t size
    if not read_small(reader, &tag) or tag < 8:
        return False
    field.number = <uint32_t>(tag >> 3)
    field.value = 0
    field.text = Text(NULL, 0)
    field.wire_type = <uint32_t>(tag & 7)
    if field.wire_type == VARINT:
        return read_varint(reader, &field.value)
    if field.wire_type == LENGTH:
        if not read_small(reader, &size):
            return False
    elif field.wire_type == FIXED_64:
        size = 8
    elif field.wire_type == FIXED_32:
        size = 4
    else:
        return False
    if size > <uint64_t>(reader.end - reader.at):
        return False
    field.text.at = reader.at
    field.text.size = <Py_ssize_t>size
    reader.at += size
    return True


cdef bint is_utf8(Text text) noexcept:
    """Whether protobuf takes the bytes as a string; for the few that are not ASCII."""
    try:
        text.at[:text.size].decode("utf-8")
    except Exception:
        return False
    return True


cdef inline bint is_string(Text text) noexcept:
    cdef Py_ssize_t index
    cdef unsigned char seen = 0
    for index in range(text.size):
        seen |= text.at[index]
    return seen < 128 or is_utf8(text)


cdef inline bint take_text(Field* field, Text* text) noexcept:
    """Take a string field that may occur once."""
    if field.wire_type != LENGTH or text.at != NULL or not is_string(field.text):
        return False
    text[0] = field.text
    return True


cdef inline bint take_number(Field* field, uint32_t* seen, int64_t* number) noexcept:
    """Take a varint field that may occur once; `seen` has one bit for each field number."""
    if field.wire_type != VARINT or seen[0] & (1U << field.number):
        return False
    seen[0] |= 1U << field.number
    number[0] = <int64_t>field.value
    return True


cdef bint read_push(const unsigned char* at, Py_ssize_t size, uint32_t body, Push* push) noexcept:
    """Read the envelope of a frame that has one body, of the kind `body`."""
    cdef Reader reader
    cdef Field field
    cdef uint32_t seen = 0
    cdef Text channel = Text(NULL, 0)
    cdef Text symbol = Text(NULL, 0)
    cdef Text symbol_id = Text(NULL, 0)
    push.create_ms = 0
    push.send_ms = 0
    push.body = 0
    reader.at = at
    reader.end = at + size
    while reader.at < reader.end:
        if not read_field(&reader, &field):
            return False
        if FIRST_BODY <= field.number <= LAST_BODY:
            if push.body or field.wire_type != LENGTH or body not in (0, field.number):
                return False
            push.body = field.number
            push.content = field.text
        elif field.number == 1:
            if not take_text(&field, &channel):
                return False
        elif field.number == 3:
            if not take_text(&field, &symbol):
                return False
        elif field.number == 4:
            if not take_text(&field, &symbol_id):
                return False
        elif field.number == 5:
            if not take_number(&field, &seen, &push.create_ms):
                return False
        elif field.number == 6:
            if not take_number(&field, &seen, &push.send_ms):
                return False
    return push.body != 0 and channel.size > 0
