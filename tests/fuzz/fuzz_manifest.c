/* SPDX-License-Identifier: MIT */
/*
 * The memory of what was made: any bytes behind a manifest's first line, also of version 1, and
 * lines whose check is right though they make no sense. Whatever is found lies within the file;
 * a line that was appended whole is found again with its outputs, which are its own, whatever
 * stands before it; and a rewrite without outdated lines says the same about every name.
 */
#include <stdlib.h>
#include <string.h>

#include "commit/manifest.h"

#include "fuzz.h"

static const char folder[] = "a folder/\xc3\xa9%";
static const char key[] = "0123456789abcdef";

static void open_manifest(struct th_manifest *m)
{
    *m = (struct th_manifest){0};
    fuzz_check(th_manifest_begin(m, 7, folder));
}

static void adopt(struct th_manifest *m, const struct th_bytes *content)
{
    fuzz_check(th_manifest_adopt(m, fuzz_copy(th_bytes_str(content), content->len), content->len));
}

static bool lies_within(const struct th_manifest *m, const char *at, size_t len)
{
    return at >= m->data && at <= m->data + m->len && len <= (size_t)(m->data + m->len - at);
}

static void check_record(const struct th_manifest *m, const struct th_manifest_record *record)
{
    const char *rest = record->outputs, *word, *name;
    size_t rest_len = record->outputs_len, word_len, name_len;
    uint64_t len;
    struct th_bytes out = {0};
    fuzz_check(lies_within(m, record->line, 1) && lies_within(m, record->key, record->key_len));
    fuzz_check(lies_within(m, record->name, record->name_len) &&
               lies_within(m, record->outputs, record->outputs_len));
    while (th_manifest_next_word(&rest, &rest_len, &word, &word_len)) {
        fuzz_check(rest + rest_len == record->outputs + record->outputs_len);
        th_bytes_clear(&out);
        if (!th_manifest_read_output(word, word_len, &len, &name, &name_len)) continue;
        fuzz_check(lies_within(m, name, name_len));
        if (th_manifest_decode(name, name_len, &out)) /* a path without NUL */
            fuzz_check(out.len > 0 && strlen(out.data) == out.len);
    }
    th_bytes_finish(&out);
}

static bool find(const struct th_manifest *m, const char *name, struct th_manifest_record *record)
{
    if (!th_manifest_find(m, name, key, record)) return false;
    check_record(m, record);
    fuzz_check(record->status != TH_MANIFEST_FORGOTTEN && th_manifest_is_current(m, record));
    return true;
}

/* Every name that a rewritten manifest knows, and some that it may not, mean what they meant. */
static void check_rewrite(struct th_manifest *m, char *const names[], size_t n_names)
{
    struct th_manifest again;
    struct th_bytes content = {0};
    open_manifest(&again);
    fuzz_check(th_manifest_collect(m, &content));
    adopt(&again, &content);
    fuzz_check(again.n_lines == again.n_live && again.n_live == m->n_live);
    for (size_t i = 0; i < n_names; i++) {
        struct th_manifest_record before, after;
        bool was = find(m, names[i], &before), is = find(&again, names[i], &after);
        fuzz_check(!is || was);
        if (!is) continue;
        fuzz_check(before.outputs_len == after.outputs_len && before.status == after.status);
        fuzz_check(memcmp(before.outputs, after.outputs, before.outputs_len) == 0);
    }
    th_bytes_finish(&content);
    th_manifest_finish(&again);
}

/* A line as a run writes it, about names[0] with the others as outputs; those must be names. */
static void add_line(const struct th_manifest *m, struct th_bytes *line, char *const names[],
                     size_t n_names, struct fuzz_input *in)
{
    struct th_source_id id = {.size = fuzz_number(in, 8),
                              .mtime_sec = (int64_t)(fuzz_number(in, 8) >> 1),
                              .mtime_nsec = (int32_t)(fuzz_u32(in) % 1000000000),
                              .ctime_sec = -(int64_t)(fuzz_number(in, 8) >> 1),
                              .inode = fuzz_number(in, 8)};
    const struct timespec time = {.tv_sec = fuzz_u8(in), .tv_nsec = fuzz_u8(in)};
    const struct th_manifest_facts facts = {.content = fuzz_number(in, 8),
                                            .format = fuzz_u8(in) % THUMBS_N_FORMATS,
                                            .width = fuzz_u32(in),
                                            .height = fuzz_u32(in)};
    id.content = fuzz_number(in, 8);
    th_manifest_begin_line(line, TH_MANIFEST_MADE, key, &id, fuzz_u8(in) & 1 ? &time : NULL,
                           fuzz_u8(in) & 1, names[0]);
    for (size_t i = 1; i < n_names; i++) {
        struct th_bytes word = {0};
        th_manifest_add_name(&word, names[i], strlen(names[i]));
        th_manifest_add_output(line, i, &facts, &word);
        th_bytes_finish(&word);
    }
    th_manifest_end_line(line, 0, m->seed);
}

static void check_found(const struct th_manifest *m, const struct th_bytes *line,
                        char *const names[], size_t n_names)
{
    struct th_manifest_record record, owner;
    fuzz_check(find(m, names[0], &record));
    fuzz_check(lies_within(m, record.line, line->len) &&
               memcmp(record.line, line->data, line->len) == 0);
    const char *rest = record.outputs, *word, *name;
    size_t rest_len = record.outputs_len, word_len, name_len;
    struct th_bytes out = {0};
    uint64_t len;
    for (size_t i = 1; i < n_names; i++) {
        th_bytes_clear(&out);
        fuzz_check(th_manifest_next_word(&rest, &rest_len, &word, &word_len));
        fuzz_check(th_manifest_read_output(word, word_len, &len, &name, &name_len) && len == i);
        fuzz_check(th_manifest_decode(name, name_len, &out) && strcmp(out.data, names[i]) == 0);
        fuzz_check(th_manifest_find_owner(m, name, name_len, &owner) && owner.line == record.line);
    }
    fuzz_check(rest_len == 0);
    th_bytes_finish(&out);
}

/* The lines of the input, each with a check that is right. */
static void add_sealed(const struct th_manifest *m, struct th_bytes *content, const char *data,
                       size_t len)
{
    while (len > 0) {
        const char *end = memchr(data, '\n', len);
        size_t line_len = end ? (size_t)(end - data) : len, from = content->len;
        th_bytes_add(content, data, line_len);
        th_manifest_end_line(content, from, m->seed);
        data += line_len + (end != NULL);
        len -= line_len + (end != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    enum { N_NAMES = 3 };
    struct fuzz_input in = {data, len};
    struct th_manifest m;
    struct th_bytes content = {0}, line = {0};
    char *names[N_NAMES];
    uint8_t how = fuzz_u8(&in);
    for (int i = 0; i < N_NAMES; i++)
        names[i] = fuzz_string(&in, 300);
    open_manifest(&m);
    if (how & 1) th_bytes_add(&content, m.header.data, m.header.len);
    if ((how & 3) == 3) content.data[strlen("thumbs-manifest ")] = '1';
    add_line(&m, &line, names, N_NAMES,
             &in); /* takes its numbers from the input before the rest becomes the file */
    if (how & 4)
        add_sealed(&m, &content, (const char *)in.data, in.len);
    else
        th_bytes_add(&content, in.data, in.len);

    adopt(&m, &content);
    fuzz_check(!(m.foreign && m.broken) && m.n_live <= m.n_lines);
    struct th_manifest_record record;
    for (int i = 0; i < N_NAMES; i++) {
        find(&m, names[i], &record);
        if (th_manifest_find_made(&m, names[i], &record)) check_record(&m, &record);
    }
    th_manifest_is_bloated(&m);
    if (m.records.n) check_rewrite(&m, names, N_NAMES);

    /* Appended as write_lines() does behind what is torn. */
    bool all_names = names[0][0] && names[1][0] && names[2][0];
    if (m.records.n && all_names) {
        th_bytes_clear(&content);
        th_bytes_add(&content, m.data, m.len);
        if (content.data[content.len - 1] != '\n') th_bytes_addc(&content, '\n');
        th_bytes_add(&content, line.data, line.len);
        adopt(&m, &content);
        check_found(&m, &line, names, N_NAMES);
        check_rewrite(&m, names, N_NAMES);
    }
    th_manifest_finish(&m);
    th_bytes_finish(&content);
    th_bytes_finish(&line);
    for (int i = 0; i < N_NAMES; i++)
        free(names[i]);
    return 0;
}
