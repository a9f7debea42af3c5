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
