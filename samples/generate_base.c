/* SPDX-License-Identifier: MIT */
/* Bytes in memory and files on disk. */
#include "generate.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

_Noreturn void gen_fatal(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("thumbs_samples: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(EXIT_FAILURE);
}

void *gen_alloc(size_t count, size_t item_len)
{
    void *memory = calloc(count, item_len);

    if (!memory) gen_fatal("no memory");
    return memory;
}

void gen_bytes_put(struct gen_bytes *bytes, const void *data, size_t len)
{
    if (len == 0) return;
    if (len > bytes->capacity - bytes->len) {
        size_t capacity = 2 * (bytes->len + len);
        uint8_t *grown = realloc(bytes->data, capacity);

        if (!grown) gen_fatal("no memory");
        bytes->data = grown;
        bytes->capacity = capacity;
    }
    memcpy(bytes->data + bytes->len, data, len);
    bytes->len += len;
}

void gen_bytes_put_text(struct gen_bytes *bytes, const char *text)
{
    gen_bytes_put(bytes, text, strlen(text));
}

void gen_bytes_put_zeros(struct gen_bytes *bytes, size_t len)
{
    static const uint8_t zero;

    for (size_t i = 0; i < len; i++)
        gen_bytes_put(bytes, &zero, 1);
}

void gen_bytes_put_u16(struct gen_bytes *bytes, enum gen_order order, uint16_t value)
{
    uint8_t high = (uint8_t)(value >> 8), low = (uint8_t)value;

    gen_bytes_put(bytes, order == GEN_BIG_ENDIAN ? &high : &low, 1);
    gen_bytes_put(bytes, order == GEN_BIG_ENDIAN ? &low : &high, 1);
}

void gen_bytes_put_u32(struct gen_bytes *bytes, enum gen_order order, uint32_t value)
{
    gen_bytes_put_zeros(bytes, 4);
    gen_bytes_set_u32(bytes, bytes->len - 4, order, value);
}

void gen_bytes_set_u32(struct gen_bytes *bytes, size_t offset, enum gen_order order, uint32_t value)
{
    if (bytes->len < 4 || offset > bytes->len - 4) gen_fatal("no four bytes at offset %zu", offset);
    for (unsigned i = 0; i < 4; i++) {
        unsigned shift = 8 * (order == GEN_BIG_ENDIAN ? 3 - i : i);

        bytes->data[offset + i] = (uint8_t)(value >> shift);
    }
}

struct gen_bytes gen_bytes_head(const struct gen_bytes *bytes, size_t len)
{
    struct gen_bytes head = {0};

    gen_bytes_put(&head, bytes->data, len < bytes->len ? len : bytes->len);
    return head;
}

void gen_bytes_finish(struct gen_bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct gen_bytes){0};
}

static void make_parents(char *path)
{
    for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST) gen_fatal("%s: %s", path, strerror(errno));
        *slash = '/';
    }
}

void gen_save(const struct gen_bytes *bytes, const char *format, ...)
{
    char path[PATH_MAX];
    va_list args;
    FILE *file;
    bool written;

    va_start(args, format);
    if (vsnprintf(path, sizeof path, format, args) >= (int)sizeof path) gen_fatal("name too long");
    va_end(args);

    make_parents(path);
    file = fopen(path, "wb");
    if (!file) gen_fatal("%s: %s", path, strerror(errno));
    written =
        fwrite(bytes->data ? (const void *)bytes->data : "", 1, bytes->len, file) == bytes->len;
    if (fclose(file) != 0 || !written) gen_fatal("%s: %s", path, strerror(errno));
}
