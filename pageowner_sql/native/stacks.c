/*
 * Stacks: their distinct lines are numbered, and tables stacks and frames get their rows. What a line
 * says is for Python to read, once a line; see store/stacks.py.
 */
#include "arrow.h"
#include "scan.h"

#include <stdlib.h>

/* What Python says of a line. */
enum { NO_FRAME = 1, SLAB = 2, VMALLOC = 4, PAGES = 8 };

/* Bytes that grow. */
struct bytes {
    uint8_t *at;
    int64_t size, room;
};

static int grow(struct bytes *bytes, int64_t more)
{
    if (bytes->size + more <= bytes->room)
        return 1;
    int64_t room = 2 * (bytes->size + more);
    uint8_t *moved = realloc(bytes->at, (size_t)room);
    if (!moved)
        return 0;
    bytes->at = moved;
    bytes->room = room;
    return 1;
}

static int append(struct bytes *bytes, const void *more, int64_t size)
{
    if (!grow(bytes, size))
        return 0;
    if (size)
        memcpy(bytes->at + bytes->size, more, (size_t)size);
    bytes->size += size;
    return 1;
}

struct stacks {
    struct texts lines;
    int64_t most; /* lines that there is room for */
    uint64_t mask, key[4];
    struct bytes store;         /* the lines, each with a newline behind it */
    struct bytes shown, border; /* each line's name in function stacks; int64_t, one more than lines */
    struct bytes flags;         /* what Python says of each line */
    struct bytes numbers;       /* int32_t: the lines of the stacks that were fed, in order */
    struct bytes counts;        /* int32_t: how many lines each of them has; -1: its text is its own name */
};

EXPORT void stacks_free(struct stacks *stacks)
{
    if (!stacks)
        return;
    struct bytes *all[] = {&stacks->store, &stacks->shown, &stacks->border,
                           &stacks->flags, &stacks->numbers, &stacks->counts};
    for (size_t at = 0; at < sizeof all / sizeof *all; at++)
        free(all[at]->at);
    free(stacks->lines.slots);
    free(stacks->lines.hashes);
    free(stacks->lines.at);
    free(stacks->lines.size);
    free(stacks);
}

/* Make room for so many lines in all. */
static int widen(struct stacks *stacks, int64_t most)
{
    struct texts *lines = &stacks->lines;
    uint64_t mask = 1;
    while (mask < 2 * (uint64_t)most)
        mask = mask << 1 | 1;
    uint32_t *slots = calloc((size_t)mask + 1, sizeof *slots);
    if (!slots)
        return 0;
    uint64_t *hashes = realloc(lines->hashes, (size_t)most * sizeof *hashes);
    if (hashes)
        lines->hashes = hashes;
    int64_t *at = realloc(lines->at, (size_t)most * sizeof *at);
    if (at)
        lines->at = at;
    int32_t *size = realloc(lines->size, (size_t)most * sizeof *size);
    if (size)
        lines->size = size;
    if (!hashes || !at || !size) {
        free(slots);
        return 0;
    }
    for (int64_t number = 0; number < lines->count; number++) {
        uint64_t slot = lines->hashes[number] & mask;
        while (slots[slot])
            slot = (slot + 1) & mask;
        slots[slot] = (uint32_t)number + 1;
    }
    free(lines->slots);
    lines->slots = slots;
    stacks->mask = mask;
    stacks->most = most;
    return 1;
}

EXPORT struct stacks *stacks_new(const uint64_t *key)
{
    struct stacks *stacks = calloc(1, sizeof *stacks);
    int64_t first = 0;
    if (!stacks)
        return NULL;
    memcpy(stacks->key, key, sizeof stacks->key);
    if (!widen(stacks, 1 << 10) || !append(&stacks->border, &first, sizeof first)) {
        stacks_free(stacks);
        return NULL;
    }
    return stacks;
}

/*
 * Number the lines of a stack; `whole`: its text is no lines. Returns 0 where there is no more memory.
 */
static int feed(struct stacks *stacks, const uint8_t *text, int64_t size, int whole)
{
    const uint8_t *end = text + size;
    int32_t lines = 0;
    if (!whole && !grow(&stacks->store, size + 1))
        return 0;
    for (const uint8_t *line = text; !whole && line <= end; lines++) {
        const uint8_t *next = memchr(line, '\n', (size_t)(end - line));
        int64_t length = (next ? next : end) - line, before = stacks->lines.count;
        if (before == stacks->most && !widen(stacks, 2 * before))
            return 0;
        int32_t number = number_of(&stacks->lines, stacks->mask, stacks->key, stacks->store.at, line,
                                   length, stacks->store.size);
        if (stacks->lines.count > before
            && (!append(&stacks->store, line, length) || !append(&stacks->store, "\n", 1)))
            return 0;
        if (!append(&stacks->numbers, &number, sizeof number))
            return 0;
        line += length + 1;
    }
    if (whole)
        lines = -1;
    return append(&stacks->counts, &lines, sizeof lines);
}

/*
 * Number the lines of `count` stacks, which lie in `text` one behind the other. Returns how many lines
 * there are now, -1 where there is no more memory.
 */
EXPORT int64_t stacks_feed(struct stacks *stacks, const uint8_t *text, const int64_t *border,
                           const uint8_t *whole, int64_t count)
{
    for (int64_t at = 0; at < count; at++)
        if (!feed(stacks, text + border[at], border[at + 1] - border[at], whole[at]))
            return -1;
    return stacks->lines.count;
}

/* Where the lines from number `first` on lie; `size`: their bytes. */
EXPORT const uint8_t *stacks_lines(const struct stacks *stacks, int64_t first, int64_t *size)
{
    int64_t start = first < stacks->lines.count ? stacks->lines.at[first] : stacks->store.size;
    *size = stacks->store.size - start;
    return stacks->store.at + start;
}

/* Take what the next `count` lines are called in function stacks, and what Python says of them. */
EXPORT int32_t stacks_learn(struct stacks *stacks, const uint8_t *shown, const int32_t *sizes,
                            const uint8_t *flags, int64_t count)
{
    for (int64_t at = 0; at < count; at++) {
        if (!append(&stacks->shown, shown, sizes[at])
            || !append(&stacks->border, &stacks->shown.size, sizeof stacks->shown.size))
            return 0;
        shown += sizes[at];
    }
    return append(&stacks->flags, flags, count);
}

static int64_t count_of(const struct stacks *stacks)
{
    return stacks->counts.size / (int64_t)sizeof(int32_t);
}

/* How many frames stack `at` has of the lines at `numbers`, and how long its function stack is. */
static int64_t frames_of(const struct stacks *stacks, int64_t at, const int32_t *numbers, int64_t *size,
                         int *flags)
{
    const int64_t *border = (const int64_t *)(const void *)stacks->border.at;
    const int32_t *counts = (const int32_t *)(const void *)stacks->counts.at;
    int64_t frames = 0;
    *size = 0;
    *flags = 0;
    for (int32_t line = 0; line < counts[at]; line++) {
        int said = stacks->flags.at[numbers[line]];
        if (said & NO_FRAME)
            continue;
        *size += border[numbers[line] + 1] - border[numbers[line]] + (frames > 0);
        *flags |= said;
        frames++;
    }
    return frames;
}

/* The frames of the stacks that were fed: of which stack, where in it, and the number of the line. */
static int give_frames(const struct stacks *stacks, int64_t first, int64_t frames,
                       struct ArrowArray *array, struct ArrowSchema *schema)
{
    const int32_t *number = (const int32_t *)(const void *)stacks->numbers.at;
    const int32_t *counts = (const int32_t *)(const void *)stacks->counts.at;
    struct column columns[] = {
        {.name = "stack_id", .format = INT32},
        {.name = "pos", .format = INT32},
        {.name = "number", .format = INT32},
    };
    int32_t *values[3];
    int64_t row = 0;
    int whole = 1;
    for (int at = 0; at < 3; at++) {
        values[at] = columns[at].buffers[VALUES] = malloc((size_t)(frames + 1) * sizeof(int32_t));
        whole &= values[at] != NULL;
    }
    for (int64_t at = 0; whole && at < count_of(stacks); at++) {
        int32_t pos = 0;
        for (int32_t line = 0; line < counts[at]; line++, number++) {
            if (stacks->flags.at[*number] & NO_FRAME)
                continue;
            values[0][row] = (int32_t)(first + at);
            values[1][row] = pos++;
            values[2][row++] = *number;
        }
    }
    return give_columns(columns, 3, frames, array, schema);
}

static uint8_t *write_names(const struct stacks *stacks, const int32_t *numbers, int32_t count,
                            uint8_t *out)
{
    const int64_t *border = (const int64_t *)(const void *)stacks->border.at;
    int named = 0;
    for (int32_t line = 0; line < count; line++) {
        if (stacks->flags.at[numbers[line]] & NO_FRAME)
            continue;
        int64_t start = border[numbers[line]], size = border[numbers[line] + 1] - start;
        if (named++)
            *out++ = '\n';
        if (size)
            memcpy(out, stacks->shown.at + start, (size_t)size);
        out += size;
    }
    return out;
}

/*
 * Hand out rows of tables stacks and frames for the stacks that were fed, which are numbered from
 * `first` on and lie in `text`; then forget these stacks, but no line. Returns 0 where there is no more
 * memory, or a text too long for Arrow.
 */
EXPORT int32_t stacks_take(struct stacks *stacks, int64_t first, const uint8_t *text,
                           const int64_t *border, struct ArrowArray *stack_rows,
                           struct ArrowSchema *stack_schema, struct ArrowArray *frame_rows,
                           struct ArrowSchema *frame_schema)
{
    const int32_t *counts = (const int32_t *)(const void *)stacks->counts.at;
    const int32_t *numbers = (const int32_t *)(const void *)stacks->numbers.at;
    int64_t count = count_of(stacks), frames = 0, size = 0, names = 0;
    int flags = 0;
    for (int64_t at = 0; at < count; numbers += counts[at] > 0 ? counts[at] : 0, at++) {
        frames += frames_of(stacks, at, numbers, &size, &flags);
        names += counts[at] < 0 ? border[at + 1] - border[at] : size;
    }
    if (names > INT32_MAX || (count && border[count] > INT32_MAX) || frames > INT32_MAX)
        return 0;
    struct column columns[] = {
        {.name = "stack_id", .format = INT32},
        {.name = "text", .format = TEXT},
        {.name = "depth", .format = INT32},
        {.name = "function_stack", .format = TEXT},
        {.name = "is_slab", .format = BOOL},
        {.name = "is_vmalloc", .format = BOOL},
    };
    size_t numbers_size = (size_t)(count + 1) * sizeof(int32_t);
    int32_t *id = columns[0].buffers[VALUES] = malloc(numbers_size);
    int32_t *text_border = columns[1].buffers[VALUES] = malloc(numbers_size);
    uint8_t *text_data = columns[1].buffers[DATA] = malloc((size_t)(count ? border[count] : 0) + 1);
    int32_t *depth = columns[2].buffers[VALUES] = malloc(numbers_size);
    int32_t *name_border = columns[3].buffers[VALUES] = malloc(numbers_size);
    uint8_t *name_data = columns[3].buffers[DATA] = malloc((size_t)names + 1), *name = name_data;
    uint8_t *slab = columns[4].buffers[VALUES] = calloc(1, (size_t)bitmap_size(count) + 1);
    uint8_t *vmalloc = columns[5].buffers[VALUES] = calloc(1, (size_t)bitmap_size(count) + 1);
    int whole = id && text_border && text_data && depth && name_border && name_data && slab && vmalloc;
    numbers = (const int32_t *)(const void *)stacks->numbers.at;
    for (int64_t at = 0; whole && at < count; numbers += counts[at] > 0 ? counts[at] : 0, at++) {
        int64_t start = border[at], length = border[at + 1] - start;
        id[at] = (int32_t)(first + at);
        depth[at] = (int32_t)frames_of(stacks, at, numbers, &size, &flags);
        text_border[at] = (int32_t)(start - border[0]);
        memcpy(text_data + text_border[at], text + start, (size_t)length);
        name_border[at] = (int32_t)(name - name_data);
        if (counts[at] < 0) {
            memcpy(name, text + start, (size_t)length);
            name += length;
        } else {
            name = write_names(stacks, numbers, counts[at], name);
        }
        if (flags & SLAB)
            set_bit(slab, at);
        if ((flags & VMALLOC) && (flags & PAGES))
            set_bit(vmalloc, at);
    }
    if (whole) {
        text_border[count] = (int32_t)(count ? border[count] - border[0] : 0);
        name_border[count] = (int32_t)(name - name_data);
    }
    /* DATA of a text is needed as well as its borders. */
    if (!whole)
        for (int at = 0; at < 6; at++) {
            free(columns[at].buffers[VALUES]);
            columns[at].buffers[VALUES] = NULL;
        }
    if (!give_columns(columns, 6, count, stack_rows, stack_schema))
        return 0;
    if (!give_frames(stacks, first, frames, frame_rows, frame_schema)) {
        stack_rows->release(stack_rows);
        stack_schema->release(stack_schema);
        return 0;
    }
    stacks->numbers.size = stacks->counts.size = 0;
    return 1;
}
