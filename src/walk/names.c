/* SPDX-License-Identifier: MIT */
#include "walk/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/sys.h"

_Static_assert(TH_NAME_FILE == 0 && TH_NAME_FOLDER_EXCLUDED <= TH_NAMING_KIND,
               "the kind of a name stands in the bits left to it, and 0 is a candidate");

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
    return (enum th_name_kind)(*record(names, i) & TH_NAMING_KIND);
}

struct th_naming_names th_names_files(const struct th_names *names)
{
    return (struct th_naming_names){
        .records = names->arena, .at = offsets(names), .n = names->n_files};
}

size_t th_names_find(const struct th_names *names, const char *name, size_t len)
{
    const struct th_naming_names files = th_names_files(names);
    return th_naming_find(&files, name, len);
}

/* ---- order ----------------------------------------------------------------------------------- */

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

/* Multikey quicksort (Bentley and Sedgewick 1997) of names that agree in their first `depth` bytes.
 * It needs no second array, and looks at the long common beginnings that names in one folder have
 * only once. The largest of the three parts is gone on with, the others are recursed into: so the
 * recursion is never deeper than log2(n). */
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
        if (i > 0 && folder == is_folder(names, i - 1) &&
            !strcmp(th_names_get(names, i - 1), th_names_get(names, i)))
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

bool th_names_copy(const struct th_names *names, size_t first, size_t max_bytes,
                   struct th_names *out)
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

/* ---- cuts ------------------------------------------------------------------------------------ */

void th_cut_set(struct th_cut *cut, bool folder, const char *name)
{
    cut->set = true;
    cut->folder = folder;
    th_naming_edge_set(&cut->edge, name);
}

int th_cut_compare(const struct th_cut *cut, bool folder, const char *name)
{
    if (folder != cut->folder) return folder ? 1 : -1;
    return strcmp(name, cut->edge.name);
}

void th_names_cut(struct th_names *names, struct th_cut *cut)
{
    size_t keep = names->n - (names->n + 3) / 4;
    bool folders = is_folder(names, keep);
    th_cut_set(cut, folders, th_names_get(names, keep));
    /* A group begins with its stem. If it does not fill half of what is kept, cut in front of it:
     * then it need not be learned from reading the folder once more. */
    struct th_naming_edge *edge = &cut->edge;
    size_t stem_len = th_naming_stem_len(edge->name, edge->len);
    if (!folders && strncmp(th_names_get(names, keep / 2), edge->name, stem_len) < 0) {
        edge->len = stem_len;
        edge->name[stem_len] = '\0';
    }

    /* Close the gaps from the front. Offsets are written anew in that order, behind which none is
     * needed any more. */
    uint32_t *back = (uint32_t *)(void *)(names->arena + names->cap_bytes);
    size_t to = 0, n = 0;
    for (size_t from = 0; from < names->len;) {
        unsigned char *rec = names->arena + from;
        size_t rec_len = strlen((const char *)rec + 1) + 2;
        bool folder = th_name_is_folder((enum th_name_kind)(rec[0] & TH_NAMING_KIND));
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
