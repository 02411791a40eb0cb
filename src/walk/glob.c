/* SPDX-License-Identifier: MIT */
#include "walk/glob.h"

#include <string.h>

#include "base/error.h"
#include "base/shorten.h"

/* One character of a set, which a backslash may hide; NULL at the end of the pattern. */
static const char *set_char(const char *g, unsigned char *c)
{
    if (*g == '\\') g++;
    *c = (unsigned char)*g;
    return *g ? g + 1 : NULL;
}

/* Is c in the set whose '[' stands before g? Returns what follows its ']', or NULL if there is
 * none. */
static const char *match_set(const char *g, unsigned char c, bool *in)
{
    bool negated = *g == '!' || *g == '^', hit = false;
    if (negated) g++;
    for (bool first = true; first || *g != ']'; first = false) {
        unsigned char low, high;
        g = set_char(g, &low);
        if (!g) return NULL;
        high = low;
        if (g[0] == '-' && g[1] && g[1] != ']') {
            g = set_char(g + 1, &high);
            if (!g) return NULL;
        }
        if (low <= c && c <= high) hit = true;
    }
    *in = hit != negated && c != '/';
    return g + 1;
}

/* Does the one-character item at g match c? Returns what follows the item, or NULL. */
static const char *match_one(const char *g, unsigned char c)
{
    bool in;
    const char *after;
    switch (*g) {
    case '\0':
        return NULL;
    case '?':
        return c != '/' ? g + 1 : NULL;
    case '[':
        after = match_set(g + 1, c, &in);
        if (after) return in ? after : NULL;
        break; /* not closed: a bracket like any other byte */
    case '\\':
        if (g[1]) g++;
        break;
    }
    return (unsigned char)*g == c ? g + 1 : NULL;
}

/* A place to come back to: the pattern behind a wildcard, and how much of the path the wildcard has
 * taken. */
struct retry {
    const char *glob, *path;
};

/* Where a `**` may end next: one byte on, or for a "**" with its slash, behind the next slash.
 * NULL: nowhere. */
static const char *deeper(const char *path, bool by_folder)
{
    if (!by_folder) return *path ? path + 1 : NULL;
    const char *slash = strchr(path, '/');
    return slash ? slash + 1 : NULL;
}

/* Only the last `*` and the last `**` are ever taken back. That is enough: what stood before them
 * has matched as early as it can, so a later match of it leaves less to choose from. As `*` never
 * crosses a slash, a `*` that runs into one cannot be helped by an earlier `*` either, for that is
 * either of the same folder name or bound to an earlier one. */
static bool match_path(const char *const glob, const char *path)
{
    const char *g = glob;
    struct retry star = {0}, deep = {0};
    bool by_folder = false;
    for (;;) {
        if (g[0] == '*' && g[1] == '*') {
            bool begins = g == glob || g[-1] == '/';
            while (*g == '*')
                g++;
            /* "**" + "/" is any number of whole folders, none included. */
            by_folder = begins && *g == '/';
            if (by_folder) g++;
            deep = (struct retry){g, path};
            star = (struct retry){0};
            continue;
        }
        if (*g == '*') {
            star = (struct retry){++g, path};
            continue;
        }
        if (!*g && !*path) return true;
        const char *after = *path ? match_one(g, (unsigned char)*path) : NULL;
        if (after) {
            g = after;
            path++;
            continue;
        }
        if (star.glob && *star.path && *star.path != '/') {
            star.path++;
            g = star.glob;
            path = star.path;
            continue;
        }
        if (deep.glob) deep.path = deeper(deep.path, by_folder);
        if (!deep.glob || !deep.path) return false;
        star = (struct retry){0};
        g = deep.glob;
        path = deep.path;
    }
}

bool th_glob_match(const char *glob, const char *path)
{
    if (!strchr(glob, '/')) {
        const char *slash = strrchr(path, '/');
        return match_path(glob, slash ? slash + 1 : path);
    }
    return match_path(glob[0] == '/' ? glob + 1 : glob, path);
}

bool th_glob_valid(const char *glob, struct thumbs_error *err)
{
    const char *why = NULL;
    bool in;
    if (!glob[strspn(glob, "/")]) why = "it names nothing";
    for (const char *g = glob; *g && !why;) {
        if (g[0] == '\\' && !g[1]) {
            why = "it ends in a backslash";
        } else if (g[0] == '[') {
            g = match_set(g + 1, 0, &in);
            if (!g) {
                why = "a [ is not closed";
                break;
            }
        } else {
            g += g[0] == '\\' ? 2 : 1;
        }
    }
    if (why)
        th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_WALK, "bad pattern \"%s\": %s",
                     th_shorten(glob).text, why);
    return !why;
}
