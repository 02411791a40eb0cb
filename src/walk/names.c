#include "walk/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/sys.h"

/* The tag byte in front of each name: its kind, and what has been found out about it since. */
enum {
    TAG_KIND = 7,
    TAG_ASKED = 8,  /* its content was looked at ... */
    TAG_IMAGE = 16, /* ... and is an image */
    TAG_GROUP = 32, /* its group was looked at: the next two hold */
    TAG_CLASH = 64, /* another image of its class shares its stem */
    TAG_CHAIN = 128 /* its stem is the name of a file whose own stem is shorter */
};

#define MAX_CLASSES 32u

/* Offsets stand at the back of the arena, so that n more names need no move of them. */
static uint32_t *offsets(const struct th_names *names)
{
    return (uint32_t *)(void *)(names->arena + names->cap_bytes) - names->n;
}

static unsigned char *record(const struct th_names *names, size_t i)
{
    return names->arena + offsets(names)[i];
}

bool th_names_init(struct th_names *names, size_t bytes)
{
    bytes &= ~(size_t)3;
    if (bytes > UINT32_MAX) bytes = UINT32_MAX & ~(size_t)3;
    unsigned char *arena = th_alloc(bytes);
    if (!arena) return false;
    *names = (struct th_names){.arena = arena, .cap_bytes = bytes};
    return true;
}

void th_names_finish(struct th_names *names)
{
    free(names->arena);
    *names = (struct th_names){0};
}

void th_names_clear(struct th_names *names)
{
    names->len = names->n = names->n_files = 0;
}

bool th_names_add(struct th_names *names, enum th_name_kind kind, const char *name, size_t len)
{
    size_t free_bytes = names->cap_bytes - names->len - names->n * sizeof(uint32_t);
    if (free_bytes < len + 2 + sizeof(uint32_t)) return false;
    unsigned char *to = names->arena + names->len;
    to[0] = (unsigned char)kind;
    memcpy(to + 1, name, len);
    to[1 + len] = 0;
    names->n++;
    offsets(names)[0] = (uint32_t)names->len;
    names->len += len + 2;
    return true;
}

const char *th_names_get(const struct th_names *names, size_t i)
{
    return (const char *)record(names, i) + 1;
}

enum th_name_kind th_names_kind(const struct th_names *names, size_t i)
{
    return (enum th_name_kind)(*record(names, i) & TAG_KIND);
}

/* ---- order -------------------------------------------------------------------------------------------------- */

static void insertion_sort(const unsigned char *arena, uint32_t *at, size_t n, size_t depth)
{
    for (size_t i = 1; i < n; i++) {
        uint32_t moved = at[i];
        const char *key = (const char *)arena + moved + 1 + depth;
        size_t j = i;
        for (; j > 0 && strcmp((const char *)arena + at[j - 1] + 1 + depth, key) > 0; j--)
            at[j] = at[j - 1];
        at[j] = moved;
    }
}

static unsigned char median(unsigned char a, unsigned char b, unsigned char c)
{
    if (a > b) {
        unsigned char t = a;
        a = b;
        b = t;
    }
    return c <= a ? a : c < b ? c : b;
}

struct run {
    uint32_t *at;
    size_t n, depth;
};

/* Multikey quicksort (Bentley and Sedgewick 1997) of names that agree in their first `depth` bytes. It needs no second
 * array, and looks at the long common beginnings that names in one folder have only once. The largest of the three
 * parts is gone on with, the others are recursed into: so the recursion is never deeper than log2(n). */
static void sort_run(const unsigned char *arena, struct run run)
{
    while (run.n >= 16) {
        uint32_t *at = run.at;
        const unsigned char *key = arena + 1 + run.depth;
        unsigned char pivot = median(key[at[0]], key[at[run.n / 2]], key[at[run.n - 1]]);
        size_t below = 0, i = 0, above = run.n;
        while (i < above) {
            unsigned char c = key[at[i]];
            uint32_t t = at[i];
            if (c < pivot) {
                at[i++] = at[below];
                at[below++] = t;
            } else if (c > pivot) {
                at[i] = at[--above];
                at[above] = t;
            } else {
                i++;
            }
        }
        /* Names that agree up to and with their NUL are equal: done. */
        struct run parts[3] = {{at, below, run.depth},
                               {at + below, pivot ? above - below : 0, run.depth + 1},
                               {at + above, run.n - above, run.depth}};
        unsigned largest = parts[1].n >= parts[0].n ? 1 : 0;
        if (parts[2].n > parts[largest].n) largest = 2;
        for (unsigned p = 0; p < 3; p++) {
            if (p != largest) sort_run(arena, parts[p]);
        }
        run = parts[largest];
    }
    insertion_sort(arena, run.at, run.n, run.depth);
}

static bool is_folder(const struct th_names *names, size_t i)
{
    return th_name_is_folder(th_names_kind(names, i));
}

/* A folder that changes while it is read may hand out a name twice. */
static void drop_doubles(struct th_names *names)
{
    uint32_t *at = offsets(names);
    size_t first = names->n;
    size_t n_files = 0;
    for (size_t i = names->n; i-- > 0;) {
        bool folder = is_folder(names, i);
        if (i > 0 && folder == is_folder(names, i - 1) && !strcmp(th_names_get(names, i - 1), th_names_get(names, i)))
            continue;
        at[--first] = at[i];
        if (!folder) n_files++;
    }
    names->n -= first;
    names->n_files = n_files;
}

void th_names_sort(struct th_names *names)
{
    uint32_t *at = offsets(names);
    size_t n_files = 0, end = names->n;
    while (n_files < end) {
        if (!is_folder(names, n_files)) {
            n_files++;
            continue;
        }
        uint32_t t = at[--end];
        at[end] = at[n_files];
        at[n_files] = t;
    }
    sort_run(names->arena, (struct run){at, n_files, 0});
    sort_run(names->arena, (struct run){at + n_files, names->n - n_files, 0});
    drop_doubles(names);
}

bool th_names_copy(const struct th_names *names, size_t first, size_t max_bytes, struct th_names *out)
{
    size_t bytes = 0, end = first;
    for (; end < names->n; end++) {
        size_t more = strlen(th_names_get(names, end)) + 2 + sizeof(uint32_t);
        if (end > first && bytes + more > max_bytes) break;
        bytes += more;
    }
    struct th_names copy;
    if (!th_names_init(&copy, bytes + 3)) return false; /* + 3: the offsets have to be aligned */
    /* The last one added comes first. */
    for (size_t i = end; i-- > first;) {
        const char *name = th_names_get(names, i);
        th_names_add(&copy, th_names_kind(names, i), name, strlen(name));
        if (!is_folder(names, i)) copy.n_files++;
    }
    *out = copy;
    return true;
}

/* ---- cuts --------------------------------------------------------------------------------------------------- */

void th_cut_set(struct th_cut *cut, bool folder, const char *name)
{
    cut->set = true;
    cut->learned = false;
    cut->folder = folder;
    cut->len = strlen(name);
    memcpy(cut->name, name, cut->len + 1);
    memset(cut->rows, 0, (cut->len + 1) * sizeof *cut->rows);
}

int th_cut_compare(const struct th_cut *cut, bool folder, const char *name)
{
    if (folder != cut->folder) return folder ? 1 : -1;
    return strcmp(name, cut->name);
}

void th_names_cut(struct th_names *names, struct th_cut *cut)
{
    size_t keep = names->n - (names->n + 3) / 4;
    bool folders = is_folder(names, keep);
    th_cut_set(cut, folders, th_names_get(names, keep));
    /* A group begins with its stem. If it does not fill half of what is kept, cut in front of it: then it need not be
     * learned from reading the folder once more. */
    size_t stem_len = th_name_stem_len(cut->name, cut->len);
    if (!folders && strncmp(th_names_get(names, keep / 2), cut->name, stem_len) < 0) {
        cut->len = stem_len;
        cut->name[stem_len] = '\0';
    }

    /* Close the gaps from the front. Offsets are written anew in that order, behind which none is needed any more. */
    uint32_t *back = (uint32_t *)(void *)(names->arena + names->cap_bytes);
    size_t to = 0, n = 0;
    for (size_t from = 0; from < names->len;) {
        unsigned char *rec = names->arena + from;
        size_t rec_len = strlen((const char *)rec + 1) + 2;
        bool folder = th_name_is_folder((enum th_name_kind)(rec[0] & TAG_KIND));
        if (th_cut_compare(cut, folder, (const char *)rec + 1) < 0) {
            memmove(names->arena + to, rec, rec_len);
            *(back - ++n) = (uint32_t)to;
            to += rec_len;
        }
        from += rec_len;
    }
    names->n = n;
    names->len = to;
}

/* ---- one output name for two sources ------------------------------------------------------------------------ */

size_t th_name_stem_len(const char *name, size_t len)
{
    const char *dot = memrchr(name, '.', len);
    return dot && dot > name ? (size_t)(dot - name) : len;
}

/* Classes beyond the last share one: that may lengthen a name without need, but never lets two outputs collide. */
static unsigned class_of(const struct th_clash *clash, const char *name, bool *known_image)
{
    *known_image = true;
    if (!clash->output_class) return 0;
    unsigned class = clash->output_class(clash->user, name, known_image);
    return class < MAX_CLASSES ? class : MAX_CLASSES - 1;
}

static unsigned count_in(const struct th_cut_row *row, unsigned class)
{
    return row->counts >> (2 * class) & 3;
}

bool th_cut_concerns(const struct th_cut *cut, const char *name)
{
    size_t stem_len = th_name_stem_len(name, strlen(name));
    return stem_len <= cut->len && !memcmp(name, cut->name, stem_len);
}

void th_cut_learn(struct th_cut *cut, const char *name, const struct th_clash *clash)
{
    if (!th_cut_concerns(cut, name)) return;
    size_t len = strlen(name);
    struct th_cut_row *row = &cut->rows[th_name_stem_len(name, len)];
    bool exact = len <= cut->len && !memcmp(name, cut->name, len);
    bool image;
    unsigned class = class_of(clash, name, &image);
    unsigned count = count_in(row, class);
    if (!image && (exact || count < 2)) image = clash->ask(clash->walk, name);
    if (!image) return;
    if (count < 2) row->counts += UINT64_C(1) << (2 * class);
    if (exact) {
        cut->rows[len].exact = true;
        cut->rows[len].exact_class = (uint8_t) class;
    }
}

/* The cut that parts the names of this stem, if one does. */
static struct th_cut *cut_through(const struct th_clash *clash, const char *stem, size_t stem_len)
{
    struct th_cut *cut = clash->lower;
    /* A name of this group lies behind the lower cut. If the stem alone lies before it, then it begins its name. */
    if (cut && cut->set && !cut->folder && cut->len > stem_len && !memcmp(cut->name, stem, stem_len)) return cut;
    cut = clash->upper;
    /* The other way round: the upper cut must lie behind all that begins with the stem and a dot. */
    if (cut && cut->set && !cut->folder && cut->len > stem_len && !memcmp(cut->name, stem, stem_len) &&
        (unsigned char)cut->name[stem_len] <= '.')
        return cut;
    return NULL;
}

/* Whole name or not, by the rows of a cut through the group of this name. The stem of a stem begins the name at the cut
 * as well, so the rows know the whole chain. */
static bool whole_by_cut(const struct th_cut *cut, const char *name, size_t len, unsigned class)
{
    for (;;) {
        size_t stem_len = th_name_stem_len(name, len);
        const struct th_cut_row *row = &cut->rows[stem_len];
        if (count_in(row, class) >= 2) return true;
        if (stem_len == len || !row->exact || row->exact_class != class) return false;
        len = stem_len;
    }
}

/* First file in [0, end) that is not before the stem, or not before the stem with a dot. */
static size_t lower_bound(const struct th_names *names, size_t end, const char *stem, size_t stem_len, bool dot)
{
    size_t low = 0;
    while (low < end) {
        size_t mid = low + (end - low) / 2;
        const char *name = th_names_get(names, mid);
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
static size_t find_exact(const struct th_names *names, size_t end, const char *name, size_t len)
{
    size_t i = lower_bound(names, end, name, len, false);
    if (i == end || th_names_kind(names, i) != TH_NAME_FILE) return SIZE_MAX;
    const char *found = th_names_get(names, i);
    return !strncmp(found, name, len) && !found[len] ? i : SIZE_MAX;
}

size_t th_names_find(const struct th_names *names, const char *name, size_t len)
{
    return find_exact(names, names->n_files, name, len);
}

static bool is_image(struct th_names *names, size_t i, const struct th_clash *clash)
{
    bool known;
    class_of(clash, th_names_get(names, i), &known);
    if (known) return true;
    unsigned char *tag = record(names, i);
    if (!(*tag & TAG_ASKED)) *tag |= TAG_ASKED | (clash->ask(clash->walk, th_names_get(names, i)) ? TAG_IMAGE : 0);
    return *tag & TAG_IMAGE;
}

static bool begins_with(const struct th_names *names, size_t i, const char *stem, size_t stem_len, bool dot)
{
    const char *name = th_names_get(names, i);
    return !strncmp(name, stem, stem_len) && (!dot || name[stem_len] == '.');
}

/* Where the names of one stem are: [begin, end) holds those with a dot behind it (and others, whose stem is longer),
 * `exact` is the file that bears just the stem, or SIZE_MAX. */
struct group {
    const char *stem;
    size_t stem_len, begin, end, exact;
};

static struct group find_group(const struct th_names *names, size_t i)
{
    const char *name = th_names_get(names, i);
    size_t len = strlen(name);
    struct group g = {.stem = name, .stem_len = th_name_stem_len(name, len), .exact = SIZE_MAX};
    if (g.stem_len == len) {
        g.exact = i;
        g.begin = g.end = lower_bound(names, names->n_files, name, len, true);
    } else {
        g.begin = i;
        g.end = i + 1;
        while (g.begin > 0 && begins_with(names, g.begin - 1, name, g.stem_len, true))
            g.begin--;
        /* The stem alone comes before, but not always right before: `a-b` lies between `a` and `a.b`. */
        if (g.begin > 0 && begins_with(names, g.begin - 1, name, g.stem_len, false))
            g.exact = find_exact(names, g.begin, name, g.stem_len);
    }
    while (g.end < names->n_files && begins_with(names, g.end, name, g.stem_len, true))
        g.end++;
    return g;
}

static bool is_member(const struct th_names *names, size_t i, const struct group *g)
{
    if (th_names_kind(names, i) != TH_NAME_FILE) return false;
    const char *name = th_names_get(names, i);
    return th_name_stem_len(name, strlen(name)) == g->stem_len;
}

/* Settle a group once for all of its members: if each did it for itself, a million names of one stem would be looked
 * at a million times each. */
static void settle_group(struct th_names *names, const struct group *g, const struct th_clash *clash)
{
    size_t maybe[MAX_CLASSES] = {0}, images[MAX_CLASSES] = {0};
    bool known;
    bool exact_in = g->exact != SIZE_MAX && is_member(names, g->exact, g);
    size_t end = g->end + (exact_in ? 1 : 0); /* one step more, for `exact` */

    for (size_t k = g->begin; k < end; k++) {
        size_t i = k < g->end ? k : g->exact;
        if (is_member(names, i, g)) maybe[class_of(clash, th_names_get(names, i), &known)]++;
    }
    for (size_t k = g->begin; k < end; k++) {
        size_t i = k < g->end ? k : g->exact;
        if (!is_member(names, i, g)) continue;
        unsigned class = class_of(clash, th_names_get(names, i), &known);
        if (maybe[class] > 1 && is_image(names, i, clash)) images[class]++;
    }
    for (size_t k = g->begin; k < end; k++) {
        size_t i = k < g->end ? k : g->exact;
        if (!is_member(names, i, g)) continue;
        unsigned class = class_of(clash, th_names_get(names, i), &known);
        unsigned char tag = TAG_GROUP;
        if (images[class] > 1 && is_image(names, i, clash)) tag |= TAG_CLASH;
        if (g->exact != SIZE_MAX && !exact_in) tag |= TAG_CHAIN;
        *record(names, i) |= tag;
    }
}

bool th_names_whole(struct th_names *names, size_t i, const struct th_clash *clash)
{
    const size_t asked = i;
    bool known, whole;
    const unsigned class = class_of(clash, th_names_get(names, i), &known);
    for (;;) {
        const char *name = th_names_get(names, i);
        size_t len = strlen(name), stem_len = th_name_stem_len(name, len);
        struct th_cut *cut = cut_through(clash, name, stem_len);
        if (cut) {
            if (!cut->learned) {
                clash->learn(clash->walk, cut);
                cut->learned = true;
            }
            whole = whole_by_cut(cut, name, len, class);
            break;
        }
        if (!(*record(names, i) & TAG_GROUP)) {
            struct group g = find_group(names, i);
            settle_group(names, &g, clash);
        }
        whole = *record(names, i) & TAG_CLASH;
        if (whole || !(*record(names, i) & TAG_CHAIN)) break;
        /* It is in this part: a stem before the lower cut would have the cut go through the group. */
        i = find_exact(names, i, name, stem_len);
        if (i == SIZE_MAX || class_of(clash, th_names_get(names, i), &known) != class || !is_image(names, i, clash))
            break;
    }
    return whole && is_image(names, asked, clash);
}
