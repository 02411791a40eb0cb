/* SPDX-License-Identifier: MIT */
#include "walk/braces.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/shorten.h"
#include "base/sys.h"

/* Braces multiply: 20 pairs of two alternatives would be a million globs. */
#define MOST_GLOBS 1024u
#define MOST_BYTES ((size_t)1 << 20)

struct globs {
    char **items;
    size_t n, bytes;
};

/* The length of what stands at g as one: an escaped byte, a set, or a byte. A set that is not
 * closed is a byte; what is wrong with it is said by th_glob_valid(). */
static size_t item_len(const char *g)
{
    if (g[0] == '\\') return g[1] ? 2 : 1;
    if (g[0] != '[') return 1;
    size_t i = g[1] == '!' || g[1] == '^' ? 2 : 1;
    for (bool first = true; g[i] && (first || g[i] != ']'); first = false)
        i += g[i] == '\\' && g[i + 1] ? 2 : 1;
    return g[i] ? i + 1 : 1;
}

/* The first brace that opens, or NULL. */
static const char *find_open(const char *g)
{
    for (; *g; g += item_len(g))
        if (*g == '{') return g;
    return NULL;
}

/* Where the alternative that begins at g ends: at a comma, or the brace that closes; NULL:
 * nowhere. */
static const char *find_end(const char *g)
{
    unsigned depth = 0;
    for (; *g; g += item_len(g)) {
        if (depth == 0 && (*g == ',' || *g == '}')) return g;
        if (*g == '{') depth++;
        if (*g == '}') depth--;
    }
    return NULL;
}

static enum thumbs_code add(struct globs *globs, char *item, const char *glob,
                            struct thumbs_error *err)
{
    char **items = item ? th_realloc(globs->items, (globs->n + 1) * sizeof *items) : NULL;
    if (items) globs->items = items;
    if (!items) {
        free(item);
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for the patterns");
    }
    globs->items[globs->n++] = item;
    globs->bytes += strlen(item);
    if (globs->n <= MOST_GLOBS && globs->bytes <= MOST_BYTES) return THUMBS_OK;
    return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_WALK,
                        "bad pattern \"%s\": its braces expand to too many patterns",
                        th_shorten(glob).text);
}

/* The brace that closes the one at `open`; NULL: there is none. */
static const char *find_close(const char *open)
{
    const char *end = find_end(open + 1);
    while (end && *end == ',')
        end = find_end(end + 1);
    return end;
}

/* Replace item i, whose first brace opens at `open`, by its alternatives. */
static enum thumbs_code expand_one(struct globs *globs, size_t i, const char *open,
                                   const char *glob, struct thumbs_error *err)
{
    char *whole = globs->items[i];
    const char *close = find_close(open);
    enum thumbs_code code = THUMBS_OK;
    if (!close)
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_WALK,
                            "bad pattern \"%s\": a { is not closed", th_shorten(glob).text);
    globs->items[i] = globs->items[--globs->n]; /* the order is of no matter */
    globs->bytes -= strlen(whole);
    for (const char *at = open + 1; !code && at <= close;) {
        const char *end = find_end(at);
        struct th_bytes b = {0};
        th_bytes_add(&b, whole, (size_t)(open - whole));
        th_bytes_add(&b, at, (size_t)(end - at));
        th_bytes_adds(&b, close + 1);
        code = add(globs, th_bytes_steal(&b), glob, err);
        at = end + 1;
    }
    free(whole);
    return code;
}

enum thumbs_code th_braces_expand(const char *glob, char ***out, size_t *n,
                                  struct thumbs_error *err)
{
    struct globs globs = {0};
    enum thumbs_code code = add(&globs, th_strdup(glob), glob, err);
    for (size_t i = 0; !code && i < globs.n;) {
        const char *open = find_open(globs.items[i]);
        if (open)
            code = expand_one(&globs, i, open, glob, err);
        else
            i++;
    }
    if (code == THUMBS_OK) {
        *out = globs.items;
        *n = globs.n;
        return THUMBS_OK;
    }
    for (size_t i = 0; i < globs.n; i++)
        free(globs.items[i]);
    free(globs.items);
    return code;
}
