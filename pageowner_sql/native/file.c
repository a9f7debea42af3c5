/* How many records of a file are alike. */
#include "memory.h"
#include "scan.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

/* A part of a file that is read and counted, a chunk at a time; others may read it meanwhile. */
struct file {
    int32_t descriptor, error; /* errno where reading failed */
    uint8_t *buffer;           /* PADDING bytes longer than its size */
    int64_t size, chunk;       /* with less than a chunk to spare a record is too long */
    int64_t held;              /* bytes of text in the buffer */
    int64_t offset;            /* where in the dump they begin */
    int64_t regions, done;     /* of the chunk at hand, and how many are counted */
    uint8_t *irregular;              /* the texts of irregular regions; room for those of a whole buffer */
    int64_t irregular_room, irregular_used;
    int64_t irregulars;
    int64_t *irregular_at;     /* of each: where in the dump it begins */
    int64_t *irregular_border; /* of each, and one more: where in `irregular` it begins */
    int64_t limit;             /* read about so many bytes, then come back */
    int64_t position, end;     /* where in the file to read next, and where to stop */
};

EXPORT void file_free(struct file *file)
{
    if (!file)
        return;
    void *all[] = {file->buffer, file->irregular, file->irregular_at, file->irregular_border};
    for (size_t at = 0; at < sizeof all / sizeof *all; at++)
        pages_free(all[at]);
    free(file);
}

/* A file of which `size` bytes are at hand, and `irregular` bytes of irregular regions. */
EXPORT struct file *file_new(int64_t size, int64_t padding, int64_t chunk, int64_t irregular)
{
    struct file *file = calloc(1, sizeof *file);
    if (!file)
        return NULL;
    int64_t most = most_regions(irregular) + 8; /* the first of a call may be short */
    file->size = size;
    file->chunk = chunk;
    file->irregular_room = irregular;
    file->buffer = pages_new(size + padding);
    file->irregular = pages_new(irregular);
    file->irregular_at = pages_new(most * 8);
    file->irregular_border = pages_new(most * 8);
    if (file->buffer && file->irregular && file->irregular_at && file->irregular_border)
        return file;
    file_free(file);
    return NULL;
}

enum outcome { MORE, FULL, END, LONG, FAILED, STRANGE };

static int fill(struct file *file)
{
    int64_t left = file->end - file->position;
    int64_t wanted = file->held + (left < file->chunk ? left : file->chunk);
    if (left <= 0)
        return END;
    while (file->held < wanted) {
        ssize_t count = pread(file->descriptor, file->buffer + file->held,
                              (size_t)(wanted - file->held), (off_t)file->position);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            file->error = errno;
        if (count <= 0)
            return count < 0 ? FAILED : END;
        file->held += count;
        file->position += count;
        file->limit -= count;
    }
    return MORE;
}

/* Keep the text of the irregular regions, all of the chunk's. */
static void keep_irregular(struct file *file, const struct scanner *scanner)
{
    for (int64_t n = 0; n < scanner->irregulars; n++) {
        const int64_t *border = scanner->start + scanner->irregular[n];
        int64_t start = border[0], size = border[1] - start;
        memcpy(file->irregular + file->irregular_used, file->buffer + start, (size_t)size);
        file->irregular_used += size;
        file->irregular_at[file->irregulars] = file->offset + start;
        file->irregular_border[++file->irregulars] = file->irregular_used;
    }
}

/*
 * Count a file on from where it stands, as long as nothing is irregular but single regions:
 * MORE: the limit is reached, or there is no more room for irregular regions;
 * FULL: no more room for texts or groups, give others and call again;
 * END, LONG: what the buffer holds is the last text there is, or has no end;
 * FAILED: it cannot be read; STRANGE: most of a chunk was irregular.
 */
EXPORT int32_t scan_file(struct scanner *scanner, struct file *file, const struct shape *shape)
{
    file->irregulars = file->irregular_used = 0;
    for (;;) {
        if (file->done == file->regions) {
            if (file->limit <= 0)
                return MORE;
            if (file->size - file->held < file->chunk)
                return LONG;
            int32_t read = fill(file);
            if (read != MORE)
                return read;
            file->done = 0;
            file->regions = scan_cut(scanner, file->buffer, file->held, 0, 1);
            if (file->regions < 0) {
                file->error = ENOMEM;
                return FAILED;
            }
            if (!file->regions)
                continue;
        }
        int64_t before = file->done;
        file->done = scan_feed(scanner, file->buffer, file->offset, before, file->regions, shape, 0);
        keep_irregular(file, scanner);
        if (file->done < file->regions)
            return FULL;
        int64_t covered = scanner->start[file->regions];
        file->offset += covered;
        file->held -= covered;
        memmove(file->buffer, file->buffer + covered, (size_t)file->held);
        if (2 * scanner->irregulars > file->regions - before)
            return STRANGE;
        if (file->irregular_room - file->irregular_used < file->size)
            return MORE;
    }
}
