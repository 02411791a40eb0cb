/* SPDX-License-Identifier: MIT */
#include "naming/safe_path.h"

#include <limits.h>
#include <string.h>

#include "base/sys.h"

static bool begins_with(const char *text, size_t len, const char *prefix)
{
    size_t prefix_len = strlen(prefix);
    return len >= prefix_len && memcmp(text, prefix, prefix_len) == 0;
}

static bool is_exactly(const char *text, size_t len, const char *word)
{
    return len == strlen(word) && memcmp(text, word, len) == 0;
}

/* Names that must not be made, also behind underscores, so that putting one more before them never
 * makes two names one. */
static bool is_reserved(const char *part, size_t len, bool at_top)
{
    while (len > 0 && *part == '_') {
        part++;
        len--;
    }
    return is_exactly(part, len, ".") || is_exactly(part, len, "..") ||
           begins_with(part, len, TH_TEMP_PREFIX) ||
           (at_top && is_exactly(part, len, TH_STATE_DIR));
}

/* A file ending, dot included, that is worth keeping in a cut name: its length, or 0. */
static size_t ending_len(const char *part, size_t len)
{
    const char *dot = memrchr(part, '.', len);
    size_t ending = dot && dot > part ? (size_t)(part + len - dot) : 0;
    return ending <= 32 ? ending : 0;
}

/* The hash is of the whole part as it was, so that names that differ only behind the cut stay
 * apart. A UTF-8 sequence is not cut in two: some file systems take no such names. */
static void add_cut(struct th_bytes *out, const char *part, size_t len, bool underscore,
                    bool is_file)
{
    size_t ending = is_file ? ending_len(part, len) : 0;
    size_t keep = NAME_MAX - underscore - 17 - ending;
    for (int i = 0; i < 3 && ((unsigned char)part[keep] & 0xc0) == 0x80; i++)
        keep--;
    th_bytes_add(out, part, keep);
    th_bytes_addf(out, "~%016llx", (unsigned long long)th_hash64(part, len, 0));
    th_bytes_add(out, part + len - ending, ending);
}

static void add_part(struct th_bytes *out, const char *part, size_t len, bool is_file)
{
    bool underscore = is_reserved(part, len, out->len == 0);
    if (out->len > 0) th_bytes_addc(out, '/');
    if (underscore) th_bytes_addc(out, '_');
    if (len + underscore <= NAME_MAX)
        th_bytes_add(out, part, len);
    else
        add_cut(out, part, len, underscore, is_file);
}

void th_safe_path_add(struct th_bytes *out, const char *raw, size_t len, bool is_file)
{
    while (len > 0) {
        const char *slash = memchr(raw, '/', len);
        size_t part_len = slash ? (size_t)(slash - raw) : len;
        if (part_len > 0) add_part(out, raw, part_len, is_file && !slash);
        size_t step = slash ? part_len + 1 : part_len;
        raw += step;
        len -= step;
    }
}
