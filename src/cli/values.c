/* SPDX-License-Identifier: MIT */
#include "cli/values.h"

#include <string.h>

#include "base/num.h"

const struct cli_word cli_mode_words[] = {{"processes", THUMBS_MODE_PROCESSES, true},
                                          {"threads", THUMBS_MODE_THREADS, true},
                                          {"sync", THUMBS_MODE_SYNC, true},
                                          {0}};
const struct cli_word cli_io_words[] = {
    {"threads", THUMBS_IO_THREADS, true}, {"uring", THUMBS_IO_URING, true}, {0}};

/* ---- words and numbers ----------------------------------------------------------------------- */

static bool find_word(const struct cli_word *words, const char *text, size_t len, unsigned *out,
                      struct cli_problem *problem)
{
    for (; words->text; words++) {
        if (strlen(words->text) != len || memcmp(words->text, text, len) != 0) continue;
        if (!words->built) {
            problem->not_built = true;
            problem->part = text;
            problem->part_len = len;
            return false;
        }
        *out = words->value;
        return true;
    }
    return false;
}

static bool read_number(const char *text, uint64_t min, uint64_t max, unsigned *out)
{
    uint64_t number;
    if (!th_parse_u64(text, min, max, &number)) return false;
    *out = (unsigned)number;
    return true;
}

/* ---- lists ----------------------------------------------------------------------------------- */

bool cli_next_item(const char **list, const char **item, size_t *len)
{
    if (!*list) return false;
    const char *comma = strchr(*list, ',');
    *item = *list;
    *len = comma ? (size_t)(comma - *list) : strlen(*list);
    *list = comma ? comma + 1 : NULL;
    return true;
}

static bool read_item(const struct cli_list *list, const char *item, size_t len, unsigned *out,
                      struct cli_problem *problem)
{
    char text[16];
    if (list->words) return find_word(list->words, item, len, out, problem);
    if (len >= sizeof text) return false;
    memcpy(text, item, len);
    text[len] = '\0';
    return read_number(text, 1, list->max, out);
}

static bool has(const unsigned *values, size_t n, unsigned value)
{
    for (size_t i = 0; i < n; i++) {
        if (values[i] == value) return true;
    }
    return false;
}

bool cli_read_list(const struct cli_list *list, const char *value, unsigned *out, size_t *n_out,
                   struct cli_problem *problem)
{
    const char *item;
    size_t len, n = 0;
    while (cli_next_item(&value, &item, &len)) {
        unsigned next;
        if (n == list->most && list->too_many) problem->why = list->too_many;
        if (problem->why || !read_item(list, item, len, &next, problem)) return false;
        if (has(out, n, next)) problem->why = list->twice;
        if (problem->why || n == list->most) return false;
        out[n++] = next;
    }
    *n_out = n;
    return true;
}

/* ---- targets --------------------------------------------------------------------------------- */

bool cli_target_set(const struct cli_target *to, struct cli_settings *settings, const char *value,
                    struct cli_problem *problem)
{
    void *field = (char *)settings + to->offset;
    switch (to->kind) {
    case CLI_NOT_BUILT:
        return false;
    case CLI_FLAG:
        *(bool *)field = true;
        return true;
    case CLI_CONSTANT:
        *(unsigned *)field = (unsigned)to->min;
        return true;
    case CLI_NUMBER:
        return read_number(value, to->min, to->max, field);
    case CLI_NUMBER64:
        return th_parse_u64(value, to->min, to->max, field);
    case CLI_BYTES:
        return th_parse_bytes(value, to->min, to->max, field);
    case CLI_TEXT:
        *(const char **)field = value;
        return *value != '\0';
    case CLI_WORD:
        return find_word(to->words, value, strlen(value), field, problem);
    case CLI_LIST:
        return cli_read_list(to->list, value, field,
                             (size_t *)((char *)settings + to->count_offset), problem);
    case CLI_FUNCTION:
        return to->set(settings, value, problem);
    }
    return false;
}
