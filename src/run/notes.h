/* SPDX-License-Identifier: MIT */
/* notes.h - what the caller may want to know about how a run goes (thumbs_batch_note()). */
#ifndef TH_RUN_NOTES_H
#define TH_RUN_NOTES_H

struct th_notes {
    char text[640]; /* clauses with "; " between them; "" if there is nothing to say */
};

/* One clause more; cut, or left out, where there is no room. One thread. */
__attribute__((format(printf, 2, 3))) void th_notes_add(struct th_notes *notes, const char *format,
                                                        ...);

#endif
