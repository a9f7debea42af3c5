/* The columns of plain records, and how tables take them. */
#include "arrow.h"
#include "scan.h"

#include <stdlib.h>

/* Some memory, which readers of Arrow free; never nothing, as that would look like a failure. */
static void *wanted(int64_t size)
{
    return malloc((size_t)(size ? size : 1));
}

struct rows *rows_new(int64_t most, const struct shape *shape)
{
    struct rows *rows = calloc(1, sizeof *rows);
    if (!rows)
        return NULL;
    rows->most = most;
    rows->ts = shape->ts;
    rows->free_ts = shape->free_ts;
    uint64_t **wide[] = {&rows->alloc_ts, &rows->freed, &rows->pfn, &rows->block};
    int32_t **narrow[] = {&rows->region, &rows->text[HEADER], &rows->text[STATE], &rows->text[REST]};
    int whole = (rows->before_block = wanted(most)) != NULL;
    for (int at = 0; at < 4; at++) {
        whole &= (*wide[at] = wanted(most * (int64_t)sizeof(uint64_t))) != NULL;
        whole &= (*narrow[at] = wanted(most * (int64_t)sizeof(int32_t))) != NULL;
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
        free(all[at]);
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

/* The memory of a column, which is forgotten; no more of it than its rows take. */
static void *taken(struct rows *rows, void *column, int64_t size)
{
    void *values, *less = NULL;
    memcpy(&values, column, sizeof values);
    memset(column, 0, sizeof values);
    if (values && rows->count < rows->most / 2)
        less = realloc(values, (size_t)((rows->count + 1) * size));
    return less ? less : values;
}

static int32_t *ids_of(struct rows *rows, int kind, const int32_t *ids)
{
    int32_t *numbers = taken(rows, &rows->text[kind], sizeof *numbers);
    for (int64_t n = 0; numbers && n < rows->count; n++)
        numbers[n] = ids[numbers[n]];
    return numbers;
}

/* A column of timestamps, which records without them have as NULL. */
static void set_times(struct column *column, struct rows *rows, uint64_t **times, int given)
{
    column->buffers[VALUES] = taken(rows, times, sizeof **times);
    if (given)
        return;
    column->nulls = rows->count;
    column->buffers[VALIDITY] = calloc(1, (size_t)bitmap_size(rows->count) + 1);
    if (!column->buffers[VALIDITY]) {
        free(column->buffers[VALUES]);
        column->buffers[VALUES] = NULL;
    }
}

/*
 * Hand out all records as rows of table records, once: `ids` has those of the texts by their numbers,
 * `layouts` those of what may stand before the block's number. Returns 0 where there is no more memory.
 */
EXPORT int32_t rows_give(struct rows *rows, const int32_t *const *ids, const int32_t *layouts,
                         struct ArrowArray *array, struct ArrowSchema *schema)
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
    int64_t count = rows->count;
    int32_t *layout = wanted(count * (int64_t)sizeof *layout);
    for (int64_t n = 0; layout && n < count; n++)
        layout[n] = layouts[rows->before_block[n]];
    columns[0].buffers[VALUES] = taken(rows, &rows->region, sizeof *rows->region);
    for (int kind = 0; kind < TEXTS; kind++)
        columns[1 + kind].buffers[VALUES] = ids_of(rows, kind, ids[kind]);
    columns[4].buffers[VALUES] = layout;
    set_times(&columns[5], rows, &rows->alloc_ts, rows->ts);
    set_times(&columns[6], rows, &rows->freed, rows->free_ts);
    columns[7].buffers[VALUES] = taken(rows, &rows->pfn, sizeof *rows->pfn);
    columns[8].buffers[VALUES] = taken(rows, &rows->block, sizeof *rows->block);
    return give_columns(columns, 9, count, array, schema);
}
