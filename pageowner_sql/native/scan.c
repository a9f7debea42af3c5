/*
 * One pass over a chunk of a dump: where records begin, the numbers of the plain ones, and which
 * of them are alike. It does what dump/regions.py, plain.py and alike.py do, and must agree with them on
 * any bytes; tests/test_scan.py holds the two against each other.
 *
 * Positions are indexes into `text`. Nothing is allocated here, and every array is the caller's and
 * large enough: see dump/scanning.py.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define EXPORT __attribute__((visibility("default")))

/* What library.py compares with the sources, so that no library of others is ever called. */
#ifndef NATIVE_VERSION
#define NATIVE_VERSION 0
#endif
EXPORT const int32_t native_version = NATIVE_VERSION;

static const char START[] = "Page allocated via order ";
enum { START_SIZE = sizeof START - 1, BLOCK = 64, MOST = 19, MOST_HEX = 16 };

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

/*
 * Cut text[0..length) at every record start. Writes the n regions' borders to start[0..n], the
 * number of newlines before each border to line[0..n], and whether a region's only empty line is
 * its last line to single[0..n). Returns n. With `last` the last region ends with the text, else
 * what follows the last record start is no region yet.
 */
EXPORT int64_t scan_cut(const uint8_t *text, int64_t length, int32_t last, int32_t fresh,
                        int64_t *start, int64_t *line, uint8_t *single)
{
    int64_t regions = 0, lines = 0, empty = 0, empty_before = 0;
    uint64_t carry = fresh ? 1 : 0; /* the byte before the block is a newline */

    start[0] = line[0] = 0;
    for (int64_t block = 0; block < length; block += BLOCK) {
        uint64_t bits;
        if (length - block >= BLOCK) {
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
            if (after + START_SIZE > length || memcmp(text + after, START, START_SIZE) != 0)
                continue;
            single[regions] = empty - empty_before == 1;
            empty_before = empty;
            regions++;
            start[regions] = after;
            line[regions] = lines + bits_in(bits & up_to(bit + 1));
        }
        lines += bits_in(bits);
    }
    if (last) {
        single[regions] = empty - empty_before == 1 && length >= 2
            && text[length - 1] == '\n' && text[length - 2] == '\n';
        regions++;
        start[regions] = length;
        line[regions] = lines;
    }
    if (regions && (length < START_SIZE || memcmp(text, START, START_SIZE) != 0))
        single[0] = 0;
    return regions;
}

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

/* Texts: which are the same. */

/* A keyed hash, so that nobody can make up texts that share a slot. */
static uint64_t folded(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint64_t tail_of(const uint8_t *at, int64_t size)
{
    uint64_t value = 0;
    memcpy(&value, at, (size_t)size);
    return value;
}

static uint64_t hash(const uint8_t *at, int64_t size, const uint64_t *key)
{
    uint64_t a = key[0] ^ (uint64_t)size, b = key[1];
    for (; size >= 32; at += 32, size -= 32) {
        a = folded(load(at) ^ a, load(at + 8) ^ key[2]);
        b = folded(load(at + 16) ^ b, load(at + 24) ^ key[3]);
    }
    for (; size >= 8; at += 8, size -= 8)
        a = folded(load(at) ^ a, key[2]);
    return folded(tail_of(at, size) ^ a ^ key[3], b ^ key[2]);
}

/* The pieces of a record whose texts repeat; records.py says what the others are. */
enum { PIECES = 5, HEADER = 0, STATE, REST, TEXTS };
static const int PIECE[TEXTS] = {0, 2, 3};

/* The distinct texts of one kind. */
struct texts {
    uint32_t *slots;  /* as many as the mask says; 0 is free, else it holds a number plus 1 */
    uint64_t *hashes; /* of each text */
    int64_t *at;      /* where each lies, and its size */
    int32_t *size;
    int64_t count;
    int64_t last; /* the one that was found last: nine records in ten have the same again */
};

/* The groups of records that have the same texts, and the same before the block's number. */
struct groups {
    uint32_t *slots;
    int32_t *number[TEXTS]; /* of each group: its texts */
    uint8_t *before_block;
    int64_t *times;         /* how many records */
    int64_t count, last;
};

/* Texts and groups met so far. */
struct known {
    struct texts texts[TEXTS];
    struct groups groups;
    uint64_t mask; /* how many slots each table has, less 1: a power of two, more than it holds */
    uint64_t key[4];
};

static int is_text(const struct texts *texts, int64_t number, const uint8_t *base, const uint8_t *text,
                   int64_t size)
{
    return texts->size[number] == size && memcmp(base + texts->at[number], text, (size_t)size) == 0;
}

/* The number of a text, which lies in `base` if it is known; a new one is said to lie at `new_at`. */
static int32_t number_of(struct known *known, int kind, const uint8_t *base, const uint8_t *text,
                         int64_t size, int64_t new_at)
{
    struct texts *texts = &known->texts[kind];
    if (texts->count && is_text(texts, texts->last, base, text, size))
        return (int32_t)texts->last;
    uint64_t h = hash(text, size, known->key);
    for (uint64_t slot = h & known->mask;; slot = (slot + 1) & known->mask) {
        int64_t number = (int64_t)texts->slots[slot] - 1;
        if (number < 0) {
            number = texts->count++;
            texts->slots[slot] = (uint32_t)number + 1;
            texts->hashes[number] = h;
            texts->at[number] = new_at;
            texts->size[number] = (int32_t)size;
        } else if (texts->hashes[number] != h || !is_text(texts, number, base, text, size)) {
            continue;
        }
        texts->last = number;
        return (int32_t)number;
    }
}

static int is_group(const struct groups *groups, int64_t group, const int32_t *numbers,
                    uint8_t before_block)
{
    return groups->number[HEADER][group] == numbers[HEADER] && groups->number[STATE][group] == numbers[STATE]
        && groups->number[REST][group] == numbers[REST] && groups->before_block[group] == before_block;
}

/* The number of a record's group, in which the record is counted. */
static int32_t group_of(struct known *known, const int32_t *numbers, uint8_t before_block)
{
    struct groups *groups = &known->groups;
    const uint64_t *key = known->key;
    if (groups->count && is_group(groups, groups->last, numbers, before_block)) {
        groups->times[groups->last]++;
        return (int32_t)groups->last;
    }
    uint64_t h = folded(((uint64_t)(uint32_t)numbers[HEADER] << 32 | (uint32_t)numbers[REST]) ^ key[0],
                        ((uint64_t)(uint32_t)numbers[STATE] << 32 | before_block) ^ key[1]);
    for (uint64_t slot = h & known->mask;; slot = (slot + 1) & known->mask) {
        int64_t group = (int64_t)groups->slots[slot] - 1;
        if (group < 0) {
            group = groups->count++;
            groups->slots[slot] = (uint32_t)group + 1;
            groups->times[group] = 0;
            groups->before_block[group] = before_block;
            for (int kind = 0; kind < TEXTS; kind++)
                groups->number[kind][group] = numbers[kind];
        } else if (!is_group(groups, group, numbers, before_block)) {
            continue;
        }
        groups->last = group;
        groups->times[group]++;
        return (int32_t)group;
    }
}

/* The shape of the records that are looked for, and what may stand before the block's number. */
struct shape {
    int32_t comm, ts, free_ts, hex_pfn;
    int32_t choices;
    const uint8_t *before_block; /* one behind the other */
    int32_t sizes[];
};

/* A region of the chunk, and what is found in it. */
struct record {
    int64_t header_end, tail, rest;
    uint64_t alloc_ts, free_ts, pfn, block;
    uint8_t before_block;
};

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

static int read_record(const uint8_t *text, int64_t start, int64_t end, const struct shape *shape,
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

/* What is counted of many chunks: groups alone, whose texts are copied. */
struct count {
    uint8_t *store; /* the texts, one behind the other */
    int64_t used, room;
    int64_t most;   /* texts of a kind, and groups */
    int64_t *first; /* of each group: where in the dump its first record begins, and its times */
    uint64_t *alloc_ts, *free_ts;
    int32_t *odd;   /* the regions that are no plain record, by their index */
    int64_t odds;
};

/*
 * Count the regions from number `from` on; `offset` is where the chunk begins in the dump. Returns
 * the region that it stopped at: there is no more room for what is new, or all are counted.
 */
EXPORT int64_t scan_count(const uint8_t *text, int64_t offset, int64_t from, int64_t regions,
                          const int64_t *start, const uint8_t *single, const struct shape *shape,
                          struct known *known, struct count *out)
{
    for (int64_t region = from; region < regions; region++) {
        struct record found = {0};
        int32_t numbers[TEXTS];
        int64_t size = start[region + 1] - start[region];
        int full = known->groups.count >= out->most || out->used + size > out->room;
        for (int kind = 0; kind < TEXTS; kind++)
            full |= known->texts[kind].count >= out->most;
        if (full)
            return region;
        if (!single[region] || !read_record(text, start[region], start[region + 1], shape, &found)) {
            out->odd[out->odds++] = (int32_t)region;
            continue;
        }
        const int64_t begins[TEXTS] = {start[region], found.tail, found.rest};
        const int64_t ends[TEXTS] = {found.header_end, found.rest, start[region + 1]};
        for (int kind = 0; kind < TEXTS; kind++) {
            const uint8_t *piece = text + begins[kind];
            int64_t length = ends[kind] - begins[kind], before = known->texts[kind].count;
            numbers[kind] = number_of(known, kind, out->store, piece, length, out->used);
            if (known->texts[kind].count > before) {
                memcpy(out->store + out->used, piece, (size_t)length);
                out->used += length;
            }
        }
        int64_t before = known->groups.count;
        int32_t group = group_of(known, numbers, found.before_block);
        if (known->groups.count > before) {
            out->first[group] = offset + start[region];
            out->alloc_ts[group] = found.alloc_ts;
            out->free_ts[group] = found.free_ts;
        }
    }
    return regions;
}

/* A file that is read and counted, a chunk at a time. */
struct file {
    int32_t descriptor, error; /* errno where reading failed */
    uint8_t *buffer;           /* BLOCK bytes longer than its size */
    int64_t size, chunk;       /* with less than a chunk to spare a record is too long */
    int64_t held;              /* bytes of text in the buffer */
    int64_t offset;            /* where in the dump they begin */
    int64_t *start, *line;     /* the regions of the chunk at hand, and how many are counted */
    uint8_t *single;
    int64_t regions, done;
    uint8_t *odd;              /* the texts of odd regions; room for those of a whole buffer */
    int64_t odd_room, odd_used;
    int64_t odds;
    int64_t *odd_at, *odd_end; /* of each: where in the dump it begins, where in `odd` it ends */
    int64_t limit;             /* read about so many bytes, then come back */
};

enum outcome { MORE, FULL, END, LONG, FAILED, STRANGE };

static int fill(struct file *file)
{
    int64_t wanted = file->held + file->chunk;
    while (file->held < wanted) {
        ssize_t count = read(file->descriptor, file->buffer + file->held, (size_t)(wanted - file->held));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            file->error = errno;
        if (count <= 0)
            return count < 0 ? FAILED : END;
        file->held += count;
        file->limit -= count;
    }
    return MORE;
}

/* Keep the text of the odd regions, all of the chunk's. */
static void keep_odd(struct file *file, const struct count *out)
{
    for (int64_t n = 0; n < out->odds; n++) {
        int64_t start = file->start[out->odd[n]], size = file->start[out->odd[n] + 1] - start;
        memcpy(file->odd + file->odd_used, file->buffer + start, (size_t)size);
        file->odd_used += size;
        file->odd_at[file->odds] = file->offset + start;
        file->odd_end[file->odds++] = file->odd_used;
    }
}

/*
 * Count a file on from where it stands, as long as nothing is odd but single regions:
 * MORE: the limit is reached, or there is no more room for odd regions;
 * FULL: no more room for texts or groups, give others and call again;
 * END, LONG: what the buffer holds is the last text there is, or has no end;
 * FAILED: it cannot be read; STRANGE: most of a chunk was odd.
 */
EXPORT int32_t scan_file(struct file *file, const struct shape *shape, struct known *known,
                         struct count *out)
{
    file->odds = file->odd_used = 0;
    for (;;) {
        if (file->done == file->regions) {
            if (file->limit <= 0)
                return MORE;
            if (file->size - file->held < file->chunk)
                return LONG;
            int32_t read = fill(file);
            if (read != MORE)
                return read;
            file->regions = scan_cut(file->buffer, file->held, 0, 1, file->start, file->line, file->single);
            file->done = 0;
            if (!file->regions)
                continue;
        }
        out->odds = 0;
        int64_t before = file->done;
        file->done = scan_count(file->buffer, file->offset, before, file->regions, file->start,
                                file->single, shape, known, out);
        keep_odd(file, out);
        if (file->done < file->regions)
            return FULL;
        int64_t covered = file->start[file->regions];
        file->offset += covered;
        file->held -= covered;
        memmove(file->buffer, file->buffer + covered, (size_t)file->held);
        if (2 * out->odds > file->regions - before)
            return STRANGE;
        if (file->odd_room - file->odd_used < file->size)
            return MORE;
    }
}
