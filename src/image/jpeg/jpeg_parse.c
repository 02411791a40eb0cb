/* SPDX-License-Identifier: MIT */
#include "image/jpeg/jpeg_parse.h"

#include <string.h>

#include "base/sys.h"
#include "base/view.h"

enum {
    M_SOF0 = 0xC0,
    M_SOF1 = 0xC1,
    M_SOF2 = 0xC2,
    M_SOF9 = 0xC9,
    M_SOF10 = 0xCA,
    M_SOF15 = 0xCF,
    M_DHT = 0xC4,
    M_JPG = 0xC8,
    M_DAC = 0xCC,
    M_RST0 = 0xD0,
    M_RST7 = 0xD7,
    M_SOI = 0xD8,
    M_EOI = 0xD9,
    M_SOS = 0xDA,
    M_DQT = 0xDB,
    M_DNL = 0xDC,
    M_DRI = 0xDD,
    M_APP0 = 0xE0,
    M_APP1 = 0xE1,
    M_APP2 = 0xE2,
    M_APP14 = 0xEE,
    M_APP15 = 0xEF,
    M_COM = 0xFE,
    M_TEM = 0x01
};

/* The bytes of one marker segment behind its length field. */
struct segment {
    const uint8_t *data;
    size_t len;
};

static unsigned be16(const uint8_t *p)
{
    return (unsigned)th_number(p, 2, true);
}

/* Step to the next marker at or behind *pos: its code, or -1 at the end of the data. *skipped tells
 * whether anything but fill bytes lay before it. */
static int next_marker(const uint8_t *data, size_t len, size_t *pos, bool *skipped)
{
    size_t i = *pos;
    for (;;) {
        if (i >= len) return -1;
        if (data[i] != 0xFF) {
            *skipped = true;
            const uint8_t *p = memchr(data + i, 0xFF, len - i);
            if (!p) return -1;
            i = (size_t)(p - data);
        }
        while (i < len && data[i] == 0xFF)
            i++;
        if (i >= len) return -1;
        if (data[i] != 0) break;
        *skipped = true;
        i++;
    }
    *pos = i + 1;
    return data[i];
}

/* Read the length field at *pos and step over the segment. False if it does not lie within the
 * data. */
static bool take_segment(const uint8_t *data, size_t len, size_t *pos, struct segment *out)
{
    if (len - *pos < 2) return false;
    size_t n = be16(data + *pos);
    if (n < 2 || n > len - *pos) return false;
    out->data = data + *pos + 2;
    out->len = n - 2;
    *pos += n;
    return true;
}

static bool parse_sof(const struct segment *s, uint8_t marker, struct th_jpeg_header *h)
{
    if (h->sof || s->len < 6) return false;
    h->sof = marker;
    h->precision = s->data[0];
    h->height = be16(s->data + 1);
    h->width = be16(s->data + 3);
    h->n_components = s->data[5];
    if (!h->width || !h->height || h->n_components < 1 || h->n_components > 4) return false;
    if (s->len != 6 + 3u * h->n_components) return false;
    for (unsigned i = 0; i < h->n_components; i++) {
        const uint8_t *p = s->data + 6 + 3 * i;
        struct th_jpeg_component *c = &h->components[i];
        *c = (struct th_jpeg_component){.id = p[0], .h = p[1] >> 4, .v = p[1] & 15, .quant = p[2]};
        if (c->h < 1 || c->h > 4 || c->v < 1 || c->v > 4 || c->quant > 3) return false;
        if (c->h > h->h_max) h->h_max = c->h;
        if (c->v > h->v_max) h->v_max = c->v;
        for (unsigned j = 0; j < i; j++)
            if (h->components[j].id == c->id) h->odd = true;
    }
    return true;
}

static bool parse_dqt(const struct segment *s, struct th_jpeg_header *h)
{
    const uint8_t *p = s->data, *end = s->data + s->len;
    while (p < end) {
        unsigned wide = *p >> 4, id = *p & 15;
        p++;
        if (id > 3 || (size_t)(end - p) < (wide ? 128u : 64u)) return false;
        for (unsigned i = 0; i < 64; i++) {
            h->quant[id][i] = (uint16_t)(wide ? be16(p) : *p);
            p += wide ? 2 : 1;
        }
        h->has_quant[id] = true;
    }
    return true;
}

static bool parse_dht(const struct segment *s, struct th_jpeg_header *h)
{
    const uint8_t *p = s->data, *end = s->data + s->len;
    while (p < end) {
        if (end - p < 17) return false;
        unsigned class = *p >> 4, id = *p & 15;
        if (class > 1 || id > 3) return false;
        struct th_jpeg_huff *t = class ? &h->ac[id] : &h->dc[id];
        *t = (struct th_jpeg_huff){.present = true};
        memcpy(t->counts, p + 1, 16);
        for (unsigned i = 0; i < 16; i++)
            t->n += t->counts[i];
        p += 17;
        if (t->n > 256 || (size_t)(end - p) < t->n) return false;
        memcpy(t->symbols, p, t->n);
        p += t->n;
    }
    return true;
}

/* The tables that component i of the scan names. In progressive files each scan needs one or none
 * of them, and libjpeg looks at no other. */
static bool parse_tables(uint8_t tables, struct th_jpeg_header *h, struct th_jpeg_component *c)
{
    bool progressive = h->sof == M_SOF2 || h->sof == M_SOF10;
    uint8_t dc = tables >> 4, ac = tables & 15;
    if (progressive && (h->ss || h->ah)) dc = 0;
    if (progressive && !h->ss) ac = 0;
    if (dc > 3 || ac > 3) return false;
    c->dc_table = dc;
    c->ac_table = ac;
    return true;
}

static bool parse_sos(const struct segment *s, struct th_jpeg_header *h)
{
    if (!h->sof || s->len < 1) return false;
    unsigned n = s->data[0];
    if (n < 1 || n > 4 || s->len != 4 + 2 * n) return false;
    h->scan_components = (uint8_t)n;
    const uint8_t *p = s->data + 1 + 2 * n;
    h->ss = p[0];
    h->se = p[1];
    h->ah = p[2] >> 4;
    h->al = p[2] & 15;
    for (unsigned i = 0; i < n; i++) {
        unsigned id = s->data[1 + 2 * i], j = 0;
        while (j < h->n_components && h->components[j].id != id)
            j++;
        if (j == h->n_components || !parse_tables(s->data[2 + 2 * i], h, &h->components[j]))
            return false;
        h->scan_index[i] = (uint8_t)j;
    }
    return true;
}

static void parse_app(const struct segment *s, uint8_t marker, struct th_jpeg_header *h)
{
    if (marker == M_APP0 && s->len >= 14 && !memcmp(s->data, "JFIF", 5)) {
        h->has_jfif = true;
    } else if (marker == M_APP1 && !h->exif && s->len >= 6 && !memcmp(s->data, "Exif\0", 6)) {
        h->exif = s->data + 6;
        h->exif_len = s->len - 6;
    } else if (marker == M_APP2 && s->len >= 14 && !memcmp(s->data, "ICC_PROFILE", 12)) {
        h->has_icc = true;
    } else if (marker == M_APP14 && s->len >= 12 && !memcmp(s->data, "Adobe", 5)) {
        h->has_adobe = true;
        h->adobe_transform = s->data[11];
    }
}

/* libjpeg's guess (its default_decompress_parms), so that both ways through the program see the
 * same colours. */
static enum th_jpeg_colour guess_colour(struct th_jpeg_header *h)
{
    if (h->n_components == 1) return TH_JPEG_GREY;
    if (h->n_components == 4)
        return h->has_adobe && h->adobe_transform ? TH_JPEG_YCCK : TH_JPEG_CMYK;
    if (h->n_components != 3) return TH_JPEG_OTHER;
    if (h->has_jfif) return TH_JPEG_YCC;
    if (h->has_adobe) {
        if (h->adobe_transform > 1) h->odd = true;
        return h->adobe_transform == 0 ? TH_JPEG_OTHER : TH_JPEG_YCC;
    }
    const struct th_jpeg_component *c = h->components;
    if (c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B') return TH_JPEG_OTHER;
    return TH_JPEG_YCC;
}

/* One segment that is not SOS. False if the file cannot be read on. */
static bool parse_segment(const struct segment *s, uint8_t marker, struct th_jpeg_header *h)
{
    switch (marker) {
    case M_DQT:
        return parse_dqt(s, h);
    case M_DHT:
        return parse_dht(s, h);
    case M_DRI:
        if (s->len != 2) return false;
        h->restart_interval = be16(s->data);
        return true;
    case M_DAC:
        return true;
    case M_JPG:
        return false;
    case M_DNL:
        h->odd = true;
        return true;
    }
    if (marker >= M_SOF0 && marker <= M_SOF15) return parse_sof(s, marker, h);
    if (marker != M_COM && (marker < M_APP0 || marker > M_APP15))
        return false; /* libjpeg stops there too */
    parse_app(s, marker, h);
    return true;
}

bool th_jpeg_parse(const uint8_t *data, size_t len, struct th_jpeg_header *out)
{
    struct th_jpeg_header *h = out;
    *h = (struct th_jpeg_header){0};
    if (len < 4 || data[0] != 0xFF || data[1] != M_SOI) return false;
    size_t pos = 2;
    for (;;) {
        int marker = next_marker(data, len, &pos, &h->odd);
        if (marker < 0 || marker == M_SOI || marker == M_EOI) return false;
        if ((marker >= M_RST0 && marker <= M_RST7) || marker == M_TEM) {
            h->odd = true;
            continue;
        }
        struct segment s;
        if (!take_segment(data, len, &pos, &s)) return false;
        if (marker == M_SOS) {
            if (!parse_sos(&s, h)) return false;
            h->scan_offset = pos;
            h->colour = guess_colour(h);
            return true;
        }
        if (!parse_segment(&s, (uint8_t)marker, h)) return false;
    }
}

/* From *pos to the marker that ends the scan. Where there are restarts, what is no marker is passed
 * over in search of them. */
static int end_of_scan(const uint8_t *data, size_t len, size_t *pos, bool restarts)
{
    bool ignored = false;
    int marker;
    do {
        marker = next_marker(data, len, pos, &ignored);
    } while ((marker >= M_RST0 && marker <= M_RST7) || marker == M_TEM ||
             (restarts && marker >= 0 && marker < M_SOF0));
    return marker;
}

static bool is_passed_over(int marker)
{
    return marker == M_COM || marker == M_DNL || (marker >= M_APP0 && marker <= M_APP15);
}

enum th_jpeg_next th_jpeg_next_scan(const uint8_t *data, size_t len, size_t *pos,
                                    struct th_jpeg_header *header, size_t *scan_end)
{
    int marker = end_of_scan(data, len, pos, header->restart_interval != 0);
    *scan_end = marker < 0 ? len : *pos - 2;
    for (; marker >= 0; marker = next_marker(data, len, pos, &header->odd)) {
        struct segment s;
        if (marker == M_EOI) return TH_JPEG_NEXT_END;
        if ((marker >= M_RST0 && marker <= M_RST7) || marker == M_TEM) continue;
        if (marker == M_SOI || marker < M_SOF0) return TH_JPEG_NEXT_BAD;
        if (len - *pos >= 2 &&
            be16(data + *pos) < 2) { /* less than its own length: libjpeg takes that for nothing */
            if (!is_passed_over(marker)) return TH_JPEG_NEXT_BAD;
            *pos += 2;
            continue;
        }
        if (!take_segment(data, len, pos, &s)) return TH_JPEG_NEXT_CUT;
        if (marker == M_SOS) return parse_sos(&s, header) ? TH_JPEG_NEXT_SCAN : TH_JPEG_NEXT_BAD;
        if (marker != M_DNL && !parse_segment(&s, (uint8_t)marker, header)) return TH_JPEG_NEXT_BAD;
    }
    return TH_JPEG_NEXT_CUT;
}

void th_jpeg_count_scans(const uint8_t *data, size_t len, const struct th_jpeg_header *header,
                         uint32_t *until_last_dc, uint32_t *all)
{
    uint32_t n = 1, last_dc = 1;
    size_t pos = header->scan_offset;
    bool ignored = false;
    for (;;) {
        int marker = next_marker(data, len, &pos, &ignored);
        if (marker < 0 || marker == M_EOI) break;
        if ((marker >= M_RST0 && marker <= M_RST7) || marker == M_TEM || marker == M_SOI) continue;
        struct segment s;
        if (!take_segment(data, len, &pos, &s)) break;
        if (marker != M_SOS) continue;
        n++;
        if (s.len >= 4 && s.data[s.len - 3] == 0) last_dc = n;
    }
    *until_last_dc = last_dc;
    *all = n;
}

bool th_jpeg_has_pixels(const uint8_t *data, size_t len, const struct th_jpeg_header *header)
{
    size_t pos = header->scan_offset;
    for (;;) {
        /* A marker, but for a restart, follows at once where there is none. */
        while (pos + 1 < len && data[pos] == 0xFF && data[pos + 1] == 0xFF)
            pos++;
        if (pos >= len || (pos + 1 == len && data[pos] == 0xFF)) return false;
        const uint8_t next = pos + 1 < len ? data[pos + 1] : 0;
        if (data[pos] != 0xFF || next == 0 || (next >= M_RST0 && next <= M_RST7)) return true;
        bool ignored = false;
        int marker;
        struct segment s;
        do {
            marker = next_marker(data, len, &pos, &ignored);
            if (marker < 0 || marker == M_EOI) return false;
            if ((marker >= M_RST0 && marker <= M_RST7) || marker == M_TEM || marker == M_SOI)
                continue;
            if (!take_segment(data, len, &pos, &s)) return false;
        } while (marker != M_SOS);
    }
}

int th_jpeg_next_app(const uint8_t *data, size_t len, size_t *pos, struct th_view *out)
{
    bool ignored = false;
    struct segment s;
    for (;;) {
        int marker = next_marker(data, len, pos, &ignored);
        if (marker < 0 || marker == M_SOS || marker == M_EOI) return -1;
        if ((marker >= M_RST0 && marker <= M_RST7) || marker == M_TEM || marker == M_SOI) continue;
        if (!take_segment(data, len, pos, &s)) return -1;
        if (marker < M_APP0 || marker > M_APP15) continue;
        *out = (struct th_view){s.data, s.len};
        return marker - M_APP0;
    }
}

/* The next ICC part at or behind *pos and before the first scan; false if there is no more. */
static bool next_icc_part(const uint8_t *data, size_t len, size_t *pos, struct th_view *out)
{
    int app;
    while ((app = th_jpeg_next_app(data, len, pos, out)) >= 0)
        if (app == 2 && out->len >= 14 && !memcmp(out->data, "ICC_PROFILE", 12)) return true;
    return false;
}

/* Some programs write a profile beside the same that is there. */
static bool is_same(const struct th_view *part, const uint8_t *data, size_t len)
{
    return part->len == len && memcmp(part->data, data, len) == 0;
}

size_t th_jpeg_icc_collect(const uint8_t *data, size_t len, uint8_t *buf, size_t cap)
{
    struct th_view parts[256] = {{0}};
    unsigned n_parts = 0;
    struct th_view s;
    if (len < 2) return 0;
    for (size_t pos = 2; next_icc_part(data, len, &pos, &s);) {
        unsigned i = s.data[12], n = s.data[13];
        if (i < 1 || i > n || (n_parts && n != n_parts)) return 0;
        if (parts[i].data && !is_same(&parts[i], s.data + 14, s.len - 14)) return 0;
        n_parts = n;
        parts[i].data = s.data + 14;
        parts[i].len = s.len - 14;
    }
    size_t total = 0;
    for (unsigned i = 1; i <= n_parts; i++) {
        if (!parts[i].data) return 0;
        if (buf) {
            if (parts[i].len > cap - total) return 0;
            memcpy(buf + total, parts[i].data, parts[i].len);
        }
        total += parts[i].len; /* at most 255 x 64 KB */
    }
    return total;
}

bool th_jpeg_icc_copy(const uint8_t *data, size_t len, uint8_t **profile, size_t *profile_len,
                      bool *unfit)
{
    struct th_view part;
    size_t pos = 2;
    *profile_len = th_jpeg_icc_collect(data, len, NULL, 0);
    *unfit = !*profile_len && next_icc_part(data, len, &pos, &part);
    *profile = *profile_len ? th_alloc(*profile_len) : NULL;
    if (*profile) th_jpeg_icc_collect(data, len, *profile, *profile_len);
    return *profile || !*profile_len;
}
