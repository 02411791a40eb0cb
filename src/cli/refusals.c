/* SPDX-License-Identifier: MIT */
#include "cli/refusals.h"

#include <string.h>

#include "report/report.h"

#define MAX_NAME 32 /* longer words are not compared with option names */

enum thumbs_code cli_no_memory(struct th_bytes *message)
{
    th_bytes_clear(message);
    th_bytes_adds(message, "no memory");
    return THUMBS_MEMORY;
}

enum thumbs_code cli_refuse_value(const struct cli_option *option, const char *value,
                                  const struct cli_problem *problem, struct th_bytes *message)
{
    if (problem->no_memory) return cli_no_memory(message);
    th_bytes_addf(message, "--%s=", option->name);
    if (problem->not_built) {
        if (problem->part)
            th_bytes_add(message, problem->part, problem->part_len); /* a word of ours */
        th_bytes_adds(message, " is not built yet in this version");
        return THUMBS_USAGE;
    }
    th_report_add_name(message, value, true);
    if (problem->text[0])
        th_bytes_addf(message, ": %s", problem->text);
    else if (problem->why)
        th_bytes_addf(message, ": %s; it must be %s", problem->why, option->allowed);
    else
        th_bytes_addf(message, ": must be %s", option->allowed);
    return THUMBS_USAGE;
}

static size_t min_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters to insert, drop, change or swap with their neighbour
 * to get from a to b (optimal string alignment). */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][MAX_NAME + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            row[j] = min_of(last[j - 1] + (a[i - 1] != b[j - 1]), min_of(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = min_of(row[j], before[j - 2] + 1);
        }
        size_t *const oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[b_len];
}

const struct cli_option *cli_nearest_option(const struct cli_option *const *options, size_t n,
                                            const char *name, size_t len)
{
    const struct cli_option *best = NULL;
    size_t best_distance = 3; /* two slips of the finger at most */
    if (len < 2 || len > MAX_NAME) return NULL;
    for (size_t i = 0; i < n; i++) {
        const struct cli_option *option = options[i];
        const size_t option_len = strlen(option->name);
        size_t d;
        if (!option->help || option_len > MAX_NAME) continue;
        /* Half a name is no slip, but what it stands for is plain. */
        d = len >= 3 && len < option_len && memcmp(name, option->name, len) == 0
                ? 1
                : distance(name, len, option->name, option_len);
        if (d < best_distance && d < option_len / 2 + 1) {
            best = option;
            best_distance = d;
        }
    }
    return best;
}
