/* SPDX-License-Identifier: MIT */
#include "cli/setters.h"

#include <string.h>

#include "base/num.h"
#include "base/sys.h"
#include "cli/shard_auto.h"
#include "cli/values.h"

#define MAX_TIMEOUT_SECONDS 1000000u

/* ---- pictures -------------------------------------------------------------------------------- */

/* Digits of one side at *text; moves *text behind them. No digits: 0, the free side. */
static bool take_side(const char **text, const char *end, uint32_t *out)
{
    uint32_t side = 0;
    const char *p = *text;
    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        side = side * 10 + (uint32_t)(*p - '0');
        if (side > THUMBS_MAX_SIDE) return false;
    }
    if (p > *text && side == 0) return false;
    *text = p;
    *out = side;
    return true;
}

static bool parse_size(const char *text, size_t len, struct thumbs_size *out)
{
    const char *const end = text + len;
    struct thumbs_size size = {0};
    if (!take_side(&text, end, &size.width)) return false;
    if (text == end) {
        size.height = size.width;
        size.square = true;
    } else {
        if (*text++ != 'x' || !take_side(&text, end, &size.height) || text != end) return false;
    }
    if (size.width == 0 && size.height == 0) return false;
    *out = size;
    return true;
}

bool cli_set_size(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    struct thumbs_size sizes[THUMBS_MAX_SIZES];
    uint32_t n = 0;
    const char *item;
    size_t len;
    while (cli_next_item(&value, &item, &len)) {
        struct thumbs_size size;
        if (!parse_size(item, len, &size)) return false;
        for (uint32_t i = 0; i < n; i++) {
            if (sizes[i].width == size.width && sizes[i].height == size.height) {
                problem->why = "a size is given twice";
                return false;
            }
        }
        if (n == THUMBS_MAX_SIZES) {
            problem->why = "more than 16 sizes";
            return false;
        }
        sizes[n++] = size;
    }
    memcpy(settings->options.image.sizes, sizes, n * sizeof(sizes[0]));
    settings->options.image.n_sizes = n;
    return true;
}

/* Digits with at most two behind a point, as hundredths; NULL: left out. */
bool cli_set_sharpen(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    enum { USUAL = 50, MOST = 1000 };
    uint32_t n = 0, scale = 100;
    bool point = false, digits = false;
    (void)problem;
    for (const char *c = value ? value : ""; *c; c++) {
        if (*c == '.' && !point) {
            point = true;
            continue;
        }
        if (*c < '0' || *c > '9' || n > MOST || scale == 1) return false;
        digits = true;
        if (point) scale /= 10;
        n = point ? n + (uint32_t)(*c - '0') * scale : n * 10 + (uint32_t)(*c - '0') * 100;
    }
    if (value && (!digits || n == 0 || n > MOST)) return false;
    settings->options.image.sharpen = value ? n : USUAL;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A background that is asked for is there where the picture is clear, too. */
bool cli_set_background(struct cli_settings *settings, const char *value,
                        struct cli_problem *problem)
{
    uint8_t colour[4] = {0, 0, 0, 255};
    (void)problem;
    if (value[0] != '#' || strlen(value) != 7) return false;
    for (unsigned i = 0; i < 3; i++) {
        const int high = hex_digit(value[1 + 2 * i]), low = hex_digit(value[2 + 2 * i]);
        if (high < 0 || low < 0) return false;
        colour[i] = (uint8_t)(16 * high + low);
    }
    memcpy(settings->options.image.background, colour, sizeof colour);
    return true;
}

/* What can be written, and what another build could write: the formats in front of KEEP. */
static void list_formats(struct cli_word words[THUMBS_N_FORMATS + 1])
{
    unsigned n = 0;
    for (unsigned f = THUMBS_FORMAT_NONE + 1; f < THUMBS_N_FORMATS; f++) {
        enum thumbs_format format = (enum thumbs_format)f;
        bool built = thumbs_format_is_output(format);
        if (built || f < THUMBS_FORMAT_KEEP)
            words[n++] = (struct cli_word){thumbs_format_name(format), f, built};
    }
    words[n] = (struct cli_word){0};
}

bool cli_set_format(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    struct cli_word words[THUMBS_N_FORMATS + 1];
    const struct cli_list list = {.words = words,
                                  .most = THUMBS_MAX_FORMATS,
                                  .twice = "a format is given twice",
                                  .too_many = "more than 6 formats"};
    size_t n;
    list_formats(words);
    if (!cli_read_list(&list, value, settings->options.image.formats, &n, problem)) return false;
    settings->options.image.n_formats = (uint32_t)n;
    return true;
}

/* ---- quality --------------------------------------------------------------------------------- */

static bool has_quality(enum thumbs_format format)
{
    return format == THUMBS_FORMAT_JPEG || format == THUMBS_FORMAT_WEBP ||
           format == THUMBS_FORMAT_AVIF || format == THUMBS_FORMAT_JXL;
}

/* The format whose name stands before the colon; NONE for a word that is no name. */
static enum thumbs_format format_named(const char *name, size_t len)
{
    for (unsigned f = THUMBS_FORMAT_NONE + 1; f < THUMBS_FORMAT_KEEP; f++) {
        const char *known = thumbs_format_name((enum thumbs_format)f);
        if (strlen(known) == len && memcmp(known, name, len) == 0) return (enum thumbs_format)f;
    }
    return THUMBS_FORMAT_NONE;
}

static bool parse_quality(const char *text, size_t len, unsigned *out)
{
    char number[8];
    uint64_t value;
    if (len >= sizeof number) return false;
    memcpy(number, text, len);
    number[len] = '\0';
    if (!th_parse_u64(number, 1, 100, &value)) return false;
    *out = (unsigned)value;
    return true;
}

/* One item, "80" or "webp:75". */
static bool take_quality(struct thumbs_image_options *to, const char *item, size_t len,
                         unsigned *seen, struct cli_problem *problem)
{
    const char *colon = memchr(item, ':', len);
    const size_t name_len = colon ? (size_t)(colon - item) : 0, rest = colon ? name_len + 1 : 0;
    enum thumbs_format format = THUMBS_FORMAT_NONE;
    unsigned quality;
    if (colon && (format = format_named(item, name_len)) == THUMBS_FORMAT_NONE) return false;
    if (colon && !has_quality(format)) {
        problem->why = "it names a format without quality";
        return false;
    }
    if (!parse_quality(item + rest, len - rest, &quality)) return false;
    if (*seen & 1u << format) {
        problem->why = "a quality is given twice";
        return false;
    }
    *seen |= 1u << format;
    if (colon)
        to->quality_of[format] = (uint8_t)quality;
    else
        to->quality = quality;
    return true;
}

bool cli_set_quality(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    struct thumbs_image_options taken = settings->options.image;
    const char *item;
    size_t len;
    unsigned seen = 0;
    memset(taken.quality_of, 0, sizeof taken.quality_of);
    while (cli_next_item(&value, &item, &len)) {
        if (!take_quality(&taken, item, len, &seen, problem)) return false;
    }
    settings->options.image = taken;
    return true;
}

/* ---- files ----------------------------------------------------------------------------------- */

static bool add_glob(struct cli_settings *settings, char sign, const char *glob,
                     struct cli_problem *problem)
{
    const size_t len = strlen(glob);
    char **globs;
    char *copy;
    if (len == 0) return false;
    globs = th_grow(settings->globs, &settings->cap_globs, settings->n_globs + 1, sizeof(*globs));
    if (globs) settings->globs = globs;
    copy = globs ? th_alloc(len + 2) : NULL;
    if (!copy) {
        problem->no_memory = true;
        return false;
    }
    copy[0] = sign;
    memcpy(copy + 1, glob, len + 1);
    settings->globs[settings->n_globs++] = copy;
    return true;
}

bool cli_add_include(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    return add_glob(settings, '+', value, problem);
}

bool cli_add_exclude(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    return add_glob(settings, '-', value, problem);
}

/* "3/8", "auto" or "auto/8". */
bool cli_set_shard(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    const char *slash = strchr(value, '/');
    const size_t len = slash ? (size_t)(slash - value) : strlen(value);
    const bool is_auto = len == strlen("auto") && memcmp(value, "auto", len) == 0;
    char part[16];
    uint64_t i = 0, n = 0;
    if (slash && !th_parse_u64(slash + 1, 1, THUMBS_MAX_SHARDS, &n)) return false;
    if (is_auto)
        return cli_shard_auto((uint32_t)n, &settings->options.shard, &settings->options.n_shards,
                              problem);
    if (!slash || len >= sizeof part) return false;
    memcpy(part, value, len);
    part[len] = '\0';
    if (!th_parse_u64(part, 0, THUMBS_MAX_SHARDS, &i)) return false;
    if (i >= n) {
        problem->why = "parts are counted from 0";
        return false;
    }
    settings->options.shard = (uint32_t)i;
    settings->options.n_shards = (uint32_t)n;
    return true;
}

/* ---- the run --------------------------------------------------------------------------------- */

bool cli_set_chmod(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    const size_t len = strlen(value);
    unsigned mode = 0;
    (void)problem;
    if (len < 3 || len > 4 || (len == 4 && value[0] != '0')) return false;
    for (size_t i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '7') return false;
        mode = mode * 8 + (unsigned)(value[i] - '0');
    }
    if (!(mode & 0400)) return false;
    settings->options.output_mode = mode;
    return true;
}

/* Not strtod(): it takes blanks, hexadecimal, "inf" and the decimal comma of a locale. */
bool cli_set_timeout(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    double seconds = 0, unit = 1;
    unsigned n_digits = 0;
    bool fraction = false;
    (void)problem;
    for (; *value; value++) {
        if (*value == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (*value < '0' || *value > '9') return false;
        n_digits++;
        if (fraction)
            seconds += (*value - '0') * (unit /= 10);
        else
            seconds = seconds * 10 + (*value - '0');
    }
    if (n_digits == 0 || !(seconds > 0) || seconds > MAX_TIMEOUT_SECONDS) return false;
    settings->options.timeout_seconds = seconds;
    return true;
}

/* ---- files that go --------------------------------------------------------------------------- */

bool cli_set_delete(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    static const struct cli_word words[] = {{"sources", THUMBS_DELETE_SOURCES, true},
                                            {"stale", THUMBS_DELETE_STALE, true},
                                            {"force", THUMBS_DELETE_FORCE, true},
                                            {0}};
    enum { N_WORDS = 3 };
    static const struct cli_list list = {.words = words, .most = N_WORDS};
    const unsigned all = THUMBS_DELETE_SOURCES | THUMBS_DELETE_STALE;
    unsigned said[N_WORDS], what = 0;
    size_t n;
    if (!cli_read_list(&list, value, said, &n, problem)) return false;
    for (size_t i = 0; i < n; i++) {
        if (what & said[i]) return false;
        what |= said[i];
    }
    settings->options.deletes = what & all ? what : what | all;
    return true;
}
