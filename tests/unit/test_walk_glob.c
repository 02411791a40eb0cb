/* SPDX-License-Identifier: MIT */
/* The walk room: what a glob matches, held against a plain recursion. */
#include "walk/glob.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(glob, matches)
{
    static const struct {
        const char *glob, *path;
        bool match;
    } cases[] = {
        {"*.jpg", "a.jpg", true},
        {"*.jpg", "d/e/a.jpg", true},
        {"*.jpg", "a.jpg.png", false},
        {"*.JPG", "a.jpg", false},
        {"*", "a", true},
        {"*", ".a", true},
        {"*", "d/a", true},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"?", "\xff", true},
        {"d/*", "d/a", true},
        {"d/*", "d/e/a", false},
        {"d/*", "x/d/a", false},
        {"/a", "a", true},
        {"/a", "d/a", false},
        {"/*.jpg", "a.jpg", true},
        {"/*.jpg", "d/a.jpg", false},
        {"d/?", "d//", false},
        {"d?a", "d/a", false},
        {"d/**", "d/a", true},
        {"d/**", "d/e/f/a", true},
        {"d/**", "d", false},
        {"d/**/a", "d/a", true},
        {"d/**/a", "d/e/a", true},
        {"d/**/a", "d/e/f/a", true},
        {"d/**/a", "d/ea", false},
        {"d/**/a", "da", false},
        {"**/a", "a", true},
        {"**/a", "d/e/a", true},
        {"**/a", "ba", false},
        {"/**/a*/b", "x/y/ac/b", true},
        {"/**/a*/b", "x/y/ac/c/b", false},
        {"d**a", "d/e/a", false}, /* without a slash: the last part only */
        {"d**a", "x/dea", true},
        {"/d**a", "d/e/a", true},
        {"/d**a", "e/a", false},
        {"**", "d/e", true},
        {"a/**/b/**/c", "a/b/c", true},
        {"a/**/b/**/c", "a/x/b/y/z/c", true},
        {"a/**/b/**/c", "a/x/y/z/c", false},
        {"[abc]", "b", true},
        {"[abc]", "d", false},
        {"[a-c]x", "bx", true},
        {"[!a-c]", "b", false},
        {"[!a-c]", "d", true},
        {"[^a-c]", "d", true},
        {"[]a]", "]", true},
        {"[]a]", "a", true},
        {"[!]a]", "]", false},
        {"[a-]", "-", true},
        {"[\\]]", "]", true},
        {"[\\!a]", "!", true},
        {"[a\\-c]", "b", false},
        {"[z-a]", "m", false},
        {"/d[!x]a", "d/a", false},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"\\a", "a", true},
        {"\\\\", "\\", true},
        {"[\x80-\xff]", "\xc3", true},
        {"*a*b*c", "xaybzc", true},
        {"*a*b*c", "xaybz", false},
        {"a*", "a", true},
        {"a", "", false},
        {"*", "", true},
        {"", "", true},
        {"[a", "[a", true}, /* not valid, but harmless: a bracket like any other byte */
        {"a\\", "a\\", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool match = th_glob_match(cases[i].glob, cases[i].path);
        cr_expect_eq(match, cases[i].match, "%s on %s", cases[i].glob, cases[i].path);
    }
}

/* The plainest possible reading of the rules, as slow as it likes. */
static bool slow_match(const char *start, const char *g, const char *p)
{
    if (!*g) return !*p;
    if (g[0] == '*' && g[1] == '*') {
        const char *after = g + strspn(g, "*");
        if ((g == start || g[-1] == '/') && *after == '/') {
            if (slow_match(start, after + 1, p)) return true;
            for (; *p; p++) {
                if (*p == '/' && slow_match(start, after + 1, p + 1)) return true;
            }
            return false;
        }
        for (;; p++) {
            if (slow_match(start, after, p)) return true;
            if (!*p) return false;
        }
    }
    if (*g == '*') {
        for (;; p++) {
            if (slow_match(start, g + 1, p)) return true;
            if (!*p || *p == '/') return false;
        }
    }
    if (*g == '?') return *p && *p != '/' && slow_match(start, g + 1, p + 1);
    return *p == *g && slow_match(start, g + 1, p + 1);
}

static unsigned long next_random(unsigned long *state)
{
    *state = *state * 6364136223846793005UL + 1442695040888963407UL;
    return *state >> 33;
}

Test(glob, agrees_with_plain_recursion, .timeout = 120)
{
    unsigned long seed = 20240607;
    unsigned n_true = 0;
    for (unsigned round = 0; round < 300000; round++) {
        char glob[12] = "/", path[14];
        size_t g_len = 1, p_len = 1 + next_random(&seed) % 12;
        for (size_t n = 1 + next_random(&seed) % 9; g_len <= n; g_len++)
            glob[g_len] = "ab/***?"[next_random(&seed) % 7];
        glob[g_len] = '\0';
        for (size_t i = 0; i < p_len; i++)
            path[i] = "aab/"[next_random(&seed) % 4];
        path[p_len] = '\0';
        bool expected = slow_match(glob + 1, glob + 1, path);
        cr_assert_eq(th_glob_match(glob, path), expected, "round %u: %s on %s", round, glob, path);
        n_true += expected;
    }
    cr_expect_gt(n_true, 10000, "the cases must not all be misses");
}

Test(glob, does_not_blow_up, .timeout = 120)
{
    static char path[20001], glob[2001];
    memset(path, 'a', sizeof path - 1);
    for (size_t i = 0; i + 1 < sizeof glob; i += 2)
        memcpy(glob + i, "*a", 2);
    glob[sizeof glob - 2] = 'b';
    cr_expect_not(th_glob_match(glob, path));
    cr_expect_not(th_glob_match("/**a**a**a**a**a**a**a**a**a**a**b", path));
    for (size_t i = 1; i < sizeof path - 2; i += 2)
        path[i] = '/';
    cr_expect_not(th_glob_match("**/a/**/a/**/a/**/a/**/a/**/a/**/b", path));
    cr_expect_not(th_glob_match("**/a*/*a/**/a*a/**/b", path));
    cr_expect(th_glob_match("**/a/**/a/**/a/**/a/**/a/**/a/**/a*", path));
}

Test(glob, valid)
{
    static const char *const good[] = {"*",   "a/",    "[a]",   "[]]",  "[!]]",
                                       "\\[", "[\\]]", "a\\\\", "**/x", "]"};
    static const char *const bad[] = {"[",   "a[b",    "[]", "[!]", "[a\\]", "[a-",
                                      "a\\", "\\\\\\", "",   "/",   "//"};
    struct thumbs_error err;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(th_glob_valid(good[i], NULL), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err = (struct thumbs_error){0};
        cr_expect_not(th_glob_valid(bad[i], &err), "%s", bad[i]);
        cr_expect_eq(err.code, THUMBS_USAGE);
        cr_expect_not(th_glob_valid(bad[i], NULL));
    }
}
