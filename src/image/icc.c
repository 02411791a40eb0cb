#include "image/icc.h"

#include <lcms2.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"

enum {
    N_KEPT = 16,
    MAX_KEPT_BYTES = 4 << 20,
    MAX_PROFILE_BYTES = 16 << 20,
    CUBE = 9,
    N_PROBES = CUBE * CUBE * CUBE + 256
};

/* A profile that was met, and what it came to. */
struct kept {
    uint8_t *data;
    size_t len;
    uint32_t bands;
    enum th_icc_kind kind;
    cmsHTRANSFORM transform; /* NULL for kinds OTHER and SRGB */
    uint64_t last_read;      /* by the count of reads; 0: free */
};

/* Mutable file-level state, but each thread's own: see the header for why. */
static _Thread_local struct kept kept[N_KEPT];
static _Thread_local uint64_t n_reads;

static void drop(struct kept *k)
{
    if (k->transform) cmsDeleteTransform(k->transform);
    free(k->data);
    *k = (struct kept){0};
}

void th_icc_thread_finish(void)
{
    for (unsigned i = 0; i < N_KEPT; i++)
        drop(&kept[i]);
}

static uint32_t lcms_format(uint32_t bands)
{
    static const uint32_t formats[] = {0, TYPE_GRAY_8, TYPE_GRAYA_8, TYPE_RGB_8, TYPE_RGBA_8};
    return bands <= 4 ? formats[bands] : 0;
}

/* Grey with the tone curve of sRGB (IEC 61966-2-1) and the white point that profiles are relative to. */
static cmsHPROFILE grey_like_srgb(void)
{
    const cmsFloat64Number srgb[5] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    cmsToneCurve *curve = cmsBuildParametricToneCurve(NULL, 4, srgb);
    cmsHPROFILE profile = curve ? cmsCreateGrayProfile(cmsD50_xyY(), curve) : NULL;
    if (curve) cmsFreeToneCurve(curve);
    return profile;
}

/* NULL if the profile is broken or for pictures of another kind. */
static cmsHTRANSFORM open_transform(const uint8_t *data, size_t len, uint32_t bands)
{
    bool grey = bands <= 2;
    cmsHTRANSFORM transform = NULL;
    cmsHPROFILE from = cmsOpenProfileFromMem(data, (cmsUInt32Number)len);
    cmsHPROFILE to = NULL;
    if (from && cmsGetColorSpace(from) == (grey ? cmsSigGrayData : cmsSigRgbData))
        to = grey ? grey_like_srgb() : cmsCreate_sRGBProfile();
    /* No one-pixel cache: it would cost more than it saves on pictures. */
    if (to)
        transform = cmsCreateTransform(from, lcms_format(bands), to, lcms_format(bands), INTENT_RELATIVE_COLORIMETRIC,
                                       cmsFLAGS_NOCACHE | cmsFLAGS_COPY_ALPHA);
    if (to) cmsCloseProfile(to);
    if (from) cmsCloseProfile(from);
    return transform;
}

/* Colours from all over the cube, and all greys, in `bands` bands. */
static void fill_probes(uint8_t *probes, uint32_t bands)
{
    uint32_t colours = bands <= 2 ? 1 : 3;
    for (uint32_t i = 0; i < N_PROBES; i++) {
        uint32_t cell = i - 256;
        uint32_t steps[3] = {cell % CUBE, cell / CUBE % CUBE, cell / CUBE / CUBE};
        for (uint32_t k = 0; k < bands; k++) {
            uint8_t sample = i < 256 ? (uint8_t)i : (uint8_t)(steps[k % 3] * 255 / (CUBE - 1));
            probes[i * bands + k] = k < colours ? sample : 255;
        }
    }
}

/* Would it change anything that can be seen? Most profiles say sRGB in one way or another. */
static bool changes_nothing(cmsHTRANSFORM transform, uint32_t bands)
{
    uint8_t before[N_PROBES * 4], after[N_PROBES * 4];
    fill_probes(before, bands);
    memcpy(after, before, sizeof after);
    cmsDoTransform(transform, before, after, N_PROBES);
    for (size_t i = 0; i < (size_t)N_PROBES * bands; i++) {
        if (abs(before[i] - after[i]) > 1) return false;
    }
    return true;
}

static struct kept *find(const uint8_t *data, size_t len, uint32_t bands)
{
    for (unsigned i = 0; i < N_KEPT; i++) {
        struct kept *k = &kept[i];
        if (k->data && k->len == len && k->bands == bands && memcmp(k->data, data, len) == 0) return k;
    }
    return NULL;
}

static struct kept *least_recently_read(void)
{
    struct kept *oldest = &kept[0];
    for (unsigned i = 1; i < N_KEPT; i++) {
        if (kept[i].last_read < oldest->last_read) oldest = &kept[i];
    }
    return oldest;
}

/* Profiles may be as large as a hostile file likes; what is kept of them is bounded. The newest stays, as it is in
 * use. */
static void keep_within_bounds(const struct kept *newest)
{
    for (;;) {
        size_t sum = 0;
        struct kept *oldest = NULL;
        for (unsigned i = 0; i < N_KEPT; i++) {
            struct kept *k = &kept[i];
            sum += k->len;
            if (k != newest && k->data && (!oldest || k->last_read < oldest->last_read)) oldest = k;
        }
        if (sum <= MAX_KEPT_BYTES || !oldest) return;
        drop(oldest);
    }
}

/* Make a place for the profile among those kept. One that cannot be used is not kept: *k is then free. False: no
 * memory. */
static bool learn(struct kept *k, const uint8_t *data, size_t len, uint32_t bands)
{
    drop(k);
    uint8_t *copy = th_alloc(len);
    if (!copy) return false;
    memcpy(copy, data, len);
    *k = (struct kept){.data = copy, .len = len, .bands = bands, .kind = bands <= 2 ? TH_ICC_GREY : TH_ICC_RGB};
    k->transform = open_transform(copy, len, bands);
    if (!k->transform) {
        drop(k);
    } else if (changes_nothing(k->transform, bands)) {
        cmsDeleteTransform(k->transform);
        k->transform = NULL;
        k->kind = TH_ICC_SRGB;
    }
    keep_within_bounds(k);
    return true;
}

bool th_icc_read(struct th_icc *out, const uint8_t *data, size_t len, uint32_t bands)
{
    *out = (struct th_icc){.kind = TH_ICC_OTHER};
    if (len == 0 || len > MAX_PROFILE_BYTES || bands < 1 || bands > 4) return true;
    struct kept *k = find(data, len, bands);
    if (!k) {
        k = least_recently_read();
        if (!learn(k, data, len, bands)) return false;
    }
    k->last_read = ++n_reads;
    if (k->data) *out = (struct th_icc){.kind = k->kind, .transform = k->transform};
    return true;
}

void th_icc_apply(const struct th_icc *icc, struct th_pixels *p)
{
    if (icc->kind != TH_ICC_RGB && icc->kind != TH_ICC_GREY) return;
    /* Row by row: the count of a whole picture may not fit lcms' 32 bits. */
    for (uint32_t y = 0; y < p->height; y++) {
        uint8_t *row = p->data + (size_t)y * p->width * p->bands;
        cmsDoTransform(icc->transform, row, row, p->width);
    }
}
