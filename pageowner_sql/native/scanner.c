/* Many chunks: their records one by one, or how many are alike. */
#include "memory.h"
#include "scan.h"

#include <stdlib.h>

/* A text and a group take so much of the budget at least. */
enum { LEAST = 128 };

static void free_regions(struct scanner *scanner)
{
    void *all[] = {scanner->start, scanner->line, scanner->single, scanner->irregular};
    for (size_t at = 0; at < sizeof all / sizeof *all; at++)
        pages_free(all[at]);
}

static void free_tables(struct scanner *scanner)
{
    struct groups *groups = &scanner->known.groups;
    for (int kind = 0; kind < TEXTS; kind++) {
        struct texts *texts = &scanner->known.texts[kind];
        void *all[] = {texts->slots, texts->hashes, texts->at, texts->size, groups->number[kind],
                       scanner->refused[kind]};
        for (size_t at = 0; at < sizeof all / sizeof *all; at++)
            pages_free(all[at]);
        *texts = (struct texts){0};
    }
    void *all[] = {groups->slots, groups->before_block, groups->times, scanner->first,
                   scanner->alloc_ts, scanner->free_ts, scanner->store};
    for (size_t at = 0; at < sizeof all / sizeof *all; at++)
        pages_free(all[at]);
    *groups = (struct groups){0};
}

EXPORT void scan_free(struct scanner *scanner)
{
    if (!scanner)
        return;
    free_tables(scanner);
    free_regions(scanner);
    rows_free(scanner->rows);
    free(scanner);
}

static int take_tables(struct scanner *scanner)
{
    struct groups *groups = &scanner->known.groups;
    int64_t most = scanner->most, slots = (int64_t)(scanner->known.mask + 1) * 4;
    int whole = 1;
    for (int kind = 0; kind < TEXTS; kind++) {
        struct texts *texts = &scanner->known.texts[kind];
        whole &= (texts->slots = pages_new(slots)) != NULL;
        whole &= (texts->hashes = pages_new(most * 8)) != NULL;
        whole &= (texts->at = pages_new(most * 8)) != NULL;
        whole &= (texts->size = pages_new(most * 4)) != NULL;
        whole &= (groups->number[kind] = pages_new(most * 4)) != NULL;
        whole &= (scanner->refused[kind] = pages_new(most)) != NULL;
    }
    whole &= (groups->slots = pages_new(slots)) != NULL;
    whole &= (groups->before_block = pages_new(most)) != NULL;
    whole &= (groups->times = pages_new(most * 8)) != NULL;
    whole &= (scanner->first = pages_new(most * 8)) != NULL;
    whole &= (scanner->alloc_ts = pages_new(most * 8)) != NULL;
    whole &= (scanner->free_ts = pages_new(most * 8)) != NULL;
    scanner->room = scanner->budget;
    whole &= (scanner->store = pages_new(scanner->room)) != NULL;
    return whole;
}

/*
 * A scanner of so many bytes of texts: when it is full, others must be made of what it has. An empty one
 * takes any record. NULL where there is no more memory.
 */
EXPORT struct scanner *scan_new(const uint64_t *key, int64_t budget, int32_t compared)
{
    struct scanner *scanner = calloc(1, sizeof *scanner);
    if (!scanner)
        return NULL;
    int64_t most = budget / LEAST + 1;
    uint64_t mask = 1;
    while (mask < 2 * (uint64_t)most + 1)
        mask = mask << 1 | 1;
    memcpy(scanner->known.key, key, sizeof scanner->known.key);
    scanner->known.mask = mask;
    scanner->budget = budget;
    scanner->most = most;
    scanner->compared = compared;
    if (take_tables(scanner))
        return scanner;
    scan_free(scanner);
    return NULL;
}

/* Forget all texts and groups, but not the chunk at hand. Returns 0 where there is no more memory. */
EXPORT int32_t scan_reset(struct scanner *scanner)
{
    free_tables(scanner);
    scanner->used = 0;
    return take_tables(scanner);
}

/* Cut a chunk into regions, as cut() does. Returns -1 where there is no more memory. */
EXPORT int64_t scan_cut(struct scanner *scanner, const uint8_t *text, int64_t length, int32_t last,
                        int32_t fresh)
{
    int64_t most = most_regions(length);
    if (most > scanner->regions_room) {
        free_regions(scanner);
        scanner->start = pages_new(most * 8);
        scanner->line = pages_new(most * 8);
        scanner->single = pages_new(most);
        scanner->irregular = pages_new(most * 4);
        int whole = scanner->start && scanner->line && scanner->single && scanner->irregular;
        scanner->regions_room = whole ? most : 0;
        if (!whole)
            return -1;
    }
    return cut(text, length, last, fresh, scanner->start, scanner->line, scanner->single);
}

static int is_full(const struct scanner *scanner, int64_t size)
{
    const struct known *known = &scanner->known;
    int full = known->groups.count >= scanner->most || scanner->used + size > scanner->budget;
    for (int kind = 0; kind < TEXTS; kind++)
        full |= known->texts[kind].count >= scanner->most;
    return full;
}

/* Give an empty scanner room for a record that is longer than its budget. */
static int widen(struct scanner *scanner, int64_t size)
{
    pages_free(scanner->store);
    scanner->store = pages_new(size);
    scanner->room = scanner->store ? size : 0;
    return scanner->store != NULL;
}

/*
 * Read the regions from number `from` on; `offset` is where the chunk begins in the dump. A plain
 * record goes into rows, or is counted in its group where they are not to be kept. Returns the region that
 * it stopped at: there is no more room for what is new, or all are read; -1: there is no more memory.
 */
EXPORT int64_t scan_feed(struct scanner *scanner, const uint8_t *text, int64_t offset, int64_t from,
                         int64_t regions, const struct shape *shape, int32_t keep)
{
    struct known *known = &scanner->known;
    const int64_t *start = scanner->start;
    struct rows *rows = NULL;
    int32_t rest = -1; /* of the region before, if it is a record */
    scanner->irregulars = 0;
    if (keep) {
        rows_free(scanner->rows);
        rows = scanner->rows = rows_new(regions, shape);
        if (!rows)
            return -1;
    }
    for (int64_t region = from; region < regions; region++) {
        struct record found = {0};
        int32_t numbers[TEXTS];
        int64_t size = start[region + 1] - start[region];
        int refused = 0;
        if (scanner->used && is_full(scanner, size))
            return region;
        if (size > scanner->room && !widen(scanner, size))
            return -1;
        int is_same = rest >= 0 && scanner->single[region] == SAME;
        int32_t rest_before = rest;
        rest = -1;
        if (!scanner->single[region] || !read_record(text, start[region], start[region + 1], shape, &found)) {
            scanner->irregular[scanner->irregulars++] = (int32_t)region;
            continue;
        }
        const int64_t begins[TEXTS] = {start[region], found.tail, found.rest};
        const int64_t ends[TEXTS] = {found.header_end, found.rest, start[region + 1]};
        for (int kind = 0; kind < TEXTS; kind++) {
            if (kind == REST && is_same) {
                numbers[kind] = rest_before;
                refused |= scanner->refused[kind][rest_before];
                break;
            }
            const uint8_t *piece = text + begins[kind];
            int64_t length = ends[kind] - begins[kind], before = known->texts[kind].count;
            numbers[kind] = number_of(&known->texts[kind], known->mask, known->key, scanner->store,
                                      piece, length, scanner->used);
            if (known->texts[kind].count > before) {
                memcpy(scanner->store + scanner->used, piece, (size_t)length);
                scanner->used += length;
                scanner->refused[kind][numbers[kind]] =
                    scanner->compared && !sort_tool_reads_alike(kind, piece, length);
            }
            refused |= scanner->refused[kind][numbers[kind]];
        }
        rest = numbers[REST];
        if (refused) {
            scanner->irregular[scanner->irregulars++] = (int32_t)region;
            continue;
        }
        if (rows) {
            add_row(rows, region, &found, numbers);
            continue;
        }
        int64_t before = known->groups.count;
        int32_t group = group_of(known, numbers, found.before_block);
        if (known->groups.count > before) {
            scanner->first[group] = offset + start[region];
            scanner->alloc_ts[group] = found.alloc_ts;
            scanner->free_ts[group] = found.free_ts;
        }
    }
    return regions;
}

/* Let no record be plain that has this text. */
EXPORT void scan_refuse(struct scanner *scanner, int32_t kind, int64_t number)
{
    scanner->refused[kind][number] = 1;
}

/* The rows that were kept, which are the caller's now. */
EXPORT struct rows *scan_rows(struct scanner *scanner)
{
    struct rows *rows = scanner->rows;
    drop_refused(scanner);
    scanner->rows = NULL;
    return rows;
}

/* What can be looked at until the next call, as dump/scanner.py has it; of texts one a kind. */
enum column_name {
    AT, SIZE = AT + TEXTS, NUMBER = SIZE + TEXTS, BEFORE_BLOCK = NUMBER + TEXTS, TIMES, FIRST,
    ALLOC_TS, FREE_TS, START, LINE, SINGLE, IRREGULAR, STORE
};

EXPORT const void *scan_column(const struct scanner *scanner, int32_t name)
{
    const struct groups *groups = &scanner->known.groups;
    if (name < SIZE)
        return scanner->known.texts[name - AT].at;
    if (name < NUMBER)
        return scanner->known.texts[name - SIZE].size;
    if (name < BEFORE_BLOCK)
        return groups->number[name - NUMBER];
    const void *others[] = {groups->before_block, groups->times, scanner->first, scanner->alloc_ts,
                            scanner->free_ts, scanner->start, scanner->line, scanner->single,
                            scanner->irregular, scanner->store};
    return others[name - BEFORE_BLOCK];
}

/* How many texts of each kind are known, then how many groups and irregular regions there are. */
EXPORT int64_t scan_count(const struct scanner *scanner, int32_t name)
{
    if (name < TEXTS)
        return scanner->known.texts[name].count;
    return name == TEXTS ? scanner->known.groups.count : scanner->irregulars;
}
