/* SPDX-License-Identifier: MIT */
#include "run/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void th_notes_add(struct th_notes *notes, const char *format, ...)
{
    size_t len = strlen(notes->text);
    va_list args;
    if (len) len += (size_t)snprintf(notes->text + len, sizeof notes->text - len, "; ");
    if (len >= sizeof notes->text) return;
    va_start(args, format);
    vsnprintf(notes->text + len, sizeof notes->text - len, format, args);
    va_end(args);
}
