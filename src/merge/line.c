/* SPDX-License-Identifier: MIT */
#include "merge/line.h"

#include <jansson.h>
#include <string.h>

#include "base/error.h"

#define MOST_COUNT ((json_int_t)1 << 53) /* what every reader of JSON takes as it is */

static bool take_count(json_t *object, const char *key, bool required, uint64_t *out)
{
    const json_t *value = json_object_get(object, key);
    *out = 0;
    if (!value) return !required;
    if (!json_is_integer(value)) return false;
    const json_int_t n = json_integer_value(value);
    if (n < 0 || n > MOST_COUNT) return false;
    *out = (uint64_t)n;
    return true;
}

/* Keys of a summary are the words for a status with '_' for '-'. */
static void key_of(enum thumbs_status status, char *key, size_t size)
{
    const char *word = thumbs_status_name(status);
    size_t i = 0;
    for (; word[i] && i + 1 < size; i++)
        key[i] = word[i] == '-' ? '_' : word[i];
    key[i] = '\0';
}

static bool take_statuses(json_t *object, uint64_t by_status[THUMBS_N_STATUSES])
{
    for (unsigned s = 0; s < THUMBS_N_STATUSES; s++) {
        char key[32];
        key_of((enum thumbs_status)s, key, sizeof key);
        if (!take_count(object, key, s <= THUMBS_STATUS_SKIPPED, &by_status[s])) return false;
    }
    return true;
}

static bool take_shard(json_t *object, struct th_line *line)
{
    uint64_t shard, n_shards;
    if (!take_count(object, "shard", false, &shard) ||
        !take_count(object, "shards", false, &n_shards))
        return false;
    if (n_shards > THUMBS_MAX_SHARDS || (n_shards ? shard >= n_shards : shard > 0)) return false;
    line->shard = (uint32_t)shard;
    line->n_shards = (uint32_t)n_shards;
    return true;
}

static bool read_summary(json_t *object, struct th_line *line)
{
    const json_t *seconds = json_object_get(object, "seconds");
    if (!json_is_object(object) || !json_is_number(seconds)) return false;
    if (!take_statuses(object, line->by_status) || !take_shard(object, line) ||
        !take_count(object, "removed", false, &line->removed) ||
        !take_count(object, "would_remove", false, &line->would_remove))
        return false;
    line->deletes = json_object_get(object, "removed") != NULL;
    line->seconds = json_number_value(seconds);
    line->incomplete = json_is_true(json_object_get(object, "incomplete")) ||
                       json_object_get(object, "interrupted") != NULL;
    return true;
}

static bool read_error(json_t *object, struct th_line *line)
{
    const char *stage = json_string_value(json_object_get(object, "stage"));
    const char *code = json_string_value(json_object_get(object, "code"));
    const char *message = json_string_value(json_object_get(object, "message"));
    if (!stage || !code || !message) return false;
    line->error.code = THUMBS_INTERNAL; /* a word of a newer version */
    for (unsigned c = 0; c < THUMBS_N_CODES; c++)
        if (strcmp(code, thumbs_code_name((enum thumbs_code)c)) == 0)
            line->error.code = (enum thumbs_code)c;
    for (unsigned s = 0; s < THUMBS_N_STAGES; s++)
        if (strcmp(stage, thumbs_stage_name((enum thumbs_stage)s)) == 0)
            line->error.stage = (enum thumbs_stage)s;
    th_error_set(&line->error, line->error.code, line->error.stage, "%s", message);
    return true;
}

static bool read_source(json_t *object, struct th_line *line)
{
    const char *status = json_string_value(json_object_get(object, "status"));
    line->source = json_string_value(json_object_get(object, "source"));
    if (!line->source || !status) return false;
    line->status = THUMBS_N_STATUSES;
    for (unsigned s = 0; s < THUMBS_N_STATUSES; s++)
        if (strcmp(status, thumbs_status_name((enum thumbs_status)s)) == 0)
            line->status = (enum thumbs_status)s;
    if (line->status == THUMBS_N_STATUSES) return false;
    if (line->status != THUMBS_STATUS_FAILED && line->status != THUMBS_STATUS_KNOWN) return true;
    return read_error(json_object_get(object, "error"), line);
}

static bool is_removal(json_t *object)
{
    return json_is_string(json_object_get(object, "removed")) ||
           json_is_string(json_object_get(object, "would_remove"));
}

void th_line_read(struct th_line *line, const char *text, size_t len)
{
    *line = (struct th_line){0};
    json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    line->json = object;
    json_t *summary = json_object_get(object, "summary");
    if (summary && json_object_size(object) == 1) {
        if (read_summary(summary, line)) line->kind = TH_LINE_SUMMARY;
    } else if (is_removal(object)) {
        line->kind = TH_LINE_REMOVAL;
    } else if (object) {
        if (read_source(object, line)) line->kind = TH_LINE_SOURCE;
    }
}

void th_line_finish(struct th_line *line)
{
    json_decref(line->json);
    *line = (struct th_line){0};
}
