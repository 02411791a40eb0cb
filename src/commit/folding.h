/* SPDX-License-Identifier: MIT */
/* folding.h - does the file system of DEST take different names for one? Not for other rooms. */
#ifndef TH_COMMIT_FOLDING_H
#define TH_COMMIT_FOLDING_H

#include <stdbool.h>

/* Bits of naming/fold.h, by trying in DEST/.thumbs; 0 where that is not there. Without `make` no
 * file is made to try; one that an earlier run made tells as well. */
unsigned th_folding_probe(int dest_fd, bool make);

#endif
