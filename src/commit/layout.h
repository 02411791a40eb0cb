/* SPDX-License-Identifier: MIT */
/* layout.h - how trees lie below DEST, and how they lay in the last run: DEST/.thumbs/layout, one
 * word. */
#ifndef TH_COMMIT_LAYOUT_H
#define TH_COMMIT_LAYOUT_H

/* That of the one SOURCE straight under DEST, or each under its own name. ANY: there is no tree, or
 * it is not known. */
enum th_layout { TH_LAYOUT_ANY, TH_LAYOUT_ONE, TH_LAYOUT_SEVERAL };

/* state_fd: DEST/.thumbs. Both best effort: it is for a note to the user. */
enum th_layout th_layout_read(int state_fd);
void th_layout_write(int state_fd, enum th_layout layout);

#endif
