/* SPDX-License-Identifier: MIT */
/*
 * The memory of what was made: any bytes behind a manifest's first line. Whatever is found lies within the file; a line
 * that was appended whole is found again with its outputs, whatever stands before it; and a rewrite without outdated
 * lines says the same about every name.
 *
 * Includes the file it is about, to reach the rewrite without a disk.
 */
#include "commit/manifest.c"

#include "fuzz.h"

static const char folder[] = "a folder/\xc3\xa9%";

static void open_manifest(struct th_manifest *m)
{
    *m = (struct th_manifest){.hash_seed = 7};
    atomic_init(&m->fd, FD_NOT_OPEN);
    pthread_mutex_init(&m->lock, NULL);
    th_bytes_adds(&m->header, MAGIC);
    th_manifest_add_name(&m->header, folder, strlen(folder));
    th_bytes_addc(&m->header, '\n');
}

static void adopt(struct th_manifest *m, const struct th_bytes *content)
{
    fuzz_check(th_manifest_adopt(m, fuzz_copy(th_bytes_str(content), content->len), content->len));
}

static bool lies_within(const struct th_manifest *m, const char *at, size_t len)
{
    return at >= m->data && at <= m->data + m->len && len <= (size_t)(m->data + m->len - at);
}

static size_t count_outputs(const struct th_manifest_record *record, bool *bad)
{
    const char *rest = record->outputs;
    size_t rest_len = record->outputs_len, n = 0;
    struct th_bytes out = {0};
    while (th_manifest_next_output(&rest, &rest_len, &out, bad)) {
        fuzz_check(out.len > 0 && strlen(out.data) == out.len); /* a path without NUL */
        fuzz_check(rest + rest_len == record->outputs + record->outputs_len);
        n++;
    }
    th_bytes_finish(&out);
    return n;
}

static bool find(const struct th_manifest *m, const char *name, struct th_manifest_record *record)
{
    bool bad;
    if (!th_manifest_find(m, name, record)) return false;
    fuzz_check(lies_within(m, record->line, record->state_len));
    fuzz_check(lies_within(m, record->outputs, record->outputs_len));
    fuzz_check(record->state_len > N_STATE_WORDS - 1 && record->line[record->state_len - 1] == ' ');
    count_outputs(record, &bad);
    return true;
}

/* Every name that a rewritten manifest knows, and some that it may not, mean what they meant. */
static void check_rewrite(const struct th_manifest *m, char *const names[], size_t n_names)
{
    struct th_manifest again;
    struct th_bytes content = {0};
    open_manifest(&again);
    fuzz_check(collect_live(m, &content));
    adopt(&again, &content);
    fuzz_check(again.n_lines == again.n_live && again.n_live <= m->n_live);
    for (size_t i = 0; i < n_names; i++) {
        struct th_manifest_record before, after;
        bool was = find(m, names[i], &before), is = find(&again, names[i], &after);
        fuzz_check(!is || was);
        if (was) fuzz_check(is == (before.line[before.state_len - 4] != TH_FATE_FORGOTTEN));
        if (!is) continue;
        fuzz_check(before.state_len == after.state_len && before.outputs_len == after.outputs_len);
        fuzz_check(memcmp(before.line, after.line, before.state_len) == 0);
        fuzz_check(memcmp(before.outputs, after.outputs, before.outputs_len) == 0);
    }
    th_bytes_finish(&content);
    th_manifest_finish(&again);
}

/* A line as a run writes it, about names[0] with the others as outputs; those must be names. */
static void add_line(struct th_bytes *line, char *const names[], size_t n_names, struct fuzz_input *in)
{
    struct th_source_id id = {.size = fuzz_number(in, 8),
                              .mtime_sec = (int64_t)fuzz_number(in, 8),
                              .mtime_nsec = (int32_t)(fuzz_u32(in) % 1000000000)};
    th_manifest_add_state(line, "0123456789abcdef", &id, TH_FATE_MADE, fuzz_u8(in) & 1);
    th_manifest_add_name(line, names[0], strlen(names[0]));
    for (size_t i = 1; i < n_names; i++) {
        th_bytes_addc(line, ' ');
        th_manifest_add_name(line, names[i], strlen(names[i]));
    }
    th_bytes_adds(line, LINE_END "\n");
}

static void check_found(const struct th_manifest *m, const struct th_bytes *line, char *const names[], size_t n_names)
{
    struct th_manifest_record record;
    fuzz_check(find(m, names[0], &record));
    fuzz_check(lies_within(m, record.line, line->len) && memcmp(record.line, line->data, line->len) == 0);
    const char *rest = record.outputs;
    size_t rest_len = record.outputs_len;
    struct th_bytes out = {0};
    bool bad;
    for (size_t i = 1; i < n_names; i++)
        fuzz_check(th_manifest_next_output(&rest, &rest_len, &out, &bad) && strcmp(out.data, names[i]) == 0);
    fuzz_check(!th_manifest_next_output(&rest, &rest_len, &out, &bad) && !bad);
    th_bytes_finish(&out);
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
    add_line(&line, names, N_NAMES, &in); /* takes its numbers from the input before the rest becomes the file */
    th_bytes_add(&content, in.data, in.len);

    adopt(&m, &content);
    fuzz_check(!(m.foreign && m.broken) && m.n_live <= m.n_lines);
    struct th_manifest_record ignored;
    for (int i = 0; i < N_NAMES; i++)
        find(&m, names[i], &ignored);
    th_manifest_is_bloated(&m);
    if (m.n_slots) check_rewrite(&m, names, N_NAMES);

    /* Appended as write_lines() does behind what is torn. */
    bool all_names = names[0][0] && names[1][0] && names[2][0];
    if (m.n_slots && all_names) {
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
