/* Records, read one by one. */
#include "scan.h"

/* What library.py compares with the sources, so that no library of others is ever called. */
#ifndef NATIVE_VERSION
#define NATIVE_VERSION 0
#endif
EXPORT const int32_t native_version = NATIVE_VERSION;

enum { MOST = 19, MOST_HEX = 16 };

/* Numbers. Each says whether there is one that printing would give back, below 2^63. */

static int backward(const uint8_t *text, int64_t least, int64_t end, int64_t *start, uint64_t *value)
{
    uint64_t scale = 1, number = 0;
    int64_t at = end;
    while (at > least && end - at < MOST && (uint8_t)(text[at - 1] - '0') < 10) {
        number += scale * (uint64_t)(text[--at] - '0');
        scale *= 10;
    }
    *start = at;
    *value = number;
    return at < end && (end - at == 1 || text[at] != '0') && number >> 63 == 0;
}

static int forward(const uint8_t *text, int64_t start, int hex, int64_t *end, uint64_t *value)
{
    uint64_t number = 0;
    int64_t at = start, most = start + (hex ? MOST_HEX : MOST);
    for (; at < most; at++) {
        uint8_t digit = (uint8_t)(text[at] - '0');
        if (hex && digit >= 10 && text[at] >= 'a' && text[at] <= 'f')
            digit = (uint8_t)(text[at] - 'a' + 10);
        else if (digit >= 10)
            break;
        number = number * (hex ? 16 : 10) + digit;
    }
    *end = at;
    *value = number;
    return at > start && (at - start == 1 || text[start] != '0') && number >> 63 == 0;
}

static int is(const uint8_t *at, const char *wanted)
{
    return memcmp(at, wanted, strlen(wanted)) == 0;
}

static int read_times(const uint8_t *text, int64_t start, int64_t line_0, const struct shape *shape,
                      struct record *found)
{
    int64_t at = line_0;
    if (!shape->ts) {
        found->header_end = line_0;
        return !is(text + line_0 - 3, " ns") && is(text + line_0, "\nPFN ");
    }
    if (!is(text + line_0 - 3, " ns\nPFN "))
        return 0;
    if (shape->free_ts) {
        if (!backward(text, start, line_0 - 3, &at, &found->free_ts) || at - 13 < start
            || !is(text + at - 13, " ns, free_ts "))
            return 0;
        at -= 13;
    } else {
        at -= 3;
    }
    if (!backward(text, start, at, &at, &found->alloc_ts) || at - 8 < start)
        return 0;
    found->header_end = at;
    return shape->comm ? is(text + at - 6, "), ts ") : is(text + at - 5, ", ts ");
}

static int read_place(const uint8_t *text, int64_t line_0, const struct shape *shape,
                      struct record *found)
{
    int64_t at = line_0 + 5;
    if (shape->hex_pfn) {
        if (!is(text + at, "0x"))
            return 0;
        at += 2;
    }
    if (!forward(text, at, shape->hex_pfn, &at, &found->pfn))
        return 0;
    const uint8_t *choice = shape->before_block;
    int32_t which = 0;
    while (which < shape->choices && memcmp(text + at, choice, (size_t)shape->sizes[which]) != 0)
        choice += shape->sizes[which++];
    if (which == shape->choices)
        return 0;
    found->before_block = (uint8_t)which;
    if (!forward(text, at + shape->sizes[which], 0, &found->tail, &found->block))
        return 0;
    return text[found->tail] == ' ';
}

int read_record(const uint8_t *text, int64_t start, int64_t end, const struct shape *shape,
                struct record *found)
{
    const uint8_t *line_0 = memchr(text + start, '\n', (size_t)(end - start));
    if (!line_0 || line_0 - (text + start) < 35 || !read_times(text, start, line_0 - text, shape, found)
        || !read_place(text, line_0 - text, shape, found))
        return 0;
    const uint8_t *line_1 = memchr(text + found->tail, '\n', (size_t)(end - found->tail));
    if (!line_1)
        return 0;
    found->rest = line_1 - text + 1;
    return 1;
}

/* The plain records of a chunk, as columns; `odd` are the regions that are none, in order. */
struct plain {
    int32_t *odd;
    int64_t odds;
    int32_t *region; /* of each record */
    uint64_t *alloc_ts, *free_ts, *pfn, *block;
    uint8_t *before_block;
    int32_t *group;  /* of each record */
    int64_t records;
};

/*
 * Read every region that is exactly one record of `shape`; one that is `single` begins with START.
 * `known` is empty before, and tells of this chunk after: its texts lie in the chunk.
 */
EXPORT void scan_read(const uint8_t *text, int64_t regions, const int64_t *start, const uint8_t *single,
                      const struct shape *shape, struct known *known, struct plain *out)
{
    out->records = out->odds = 0;
    for (int64_t region = 0; region < regions; region++) {
        struct record found = {0};
        int32_t numbers[TEXTS];
        int64_t n = out->records;
        if (!single[region] || !read_record(text, start[region], start[region + 1], shape, &found)) {
            out->odd[out->odds++] = (int32_t)region;
            continue;
        }
        const int64_t borders[TEXTS + 1] = {start[region], found.tail, found.rest, start[region + 1]};
        for (int kind = 0; kind < TEXTS; kind++) {
            int64_t end = kind == HEADER ? found.header_end : borders[kind + 1];
            numbers[kind] = number_of(known, kind, text, text + borders[kind], end - borders[kind], borders[kind]);
        }
        out->region[n] = (int32_t)region;
        out->alloc_ts[n] = found.alloc_ts;
        out->free_ts[n] = found.free_ts;
        out->pfn[n] = found.pfn;
        out->block[n] = found.block;
        out->before_block[n] = found.before_block;
        out->group[n] = group_of(known, numbers, found.before_block);
        out->records++;
    }
}

/* Make the records of the groups that are `bad` odd regions, in order among the others. */
EXPORT void scan_drop(struct plain *out, const uint8_t *bad)
{
    int64_t kept = 0, dropped = 0;
    for (int64_t n = 0; n < out->records; n++)
        dropped += bad[out->group[n]];
    /* From behind, as the two lists of regions become one in place. */
    int64_t old = out->odds - 1;
    int64_t at = out->odds += dropped;
    for (int64_t n = out->records - 1; n >= 0; n--) {
        if (!bad[out->group[n]])
            continue;
        while (old >= 0 && out->odd[old] > out->region[n])
            out->odd[--at] = out->odd[old--];
        out->odd[--at] = out->region[n];
    }
    for (int64_t n = 0; n < out->records; n++) {
        if (bad[out->group[n]])
            continue;
        out->region[kept] = out->region[n];
        out->alloc_ts[kept] = out->alloc_ts[n];
        out->free_ts[kept] = out->free_ts[n];
        out->pfn[kept] = out->pfn[n];
        out->block[kept] = out->block[n];
        out->before_block[kept] = out->before_block[n];
        out->group[kept++] = out->group[n];
    }
    out->records = kept;
}

/*
 * Turn each record's region into its position in the dump: `first` is that of the chunk's first
 * region, and odd region n of the chunk holds items[n] positions.
 */
EXPORT void scan_order(struct plain *out, int64_t first, const int32_t *items)
{
    int64_t odd = 0;
    for (int64_t n = 0; n < out->records; n++) {
        for (; odd < out->odds && out->odd[odd] < out->region[n]; odd++)
            first += items[odd] - 1;
        out->region[n] = (int32_t)(first + out->region[n]);
    }
}

/* Write the ids of each record's texts and layout; `ids` are those of the chunk's texts. */
EXPORT void scan_ids(const struct plain *records, const struct groups *groups, const int32_t *const *ids,
                     const int32_t *layouts, int32_t *const *columns)
{
    for (int kind = 0; kind < TEXTS; kind++)
        for (int64_t n = 0; n < records->records; n++)
            columns[kind][n] = ids[kind][groups->number[kind][records->group[n]]];
    for (int64_t n = 0; n < records->records; n++)
        columns[TEXTS][n] = layouts[records->before_block[n]];
}
