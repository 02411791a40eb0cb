/* SPDX-License-Identifier: MIT */
#include "image/jpeg/jpeg_embedded.h"

#include "image/exif.h"
#include "image/jpeg/jpeg_parse.h"
#include "image/metadata/exif_clean.h"

enum {
    MPF_NAME_LEN = 4, /* "MPF", NUL */
    EXIF_NAME_LEN = 6,
    TAG_MP_ENTRIES = 0xB002,
    MP_ENTRY_LEN = 16,
    CLASS_LARGE_THUMBNAIL = 0x01
};

struct list {
    struct th_embedded_copy *copies;
    size_t n, most;
};

static void add(struct list *l, struct th_view data, unsigned orientation)
{
    if (l->n < l->most)
        l->copies[l->n++] = (struct th_embedded_copy){.data = data, .orientation = orientation};
}

static void add_exif(struct list *l, struct th_view tiff)
{
    struct th_exif_thumbnail thumbnail;
    if (th_exif_thumbnail(tiff, &thumbnail)) add(l, thumbnail.jpeg, thumbnail.orientation);
}

/* Offsets count from the TIFF header of the segment, wherever in the file that is. */
static void add_mpf(struct list *l, struct th_view file, struct th_view tiff)
{
    const size_t base = (size_t)(tiff.data - file.data);
    const bool big = TH_VIEW_HAS(tiff, 0, "MM");
    const struct th_view entries = th_exif_value(tiff, TAG_MP_ENTRIES);
    for (size_t at = 0; entries.len - at >= MP_ENTRY_LEN; at += MP_ENTRY_LEN) {
        const uint8_t *entry = entries.data + at;
        const uint64_t class = th_number(entry, 4, big) >> 16 & 0xFF;
        const uint64_t len = th_number(entry + 4, 4, big), offset = th_number(entry + 8, 4, big);
        if (class != CLASS_LARGE_THUMBNAIL || !offset || !len) continue;
        if (offset >= file.len - base || len > file.len - base - offset) continue;
        add(l, (struct th_view){file.data + base + offset, (size_t)len}, 0);
    }
}

static struct th_view from(struct th_view v, size_t at)
{
    return (struct th_view){v.data + at, v.len - at};
}

size_t th_jpeg_embedded(struct th_view file, struct th_embedded_copy *out, size_t most)
{
    struct list l = {.copies = out, .most = most};
    struct th_view s;
    int app;
    bool any_exif = false;
    if (file.len < 2) return 0;
    for (size_t pos = 2; (app = th_jpeg_next_app(file.data, file.len, &pos, &s)) >= 0;) {
        if (app == 1 && !any_exif && TH_VIEW_HAS(s, 0, "Exif\0\0")) {
            any_exif = true;
            add_exif(&l, from(s, EXIF_NAME_LEN));
        }
        if (app == 2 && TH_VIEW_HAS(s, 0, "MPF\0")) add_mpf(&l, file, from(s, MPF_NAME_LEN));
    }
    return l.n;
}
