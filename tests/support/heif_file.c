/* SPDX-License-Identifier: MIT */
#include "heif_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void heif_put(struct heif_bytes *b, const void *data, size_t len)
{
    if (len > b->cap - b->len) {
        b->cap = 2 * b->cap + len;
        b->data = realloc(b->data, b->cap);
        if (!b->data) abort();
    }
    if (len) memcpy(b->data + b->len, data, len);
    b->len += len;
}

void heif_put_be(struct heif_bytes *b, uint64_t value, unsigned n_bytes)
{
    while (n_bytes--) {
        uint8_t byte = (uint8_t)(value >> 8 * n_bytes);
        heif_put(b, &byte, 1);
    }
}

/* ---- coded pictures of other files ---- */

static const uint8_t *find(const uint8_t *data, size_t len, const char *name)
{
    for (size_t i = 4; i + 4 <= len; i++) {
        if (memcmp(data + i, name, 4) == 0) return data + i - 4;
    }
    return NULL;
}

static bool box_body(const uint8_t *file, size_t len, const char *name, const uint8_t **body,
                     size_t *body_len)
{
    const uint8_t *box = find(file, len, name);
    if (!box) return false;
    size_t size = (size_t)box[0] << 24 | (size_t)box[1] << 16 | (size_t)box[2] << 8 | box[3];
    if (size < 8 || size > len - (size_t)(box - file)) return false;
    *body = box + 8;
    *body_len = size - 8;
    return true;
}

bool heif_coded_find(const uint8_t *file, size_t len, struct heif_coded *out)
{
    out->type = "hvc1";
    if (!box_body(file, len, "hvcC", &out->config, &out->config_len)) {
        out->type = "av01";
        if (!box_body(file, len, "av1C", &out->config, &out->config_len)) return false;
    }
    return box_body(file, len, "mdat", &out->data, &out->data_len);
}

/* ---- what a file is made of ---- */

static void check(bool good)
{
    if (!good) {
        fputs("heif_file: more than there is room for\n", stderr);
        abort();
    }
}

unsigned heif_property(struct heif_file *f, const char *type, const void *body, size_t len)
{
    check(f->n_properties < HEIF_MOST);
    f->properties[f->n_properties].type = type;
    heif_put(&f->properties[f->n_properties].body, body, len);
    return ++f->n_properties;
}

unsigned heif_size(struct heif_file *f, uint32_t width, uint32_t height)
{
    struct heif_bytes b = {0};
    heif_put_be(&b, 0, 4);
    heif_put_be(&b, width, 4);
    heif_put_be(&b, height, 4);
    unsigned number = heif_property(f, "ispe", b.data, b.len);
    free(b.data);
    return number;
}

unsigned heif_nclx(struct heif_file *f, unsigned primaries, unsigned transfer, unsigned matrix,
                   bool full_range)
{
    struct heif_bytes b = {0};
    heif_put(&b, "nclx", 4);
    heif_put_be(&b, primaries, 2);
    heif_put_be(&b, transfer, 2);
    heif_put_be(&b, matrix, 2);
    heif_put_be(&b, full_range ? 0x80 : 0, 1);
    unsigned number = heif_property(f, "colr", b.data, b.len);
    free(b.data);
    return number;
}

unsigned heif_config(struct heif_file *f, const struct heif_coded *c)
{
    return heif_property(f, c->type[0] == 'h' ? "hvcC" : "av1C", c->config, c->config_len);
}

struct heif_item *heif_add(struct heif_file *f, uint32_t id, const char *type, const void *data,
                           size_t len)
{
    check(f->n_items < HEIF_MOST);
    struct heif_item *item = &f->items[f->n_items++];
    *item = (struct heif_item){.id = id, .type = type, .data = data, .len = len};
    return item;
}

void heif_has(struct heif_item *item, unsigned property)
{
    unsigned n = 0;
    while (n < HEIF_MOST_PROPERTIES && item->properties[n])
        n++;
    check(n < HEIF_MOST_PROPERTIES);
    item->properties[n] = property;
}

void heif_refer(struct heif_file *f, const char *type, uint32_t from, uint32_t to)
{
    unsigned i = 0;
    while (i < f->n_references &&
           (f->references[i].from != from || strcmp(f->references[i].type, type) != 0))
        i++;
    check(i < HEIF_MOST);
    if (i == f->n_references) f->n_references++;
    check(f->references[i].n < HEIF_MOST_TARGETS);
    f->references[i].type = type;
    f->references[i].from = from;
    f->references[i].to[f->references[i].n++] = to;
}

void heif_grid(uint8_t out[HEIF_GRID_LEN], unsigned rows, unsigned columns, unsigned width,
               unsigned height)
{
    const uint8_t body[HEIF_GRID_LEN] = {0,
                                         0,
                                         (uint8_t)(rows - 1),
                                         (uint8_t)(columns - 1),
                                         (uint8_t)(width >> 8),
                                         (uint8_t)width,
                                         (uint8_t)(height >> 8),
                                         (uint8_t)height};
    memcpy(out, body, sizeof body);
}

void heif_file_finish(struct heif_file *f)
{
    for (unsigned i = 0; i < f->n_properties; i++)
        free(f->properties[i].body.data);
    *f = (struct heif_file){0};
}

/* ---- writing ---- */

static size_t begin(struct heif_bytes *b, const char *type)
{
    size_t at = b->len;
    heif_put_be(b, 0, 4);
    heif_put(b, type, 4);
    return at;
}

static size_t begin_full(struct heif_bytes *b, const char *type, unsigned version)
{
    size_t at = begin(b, type);
    heif_put_be(b, (uint64_t)version << 24, 4);
    return at;
}

static void end(struct heif_bytes *b, size_t at)
{
    for (unsigned i = 0; i < 4; i++)
        b->data[at + i] = (uint8_t)((b->len - at) >> 8 * (3 - i));
}

static void write_infos(struct heif_bytes *b, const struct heif_file *f)
{
    size_t iinf = begin_full(b, "iinf", 0);
    heif_put_be(b, f->n_items, 2);
    for (unsigned i = 0; i < f->n_items; i++) {
        const struct heif_item *item = &f->items[i];
        size_t infe = begin_full(b, "infe", 2);
        b->data[b->len - 1] = item->hidden;
        heif_put_be(b, item->id, 2);
        heif_put_be(b, item->encrypted, 2);
        heif_put(b, item->type, 4);
        heif_put(b, "", 1);
        end(b, infe);
    }
    end(b, iinf);
}

static const struct heif_item *find_item(const struct heif_file *f, uint32_t id)
{
    for (unsigned i = 0; i < f->n_items; i++) {
        if (f->items[i].id == id) return &f->items[i];
    }
    return NULL;
}

static size_t offset_within(const struct heif_file *f, const struct heif_item *item)
{
    const struct heif_item *outer = find_item(f, item->within);
    for (size_t at = 0; outer && at + item->len <= outer->len; at++) {
        if (memcmp((const uint8_t *)outer->data + at, item->data, item->len) == 0) return at;
    }
    check(false);
    return 0;
}

/* Items of construction 0 lie one behind the other in mdat, those of 1 in idat. */
static void write_locations(struct heif_bytes *b, const struct heif_file *f, size_t mdat)
{
    size_t iloc = begin_full(b, "iloc", 1), idat = 0;
    heif_put_be(b, 0x4440, 2);
    heif_put_be(b, f->n_items, 2);
    for (unsigned i = 0; i < f->n_items; i++) {
        const struct heif_item *item = &f->items[i];
        unsigned n = item->n_extents ? item->n_extents : 1;
        size_t *place = item->construction == 1 ? &idat : &mdat;
        size_t base = item->construction == 2 ? offset_within(f, item) : *place;
        heif_put_be(b, item->id, 2);
        heif_put_be(b, item->construction, 2);
        heif_put_be(b, item->elsewhere, 2);
        heif_put_be(b, base, 4);
        heif_put_be(b, n, 2);
        for (unsigned k = 0; k < n; k++) {
            size_t from = item->len * k / n, to = item->len * (k + 1) / n;
            heif_put_be(b, from, 4);
            heif_put_be(b, to - from, 4);
        }
        if (item->construction != 2) *place += item->len;
    }
    end(b, iloc);
}

static void write_properties(struct heif_bytes *b, const struct heif_file *f)
{
    size_t iprp = begin(b, "iprp"), ipco = begin(b, "ipco");
    for (unsigned i = 0; i < f->n_properties; i++) {
        size_t box = begin(b, f->properties[i].type);
        heif_put(b, f->properties[i].body.data, f->properties[i].body.len);
        end(b, box);
    }
    end(b, ipco);
    size_t ipma = begin_full(b, "ipma", 0);
    heif_put_be(b, f->n_items, 4);
    for (unsigned i = 0; i < f->n_items; i++) {
        const struct heif_item *item = &f->items[i];
        unsigned n = 0;
        while (n < HEIF_MOST_PROPERTIES && item->properties[n])
            n++;
        heif_put_be(b, item->id, 2);
        heif_put_be(b, n, 1);
        for (unsigned k = 0; k < n; k++)
            heif_put_be(b, item->properties[k] | 0x80, 1);
    }
    end(b, ipma);
    end(b, iprp);
}

static void write_references(struct heif_bytes *b, const struct heif_file *f)
{
    size_t iref = begin_full(b, "iref", 0);
    for (unsigned i = 0; i < f->n_references; i++) {
        size_t box = begin(b, f->references[i].type);
        heif_put_be(b, f->references[i].from, 2);
        heif_put_be(b, f->references[i].n, 2);
        for (unsigned k = 0; k < f->references[i].n; k++)
            heif_put_be(b, f->references[i].to[k], 2);
        end(b, box);
    }
    end(b, iref);
}

static void write_group(struct heif_bytes *b, const struct heif_file *f)
{
    unsigned n = 0;
    while (n < 4 && f->alternatives[n])
        n++;
    if (n == 0) return;
    size_t grpl = begin(b, "grpl"), altr = begin_full(b, "altr", 0);
    heif_put_be(b, 1000, 4);
    heif_put_be(b, n, 4);
    for (unsigned i = 0; i < n; i++)
        heif_put_be(b, f->alternatives[i], 4);
    end(b, altr);
    end(b, grpl);
}

static void write_data(struct heif_bytes *b, const struct heif_file *f, unsigned construction,
                       const char *type)
{
    size_t box = begin(b, type);
    for (unsigned i = 0; i < f->n_items; i++) {
        if (f->items[i].construction == construction)
            heif_put(b, f->items[i].data, f->items[i].len);
    }
    end(b, box);
}

static void write_meta(struct heif_bytes *b, const struct heif_file *f, size_t mdat)
{
    size_t meta = begin_full(b, "meta", 0), hdlr = begin_full(b, "hdlr", 0);
    heif_put(b, "\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0", 21);
    end(b, hdlr);
    size_t pitm = begin_full(b, "pitm", 0);
    heif_put_be(b, f->primary, 2);
    end(b, pitm);
    write_infos(b, f);
    write_locations(b, f, mdat);
    write_properties(b, f);
    write_references(b, f);
    write_group(b, f);
    write_data(b, f, 1, "idat");
    end(b, meta);
}

struct heif_bytes heif_write(const struct heif_file *f)
{
    struct heif_bytes b = {0}, probe = {0};
    size_t ftyp = begin(&b, "ftyp");
    heif_put(&b, f->brand, 4);
    heif_put_be(&b, 0, 4);
    heif_put(&b, "mif1", 4);
    heif_put(&b, f->brand, 4);
    end(&b, ftyp);
    write_meta(&probe, f, 0); /* as long as the real one */
    write_meta(&b, f, b.len + probe.len + 8);
    write_data(&b, f, 0, "mdat");
    free(probe.data);
    return b;
}
