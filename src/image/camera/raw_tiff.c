/* SPDX-License-Identifier: MIT */
/*
 * Raw files of cameras that are TIFF inside (DNG, NEF, ARW, PEF, SRW and others), told by what
 * their directories say, whatever they are called.
 *
 * Their first directory often holds a small preview alone, which a TIFF decoder would take for the
 * picture. The marks are such that no ordinary TIFF has: DNGVersion, or a picture whose samples are
 * those of a sensor (colour filter array, LinearRaw), as TIFF/EP and DNG have them, in the first
 * directories or in one that the first has below it.
 *
 * Every offset is checked, each loop has a bound of its own: at most 21 directories of 512 entries.
 */
#include <stdbool.h>

#include "base/view.h"
#include "image/camera/raw_names.h"

enum {
    TAG_PHOTOMETRIC = 262,
    TAG_SUB_DIRECTORIES = 330,
    TAG_DNG_VERSION = 0xC612,
    TYPE_BYTE = 1,
    TYPE_SHORT = 3,
    CFA = 32803,
    LINEAR_RAW = 34892,
    MOST_DIRECTORIES = 4,
    MOST_BELOW = 16,
    MOST_ENTRIES = 512
};

struct tiff {
    struct th_view v;
    bool big_endian;
    bool big; /* BigTIFF: counts and offsets of 8 bytes */
};

static uint64_t get(const struct tiff *t, uint64_t at, unsigned n)
{
    return t->big_endian ? th_view_be(t->v, at, n) : th_view_le(t->v, at, n);
}

struct directory {
    const char *raw;            /* which kind of raw it shows the file to be, or NULL */
    uint64_t below_at, n_below; /* where the offsets of those below it stand */
    unsigned below_len;         /* bytes of each of them */
    uint64_t next;              /* 0: none */
};

static unsigned offset_len(uint64_t type)
{
    return type == 4 || type == 13 ? 4 : type == 16 || type == 18 ? 8 : 0;
}

static void take_entry(const struct tiff *t, uint64_t at, struct directory *d)
{
    const unsigned word = t->big ? 8 : 4;
    const uint64_t tag = get(t, at, 2), type = get(t, at + 2, 2), count = get(t, at + 4, word);
    const uint64_t value_at = at + 4 + word;
    if (tag == TAG_DNG_VERSION && type == TYPE_BYTE && count == 4 && get(t, value_at, 1) == 1) {
        d->raw = "DNG";
    } else if (tag == TAG_PHOTOMETRIC && count == 1) {
        const uint64_t value = get(t, value_at, type == TYPE_SHORT ? 2 : 4);
        if (!d->raw && (value == CFA || value == LINEAR_RAW)) d->raw = "samples of a sensor";
    } else if (tag == TAG_SUB_DIRECTORIES && offset_len(type)) {
        d->below_len = offset_len(type);
        d->n_below = count < MOST_BELOW ? count : MOST_BELOW;
        d->below_at = count <= word / d->below_len ? value_at : get(t, value_at, word);
    }
}

/* False: it does not lie within the file, not even in part. */
static bool read_directory(const struct tiff *t, uint64_t at, struct directory *d)
{
    const unsigned word = t->big ? 8 : 2, entry_len = t->big ? 20 : 12;
    *d = (struct directory){0};
    if (at < 8 || at > t->v.len || t->v.len - at < word) return false;
    const uint64_t n = get(t, at, word);
    at += word;
    for (uint64_t i = 0; i < n && i < MOST_ENTRIES && t->v.len - at >= entry_len; i++) {
        take_entry(t, at, d);
        at += entry_len;
    }
    if (n <= MOST_ENTRIES) d->next = get(t, at, t->big ? 8 : 4);
    return true;
}

static const char *raw_below(const struct tiff *t, const struct directory *above)
{
    struct directory d;
    for (uint64_t i = 0; i < above->n_below; i++) {
        if (above->below_at > t->v.len) return NULL;
        const uint64_t at = get(t, above->below_at + i * above->below_len, above->below_len);
        if (read_directory(t, at, &d) && d.raw) return d.raw;
    }
    return NULL;
}

const char *th_raw_in_tiff(const uint8_t *data, size_t len)
{
    struct tiff t = {.v = {data, len}};
    struct directory d;
    if (len < 8) return NULL;
    t.big_endian = data[0] == 'M';
    t.big = get(&t, 2, 2) == 43;
    if (!t.big && get(&t, 2, 2) != 42) return NULL;
    uint64_t at = t.big ? get(&t, 8, 8) : get(&t, 4, 4);
    for (int i = 0; i < MOST_DIRECTORIES && at && read_directory(&t, at, &d); i++) {
        const char *raw = d.raw;
        if (!raw && i == 0) raw = raw_below(&t, &d);
        if (raw) return raw;
        at = d.next;
    }
    return NULL;
}
