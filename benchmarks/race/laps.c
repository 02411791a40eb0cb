/* SPDX-License-Identifier: MIT */
/* The runs of all programs, in turn. */
#include "race/laps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/remove_tree.h"
#include "bench/measure.h"
#include "race/child.h"
#include "race/entrants.h"
#include "race/judge.h"

enum { RUN_TIMEOUT_SECONDS = 900 };

static bool prepare_output(const struct race *race)
{
    return th_remove_tree(race->output) == 0 && mkdir(race->output, 0777) == 0;
}

static void first_line_of_log(const struct race *race, char *out, size_t size)
{
    FILE *file = fopen(race->log, "r");
    out[0] = '\0';
    if (!file) return;
    if (!fgets(out, (int)size, file)) out[0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    fclose(file);
}

/* False: the race cannot go on. A run that does not count is none of that. */
static bool run_peer(struct race *race, struct peer *peer, bool timed)
{
    struct words words;
    struct th_measured m = {0};
    struct thumbs_error err = {0};
    char **argv = make_command(race, peer, &words);
    if (!argv || !prepare_output(race)) {
        free(argv);
        complain("%s: %s", race->output, strerror(errno));
        return false;
    }
    struct task task = {
        .race = race, .argv = argv, .vips_concurrency = words.vips_concurrency, .measured = true};
    struct th_measure_job job = {.run = run_task,
                                 .user = &task,
                                 .timeout_seconds = RUN_TIMEOUT_SECONDS,
                                 .stop = &stop_signal};
    const enum thumbs_code code = th_bench_measure(&job, NULL, 0, &m, &err);
    free(argv);
    if (stop_signal) return false;
    if (code == THUMBS_OK && judge_outputs(race, peer, timed)) {
        if (timed && peer->n_runs < MAX_RUNS)
            peer->runs[peer->n_runs++] = (struct run){.seconds = m.seconds,
                                                      .user_seconds = m.user_seconds,
                                                      .system_seconds = m.system_seconds,
                                                      .peak_bytes = m.peak_bytes};
        return true;
    }
    if (code != THUMBS_OK) snprintf(peer->why_not, sizeof peer->why_not, "%.150s", err.message);
    if (timed) peer->n_thrown_out++;
    char line[200];
    first_line_of_log(race, line, sizeof line);
    complain("%s: a run does not count: %s%s%s", peer->label, peer->why_not,
             line[0] ? "; it said: " : "", line);
    return !stop_signal;
}

bool run_all(struct race *race)
{
    for (unsigned i_run = 0; i_run <= race->settings.runs; i_run++) {
        for (size_t i = 0; i < race->n_peers; i++) {
            struct peer *peer = &race->peers[i];
            if (!peer->present) continue;
            if (isatty(STDERR_FILENO))
                fprintf(stderr, "\r%s %u of %u: %s\033[K", i_run ? "run" : "warm-up", i_run,
                        race->settings.runs, peer->label);
            if (!run_peer(race, peer, i_run > 0)) return false;
        }
        if (i_run == 0 && !drop_unfit(race)) return false;
    }
    if (isatty(STDERR_FILENO)) fputs("\r\033[K", stderr);
    return true;
}
