/* SPDX-License-Identifier: MIT */
#include "walk/gitglob.h"

#include <string.h>

/* Bytes that a name in a set stands for, as ranges. '/' is left out: no set matches it, and where
 * it stood in a glob that glob would be about a whole path. */
static const struct {
    const char *name, *ranges;
} kinds[] = {
    {"alnum", "09AZaz"},   {"alpha", "AZaz"},
    {"blank", "\t\t  "},   {"cntrl", "\x01\x1f\x7f\x7f"},
    {"digit", "09"},       {"graph", "!.0~"},
    {"lower", "az"},       {"print", " .0~"},
    {"punct", "!.:@[`{~"}, {"space", "\t\n\r\r  "},
    {"upper", "AZ"},       {"xdigit", "09AFaf"},
};

static void add_range(struct th_bytes *out, char low, char high)
{
    const char range[] = {'\\', low, '-', '\\', high};
    th_bytes_add(out, range, low == high ? 2 : sizeof range);
}

/* The kind of the len bytes at `name`; false: there is none of that name. */
static bool add_kind(struct th_bytes *out, const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strlen(kinds[i].name) != len || memcmp(kinds[i].name, name, len) != 0) continue;
        for (const char *range = kinds[i].ranges; *range; range += 2)
            add_range(out, range[0], range[1]);
        return true;
    }
    return false;
}

/* One byte of a set, which a backslash may hide; NULL: the pattern ends here. */
static const char *take_byte(const char *p, char *byte)
{
    if (*p == '\\') p++;
    *byte = *p;
    return *p ? p + 1 : NULL;
}

/* "[:name:]" at p: *after gets what follows it, or NULL where it names no kind. False: p is no such
 * name but a plain bracket. */
static bool take_kind(const char *p, struct th_bytes *out, const char **after)
{
    if (p[0] != '[' || p[1] != ':') return false;
    const char *name = p + 2, *close = strchr(name, ']');
    *after = NULL;
    if (!close) return true;
    if (close == name || close[-1] != ':') return false;
    if (add_kind(out, name, (size_t)(close - 1 - name))) *after = close + 1;
    return true;
}

/* The set whose '[' stands before p. Each byte is hidden by a backslash, so that none means more
 * than itself. Returns what follows its ']', or NULL. */
static const char *take_set(const char *p, struct th_bytes *out)
{
    th_bytes_addc(out, '[');
    if (*p == '!' || *p == '^') {
        th_bytes_addc(out, '!');
        p++;
    }
    for (bool first = true; first || *p != ']'; first = false) {
        const char *after;
        char low, high;
        if (take_kind(p, out, &after)) {
            if (!after) return NULL;
            p = after;
            continue;
        }
        p = take_byte(p, &low);
        if (!p) return NULL;
        high = low;
        if (p[0] == '-' && p[1] && p[1] != ']') p = take_byte(p + 1, &high);
        if (!p) return NULL;
        add_range(out, low, high);
    }
    th_bytes_addc(out, ']');
    return p + 1;
}

/* A run of stars at p; returns what follows it. */
static const char *take_stars(const char *pattern, const char *p, struct th_bytes *out)
{
    const char *end = p + strspn(p, "*");
    const bool whole_part = (p == pattern || p[-1] == '/') && (!*end || *end == '/');
    th_bytes_adds(out, whole_part && end - p > 1 ? "**" : "*");
    return end;
}

bool th_gitglob_translate(const char *pattern, struct th_bytes *out)
{
    for (const char *p = pattern; p && *p;) {
        if (*p == '*') {
            p = take_stars(pattern, p, out);
        } else if (*p == '[') {
            p = take_set(p + 1, out);
            if (!p) return false;
        } else if (*p == '\\') {
            if (!p[1]) return false;
            th_bytes_add(out, p, 2);
            p += 2;
        } else {
            th_bytes_addc(out, *p++);
        }
    }
    return true;
}
