/* SPDX-License-Identifier: MIT */
/*
 * chart.h - a bar chart as a self-contained SVG (1.1) that suits light and dark surroundings: it
 * has a background of its own and changes all colours with prefers-color-scheme. One owner, not
 * thread-safe.
 */
#ifndef TH_BENCH_CHART_H
#define TH_BENCH_CHART_H

#include <stddef.h>

#include "base/bytes.h"

enum { TH_CHART_MAX_PARTS = 8, TH_CHART_N_COLOURS = 4 };

struct th_chart_bar {
    const char *label;
    double value, low, high; /* low and high: ends of the whisker; low >= high: none */
    unsigned colour;         /* below TH_CHART_N_COLOURS: 0 grey, 1 blue, 2 green, 3 orange */
    const char *beside;      /* behind the value, muted; may be NULL */
    double parts[TH_CHART_MAX_PARTS]; /* shares of the second panel, sum 1; all 0: none */
};

/* All strings are borrowed, UTF-8. */
struct th_chart {
    const char *title, *subtitle;
    const char *unit;  /* below the axis: "images per second" */
    unsigned decimals; /* of the values that are written beside the bars */
    const struct th_chart_bar *bars;
    size_t n_bars;
    const char *parts_title; /* NULL: no second panel */
    const char *part_names[TH_CHART_MAX_PARTS];
    size_t n_parts;
    const char *footer; /* may be NULL */
};

/* Append the chart to b. */
void th_chart_svg(const struct th_chart *chart, struct th_bytes *b);

/* The distance of axis marks: 1, 2 or 5 times a power of ten, so that at most `most` of them reach
 * `max` (above 0). */
double th_chart_step(double max, unsigned most);

#endif
