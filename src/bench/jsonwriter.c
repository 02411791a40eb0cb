/* SPDX-License-Identifier: MIT */
#include "bench/jsonwriter.h"

#include <math.h>

#include "report/format.h"

static void begin(struct th_json *j, const char *key)
{
    const uint64_t bit = UINT64_C(1) << j->depth;
    if (j->has_members & bit) th_bytes_addc(j->out, ',');
    j->has_members |= bit;
    if (j->depth > 0) {
        th_bytes_addc(j->out, '\n');
        for (unsigned i = 0; i < j->depth; i++)
            th_bytes_adds(j->out, "  ");
    }
    if (key) th_bytes_addf(j->out, "\"%s\": ", key);
}

void th_json_open(struct th_json *j, const char *key, char bracket)
{
    begin(j, key);
    th_bytes_addc(j->out, bracket);
    j->depth++;
    j->has_members &= ~(UINT64_C(1) << j->depth);
}

void th_json_close(struct th_json *j, char bracket)
{
    const bool empty = !(j->has_members & UINT64_C(1) << j->depth);
    j->depth--;
    if (!empty) {
        th_bytes_addc(j->out, '\n');
        for (unsigned i = 0; i < j->depth; i++)
            th_bytes_adds(j->out, "  ");
    }
    th_bytes_addc(j->out, bracket);
    if (j->depth == 0) th_bytes_addc(j->out, '\n');
}

void th_json_string(struct th_json *j, const char *key, const char *text)
{
    if (!text) {
        th_json_null(j, key);
        return;
    }
    begin(j, key);
    th_report_add_json_string(j->out, text);
}

void th_json_number(struct th_json *j, const char *key, double value, unsigned decimals)
{
    if (!isfinite(value)) {
        th_json_null(j, key);
        return;
    }
    begin(j, key);
    if (value < 0) th_bytes_addc(j->out, '-');
    th_report_add_fixed(j->out, fabs(value), decimals);
}

void th_json_u64(struct th_json *j, const char *key, uint64_t value)
{
    begin(j, key);
    th_bytes_addf(j->out, "%llu", (unsigned long long)value);
}

void th_json_bool(struct th_json *j, const char *key, bool value)
{
    begin(j, key);
    th_bytes_adds(j->out, value ? "true" : "false");
}

void th_json_null(struct th_json *j, const char *key)
{
    begin(j, key);
    th_bytes_adds(j->out, "null");
}
