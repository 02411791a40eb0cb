/* SPDX-License-Identifier: MIT */
/*
 * ignore_file.h - the rules of one .thumbsignore, in the syntax of .gitignore (gitignore(5)). Inner
 * to the walk room (and its tests).
 *
 * One rule a line; the last that matches decides. Blank lines and those that begin with # say
 * nothing. ! in front takes back in. With a slash in front or in its middle a rule is about a path
 * below the folder of the file, else about a name anywhere below it; with a slash at its end about
 * folders alone. A backslash hides the meaning of what follows. Blanks at the end are dropped, and
 * so are a carriage return in front of the newline and a byte order mark.
 *
 * A rule that git would find malformed matches nothing. Bytes, case counts.
 */
#ifndef TH_WALK_IGNORE_FILE_H
#define TH_WALK_IGNORE_FILE_H

#include <stdbool.h>
#include <stddef.h>

enum th_verdict { TH_VERDICT_NONE, TH_VERDICT_TAKEN, TH_VERDICT_LEFT_OUT };

struct th_ignore_file;

/* Read the text of such a file, which is borrowed until return. NULL: no memory. */
struct th_ignore_file *th_ignore_file_create(const char *text, size_t len);
void th_ignore_file_destroy(struct th_ignore_file *file); /* NULL is fine */

/* What it says of a path below its folder. Thread-safe. */
enum th_verdict th_ignore_file_judge(const struct th_ignore_file *file, const char *path,
                                     bool folder);

#endif
