/* The columns of plain records, and how tables take them. */
#include "arrow.h"
#include "memory.h"
#include "scan.h"

#include <stdlib.h>

struct rows *rows_new(int64_t most, const struct shape *shape)
{
    struct rows *rows = calloc(1, sizeof *rows);
    if (!rows)
        return NULL;
    rows->ts = shape->ts;
    rows->free_ts = shape->free_ts;
    uint64_t **wide[] = {&rows->alloc_ts, &rows->freed, &rows->pfn, &rows->block};
    int32_t **narrow[] = {&rows->region, &rows->text[HEADER], &rows->text[STATE], &rows->text[REST]};
    int whole = (rows->before_block = pages_new(most)) != NULL;
    for (int at = 0; at < 4; at++) {
        whole &= (*wide[at] = pages_new(most * (int64_t)sizeof(uint64_t))) != NULL;
        whole &= (*narrow[at] = pages_new(most * (int64_t)sizeof(int32_t))) != NULL;
    }
    if (whole)
        return rows;
    rows_free(rows);
    return NULL;
}

EXPORT void rows_free(struct rows *rows)
{
    if (!rows)
        return;
    void *all[] = {rows->region, rows->alloc_ts, rows->freed, rows->pfn, rows->block,
                   rows->before_block, rows->text[HEADER], rows->text[STATE], rows->text[REST]};
    for (size_t at = 0; at < sizeof all / sizeof *all; at++)
        pages_free(all[at]);
    free(rows);
}

EXPORT int64_t rows_count(const struct rows *rows)
{
    return rows->count;
}

void add_row(struct rows *rows, int64_t region, const struct record *found, const int32_t *numbers)
{
    int64_t n = rows->count++;
    rows->region[n] = (int32_t)region;
    rows->alloc_ts[n] = found->alloc_ts;
    rows->freed[n] = found->free_ts;
    rows->pfn[n] = found->pfn;
    rows->block[n] = found->block;
    rows->before_block[n] = found->before_block;
    for (int kind = 0; kind < TEXTS; kind++)
        rows->text[kind][n] = numbers[kind];
}

static int is_refused(const struct scanner *scanner, int64_t n)
{
    for (int kind = 0; kind < TEXTS; kind++)
        if (scanner->refused[kind][scanner->rows->text[kind][n]])
            return 1;
    return 0;
}

void drop_refused(struct scanner *scanner)
{
    struct rows *rows = scanner->rows;
    int32_t *irregular = scanner->irregular;
    int64_t kept = 0, dropped = 0;
    for (int64_t n = 0; n < rows->count; n++)
        dropped += is_refused(scanner, n);
    /* From behind, as the two lists of regions become one in place. */
    int64_t old = scanner->irregulars - 1;
    int64_t at = scanner->irregulars += dropped;
    for (int64_t n = rows->count - 1; n >= 0; n--) {
        if (!is_refused(scanner, n))
            continue;
        while (old >= 0 && irregular[old] > rows->region[n])
            irregular[--at] = irregular[old--];
        irregular[--at] = rows->region[n];
    }
    for (int64_t n = 0; n < rows->count; n++) {
        if (is_refused(scanner, n))
            continue;
        rows->region[kept] = rows->region[n];
        rows->alloc_ts[kept] = rows->alloc_ts[n];
        rows->freed[kept] = rows->freed[n];
        rows->pfn[kept] = rows->pfn[n];
        rows->block[kept] = rows->block[n];
        rows->before_block[kept] = rows->before_block[n];
        for (int kind = 0; kind < TEXTS; kind++)
            rows->text[kind][kept] = rows->text[kind][n];
        kept++;
    }
    rows->count = kept;
}

/*
 * Turn each record's region into its position in the dump: `first` is that of the chunk's first
 * region, and irregular region n of the chunk holds items[n] positions.
 */
EXPORT void rows_order(struct rows *rows, const int32_t *irregular, int64_t irregulars, int64_t first,
                       const int32_t *items)
{
    int64_t at = 0;
    for (int64_t n = 0; n < rows->count; n++) {
        for (; at < irregulars && irregular[at] < rows->region[n]; at++)
            first += items[at] - 1;
        rows->region[n] = (int32_t)(first + rows->region[n]);
    }
}

/* A copy of numbers, or of the ids that they stand for. */
static int32_t *narrow(const int32_t *numbers, int64_t count, const int32_t *ids)
{
    int32_t *made = malloc((size_t)(count + 1) * sizeof *made);
    for (int64_t n = 0; made && n < count; n++)
        made[n] = ids ? ids[numbers[n]] : numbers[n];
    return made;
}

static void set_wide(struct column *column, const uint64_t *numbers, int64_t count, int given)
{
    if (!given) {
        column->buffers[VALIDITY] = calloc(1, (size_t)bitmap_size(count) + 1);
        column->nulls = count;
    }
    int64_t *made = column->buffers[VALUES] = malloc((size_t)(count + 1) * sizeof *made);
    if (made)
        memcpy(made, numbers, (size_t)count * sizeof *made);
}

/*
 * Hand out `count` records from `from` on as rows of table records: `ids` has those of the texts by
 * their numbers, `layouts` those of what may stand before the block's number. Returns 0 where there is
 * no more memory.
 */
EXPORT int32_t rows_give(const struct rows *rows, int64_t from, int64_t count, const int32_t *const *ids,
                         const int32_t *layouts, struct ArrowArray *array, struct ArrowSchema *schema)
{
    struct column columns[] = {
        {.name = "ord", .format = INT32},
        {.name = "header_id", .format = INT32},
        {.name = "page_state_id", .format = INT32},
        {.name = "rest_id", .format = INT32},
        {.name = "layout_id", .format = INT32},
        {.name = "alloc_ts", .format = INT64},
        {.name = "free_ts", .format = INT64},
        {.name = "pfn", .format = INT64},
        {.name = "pageblock", .format = INT64},
    };
    columns[0].buffers[VALUES] = narrow(rows->region + from, count, NULL);
    for (int kind = 0; kind < TEXTS; kind++)
        columns[1 + kind].buffers[VALUES] = narrow(rows->text[kind] + from, count, ids[kind]);
    int32_t *layout = columns[4].buffers[VALUES] = malloc((size_t)(count + 1) * sizeof *layout);
    for (int64_t n = 0; layout && n < count; n++)
        layout[n] = layouts[rows->before_block[from + n]];
    set_wide(&columns[5], rows->alloc_ts + from, count, rows->ts);
    set_wide(&columns[6], rows->freed + from, count, rows->free_ts);
    set_wide(&columns[7], rows->pfn + from, count, 1);
    set_wide(&columns[8], rows->block + from, count, 1);
    return give_columns(columns, 9, count, array, schema);
}
