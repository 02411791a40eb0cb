/* SPDX-License-Identifier: MIT */
/* --version: a line, or all that this program is made of. */
#include <string.h>

#include "cli/options.h"
#include "thumbs/thumbs.h"

enum { FORMAT_WIDTH = 8, READS_WIDTH = 56 };

static void add_format(void *user, const struct thumbs_support *s)
{
    th_bytes_addf(user, "%-*s  %-*s  %s\n", FORMAT_WIDTH, thumbs_format_name(s->format),
                  READS_WIDTH, s->reads ? s->reads : "-", s->writes ? s->writes : "-");
}

static void add_part(void *user, const char *name, const char *library)
{
    th_bytes_addf(user, "%-*s  %s\n", FORMAT_WIDTH, name, library ? library : "- (left out)");
}

void cli_version(struct th_bytes *b, bool verbose)
{
    th_bytes_adds(b, "thumbs " THUMBS_VERSION_STRING "\n");
    if (!verbose) return;
    th_bytes_addf(b, "\n%-*s  %-*s  %s\n", FORMAT_WIDTH, "format", READS_WIDTH, "read by",
                  "written by");
    thumbs_formats(add_format, b);
    th_bytes_addf(b, "\n%-*s  %s\n", FORMAT_WIDTH, "part", "library");
    thumbs_parts(add_part, b);
}
