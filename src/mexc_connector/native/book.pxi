# BookHead: where a book stands, and the step from one depth frame to the next version.

cdef int64_t MOST = 0x7FFFFFFFFFFFFFFF


cdef struct Change:
    double price
    double size
    bint is_bid


# Changed levels of the frame being read; one frame is read at a time. Grows to the largest frame.
cdef Change* changes = NULL
cdef Py_ssize_t changes_capacity = 0


cdef int grow_changes(Py_ssize_t wanted) except -1:
    global changes, changes_capacity
    cdef void* grown = realloc(changes, <size_t>wanted * sizeof(Change))
    if grown == NULL:
        raise MemoryError
    changes = <Change*>grown
    changes_capacity = wanted
    return 0


cdef inline bint is_plain_pair(Text item, Text* price, Text* size) noexcept:
    """Find two short texts, fields 1 and 2, that fill an item: how the exchange writes a level."""
    cdef Py_ssize_t first
    cdef Py_ssize_t second
    if item.size < 4 or item.at[0] != 0x0A or item.at[1] > 127:
        return False
    first = item.at[1]
    if first + 4 > item.size or item.at[first + 2] != 0x12 or item.at[first + 3] > 127:
        return False
    second = item.at[first + 3]
    if first + second + 4 != item.size:
        return False
    price[0] = Text(item.at + 2, first)
    size[0] = Text(item.at + first + 4, second)
    return True


cdef int read_level(Text item, double* price, double* size) except -1:
    """Read price and quantity of one item: 1, or 0 to decline."""
    cdef Reader reader = reader_of(item)
    cdef Field field
    cdef Text price_text = Text(NULL, 0)
    cdef Text size_text = Text(NULL, 0)
    if is_plain_pair(item, &price_text, &size_text):
        reader.at = reader.end
    while reader.at < reader.end:
        if not read_field(&reader, &field):
            return 0
        if field.number == 1:
            if not take_text(&field, &price_text):
                return 0
        elif field.number == 2:
            if not take_text(&field, &size_text):
                return 0
    if not read_number(price_text, price) or price[0] == 0.0:
        return 0
    return read_number(size_text, size)


cdef struct Depth:
    int64_t from_version
    int64_t to_version
    int64_t engine_ms
    Py_ssize_t count


cdef int read_depth(Push* push, Depth* depth) except -1:
    """Read a depth body, its levels into `changes`: 1, or 0 to decline."""
    cdef Reader reader = reader_of(push.content)
    cdef Field field
    cdef Change* change
    cdef uint32_t seen = 0
    cdef Text event = Text(NULL, 0)
    cdef Text first = Text(NULL, 0)
    cdef Text last = Text(NULL, 0)
    depth.count = 0
    depth.engine_ms = 0
    while reader.at < reader.end:
        if not read_field(&reader, &field):
            return 0
        if field.number == 1 or field.number == 2:
            if field.wire_type != LENGTH:
                return 0
            if depth.count == changes_capacity:
                grow_changes(2 * depth.count + 64)
            change = &changes[depth.count]
            change.is_bid = field.number == 2
            if not read_level(field.text, &change.price, &change.size):
                return 0
            depth.count += 1
        elif field.number == 3:
            if not take_text(&field, &event):
                return 0
        elif field.number == 4:
            if not take_text(&field, &first):
                return 0
        elif field.number == 5:
            if not take_text(&field, &last):
                return 0
        elif field.number == 6:
            if not take_number(&field, &seen, &depth.engine_ms):
                return 0
    return (
        read_version(first, &depth.from_version)
        and read_version(last, &depth.to_version)
        and depth.from_version <= depth.to_version
    )


cdef class BookHead:
    """Where a book stands. Twin of `core.book_head.BookHead`, and the compiled step.

    `epoch` is the connection whose frames may take the book on by `advance`, -1 for none;
    `is_readable` is whether the book may be read.
    """

    cdef readonly Levels bids
    cdef readonly Levels asks
    cdef public int64_t epoch
    cdef public int64_t applied
    cdef public int64_t applied_since_load
    cdef public bint is_readable
    cdef int64_t at_version
    cdef int64_t time_ms
    cdef bint has_time
    cdef bint is_confirmed
    cdef int64_t confirmed_at_ns
    cdef dict beyond  # by name, what was set and does not fit 64 bits; mostly None

    def __cinit__(self, Levels bids not None, Levels asks not None):
        self.bids = bids
        self.asks = asks
        self.at_version = self.epoch = -1

    cdef int64_t fit(self, str name, value) except? -1:
        """Return `value`, or the largest number, which no diff follows, and keep it apart."""
        if self.beyond is not None:
            self.beyond.pop(name, None)
        if -MOST <= value <= MOST:
            return value
        if self.beyond is None:
            self.beyond = {}
        self.beyond[name] = value
        return MOST

    cdef inline object told(self, str name, number):
        return number if self.beyond is None else self.beyond.get(name, number)

    @property
    def version(self):
        """The exchange's counter."""
        return self.told("version", self.at_version)

    @version.setter
    def version(self, version):
        self.at_version = self.fit("version", version)

    @property
    def exchange_time_ms(self):
        """When the exchange sent what was applied last."""
        return self.told("time", self.time_ms) if self.has_time else None

    @exchange_time_ms.setter
    def exchange_time_ms(self, time_ms):
        self.has_time = time_ms is not None
        self.time_ms = self.fit("time", time_ms or 0)

    @property
    def confirmed_ns(self):
        """When the exchange last confirmed the book."""
        return self.told("confirmed", self.confirmed_at_ns) if self.is_confirmed else None

    @confirmed_ns.setter
    def confirmed_ns(self, now_ns):
        self.is_confirmed = now_ns is not None
        self.confirmed_at_ns = self.fit("confirmed", now_ns or 0)

    def advance(self, bytes frame not None, int64_t epoch, int64_t received_ns):
        """Take the book one version on, if the frame is the next diff beyond doubt (R1, R7).

        Returns 0 if it is not, and then nothing has changed; 1 if the book followed; 2 if it
        followed and is now crossed, past its horizon or thin, so that its rules must look; 3 if
        the frame is a diff beyond doubt that ends where the book stands or before, which changes
        nothing either.
        """
        cdef const unsigned char* at
        if epoch < 0 or self.epoch != epoch:
            return 0
        at = mexc_open_frame(<const char*>frame, len(frame))
        try:
            return self.step(at, len(frame), received_ns)
        finally:
            mexc_close_frame(at)

    cdef int step(self, const unsigned char* at, Py_ssize_t size, int64_t received_ns) except -1:
        cdef Push push
        cdef Depth depth
        cdef Py_ssize_t index
        cdef Levels bids = self.bids
        cdef Levels asks = self.asks
        if not read_push(at, size, DEPTH, &push) or not read_depth(&push, &depth):
            return 0
        if depth.to_version <= self.at_version:
            return 3
        if depth.from_version > self.at_version + 1:
            return 0
        bids.reserve(bids.count + depth.count)
        asks.reserve(asks.count + depth.count)
        for index in range(depth.count):
            if changes[index].is_bid:
                bids.change(changes[index].price, changes[index].size)
            else:
                asks.change(changes[index].price, changes[index].size)
        self.at_version = depth.to_version
        self.beyond = None
        self.has_time = push.send_ms != 0
        self.time_ms = push.send_ms
        self.is_confirmed = True
        self.confirmed_at_ns = received_ns
        self.applied += 1
        self.applied_since_load += 1
        return 2 if self.needs_look() else 1

    cdef inline bint needs_look(self) noexcept:
        cdef Levels bids = self.bids
        cdef Levels asks = self.asks
        if bids.thin() or asks.thin():
            return True
        if bids.count and asks.count:
            return bids.keys[bids.count - 1] >= -asks.keys[asks.count - 1]
        return (not bids.count and bids.has_horizon) or (not asks.count and asks.has_horizon)
