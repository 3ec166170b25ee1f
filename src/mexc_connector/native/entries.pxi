# Book entries for who reads them: a pool that rewrites entries, and one side as a sequence.

import sys

from cpython.list cimport PyList_GET_ITEM
from mexc_connector.common.models import OrderBookEntry
from mexc_connector.common.order_book import PoolStats

cdef extern from "Python.h":
    Py_ssize_t Py_REFCNT(PyObject* it)
    ctypedef struct PyFloatObject:
        double ob_fval
    ctypedef struct PyTypeObject:
        PyObject* (*tp_descr_get)(PyObject*, PyObject*, PyObject*)
        int (*tp_descr_set)(PyObject*, PyObject*, PyObject*) except -1
    PyTypeObject* Py_TYPE(PyObject* it)
    PyObject* PyFloat_FromDouble(double value) except NULL
    void Py_DECREF(PyObject* it)

# Entries are frozen for their readers; their fields' own descriptors are not.
cdef object price_field = OrderBookEntry.price
cdef object size_field = OrderBookEntry.size
cdef bint COUNTS_PROVE = (
    sys.implementation.name == "cpython" and getattr(sys, "_is_gil_enabled", lambda: True)()
)


cdef inline int rewrite(PyObject* entry, PyObject* field, double value) except -1:
    """Write one field of an entry that nobody else holds.

    A float that only the entry holds is overwritten in place, else replaced: a price that somebody
    keeps stays as it is.
    """
    cdef PyObject* number = Py_TYPE(field).tp_descr_get(field, entry, <PyObject*>Py_TYPE(entry))
    cdef PyObject* fresh
    if number != NULL and Py_REFCNT(number) == 2:  # the entry's reference and this one
        (<PyFloatObject*>number).ob_fval = value
        Py_DECREF(number)
        return 0
    if number != NULL:
        Py_DECREF(number)
    fresh = PyFloat_FromDouble(value)
    try:
        return Py_TYPE(field).tp_descr_set(field, entry, fresh)
    finally:
        Py_DECREF(fresh)


cdef class OrderBookEntryPool:
    """A ring of `size` entries. One request is O(1). Twin of `core.entry_pool`."""

    cdef list ring
    cdef Py_ssize_t cursor
    cdef unsigned long long built
    cdef unsigned long long reused

    def __cinit__(self, Py_ssize_t size=256):
        # Distinct floats: equal constants of one module are one object.
        self.ring = [OrderBookEntry(float(index), float(index)) for index in range(max(size, 1))]

    cpdef object entry(self, double price, double size):
        """Return an entry with these values; it stays as it is for as long as you hold it."""
        cdef Py_ssize_t cursor = self.cursor
        cdef PyObject* entry = PyList_GET_ITEM(self.ring, cursor)
        self.cursor = cursor + 1 if cursor + 1 < len(self.ring) else 0
        if COUNTS_PROVE and Py_REFCNT(entry) == 1:
            rewrite(entry, <PyObject*>price_field, price)
            rewrite(entry, <PyObject*>size_field, size)
            self.reused += 1
            return <object>entry
        built = OrderBookEntry(price, size)
        self.ring[cursor] = built
        self.built += 1
        return built

    def get_pool_stats(self):
        """Return the counts since the pool was made."""
        return PoolStats(size=len(self.ring), built=self.built, reused=self.reused)


cdef class SideReader:
    """One side as entries, best first; follows the book. Twin of `core.side_view`."""

    cdef object require_synced
    cdef BookHead head
    cdef Levels levels
    cdef OrderBookEntryPool pool

    def __init__(self, require_synced, BookHead head, Levels levels, OrderBookEntryPool pool):
        self.require_synced = require_synced
        self.head = head
        self.levels = levels
        self.pool = pool

    cdef inline int check(self) except -1:
        if not self.head.is_readable:
            self.require_synced()
        return 0

    cdef inline object level(self, Py_ssize_t index):
        """Return an entry. IndexError if Python code that ran meanwhile has taken the level away."""
        cdef Levels levels = self.levels
        if not 0 <= index < levels.count:
            raise IndexError(index)
        return self.pool.entry(levels.sign * levels.keys[index], levels.sizes[index])

    def top(self):
        """Return the best entry, None on an empty side."""
        self.check()
        return self.level(self.levels.count - 1) if self.levels.count else None

    def __getitem__(self, index):
        cdef Py_ssize_t depth
        cdef Py_ssize_t count
        self.check()
        if isinstance(index, slice):
            count = self.levels.count
            depths = range(*index.indices(count))
            return [self.level(count - 1 - depth) for depth in depths]
        depth = index  # first: an index may be any object, with code of its own
        count = self.levels.count
        if depth < 0:
            depth += count
        if not 0 <= depth < count:
            raise IndexError(index)
        return self.level(count - 1 - depth)

    def __len__(self):
        self.check()
        return self.levels.count

    def __iter__(self):
        """Iterate over the side as it was when the iteration began."""
        return iter(self[:])

    def __repr__(self):
        return repr(self[:]) if self.head.is_readable else "<not synced>"
