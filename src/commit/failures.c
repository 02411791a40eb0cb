/* SPDX-License-Identifier: MIT */
#include "commit/failures.h"

#include <string.h>

#include "base/error.h"
#include "base/num.h"
#include "commit/history_internal.h"

/* What a verdict depends on, beside the source. */
static uint64_t limit_of(enum thumbs_code code, enum thumbs_stage stage,
                         const struct th_failure_limits *limits)
{
    if (code == THUMBS_TIMEOUT) return limits->timeout_ns;
    if (code == THUMBS_UNSUPPORTED) return limits->abilities;
    if (code != THUMBS_TOO_LARGE) return 0;
    return stage == THUMBS_STAGE_LOAD ? limits->max_bytes : limits->max_pixels;
}

void th_history_remember_failure(struct th_output_folder *folder, const char *name,
                                 const struct th_source_id *id,
                                 const struct th_failure_limits *limits,
                                 const struct thumbs_error *error)
{
    if (folder->dest->dry_run) return;
    struct th_bytes line = {0};
    th_history_begin_line(folder, &line, TH_MANIFEST_FAILED, folder->key, id, NULL, false, name);
    th_bytes_addf(&line, " %s %s %llu ", thumbs_code_name(error->code),
                  thumbs_stage_name(error->stage),
                  (unsigned long long)limit_of(error->code, error->stage, limits));
    const char *message = *error->message ? error->message : "no reason known";
    th_manifest_add_name(&line, message, strlen(message));
    th_history_append(folder, th_history_is_known(folder, name, folder->key), &line);
}

/* What the four words of such a record say. */
struct failure {
    enum thumbs_code code;
    enum thumbs_stage stage;
    uint64_t limit;
    struct th_bytes message;
};

static bool take_word(const char *word, int i_word, struct failure *out)
{
    switch (i_word) {
    case 0:
        while (out->code < THUMBS_N_CODES && strcmp(word, thumbs_code_name(out->code)) != 0)
            out->code++;
        return th_history_remembers(out->code);
    case 1:
        while (out->stage < THUMBS_N_STAGES && strcmp(word, thumbs_stage_name(out->stage)) != 0)
            out->stage++;
        return out->stage < THUMBS_N_STAGES;
    case 2:
        return th_parse_u64(word, 0, UINT64_MAX, &out->limit);
    default:
        th_bytes_adds(&out->message, word);
        return i_word == 3;
    }
}

/* out->message is the caller's to finish, whatever comes back. */
static bool read_failure(const struct th_manifest_record *record, struct failure *out)
{
    struct th_bytes text = {0};
    const char *rest = record->outputs, *word;
    size_t rest_len = record->outputs_len, word_len;
    bool good = true;
    int n = 0;
    while (good && th_manifest_next_word(&rest, &rest_len, &word, &word_len)) {
        th_bytes_clear(&text);
        good =
            th_manifest_decode(word, word_len, &text) && take_word(th_bytes_str(&text), n++, out);
    }
    th_bytes_finish(&text);
    return good && n == 4;
}

/* 0 is without end, which is more than any other. */
static bool is_longer(uint64_t now, uint64_t then)
{
    return then != 0 && (now == 0 || now > then);
}

/* Would it be judged otherwise with what is allowed, or can be done, now? */
static bool is_outdated(const struct failure *failure, const struct th_failure_limits *limits)
{
    const uint64_t now = limit_of(failure->code, failure->stage, limits);
    if (failure->code == THUMBS_UNSUPPORTED) return (now & ~failure->limit) != 0;
    return is_longer(now, failure->limit);
}

/* Of this very content, in whatever state. */
static bool find_content(const struct th_output_folder *folder, const char *name,
                         const struct th_source_id *id, struct th_manifest_record *out)
{
    return id->content != 0 && th_manifest_find(&folder->manifest, name, folder->key, out) &&
           out->status == TH_MANIFEST_FAILED && out->id.size == id->size &&
           th_manifest_facts_of(out).content == id->content;
}

static void tell(const struct failure *failure, struct thumbs_error *error)
{
    const char *message = th_bytes_str(&failure->message);
    if (failure->code == THUMBS_TIMEOUT || failure->code == THUMBS_CRASHED)
        th_error_set(error, failure->code, failure->stage,
                     "%s last time (%.120s); --retry-failed tries it again",
                     failure->code == THUMBS_TIMEOUT ? "timed out" : "crashed", message);
    else
        th_error_set(error, failure->code, failure->stage, "%.140s, as before", message);
}

/* The same failure of another state of the source. */
static void refresh(struct th_output_folder *folder, const char *name,
                    const struct th_source_id *id, const struct th_manifest_record *record)
{
    struct th_bytes line = {0};
    if (folder->dest->dry_run) return;
    th_history_begin_line(folder, &line, TH_MANIFEST_FAILED, folder->key, id, NULL, false, name);
    th_bytes_add(&line, record->outputs, record->outputs_len);
    th_history_append(folder, true, &line);
}

/* Where both contents are known and differ, the state does not count. */
static bool is_other_content(const struct th_manifest_record *record, const struct th_source_id *id)
{
    const uint64_t content = th_manifest_facts_of(record).content;
    return content != 0 && id->content != 0 && content != id->content;
}

bool th_history_recall_failure(struct th_output_folder *folder, const char *name,
                               const struct th_source_id *id,
                               const struct th_failure_limits *limits, struct thumbs_error *error)
{
    struct th_manifest_record record;
    struct failure failure = {0};
    bool is_state =
        th_history_find_state(folder, name, folder->key, TH_MANIFEST_FAILED, id, &record) &&
        !is_other_content(&record, id);
    if (!is_state && !find_content(folder, name, id, &record)) return false;
    bool known = read_failure(&record, &failure) && !is_outdated(&failure, limits);
    if (known) tell(&failure, error);
    if (known && !is_state) refresh(folder, name, id, &record);
    th_bytes_finish(&failure.message);
    return known;
}

bool th_history_may_recall_failure(const struct th_output_folder *folder, const char *name,
                                   const struct th_source_id *id)
{
    struct th_manifest_record record;
    return th_manifest_find(&folder->manifest, name, folder->key, &record) &&
           record.status == TH_MANIFEST_FAILED && record.id.size == id->size &&
           th_manifest_facts_of(&record).content != 0;
}

void th_history_forget_failure(struct th_output_folder *folder, const char *name)
{
    struct th_manifest_record record;
    if (folder->dest->dry_run || !th_manifest_find(&folder->manifest, name, folder->key, &record))
        return;
    if (record.status == TH_MANIFEST_FAILED) th_history_forget_record(folder, &record);
}
