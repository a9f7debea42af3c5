/*
 * What page_owner_sort finds in the text of a record, wherever in it: it looks for fields by the first
 * match of a pattern, in a process name too. dump/sort_tool.py says what the columns are.
 */
#include "cursor.h"
#include "scan.h"

enum { MOST_COMM = 15, MOST_ORDER = 64, MOST_ORDER_DIGITS = 2 };

static const uint64_t NOT_FOUND = ~(uint64_t)0;

/* A number in the text: where its digits stand, and what it is; NOT_FOUND where it is larger. */
struct number {
    int found; /* even without digits */
    const uint8_t *at, *end, *behind;
    uint64_t value;
};

static uint64_t value_of(const uint8_t *at, const uint8_t *end)
{
    uint64_t value = 0;
    for (; at < end; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (value > (NOT_FOUND - digit) / 10)
            return NOT_FOUND;
        value = value * 10 + digit;
    }
    return value;
}

/* The next place of a word, NULL where there is none. */
static const uint8_t *find(struct cursor text, const char *word)
{
    while (text.at < text.end) {
        text.at = memchr(text.at, word[0], (size_t)(text.end - text.at));
        if (!text.at)
            return NULL;
        if (begins(&text, word))
            return text.at;
        text.at++;
    }
    return NULL;
}

/*
 * The number behind the first `word` that has `end` behind that, with blanks in between. Where `end` is a
 * blank itself, one of those before the digits does as well, and then there are no digits.
 */
static struct number find_number(struct cursor text, const char *word, int spaces_behind, const char *end)
{
    while ((text.at = find(text, word)) != NULL) {
        takes(&text, word);
        struct cursor rest = text;
        take_spaces(&rest);
        struct number found = {.found = 1, .at = rest.at};
        take_digits(&rest);
        found.end = rest.at;
        if (spaces_behind)
            take_spaces(&rest);
        if (takes(&rest, end)) {
            found.behind = rest.at;
            found.value = value_of(found.at, found.end);
            return found;
        }
        if (end[0] == ' ' && memchr(text.at, ' ', (size_t)(found.at - text.at))) {
            found.end = found.at;
            return found;
        }
    }
    return (struct number){0};
}

static uint64_t time_of(const struct number *number)
{
    return number->found && number->end > number->at ? number->value : NOT_FOUND;
}

/* What a C int keeps of a number. */
static int32_t wrapped(uint64_t number)
{
    uint32_t low = (uint32_t)number;
    return low >> 31 ? (int32_t)(low - 0x80000000u) - INT32_MAX - 1 : (int32_t)low;
}

static int64_t id_of(struct number number)
{
    uint64_t value = time_of(&number);
    return value >> 63 ? -1 : wrapped(value);
}

/* 1 << order as x86 shifts: by the five lowest bits, into an int. */
static int64_t pages_of(struct number order)
{
    uint64_t value = time_of(&order);
    if (value >> 63 || wrapped(value) > MOST_ORDER)
        return 0;
    return wrapped((uint64_t)1 << (value & 31));
}

static int takes_comm(struct cursor *text)
{
    for (int size = 0; size <= MOST_COMM && text->at < text->end; size++) {
        if (takes(text, "), ts "))
            return 1;
        if (*text->at == '\n' || *text->at == '\0')
            return 0;
        text->at++;
    }
    return 0;
}

/* How many bytes of a first line could be a plain header up to its timestamp, 0 for none. */
static int64_t head_end(const uint8_t *line, int64_t size)
{
    struct cursor text = {line, line + size};
    if (!takes(&text, "Page allocated via order "))
        return 0;
    int64_t digits = take_digits(&text);
    if (digits < 1 || digits > MOST_ORDER_DIGITS || !takes(&text, ", mask 0x") || !takes_mask(&text, INT64_MAX))
        return 0;
    const uint8_t *mask_end = text.at;
    if (takes(&text, ", pid ") && take_digits(&text)) {
        if (takes(&text, ", ts "))
            return text.at - line;
        if (takes(&text, ", tgid ") && take_digits(&text) && takes(&text, " (") && takes_comm(&text))
            return text.at - line;
    }
    return mask_end < text.end && *mask_end == '\n' ? mask_end - line : 0;
}

/* Where the last end of a process name stands before `end`, NULL for nowhere. */
static const uint8_t *comm_end(struct cursor text, const uint8_t *end)
{
    const uint8_t *last = NULL;
    struct cursor line = {text.at, end};
    while ((line.at = find(line, "),")) != NULL) {
        struct cursor rest = {line.at + 2, text.end};
        take_spaces(&rest);
        if (begins(&rest, "ts"))
            last = line.at;
        line.at += 2;
    }
    return last;
}

/* What stands between the first opening on a line that is closed there, and the last close. */
static struct cursor comm_of(struct cursor text)
{
    const struct cursor whole = text;
    const uint8_t *closed = text.at; /* up to here nothing that opens is closed */
    while ((text.at = find(text, "tgid")) != NULL) {
        takes(&text, "tgid");
        struct cursor rest = text;
        take_spaces(&rest);
        take_digits(&rest);
        take_spaces(&rest);
        if (!takes(&rest, "(") || rest.at <= closed)
            continue;
        const uint8_t *newline = memchr(rest.at, '\n', (size_t)(rest.end - rest.at));
        closed = newline ? newline : whole.end;
        const uint8_t *end = comm_end(rest, closed);
        if (end)
            return (struct cursor){rest.at, end};
    }
    return (struct cursor){whole.at, whole.at};
}

static const uint8_t *last_newline(const uint8_t *text, const uint8_t *end)
{
    while (end > text)
        if (*--end == '\n')
            return end;
    return NULL;
}

/* Whether the frame just above the first __vmalloc_node_range has alloc_pages in its name. */
static int is_vmalloc(struct cursor text)
{
    const uint8_t *at = find(text, "__vmalloc_node_range");
    const uint8_t *line = at ? last_newline(text.at, at) : NULL;
    const uint8_t *above = line ? last_newline(text.at, line) : NULL;
    const uint8_t *pages = above ? find((struct cursor){above, text.end}, "alloc_pages") : NULL;
    return pages && pages < at;
}

/* The columns, as sort_tool.py has them. */
enum field {
    LINE_END, HEAD_END, CUT_AT, CUT_END, CUT_HEAD_END, PAGES, PID, TGID, NAME_AT, NAME_END, ALLOC_TS,
    ALLOC_TS_COMMA, FREE_TS, VMALLOC, FIELDS
};

static void set_ends(const uint8_t *at, int64_t size, const struct number *ts, uint8_t *scratch,
                     int64_t *field)
{
    const uint8_t *newline = memchr(at, '\n', (size_t)size);
    int64_t line_end = newline ? newline - at + 1 : size;
    field[LINE_END] = line_end;
    field[HEAD_END] = field[CUT_HEAD_END] = head_end(at, line_end);
    int64_t cut_at = field[CUT_AT] = ts->found ? ts->at - at : 0;
    int64_t cut_end = field[CUT_END] = ts->found ? ts->end - at : 0;
    if (cut_at >= line_end || (field[HEAD_END] > 0 && field[HEAD_END] <= cut_at))
        return;
    memcpy(scratch, at, (size_t)cut_at);
    memcpy(scratch + cut_at, at + cut_end, (size_t)(line_end - cut_end));
    field[CUT_HEAD_END] = head_end(scratch, line_end - cut_end + cut_at);
}

/*
 * Read `count` texts, which lie one behind the other at borders; field n of text m goes to
 * columns[n * count + m]. `scratch` has room for the longest.
 */
EXPORT void sort_tool_fields(const uint8_t *text, const int64_t *border, int64_t count, uint8_t *scratch,
                             int64_t *columns)
{
    for (int64_t n = 0; n < count; n++) {
        const uint8_t *at = text + border[n];
        struct cursor whole = {at, text + border[n + 1]};
        int64_t field[FIELDS];
        struct number ts = find_number(whole, "ts", 1, "ns"), comma = ts;
        if (!ts.found || ts.behind == whole.end || *ts.behind != ',')
            comma = find_number(whole, "ts", 1, "ns,");
        struct number free_ts = find_number(whole, "free_ts", 1, "ns");
        struct cursor name = comm_of(whole);
        set_ends(at, whole.end - at, &ts, scratch, field);
        field[PAGES] = pages_of(find_number(whole, "order", 0, ","));
        field[PID] = id_of(find_number(whole, "pid", 0, ","));
        field[TGID] = id_of(find_number(whole, "tgid", 0, " "));
        field[NAME_AT] = name.at - text;
        field[NAME_END] = name.end - text;
        field[ALLOC_TS] = (int64_t)time_of(&ts);
        field[ALLOC_TS_COMMA] = (int64_t)time_of(&comma);
        field[FREE_TS] = (int64_t)time_of(&free_ts);
        field[VMALLOC] = is_vmalloc(whole);
        for (int at_field = 0; at_field < FIELDS; at_field++)
            columns[at_field * count + n] = field[at_field];
    }
}
