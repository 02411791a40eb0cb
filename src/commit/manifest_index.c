/* SPDX-License-Identifier: MIT */
/* The lines of a manifest in memory: which of them count, and finding them. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/sys.h"
#include "commit/manifest.h"

/* ---- lines ---- */

static size_t line_len(const struct th_manifest *m, size_t offset)
{
    const char *end = memchr(m->data + offset, '\n', m->len - offset);
    return end ? (size_t)(end - m->data) - offset : m->len - offset;
}

/* The record at an offset that the tables know, so its check was right. */
static struct th_manifest_record record_at(const struct th_manifest *m, size_t offset)
{
    struct th_manifest_record record = {0};
    (void)th_manifest_read_line(m->data + offset, line_len(m, offset), NULL, &record);
    return record;
}

static size_t offset_of(const struct th_manifest *m, const struct th_manifest_record *record)
{
    return (size_t)(record->line - m->data);
}

static bool is_text(const char *a, size_t a_len, const char *b, size_t b_len)
{
    return a_len == b_len && memcmp(a, b, a_len) == 0;
}

/* ---- tables ---- */

/* What an entry is looked for by: a name, with a key or (NULL) without; or (name NULL) the word of
 * an output. */
struct wanted {
    const char *name, *key, *word;
    size_t name_len, key_len, word_len;
};

static uint64_t hash_of(const struct th_manifest *m, const struct wanted *w)
{
    if (!w->name) return th_hash64(w->word, w->word_len, m->hash_seed);
    uint64_t hash = th_hash64(w->name, w->name_len, m->hash_seed);
    return w->key ? th_hash64(w->key, w->key_len, hash) : hash;
}

bool th_manifest_lists(const struct th_manifest_record *record, const char *word, size_t len)
{
    const char *rest = record->outputs, *one, *name;
    size_t rest_len = record->outputs_len, one_len, name_len;
    uint64_t ignored;
    while (th_manifest_next_word(&rest, &rest_len, &one, &one_len)) {
        if (th_manifest_read_output(one, one_len, &ignored, &name, &name_len) &&
            is_text(name, name_len, word, len))
            return true;
    }
    return false;
}

static bool is_wanted(const struct th_manifest *m, size_t offset, const struct wanted *w)
{
    struct th_manifest_record record = record_at(m, offset);
    if (!w->name) return th_manifest_lists(&record, w->word, w->word_len);
    return is_text(record.name, record.name_len, w->name, w->name_len) &&
           (!w->key || is_text(record.key, record.key_len, w->key, w->key_len));
}

/* The slot of what is wanted, or the free one where it belongs. A table is never full. */
static struct th_manifest_slot *slot_of(const struct th_manifest *m,
                                        const struct th_manifest_table *table,
                                        const struct wanted *w, uint64_t hash)
{
    uint32_t tag = (uint32_t)(hash >> 32);
    for (size_t i = (size_t)hash & (table->n - 1);; i = (i + 1) & (table->n - 1)) {
        struct th_manifest_slot *slot = &table->slots[i];
        if (slot->offset == 0 || (slot->tag == tag && is_wanted(m, slot->offset - 1, w)))
            return slot;
    }
}

/* Set what is wanted to the line at offset; where it was before, plus 1, or 0. */
static uint32_t enter(const struct th_manifest *m, struct th_manifest_table *table,
                      const struct wanted *w, size_t offset)
{
    uint64_t hash = hash_of(m, w);
    struct th_manifest_slot *slot = slot_of(m, table, w, hash);
    uint32_t before = slot->offset;
    *slot =
        (struct th_manifest_slot){.tag = (uint32_t)(hash >> 32), .offset = (uint32_t)offset + 1};
    return before;
}

static bool look_up(const struct th_manifest *m, const struct th_manifest_table *table,
                    const struct wanted *w, struct th_manifest_record *out)
{
    if (table->n == 0) return false;
    const struct th_manifest_slot *slot = slot_of(m, table, w, hash_of(m, w));
    if (slot->offset == 0) return false;
    *out = record_at(m, slot->offset - 1);
    return true;
}

static bool make_table(struct th_manifest_table *table, size_t n_entries)
{
    size_t n = 64;
    while (n < n_entries + n_entries / 2)
        n *= 2;
    table->slots = th_calloc(n, sizeof *table->slots);
    if (table->slots) table->n = n;
    return table->slots != NULL;
}

static void drop_table(struct th_manifest_table *table)
{
    free(table->slots);
    *table = (struct th_manifest_table){0};
}

/* ---- loading ---- */

void th_manifest_drop(struct th_manifest *m)
{
    free(m->data);
    m->data = NULL;
    drop_table(&m->records);
    drop_table(&m->names);
    drop_table(&m->outputs);
    memset(m->recipes, 0, sizeof m->recipes);
    m->len = m->n_lines = m->n_live = 0;
    m->blanket = false;
}

/* The next record from *offset on whose check is right; false at the end. Without its newline a
 * line may yet be half of one. */
static bool next_record(const struct th_manifest *m, size_t *offset,
                        struct th_manifest_record *record)
{
    while (*offset < m->len) {
        const size_t begin = *offset, len = line_len(m, begin);
        if (begin + len == m->len) return false;
        *offset = begin + len + 1;
        if (th_manifest_read_line(m->data + begin, len, &m->seed, record)) return true;
    }
    return false;
}

static void each_record(struct th_manifest *m,
                        void (*each)(struct th_manifest *m, const struct th_manifest_record *r,
                                     void *user),
                        void *user)
{
    struct th_manifest_record record;
    for (size_t offset = m->header.len; next_record(m, &offset, &record);)
        each(m, &record, user);
}

void th_manifest_each_made(const struct th_manifest *m, th_manifest_each_fn *each, void *user)
{
    struct th_manifest_record record;
    for (size_t offset = m->header.len; next_record(m, &offset, &record);) {
        if (record.status == TH_MANIFEST_MADE && !each(user, &record)) return;
    }
}

static size_t count_bytes(const char *data, size_t len, char c)
{
    size_t n = 0;
    for (const char *p = data, *end = data + len; p < end; n++) {
        p = memchr(p, c, (size_t)(end - p));
        if (!p) break;
        p++;
    }
    return n;
}

struct counts {
    size_t n_records, n_outputs;
};

static void count(struct th_manifest *m, const struct th_manifest_record *record, void *user)
{
    struct counts *counts = user;
    (void)m;
    counts->n_records++;
    if (record->status == TH_MANIFEST_MADE || record->status == TH_MANIFEST_DELETED)
        counts->n_outputs += count_bytes(record->outputs, record->outputs_len, ' ');
}

/* Note that this key has written; where there are too many, forget the one that did so longest ago.
 * They stand in order of their last line. */
static void note_recipe(struct th_manifest *m, const struct th_manifest_record *record)
{
    size_t n = sizeof m->recipes / sizeof *m->recipes, i = 0;
    if (record->key_len >= sizeof *m->recipes) return;
    while (i < n && m->recipes[i][0] &&
           !is_text(m->recipes[i], strlen(m->recipes[i]), record->key, record->key_len))
        i++;
    bool is_last = i + 1 == n || (i < n && !m->recipes[i + 1][0]);
    if (i < n && m->recipes[i][0] && is_last) return;
    if (i == n) i = 0; /* full: the first goes */
    char text[sizeof *m->recipes] = "";
    memcpy(text, record->key, record->key_len);
    for (; i + 1 < n && m->recipes[i][0] && m->recipes[i + 1][0]; i++)
        memcpy(m->recipes[i], m->recipes[i + 1], sizeof text);
    memcpy(m->recipes[i], text, sizeof text);
}

static bool is_recipe(const struct th_manifest *m, const struct th_manifest_record *record)
{
    for (size_t i = 0; i < sizeof m->recipes / sizeof *m->recipes && m->recipes[i][0]; i++) {
        if (is_text(m->recipes[i], strlen(m->recipes[i]), record->key, record->key_len))
            return true;
    }
    return false;
}

static void enter_outputs(struct th_manifest *m, const struct th_manifest_record *record)
{
    const char *rest = record->outputs, *word;
    size_t rest_len = record->outputs_len, word_len;
    uint64_t ignored;
    while (th_manifest_next_word(&rest, &rest_len, &word, &word_len)) {
        struct wanted w = {0};
        if (th_manifest_read_output(word, word_len, &ignored, &w.word, &w.word_len))
            enter(m, &m->outputs, &w, offset_of(m, record));
    }
}

static void enter_record(struct th_manifest *m, const struct th_manifest_record *record, void *user)
{
    struct wanted w = {.name = record->name,
                       .name_len = record->name_len,
                       .key = record->key,
                       .key_len = record->key_len};
    (void)user;
    if (record->status == TH_MANIFEST_DELETED) {
        enter_outputs(m, record);
        return;
    }
    enter(m, &m->records, &w, offset_of(m, record));
    if (is_text(record->key, record->key_len, TH_KEY_ANY, 1)) m->blanket = true;
    if (record->status != TH_MANIFEST_MADE && record->status != TH_MANIFEST_FAILED) return;
    note_recipe(m, record);
    if (record->status != TH_MANIFEST_MADE) return;
    w.key = NULL;
    enter(m, &m->names, &w, offset_of(m, record));
    enter_outputs(m, record);
}

/* Was all about its name forgotten after this line? */
static bool is_blanketed(const struct th_manifest *m, const struct th_manifest_record *record)
{
    struct th_manifest_record blanket;
    struct wanted w = {
        .name = record->name, .name_len = record->name_len, .key = TH_KEY_ANY, .key_len = 1};
    return m->blanket && look_up(m, &m->records, &w, &blanket) && blanket.line > record->line;
}

bool th_manifest_is_current(const struct th_manifest *m, const struct th_manifest_record *record)
{
    struct th_manifest_record last;
    struct wanted w = {.name = record->name,
                       .name_len = record->name_len,
                       .key = record->key,
                       .key_len = record->key_len};
    return look_up(m, &m->records, &w, &last) && last.line == record->line &&
           !is_blanketed(m, record);
}

/* Is a later line about this name and key one that takes it back? */
static bool is_taken_back(const struct th_manifest *m, const struct th_manifest_record *record)
{
    struct th_manifest_record last;
    struct wanted w = {.name = record->name,
                       .name_len = record->name_len,
                       .key = record->key,
                       .key_len = record->key_len};
    return is_blanketed(m, record) ||
           (look_up(m, &m->records, &w, &last) && last.status == TH_MANIFEST_FORGOTTEN);
}

/* Has nobody made one of its outputs since? */
static bool owns_an_output(const struct th_manifest *m, const struct th_manifest_record *record)
{
    const char *rest = record->outputs, *word, *name;
    size_t rest_len = record->outputs_len, word_len, name_len;
    uint64_t ignored;
    struct th_manifest_record owner;
    while (th_manifest_next_word(&rest, &rest_len, &word, &word_len)) {
        if (th_manifest_read_output(word, word_len, &ignored, &name, &name_len) &&
            th_manifest_find_owner(m, name, name_len, &owner) && owner.line == record->line)
            return true;
    }
    return false;
}

/* Does the line still tell something? One that was followed by another does as long as outputs are
 * known by it alone. */
static bool is_live(const struct th_manifest *m, const struct th_manifest_record *record)
{
    if (record->status == TH_MANIFEST_FORGOTTEN || record->status == TH_MANIFEST_DELETED)
        return false;
    if (th_manifest_is_current(m, record))
        return record->status == TH_MANIFEST_NOT_IMAGE || is_recipe(m, record);
    return record->status == TH_MANIFEST_MADE && is_recipe(m, record) &&
           !is_taken_back(m, record) && owns_an_output(m, record);
}

static void count_live(struct th_manifest *m, const struct th_manifest_record *record, void *user)
{
    (void)user;
    m->n_live += is_live(m, record);
}

/* Data of version 1 becomes what it would be today. False: no memory. */
static bool convert(struct th_manifest *m)
{
    const char *end = memchr(m->data, '\n', m->len);
    struct th_bytes today = {0};
    size_t from = (size_t)(end - m->data) + 1;
    th_bytes_add(&today, m->header.data, m->header.len);
    th_manifest_convert(m->data + from, m->len - from, m->seed, &today);
    if (th_bytes_failed(&today) || today.len > TH_MANIFEST_MAX) {
        th_bytes_finish(&today);
        return false;
    }
    free(m->data);
    m->len = today.len;
    m->data = th_bytes_steal(&today);
    m->old = true;
    return true;
}

static bool begins_with(const struct th_manifest *m, const char *text, size_t len)
{
    return m->len >= len && memcmp(m->data, text, len) == 0;
}

/* Is it the manifest of this folder, of version 1? */
static bool is_old(const struct th_manifest *m)
{
    const size_t magic_len = strlen(TH_MANIFEST_MAGIC);
    _Static_assert(sizeof TH_MANIFEST_MAGIC == sizeof TH_MANIFEST_MAGIC_1,
                   "the folder stands at the same place");
    return begins_with(m, TH_MANIFEST_MAGIC_1, magic_len) && m->len >= m->header.len &&
           memcmp(m->data + magic_len, m->header.data + magic_len, m->header.len - magic_len) == 0;
}

enum header { HEADER_DAMAGED, HEADER_NEWER, HEADER_OF_ANOTHER };

/* What is to be thought of a first line that is not that of this folder. One without its end is
 * torn, and may well be ours; so may one that names a folder whose manifest is called otherwise. */
static enum header judge_header(const struct th_manifest *m)
{
    static const char any_magic[] = "thumbs-manifest ";
    const char *const digits = m->data + strlen(any_magic);
    const char *const end = memchr(m->data, '\n', m->len);
    struct th_bytes dir = {0};
    size_t n_digits = 0;
    if (!end || !begins_with(m, any_magic, strlen(any_magic))) return HEADER_DAMAGED;
    while (digits[n_digits] >= '0' && digits[n_digits] <= '9') /* a newline ends the line */
        n_digits++;
    const bool is_known = n_digits == 1 && (*digits == '1' || *digits == '2');
    if (n_digits > 0 && *digits != '0' && !is_known && digits[n_digits] == ' ') return HEADER_NEWER;
    if (!is_known || !th_manifest_decode_header(m->data, (size_t)(end - m->data), &dir)) {
        th_bytes_finish(&dir);
        return HEADER_DAMAGED;
    }
    const bool is_its_name = th_hash64(th_bytes_str(&dir), dir.len, 0) == m->seed;
    th_bytes_finish(&dir);
    return is_its_name ? HEADER_OF_ANOTHER : HEADER_DAMAGED;
}

/* False: nothing in it is to be read. */
static bool check_header(struct th_manifest *m)
{
    if (begins_with(m, m->header.data, m->header.len)) return true;
    if (is_old(m)) {
        if (convert(m)) return true;
        m->unread = true;
        return false;
    }
    switch (judge_header(m)) {
    case HEADER_DAMAGED:
        m->broken = true;
        break;
    case HEADER_NEWER:
        m->newer = m->foreign = true;
        break;
    case HEADER_OF_ANOTHER:
        m->foreign = true;
        break;
    }
    return false;
}

bool th_manifest_adopt(struct th_manifest *m, char *data, size_t len)
{
    th_manifest_drop(m);
    m->data = data;
    m->len = len;
    m->old = false;
    struct counts counts = {0};
    if (len == 0 || !check_header(m)) {
        bool no_memory = m->unread && len > 0 && !m->foreign && !m->broken;
        th_manifest_drop(m);
        return !no_memory;
    }
    each_record(m, count, &counts);
    if (!make_table(&m->records, counts.n_records) || !make_table(&m->names, counts.n_records) ||
        !make_table(&m->outputs, counts.n_outputs)) {
        th_manifest_drop(m);
        return false;
    }
    m->n_lines = count_bytes(m->data, m->len, '\n') - 1;
    each_record(m, enter_record, NULL);
    each_record(m, count_live, NULL);
    return true;
}

/* ---- finding ---- */

/* A name as it is written. Longer ones than NAME_MAX are rare (some file systems count
 * characters). */
struct written {
    char few[3 * NAME_MAX];
    char *text;
    size_t len;
};

static bool write_name(struct written *w, const char *name)
{
    size_t len = strlen(name), most;
    w->text = w->few;
    if (len > NAME_MAX) w->text = th_mul_size(len, 3, &most) ? th_alloc(most) : NULL;
    if (w->text) w->len = th_manifest_encode(w->text, name, len);
    return w->text != NULL;
}

static bool find_name(const struct th_manifest *m, const struct th_manifest_table *table,
                      const char *name, const char *key, struct th_manifest_record *out)
{
    struct written written;
    if (table->n == 0 || !write_name(&written, name)) return false;
    struct wanted w = {.name = written.text,
                       .name_len = written.len,
                       .key = key,
                       .key_len = key ? strlen(key) : 0};
    bool found = look_up(m, table, &w, out);
    if (written.text != written.few) free(written.text);
    return found;
}

bool th_manifest_find(const struct th_manifest *m, const char *name, const char *key,
                      struct th_manifest_record *out)
{
    return find_name(m, &m->records, name, key, out) && out->status != TH_MANIFEST_FORGOTTEN &&
           !is_blanketed(m, out);
}

bool th_manifest_find_made(const struct th_manifest *m, const char *name,
                           struct th_manifest_record *out)
{
    return find_name(m, &m->names, name, NULL, out);
}

bool th_manifest_find_owner(const struct th_manifest *m, const char *word, size_t len,
                            struct th_manifest_record *out)
{
    struct wanted w = {.word = word, .word_len = len};
    return look_up(m, &m->outputs, &w, out) && out->status == TH_MANIFEST_MADE;
}

/* ---- what is worth keeping ---- */

static void collect(struct th_manifest *m, const struct th_manifest_record *record, void *user)
{
    struct th_bytes *out = user;
    if (is_live(m, record)) th_bytes_add(out, record->line, line_len(m, offset_of(m, record)) + 1);
}

bool th_manifest_collect(struct th_manifest *m, struct th_bytes *out)
{
    th_bytes_add(out, m->header.data, m->header.len);
    each_record(m, collect, out);
    return !th_bytes_failed(out);
}
