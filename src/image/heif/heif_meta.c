/* SPDX-License-Identifier: MIT */
#include "image/heif/heif_meta.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"

enum result { READ_OK, READ_CORRUPT, READ_NO_MEMORY };

/* ---- tables that grow ---- */

/* A place behind the n entries of a table, which is zeroed; NULL: no memory. */
static void *append(void **table, size_t *n, size_t entry)
{
    /* Room for a power of two. */
    if ((*n & (*n - 1)) == 0) {
        size_t size, cap = *n ? *n * 2 : 1;
        void *larger = th_mul_size(cap, entry, &size) ? th_realloc(*table, size) : NULL;
        if (!larger) return NULL;
        *table = larger;
    }
    void *place = (uint8_t *)*table + *n * entry;
    memset(place, 0, entry);
    ++*n;
    return place;
}

#define APPEND(meta, table, count)                                                                 \
    append((void **)&(meta)->table, &(meta)->count, sizeof *(meta)->table)

/* ---- items ---- */

static int compare_items(const void *a, const void *b)
{
    uint32_t x = ((const struct th_heif_item *)a)->id, y = ((const struct th_heif_item *)b)->id;
    return (x > y) - (x < y);
}

const struct th_heif_item *th_heif_meta_item(const struct th_heif_meta *m, uint32_t id)
{
    const struct th_heif_item key = {.id = id};
    return m->n_items ? bsearch(&key, m->items, m->n_items, sizeof key, compare_items) : NULL;
}

static struct th_heif_item *find_item(struct th_heif_meta *m, uint32_t id)
{
    return (struct th_heif_item *)th_heif_meta_item(m, id);
}

/* iinf: infe boxes. Those before version 2 have no types and are no pictures. */
static enum result read_iinf(struct th_heif_meta *m, struct th_heif_cursor c)
{
    struct th_heif_box box;
    if (th_heif_full(&c).version == 0)
        th_heif_u16(&c);
    else
        th_heif_u32(&c);
    while (th_heif_next(&c, &box)) {
        struct th_heif_cursor *b = &box.body;
        if (box.type != TH_FOURCC('i', 'n', 'f', 'e')) continue;
        unsigned version = th_heif_full(b).version;
        if (version < 2) continue;
        if (m->n_items == TH_HEIF_MAX_ITEMS) return READ_CORRUPT;
        struct th_heif_item *item = APPEND(m, items, n_items);
        if (!item) return READ_NO_MEMORY;
        item->id = version == 2 ? th_heif_u16(b) : th_heif_u32(b);
        item->protected_data = th_heif_u16(b) != 0;
        item->type = th_heif_u32(b);
        if (b->failed) m->n_items--;
    }
    return READ_OK;
}

/* Sorted, and of equal ids one. */
static void sort_items(struct th_heif_meta *m)
{
    size_t kept = 0;
    if (m->n_items == 0) return;
    qsort(m->items, m->n_items, sizeof *m->items, compare_items);
    for (size_t i = 1; i < m->n_items; i++) {
        if (m->items[i].id != m->items[kept].id) m->items[++kept] = m->items[i];
    }
    m->n_items = kept + 1;
}

/* ---- where the data of items lies ---- */

struct iloc {
    unsigned version, offset_size, length_size, base_size, index_size;
};

static enum result read_extents(struct th_heif_meta *m, struct th_heif_cursor *c,
                                const struct iloc *l, struct th_heif_item *item)
{
    uint16_t n = th_heif_u16(c);
    if (item) item->first_extent = (uint32_t)m->n_extents;
    for (uint16_t i = 0; i < n && !c->failed; i++) {
        uint64_t index = th_heif_number(c, l->index_size);
        struct th_heif_extent extent = {.offset = th_heif_number(c, l->offset_size),
                                        .len = th_heif_number(c, l->length_size)};
        if (c->failed || !item) continue;
        if (m->n_extents == TH_HEIF_MAX_EXTENTS) return READ_CORRUPT;
        struct th_heif_extent *place = APPEND(m, extents, n_extents);
        if (!place) return READ_NO_MEMORY;
        *place = extent;
        item->n_extents++;
        item->scattered = item->scattered || index > 1;
    }
    return READ_OK;
}

static enum result read_location(struct th_heif_meta *m, struct th_heif_cursor *c,
                                 const struct iloc *l)
{
    uint32_t id = l->version < 2 ? th_heif_u16(c) : th_heif_u32(c);
    unsigned construction = l->version == 0 ? 0 : th_heif_u16(c) & 15;
    bool elsewhere = th_heif_u16(c) != 0;
    uint64_t base = th_heif_number(c, l->base_size);
    struct th_heif_item *item = find_item(m, id);
    /* Of two locations the first counts. */
    if (item && item->n_extents > 0) item = NULL;
    if (item) {
        item->construction = (uint8_t)construction;
        item->elsewhere = elsewhere;
        item->base = base;
    }
    return read_extents(m, c, l, item);
}

static enum result read_iloc(struct th_heif_meta *m, struct th_heif_cursor c)
{
    struct iloc l = {.version = th_heif_full(&c).version};
    uint16_t sizes = th_heif_u16(&c);
    l.offset_size = sizes >> 12;
    l.length_size = sizes >> 8 & 15;
    l.base_size = sizes >> 4 & 15;
    l.index_size = l.version == 0 ? 0 : sizes & 15;
    if (l.version > 2) return READ_CORRUPT;
    uint32_t n = l.version < 2 ? th_heif_u16(&c) : th_heif_u32(&c);
    if (n > TH_HEIF_MAX_ITEMS) return READ_CORRUPT;
    for (uint32_t i = 0; i < n && !c.failed; i++) {
        enum result result = read_location(m, &c, &l);
        if (result != READ_OK) return result;
    }
    return c.failed ? READ_CORRUPT : READ_OK;
}

/* ---- properties ---- */

static enum result read_ipco(struct th_heif_meta *m, struct th_heif_cursor c)
{
    struct th_heif_box box;
    while (th_heif_next(&c, &box)) {
        if (m->n_properties == TH_HEIF_MAX_PROPERTIES) return READ_CORRUPT;
        struct th_heif_box *place = APPEND(m, properties, n_properties);
        if (!place) return READ_NO_MEMORY;
        *place = box;
    }
    return READ_OK;
}

static enum result read_links(struct th_heif_meta *m, struct th_heif_cursor *c, uint32_t id,
                              bool wide)
{
    unsigned n = th_heif_u8(c);
    for (unsigned i = 0; i < n && !c->failed; i++) {
        unsigned word = wide ? th_heif_u16(c) : th_heif_u8(c);
        unsigned index = word & (wide ? 0x7FFF : 0x7F);
        if (c->failed || index == 0) continue;
        if (m->n_links == TH_HEIF_MAX_LINKS) return READ_CORRUPT;
        struct th_heif_link *link = APPEND(m, links, n_links);
        if (!link) return READ_NO_MEMORY;
        link->item = id;
        link->property = (uint16_t)(index - 1);
        link->essential = word & (wide ? 0x8000 : 0x80);
    }
    return READ_OK;
}

static enum result read_ipma(struct th_heif_meta *m, struct th_heif_cursor c)
{
    struct th_heif_full full = th_heif_full(&c);
    uint32_t n = th_heif_u32(&c);
    if (n > TH_HEIF_MAX_ITEMS) return READ_CORRUPT;
    for (uint32_t i = 0; i < n && !c.failed; i++) {
        uint32_t id = full.version < 1 ? th_heif_u16(&c) : th_heif_u32(&c);
        struct th_heif_item *item = find_item(m, id);
        size_t first = m->n_links;
        enum result result = read_links(m, &c, id, full.flags & 1);
        if (result != READ_OK) return result;
        /* An item stands in ipma once; a second entry of it does not count. */
        if (!item || item->n_links > 0) continue;
        item->first_link = (uint32_t)first;
        item->n_links = (uint32_t)(m->n_links - first);
    }
    return READ_OK;
}

static enum result read_iprp(struct th_heif_meta *m, struct th_heif_cursor c)
{
    unsigned n_ipma = 0;
    struct th_heif_box box;
    enum result result = READ_OK;
    if (th_heif_find(&c, TH_FOURCC('i', 'p', 'c', 'o'), &box)) result = read_ipco(m, box.body);
    while (result == READ_OK && th_heif_next(&c, &box)) {
        /* One for each version and flags there can be. */
        if (box.type == TH_FOURCC('i', 'p', 'm', 'a'))
            result = ++n_ipma > 4 ? READ_CORRUPT : read_ipma(m, box.body);
    }
    return result;
}

/* ---- references ---- */

static enum result read_iref(struct th_heif_meta *m, struct th_heif_cursor c)
{
    bool wide = th_heif_full(&c).version > 0;
    struct th_heif_box box;
    while (th_heif_next(&c, &box)) {
        struct th_heif_cursor *b = &box.body;
        uint32_t from = wide ? th_heif_u32(b) : th_heif_u16(b);
        unsigned n = th_heif_u16(b);
        for (unsigned i = 0; i < n && !b->failed; i++) {
            uint32_t to = wide ? th_heif_u32(b) : th_heif_u16(b);
            if (b->failed) break;
            if (m->n_references == TH_HEIF_MAX_LINKS) return READ_CORRUPT;
            struct th_heif_reference *place = APPEND(m, references, n_references);
            if (!place) return READ_NO_MEMORY;
            *place = (struct th_heif_reference){.type = box.type, .from = from, .to = to};
        }
    }
    return READ_OK;
}

static bool is_reference(const struct th_heif_reference *r, uint32_t type, uint32_t from)
{
    return r->type == type && r->from == from;
}

const struct th_heif_reference *th_heif_meta_targets(const struct th_heif_meta *m, uint32_t type,
                                                     uint32_t from, size_t *n)
{
    size_t first = 0, end;
    while (first < m->n_references && !is_reference(&m->references[first], type, from))
        first++;
    for (end = first; end < m->n_references && is_reference(&m->references[end], type, from);)
        end++;
    *n = end - first;
    return *n ? &m->references[first] : NULL;
}

uint32_t th_heif_meta_source(const struct th_heif_meta *m, uint32_t type, uint32_t to, size_t *at)
{
    while (*at < m->n_references) {
        const struct th_heif_reference *r = &m->references[(*at)++];
        if (r->type == type && r->to == to) return r->from;
    }
    return 0;
}

/* ---- the tables ---- */

static enum result read_tables(struct th_heif_meta *m, const struct th_heif_cursor *c)
{
    struct th_heif_box box;
    enum result result = READ_OK;
    if (!th_heif_find(c, TH_FOURCC('i', 'i', 'n', 'f'), &box)) return READ_CORRUPT;
    result = read_iinf(m, box.body);
    sort_items(m);
    if (th_heif_find(c, TH_FOURCC('p', 'i', 't', 'm'), &box))
        m->primary =
            th_heif_full(&box.body).version == 0 ? th_heif_u16(&box.body) : th_heif_u32(&box.body);
    if (th_heif_find(c, TH_FOURCC('i', 'd', 'a', 't'), &box)) m->idat = box.body;
    if (result == READ_OK && th_heif_find(c, TH_FOURCC('i', 'l', 'o', 'c'), &box))
        result = read_iloc(m, box.body);
    if (result == READ_OK && th_heif_find(c, TH_FOURCC('i', 'p', 'r', 'p'), &box))
        result = read_iprp(m, box.body);
    if (result == READ_OK && th_heif_find(c, TH_FOURCC('i', 'r', 'e', 'f'), &box))
        result = read_iref(m, box.body);
    return result;
}

enum thumbs_code th_heif_meta_read(struct th_heif_meta *out, const uint8_t *data, size_t len,
                                   struct thumbs_error *err)
{
    const struct th_heif_cursor file = {.data = data, .len = len};
    struct th_heif_box meta;
    *out = (struct th_heif_meta){.data = data, .len = len};
    if (!th_heif_find(&file, TH_FOURCC('m', 'e', 't', 'a'), &meta))
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE,
                            "its list of pictures is missing");
    th_heif_full(&meta.body);
    /* The rest of the body is boxes; a cursor that starts there keeps their bounds. */
    struct th_heif_cursor boxes = {.data = meta.body.data + meta.body.at,
                                   .len = th_heif_left(&meta.body)};
    switch (read_tables(out, &boxes)) {
    case READ_OK:
        return THUMBS_OK;
    case READ_NO_MEMORY:
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_DECODE,
                            "no memory for its list of pictures");
    default:
        return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE,
                            "its list of pictures makes no sense");
    }
}

void th_heif_meta_finish(struct th_heif_meta *m)
{
    free(m->items);
    free(m->extents);
    free(m->properties);
    free(m->links);
    free(m->references);
    *m = (struct th_heif_meta){0};
}

void th_heif_meta_properties(const struct th_heif_meta *m, const struct th_heif_item *item,
                             th_heif_property_fn *each, void *user)
{
    for (uint32_t i = 0; i < item->n_links; i++) {
        const struct th_heif_link *link = &m->links[item->first_link + i];
        if (link->property >= m->n_properties) continue;
        if (!each(user, &m->properties[link->property], link->essential)) return;
    }
}

struct search {
    uint32_t type;
    struct th_heif_cursor found;
    bool done;
};

static bool is_sought(void *user, const struct th_heif_box *property, bool essential)
{
    struct search *s = user;
    (void)essential;
    if (property->type != s->type) return true;
    s->found = property->body;
    s->done = true;
    return false;
}

bool th_heif_meta_property(const struct th_heif_meta *m, const struct th_heif_item *item,
                           uint32_t type, struct th_heif_cursor *out)
{
    struct search s = {.type = type};
    th_heif_meta_properties(m, item, is_sought, &s);
    if (s.done) *out = s.found;
    return s.done;
}
