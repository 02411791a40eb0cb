#include <stdlib.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"
#include "run/batch.h"

struct hashes {
    uint64_t *data;
    size_t n, cap;
};

static bool add(struct hashes *h, uint64_t hash)
{
    if (h->n == h->cap) {
        size_t cap = h->cap ? h->cap : 512, size;
        if (!th_mul_size(cap, 2, &cap) || !th_mul_size(cap, sizeof *h->data, &size)) return false;
        uint64_t *data = th_realloc(h->data, size);
        if (!data) return false;
        h->data = data;
        h->cap = cap;
    }
    h->data[h->n++] = hash;
    return true;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Sorted hashes in, those that stand more than once out, each once. */
static size_t keep_repeated(uint64_t *data, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n;) {
        size_t end = i + 1;
        while (end < n && data[end] == data[i])
            end++;
        if (end - i > 1) data[kept++] = data[i];
        i = end;
    }
    return kept;
}

/* Would it get an output at all? What bears an image's ending counts as one, so that the answer does not depend on
 * content where it need not. */
static bool is_candidate(struct thumbs_batch *batch, const struct th_walk_entry *entry)
{
    const struct th_walk_options *o = &batch->walk_options;
    bool known_image = false;
    if (entry->kind != TH_WALK_FILE) return false;
    o->output_class(o->user, entry->name, &known_image);
    return known_image || o->is_image(o->user, th_dir_fd(entry->dir), entry->name, o->follow || entry->follow);
}

static bool add_outputs(const struct thumbs_batch *batch, const struct th_walk_entry *entry, struct hashes *hashes)
{
    uint32_t n = batch->options.image.n_sizes * batch->options.image.n_formats;
    uint64_t hash = 0, last = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!th_file_output_hash(batch, entry, i, &hash)) return false;
        /* jpeg and keep of one JPEG get one name, which is no clash. */
        if ((i == 0 || hash != last) && !add(hashes, hash)) return false;
        last = hash;
    }
    return true;
}

static bool collect(struct thumbs_batch *batch, struct th_walk *walk, struct hashes *hashes)
{
    struct th_walk_entry entry = {0};
    struct th_walk_watch *watch = th_watch_walk(batch->watch, TH_WALK_CLASHES);
    bool ok = true;
    th_walk_watch_begin(watch);
    while (ok && !atomic_load(&batch->stopped) && th_walk_next(walk, &entry)) {
        if (is_candidate(batch, &entry)) ok = add_outputs(batch, &entry, hashes);
        th_walk_entry_finish(&entry);
        th_walk_watch_begin(watch);
    }
    th_walk_watch_end(watch);
    return ok;
}

enum thumbs_code th_clashes_find(struct thumbs_batch *batch, struct thumbs_error *err)
{
    struct hashes hashes = {0};
    struct th_walk *walk = NULL;
    if (th_template_is_injective(batch->name_template)) return THUMBS_OK;
    if (th_file_names_need_content(batch)) batch->claims = th_claims_create();
    if (th_file_names_need_content(batch) && !batch->claims)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory to compare output names");
    /* Not only what is listed counts: other lists may lead to the same DEST, and the outcome must not depend on which
     * names a list holds, nor how often. Hidden files may be listed. */
    struct th_walk_options options = batch->walk_options;
    if (options.list) options.hidden = true;
    options.list = NULL;
    options.on_folder_user = th_watch_walk(batch->watch, TH_WALK_CLASHES);
    enum thumbs_code code = th_walk_create(&options, &walk, err);
    if (code != THUMBS_OK) return code;
    if (collect(batch, walk, &hashes)) {
        if (hashes.n) qsort(hashes.data, hashes.n, sizeof *hashes.data, compare);
        batch->n_clashes = keep_repeated(hashes.data, hashes.n);
        batch->clashes = hashes.data;
    } else {
        free(hashes.data);
        code = th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory to compare output names");
    }
    th_walk_destroy(walk);
    return code;
}

/* ---- names that were given out ---- */

struct claim {
    uint64_t name; /* 0: free */
    uint64_t owner;
};

struct th_claims {
    pthread_mutex_t lock;
    struct claim *slots; /* open addressing; at most half full */
    size_t n, cap;       /* cap: a power of two */
};

/* The claim to the same name, or the new one. */
static const struct claim *insert(struct claim *slots, size_t cap, const struct claim *claim, bool *is_new)
{
    size_t i = claim->name & (cap - 1);
    while (slots[i].name != 0 && slots[i].name != claim->name)
        i = (i + 1) & (cap - 1);
    *is_new = slots[i].name == 0;
    if (*is_new) slots[i] = *claim;
    return &slots[i];
}

static bool make_room(struct th_claims *c)
{
    size_t cap = c->cap ? c->cap * 2 : 1024;
    if (c->n * 2 < c->cap) return true;
    struct claim *slots = th_calloc(cap, sizeof *slots);
    if (!slots) return false;
    for (size_t i = 0; i < c->cap; i++) {
        bool is_new;
        if (c->slots[i].name) insert(slots, cap, &c->slots[i], &is_new);
    }
    free(c->slots);
    c->slots = slots;
    c->cap = cap;
    return true;
}

struct th_claims *th_claims_create(void)
{
    struct th_claims *c = th_calloc(1, sizeof *c);
    if (c) pthread_mutex_init(&c->lock, NULL);
    return c;
}

void th_claims_destroy(struct th_claims *c)
{
    if (!c) return;
    pthread_mutex_destroy(&c->lock);
    free(c->slots);
    free(c);
}

bool th_claims_add(struct th_claims *c, uint64_t hash, uint64_t owner)
{
    const struct claim claim = {.name = hash ? hash : 1, .owner = owner};
    pthread_mutex_lock(&c->lock);
    bool is_new = false, granted = make_room(c) && insert(c->slots, c->cap, &claim, &is_new)->owner == owner;
    if (is_new) c->n++;
    pthread_mutex_unlock(&c->lock);
    return granted;
}

/* ---- names that are wanted twice ---- */

bool th_clashes_contain(const struct thumbs_batch *batch, uint64_t hash)
{
    return batch->n_clashes && bsearch(&hash, batch->clashes, batch->n_clashes, sizeof hash, compare);
}
