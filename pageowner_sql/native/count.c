/* Many chunks: their records one by one, or how many of a file are alike. */
#include "scan.h"

#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

/*
 * Read the regions from number `from` on; `offset` is where the chunk begins in the dump. A plain
 * record goes into `rows`, or is counted in its group where there are none. Returns the region that
 * it stopped at: there is no more room for what is new, or all are read.
 */
EXPORT int64_t scan_feed(const uint8_t *text, int64_t offset, int64_t from, int64_t regions,
                         const int64_t *start, const uint8_t *single, const struct shape *shape,
                         struct known *known, struct count *out, struct rows *rows)
{
    for (int64_t region = from; region < regions; region++) {
        struct record found = {0};
        int32_t numbers[TEXTS];
        int64_t size = start[region + 1] - start[region];
        int refused = 0;
        int full = known->groups.count >= out->most || out->used + size > out->room;
        for (int kind = 0; kind < TEXTS; kind++)
            full |= known->texts[kind].count >= out->most;
        if (full)
            return region;
        if (!single[region] || !read_record(text, start[region], start[region + 1], shape, &found)) {
            out->irregular[out->irregulars++] = (int32_t)region;
            continue;
        }
        const int64_t begins[TEXTS] = {start[region], found.tail, found.rest};
        const int64_t ends[TEXTS] = {found.header_end, found.rest, start[region + 1]};
        for (int kind = 0; kind < TEXTS; kind++) {
            const uint8_t *piece = text + begins[kind];
            int64_t length = ends[kind] - begins[kind], before = known->texts[kind].count;
            numbers[kind] = number_of(known, kind, out->store, piece, length, out->used);
            if (known->texts[kind].count > before) {
                memcpy(out->store + out->used, piece, (size_t)length);
                out->used += length;
                out->refused[kind][numbers[kind]] =
                    out->compared && !sort_tool_reads_alike(kind, piece, length);
            }
            refused |= out->refused[kind][numbers[kind]];
        }
        if (refused) {
            out->irregular[out->irregulars++] = (int32_t)region;
            continue;
        }
        if (rows) {
            add_row(rows, region, &found, numbers);
            continue;
        }
        int64_t before = known->groups.count;
        int32_t group = group_of(known, numbers, found.before_block);
        if (known->groups.count > before) {
            out->first[group] = offset + start[region];
            out->alloc_ts[group] = found.alloc_ts;
            out->free_ts[group] = found.free_ts;
        }
    }
    return regions;
}

/* A part of a file that is read and counted, a chunk at a time; others may read it meanwhile. */
struct file {
    int32_t descriptor, error; /* errno where reading failed */
    uint8_t *buffer;           /* PADDING bytes longer than its size */
    int64_t size, chunk;       /* with less than a chunk to spare a record is too long */
    int64_t held;              /* bytes of text in the buffer */
    int64_t offset;            /* where in the dump they begin */
    int64_t *start, *line;     /* the regions of the chunk at hand, and how many are counted */
    uint8_t *single;
    int64_t regions, done;
    uint8_t *irregular;              /* the texts of irregular regions; room for those of a whole buffer */
    int64_t irregular_room, irregular_used;
    int64_t irregulars;
    int64_t *irregular_at, *irregular_end; /* of each: where in the dump it begins, where in `irregular` it ends */
    int64_t limit;             /* read about so many bytes, then come back */
    int64_t position, end;     /* where in the file to read next, and where to stop */
};

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
static void keep_irregular(struct file *file, const struct count *out)
{
    for (int64_t n = 0; n < out->irregulars; n++) {
        int64_t start = file->start[out->irregular[n]], size = file->start[out->irregular[n] + 1] - start;
        memcpy(file->irregular + file->irregular_used, file->buffer + start, (size_t)size);
        file->irregular_used += size;
        file->irregular_at[file->irregulars] = file->offset + start;
        file->irregular_end[file->irregulars++] = file->irregular_used;
    }
}

/*
 * Count a file on from where it stands, as long as nothing is irregular but single regions:
 * MORE: the limit is reached, or there is no more room for irregular regions;
 * FULL: no more room for texts or groups, give others and call again;
 * END, LONG: what the buffer holds is the last text there is, or has no end;
 * FAILED: it cannot be read; STRANGE: most of a chunk was irregular.
 */
EXPORT int32_t scan_file(struct file *file, const struct shape *shape, struct known *known,
                         struct count *out)
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
            file->regions = scan_cut(file->buffer, file->held, 0, 1, file->start, file->line, file->single);
            file->done = 0;
            if (!file->regions)
                continue;
        }
        out->irregulars = 0;
        int64_t before = file->done;
        file->done = scan_feed(file->buffer, file->offset, before, file->regions, file->start,
                               file->single, shape, known, out, NULL);
        keep_irregular(file, out);
        if (file->done < file->regions)
            return FULL;
        int64_t covered = file->start[file->regions];
        file->offset += covered;
        file->held -= covered;
        memmove(file->buffer, file->buffer + covered, (size_t)file->held);
        if (2 * out->irregulars > file->regions - before)
            return STRANGE;
        if (file->irregular_room - file->irregular_used < file->size)
            return MORE;
    }
}
