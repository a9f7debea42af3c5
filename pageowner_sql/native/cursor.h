/* Reading a text word by word. */
#ifndef CURSOR_H
#define CURSOR_H

#include <stdint.h>
#include <string.h>

/* A text and how far it is read. */
struct cursor {
    const uint8_t *at, *end;
};

static inline int is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static inline int is_digit(uint8_t byte)
{
    return (uint8_t)(byte - '0') < 10;
}

static inline int begins(const struct cursor *text, const char *word)
{
    int64_t size = (int64_t)strlen(word);
    return text->end - text->at >= size && memcmp(text->at, word, (size_t)size) == 0;
}

static inline int takes(struct cursor *text, const char *word)
{
    if (!begins(text, word))
        return 0;
    text->at += strlen(word);
    return 1;
}

static inline int64_t take_digits(struct cursor *text)
{
    const uint8_t *start = text->at;
    while (text->at < text->end && is_digit(*text->at))
        text->at++;
    return text->at - start;
}

/* A gfp mask of `most` digits at most, and its names where they are there. */
static inline int takes_mask(struct cursor *text, int64_t most)
{
    const uint8_t *start = text->at;
    while (text->at < text->end && (is_digit(*text->at) || (*text->at >= 'a' && *text->at <= 'f')))
        text->at++;
    if (text->at == start || text->at - start > most)
        return 0;
    if (!takes(text, "("))
        return 1;
    for (; text->at < text->end && *text->at != ')'; text->at++) {
        uint8_t byte = *text->at, letter = byte | 0x20;
        if (!(letter >= 'a' && letter <= 'z') && !is_digit(byte) && byte != '_' && byte != '|')
            return 0;
    }
    return takes(text, ")");
}

static inline void take_spaces(struct cursor *text)
{
    while (text->at < text->end && is_space(*text->at))
        text->at++;
}

#endif
