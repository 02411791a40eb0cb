/* SPDX-License-Identifier: MIT */
/*
 * manifest_output.h - the file of --manifest: collected while the run goes on, written when it has
 * ended well.
 *
 * A manifest is whole or is not there: a run that was stopped, or could not go on, leaves the one
 * of an earlier run as it was. Sources that failed are not in it and do not keep it from being
 * written, since the status of the run tells.
 */
#ifndef THUMBS_CLI_MANIFEST_OUTPUT_H
#define THUMBS_CLI_MANIFEST_OUTPUT_H

#include "report/outfile.h"
#include "report/spool.h"

struct cli_manifest {
    struct th_outfile *file; /* borrowed */
    struct th_spool *spool;  /* NULL: not begun */
};

/* Begin: the file, which the caller has planned and will finish, is opened. MEMORY, or the errors
 * of th_outfile_open(). */
enum thumbs_code cli_manifest_open(struct cli_manifest *manifest, struct th_outfile *file,
                                   struct thumbs_error *err);
/* What became of a source. An error is told once, by cli_manifest_close(). Any thread. */
void cli_manifest_add(struct cli_manifest *manifest, const struct thumbs_event *event);
/* Write it all and give it its name. On failure what was there before stays. */
enum thumbs_code cli_manifest_close(struct cli_manifest *manifest, struct thumbs_error *err);
void cli_manifest_finish(struct cli_manifest *manifest); /* drop it; zeroed is fine */

#endif
