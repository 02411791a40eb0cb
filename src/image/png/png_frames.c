/* SPDX-License-Identifier: MIT */
#include "image/png/png_frames.h"

#include "image/png/png_crc.h"

#define AROUND   12u /* length, name and checksum around a chunk's body */
#define FCTL_LEN 26u

struct chunk {
    uint64_t at, body, len;
    bool whole; /* it does not end behind the file */
};

/* The chunk at `at`; false: there is none. */
static bool open_chunk(struct th_view file, uint64_t at, struct chunk *c)
{
    if (at > file.len || file.len - at < 8) return false;
    *c = (struct chunk){.at = at, .body = at + 8, .len = th_view_be(file, at, 4)};
    c->whole = file.len - at >= AROUND && c->len <= file.len - at - AROUND;
    return true;
}

static bool is(struct th_view file, const struct chunk *c, const char *name)
{
    return th_view_has(file, c->at + 4, name, 4);
}

static uint64_t behind(struct th_view file, const struct chunk *c)
{
    return c->whole ? c->body + c->len + 4 : file.len;
}

void th_png_frames_begin(struct th_png_frames *walk, struct th_view file,
                         const struct th_png_header *header)
{
    *walk = (struct th_png_frames){.file = file, .header = header, .at = 8};
}

uint64_t th_png_frames_most(struct th_view file)
{
    struct chunk c;
    uint64_t n = 0;
    for (uint64_t at = 8; open_chunk(file, at, &c); at = behind(file, &c))
        n += is(file, &c, "fcTL");
    return n;
}

/* ---- fcTL ---- */

static bool lies_within(const struct th_area *area, const struct th_png_header *h)
{
    return area->width && area->height && area->x < h->width && area->y < h->height &&
           area->width <= h->width - area->x && area->height <= h->height - area->y;
}

/* Each fcTL and fdAT has the next number in front. */
static bool is_in_order(struct th_png_frames *w, const struct chunk *c)
{
    return c->len >= 4 && th_view_be(w->file, c->body, 4) == w->sequence++;
}

/* False: it is broken, or means nothing. */
static bool read_fctl(struct th_png_frames *w, const struct chunk *c, struct th_png_frame *f)
{
    const struct th_view v = w->file;
    if (!c->whole || c->len != FCTL_LEN || !is_in_order(w, c) ||
        !th_png_sum_is_right(v.data + c->at + 4, FCTL_LEN))
        return false;
    const uint64_t leaves = th_view_be(v, c->body + 24, 1), blend = th_view_be(v, c->body + 25, 1);
    *f = (struct th_png_frame){.area = {.width = (uint32_t)th_view_be(v, c->body + 4, 4),
                                        .height = (uint32_t)th_view_be(v, c->body + 8, 4),
                                        .x = (uint32_t)th_view_be(v, c->body + 12, 4),
                                        .y = (uint32_t)th_view_be(v, c->body + 16, 4)},
                               .delay = (uint32_t)th_view_be(v, c->body + 20, 2),
                               .per_second = (uint32_t)th_view_be(v, c->body + 22, 2),
                               .leaves = TH_LEAVES_ITSELF,
                               .replaces = blend == 0};
    if (f->per_second == 0) f->per_second = 100;
    if (leaves == 1) f->leaves = TH_LEAVES_NOTHING;
    /* Before the first one there was nothing. */
    if (leaves == 2) f->leaves = w->n ? TH_LEAVES_BEFORE : TH_LEAVES_NOTHING;
    return leaves <= 2 && blend <= 1 && lies_within(&f->area, w->header);
}

/* ---- frames ---- */

/* The pixels of the picture that stands still may be those of the first frame. */
static bool has_whole_picture(const struct th_png_frame *f, const struct th_png_header *h)
{
    return f->area.width == h->width && f->area.height == h->height;
}

enum th_png_found th_png_frames_next(struct th_png_frames *w, struct th_png_frame *f)
{
    struct chunk c;
    bool begun = false;
    if (w->n == w->header->frames) return TH_PNG_NO_MORE;
    for (; open_chunk(w->file, w->at, &c) && !is(w->file, &c, "IEND");
         w->at = behind(w->file, &c)) {
        const bool apart = is(w->file, &c, "fdAT");
        if (is(w->file, &c, "fcTL")) {
            if (begun || !read_fctl(w, &c, f)) return TH_PNG_NOT_ONE;
            begun = true;
        } else if (apart && !is_in_order(w, &c)) {
            return TH_PNG_NOT_ONE;
        } else if (begun && (apart || is(w->file, &c, "IDAT"))) {
            if (!apart && (c.at != w->header->pixels || !has_whole_picture(f, w->header)))
                return TH_PNG_NOT_ONE;
            f->pixels = (size_t)c.at;
            f->apart = apart;
            w->at = behind(w->file, &c);
            w->n++;
            return TH_PNG_FRAME;
        }
    }
    return begun ? TH_PNG_NOT_ONE : TH_PNG_NO_MORE;
}
