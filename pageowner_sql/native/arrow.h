/* Columns that are handed out by Arrow's C data interface, which frees them when nobody reads them. */
#ifndef ARROW_H
#define ARROW_H

#include <stdint.h>

struct ArrowSchema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct ArrowSchema **children, *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct ArrowArray **children, *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

/* Arrow's formats. */
#define INT32 "i"
#define INT64 "l"
#define TEXT "u"
#define BOOL "b"

enum { VALIDITY, VALUES, DATA, BUFFERS };

/* A column on its way out: its name and format live for good, its buffers were got from malloc. */
struct column {
    const char *name, *format;
    void *buffers[BUFFERS]; /* of a text VALUES are the borders; no validity: nothing is NULL */
    int64_t nulls;
};

/* The bytes of a bitmap. */
int64_t bitmap_size(int64_t bits);

void set_bit(uint8_t *bitmap, int64_t bit);

/*
 * Hand out columns of `length` rows as one batch. Returns 0, and frees them, where one of them has no
 * values or there is no more memory.
 */
int give_columns(struct column *columns, int count, int64_t length, struct ArrowArray *array,
                 struct ArrowSchema *schema);

#endif
