# Levels: one side of a book as two arrays of doubles, keys ascending towards the best level.
#
# Changes cluster at the top, which is the end of the arrays: the search gallops from there, and
# what an insertion moves is what lies between the level and the top. So a change costs what its
# distance from the top costs, however many levels lie below it.


cdef class Levels:
    """One side. `sign` is 1 for bids and -1 for asks. Twin of `core.levels.Levels`."""

    cdef double* keys
    cdef double* sizes
    cdef Py_ssize_t count
    cdef Py_ssize_t capacity
    cdef double sign
    cdef bint has_horizon
    cdef double horizon_key
    cdef readonly Py_ssize_t loaded

    def __cinit__(self, int sign):
        self.sign = sign

    def __dealloc__(self):
        free(self.keys)
        free(self.sizes)

    @property
    def horizon(self):
        """The deepest price that was disclosed; None when every level was."""
        return self.sign * self.horizon_key if self.has_horizon else None

    def clear(self):
        """Forget everything."""
        free(self.keys)
        free(self.sizes)
        self.keys = self.sizes = NULL
        self.count = self.capacity = self.loaded = 0
        self.has_horizon = False

    def load(self, levels, horizon):
        """Replace all levels. O(n log n). `horizon` is the deepest price disclosed, if any."""
        cdef dict sizes = {price: rest for price, rest in levels if rest}
        cdef double sign = self.sign
        cdef double key
        cdef double size
        cdef Py_ssize_t index = 0
        ordered = sorted([(sign * <double>price, rest) for price, rest in sizes.items()])
        self.clear()
        self.reserve(len(ordered) + len(ordered) // 8 + 8)
        for entry in ordered:
            key, size = entry  # doubles before they are written: nothing of Python in between
            if index == self.capacity:
                raise ValueError("levels changed while they were loaded")
            self.keys[index] = key
            self.sizes[index] = size
            index += 1
        self.count = self.loaded = index
        self.has_horizon = horizon is not None
        self.horizon_key = 0.0 if horizon is None else sign * <double>horizon

    def apply(self, changes):
        """Set absolute sizes; zero deletes, and deleting what is not there is no error."""
        cdef double price
        cdef double size
        for change in changes:
            price, size = change
            self.reserve(self.count + 1)
            self.change(price, size)

    cdef int reserve(self, Py_ssize_t wanted) except -1:
        """Make room for `wanted` levels; on failure nothing has changed."""
        cdef Py_ssize_t capacity = wanted + wanted // 8 + 8
        cdef void* grown
        if wanted <= self.capacity:
            return 0
        grown = realloc(self.keys, <size_t>capacity * sizeof(double))
        if grown == NULL:
            raise MemoryError
        self.keys = <double*>grown
        grown = realloc(self.sizes, <size_t>capacity * sizeof(double))
        if grown == NULL:
            raise MemoryError
        self.sizes = <double*>grown
        self.capacity = capacity
        return 0

    cdef inline Py_ssize_t find(self, double key) noexcept:
        """Return the first index whose key is not below `key`."""
        cdef Py_ssize_t high = self.count
        cdef Py_ssize_t low = high - 1
        cdef Py_ssize_t step = 1
        cdef Py_ssize_t middle
        cdef Py_ssize_t left
        cdef Py_ssize_t is_below
        while low >= 0 and self.keys[low] >= key:
            high = low
            low -= step
            step <<= 1
        if low < -1:
            low = -1
        # Without a branch on the keys, which no processor could foresee.
        low += 1
        left = high - low
        while left > 0:
            middle = left >> 1
            is_below = self.keys[low + middle] < key
            low += (middle + 1) * is_below
            left = middle - (1 - (left & 1)) * is_below
        return low

    cdef inline void change(self, double price, double size) noexcept:
        """Set one level. There is room for it."""
        cdef double key = self.sign * price
        cdef Py_ssize_t index = self.find(key)
        cdef bint is_there = index < self.count and self.keys[index] == key
        cdef size_t moved
        if size == 0.0:
            if is_there:
                self.count -= 1
                moved = <size_t>(self.count - index) * sizeof(double)
                memmove(self.keys + index, self.keys + index + 1, moved)
                memmove(self.sizes + index, self.sizes + index + 1, moved)
        elif is_there:
            self.sizes[index] = size
        elif not self.has_horizon or key >= self.horizon_key:
            moved = <size_t>(self.count - index) * sizeof(double)
            memmove(self.keys + index + 1, self.keys + index, moved)
            memmove(self.sizes + index + 1, self.sizes + index, moved)
            self.keys[index] = key
            self.sizes[index] = size
            self.count += 1

    def best_price(self):
        """Return the price at the top, None on an empty side. O(1)."""
        return self.sign * self.keys[self.count - 1] if self.count else None

    def at(self, Py_ssize_t depth):
        """Return price and size `depth` levels below the top. IndexError past the last one."""
        cdef Py_ssize_t index = self.count - 1 - depth
        cdef double price
        cdef double size
        if index < 0 or depth < 0:
            raise IndexError(depth)
        price, size = self.sign * self.keys[index], self.sizes[index]
        return price, size

    def __len__(self):
        return self.count

    def __iter__(self):
        """Iterate over price and size, best first."""
        cdef Py_ssize_t index = self.count - 1
        cdef double price
        cdef double size
        while 0 <= index < self.count:
            price, size = self.sign * self.keys[index], self.sizes[index]
            yield price, size
            index -= 1

    def reaches(self, double price):
        """Whether everything from the top down to `price` is known."""
        return not self.has_horizon or self.sign * price >= self.horizon_key

    def is_at_or_better(self, double price, double limit):
        """Whether a level at `price` is as close to the top as `limit`, or closer."""
        return self.sign * price >= self.sign * limit

    def deeper(self, double one, double other):
        """Return the one of two prices that is farther from the top."""
        return min(one, other) if self.sign > 0 else max(one, other)

    def is_thin(self):
        """Whether so few of the disclosed levels are left that a new snapshot should be read."""
        return self.thin()

    cdef inline bint thin(self) noexcept:
        return self.has_horizon and self.count * 4 < self.loaded
