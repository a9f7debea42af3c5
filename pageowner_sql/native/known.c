/* Texts and groups: which are the same. */
#include "scan.h"

/* A keyed hash, so that nobody can make up texts that share a slot. */
static uint64_t folded(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint64_t tail_of(const uint8_t *at, int64_t size)
{
    uint64_t value = 0;
    memcpy(&value, at, (size_t)size);
    return value;
}

static uint64_t hash(const uint8_t *at, int64_t size, const uint64_t *key)
{
    uint64_t a = key[0] ^ (uint64_t)size, b = key[1];
    for (; size >= 32; at += 32, size -= 32) {
        a = folded(load(at) ^ a, load(at + 8) ^ key[2]);
        b = folded(load(at + 16) ^ b, load(at + 24) ^ key[3]);
    }
    for (; size >= 8; at += 8, size -= 8)
        a = folded(load(at) ^ a, key[2]);
    return folded(tail_of(at, size) ^ a ^ key[3], b ^ key[2]);
}

static int is_text(const struct texts *texts, int64_t number, const uint8_t *base, const uint8_t *text,
                   int64_t size)
{
    return texts->size[number] == size && memcmp(base + texts->at[number], text, (size_t)size) == 0;
}

int32_t number_of(struct texts *texts, uint64_t mask, const uint64_t *key, const uint8_t *base,
                  const uint8_t *text, int64_t size, int64_t new_at)
{
    if (texts->count && is_text(texts, texts->last, base, text, size))
        return (int32_t)texts->last;
    uint64_t h = hash(text, size, key);
    for (uint64_t slot = h & mask;; slot = (slot + 1) & mask) {
        int64_t number = (int64_t)texts->slots[slot] - 1;
        if (number < 0) {
            number = texts->count++;
            texts->slots[slot] = (uint32_t)number + 1;
            texts->hashes[number] = h;
            texts->at[number] = new_at;
            texts->size[number] = (int32_t)size;
        } else if (texts->hashes[number] != h || !is_text(texts, number, base, text, size)) {
            continue;
        }
        texts->last = number;
        return (int32_t)number;
    }
}

static int is_group(const struct groups *groups, int64_t group, const int32_t *numbers,
                    uint8_t before_block)
{
    return groups->number[HEADER][group] == numbers[HEADER] && groups->number[STATE][group] == numbers[STATE]
        && groups->number[REST][group] == numbers[REST] && groups->before_block[group] == before_block;
}

int32_t group_of(struct known *known, const int32_t *numbers, uint8_t before_block)
{
    struct groups *groups = &known->groups;
    const uint64_t *key = known->key;
    if (groups->count && is_group(groups, groups->last, numbers, before_block)) {
        groups->times[groups->last]++;
        return (int32_t)groups->last;
    }
    uint64_t h = folded(((uint64_t)(uint32_t)numbers[HEADER] << 32 | (uint32_t)numbers[REST]) ^ key[0],
                        ((uint64_t)(uint32_t)numbers[STATE] << 32 | before_block) ^ key[1]);
    for (uint64_t slot = h & known->mask;; slot = (slot + 1) & known->mask) {
        int64_t group = (int64_t)groups->slots[slot] - 1;
        if (group < 0) {
            group = groups->count++;
            groups->slots[slot] = (uint32_t)group + 1;
            groups->times[group] = 0;
            groups->before_block[group] = before_block;
            for (int kind = 0; kind < TEXTS; kind++)
                groups->number[kind][group] = numbers[kind];
        } else if (!is_group(groups, group, numbers, before_block)) {
            continue;
        }
        groups->last = group;
        groups->times[group]++;
        return (int32_t)group;
    }
}
