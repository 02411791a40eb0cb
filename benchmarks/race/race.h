/* SPDX-License-Identifier: MIT */
/*
 * race.h - what the files of a race share: the settings, the programs, the pictures.
 *
 * A race is one process and one thread. The functions of its files take the one struct race.
 */
#ifndef BENCHMARKS_RACE_H
#define BENCHMARKS_RACE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/digest.h"
#include "bench/machine.h"
#include "bench/statistics.h"
#include "report/outfile.h"

enum { MAX_RUNS = 100, MAX_PEERS = 16, MAX_WORDS = 48 };

struct settings {
    const char *source, *only, *json, *svg;
    const char *thumbs, *quality_tool, *sharp_script;
    unsigned runs, jobs, side, quality;
};

/* A command line in the making, and the environment it wants. Strings are borrowed or live in
 * `text`. */
struct words {
    const struct settings *settings;
    const char
        *output; /* folder; vipsthumbnail takes one that begins with a dot for a file ending */
    char *list[MAX_WORDS + 1];
    size_t n;
    char text[16][256];
    size_t n_text;
    bool all_files;           /* every file is appended as a word */
    char vips_concurrency[8]; /* "": not set */
};

/* What judged outputs are like, as bench_quality says. */
struct quality {
    bool known;
    unsigned files, missing, wrong_size, undecodable, far;
    unsigned long long bytes;
    double psnr_mean, psnr_worst, ssim_mean, ssim_worst;
    char worst_file[128], worst_psnr_file[128]; /* by SSIM, by PSNR */
    char bad[2048];                             /* names of those that are not good, a line each */
};

struct run {
    double seconds, user_seconds, system_seconds;
    uint64_t peak_bytes;
};

/* One program with its way to be called. */
struct peer {
    const char *name;    /* for --only and JSON */
    const char *label;   /* for people */
    const char *program; /* that must be there; NULL: it is named in the settings */
    const char *version_argument;
    const char *needs; /* another program that must be there */
    void (*command)(const struct peer *peer, struct words *words);
    bool is_thumbs;

    bool present;
    char why_not[160]; /* not present, or thrown out: the reason */
    char version[128];
    struct run runs[MAX_RUNS];
    unsigned n_runs, n_thrown_out;
    size_t *unfit; /* numbers of the pictures that it cannot do; owned */
    size_t n_unfit;
    struct quality quality; /* of the run that was judged last and found good */
    struct th_digest digest;
    struct th_spread seconds, images_per_second;
    double cpu_seconds;
    uint64_t peak_bytes;
};

/* Where everything lies; all below one scratch folder. */
struct race {
    struct th_outfile_guard guard;
    struct th_outfile json, svg;
    struct settings settings;
    struct th_machine machine;
    char *scratch, *work, *reference, *output, *list, *log, *tool_log;
    char **paths; /* the pictures of SOURCE */
    size_t n_paths;
    char **names; /* files in `work`, sorted; each begins with its number in paths */
    size_t n_names, n_left_out, n_unfit;
    uint64_t source_bytes;
    char filesystem[24];
    struct peer peers[MAX_PEERS];
    size_t n_peers;
};

/* The signal that asks the race to end, or 0. */
extern volatile sig_atomic_t stop_signal;

/* Tell the user, on a line of its own. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
