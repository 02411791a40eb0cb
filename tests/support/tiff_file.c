/* SPDX-License-Identifier: MIT */
/* TIFF 6.0, uncompressed, the directory before the data. */
#include "support/tiff_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TILE = 16, MOST_PARTS = 64, MOST_ENTRIES = 20 };

struct writer {
    const struct tiff_file *file;
    uint8_t *data;
    size_t len, cap;
};

static void add(struct writer *w, const void *data, size_t len)
{
    if (w->len + len > w->cap) {
        w->cap = 2 * (w->len + len);
        w->data = realloc(w->data, w->cap);
        if (!w->data) abort();
    }
    memcpy(w->data + w->len, data, len);
    w->len += len;
}

static void add_word(struct writer *w, uint64_t v, unsigned bytes)
{
    uint8_t word[8];
    for (unsigned i = 0; i < bytes; i++)
        word[i] = (uint8_t)(v >> 8 * (w->file->big_endian ? bytes - 1 - i : i));
    add(w, word, bytes);
}

/* ---- samples ---- */

static uint64_t half(float f)
{
    uint32_t v;
    memcpy(&v, &f, sizeof v);
    if (f == 0) return 0;
    return v >> 31 << 15 | (uint64_t)((int)(v >> 23 & 255) - 112) << 10 | (v >> 13 & 1023);
}

static uint64_t coded(const struct tiff_file *f, double value)
{
    if (f->type == TIFF_FILE_SIGNED) return (uint64_t)(int64_t)value;
    if (f->type == TIFF_FILE_UNSIGNED) return (uint64_t)value;
    uint64_t v = 0;
    float single = (float)value;
    if (f->bits == 16) return half(single);
    if (f->bits == 64)
        memcpy(&v, &value, 8);
    else
        memcpy(&v, &single, 4);
    return v;
}

/* Samples one behind the other, each row from a whole byte on. */
struct packer {
    struct writer *w;
    uint64_t bits;
    unsigned n;
};

static void pack(struct packer *p, double value)
{
    const struct tiff_file *f = p->w->file;
    uint64_t v = coded(f, value);
    if (f->bits % 8 == 0) {
        add_word(p->w, v, f->bits / 8);
        return;
    }
    for (unsigned i = f->bits; i-- > 0;) {
        p->bits = p->bits << 1 | (v >> i & 1);
        if (++p->n == 8) {
            add(p->w, &(uint8_t){(uint8_t)p->bits}, 1);
            p->n = 0;
        }
    }
}

static void end_row(struct packer *p)
{
    while (p->n)
        pack(p, 0);
}

static double value_at(const struct tiff_file *f, unsigned x, unsigned y, unsigned k)
{
    return f->values[(x >= TIFF_FILE_WIDTH / 2) + 2 * (y >= TIFF_FILE_HEIGHT / 2)][k];
}

/* One strip or tile; plane 0 and all samples, or one of them. */
static void add_part(struct writer *w, unsigned left, unsigned top, unsigned width, unsigned rows,
                     unsigned plane)
{
    const struct tiff_file *f = w->file;
    struct packer p = {.w = w};
    for (unsigned y = top; y < top + rows; y++) {
        for (unsigned x = left; x < left + width; x++)
            for (unsigned k = 0; k < f->samples; k++)
                if (!f->separate || k == plane) pack(&p, value_at(f, x, y, k));
        end_row(&p);
    }
}

static void add_shared(struct writer *w, unsigned left, unsigned top, unsigned width, unsigned rows)
{
    const struct tiff_file *f = w->file;
    struct packer p = {.w = w};
    for (unsigned y = top; y < top + rows; y += f->sub_y)
        for (unsigned x = left; x < left + width; x += f->sub_x) {
            for (unsigned i = 0; i < f->sub_x * f->sub_y; i++)
                pack(&p, value_at(f, x, y, 0));
            pack(&p, value_at(f, x, y, 1));
            pack(&p, value_at(f, x, y, 2));
        }
}

/* ---- the file ---- */

struct entry {
    unsigned tag, type, n;
    uint64_t values[MOST_PARTS]; /* SHORT, LONG or DOUBLE, as they are */
};

static unsigned type_len(unsigned type)
{
    return type == 3 ? 2 : type == 4 ? 4 : 8;
}

/* Entries, and behind them what does not fit into them. */
static void add_directory(struct writer *w, const struct entry *entries, unsigned n)
{
    size_t behind = 8 + 2 + 12 * (size_t)n + 4;
    add_word(w, n, 2);
    for (unsigned i = 0; i < n; i++) {
        const unsigned len = type_len(entries[i].type), all = len * entries[i].n;
        add_word(w, entries[i].tag, 2);
        add_word(w, entries[i].type, 2);
        add_word(w, entries[i].n, 4);
        if (all > 4) {
            add_word(w, behind, 4);
            behind += all;
            continue;
        }
        for (unsigned k = 0; k < entries[i].n; k++)
            add_word(w, entries[i].values[k], len);
        for (unsigned k = all; k < 4; k++)
            add_word(w, 0, 1);
    }
    add_word(w, 0, 4);
    for (unsigned i = 0; i < n; i++) {
        const unsigned len = type_len(entries[i].type);
        for (unsigned k = 0; len * entries[i].n > 4 && k < entries[i].n; k++)
            add_word(w, entries[i].values[k], len);
    }
}

struct part {
    size_t at, len;
};

static unsigned add_parts(struct writer *w, struct part parts[MOST_PARTS])
{
    const struct tiff_file *f = w->file;
    const unsigned width = f->tiled ? TILE : TIFF_FILE_WIDTH;
    const unsigned rows = f->tiled            ? TILE
                          : f->rows_per_strip ? f->rows_per_strip
                                              : TIFF_FILE_HEIGHT;
    unsigned n = 0;
    for (unsigned plane = 0; plane < (f->separate ? f->samples : 1); plane++)
        for (unsigned y = 0; y < TIFF_FILE_HEIGHT; y += rows)
            for (unsigned x = 0; x < TIFF_FILE_WIDTH; x += width) {
                if (n == MOST_PARTS) abort();
                parts[n].at = w->len;
                if (f->sub_x * f->sub_y > 1)
                    add_shared(w, x, y, width, rows);
                else
                    add_part(w, x, y, width, rows, plane);
                parts[n].len = w->len - parts[n].at;
                n++;
            }
    return n;
}

static void add_entry(struct entry *entries, unsigned *n, struct entry e)
{
    if (*n == MOST_ENTRIES) abort();
    entries[(*n)++] = e;
}

static struct entry repeated(unsigned tag, uint64_t value, unsigned n)
{
    struct entry e = {.tag = tag, .type = 3, .n = n};
    for (unsigned i = 0; i < n; i++)
        e.values[i] = value;
    return e;
}

static unsigned make_entries(const struct tiff_file *f, const struct part *parts, unsigned n_parts,
                             struct entry entries[MOST_ENTRIES])
{
    unsigned n = 0;
    struct entry at = {.tag = f->tiled ? 324 : 273, .type = 4, .n = n_parts};
    struct entry lens = {.tag = f->tiled ? 325 : 279, .type = 4, .n = n_parts};
    for (unsigned i = 0; i < n_parts; i++) {
        at.values[i] = parts[i].at + (i + 1 == f->lost ? 1u << 24 : 0);
        lens.values[i] = parts[i].len;
    }
    add_entry(entries, &n, repeated(256, TIFF_FILE_WIDTH, 1));
    add_entry(entries, &n, repeated(257, TIFF_FILE_HEIGHT, 1));
    add_entry(entries, &n, repeated(258, f->bits, f->samples));
    add_entry(entries, &n, repeated(259, 1, 1));
    if (f->photometric >= 0) add_entry(entries, &n, repeated(262, (uint64_t)f->photometric, 1));
    if (!f->tiled) add_entry(entries, &n, at);
    if (f->orientation) add_entry(entries, &n, repeated(274, f->orientation, 1));
    add_entry(entries, &n, repeated(277, f->samples, 1));
    if (!f->tiled) {
        const unsigned rows = f->rows_per_strip ? f->rows_per_strip : TIFF_FILE_HEIGHT;
        add_entry(entries, &n, repeated(278, rows, 1));
        add_entry(entries, &n, lens);
    }
    add_entry(entries, &n, repeated(284, f->separate ? 2 : 1, 1));
    if (f->tiled) {
        add_entry(entries, &n, repeated(322, TILE, 1));
        add_entry(entries, &n, repeated(323, TILE, 1));
        add_entry(entries, &n, at);
        add_entry(entries, &n, lens);
    }
    if (f->n_extra) add_entry(entries, &n, repeated(338, f->extra, f->n_extra));
    add_entry(entries, &n, repeated(339, f->type, f->samples));
    if (f->range) {
        struct entry e = {.tag = 341, .type = 12, .n = f->samples};
        for (unsigned k = 0; k < f->samples; k++)
            memcpy(&e.values[k], &f->white, 8);
        add_entry(entries, &n, e);
    }
    if (f->sub_x)
        add_entry(entries, &n,
                  (struct entry){.tag = 530, .type = 3, .n = 2, .values = {f->sub_x, f->sub_y}});
    return n;
}

struct tiff_file_bytes tiff_file_make(const struct tiff_file *file)
{
    struct writer w = {.file = file};
    struct part parts[MOST_PARTS] = {0};
    struct entry entries[MOST_ENTRIES];
    add(&w, file->big_endian ? "MM" : "II", 2);
    add_word(&w, 42, 2);
    add_word(&w, 8, 4);
    /* Twice: only with the data written it is known where the parts lie, and that does not change
     * how long the directory is. */
    unsigned n_parts = add_parts(&w, parts), n = make_entries(file, parts, n_parts, entries);
    w.len = 8;
    add_directory(&w, entries, n);
    n_parts = add_parts(&w, parts);
    n = make_entries(file, parts, n_parts, entries);
    const size_t len = w.len;
    w.len = 8;
    add_directory(&w, entries, n);
    w.len = len;
    return (struct tiff_file_bytes){w.data, len};
}
