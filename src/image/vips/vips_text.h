/* SPDX-License-Identifier: MIT */
/*
 * vips_text.h - what libvips and its decoders say about a picture, and whether it is about this
 * one.
 *
 * libvips gathers errors in one buffer for the whole process. In a process with several threads
 * what stands there may be about another's picture; so it is used only where nobody else was at
 * work since the picture was opened. Warnings come by GLib's log in the thread that decodes, and
 * are kept apart.
 */
#ifndef TH_IMAGE_VIPS_TEXT_H
#define TH_IMAGE_VIPS_TEXT_H

#include <stddef.h>

/* From now on nothing of this domain of GLib's log goes to standard error. */
void th_vips_text_silence(const char *domain);

/* The calling thread begins and ends to work with libvips; a thread's own calls nest. */
void th_vips_text_enter(void);
void th_vips_text_leave(void);

/* The first warning in this thread since it was forgotten, or "". */
const char *th_vips_text_warning(void);
void th_vips_text_forget(void);

/* Copy one line, as it can stand in a report. */
void th_vips_text_clause(char *to, size_t size, const char *from);

/* Why libvips gave up, as far as it is known that this thread's picture is meant: a hint for
 * people, never a reason to branch. Never empty. Forgets it. */
void th_vips_text_take(char *hint, size_t size);

#endif
