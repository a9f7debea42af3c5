/* Records of the live page_owner file, which gives one a read(). */
#define _GNU_SOURCE /* memmem */
#include "scan.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* How a reading ended; live/page_owner_file.py has the same words. */
enum { FULL, BEYOND, END, UNCLEAR, FAILED };

/* Stands in for pread() in tests. */
typedef int64_t (*read_at)(int fd, void *buffer, uint64_t size, int64_t offset);

struct live_reading {
    uint64_t base;    /* the PFN of offset 0, if offsets are relative; else 0 */
    uint64_t next;    /* the first PFN that is not read yet */
    uint64_t end;     /* the first PFN of somebody else */
    uint64_t records; /* read so far */
    int64_t size;     /* bytes of a record whose PFN is not clear */
    int32_t error;    /* errno */
};

/* The PFN of a record with one PFN line; 0 where a name may have written another. */
static int find_pfn(const uint8_t *text, int64_t size, uint64_t *pfn)
{
    static const char sign[] = "\nPFN ";
    const int64_t length = sizeof sign - 1;
    const uint8_t *found = memmem(text, (size_t)size, sign, (size_t)length);
    if (!found)
        return 0;
    const uint8_t *at = found + length, *end = text + size;
    if (memmem(at, (size_t)(end - at), sign, (size_t)length))
        return 0;
    uint64_t value = 0;
    unsigned base = 10;
    if (end - at > 2 && at[0] == '0' && at[1] == 'x') {
        base = 16;
        at += 2;
    }
    const uint8_t *first = at;
    for (; at < end && at - first < 16; at++) {
        unsigned digit = (unsigned)*at - '0';
        if (digit > 9)
            digit = *at >= 'a' && *at <= 'f' ? *at - 'a' + 10u : 99;
        if (digit >= base)
            break;
        value = value * base + digit;
    }
    *pfn = value;
    return at > first && at < end && *at == ' ';
}

/*
 * Read records of [next, end) into buffer[used..room), as long as `least` bytes are free. Returns
 * how much is used; `how` tells why it ended. BEYOND: `next` is the PFN of the record found there.
 * UNCLEAR: a record of `size` bytes lies behind what is used; say its PFN, and go on.
 */
EXPORT int64_t live_read(int32_t fd, read_at read_at, struct live_reading *reading, uint8_t *buffer,
                         int64_t used, int64_t room, int64_t least, int32_t *how)
{
    while (room - used >= least) {
        uint64_t next = reading->next;
        int64_t offset = next > reading->base ? (int64_t)(next - reading->base) : 0;
        int64_t size;
        do
            size = read_at ? read_at(fd, buffer + used, (uint64_t)(room - used), offset)
                           : pread(fd, buffer + used, (size_t)(room - used), offset);
        while (size < 0 && !read_at && errno == EINTR);
        if (size <= 0) {
            reading->error = size ? (read_at ? (int32_t)-size : errno) : 0;
            *how = size ? FAILED : END;
            return used;
        }
        uint64_t pfn;
        if (!find_pfn(buffer + used, size, &pfn)) {
            reading->size = size;
            *how = UNCLEAR;
            return used;
        }
        if (pfn < next) {
            reading->error = ESPIPE;
            *how = FAILED;
            return used;
        }
        if (pfn >= reading->end) {
            reading->next = pfn;
            *how = BEYOND;
            return used;
        }
        reading->next = pfn + 1;
        reading->records++;
        used += size;
    }
    *how = FULL;
    return used;
}
