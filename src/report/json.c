/* SPDX-License-Identifier: MIT */
/* json.c - lines for programs: NDJSON, each object on a line of its own (RFC 8259; docs/REPORT.md).
 */
#include "report/report.h"

#include <string.h>

#include "report/format.h"

/* What a byte below 0x20, a quote or a backslash is written as. */
static void add_escape(struct th_bytes *b, unsigned char c)
{
    switch (c) {
    case '"':
        th_bytes_adds(b, "\\\"");
        break;
    case '\\':
        th_bytes_adds(b, "\\\\");
        break;
    case '\n':
        th_bytes_adds(b, "\\n");
        break;
    case '\r':
        th_bytes_adds(b, "\\r");
        break;
    case '\t':
        th_bytes_adds(b, "\\t");
        break;
    default:
        th_bytes_addf(b, "\\u%04x", (unsigned)c);
        break;
    }
}

bool th_report_add_json_string(struct th_bytes *b, const char *text)
{
    bool faithful = true;
    const char *plain = text; /* begin of a run that needs no change */
    th_bytes_addc(b, '"');
    while (*text) {
        const unsigned char c = (unsigned char)*text;
        const size_t len = th_report_utf8_len(text);
        if (len > 0 && c >= 0x20 && c != '"' && c != '\\') {
            text += len;
            continue;
        }
        th_bytes_add(b, plain, (size_t)(text - plain));
        if (len == 0) {
            th_bytes_adds(b, "\xEF\xBF\xBD"); /* U+FFFD */
            faithful = false;
        } else {
            add_escape(b, c);
        }
        plain = ++text;
    }
    th_bytes_add(b, plain, (size_t)(text - plain));
    th_bytes_addc(b, '"');
    return faithful;
}

void th_report_add_base64(struct th_bytes *b, const void *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t left = len;
    const unsigned char *p = bytes;
    th_bytes_addc(b, '"');
    for (; left > 0; left -= left < 3 ? left : 3, p += 3) {
        const unsigned bits =
            (unsigned)p[0] << 16 | (left > 1 ? (unsigned)p[1] << 8 : 0) | (left > 2 ? p[2] : 0u);
        const char quad[4] = {digits[bits >> 18], digits[bits >> 12 & 63],
                              left > 1 ? digits[bits >> 6 & 63] : '=',
                              left > 2 ? digits[bits & 63] : '='};
        th_bytes_add(b, quad, sizeof(quad));
    }
    th_bytes_addc(b, '"');
}

void th_report_add_url(struct th_bytes *b, const char *path)
{
    static const char hex[] = "0123456789ABCDEF";
    for (; *path; path++) {
        const unsigned char c = (unsigned char)*path;
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || strchr("-._~/", c);
        if (plain) {
            th_bytes_addc(b, (char)c);
        } else {
            const char escape[] = {'%', hex[c >> 4], hex[c & 15]};
            th_bytes_add(b, escape, sizeof escape);
        }
    }
}

/* "key":"name", and "key_base64" where the name is not UTF-8. */
static void add_name(struct th_bytes *b, const char *key, const char *name)
{
    th_bytes_addf(b, "\"%s\":", key);
    if (!th_report_add_json_string(b, name)) {
        th_bytes_addf(b, ",\"%s_base64\":", key);
        th_report_add_base64(b, name, strlen(name));
    }
}

void th_report_add_placeholder(struct th_bytes *b, const struct thumbs_placeholder *placeholder)
{
    if (placeholder->thumbhash_len == 0) return;
    th_bytes_adds(b, ",\"placeholder\":{\"thumbhash\":");
    th_report_add_base64(b, placeholder->thumbhash, placeholder->thumbhash_len);
    if (placeholder->has_dominant)
        th_bytes_addf(b, ",\"dominant\":\"#%02x%02x%02x\"", placeholder->dominant[0],
                      placeholder->dominant[1], placeholder->dominant[2]);
    th_bytes_addc(b, '}');
}

void th_report_add_sizes(struct th_bytes *b, const struct thumbs_event *event, uint32_t sizes)
{
    bool some = false;
    if (event->n_sizes < 2 || sizes == 0) return;
    th_bytes_adds(b, ",\"sizes\":[");
    for (uint32_t i = 0; i < event->n_sizes; i++) {
        char text[THUMBS_SIZE_TEXT];
        if (!(sizes >> i & 1)) continue;
        thumbs_size_text(&event->sizes[i], text);
        th_bytes_addf(b, some ? ",\"%s\"" : "\"%s\"", text);
        some = true;
    }
    th_bytes_addc(b, ']');
}

static void add_outputs(struct th_bytes *b, const struct thumbs_event *event)
{
    th_bytes_adds(b, ",\"outputs\":[");
    for (size_t i = 0; i < event->n_outputs; i++) {
        const struct thumbs_output *output = &event->outputs[i];
        th_bytes_adds(b, i ? ",{" : "{");
        add_name(b, "path", output->path);
        if (output->format != THUMBS_FORMAT_NONE)
            th_bytes_addf(b, ",\"format\":\"%s\"", thumbs_format_name(output->format));
        if (output->width && output->height)
            th_bytes_addf(b, ",\"width\":%lu,\"height\":%lu", (unsigned long)output->width,
                          (unsigned long)output->height);
        if (output->bytes) th_bytes_addf(b, ",\"bytes\":%llu", (unsigned long long)output->bytes);
        th_report_add_sizes(b, event, output->sizes);
        th_bytes_addc(b, '}');
    }
    th_bytes_addc(b, ']');
}

static void add_ms(struct th_bytes *b, const struct thumbs_times *times)
{
    const struct {
        const char *key;
        uint64_t ns;
    } stages[] = {{"load", times->load},
                  {"decode", times->decode},
                  {"resize", times->resize},
                  {"encode", times->encode},
                  {"write", times->write}};
    th_bytes_adds(b, ",\"ms\":{");
    for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
        th_bytes_addf(b, "%s\"%s\":", i ? "," : "", stages[i].key);
        th_report_add_fixed(b, (double)stages[i].ns / 1e6, 3);
    }
    th_bytes_addc(b, '}');
}

/* Why it failed, what it warns of, why it was skipped. */
static void add_error(struct th_bytes *b, const struct thumbs_event *event)
{
    static const struct thumbs_error unknown = {.code = THUMBS_INTERNAL,
                                                .message = "no reason was given"};
    const struct thumbs_error *error = event->error;
    if (event->status == THUMBS_STATUS_FAILED || event->status == THUMBS_STATUS_KNOWN) {
        if (!error) error = &unknown;
        th_bytes_addf(b, ",\"error\":{\"stage\":\"%s\",\"code\":\"%s\",\"message\":",
                      thumbs_stage_name(error->stage), thumbs_code_name(error->code));
        th_report_add_json_string(b, error->message);
        th_bytes_addc(b, '}');
    } else if (error) {
        th_bytes_adds(b, event->status == THUMBS_STATUS_SKIPPED ? ",\"reason\":" : ",\"warning\":");
        th_report_add_json_string(b, error->message);
    }
}

void th_report_event_json(struct th_bytes *b, const struct thumbs_event *event)
{
    const struct thumbs_times *times = &event->times;
    th_bytes_addc(b, '{');
    add_name(b, "source", event->source);
    th_bytes_addf(b, ",\"status\":\"%s\"", thumbs_status_name(event->status));
    if (event->format != THUMBS_FORMAT_NONE)
        th_bytes_addf(b, ",\"format\":\"%s\"", thumbs_format_name(event->format));
    if (event->width && event->height)
        th_bytes_addf(b, ",\"width\":%lu,\"height\":%lu", (unsigned long)event->width,
                      (unsigned long)event->height);
    if (event->from != THUMBS_FROM_PICTURE)
        th_bytes_addf(b, ",\"from\":\"%s\"", thumbs_from_name(event->from));
    if (event->bytes) th_bytes_addf(b, ",\"bytes\":%llu", (unsigned long long)event->bytes);
    if (event->modified_ns > 0) { /* before 1970 no photo was taken, but clocks begin there */
        th_bytes_adds(b, ",\"modified\":");
        th_report_add_fixed(b, (double)event->modified_ns / 1e9, 3);
    }
    th_report_add_placeholder(b, &event->placeholder);
    add_error(b, event);
    if (event->n_outputs > 0) add_outputs(b, event);
    if (times->load || times->decode || times->resize || times->encode || times->write)
        add_ms(b, times);
    th_bytes_adds(b, "}\n");
}

void th_report_removal_json(struct th_bytes *b, const struct thumbs_removal *removal)
{
    th_bytes_addc(b, '{');
    add_name(b, removal->planned ? "would_remove" : "removed", removal->path);
    th_bytes_addc(b, ',');
    add_name(b, "source", removal->source);
    th_bytes_addf(b, ",\"reason\":\"%s\"}\n", thumbs_removal_reason_name(removal->reason));
}

void th_report_summary_json(struct th_bytes *b, const struct thumbs_totals *totals,
                            int interrupted_by_signal)
{
    const uint64_t *n = totals->by_status;
    th_bytes_addf(
        b,
        "{\"summary\":{\"done\":%llu,\"up_to_date\":%llu,\"damaged\":%llu,\"failed\":%llu,"
        "\"skipped\":%llu",
        (unsigned long long)n[THUMBS_STATUS_DONE], (unsigned long long)n[THUMBS_STATUS_UP_TO_DATE],
        (unsigned long long)n[THUMBS_STATUS_DAMAGED], (unsigned long long)n[THUMBS_STATUS_FAILED],
        (unsigned long long)n[THUMBS_STATUS_SKIPPED]);
    if (n[THUMBS_STATUS_KNOWN])
        th_bytes_addf(b, ",\"known\":%llu", (unsigned long long)n[THUMBS_STATUS_KNOWN]);
    if (n[THUMBS_STATUS_WOULD_MAKE])
        th_bytes_addf(b, ",\"would_make\":%llu", (unsigned long long)n[THUMBS_STATUS_WOULD_MAKE]);
    if (totals->deletes) th_bytes_addf(b, ",\"removed\":%llu", (unsigned long long)totals->removed);
    if (totals->would_remove)
        th_bytes_addf(b, ",\"would_remove\":%llu", (unsigned long long)totals->would_remove);
    th_bytes_adds(b, ",\"seconds\":");
    th_report_add_fixed(b, totals->seconds, 3);
    th_bytes_adds(b, ",\"images_per_second\":");
    th_report_add_fixed(b, th_report_images_per_second(totals), 1);
    if (totals->n_shards)
        th_bytes_addf(b, ",\"shard\":%lu,\"shards\":%lu,\"other_shards\":%llu",
                      (unsigned long)totals->shard, (unsigned long)totals->n_shards,
                      (unsigned long long)totals->other_shards);
    if (totals->incomplete) th_bytes_adds(b, ",\"incomplete\":true");
    if (interrupted_by_signal) th_bytes_addf(b, ",\"interrupted\":%d", interrupted_by_signal);
    th_bytes_adds(b, "}}\n");
}

bool th_report_is_json(const char *head, size_t len)
{
    static const char source[] = "{\"source\":\"", status[] = "\"status\":\"",
                      summary[] = "{\"summary\":{\"done\":";
    static const char *const removals[] = {"{\"removed\":\"", "{\"would_remove\":\""};
    const char *end = memchr(head, '\n', len);
    const size_t line_len = end ? (size_t)(end - head) : len;
    if (line_len < sizeof summary || strncmp(head, summary, strlen(summary)) == 0)
        return line_len >= sizeof summary;
    for (size_t i = 0; i < 2; i++) {
        if (strncmp(head, removals[i], strlen(removals[i])) == 0)
            return memmem(head, line_len, source + 1, strlen(source) - 1) != NULL;
    }
    if (strncmp(head, source, strlen(source)) != 0) return false;
    return memmem(head, line_len, status, strlen(status)) != NULL;
}
