/* outfile_internal.h - what may be written over; inside report only. Thread-safe, since it changes
 * nothing. */
#ifndef TH_REPORT_OUTFILE_INTERNAL_H
#define TH_REPORT_OUTFILE_INTERNAL_H

#include <sys/stat.h>

#include "report/outfile.h"

/* Does what is written there reach a source or the list? st: what would be written to. USAGE. */
enum thumbs_code th_outfile_check_target(const struct th_outfile_guard *guard, const struct stat *st,
                                         struct thumbs_error *err);
/* Find out what the name stands for: sets kind, last, folder_fd, exists and what goes with it. A
 * folder that is missing is fine if may_miss; folder_fd is then -1. USAGE, NOT_WRITABLE. */
enum thumbs_code th_outfile_look(struct th_outfile *file, bool may_miss, struct thumbs_error *err);

#endif
