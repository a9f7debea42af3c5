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
        return is(text + line_0, "\nPFN ");
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

static const int PIECE[TEXTS] = {0, 2, 3};

/* The plain records of a chunk, as columns. */
struct plain {
    uint8_t *good;              /* of each region */
    int32_t *borders;           /* of each record, PIECES: where its pieces begin; 1 at the end */
    uint64_t *alloc_ts, *free_ts, *pfn, *block;
    uint8_t *before_block;
    int32_t *group;             /* of each record */
    int32_t *first;             /* of each group: its first record */
    int32_t *text_first[TEXTS]; /* of each text: the first record that has it */
    int64_t records;
};

/*
 * Read every region that is exactly one record of `shape`; one that is `single` begins with START.
 * `known` is empty before, and tells of this chunk after.
 */
EXPORT void scan_read(const uint8_t *text, int64_t regions, const int64_t *start, const uint8_t *single,
                      const struct shape *shape, struct known *known, struct plain *out)
{
    out->records = 0;
    for (int64_t region = 0; region < regions; region++) {
        struct record found = {0};
        int32_t numbers[TEXTS];
        int64_t n = out->records, groups = known->groups.count;
        out->good[region] = single[region]
            && read_record(text, start[region], start[region + 1], shape, &found);
        if (!out->good[region])
            continue;
        int32_t *borders = out->borders + n * PIECES;
        borders[0] = (int32_t)start[region];
        borders[1] = (int32_t)found.header_end;
        borders[2] = (int32_t)found.tail;
        borders[3] = (int32_t)found.rest;
        /* Where the record ends; the next one's pieces begin there or later. */
        borders[4] = (int32_t)start[region + 1];
        out->alloc_ts[n] = found.alloc_ts;
        out->free_ts[n] = found.free_ts;
        out->pfn[n] = found.pfn;
        out->block[n] = found.block;
        out->before_block[n] = found.before_block;
        for (int kind = 0; kind < TEXTS; kind++) {
            const int32_t *piece = borders + PIECE[kind];
            int64_t before = known->texts[kind].count;
            numbers[kind] = number_of(known, kind, text, text + piece[0], piece[1] - piece[0], piece[0]);
            if (known->texts[kind].count > before)
                out->text_first[kind][numbers[kind]] = (int32_t)n;
        }
        out->group[n] = group_of(known, numbers, found.before_block);
        if (known->groups.count > groups)
            out->first[out->group[n]] = (int32_t)n;
        out->records++;
    }
    out->borders[out->records * PIECES] = out->records ? out->borders[out->records * PIECES - 1] : 0;
}
