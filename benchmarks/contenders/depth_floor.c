/* The floor: what one frame costs when nothing but the work itself is done.
 *
 * One pass over the wrapper and the body, levels to doubles, versions checked, then the levels set
 * in sorted arrays with the best price last. No Python, no object, no call per frame from outside:
 * `floor_play` takes all frames at once. A number of at most 2^53 with at most 22 decimals is one
 * exact division of two exact doubles, so it is rounded correctly; others go through strtod.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LEVELS = 20000, MOST_CHANGES = 4096, LONGEST_NUMBER = 64 };
enum { TAG_BODY = 313 << 3 | 2, TAG_ASKS = 1 << 3 | 2, TAG_BIDS = 2 << 3 | 2 };
enum { TAG_FROM = 4 << 3 | 2, TAG_TO = 5 << 3 | 2, TAG_PRICE = 1 << 3 | 2, TAG_SIZE = 2 << 3 | 2 };
enum { TAG_SEND_TIME = 6 << 3 };

typedef struct { double keys[MOST_LEVELS], sizes[MOST_LEVELS]; int count; } Side;
typedef struct { double keys[MOST_CHANGES], sizes[MOST_CHANGES]; int count; } Changes;
typedef struct { Side bids, asks; int64_t version, send_time_ms; } Book;
typedef struct { const uint8_t *at, *end; } Bytes;

static const double POWERS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static inline int read_varint(Bytes *bytes, uint64_t *value) {
    uint64_t result = 0;
    if (bytes->at < bytes->end && *bytes->at < 0x80) {
        *value = *bytes->at++;
        return 1;
    }
    for (int shift = 0; shift < 64 && bytes->at < bytes->end; shift += 7) {
        uint8_t byte = *bytes->at++;
        result |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = result;
            return 1;
        }
    }
    return 0;
}

/* Read one field: its tag, and its value as a number or as bytes. */
static inline int read_field(Bytes *bytes, uint64_t *tag, uint64_t *number, Bytes *content) {
    if (!read_varint(bytes, tag) || !read_varint(bytes, number)) return 0;
    if ((*tag & 7) == 0) return 1;
    if ((*tag & 7) != 2 || *number > (uint64_t)(bytes->end - bytes->at)) return 0;
    content->at = bytes->at;
    content->end = bytes->at += *number;
    return 1;
}

static int read_slowly(Bytes text, double *value) {
    char copy[LONGEST_NUMBER];
    size_t size = (size_t)(text.end - text.at);
    if (size == 0 || size >= sizeof copy) return 0;
    memcpy(copy, text.at, size);
    copy[size] = 0;
    char *end;
    *value = strtod(copy, &end);
    return end == copy + size;
}

static inline int read_number(Bytes text, double *value) {
    uint64_t digits = 0;
    const uint8_t *point = NULL;
    if (text.end - text.at > 17 || text.at == text.end) return read_slowly(text, value);
    for (const uint8_t *at = text.at; at < text.end; at++) {
        unsigned digit = *at - (unsigned)'0';
        if (digit < 10) digits = digits * 10 + digit;
        else if (*at == '.' && !point) point = at;
        else return read_slowly(text, value);
    }
    if (digits > (uint64_t)1 << 53) return read_slowly(text, value);
    *value = point ? (double)digits / POWERS[text.end - point - 1] : (double)digits;
    return 1;
}

static int read_version(Bytes text, int64_t *value) {
    int64_t result = 0;
    if (text.at == text.end || text.end - text.at > 18) return 0;
    for (; text.at < text.end; text.at++) {
        if (*text.at < '0' || *text.at > '9') return 0;
        result = result * 10 + (*text.at - '0');
    }
    *value = result;
    return 1;
}

static inline int read_level(Bytes item, double sign, Changes *changes) {
    double price = 0, size = 0;
    uint64_t tag, number;
    Bytes text = {NULL, NULL};
    while (item.at < item.end) {
        if (!read_field(&item, &tag, &number, &text)) return 0;
        if (tag == TAG_PRICE && !read_number(text, &price)) return 0;
        if (tag == TAG_SIZE && !read_number(text, &size)) return 0;
    }
    if (!(price > 0) || !(size >= 0) || changes->count == MOST_CHANGES) return 0;
    changes->keys[changes->count] = sign * price;
    changes->sizes[changes->count++] = size;
    return 1;
}

/* Give the first place whose key is not below `key`, looking from the top in growing steps. */
static inline int place_of(const Side *side, double key) {
    int high = side->count, step = 1, low = high - 1;
    while (low >= 0 && side->keys[low] >= key) {
        high = low;
        low -= step;
        step *= 2;
    }
    if (low < 0) low = -1;
    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (side->keys[middle] < key) low = middle;
        else high = middle;
    }
    return high;
}

static inline int set_level(Side *side, double key, double size) {
    int place = place_of(side, key), is_there = place < side->count && side->keys[place] == key;
    size_t behind = (size_t)(side->count - place) * sizeof(double);
    double *keys = side->keys + place, *sizes = side->sizes + place;
    if (size > 0 && is_there) {
        *sizes = size;
    } else if (size > 0) {
        if (side->count == MOST_LEVELS) return 0;
        memmove(keys + 1, keys, behind);
        memmove(sizes + 1, sizes, behind);
        *keys = key;
        *sizes = size;
        side->count++;
    } else if (is_there) {
        memmove(keys, keys + 1, behind - sizeof(double));
        memmove(sizes, sizes + 1, behind - sizeof(double));
        side->count--;
    }
    return 1;
}

static int apply(Side *side, const Changes *changes) {
    for (int i = 0; i < changes->count; i++)
        if (!set_level(side, changes->keys[i], changes->sizes[i])) return 0;
    return 1;
}

static int play_frame(Book *book, Bytes frame) {
    static Changes bids, asks;
    uint64_t tag, number;
    int64_t from = -1, to = -1, send_time_ms = 0;
    Bytes content, body = {NULL, NULL};
    bids.count = asks.count = 0;
    while (frame.at < frame.end) {
        if (!read_field(&frame, &tag, &number, &content)) return 0;
        if (tag == TAG_SEND_TIME) send_time_ms = (int64_t)number;
        if (tag == TAG_BODY) body = content;
    }
    while (body.at < body.end) {
        if (!read_field(&body, &tag, &number, &content)) return 0;
        if (tag == TAG_ASKS && !read_level(content, -1, &asks)) return 0;
        if (tag == TAG_BIDS && !read_level(content, 1, &bids)) return 0;
        if (tag == TAG_FROM && !read_version(content, &from)) return 0;
        if (tag == TAG_TO && !read_version(content, &to)) return 0;
    }
    if (from < 0 || to < from || from > book->version + 1 || to <= book->version) return 0;
    if (!apply(&book->bids, &bids) || !apply(&book->asks, &asks)) return 0;
    book->version = to;
    book->send_time_ms = send_time_ms;
    return 1;
}

Book *floor_new(int64_t version) {
    Book *book = calloc(1, sizeof(Book));
    if (book) book->version = version;
    return book;
}

void floor_free(Book *book) { free(book); }

int floor_set(Book *book, int is_bid, double price, double size) {
    return is_bid ? set_level(&book->bids, price, size) : set_level(&book->asks, -price, size);
}

/* Apply all frames, each behind its length in four bytes; give how many the book followed. */
int floor_play(Book *book, const uint8_t *data, size_t size) {
    const uint8_t *end = data + size;
    int followed = 0;
    while (data < end) {
        uint32_t length;
        memcpy(&length, data, 4);
        data += 4;
        followed += play_frame(book, (Bytes){data, data + length});
        data += length;
    }
    return followed;
}

int64_t floor_version(const Book *book) { return book->version; }

int floor_count(const Book *book, int is_bid) {
    return is_bid ? book->bids.count : book->asks.count;
}

/* Give price or size of a level, 0 being the best. */
double floor_level(const Book *book, int is_bid, int depth, int wants_size) {
    const Side *side = is_bid ? &book->bids : &book->asks;
    int place = side->count - 1 - depth;
    return wants_size ? side->sizes[place] : is_bid ? side->keys[place] : -side->keys[place];
}
