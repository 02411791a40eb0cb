/* SPDX-License-Identifier: MIT */
/* texttable.h - rows of cells as text in columns, or as CSV (RFC 4180). One owner, not
 * thread-safe. */
#ifndef TH_BENCH_TEXTTABLE_H
#define TH_BENCH_TEXTTABLE_H

#include "base/bytes.h"

/* Cells are added one after the other, n_columns to a row; the first row is the head. */
struct th_table {
    size_t n_columns;
    char **cells;
    size_t n, cap;
    bool failed; /* no memory; nothing is printed then */
};

void th_table_init(struct th_table *t, size_t n_columns);
void th_table_finish(struct th_table *t);
void th_table_add(struct th_table *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Append the table to b. align: one of 'l' and 'r' for each column. Columns stand two blanks apart,
 * widths count characters, not bytes. */
void th_table_print(const struct th_table *t, const char *align, struct th_bytes *b);
void th_table_print_csv(const struct th_table *t, struct th_bytes *b);

#endif
