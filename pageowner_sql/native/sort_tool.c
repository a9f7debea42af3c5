/*
 * Which texts page_owner_sort reads as we do: sort_fields.c has what it looks for. Numbers
 * so large that they may not be ours are left to Python as well.
 */
#include "cursor.h"
#include "scan.h"

enum { MOST_ORDER = 30, MOST_COMM = 15, MOST_SIZE = 32 * 1024, MOST_PID = 9, MOST_MASK = 15 };

/* Whether the text goes on with `word`, a number that may be missing, and `end`. */
static int is_field(struct cursor text, const char *word, int spaces_behind, const char *end)
{
    if (!takes(&text, word))
        return 0;
    take_spaces(&text);
    take_digits(&text);
    if (spaces_behind)
        take_spaces(&text);
    return begins(&text, end);
}

static int is_time(struct cursor text)
{
    return is_field(text, "ts", 1, "ns");
}

static int takes_pid(struct cursor *text)
{
    int64_t digits = take_digits(text);
    return digits && digits <= MOST_PID;
}

static int is_plain_comm(struct cursor comm)
{
    if (comm.end - comm.at > MOST_COMM)
        return 0;
    for (; comm.at < comm.end; comm.at++) {
        if (*comm.at == '\n' || *comm.at == '\0' || is_time(comm) || begins(&comm, "),"))
            return 0;
    }
    return 1;
}

static int reads_header(const uint8_t *text, int64_t size)
{
    static const char comm_end[] = "), ts ";
    struct cursor rest = {text, text + size};
    if (size > MOST_SIZE || !takes(&rest, "Page allocated via order "))
        return 0;
    const uint8_t *order = rest.at;
    int64_t digits = take_digits(&rest);
    if (digits < 1 || digits > 2)
        return 0;
    if (digits == 2 && (order[0] == '0' || (order[0] - '0') * 10 + order[1] - '0' > MOST_ORDER))
        return 0;
    if (!takes(&rest, ", mask 0x") || !takes_mask(&rest, MOST_MASK))
        return 0;
    if (rest.at == rest.end)
        return 1;
    if (!takes(&rest, ", pid ") || !takes_pid(&rest))
        return 0;
    if (takes(&rest, ", tgid ")) {
        if (!takes_pid(&rest) || !takes(&rest, " ("))
            return 0;
        struct cursor comm = {rest.at, rest.end - (sizeof comm_end - 1)};
        if (comm.end < comm.at || memcmp(comm.end, comm_end, sizeof comm_end - 1) != 0)
            return 0;
        return is_plain_comm(comm);
    }
    return takes(&rest, ", ts ") && rest.at == rest.end;
}

static int is_tgid(struct cursor text)
{
    if (!takes(&text, "tgid") || text.at == text.end)
        return 0;
    return is_space(*text.at) || is_digit(*text.at) || *text.at == '(';
}

/* Whether one of the tool's patterns could begin here. */
static int is_found(struct cursor text, int fresh)
{
    switch (*text.at) {
    case '\0':
        return 1;
    case 'P':
        return fresh && begins(&text, "PFN");
    case 'p':
        return is_field(text, "pid", 0, ",");
    case 'o':
        return is_field(text, "order", 0, ",");
    case 't':
        return is_time(text) || is_tgid(text);
    }
    return 0;
}

static int reads_rest(const uint8_t *text, int64_t size)
{
    struct cursor rest = {text, text + size};
    if (size > MOST_SIZE || size < 1 || text[size - 1] != '\n' || (size > 1 && text[size - 2] != '\n'))
        return 0;
    for (; rest.at < rest.end; rest.at++) {
        if (is_found(rest, rest.at == text || rest.at[-1] == '\n'))
            return 0;
    }
    return 1;
}

/* Of a PFN line the tool looks for words only; here it must be one. */
static int reads_state(const uint8_t *text, int64_t size)
{
    struct cursor rest = {text, text + size};
    if (!takes(&rest, " type "))
        return 0;
    const uint8_t *type = rest.at;
    while (rest.at < rest.end && !is_space(*rest.at))
        rest.at++;
    if (rest.at == type)
        return 0;
    if (!takes(&rest, " Fallback"))
        takes(&rest, "         ");
    return takes(&rest, " Flags ");
}

EXPORT int32_t sort_tool_reads_alike(int32_t kind, const uint8_t *text, int64_t size)
{
    switch (kind) {
    case HEADER:
        return reads_header(text, size);
    case STATE:
        return reads_state(text, size);
    }
    return reads_rest(text, size);
}
