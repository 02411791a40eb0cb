/* SPDX-License-Identifier: MIT */
/*
 * peers.c - thumbs against other programs, on the same pictures, with the same task: every picture
 * to a JPEG that fits in a square box, upright, in sRGB, without metadata, on the same number of
 * CPUs. See docs/BENCHMARKING.md.
 *
 * Each program runs as users run it, as a process of its own from start to end, in turn (A B C A B
 * C ...) after a round that is not timed. Every run's outputs are judged by bench_quality: a run
 * whose outputs are missing, of a wrong size or far from the reference does not count.
 *
 * A folder of real pictures has a few that one program or another cannot do. Those that show in the
 * first round, up to one in 20 for each program, are named, left out for all, and the race is run
 * over what all can do.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/num.h"
#include "base/remove_tree.h"
#include "race/entrants.h"
#include "race/laps.h"
#include "race/pictures.h"
#include "race/race.h"
#include "race/score.h"
#include "thumbs/thumbs.h"

volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
    if (stop_signal) _exit(128 + number);
    stop_signal = number;
}

void complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("peers: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

static char *join(const char *folder, const char *name)
{
    struct th_bytes path = {0};
    th_bytes_addf(&path, "%s/%s", folder, name);
    return th_bytes_steal(&path);
}

static bool open_scratch(struct race *race)
{
    const char *parent = getenv("TMPDIR");
    char *path = join(parent && *parent ? parent : "/tmp", "thumbs-peers.XXXXXX");
    if (!path || !mkdtemp(path)) {
        complain("%s: %s", path ? path : "", strerror(errno));
        free(path);
        return false;
    }
    race->scratch = path;
    race->work = join(path, "work");
    race->reference = join(path, "reference");
    race->output = join(path, "output");
    race->list = join(path, "list");
    race->log = join(path, "log");
    race->tool_log = join(path, "tool-log");
    if (!race->work || !race->reference || !race->output || !race->list || !race->log ||
        !race->tool_log)
        return false;
    return mkdir(race->work, 0777) == 0 && mkdir(race->reference, 0777) == 0;
}

static void finish(struct race *race)
{
    th_outfile_finish(&race->json);
    th_outfile_finish(&race->svg);
    if (race->scratch && th_remove_tree(race->scratch) != 0)
        complain("%s: %s", race->scratch, strerror(errno));
    for (size_t i = 0; i < race->n_names; i++)
        free(race->names[i]);
    for (size_t i = 0; i < race->n_paths; i++)
        free(race->paths[i]);
    for (size_t i = 0; i < race->n_peers; i++)
        free(race->peers[i].unfit);
    free(race->names);
    free(race->paths);
    free(race->scratch);
    free(race->work);
    free(race->reference);
    free(race->output);
    free(race->list);
    free(race->log);
    free(race->tool_log);
}

static int usage(const char *word)
{
    if (word) complain("%s is not understood", word);
    fputs("usage: bench_peers --thumbs=PROGRAM --quality-tool=PROGRAM --sharp-script=FILE "
          "[--runs=N] [--jobs=N]\n"
          "                   [--size=N] [--quality=N] [--only=NAME[,NAME]...] [--json=FILE] "
          "[--svg=FILE] FOLDER\n",
          stderr);
    return 2;
}

/* "--name=value": the value, or NULL. */
static const char *value_if(const char *word, const char *name)
{
    const size_t len = strlen(name);
    return strncmp(word, name, len) == 0 && word[len] == '=' ? word + len + 1 : NULL;
}

static bool take_word(struct settings *s, const char *word)
{
    const struct {
        const char *name;
        const char **text;
        unsigned *number, max;
    } options[] = {{"--thumbs", &s->thumbs, NULL, 0},
                   {"--quality-tool", &s->quality_tool, NULL, 0},
                   {"--sharp-script", &s->sharp_script, NULL, 0},
                   {"--only", &s->only, NULL, 0},
                   {"--json", &s->json, NULL, 0},
                   {"--svg", &s->svg, NULL, 0},
                   {"--runs", NULL, &s->runs, MAX_RUNS},
                   {"--jobs", NULL, &s->jobs, 1024},
                   {"--size", NULL, &s->side, 16384},
                   {"--quality", NULL, &s->quality, 100}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const char *value = value_if(word, options[i].name);
        uint64_t number;
        if (!value) continue;
        if (options[i].text) {
            *options[i].text = value;
            return *value != '\0';
        }
        if (!th_parse_u64(value, 1, options[i].max, &number)) return false;
        *options[i].number = (unsigned)number;
        return true;
    }
    if (word[0] == '-' || s->source) return false;
    s->source = word;
    return true;
}

/* Programs are started in another folder, so their paths must not depend on this one. */
static const char *absolute(const char *path)
{
    char *real = realpath(path, NULL);
    if (!real) complain("%s: %s", path, strerror(errno));
    return real; /* lives as long as the program */
}

int main(int argc, char **argv)
{
    static struct race race; /* too large for the stack */
    struct settings *s = &race.settings;
    const struct sigaction catch = {.sa_handler = on_signal};
    char buf[24];
    int status = 3;
    *s = (struct settings){.runs = 5, .jobs = thumbs_cpus_usable(), .side = 256, .quality = 80};
    for (int i = 1; i < argc; i++) {
        if (!take_word(s, argv[i])) return usage(argv[i]);
    }
    if (!s->source || !s->thumbs || !s->quality_tool || !s->sharp_script) return usage(NULL);
    s->thumbs = absolute(s->thumbs);
    s->quality_tool = absolute(s->quality_tool);
    s->sharp_script = absolute(s->sharp_script);
    if (!s->thumbs || !s->quality_tool || !s->sharp_script) return 2;
    sigaction(SIGINT, &catch, NULL);
    sigaction(SIGTERM, &catch, NULL);
    sigaction(SIGHUP, &catch, NULL);

    th_machine_read(&race.machine);
    snprintf(race.filesystem, sizeof race.filesystem, "%s", th_machine_filesystem(s->source, buf));
    if (!plan_figures(&race))
        status = 2;
    else if (open_scratch(&race) && fill_work(&race) && make_references(&race)) {
        find_peers(&race);
        if (run_all(&race)) {
            summarise(&race);
            print_table(&race);
            status = write_figures(&race) ? 0 : 3;
            if (status == 0 && !first_ok(&race)) status = 1;
        }
    }
    finish(&race);
    if (stop_signal) return 128 + (int)stop_signal;
    return status;
}
