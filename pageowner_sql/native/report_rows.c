/*
 * Texts of rows, put together of what their columns hold: the inner loop of a report with a row a
 * record. It reads Arrow's arrays where they lie; store/report_rows.py says what is called how.
 */
#include <stdint.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

enum { CONSTANT, NUMBER, TEXT };

struct text {
    const uint8_t *at;
    int64_t size;
};

/*
 * A piece of every row's text: a constant one, a column's number, or one of texts by a column's
 * number. `valid`, a bitmap, may be missing; where a bit is not set, the piece is empty.
 */
struct piece {
    int32_t kind;
    const int64_t *column;
    const uint8_t *valid;
    int64_t first; /* the row 0 in these two */
    const struct text *texts;
    int64_t count; /* of texts; of a constant there is one */
};

/* Take texts from an Arrow array of binary into a table, each by its number. Returns whether all fit. */
EXPORT int32_t report_texts(const int64_t *numbers, const int32_t *borders, const uint8_t *data,
                            int64_t rows, struct text *table, int64_t count)
{
    for (int64_t row = 0; row < rows; row++) {
        if (numbers[row] < 0 || numbers[row] >= count)
            return 0;
        table[numbers[row]] = (struct text){data + borders[row], borders[row + 1] - borders[row]};
    }
    return 1;
}

static int digits_of(uint64_t number)
{
    int digits = 1;
    while (number >= 10) {
        number /= 10;
        digits++;
    }
    return digits;
}

static void write_number(uint8_t *end, uint64_t number, int64_t digits)
{
    while (digits--) {
        *--end = (uint8_t)('0' + number % 10);
        number /= 10;
    }
}

/* Whether a row has this piece, and its value. */
static int has_value(const struct piece *piece, int64_t row, int64_t *value)
{
    int64_t at = piece->first + row;
    if (piece->valid && !(piece->valid[at >> 3] >> (at & 7) & 1))
        return 0;
    *value = piece->column[at];
    return 1;
}

/* The bytes of a piece in a row, -1 where there is no such text. */
static int64_t size_of(const struct piece *piece, int64_t row)
{
    int64_t value = 0;
    if (piece->kind != CONSTANT && !has_value(piece, row, &value))
        return 0;
    if (piece->kind == NUMBER)
        return digits_of((uint64_t)value);
    return value < 0 || value >= piece->count ? -1 : piece->texts[value].size;
}

static uint8_t *write_piece(const struct piece *piece, int64_t row, int64_t size, uint8_t *out)
{
    int64_t value = 0;
    if (piece->kind != CONSTANT && !has_value(piece, row, &value))
        return out;
    if (piece->kind == NUMBER)
        write_number(out + size, (uint64_t)value, size);
    else
        memcpy(out, piece->texts[value].at, (size_t)size);
    return out + size;
}

enum { MOST_PIECES = 32 };

/*
 * Write the texts of the rows from `row` up to `end`, one behind the other, as far as they fit into
 * `room`. Returns how many rows were written, and in `size` their bytes; 0 where not one fits, and
 * in `size` what it needs; -1 where a row has a text that is not there. Numbers are not negative.
 */
EXPORT int64_t report_rows(const struct piece *pieces, int32_t count, int64_t row, int64_t end,
                           uint8_t *out, int64_t room, int64_t *size)
{
    int64_t sizes[MOST_PIECES], rows = 0;
    *size = 0;
    if (count > MOST_PIECES)
        return -1;
    for (; row < end; row++, rows++) {
        int64_t needed = 0;
        for (int32_t k = 0; k < count; k++) {
            sizes[k] = size_of(pieces + k, row);
            if (sizes[k] < 0)
                return -1;
            needed += sizes[k];
        }
        if (needed > room - *size) {
            if (!rows)
                *size = needed;
            break;
        }
        for (int32_t k = 0; k < count; k++)
            out = write_piece(pieces + k, row, sizes[k], out);
        *size += needed;
    }
    return rows;
}
