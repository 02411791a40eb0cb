/* SPDX-License-Identifier: MIT */
/* ours.c - which files were written by a benchmark. Their formats are those of results.c and
 * chart.c. */
#include <string.h>

#include "bench/results.h"

static bool begins(const char *head, const char *with)
{
    return strncmp(head, with, strlen(with)) == 0;
}

bool th_bench_is_json_of(const char *head, const char *schema)
{
    static const char *const tokens[] = {"{", "\"schema\"", ":", "\""};
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        head += strspn(head, " \t\r\n");
        if (!begins(head, tokens[i])) return false;
        head += strlen(tokens[i]);
    }
    return begins(head, schema);
}

bool th_bench_is_json(const char *head, size_t len)
{
    (void)len;
    return th_bench_is_json_of(head, "thumbs-bench/");
}

bool th_bench_is_csv(const char *head, size_t len)
{
    (void)len;
    return begins(head, "mode,io,jobs,io_jobs,run,seconds,");
}

bool th_bench_is_svg(const char *head, size_t len)
{
    const char *end = memchr(head, '\n', len);
    const size_t line_len = end ? (size_t)(end - head) : len;
    static const char mark[] = " data-made-by=\"thumbs\"";
    return begins(head, "<svg ") && memmem(head, line_len, mark, strlen(mark)) != NULL;
}
