/* SPDX-License-Identifier: MIT */
#include "gallery/gallery.h"

#include <string.h>

#include "gallery/link.h"
#include "gallery/page.h"
#include "report/report.h"

/* The whole first line of page.html. */
static const char first_line[] = "<!DOCTYPE html><!-- a gallery by thumbs -->\n";

bool th_gallery_is_ours(const char *head, size_t len)
{
    return len >= strlen(first_line) && memcmp(head, first_line, strlen(first_line)) == 0;
}

/* One more item of the list: a line of a report, without its newline. A "<" could end the block
 * that it stands in; in JSON it stands in strings alone, where there is another way to write it. */
static void add_line(struct th_bytes *b, const struct th_bytes *line)
{
    if (th_bytes_failed(line)) {
        b->failed = true;
        return;
    }
    th_bytes_adds(b, ",\n");
    for (size_t i = 0; i + 1 < line->len; i++) {
        if (line->data[i] == '<')
            th_bytes_adds(b, "\\u003c");
        else
            th_bytes_addc(b, line->data[i]);
    }
}

enum thumbs_code th_gallery_begin(struct th_bytes *b, const char *folder, const char *dest,
                                  struct thumbs_error *err)
{
    struct th_bytes way = {0};
    const enum thumbs_code code = th_link_add_way(&way, folder, dest, err);
    if (code == THUMBS_OK) {
        th_bytes_add(b, th_page_head, th_page_head_len);
        th_bytes_addf(b, "[{\"base\":\"%s\"}", th_bytes_str(&way));
        if (th_bytes_failed(&way)) b->failed = true;
    }
    th_bytes_finish(&way);
    return code;
}

void th_gallery_event(struct th_bytes *b, const struct thumbs_event *event)
{
    if (event->status == THUMBS_STATUS_SKIPPED && !event->named) return;
    struct th_bytes line = {0};
    th_report_event_json(&line, event);
    add_line(b, &line);
    th_bytes_finish(&line);
}

void th_gallery_end(struct th_bytes *b, const struct thumbs_totals *totals,
                    int interrupted_by_signal)
{
    struct th_bytes line = {0};
    th_report_summary_json(&line, totals, interrupted_by_signal);
    add_line(b, &line);
    th_bytes_addc(b, ']');
    th_bytes_finish(&line);
    th_bytes_add(b, th_page_tail, th_page_tail_len);
}
