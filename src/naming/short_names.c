/* SPDX-License-Identifier: MIT */
#include "naming/short_names.h"

#include <string.h>

/* What has been found out about a name, in the byte in front of it. */
enum {
    TAG_ASKED = 8,  /* its content was looked at ... */
    TAG_IMAGE = 16, /* ... and is an image */
    TAG_GROUP = 32, /* its group was looked at: the next two hold */
    TAG_CLASH = 64, /* another image of its class shares its stem */
    TAG_CHAIN = 128 /* its stem is the name of a file whose own stem is shorter */
};

#define MAX_CLASSES 32u

static unsigned char *record(const struct th_naming_names *names, size_t i)
{
    return names->records + names->at[i];
}

static const char *get(const struct th_naming_names *names, size_t i)
{
    return (const char *)record(names, i) + 1;
}

static bool is_candidate(const struct th_naming_names *names, size_t i)
{
    return (*record(names, i) & TH_NAMING_KIND) == 0;
}

/* ---- names --------------------------------------------------------------------------------- */

size_t th_naming_stem_len(const char *name, size_t len)
{
    const char *dot = memrchr(name, '.', len);
    return dot && dot > name ? (size_t)(dot - name) : len;
}

/* First file in [0, end) that is not before the stem, or not before the stem with a dot. */
static size_t lower_bound(const struct th_naming_names *names, size_t end, const char *stem,
                          size_t stem_len, bool dot)
{
    size_t low = 0;
    while (low < end) {
        size_t mid = low + (end - low) / 2;
        const char *name = get(names, mid);
        int order = strncmp(name, stem, stem_len);
        if (order == 0 && dot) order = (unsigned char)name[stem_len] < '.' ? -1 : 1;
        if (order < 0)
            low = mid + 1;
        else
            end = mid;
    }
    return low;
}

/* Index of the file with exactly this name among [0, end), or SIZE_MAX. */
static size_t find_exact(const struct th_naming_names *names, size_t end, const char *name,
                         size_t len)
{
    size_t i = lower_bound(names, end, name, len, false);
    if (i == end || !is_candidate(names, i)) return SIZE_MAX;
    const char *found = get(names, i);
    return !strncmp(found, name, len) && !found[len] ? i : SIZE_MAX;
}

size_t th_naming_find(const struct th_naming_names *names, const char *name, size_t len)
{
    return find_exact(names, names->n, name, len);
}

/* ---- edges --------------------------------------------------------------------------------- */

void th_naming_edge_set(struct th_naming_edge *edge, const char *name)
{
    edge->learned = false;
    edge->len = strlen(name);
    memcpy(edge->name, name, edge->len + 1);
    memset(edge->rows, 0, (edge->len + 1) * sizeof *edge->rows);
}

/* Classes beyond the last share one: that may lengthen a name without need, but never lets two
 * outputs collide. */
static unsigned class_of(const struct th_naming_rule *rule, const char *name, bool *known_image)
{
    *known_image = true;
    if (!rule->output_class) return 0;
    unsigned class = rule->output_class(rule->user, name, known_image);
    return class < MAX_CLASSES ? class : MAX_CLASSES - 1;
}

static unsigned count_in(const struct th_naming_row *row, unsigned class)
{
    return row->counts >> (2 * class) & 3;
}

bool th_naming_edge_concerns(const struct th_naming_edge *edge, const char *name)
{
    size_t stem_len = th_naming_stem_len(name, strlen(name));
    return stem_len <= edge->len && !memcmp(name, edge->name, stem_len);
}

void th_naming_edge_learn(struct th_naming_edge *edge, const char *name,
                          const struct th_naming_rule *rule)
{
    if (!th_naming_edge_concerns(edge, name)) return;
    size_t len = strlen(name);
    struct th_naming_row *row = &edge->rows[th_naming_stem_len(name, len)];
    bool exact = len <= edge->len && !memcmp(name, edge->name, len);
    bool image;
    unsigned class = class_of(rule, name, &image);
    unsigned count = count_in(row, class);
    if (!image && (exact || count < 2)) image = rule->ask(rule->asked, name);
    if (!image) return;
    if (count < 2) row->counts += UINT64_C(1) << (2 * class);
    if (exact) {
        edge->rows[len].exact = true;
        edge->rows[len].exact_class = (uint8_t) class;
    }
}

/* The edge that parts the names of this stem, if one does. */
static struct th_naming_edge *edge_through(const struct th_naming_rule *rule, const char *stem,
                                           size_t stem_len)
{
    struct th_naming_edge *edge = rule->lower;
    /* A name of this group lies behind the lower edge. If the stem alone lies before it, then it
     * begins its name. */
    if (edge && edge->len > stem_len && !memcmp(edge->name, stem, stem_len)) return edge;
    edge = rule->upper;
    /* The other way round: the upper edge must lie behind all that begins with the stem and a
     * dot. */
    if (edge && edge->len > stem_len && !memcmp(edge->name, stem, stem_len) &&
        (unsigned char)edge->name[stem_len] <= '.')
        return edge;
    return NULL;
}

/* Keep it or not, by the rows of an edge through the group of this name. The stem of a stem begins
 * the name at the edge as well, so the rows know the whole chain. */
static bool keeps_by_edge(const struct th_naming_edge *edge, const char *name, size_t len,
                          unsigned class)
{
    for (;;) {
        size_t stem_len = th_naming_stem_len(name, len);
        const struct th_naming_row *row = &edge->rows[stem_len];
        if (count_in(row, class) >= 2) return true;
        if (stem_len == len || !row->exact || row->exact_class != class) return false;
        len = stem_len;
    }
}

/* ---- the rule ------------------------------------------------------------------------------ */

static bool is_image(const struct th_naming_names *names, size_t i,
                     const struct th_naming_rule *rule)
{
    bool known;
    class_of(rule, get(names, i), &known);
    if (known) return true;
    unsigned char *tag = record(names, i);
    if (!(*tag & TAG_ASKED))
        *tag |= TAG_ASKED | (rule->ask(rule->asked, get(names, i)) ? TAG_IMAGE : 0);
    return *tag & TAG_IMAGE;
}

static bool begins_with(const struct th_naming_names *names, size_t i, const char *stem,
                        size_t stem_len, bool dot)
{
    const char *name = get(names, i);
    return !strncmp(name, stem, stem_len) && (!dot || name[stem_len] == '.');
}

/* Where the names of one stem are: [begin, end) holds those with a dot behind it (and others, whose
 * stem is longer), `exact` is the file that bears just the stem, or SIZE_MAX. */
struct group {
    const char *stem;
    size_t stem_len, begin, end, exact;
};

static struct group find_group(const struct th_naming_names *names, size_t i)
{
    const char *name = get(names, i);
    size_t len = strlen(name);
    struct group g = {.stem = name, .stem_len = th_naming_stem_len(name, len), .exact = SIZE_MAX};
    if (g.stem_len == len) {
        g.exact = i;
        g.begin = g.end = lower_bound(names, names->n, name, len, true);
    } else {
        g.begin = i;
        g.end = i + 1;
        while (g.begin > 0 && begins_with(names, g.begin - 1, name, g.stem_len, true))
            g.begin--;
        /* The stem alone comes before, but not always right before: `a-b` lies between `a` and
         * `a.b`. */
        if (g.begin > 0 && begins_with(names, g.begin - 1, name, g.stem_len, false))
            g.exact = find_exact(names, g.begin, name, g.stem_len);
    }
    while (g.end < names->n && begins_with(names, g.end, name, g.stem_len, true))
        g.end++;
    return g;
}

static bool is_member(const struct th_naming_names *names, size_t i, const struct group *g)
{
    if (!is_candidate(names, i)) return false;
    const char *name = get(names, i);
    return th_naming_stem_len(name, strlen(name)) == g->stem_len;
}

/* Settle a group once for all of its members: if each did it for itself, a million names of one
 * stem would be looked at a million times each. */
static void settle_group(const struct th_naming_names *names, const struct group *g,
                         const struct th_naming_rule *rule)
{
    size_t maybe[MAX_CLASSES] = {0}, images[MAX_CLASSES] = {0};
    bool known;
    bool exact_in = g->exact != SIZE_MAX && is_member(names, g->exact, g);
    size_t end = g->end + (exact_in ? 1 : 0); /* one step more, for `exact` */

    for (size_t k = g->begin; k < end; k++) {
        size_t i = k < g->end ? k : g->exact;
        if (is_member(names, i, g)) maybe[class_of(rule, get(names, i), &known)]++;
    }
    for (size_t k = g->begin; k < end; k++) {
        size_t i = k < g->end ? k : g->exact;
        if (!is_member(names, i, g)) continue;
        unsigned class = class_of(rule, get(names, i), &known);
        if (maybe[class] > 1 && is_image(names, i, rule)) images[class]++;
    }
    for (size_t k = g->begin; k < end; k++) {
        size_t i = k < g->end ? k : g->exact;
        if (!is_member(names, i, g)) continue;
        unsigned class = class_of(rule, get(names, i), &known);
        unsigned char tag = TAG_GROUP;
        if (images[class] > 1 && is_image(names, i, rule)) tag |= TAG_CLASH;
        if (g->exact != SIZE_MAX && !exact_in) tag |= TAG_CHAIN;
        *record(names, i) |= tag;
    }
}

bool th_naming_keeps_extension(const struct th_naming_names *names, size_t i,
                               const struct th_naming_rule *rule)
{
    const size_t asked = i;
    bool known, keeps;
    if (rule->always) return true;
    const unsigned class = class_of(rule, get(names, i), &known);
    for (;;) {
        const char *name = get(names, i);
        size_t len = strlen(name), stem_len = th_naming_stem_len(name, len);
        struct th_naming_edge *edge = edge_through(rule, name, stem_len);
        if (edge) {
            if (!edge->learned) {
                rule->learn(rule->asked, edge);
                edge->learned = true;
            }
            keeps = keeps_by_edge(edge, name, len, class);
            break;
        }
        if (!(*record(names, i) & TAG_GROUP)) {
            struct group g = find_group(names, i);
            settle_group(names, &g, rule);
        }
        keeps = *record(names, i) & TAG_CLASH;
        if (keeps || !(*record(names, i) & TAG_CHAIN)) break;
        /* It is in this part: a stem before the lower edge would have the edge go through the
         * group. */
        i = find_exact(names, i, name, stem_len);
        if (i == SIZE_MAX || class_of(rule, get(names, i), &known) != class ||
            !is_image(names, i, rule))
            break;
    }
    return keeps && is_image(names, asked, rule);
}
