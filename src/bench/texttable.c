/* SPDX-License-Identifier: MIT */
#include "bench/texttable.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"

void th_table_init(struct th_table *t, size_t n_columns)
{
    *t = (struct th_table){.n_columns = n_columns};
}

void th_table_finish(struct th_table *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->cells[i]);
    free(t->cells);
    *t = (struct th_table){0};
}

void th_table_add(struct th_table *t, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    char **cells = th_grow(t->cells, &t->cap, t->n + 1, sizeof *cells);
    if (cells) t->cells = cells;
    char *cell = cells ? th_strdup(text) : NULL;
    if (cell)
        t->cells[t->n++] = cell;
    else
        t->failed = true;
}

/* Characters of UTF-8 text: the bytes that continue none. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

static size_t column_width(const struct th_table *t, size_t column)
{
    size_t widest = 0;
    for (size_t i = column; i < t->n; i += t->n_columns) {
        const size_t width = width_of(t->cells[i]);
        if (width > widest) widest = width;
    }
    return widest;
}

static void add_blanks(struct th_bytes *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        th_bytes_addc(b, ' ');
}

void th_table_print(const struct th_table *t, const char *align, struct th_bytes *b)
{
    if (t->failed) return;
    for (size_t i = 0; i < t->n; i++) {
        const size_t column = i % t->n_columns;
        const bool last = column + 1 == t->n_columns || i + 1 == t->n;
        const size_t gap = column_width(t, column) - width_of(t->cells[i]);
        if (align[column] == 'r') add_blanks(b, gap);
        th_bytes_adds(b, t->cells[i]);
        if (align[column] != 'r' && !last) add_blanks(b, gap);
        th_bytes_adds(b, last ? "\n" : "  ");
    }
}

void th_table_print_csv(const struct th_table *t, struct th_bytes *b)
{
    if (t->failed) return;
    for (size_t i = 0; i < t->n; i++) {
        const char *cell = t->cells[i];
        const bool last = (i + 1) % t->n_columns == 0 || i + 1 == t->n;
        if (cell[strcspn(cell, ",\"\r\n")]) {
            th_bytes_addc(b, '"');
            for (; *cell; cell++) {
                if (*cell == '"') th_bytes_addc(b, '"');
                th_bytes_addc(b, *cell);
            }
            th_bytes_addc(b, '"');
        } else {
            th_bytes_adds(b, cell);
        }
        th_bytes_adds(b, last ? "\r\n" : ",");
    }
}
