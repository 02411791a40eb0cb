/* SPDX-License-Identifier: MIT */
/* By the Netpbm documentation (pbm.5, pgm.5, ppm.5, pam.5, pfm.5). */
#include "image/pnm/pnm_head.h"

#include <string.h>

#include "base/chars.h"

/* Netpbm counts vertical tab and form feed as blanks, too. */
static bool is_blank(uint8_t c)
{
    return th_is_blank(c) || c == '\v' || c == '\f';
}

static size_t line_end(struct th_view v, size_t at)
{
    const uint8_t *found = at < v.len ? memchr(v.data + at, '\n', v.len - at) : NULL;
    return found ? (size_t)(found - v.data) : v.len;
}

static size_t skip_blanks(struct th_view v, size_t at)
{
    while (at < v.len && (is_blank(v.data[at]) || v.data[at] == '#'))
        at = v.data[at] == '#' ? line_end(v, at) : at + 1;
    return at;
}

static bool read_digits(struct th_view v, size_t *at, uint32_t *out)
{
    uint64_t value = 0;
    const size_t from = *at;
    for (; *at < v.len && v.data[*at] >= '0' && v.data[*at] <= '9'; ++*at) {
        value = value * 10 + (v.data[*at] - '0');
        if (value > UINT32_MAX) return false;
    }
    *out = (uint32_t)value;
    return *at > from;
}

bool th_pnm_number(struct th_view v, size_t *at, uint32_t *out)
{
    *at = skip_blanks(v, *at);
    return read_digits(v, at, out);
}

/* ---- PAM ---- */

struct pam {
    uint32_t width, height, depth, most;
    bool cmyk;
    bool ended;
};

static bool is_word(struct th_view v, size_t at, const char *word)
{
    const size_t len = strlen(word);
    return th_view_has(v, at, word, len) && at + len < v.len && is_blank(v.data[at + len]);
}

/* One line; false where a number is none. */
static bool read_line(struct th_view v, size_t at, struct pam *pam)
{
    const struct {
        const char *word;
        uint32_t *to;
    } numbers[] = {{"WIDTH", &pam->width},
                   {"HEIGHT", &pam->height},
                   {"DEPTH", &pam->depth},
                   {"MAXVAL", &pam->most}};
    pam->ended = is_word(v, at, "ENDHDR");
    if (is_word(v, at, "TUPLTYPE")) {
        at = skip_blanks(v, at + strlen("TUPLTYPE"));
        pam->cmyk = pam->cmyk || th_view_has(v, at, "CMYK", 4);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        size_t behind = at + strlen(numbers[i].word);
        if (is_word(v, at, numbers[i].word)) return th_pnm_number(v, &behind, numbers[i].to);
    }
    return true; /* a comment, or what a later version may say */
}

static bool read_pam(struct th_view v, struct th_pnm *p, bool *unsupported, const char **why)
{
    enum { MOST_LINES = 1000 };
    struct pam pam = {0};
    size_t at = 2;
    *why = "its header does not make sense";
    for (int i = 0; i < MOST_LINES && !pam.ended; i++) {
        at = skip_blanks(v, at);
        if (at >= v.len || !read_line(v, at, &pam)) return false;
        at = line_end(v, at);
    }
    if (!pam.ended || at >= v.len || pam.depth == 0) return false;
    *unsupported = pam.depth > 4 || pam.cmyk;
    if (*unsupported) *why = "its samples mean what is not known";
    *p = (struct th_pnm){.kind = TH_PNM_BYTES,
                         .width = pam.width,
                         .height = pam.height,
                         .bands = pam.depth,
                         .most = pam.most,
                         .pixels = at + 1};
    return !*unsupported;
}

/* ---- the others ---- */

/* The scale of a PFM: only its sign is of interest. */
static bool read_scale(struct th_view v, size_t *at, struct th_pnm *p)
{
    *at = skip_blanks(v, *at);
    p->little_endian = *at < v.len && v.data[*at] == '-';
    const size_t from = *at;
    while (*at < v.len && !is_blank(v.data[*at]))
        ++*at;
    return *at > from;
}

static bool read_plain(struct th_view v, struct th_pnm *p)
{
    const char kind = (char)v.data[1];
    size_t at = 2;
    const bool bits = kind == '1' || kind == '4', floats = kind == 'F' || kind == 'f';
    p->bands = kind == '3' || kind == '6' || kind == 'F' ? 3 : 1;
    p->most = 1;
    p->kind = kind == '1'  ? TH_PNM_TEXT_BITS
              : kind < '4' ? TH_PNM_TEXT
              : bits       ? TH_PNM_BITS
              : floats     ? TH_PNM_FLOATS
                           : TH_PNM_BYTES;
    if (!th_pnm_number(v, &at, &p->width) || !th_pnm_number(v, &at, &p->height)) return false;
    if (!bits && !floats && !th_pnm_number(v, &at, &p->most)) return false;
    if (floats && !read_scale(v, &at, p)) return false;
    /* One blank, and the pixels. */
    p->pixels = at < v.len ? at + 1 : v.len;
    return at == v.len || is_blank(v.data[at]);
}

bool th_pnm_parse(struct th_view v, struct th_pnm *out, bool *unsupported, const char **why)
{
    struct th_pnm p = {0};
    *unsupported = false;
    *why = "its header does not make sense";
    if (v.len < 3 || v.data[0] != 'P') return false;
    if (v.data[1] == '7' ? !read_pam(v, &p, unsupported, why) : !read_plain(v, &p)) return false;
    if (!p.most || p.most > UINT16_MAX) return false;
    *why = "it has no pixels";
    if (!p.width || !p.height) return false;
    *out = p;
    return true;
}
