/* SPDX-License-Identifier: MIT */
#include "cli/complain.h"

#include <unistd.h>

#include "report/report.h"

void cli_complain(const char *what, const char *why)
{
    struct th_bytes line = {0};
    th_bytes_adds(&line, "thumbs: ");
    if (what) {
        th_report_add_name(&line, what, true);
        th_bytes_adds(&line, ": ");
    }
    th_report_add_escaped(&line, why, true);
    th_bytes_addc(&line, '\n');
    if (!th_bytes_failed(&line)) th_progress_print(NULL, STDERR_FILENO, line.data, line.len);
    th_bytes_finish(&line);
}
