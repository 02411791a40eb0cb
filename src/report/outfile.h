/* SPDX-License-Identifier: MIT */
/*
 * outfile.h - a file that the run writes because the user named it: a report, figures, a chart.
 *
 * A regular file appears whole or not at all: it is written as .thumbs-NAME.part beside its name
 * and renamed at the end. It replaces only what thumbs wrote before, never a source or the list,
 * whatever the user forgot to type. What is no regular file ("-", /dev/stdout, /dev/fd/N, a FIFO, a
 * terminal) is a stream: it is appended to, and never cut.
 *
 * One owner, not thread-safe; the descriptor may be written to from any thread.
 */
#ifndef TH_REPORT_OUTFILE_H
#define TH_REPORT_OUTFILE_H

#include "report/outfile_rules.h"

/* Look at the name, change nothing. is_ours: is this the beginning (up to 64 KiB, zero-terminated)
 * of such a file as thumbs writes? USAGE: it may not be written over; NOT_WRITABLE: it cannot be
 * written. The message is a clause without the name. A folder that is missing may be made before
 * th_outfile_open(), which looks again. To be called before the process opens files of its own,
 * since /dev/fd/N means one that it was given. Finish *file in any case. */
enum thumbs_code th_outfile_plan(struct th_outfile *file, const char *name, const char *what,
                                 bool (*is_ours)(const char *head, size_t len),
                                 const struct th_outfile_guard *guard, struct thumbs_error *err);
/* Would both be written to one file or stream? Devices can be shared. Both are planned. */
bool th_outfile_is_same(const struct th_outfile *a, const struct th_outfile *b);
/* Begin: file->fd is open. Waits for a reader of a FIFO. The errors are those of planning. */
enum thumbs_code th_outfile_open(struct th_outfile *file, struct thumbs_error *err);
/* All is written: close it, let it appear under its name. NOT_WRITABLE: it did not; if all bytes
 * were written, they stay in the temporary, which the message names. */
enum thumbs_code th_outfile_commit(struct th_outfile *file, struct thumbs_error *err);
/* Drop what was not committed. A zeroed or finished file is fine. */
void th_outfile_finish(struct th_outfile *file);

#endif
