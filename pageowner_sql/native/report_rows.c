/*
 * Texts of rows, put together of what their columns hold: the inner loop of a report with a row a
 * record. gather.py says what is called how; nothing is allocated here.
 */
#include <stdint.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

enum { CONSTANT, NUMBER, TEXT };

/*
 * A piece of every row's text: a constant text, a column of numbers (nothing where not `valid`), or
 * a column of indexes into texts that lie one behind the other. Indexes are known to be good.
 */
struct piece {
    int32_t kind;
    const int64_t *column;
    const uint8_t *valid;   /* NULL: all are */
    const int64_t *borders; /* of the texts, one more than there are */
    const uint8_t *texts;
    int64_t size;           /* of the constant text */
};

static int digits_of(uint64_t number)
{
    int digits = 1;
    while (number >= 10) {
        number /= 10;
        digits++;
    }
    return digits;
}

static uint8_t *write_number(uint8_t *at, uint64_t number)
{
    uint8_t *end = at + digits_of(number), *digit = end;
    do {
        *--digit = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (digit > at);
    return end;
}

/* The bytes that the texts of `rows` rows take. Numbers are not negative. */
EXPORT int64_t gather_size(const struct piece *pieces, int32_t count, int64_t rows)
{
    int64_t size = 0;
    for (int32_t k = 0; k < count; k++) {
        const struct piece *piece = pieces + k;
        if (piece->kind == CONSTANT) {
            size += piece->size * rows;
            continue;
        }
        for (int64_t row = 0; row < rows; row++) {
            if (piece->valid && !piece->valid[row])
                continue;
            int64_t value = piece->column[row];
            size += piece->kind == NUMBER ? digits_of((uint64_t)value)
                                          : piece->borders[value + 1] - piece->borders[value];
        }
    }
    return size;
}

/* Write the texts, one behind the other, to `out`, which has room for them. */
EXPORT void gather_write(const struct piece *pieces, int32_t count, int64_t rows, uint8_t *out)
{
    for (int64_t row = 0; row < rows; row++) {
        for (int32_t k = 0; k < count; k++) {
            const struct piece *piece = pieces + k;
            if (piece->kind == CONSTANT) {
                memcpy(out, piece->texts, (size_t)piece->size);
                out += piece->size;
                continue;
            }
            if (piece->valid && !piece->valid[row])
                continue;
            int64_t value = piece->column[row];
            if (piece->kind == NUMBER) {
                out = write_number(out, (uint64_t)value);
            } else {
                int64_t start = piece->borders[value], size = piece->borders[value + 1] - start;
                memcpy(out, piece->texts + start, (size_t)size);
                out += size;
            }
        }
    }
}
