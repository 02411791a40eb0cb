/* SPDX-License-Identifier: MIT */
#include "walk/rules.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/shorten.h"
#include "base/sys.h"
#include "walk/braces.h"
#include "walk/glob.h"

struct rule {
    bool include, folders_only;
    bool matched;      /* anything so far */
    const char *given; /* borrowed, with its sign */
    char **globs;      /* owned, as each is: one, or its alternatives */
    size_t n_globs;
};

struct th_rules {
    struct rule *rules;
    size_t n;
    bool has_include;
};

static enum thumbs_code no_memory(struct thumbs_error *err)
{
    return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for the patterns");
}

/* ---- making ---------------------------------------------------------------------------------- */

/* "./a//b/./c" means "/a/b/c". */
static char *clean_slashes(const char *glob)
{
    struct th_bytes b = {0};
    const char *g = glob;
    th_bytes_adds(&b, "");
    if (g[0] == '.' && g[1] == '/') g++;
    while (*g) {
        if (*g != '/') {
            th_bytes_addc(&b, *g++);
            continue;
        }
        th_bytes_addc(&b, '/');
        while (*g == '/' || (g[0] == '.' && (g[1] == '/' || !g[1])))
            g++;
    }
    return th_bytes_steal(&b);
}

/* The ending of a glob if it is letters and digits alone and that of an image, else NULL. */
static const char *image_ending(const struct th_walk_options *options, const char *glob)
{
    char name[16] = "x";
    const char *dot = strrchr(glob, '.');
    bool known = false;
    if (!dot || !dot[1] || strlen(dot) + 1 >= sizeof name || !options->output_class) return NULL;
    for (const char *c = dot + 1; *c; c++)
        if (!isascii((unsigned char)*c) || !isalnum((unsigned char)*c)) return NULL;
    strcat(name, dot);
    options->output_class(options->user, name, &known);
    return known ? dot + 1 : NULL;
}

/* "*.jpg" to "*.[jJ][pP][gG]". */
static char *make_case_blind(const struct th_walk_options *options, const char *glob)
{
    struct th_bytes b = {0};
    const char *ending = image_ending(options, glob);
    if (!ending) return th_strdup(glob);
    th_bytes_add(&b, glob, (size_t)(ending - glob));
    for (const char *c = ending; *c; c++) {
        if (isalpha((unsigned char)*c))
            th_bytes_addf(&b, "[%c%c]", tolower((unsigned char)*c), toupper((unsigned char)*c));
        else
            th_bytes_addc(&b, *c);
    }
    return th_bytes_steal(&b);
}

/* A glob without braces, in place of the text at *glob. */
static enum thumbs_code refine(const struct th_walk_options *options, char **glob,
                               struct thumbs_error *err)
{
    char *blind = make_case_blind(options, *glob);
    if (!blind) return no_memory(err);
    free(*glob);
    *glob = blind;
    return th_glob_valid(blind, err) ? THUMBS_OK : THUMBS_USAGE;
}

/* Slashes at the end are noted and taken off; of nothing but slashes one stays, which is refused as
 * such. */
static bool take_end(char *text)
{
    size_t len = strlen(text);
    bool folders_only = len > 1 && text[len - 1] == '/';
    while (len > 1 && text[len - 1] == '/')
        text[--len] = '\0';
    return folders_only;
}

static enum thumbs_code take_rule(const struct th_walk_options *options, const char *given,
                                  struct rule *rule, struct thumbs_error *err)
{
    *rule = (struct rule){.given = given, .include = given[0] == '+'};
    if (given[0] != '+' && given[0] != '-')
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_WALK,
                            "bad rule \"%s\": neither + nor -", th_shorten(given).text);
    char *text = clean_slashes(given + 1);
    if (!text) return no_memory(err);
    rule->folders_only = take_end(text);
    enum thumbs_code code = th_glob_valid(given + 1, err) ? THUMBS_OK : THUMBS_USAGE;
    if (code == THUMBS_OK) code = th_braces_expand(text, &rule->globs, &rule->n_globs, err);
    free(text);
    for (size_t i = 0; code == THUMBS_OK && i < rule->n_globs; i++)
        code = refine(options, &rule->globs[i], err);
    return code;
}

enum thumbs_code th_rules_create(const struct th_walk_options *options, struct th_rules **out,
                                 struct thumbs_error *err)
{
    struct th_rules *rules = th_calloc(1, sizeof *rules);
    enum thumbs_code code = THUMBS_OK;
    if (!rules) return no_memory(err);
    rules->rules = options->n_globs ? th_calloc(options->n_globs, sizeof *rules->rules) : NULL;
    if (options->n_globs && !rules->rules) code = no_memory(err);
    while (code == THUMBS_OK && rules->n < options->n_globs) {
        struct rule *rule = &rules->rules[rules->n];
        code = take_rule(options, options->globs[rules->n++], rule, err);
        if (rule->include) rules->has_include = true;
    }
    if (code == THUMBS_OK)
        *out = rules;
    else
        th_rules_destroy(rules);
    return code;
}

void th_rules_destroy(struct th_rules *rules)
{
    if (!rules) return;
    for (size_t i = 0; i < rules->n; i++) {
        for (size_t k = 0; k < rules->rules[i].n_globs; k++)
            free(rules->rules[i].globs[k]);
        free(rules->rules[i].globs);
    }
    free(rules->rules);
    free(rules);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static bool matches_any(const struct rule *rule, const char *path)
{
    for (size_t i = 0; i < rule->n_globs; i++)
        if (th_glob_match(rule->globs[i], path)) return true;
    return false;
}

static bool matches(const struct rule *rule, const char *path, bool folder)
{
    return (folder || !rule->folders_only) && matches_any(rule, path);
}

static bool is_included(const struct th_rules *rules, const char *folder)
{
    for (size_t i = 0; i < rules->n; i++)
        if (rules->rules[i].include && matches(&rules->rules[i], folder, true)) return true;
    return false;
}

static bool lies_in_included(const struct th_rules *rules, char *path)
{
    bool included = false;
    for (char *slash = strchr(path, '/'); slash && !included; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        included = is_included(rules, path);
        *slash = '/';
    }
    return included;
}

/* Rules before the one that decides are asked only as long as they have matched nothing, to know
 * whether they do. */
bool th_rules_exclude(struct th_rules *rules, char *path, bool folder)
{
    bool excluded = false, decided = false;
    for (size_t n = rules->n; n > 0; n--) {
        struct rule *rule = &rules->rules[n - 1];
        if ((decided && rule->matched) || !matches(rule, path, folder)) continue;
        rule->matched = true;
        if (!decided) excluded = !rule->include;
        decided = true;
    }
    if (decided || folder || !rules->has_include) return excluded;
    return !lies_in_included(rules, path);
}

const char *th_rules_unmatched(const struct th_rules *rules, size_t *i)
{
    while (*i < rules->n) {
        const struct rule *rule = &rules->rules[(*i)++];
        if (!rule->matched) return rule->given;
    }
    return NULL;
}
