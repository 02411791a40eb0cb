/* SPDX-License-Identifier: MIT */
#include "report/web_manifest.h"

#include <stdlib.h>
#include <string.h>

#include "report/format.h"

/* One image a line, so that a change of one is a change of one line. */
static const char head_text[] = "{\"thumbs_manifest\":1,\"images\":{\n";
static const char foot_text[] = "\n}}\n";
const char th_web_manifest_comma[] = ",\n";

void th_web_manifest_add_head(struct th_bytes *b)
{
    th_bytes_adds(b, head_text);
}

void th_web_manifest_add_foot(struct th_bytes *b)
{
    th_bytes_adds(b, foot_text);
}

bool th_web_manifest_is_ours(const char *head, size_t len)
{
    return len >= sizeof head_text - 1 && memcmp(head, head_text, sizeof head_text - 1) == 0;
}

/* A key of a JSON object must be text, and no two sources may have one. What is no UTF-8 gets a key
 * that no path below SOURCE can be, since it begins with a slash. */
static void add_key(struct th_bytes *b, const char *source)
{
    struct th_bytes text = {0};
    if (th_report_add_json_string(&text, source)) {
        th_bytes_add(b, text.data, text.len);
    } else {
        th_bytes_clear(&text);
        th_report_add_base64(&text, source, strlen(source));
        th_bytes_adds(b, "\"/base64/");
        th_bytes_adds(b, th_bytes_str(&text) + 1); /* without its quote */
    }
    if (th_bytes_failed(&text)) b->failed = true;
    th_bytes_finish(&text);
}

static void add_facts(struct th_bytes *b, uint32_t width, uint32_t height, uint64_t bytes,
                      uint64_t hash)
{
    th_bytes_addf(b, "\"width\":%lu,\"height\":%lu,\"bytes\":%llu", (unsigned long)width,
                  (unsigned long)height, (unsigned long long)bytes);
    if (hash) th_bytes_addf(b, ",\"hash\":\"%016llx\"", (unsigned long long)hash);
}

/* ---- outputs by format and width ------------------------------------------------------------- */

static int compare_outputs(const void *a, const void *b)
{
    const struct thumbs_output *x = *(const struct thumbs_output *const *)a,
                               *y = *(const struct thumbs_output *const *)b;
    if (x->format != y->format) return x->format < y->format ? -1 : 1;
    if (x->width != y->width) return x->width < y->width ? -1 : 1;
    if (x->height != y->height) return x->height < y->height ? -1 : 1;
    return (x > y) - (x < y); /* as they were made: sizes in the order that was asked for */
}

/* The outputs of one format. */
struct group {
    const struct thumbs_event *event;
    const struct thumbs_output *const *outputs;
    size_t n;
};

/* The group that begins with the first of n outputs in order. */
static struct group first_group(const struct thumbs_event *event,
                                const struct thumbs_output *const *outputs, size_t n)
{
    size_t end = 1;
    while (end < n && outputs[end]->format == outputs[0]->format)
        end++;
    return (struct group){event, outputs, end};
}

static void add_renditions(struct th_bytes *b, const struct group *group)
{
    th_bytes_addf(b, "\"%s\":[", thumbs_format_name(group->outputs[0]->format));
    for (size_t i = 0; i < group->n; i++) {
        const struct thumbs_output *o = group->outputs[i];
        th_bytes_adds(b, i ? ",{" : "{");
        add_facts(b, o->width, o->height, o->bytes, o->hash);
        th_bytes_adds(b, ",\"url\":\"");
        th_report_add_url(b, o->path);
        th_bytes_addc(b, '"');
        th_report_add_sizes(b, group->event, o->sizes);
        th_bytes_addc(b, '}');
    }
    th_bytes_addc(b, ']');
}

/* HTML allows one candidate for a width. */
static void add_srcset(struct th_bytes *b, const struct group *group)
{
    th_bytes_addf(b, "\"%s\":\"", thumbs_format_name(group->outputs[0]->format));
    for (size_t i = 0; i < group->n; i++) {
        const struct thumbs_output *o = group->outputs[i];
        if (i && o->width == group->outputs[i - 1]->width) continue;
        if (i) th_bytes_adds(b, ", ");
        th_report_add_url(b, o->path);
        th_bytes_addf(b, " %luw", (unsigned long)o->width);
    }
    th_bytes_addc(b, '"');
}

/* "key":{...}, a member for each format. */
static void add_groups(struct th_bytes *b, const struct thumbs_event *event, const char *key,
                       const struct thumbs_output *const *outputs, size_t n,
                       void (*add)(struct th_bytes *b, const struct group *group))
{
    th_bytes_addf(b, ",\"%s\":{", key);
    for (size_t i = 0; i < n;) {
        const struct group group = first_group(event, outputs + i, n - i);
        if (i) th_bytes_addc(b, ',');
        add(b, &group);
        i += group.n;
    }
    th_bytes_addc(b, '}');
}

static bool has_outputs(const struct thumbs_event *event)
{
    const bool made = event->status == THUMBS_STATUS_DONE ||
                      event->status == THUMBS_STATUS_DAMAGED ||
                      event->status == THUMBS_STATUS_UP_TO_DATE;
    return made && event->n_outputs > 0 && event->n_outputs <= THUMBS_MAX_OUTPUTS;
}

bool th_web_manifest_add_image(struct th_bytes *b, const struct thumbs_event *event)
{
    const struct thumbs_output *outputs[THUMBS_MAX_OUTPUTS];
    if (!has_outputs(event)) return false;
    for (size_t i = 0; i < event->n_outputs; i++)
        outputs[i] = &event->outputs[i];
    qsort(outputs, event->n_outputs, sizeof outputs[0], compare_outputs);
    add_key(b, event->source);
    th_bytes_addf(b, ":{\"format\":\"%s\",", thumbs_format_name(event->format));
    add_facts(b, event->width, event->height, event->bytes, event->hash);
    th_report_add_placeholder(b, &event->placeholder);
    add_groups(b, event, "renditions", outputs, event->n_outputs, add_renditions);
    add_groups(b, event, "srcset", outputs, event->n_outputs, add_srcset);
    th_bytes_addc(b, '}');
    return true;
}
