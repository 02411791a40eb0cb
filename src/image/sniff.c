/* SPDX-License-Identifier: MIT */
/* Formats that no magic number tells. */
#include "image/sniff.h"

#include "base/chars.h"
#include "base/view.h"
#include "image/camera/raw_names.h"

/* ISO/IEC 14496-12 file type box: does any of its brands stand in the list? The major brand may be
 * the general "mif1", so all are looked at. */
static bool has_brand(struct th_view v, const char brands[][5], size_t n)
{
    if (!TH_VIEW_HAS(v, 4, "ftyp") || TH_VIEW_HAS(v, 8, "crx ")) return false;
    uint64_t box_len = th_view_be(v, 0, 4), end = box_len < v.len ? box_len : v.len;
    for (size_t at = 8; at + 4 <= end; at += 4) {
        if (at == 12) continue; /* the minor version stands between */
        for (size_t i = 0; i < n; i++)
            if (th_view_has(v, at, brands[i], 4)) return true;
    }
    return false;
}

bool th_sniff_webp(const uint8_t *data, size_t len)
{
    struct th_view v = {data, len};
    return TH_VIEW_HAS(v, 0, "RIFF") && TH_VIEW_HAS(v, 8, "WEBP");
}

bool th_sniff_avif(const uint8_t *data, size_t len)
{
    static const char brands[][5] = {"avif", "avis"};
    return has_brand((struct th_view){data, len}, brands, sizeof brands / sizeof *brands);
}

/* ISO/IEC 23008-12. Its general brands are AVIF's as well: ask for that first. */
bool th_sniff_heif(const uint8_t *data, size_t len)
{
    static const char brands[][5] = {"heic", "heix", "heim", "heis", "hevc", "hevx",
                                     "hevm", "hevs", "mif1", "msf1", "mif2", "miaf"};
    return has_brand((struct th_view){data, len}, brands, sizeof brands / sizeof *brands);
}

/* "BM" alone begins too many texts; the length of the second header has few values. */
bool th_sniff_bmp(const uint8_t *data, size_t len)
{
    struct th_view v = {data, len};
    static const uint32_t header_lens[] = {12, 16, 40, 52, 56, 64, 108, 124};
    if (!TH_VIEW_HAS(v, 0, "BM") || v.len < 18) return false;
    for (size_t i = 0; i < sizeof header_lens / sizeof *header_lens; i++)
        if (th_view_le(v, 14, 4) == header_lens[i]) return true;
    return false;
}

/* Windows icon or cursor: type 1 or 2, a few entries, a zero in the first one's reserved byte. */
bool th_sniff_ico(const uint8_t *data, size_t len)
{
    struct th_view v = {data, len};
    if (!TH_VIEW_HAS(v, 0, "\0\0\1\0") && !TH_VIEW_HAS(v, 0, "\0\0\2\0")) return false;
    return v.len >= 22 && v.data[4] != 0 && v.data[5] == 0 && v.data[9] == 0 &&
           th_view_le(v, 18, 4) >= 22;
}

/* Netpbm: P1 to P7, PF and Pf, then white space and a number, a comment or (P7) a keyword. */
bool th_sniff_pnm(const uint8_t *data, size_t len)
{
    struct th_view v = {data, len};
    if (v.len < 4 || v.data[0] != 'P' || !th_is_blank(v.data[2])) return false;
    if (!(v.data[1] >= '1' && v.data[1] <= '7') && v.data[1] != 'F' && v.data[1] != 'f')
        return false;
    uint8_t next = v.data[3];
    return th_is_blank(next) || next == '#' || (next >= '0' && next <= '9') ||
           (v.data[1] == '7' && next == 'W');
}

bool th_sniff_raw(const uint8_t *data, size_t len)
{
    return th_raw_name(data, len) != NULL;
}
