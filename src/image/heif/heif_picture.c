/* SPDX-License-Identifier: MIT */
#include "image/heif/heif_picture.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/num.h"
#include "image/heif/heif_obu.h"

static enum thumbs_code corrupt(struct thumbs_error *err, const char *what)
{
    return th_error_set(err, THUMBS_CORRUPT, THUMBS_STAGE_DECODE, "%s", what);
}

static enum thumbs_code unsupported(struct thumbs_error *err, uint32_t type)
{
    char name[5] = {(char)(type >> 24), (char)(type >> 16), (char)(type >> 8), (char)type};
    for (int i = 0; i < 4; i++) {
        if (name[i] < 0x20 || name[i] > 0x7e) name[i] = '?';
    }
    return th_error_set(err, THUMBS_UNSUPPORTED, THUMBS_STAGE_DECODE,
                        "its picture is of the kind '%s'", name);
}

/* ---- what a picture is made of ---- */

static bool codec_of(uint32_t type, enum th_heif_codec *out)
{
    if (type == TH_FOURCC('h', 'v', 'c', '1')) {
        *out = TH_HEIF_HEVC;
    } else if (type == TH_FOURCC('a', 'v', '0', '1')) {
        *out = TH_HEIF_AV1;
    } else {
        return false;
    }
    return true;
}

static bool size_of(const struct th_heif_meta *m, const struct th_heif_item *item, uint32_t *width,
                    uint32_t *height)
{
    struct th_heif_cursor c;
    if (!th_heif_meta_property(m, item, TH_FOURCC('i', 's', 'p', 'e'), &c)) return false;
    th_heif_full(&c);
    *width = th_heif_u32(&c);
    *height = th_heif_u32(&c);
    return !c.failed && *width > 0 && *height > 0;
}

static enum thumbs_code read_single(const struct th_heif_meta *m, const struct th_heif_item *item,
                                    struct th_heif_layer *out, struct thumbs_error *err)
{
    if (!codec_of(item->type, &out->codec)) return unsupported(err, item->type);
    if (!size_of(m, item, &out->width, &out->height))
        return corrupt(err, "its picture has no size");
    out->columns = out->rows = 1;
    out->tile_width = out->width;
    out->tile_height = out->height;
    out->item = item->id;
    return THUMBS_OK;
}

static bool has(const struct th_heif_meta *m, const struct th_heif_item *item, uint32_t property)
{
    struct th_heif_cursor ignored;
    return th_heif_meta_property(m, item, property, &ignored);
}

/* Each tile could be turned or cut by itself. Nobody writes such files. */
static bool is_plain(const struct th_heif_meta *m, const struct th_heif_item *tile)
{
    return !has(m, tile, TH_FOURCC('i', 'r', 'o', 't')) &&
           !has(m, tile, TH_FOURCC('i', 'm', 'i', 'r')) &&
           !has(m, tile, TH_FOURCC('c', 'l', 'a', 'p'));
}

/* ImageGrid of ISO/IEC 23008-12, 6.6.2.3. */
static bool read_grid_data(struct th_heif_cursor *c, struct th_heif_layer *out)
{
    unsigned version = th_heif_u8(c), flags = th_heif_u8(c);
    out->rows = (uint32_t)th_heif_u8(c) + 1;
    out->columns = (uint32_t)th_heif_u8(c) + 1;
    out->width = flags & 1 ? th_heif_u32(c) : th_heif_u16(c);
    out->height = flags & 1 ? th_heif_u32(c) : th_heif_u16(c);
    return !c->failed && version == 0 && out->width > 0 && out->height > 0;
}

/* Do the tiles cover the picture, and would it be smaller without the last column and row? */
static bool tiles_fit(const struct th_heif_layer *l)
{
    uint64_t width = (uint64_t)l->columns * l->tile_width,
             height = (uint64_t)l->rows * l->tile_height;
    return width >= l->width && height >= l->height && width - l->tile_width < l->width &&
           height - l->tile_height < l->height;
}

static enum thumbs_code read_grid(const struct th_heif_meta *m, const struct th_heif_item *item,
                                  struct th_heif_layer *out, struct thumbs_error *err)
{
    struct th_heif_cursor c;
    uint8_t *memory = NULL;
    bool cut;
    size_t n;
    enum thumbs_code code = th_heif_meta_data(m, item, &c, &memory, &cut, err);
    if (code != THUMBS_OK) return code;
    bool good = read_grid_data(&c, out);
    free(memory);
    if (!good) return corrupt(err, "its grid makes no sense");
    out->tiles = th_heif_meta_targets(m, TH_FOURCC('d', 'i', 'm', 'g'), item->id, &n);
    if (!out->tiles || n != (size_t)out->columns * out->rows)
        return corrupt(err, "its grid lacks tiles");
    const struct th_heif_item *first = th_heif_meta_item(m, out->tiles->to);
    if (!first) return corrupt(err, "its grid lacks tiles");
    if (!codec_of(first->type, &out->codec)) return unsupported(err, first->type);
    if (!is_plain(m, first)) return unsupported(err, item->type);
    if (!size_of(m, first, &out->tile_width, &out->tile_height))
        return corrupt(err, "its tiles have no size");
    return tiles_fit(out) ? THUMBS_OK : corrupt(err, "its tiles do not make up its picture");
}

static enum thumbs_code read_layer(const struct th_heif_meta *m, const struct th_heif_item *item,
                                   struct th_heif_layer *out, struct thumbs_error *err)
{
    *out = (struct th_heif_layer){0};
    if (item->type == TH_FOURCC('g', 'r', 'i', 'd')) return read_grid(m, item, out, err);
    return read_single(m, item, out, err);
}

const struct th_heif_item *th_heif_layer_tile(const struct th_heif_meta *m,
                                              const struct th_heif_layer *layer, uint32_t column,
                                              uint32_t row)
{
    enum th_heif_codec codec;
    uint32_t id =
        layer->tiles ? layer->tiles[(size_t)row * layer->columns + column].to : layer->item;
    const struct th_heif_item *item = th_heif_meta_item(m, id);
    return item && codec_of(item->type, &codec) && codec == layer->codec ? item : NULL;
}

bool th_heif_layer_config(const struct th_heif_meta *m, const struct th_heif_layer *layer,
                          const struct th_heif_item *tile, struct th_heif_cursor *out)
{
    const uint32_t type = layer->codec == TH_HEIF_HEVC ? TH_FOURCC('h', 'v', 'c', 'C')
                                                       : TH_FOURCC('a', 'v', '1', 'C');
    return th_heif_meta_property(m, tile, type, out);
}

/* HEVCDecoderConfigurationRecord: chroma_format_idc. AV1CodecConfigurationRecord: monochrome. */
bool th_heif_layer_is_grey(const struct th_heif_meta *m, const struct th_heif_layer *layer)
{
    struct th_heif_cursor c;
    const struct th_heif_item *tile = th_heif_layer_tile(m, layer, 0, 0);
    if (!tile || !th_heif_layer_config(m, layer, tile, &c)) return false;
    const bool hevc = layer->codec == TH_HEIF_HEVC;
    th_heif_skip(&c, hevc ? 16 : 2);
    const unsigned byte = th_heif_u8(&c);
    return !c.failed && (hevc ? (byte & 3) == 0 : (byte & 0x10) != 0);
}

unsigned th_heif_layer_frames(const struct th_heif_meta *m, const struct th_heif_layer *layer)
{
    unsigned n = 0;
    bool cut;
    uint8_t *memory = NULL;
    struct th_heif_obu obu;
    struct th_heif_cursor data;
    const struct th_heif_item *tile = th_heif_layer_tile(m, layer, 0, 0);
    if (layer->codec == TH_HEIF_AV1 && tile &&
        th_heif_meta_data(m, tile, &data, &memory, &cut, NULL) == THUMBS_OK) {
        while (th_heif_obu_next(&data, &obu))
            n += obu.begins_frame;
        free(memory);
    }
    return n ? n : 1;
}

/* ---- how it is shown ---- */

/* EXIF orientations as mirror (across, first) and quarter turns clockwise (second). */
struct turn {
    bool mirrored;
    unsigned quarters; /* clockwise */
};

static unsigned orientation_of(struct turn t)
{
    static const uint8_t plain[] = {1, 6, 3, 8}, mirrored[] = {2, 7, 4, 5};
    return (t.mirrored ? mirrored : plain)[t.quarters & 3];
}

struct show {
    const struct th_heif_meta *meta;
    struct th_heif_picture *picture;
    struct turn turn;
    bool turned;      /* a cut that comes after it would be of the turned picture */
    uint32_t unknown; /* an essential property that is not known here */
    bool bad_cut;
};

/* A signed fraction of the box 'clap': numerator and denominator. */
static bool read_fraction(struct th_heif_cursor *c, double *out)
{
    int32_t n = (int32_t)th_heif_u32(c);
    uint32_t d = th_heif_u32(c);
    if (c->failed || d == 0) return false;
    *out = (double)n / d;
    return true;
}

/* CleanApertureBox (ISO/IEC 14496-12, 12.1.4): a size, and how far its centre is from the
 * picture's. */
static bool read_cut(struct th_heif_cursor c, struct th_heif_picture *p)
{
    double width, height, x, y;
    if (!read_fraction(&c, &width) || !read_fraction(&c, &height) || !read_fraction(&c, &x) ||
        !read_fraction(&c, &y))
        return false;
    double left = x + ((double)p->colour.width - width) / 2,
           top = y + ((double)p->colour.height - height) / 2;
    if (!(width >= 1 && height >= 1 && left > -1 && top > -1)) return false;
    if (left < 0) left = 0;
    if (top < 0) top = 0;
    if (left + width > p->colour.width + 1.0 || top + height > p->colour.height + 1.0) return false;
    p->cut_x = (uint32_t)left;
    p->cut_y = (uint32_t)top;
    p->cut_width = (uint32_t)width;
    p->cut_height = (uint32_t)height;
    if (p->cut_width > p->colour.width - p->cut_x) p->cut_width = p->colour.width - p->cut_x;
    if (p->cut_height > p->colour.height - p->cut_y) p->cut_height = p->colour.height - p->cut_y;
    return p->cut_width > 0 && p->cut_height > 0;
}

static void read_colour(struct th_heif_cursor c, struct th_heif_picture *p)
{
    uint32_t type = th_heif_u32(&c);
    if (type == TH_FOURCC('n', 'c', 'l', 'x') && !p->has_nclx) {
        struct th_heif_nclx n = {
            .primaries = th_heif_u16(&c), .transfer = th_heif_u16(&c), .matrix = th_heif_u16(&c)};
        n.full_range = th_heif_u8(&c) & 0x80;
        p->has_nclx = !c.failed;
        if (!c.failed) p->nclx = n;
    } else if ((type == TH_FOURCC('p', 'r', 'o', 'f') || type == TH_FOURCC('r', 'I', 'C', 'C')) &&
               p->icc.len == 0) {
        p->icc = (struct th_heif_cursor){.data = c.data + c.at, .len = th_heif_left(&c)};
    }
}

static void add_rotation(struct show *s, unsigned quarters_anticlockwise)
{
    s->turn.quarters = (s->turn.quarters + 4 - (quarters_anticlockwise & 3)) & 3;
    s->turned = s->turned || (quarters_anticlockwise & 3) != 0;
}

/* A mirror after a turn is a mirror before the opposite turn. */
static void add_mirror(struct show *s, bool left_right)
{
    s->turn.mirrored = !s->turn.mirrored;
    s->turn.quarters = (4 - s->turn.quarters) & 3;
    if (!left_right)
        s->turn.quarters = (s->turn.quarters + 2) & 3; /* top and bottom: across, and half a turn */
    s->turned = true;
}

/* Descriptive properties that say nothing a thumbnail needs may be marked essential all the same.
 */
static bool is_known(uint32_t type)
{
    static const uint32_t known[] = {
        TH_FOURCC('i', 's', 'p', 'e'), TH_FOURCC('p', 'i', 'x', 'i'), TH_FOURCC('h', 'v', 'c', 'C'),
        TH_FOURCC('a', 'v', '1', 'C'), TH_FOURCC('p', 'a', 's', 'p'), TH_FOURCC('a', 'u', 'x', 'C'),
        TH_FOURCC('c', 'l', 'l', 'i'), TH_FOURCC('m', 'd', 'c', 'v'), TH_FOURCC('r', 'l', 'o', 'c'),
        TH_FOURCC('u', 'd', 'e', 's'), TH_FOURCC('a', 'm', 'v', 'e'), TH_FOURCC('c', 'c', 'l', 'v'),
        TH_FOURCC('a', '1', 'l', 'x'), TH_FOURCC('c', 'r', 't', 't'), TH_FOURCC('m', 'd', 'f', 't'),
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i] == type) return true;
    }
    return false;
}

static bool take_property(void *user, const struct th_heif_box *property, bool essential)
{
    struct show *s = user;
    struct th_heif_cursor c = property->body;
    switch (property->type) {
    case TH_FOURCC('c', 'o', 'l', 'r'):
        read_colour(c, s->picture);
        break;
    case TH_FOURCC('i', 'r', 'o', 't'):
        add_rotation(s, th_heif_u8(&c));
        break;
    case TH_FOURCC('i', 'm', 'i', 'r'):
        add_mirror(s, th_heif_u8(&c) & 1);
        break;
    case TH_FOURCC('c', 'l', 'a', 'p'):
        /* The order of the standard is clap, irot, imir. A cut in a turned picture is nobody's way
         * to write one. */
        s->bad_cut = s->bad_cut || s->turned || !read_cut(c, s->picture);
        break;
    default:
        if (essential && !is_known(property->type) && !s->unknown) s->unknown = property->type;
    }
    return true;
}

static enum thumbs_code read_show(const struct th_heif_meta *m, const struct th_heif_item *item,
                                  struct th_heif_picture *out, struct thumbs_error *err)
{
    struct show s = {.meta = m, .picture = out};
    out->cut_width = out->colour.width;
    out->cut_height = out->colour.height;
    th_heif_meta_properties(m, item, take_property, &s);
    if (s.unknown) return unsupported(err, s.unknown);
    if (s.bad_cut) return corrupt(err, "its crop makes no sense");
    out->orientation = orientation_of(s.turn);
    return THUMBS_OK;
}

static bool take_colour(void *user, const struct th_heif_box *property, bool essential)
{
    (void)essential;
    if (property->type == TH_FOURCC('c', 'o', 'l', 'r')) read_colour(property->body, user);
    return true;
}

/* Tiles state their colours where the grid does not. */
static void take_colour_of_tile(const struct th_heif_meta *m, const struct th_heif_item *tile,
                                struct th_heif_picture *out)
{
    if (tile && !out->has_nclx && !out->icc.len) th_heif_meta_properties(m, tile, take_colour, out);
}

/* ---- alpha ---- */

static bool is_alpha(const struct th_heif_meta *m, const struct th_heif_item *item)
{
    static const char *const names[] = {"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
                                        "urn:mpeg:hevc:2015:auxid:1"};
    struct th_heif_cursor c;
    if (!th_heif_meta_property(m, item, TH_FOURCC('a', 'u', 'x', 'C'), &c)) return false;
    th_heif_full(&c);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len = strlen(names[i]) + 1;
        if (th_heif_left(&c) >= len && memcmp(c.data + c.at, names[i], len) == 0) return true;
    }
    return false;
}

/* Alpha is an item of its own that says which picture it belongs to. NULL: this one has none. */
static const struct th_heif_item *find_alpha(const struct th_heif_meta *m, uint32_t id)
{
    size_t at = 0;
    uint32_t from;
    while ((from = th_heif_meta_source(m, TH_FOURCC('a', 'u', 'x', 'l'), id, &at)) != 0) {
        const struct th_heif_item *item = th_heif_meta_item(m, from);
        if (item && is_alpha(m, item)) return item;
    }
    return NULL;
}

static bool is_premultiplied(const struct th_heif_meta *m, const struct th_heif_item *of,
                             const struct th_heif_item *alpha)
{
    size_t n;
    const struct th_heif_reference *prem =
        th_heif_meta_targets(m, TH_FOURCC('p', 'r', 'e', 'm'), of->id, &n);
    return prem && prem->to == alpha->id;
}

/* Alpha that cannot be read is a fault of the picture: without it what should be hidden would
 * show. */
static enum thumbs_code read_alpha(const struct th_heif_meta *m, const struct th_heif_item *of,
                                   struct th_heif_picture *out, struct thumbs_error *err)
{
    const struct th_heif_item *alpha = find_alpha(m, of->id);
    if (!alpha) {
        /* Each tile may bring its own; then the grid has none. */
        const struct th_heif_reference *tiles = out->colour.tiles;
        return tiles && find_alpha(m, tiles->to) ? unsupported(err, of->type) : THUMBS_OK;
    }
    out->has_alpha = true;
    out->premultiplied = is_premultiplied(m, of, alpha);
    return read_layer(m, alpha, &out->alpha, err);
}

enum thumbs_code th_heif_picture_read(const struct th_heif_meta *m, struct th_heif_picture *out,
                                      struct thumbs_error *err)
{
    const struct th_heif_item *item = th_heif_meta_item(m, m->primary);
    struct th_heif_picture picture = {0};
    if (!item) return corrupt(err, "it does not say which picture to show");
    enum thumbs_code code = read_layer(m, item, &picture.colour, err);
    if (code == THUMBS_OK) code = read_show(m, item, &picture, err);
    if (code == THUMBS_OK) code = read_alpha(m, item, &picture, err);
    if (code != THUMBS_OK) return code;
    if (picture.colour.tiles)
        take_colour_of_tile(m, th_heif_layer_tile(m, &picture.colour, 0, 0), &picture);
    *out = picture;
    return THUMBS_OK;
}

void th_heif_picture_told(const struct th_heif_meta *m, struct th_heif_picture *out)
{
    const struct th_heif_item *item = th_heif_meta_item(m, m->primary);
    size_t n;
    *out = (struct th_heif_picture){0};
    if (!item) return;
    th_heif_meta_properties(m, item, take_colour, out);
    const struct th_heif_reference *parts =
        th_heif_meta_targets(m, TH_FOURCC('d', 'i', 'm', 'g'), item->id, &n);
    if (parts) take_colour_of_tile(m, th_heif_meta_item(m, parts->to), out);
    const struct th_heif_item *alpha = find_alpha(m, item->id);
    out->premultiplied = alpha && is_premultiplied(m, item, alpha);
}
