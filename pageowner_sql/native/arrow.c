#include "arrow.h"

#include <stdlib.h>
#include <string.h>

int64_t bitmap_size(int64_t bits)
{
    return (bits + 63) / 64 * 8;
}

void set_bit(uint8_t *bitmap, int64_t bit)
{
    bitmap[bit >> 3] |= (uint8_t)(1 << (bit & 7));
}

/* A column as its reader has it; readers may take one from its batch, so each frees its own. */
struct given {
    const void *buffers[BUFFERS];
};

/* A batch and the columns in it. */
struct batch {
    const void *validity;
    struct ArrowArray *pointers[];
};

static void release_column(struct ArrowArray *array)
{
    struct given *given = array->private_data;
    for (int at = 0; at < BUFFERS; at++)
        free((void *)given->buffers[at]);
    free(given);
    array->release = NULL;
}

static void release_batch(struct ArrowArray *array)
{
    for (int64_t at = 0; at < array->n_children; at++) {
        if (array->children[at]->release)
            array->children[at]->release(array->children[at]);
        free(array->children[at]);
    }
    free(array->private_data);
    array->release = NULL;
}

static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t at = 0; at < schema->n_children; at++) {
        if (schema->children[at]->release)
            schema->children[at]->release(schema->children[at]);
        free(schema->children[at]);
    }
    free(schema->children);
    schema->release = NULL;
}

static void free_column(struct column *column)
{
    for (int at = 0; at < BUFFERS; at++)
        free(column->buffers[at]);
}

static struct ArrowArray *given_column(struct column *column, int64_t length)
{
    struct ArrowArray *array = calloc(1, sizeof *array);
    struct given *given = malloc(sizeof *given);
    if (!array || !given || !column->buffers[VALUES]) {
        free(array);
        free(given);
        free_column(column);
        return NULL;
    }
    memcpy(given->buffers, column->buffers, sizeof given->buffers);
    *array = (struct ArrowArray){
        .length = length,
        .null_count = column->nulls,
        .n_buffers = strcmp(column->format, TEXT) == 0 ? 3 : 2,
        .buffers = given->buffers,
        .release = release_column,
        .private_data = given,
    };
    return array;
}

static int give_schema(const struct column *columns, int count, struct ArrowSchema *schema)
{
    struct ArrowSchema **children = calloc((size_t)count, sizeof *children);
    *schema = (struct ArrowSchema){
        .format = "+s",
        .name = "",
        .n_children = children ? count : 0,
        .children = children,
        .release = release_schema,
    };
    for (int at = 0; children && at < count; at++) {
        children[at] = calloc(1, sizeof **children);
        if (!children[at]) {
            schema->n_children = at;
            schema->release(schema);
            return 0;
        }
        *children[at] = (struct ArrowSchema){
            .format = columns[at].format,
            .name = columns[at].name,
            .flags = 2, /* may be NULL */
            .release = release_schema,
        };
    }
    return children != NULL;
}

int give_columns(struct column *columns, int count, int64_t length, struct ArrowArray *array,
                 struct ArrowSchema *schema)
{
    struct batch *batch = calloc(1, sizeof *batch + (size_t)count * sizeof batch->pointers[0]);
    int64_t given = 0;
    int whole = batch != NULL;
    for (int at = 0; at < count; at++) {
        struct ArrowArray *made = NULL;
        if (whole)
            made = given_column(&columns[at], length);
        else
            free_column(&columns[at]);
        whole = made != NULL;
        if (whole)
            batch->pointers[given++] = made;
    }
    *array = (struct ArrowArray){
        .length = length,
        .n_buffers = 1,
        .n_children = given,
        .buffers = batch ? &batch->validity : NULL,
        .children = batch ? batch->pointers : NULL,
        .release = release_batch,
        .private_data = batch,
    };
    if (whole && give_schema(columns, count, schema))
        return 1;
    array->release(array);
    return 0;
}
