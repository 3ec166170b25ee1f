# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, embedsignature=False
"""The hot path in one compiled pass: frame bytes to updated book, or to the event of the user.

[hot] Its benchmarks are the depth frame and the way from socket to callback.

Theory of operation. The reference, in Python over `protobuf`, is the specification. This twin
answers only for frames that are beyond doubt: it validates a frame to its last byte before it
touches anything, and declines (0 or None, no side effect) whatever is unusual: duplicate fields,
groups, other wire types, text that is not UTF-8, numbers that do not read, versions that do not
follow. What it declines goes to the reference, whose results and errors are therefore the only
ones. Numbers are rounded correctly: the fast conversion is used only where it is exact.

It runs under the GIL and counts references, so builds without either reuse no objects.
"""

include "decimal.pxi"
include "wire.pxi"
include "levels.pxi"
include "entries.pxi"
include "book.pxi"
include "trades.pxi"
include "quotes.pxi"
include "tops.pxi"
include "stamps.pxi"
include "copies.pxi"
