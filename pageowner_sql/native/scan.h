/*
 * One pass over a chunk of a dump: where records begin (cut.c), the numbers of the plain ones
 * (records.c), which of them have the same texts (known.c), all of that for many chunks (scanner.c) and
 * for a file (file.c), and the columns of tables (rows.c). It takes only what dump/exact_parser.py, the
 * exact parser, reads the same way, on any bytes.
 *
 * Positions are indexes into `text`. A scanner, its rows and a file own all memory, which is bounded:
 * see dump/scanner.py, to which they are opaque.
 */
#ifndef SCAN_H
#define SCAN_H

#include <stdint.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

/* The pieces of a record whose texts repeat. */
enum { HEADER = 0, STATE, REST, TEXTS };

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

/* The plain records of a chunk, as columns with room for so many. */
struct rows {
    int64_t most;
    int32_t ts, free_ts; /* whether they have such times */
    int32_t *region;     /* then their position in the dump */
    uint64_t *alloc_ts, *freed, *pfn, *block;
    uint8_t *before_block;
    int32_t *text[TEXTS]; /* numbers among the known texts */
    int64_t count;
};

/* What is known of many chunks: texts, which are copied, and groups unless rows are kept. */
struct scanner {
    struct known known;
    int64_t budget; /* bytes of texts that are held */
    int64_t most;   /* then texts of a kind, and groups */
    uint8_t *store; /* the texts, one behind the other */
    int64_t used, room;
    int64_t *first; /* of each group: where in the dump its first record begins, and its times */
    uint64_t *alloc_ts, *free_ts;
    uint8_t *refused[TEXTS]; /* the texts that no plain record has */
    int32_t compared;        /* refuse those that page_owner_sort reads otherwise */
    /* The chunk at hand: the borders of its regions, and those that are no plain record. */
    int64_t *start, *line;
    uint8_t *single;
    int32_t *irregular;
    int64_t regions_room, irregulars;
    struct rows *rows;
};

/* known.c */

/*
 * The number of a text, which lies in `base` if it is known; a new one is said to lie at `new_at`.
 * `mask` and `key` are as in struct known.
 */
int32_t number_of(struct texts *texts, uint64_t mask, const uint64_t *key, const uint8_t *base,
                  const uint8_t *text, int64_t size, int64_t new_at);

/* The number of a record's group, in which the record is counted. */
int32_t group_of(struct known *known, const int32_t *numbers, uint8_t before_block);

/* records.c */

/* Whether a region that begins with a record start is exactly one record of `shape`. */
int read_record(const uint8_t *text, int64_t start, int64_t end, const struct shape *shape,
                struct record *found);

/* rows.c */

/* Rows for so many records of `shape`; NULL where there is no more memory. */
struct rows *rows_new(int64_t most, const struct shape *shape);

EXPORT void rows_free(struct rows *rows);

void add_row(struct rows *rows, int64_t region, const struct record *found, const int32_t *numbers);

/* Make the records that have a refused text irregular regions, in order among the others. */
void drop_refused(struct scanner *scanner);

/* scanner.c */

EXPORT int64_t scan_cut(struct scanner *scanner, const uint8_t *text, int64_t length, int32_t last,
                        int32_t fresh);

EXPORT int64_t scan_feed(struct scanner *scanner, const uint8_t *text, int64_t offset, int64_t from,
                         int64_t regions, const struct shape *shape, int32_t keep);

/* sort_tool.c */

/*
 * Whether a text of a kind is surely good, and page_owner_sort finds in it what we find there: a text
 * that is may be none here, never the reverse.
 */
EXPORT int32_t sort_tool_reads_alike(int32_t kind, const uint8_t *text, int64_t size);

/* cut.c */

/* What cut() says of a single region: below its second line is what the region before it has there. */
enum { SAME = 2 };

/* How many regions a text can have, and one more. */
int64_t most_regions(int64_t length);

int64_t cut(const uint8_t *text, int64_t length, int32_t last, int32_t fresh, int64_t *start,
            int64_t *line, uint8_t *single);

#endif
