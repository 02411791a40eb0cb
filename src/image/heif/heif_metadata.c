/* SPDX-License-Identifier: MIT */
#include "image/heif/heif_metadata.h"

#include <stdlib.h>

#include "image/heif/heif_meta.h"

#define EXIF_ITEM TH_FOURCC('E', 'x', 'i', 'f')
#define MIME_ITEM TH_FOURCC('m', 'i', 'm', 'e')
#define DESCRIBES TH_FOURCC('c', 'd', 's', 'c')

/* Without it other metadata of the same type would pass for XMP. */
#define XMP_NAMESPACE "adobe:ns:meta/"

static struct th_view view_of(const struct th_heif_cursor *c)
{
    return (struct th_view){c->data + c->at, c->len - c->at};
}

/* In front of the TIFF bytes stands how many bytes lie between. */
static struct th_view tiff_of(struct th_view v)
{
    const uint64_t at = 4 + th_view_be(v, 0, 4);
    if (v.len < 4 || at > v.len) return (struct th_view){0};
    return (struct th_view){v.data + at, v.len - (size_t)at};
}

static bool is_xmp(struct th_view v)
{
    return v.len && memmem(v.data, v.len, XMP_NAMESPACE, strlen(XMP_NAMESPACE));
}

/* The walk over the items: what is not in one piece is put together here. */
struct search {
    const struct th_heif_meta *meta;
    struct th_metadata_found *out;
    bool no_memory;
};

static void note_item(struct search *s, const struct th_heif_item *item)
{
    struct th_heif_cursor data;
    uint8_t *memory = NULL;
    bool cut = false;
    const bool exif = item->type == EXIF_ITEM && !s->out->exif.len;
    const bool mime = item->type == MIME_ITEM && !s->out->xmp.len;
    if (!exif && !mime) return;
    enum thumbs_code code = th_heif_meta_data(s->meta, item, &data, &memory, &cut, NULL);
    s->no_memory = s->no_memory || code == THUMBS_MEMORY;
    /* There is one place for what is in pieces: the second such block, which nobody writes, is
     * none.
     */
    if (code == THUMBS_OK && !cut && !(memory && s->out->memory)) {
        const struct th_view v = view_of(&data);
        if (exif)
            s->out->exif = tiff_of(v);
        else if (is_xmp(v))
            s->out->xmp = v;
        if (memory) s->out->memory = memory;
        memory = NULL;
    }
    free(memory);
}

static bool describes_primary(const struct th_heif_meta *meta, const struct th_heif_item *item)
{
    size_t n;
    const struct th_heif_reference *to = th_heif_meta_targets(meta, DESCRIBES, item->id, &n);
    for (size_t i = 0; i < n; i++)
        if (to[i].to == meta->primary) return true;
    return !to; /* of whatever is in the file */
}

bool th_heif_metadata(struct th_view file, struct th_metadata_found *out)
{
    struct th_heif_meta meta = {0};
    struct search s = {.meta = &meta, .out = out};
    enum thumbs_code code = th_heif_meta_read(&meta, file.data, file.len, NULL);
    s.no_memory = code == THUMBS_MEMORY;
    for (size_t i = 0; code == THUMBS_OK && i < meta.n_items && !s.no_memory; i++) {
        const struct th_heif_item *item = &meta.items[i];
        if ((item->type == EXIF_ITEM || item->type == MIME_ITEM) && describes_primary(&meta, item))
            note_item(&s, item);
    }
    th_heif_meta_finish(&meta);
    return !s.no_memory;
}
