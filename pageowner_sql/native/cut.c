/* Where records begin. */
#include "scan.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static const char START[] = "Page allocated via order ";
enum { START_SIZE = sizeof START - 1, BLOCK = 64 };

int64_t most_regions(int64_t length)
{
    return length / START_SIZE + 2;
}

/* The bits of the newlines of a block. */
static uint64_t newlines(const uint8_t *at)
{
#if defined(__SSE2__)
    const __m128i wanted = _mm_set1_epi8('\n');
    uint64_t found = 0;
    for (int part = 0; part < 4; part++) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(at + 16 * part));
        uint64_t bits = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted));
        found |= bits << (16 * part);
    }
    return found;
#else
    uint64_t found = 0;
    for (int bit = 0; bit < BLOCK; bit++)
        found |= (uint64_t)(at[bit] == '\n') << bit;
    return found;
#endif
}

/* How many bits are set; the compiler's own is a call where the processor may be an old one. */
static int64_t bits_in(uint64_t bits)
{
    bits -= bits >> 1 & 0x5555555555555555;
    bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return (int64_t)(bits * 0x0101010101010101 >> 56);
}

static uint64_t up_to(int bit)
{
    return bit >= BLOCK ? ~(uint64_t)0 : ((uint64_t)1 << bit) - 1;
}

/* What stands below the second line of a region whose only empty line is its last line. */
struct below {
    const uint8_t *at;
    int64_t size, lines; /* no size: none is known */
};

/* Where a region's third line begins, which has its first two lines before `end`; 0 if one is empty. */
static int64_t third_line(const uint8_t *text, int64_t start, int64_t end)
{
    const uint8_t *line_0 = memchr(text + start, '\n', (size_t)(end - start));
    if (!line_0 || line_0 + 1 >= text + end || line_0[1] == '\n')
        return 0;
    const uint8_t *line_1 = memchr(line_0 + 1, '\n', (size_t)(text + end - line_0 - 1));
    return line_1 ? line_1 + 1 - text : 0;
}

static int is_start(const uint8_t *text, int64_t at, int64_t length)
{
    return at + START_SIZE <= length && memcmp(text + at, START, START_SIZE) == 0;
}

/* Remember what stands below the second line of a region of so many newlines. */
static struct below learn(const uint8_t *text, int64_t start, int64_t end, int64_t lines)
{
    int64_t third = third_line(text, start, end);
    return (struct below){text + third, third ? end - third : 0, lines - 2};
}

/*
 * Where the region ends that begins at a record start, if it has the same below its second line, as
 * nine in ten have; else 0. That has no empty line but its last, so nothing needs to be looked for in it.
 */
static int64_t same_end(const uint8_t *text, int64_t start, int64_t length, const struct below *below)
{
    int64_t third = below->size ? third_line(text, start, length) : 0;
    int64_t end = third + below->size;
    if (!third || !is_start(text, end, length) || memcmp(text + third, below->at, (size_t)below->size) != 0)
        return 0;
    return end;
}

/*
 * Cut text[0..length) at every record start. Writes the n regions' borders to start[0..n], the
 * number of newlines before each border to line[0..n], and to single[0..n) whether a region's only
 * empty line is its last line: SAME if it also has the same below its second line as the region
 * before it. Returns n. With `last` the last region ends with the text, else what follows the last
 * record start is no region yet.
 */
int64_t cut(const uint8_t *text, int64_t length, int32_t last, int32_t fresh, int64_t *start,
            int64_t *line, uint8_t *single)
{
    int64_t regions = 0, lines = 0, empty = 0;
    uint64_t carry = fresh ? 1 : 0; /* the byte before the block is a newline */

    start[0] = line[0] = 0;
    for (int64_t block = 0, next; block < length; block = next) {
        uint64_t bits;
        next = block + BLOCK;
        if (next <= length) {
            bits = newlines(text + block);
        } else {
            uint8_t rest[BLOCK] = {0};
            memcpy(rest, text + block, (size_t)(length - block));
            bits = newlines(rest);
        }
        uint64_t ends = bits & (bits << 1 | carry);
        carry = bits >> (BLOCK - 1);
        while (ends) {
            int bit = __builtin_ctzll(ends);
            int64_t after = block + bit + 1;
            ends &= ends - 1;
            empty++;
            if (!is_start(text, after, length))
                continue;
            single[regions] = empty == 1;
            empty = 0;
            start[++regions] = after;
            line[regions] = lines + bits_in(bits & up_to(bit + 1));
            struct below below = {0};
            if (single[regions - 1])
                below = learn(text, start[regions - 1], after, line[regions] - line[regions - 1]);
            int64_t end;
            while ((end = same_end(text, start[regions], length, &below)) != 0) {
                single[regions++] = SAME;
                start[regions] = end;
                line[regions] = line[regions - 1] + 2 + below.lines;
            }
            if (start[regions] == after)
                continue;
            next = start[regions];
            lines = line[regions];
            carry = 1;
            bits = ends = 0;
        }
        lines += bits_in(bits);
    }
    if (last) {
        single[regions] = empty == 1 && length >= 2 && text[length - 1] == '\n' && text[length - 2] == '\n';
        regions++;
        start[regions] = length;
        line[regions] = lines;
    }
    if (regions && (length < START_SIZE || memcmp(text, START, START_SIZE) != 0))
        single[0] = 0;
    return regions;
}
