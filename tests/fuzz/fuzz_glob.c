/* SPDX-License-Identifier: MIT */
/*
 * Glob matching against a second matcher, which is slow and plain: a table of which rest of the
 * pattern matches which rest of the path. Patterns that th_glob_valid() takes must give the same
 * answer in both; all others must do no harm.
 */
#include "fuzz.h"
#include "walk/glob.h"
#include "walk/rules.h"
#include "walk/walk.h"

enum { MAX_GLOB = 40, MAX_PATH = 60 };

struct table {
    const char *glob, *path;
    signed char known[MAX_GLOB + 1][MAX_PATH + 1]; /* -1: not computed yet */
};

/* One element of a set: a byte that a backslash may hide. */
static unsigned char set_byte(const char *glob, size_t *i)
{
    if (glob[*i] == '\\') ++*i;
    return (unsigned char)glob[(*i)++];
}

/* Does the set behind glob[*i] == '[' take c? Moves *i behind its ']'. Only for valid patterns. */
static bool set_takes(const char *glob, size_t *i, unsigned char c)
{
    size_t at = *i + 1;
    bool negated = glob[at] == '!' || glob[at] == '^', hit = false, first = true;
    if (negated) at++;
    while (first || glob[at] != ']') {
        unsigned char low = set_byte(glob, &at), high = low;
        if (glob[at] == '-' && glob[at + 1] && glob[at + 1] != ']') {
            at++;
            high = set_byte(glob, &at);
        }
        hit |= low <= c && c <= high;
        first = false;
    }
    *i = at + 1;
    return hit != negated && c != '/';
}

static bool matches(struct table *t, size_t g, size_t p);

/* "**" + "/": any number of whole folders. Any other "**": any bytes. */
static bool deep_matches(struct table *t, size_t g, size_t p)
{
    bool begins = g == 0 || t->glob[g - 1] == '/';
    while (t->glob[g] == '*')
        g++;
    bool by_folder = begins && t->glob[g] == '/';
    if (by_folder) g++;
    if (matches(t, g, p)) return true;
    for (; t->path[p]; p++) {
        if ((!by_folder || t->path[p] == '/') && matches(t, g, p + 1)) return true;
    }
    return false;
}

static bool compute(struct table *t, size_t g, size_t p)
{
    const char *glob = t->glob, *path = t->path;
    if (!glob[g]) return !path[p];
    if (glob[g] == '*' && glob[g + 1] == '*') return deep_matches(t, g, p);
    if (glob[g] == '*')
        return matches(t, g + 1, p) || (path[p] && path[p] != '/' && matches(t, g, p + 1));
    if (!path[p]) return false;
    if (glob[g] == '?') return path[p] != '/' && matches(t, g + 1, p + 1);
    if (glob[g] == '[') return set_takes(glob, &g, (unsigned char)path[p]) && matches(t, g, p + 1);
    if (glob[g] == '\\') g++;
    return glob[g] == path[p] && matches(t, g + 1, p + 1);
}

static bool matches(struct table *t, size_t g, size_t p)
{
    signed char *known = &t->known[g][p];
    if (*known < 0) *known = compute(t, g, p);
    return *known;
}

static bool expected(const char *glob, const char *path)
{
    struct table t = {.glob = glob, .path = path};
    memset(t.known, -1, sizeof t.known);
    if (!strchr(glob, '/')) {
        const char *slash = strrchr(path, '/');
        if (slash) t.path = slash + 1;
    } else if (glob[0] == '/') {
        t.glob++;
    }
    return matches(&t, 0, 0);
}

/* As a rule, with braces and all: it does no harm, and leaves the path as it is. */
static void check_rule(const char *glob, const char *path)
{
    char rule[MAX_GLOB + 2];
    char *copy = fuzz_copy(path, strlen(path) + 1);
    const char *rules[] = {rule};
    struct th_walk_options options = {.globs = rules, .n_globs = 1};
    struct th_rules *made = NULL;
    snprintf(rule, sizeof rule, "+%s", glob);
    if (th_rules_create(&options, &made, NULL) == THUMBS_OK) {
        bool excluded = th_rules_exclude(made, copy, false);
        size_t i = 0;
        fuzz_check(strcmp(copy, path) == 0);
        /* One that takes a file by itself has matched; else it takes at most what lies in a folder.
         */
        fuzz_check(!th_rules_unmatched(made, &i) || excluded || strchr(path, '/'));
    }
    th_rules_destroy(made);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz_input in = {data, len};
    char *glob = fuzz_string(&in, MAX_GLOB), *path = fuzz_string(&in, MAX_PATH);
    struct thumbs_error error = {0};
    bool valid = th_glob_valid(glob, &error), match = th_glob_match(glob, path);
    fuzz_check(th_glob_valid(glob, NULL) == valid);
    fuzz_check(valid == !error.message[0]);
    if (valid) fuzz_check(match == expected(glob, path));
    check_rule(glob, path);
    free(glob);
    free(path);
    return 0;
}
