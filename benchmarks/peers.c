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
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/num.h"
#include "base/sys.h"
#include "bench/chart.h"
#include "bench/digest.h"
#include "bench/jsonwriter.h"
#include "bench/machine.h"
#include "bench/measure.h"
#include "bench/results.h"
#include "bench/statistics.h"
#include "bench/texttable.h"
#include "figures.h"
#include "thumbs/thumbs.h"

enum {
    MAX_RUNS = 100,
    MAX_PEERS = 16,
    MAX_WORDS = 48,
    MAX_UNFIT_SHARE = 20, /* one file in so many may be left out for a program */
    MAX_UNFIT = 50,       /* that bench_quality names */
    FILES_PER_CALL = 15,  /* of one process under xargs or parallel */
    RUN_TIMEOUT_SECONDS = 900
};
/* A run further from the reference than this has made other pictures. Honest scalers of photographs
 * lie above 30 dB. */
#define MIN_PSNR_MEAN 25.0

/* ---- settings -------------------------------------------------------------------------------- */

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

/* ---- the race -------------------------------------------------------------------------------- */

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

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
    if (stop_signal) _exit(128 + number);
    stop_signal = number;
}

static void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("peers: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

/* ---- commands -------------------------------------------------------------------------------- */

static void add(struct words *words, const char *word)
{
    if (words->n < MAX_WORDS) words->list[words->n++] = (char *)word;
}

static void addf(struct words *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void addf(struct words *words, const char *format, ...)
{
    va_list args;
    if (words->n_text == sizeof words->text / sizeof *words->text) return;
    char *text = words->text[words->n_text++];
    va_start(args, format);
    vsnprintf(text, sizeof words->text[0], format, args);
    va_end(args);
    add(words, text);
}

/* Commands run in the scratch folder's work/: ../output is where
 * thumbnails go, ../list holds the names of the files. */

static void command_thumbs(const struct peer *peer, struct words *words)
{
    const struct settings *s = words->settings;
    add(words, s->thumbs);
    addf(words, "--mode=%s", strstr(peer->name, "threads") ? "threads" : "processes");
    addf(words, "--jobs=%u", s->jobs);
    addf(words, "--size=%u", s->side);
    addf(words, "--quality=%u", s->quality);
    add(words, "--quiet");
    add(words, ".");
    add(words, "../output");
}

/* Without --export-profile, which makes libvips 8.14 slower and its pictures worse where there is
 * no profile; so a profile other than sRGB is not applied. In doubt for the peer. */
static void add_vipsthumbnail(struct words *words)
{
    const struct settings *s = words->settings;
    addf(words, "--size=%ux%u>", s->side, s->side);
    addf(words, "--output=%.200s/%%s.jpg[Q=%u,strip]", words->output, s->quality);
}

static void command_vips_plain(const struct peer *peer, struct words *words)
{
    (void)peer;
    add(words, "vipsthumbnail");
    add_vipsthumbnail(words);
    words->all_files = true;
    snprintf(words->vips_concurrency, sizeof words->vips_concurrency, "%u", words->settings->jobs);
}

static void add_xargs(struct words *words)
{
    add(words, "xargs");
    add(words, "--null");
    add(words, "--arg-file=../list");
    addf(words, "--max-procs=%u", words->settings->jobs);
    addf(words, "--max-args=%d", FILES_PER_CALL);
}

/* vipsthumbnail ends with 255 on a bad file, at which xargs would stop. */
static void command_vips_xargs(const struct peer *peer, struct words *words)
{
    (void)peer;
    add_xargs(words);
    add(words, "sh");
    add(words, "-c");
    add(words, "vipsthumbnail \"$@\" || exit 1");
    add(words, "sh");
    add_vipsthumbnail(words);
    snprintf(words->vips_concurrency, sizeof words->vips_concurrency, "1");
}

static void command_vips_parallel(const struct peer *peer, struct words *words)
{
    (void)peer;
    add(words, "parallel");
    add(words, "--will-cite");
    add(words, "--null");
    add(words, "--arg-file=../list");
    addf(words, "--jobs=%u", words->settings->jobs);
    addf(words, "--max-args=%d", FILES_PER_CALL);
    add(words, "--quote");
    add(words, "vipsthumbnail");
    add_vipsthumbnail(words);
    snprintf(words->vips_concurrency, sizeof words->vips_concurrency, "1");
}

static void command_sharp(const struct peer *peer, struct words *words)
{
    const struct settings *s = words->settings;
    (void)peer;
    add(words, "node");
    add(words, s->sharp_script);
    add(words, "../list");
    add(words, "../output");
    addf(words, "%u", s->side);
    addf(words, "%u", s->quality);
    addf(words, "%u", s->jobs);
}

/* Size hints of twice the box, as the manuals advise: the JPEG decoder then shrinks by up to 8. */
static void command_gm(const struct peer *peer, struct words *words)
{
    const struct settings *s = words->settings;
    (void)peer;
    add_xargs(words);
    add(words, "gm");
    add(words, "mogrify");
    add(words, "-output-directory");
    add(words, "../output");
    add(words, "-auto-orient");
    add(words, "-size");
    addf(words, "%ux%u", 2 * s->side, 2 * s->side);
    add(words, "-thumbnail");
    addf(words, "%ux%u>", s->side, s->side);
    add(words, "-quality");
    addf(words, "%u", s->quality);
    add(words, "+profile");
    add(words, "*");
    add(words, "-format");
    add(words, "jpg");
}

static void command_magick(const struct peer *peer, struct words *words)
{
    const struct settings *s = words->settings;
    (void)peer;
    add_xargs(words);
    add(words, "mogrify");
    add(words, "-path");
    add(words, "../output");
    add(words, "-define");
    addf(words, "jpeg:size=%ux%u", 2 * s->side, 2 * s->side);
    add(words, "-auto-orient");
    add(words, "-thumbnail");
    addf(words, "%ux%u>", s->side, s->side);
    add(words, "-background");
    add(words, "white");
    add(words, "-alpha");
    add(words, "remove");
    add(words, "-strip");
    add(words, "-quality");
    addf(words, "%u", s->quality);
    add(words, "-format");
    add(words, "jpg");
}

static const struct peer all_peers[] = {
    {.name = "thumbs-processes",
     .label = "thumbs, processes",
     .command = command_thumbs,
     .is_thumbs = true},
    {.name = "thumbs-threads",
     .label = "thumbs, threads",
     .command = command_thumbs,
     .is_thumbs = true},
    {.name = "vips",
     .label = "vipsthumbnail",
     .program = "vipsthumbnail",
     .version_argument = "--vips-version",
     .command = command_vips_plain},
    {.name = "vips-xargs",
     .label = "vipsthumbnail, xargs -P",
     .program = "vipsthumbnail",
     .version_argument = "--vips-version",
     .needs = "xargs",
     .command = command_vips_xargs},
    {.name = "vips-parallel",
     .label = "vipsthumbnail, GNU parallel",
     .program = "vipsthumbnail",
     .version_argument = "--vips-version",
     .needs = "parallel",
     .command = command_vips_parallel},
    {.name = "sharp",
     .label = "sharp (node)",
     .program = "node",
     .version_argument = NULL,
     .command = command_sharp},
    {.name = "gm-xargs",
     .label = "gm mogrify, xargs -P",
     .program = "gm",
     .version_argument = "version",
     .needs = "xargs",
     .command = command_gm},
    {.name = "magick-xargs",
     .label = "mogrify, xargs -P",
     .program = "mogrify",
     .version_argument = "--version",
     .needs = "xargs",
     .command = command_magick},
};

/* ---- child processes ------------------------------------------------------------------------- */

struct task {
    struct race *race;
    char **argv;
    const char *vips_concurrency; /* "": not set */
    bool answers;                 /* standard output is the result */
    bool measured;                /* in work/, on so many CPUs, one thread a process */
};

/* As many CPUs as there are jobs, so that no program is helped by threads of its own. */
static void limit_cpus(unsigned jobs)
{
    cpu_set_t allowed, chosen;
    CPU_ZERO(&chosen);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 ||
        (unsigned)CPU_COUNT(&allowed) <= jobs)
        return;
    for (int cpu = 0; cpu < CPU_SETSIZE && (unsigned)CPU_COUNT(&chosen) < jobs; cpu++) {
        if (CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &chosen);
    }
    sched_setaffinity(0, sizeof chosen, &chosen);
}

/* Runs in the child; comes back only if the program cannot be started. */
static int run_task(void *user, int result_fd)
{
    const struct task *task = user;
    const struct race *race = task->race;
    const int log = open(task->measured ? race->log : race->tool_log,
                         O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (log < 0 || null < 0) return 126;
    dup2(null, STDIN_FILENO);
    dup2(task->answers ? result_fd : log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    if (task->measured) {
        char threads[16];
        if (chdir(race->work) != 0) return 126;
        limit_cpus(race->settings.jobs);
        if (task->vips_concurrency[0]) setenv("VIPS_CONCURRENCY", task->vips_concurrency, 1);
        setenv("OMP_NUM_THREADS", "1", 1); /* gm and mogrify; thumbs asks for its number itself */
        setenv("MAGICK_THREAD_LIMIT", "1", 1);
        snprintf(threads, sizeof threads, "%u", race->settings.jobs > 4 ? race->settings.jobs : 4);
        setenv("UV_THREADPOOL_SIZE", threads, 1);
    }
    execvp(task->argv[0], task->argv);
    dprintf(STDERR_FILENO, "%s: %s\n", task->argv[0], strerror(errno));
    return 127;
}

/* Run a tool of ours and take what it prints; NUL-terminated. */
static bool ask(struct race *race, char **argv, char *answer, size_t size)
{
    struct task task = {.race = race, .argv = argv, .answers = true};
    struct th_measure_job job = {.run = run_task, .user = &task, .stop = &stop_signal};
    struct th_measured measured = {0};
    struct thumbs_error err = {0};
    answer[0] = '\0';
    if (th_bench_measure(&job, answer, size - 1, &measured, &err) != THUMBS_OK) {
        if (!stop_signal) complain("%s: %s", argv[0], err.message);
        return false;
    }
    answer[measured.result_size] = '\0';
    return WIFEXITED(measured.status) && WEXITSTATUS(measured.status) == 0;
}

/* ---- who is here ----------------------------------------------------------------------------- */

static bool in_path(const char *program)
{
    const char *path = getenv("PATH");
    for (path = path ? path : "/usr/local/bin:/usr/bin:/bin"; *path;) {
        const size_t len = strcspn(path, ":");
        struct th_bytes candidate = {0};
        th_bytes_add(&candidate, path, len);
        th_bytes_addf(&candidate, "/%s", program);
        const bool found = access(th_bytes_str(&candidate), X_OK) == 0;
        th_bytes_finish(&candidate);
        if (found) return true;
        path += len + (path[len] == ':');
    }
    return false;
}

static bool is_wanted(const char *only, const char *name)
{
    const size_t len = strlen(name);
    if (!only) return true;
    for (const char *p = only; *p;) {
        const size_t item = strcspn(p, ",");
        /* A word stands for every peer that begins with it: "thumbs", "vips". */
        if (item <= len && item > 0 && strncmp(p, name, item) == 0 &&
            (name[item] == '\0' || name[item] == '-'))
            return true;
        p += item + (p[item] == ',');
    }
    return false;
}

static void find_version(struct race *race, struct peer *peer)
{
    char answer[4096];
    char *argv[4] = {(char *)peer->program, (char *)peer->version_argument, NULL, NULL};
    if (peer->is_thumbs) {
        argv[0] = (char *)race->settings.thumbs;
        argv[1] = (char *)"--version";
    } else if (peer->command == command_sharp) {
        argv[1] = (char *)race->settings.sharp_script;
        argv[2] = (char *)"--version";
    }
    peer->present = ask(race, argv, answer, sizeof answer);
    snprintf(peer->version, sizeof peer->version, "%.*s", (int)strcspn(answer, "\n"), answer);
    if (!peer->present) snprintf(peer->why_not, sizeof peer->why_not, "it does not run");
}

static void find_peers(struct race *race)
{
    for (size_t i = 0; i < sizeof all_peers / sizeof *all_peers; i++) {
        struct peer *peer = &race->peers[race->n_peers];
        *peer = all_peers[i];
        if (!is_wanted(race->settings.only, peer->name)) continue;
        race->n_peers++;
        const char *missing = peer->program && !in_path(peer->program) ? peer->program
                              : peer->needs && !in_path(peer->needs)   ? peer->needs
                                                                       : NULL;
        if (missing)
            snprintf(peer->why_not, sizeof peer->why_not, "%s is not installed", missing);
        else
            find_version(race, peer);
        if (!peer->present) complain("%s is left out: %s", peer->label, peer->why_not);
    }
}

/* ---- the files ------------------------------------------------------------------------------- */

static bool is_picture_name(const char *name)
{
    static const char *const endings[] = {"jpg", "jpeg", "png", "webp", "gif", "tif", "tiff"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++) {
        if (strcasecmp(dot + 1, endings[i]) == 0) return true;
    }
    return false;
}

static bool add_path(char ***list, size_t *n, const char *path)
{
    char **grown = th_realloc(*list, (*n + 1) * sizeof **list);
    if (!grown) return false;
    *list = grown;
    grown[*n] = th_strdup(path);
    return grown[*n] && ++*n;
}

static void collect(const char *folder, char ***list, size_t *n)
{
    DIR *dir = opendir(folder);
    if (!dir) {
        complain("%s: %s", folder, strerror(errno));
        return;
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
        struct th_bytes path = {0};
        struct stat st;
        if (entry->d_name[0] == '.') continue;
        th_bytes_addf(&path, "%s/%s", folder, entry->d_name);
        if (lstat(th_bytes_str(&path), &st) != 0) st.st_mode = 0;
        if (S_ISDIR(st.st_mode)) collect(th_bytes_str(&path), list, n);
        if (S_ISREG(st.st_mode) && is_picture_name(entry->d_name))
            add_path(list, n, th_bytes_str(&path));
        th_bytes_finish(&path);
    }
    closedir(dir);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool copy_file(const char *from, const char *to)
{
    char buf[65536];
    const int in = open(from, O_RDONLY | O_CLOEXEC),
              out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    bool done = in >= 0 && out >= 0;
    for (ssize_t n = 1; done && n > 0;) {
        n = th_read(in, buf, sizeof buf);
        done = n >= 0 && th_write_full(out, buf, (size_t)n) == 0;
    }
    if (in >= 0) close(in);
    if (out >= 0 && close(out) != 0) done = false;
    return done;
}

/* One flat folder of numbered names, since most peers write flat and go by the stem alone. */
static bool fill_work(struct race *race)
{
    bool done = true;
    collect(race->settings.source, &race->paths, &race->n_paths);
    if (race->n_paths > 1) qsort(race->paths, race->n_paths, sizeof *race->paths, compare_names);
    for (size_t i = 0; i < race->n_paths && done; i++) {
        const char *from = race->paths[i];
        struct th_bytes name = {0}, to = {0};
        th_bytes_addf(&name, "%06zu%s", i, strrchr(from, '.'));
        for (size_t k = 0; k < name.len; k++)
            name.data[k] = (char)tolower((unsigned char)name.data[k]);
        th_bytes_addf(&to, "%s/%s", race->work, th_bytes_str(&name));
        done = link(from, th_bytes_str(&to)) == 0 || copy_file(from, th_bytes_str(&to));
        if (!done) complain("%s: %s", from, strerror(errno));
        if (done) done = add_path(&race->names, &race->n_names, th_bytes_str(&name));
        th_bytes_finish(&name);
        th_bytes_finish(&to);
    }
    if (done && race->n_names == 0)
        complain("there are no pictures below %s", race->settings.source);
    return done && race->n_names > 0;
}

/* The number of the picture that a name in `work` stands for. */
static size_t number_of(const char *name)
{
    return (size_t)strtoul(name, NULL, 10);
}

/* Take one file out of the race; false if it is not in it. */
static bool drop(struct race *race, const char *name)
{
    for (size_t i = 0; i < race->n_names; i++) {
        struct th_bytes path = {0};
        if (strcmp(race->names[i], name) != 0) continue;
        th_bytes_addf(&path, "%s/%s", race->work, name);
        unlink(th_bytes_str(&path));
        th_bytes_finish(&path);
        free(race->names[i]);
        memmove(&race->names[i], &race->names[i + 1],
                (race->n_names - i - 1) * sizeof *race->names);
        race->n_names--;
        return true;
    }
    return false;
}

/* Take the files out that the reference cannot be made of; what is left is raced. */
static void drop_unusable(struct race *race)
{
    char line[300];
    struct th_bytes path = {0};
    th_bytes_addf(&path, "%s/unusable.txt", race->reference);
    FILE *file = fopen(th_bytes_str(&path), "r");
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (drop(race, line)) race->n_left_out++;
    }
    if (file) fclose(file);
    th_bytes_finish(&path);
    if (race->n_left_out > 0)
        complain("%zu files are left out: libvips cannot decode them", race->n_left_out);
}

static bool write_list(struct race *race)
{
    FILE *file = fopen(race->list, "w");
    if (!file) return false;
    race->source_bytes = 0;
    for (size_t i = 0; i < race->n_names; i++) {
        struct th_bytes path = {0};
        struct stat st;
        fwrite(race->names[i], 1, strlen(race->names[i]) + 1, file);
        th_bytes_addf(&path, "%s/%s", race->work, race->names[i]);
        if (stat(th_bytes_str(&path), &st) == 0) race->source_bytes += (uint64_t)st.st_size;
        th_bytes_finish(&path);
    }
    return fclose(file) == 0;
}

static bool make_references(struct race *race)
{
    char answer[256], side[16];
    snprintf(side, sizeof side, "%u", race->settings.side);
    char *argv[] = {(char *)race->settings.quality_tool,
                    (char *)"reference",
                    side,
                    race->work,
                    race->reference,
                    NULL};
    if (!ask(race, argv, answer, sizeof answer)) {
        if (!stop_signal) complain("%s could not make the references", race->settings.quality_tool);
        return false;
    }
    drop_unusable(race);
    if (race->n_names == 0) complain("there are no pictures that can be judged");
    return race->n_names > 0 && write_list(race);
}

/* ---- one run --------------------------------------------------------------------------------- */

/* The number behind `key` in the lines of an answer, or 0. */
static double value_of(const char *answer, const char *key)
{
    const size_t len = strlen(key);
    for (const char *line = answer; line;
         line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        if (strncmp(line, key, len) == 0 && line[len] == ' ') return strtod(line + len + 1, NULL);
    }
    return 0;
}

static void take_text(const char *answer, const char *key, char out[128])
{
    const char *line = strstr(answer, key);
    out[0] = '\0';
    if (!line) return;
    line += strlen(key);
    snprintf(out, 128, "%.*s", (int)strcspn(line, "\n"), line);
}

static bool judge(struct race *race, struct quality *out)
{
    char answer[4096], side[16];
    snprintf(side, sizeof side, "%u", race->settings.side);
    char *argv[] = {(char *)race->settings.quality_tool,
                    (char *)"compare",
                    side,
                    race->work,
                    race->reference,
                    race->output,
                    NULL};
    if (!ask(race, argv, answer, sizeof answer)) return false;
    *out = (struct quality){.known = true,
                            .files = (unsigned)value_of(answer, "files"),
                            .missing = (unsigned)value_of(answer, "missing"),
                            .wrong_size = (unsigned)value_of(answer, "wrong_size"),
                            .undecodable = (unsigned)value_of(answer, "undecodable"),
                            .far = (unsigned)value_of(answer, "far"),
                            .bytes = (unsigned long long)value_of(answer, "bytes"),
                            .psnr_mean = value_of(answer, "psnr_mean"),
                            .psnr_worst = value_of(answer, "psnr_worst"),
                            .ssim_mean = value_of(answer, "ssim_mean"),
                            .ssim_worst = value_of(answer, "ssim_worst")};
    take_text(answer, "\nworst_file ", out->worst_file);
    take_text(answer, "\nworst_psnr_file ", out->worst_psnr_file);
    for (const char *line = answer; (line = strstr(line, "\nbad ")); line++) {
        char name[128];
        take_text(line, "\nbad ", name);
        const size_t len = strlen(out->bad);
        snprintf(out->bad + len, sizeof out->bad - len, "%.40s\n", name);
    }
    return true;
}

/* Why outputs do not count, to `why`; false: they do. */
static bool is_bad(const struct quality *q, size_t n_names, char *why, size_t size)
{
    if (q->files != n_names)
        snprintf(why, size, "%u of %zu files could be judged", q->files, n_names);
    else if (q->missing > 0)
        snprintf(why, size, "%u of %u outputs are missing", q->missing, q->files);
    else if (q->undecodable > 0)
        snprintf(why, size, "%u outputs cannot be decoded", q->undecodable);
    else if (q->wrong_size > 0)
        snprintf(why, size, "%u outputs have wrong dimensions", q->wrong_size);
    else if (q->far > 0)
        snprintf(why, size, "%u outputs are far from the reference", q->far);
    else if (q->psnr_mean < MIN_PSNR_MEAN)
        snprintf(why, size, "outputs are far from the reference (mean PSNR %.1f dB)", q->psnr_mean);
    else
        return false;
    return true;
}

static bool prepare_output(const struct race *race)
{
    return th_bench_remove_tree(race->output) == 0 && mkdir(race->output, 0777) == 0;
}

/* In the first round: note the pictures that this program cannot do, if they are few. True: with
 * that, its outputs are good. */
static bool excuse(struct race *race, struct peer *peer, const struct quality *q)
{
    const unsigned n_bad = q->missing + q->wrong_size + q->undecodable + q->far;
    const size_t most = race->n_names / MAX_UNFIT_SHARE;
    if (n_bad == 0 || n_bad > (most > 0 ? most : 1)) return false;
    for (const char *line = q->bad; *line && n_bad <= MAX_UNFIT; line += strcspn(line, "\n") + 1) {
        size_t *grown = th_realloc(peer->unfit, (peer->n_unfit + 1) * sizeof *grown);
        if (!grown) return false;
        peer->unfit = grown;
        peer->unfit[peer->n_unfit++] = number_of(line);
    }
    return peer->n_unfit == n_bad;
}

/* After the first round: take them out for all. */
static bool drop_unfit(struct race *race)
{
    for (size_t i = 0; i < race->n_peers; i++) {
        struct peer *peer = &race->peers[i];
        for (size_t k = 0; k < peer->n_unfit; k++) {
            size_t at = 0;
            while (at < race->n_names && number_of(race->names[at]) != peer->unfit[k])
                at++;
            complain("left out for all, since %s cannot do it: %s", peer->label,
                     race->paths[peer->unfit[k]]);
            if (at < race->n_names && drop(race, race->names[at])) race->n_unfit++;
        }
    }
    for (size_t i = 0; i < race->n_peers; i++)
        race->peers[i].quality.known = race->peers[i].quality.known && race->n_unfit == 0;
    return write_list(race);
}

/* Judge the outputs. Those with the same bytes as outputs that were judged before need no second
 * look. */
static bool accept(struct race *race, struct peer *peer, bool timed)
{
    struct th_digest digest;
    struct quality quality = {0};
    if (th_bench_digest_tree(race->output, &digest) != 0) return false;
    if (peer->quality.known && th_bench_digests_equal(&digest, &peer->digest)) return true;
    if (!judge(race, &quality)) {
        snprintf(peer->why_not, sizeof peer->why_not, "its outputs could not be judged");
        return false;
    }
    if (is_bad(&quality, race->n_names, peer->why_not, sizeof peer->why_not))
        return !timed && excuse(race, peer, &quality);
    peer->quality = quality;
    peer->digest = digest;
    return true;
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

/* The command line of a peer as one owned array of borrowed words; NULL: no memory. */
static char **make_command(const struct race *race, const struct peer *peer, struct words *words)
{
    *words = (struct words){.settings = &race->settings, .output = race->output};
    peer->command(peer, words);
    const size_t n_files = words->all_files ? race->n_names : 0;
    char **argv = th_calloc(words->n + n_files + 1, sizeof *argv);
    if (!argv) return NULL;
    memcpy(argv, words->list, words->n * sizeof *argv);
    if (n_files > 0) memcpy(argv + words->n, race->names, n_files * sizeof *argv);
    return argv;
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
    if (code == THUMBS_OK && accept(race, peer, timed)) {
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

static bool run_all(struct race *race)
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

/* ---- what the runs say ----------------------------------------------------------------------- */

static void summarise(struct race *race)
{
    for (size_t i = 0; i < race->n_peers; i++) {
        struct peer *p = &race->peers[i];
        double seconds[MAX_RUNS], rates[MAX_RUNS], cpu[MAX_RUNS];
        for (unsigned k = 0; k < p->n_runs; k++) {
            seconds[k] = p->runs[k].seconds;
            rates[k] = (double)race->n_names / p->runs[k].seconds;
            cpu[k] = p->runs[k].user_seconds + p->runs[k].system_seconds;
            if (p->runs[k].peak_bytes > p->peak_bytes) p->peak_bytes = p->runs[k].peak_bytes;
        }
        p->seconds = th_bench_spread(seconds, p->n_runs);
        p->images_per_second = th_bench_spread(rates, p->n_runs);
        p->cpu_seconds = th_bench_spread(cpu, p->n_runs).median;
    }
}

static const char *state_of(const struct peer *peer)
{
    return !peer->present ? "missing" : peer->n_runs > 0 ? "ok" : "thrown-out";
}

static const struct peer *first_ok(const struct race *race)
{
    for (size_t i = 0; i < race->n_peers; i++) {
        if (race->peers[i].n_runs > 0) return &race->peers[i];
    }
    return NULL;
}

static void print_table(const struct race *race)
{
    static const char *const head[] = {"program", "images/s", "(min",   "max)",    "wall s",
                                       "CPU s",   "peak MB",  "out MB", "PSNR dB", "(worst)",
                                       "SSIM",    "(worst)",  "time"};
    const struct peer *base = first_ok(race);
    struct th_table t;
    struct th_bytes b = {0};
    th_table_init(&t, sizeof head / sizeof *head);
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        th_table_add(&t, "%s", head[i]);
    for (size_t i = 0; i < race->n_peers; i++) {
        const struct peer *p = &race->peers[i];
        if (p->n_runs == 0) continue;
        th_table_add(&t, "%s", p->label);
        th_table_add(&t, "%.1f", p->images_per_second.median);
        th_table_add(&t, "(%.1f", p->images_per_second.min);
        th_table_add(&t, "%.1f)", p->images_per_second.max);
        th_table_add(&t, "%.2f", p->seconds.median);
        th_table_add(&t, "%.2f", p->cpu_seconds);
        th_table_add(&t, "%.1f", (double)p->peak_bytes / 1e6);
        th_table_add(&t, "%.2f", (double)p->quality.bytes / 1e6);
        th_table_add(&t, "%.2f", p->quality.psnr_mean);
        th_table_add(&t, "(%.2f)", p->quality.psnr_worst);
        th_table_add(&t, "%.4f", p->quality.ssim_mean);
        th_table_add(&t, "(%.4f)", p->quality.ssim_worst);
        th_table_add(&t, "%.2f x", base ? p->seconds.median / base->seconds.median : 1);
    }
    th_bytes_addf(
        &b, "%zu pictures, %.1f MB, to %u pixels at quality %u; %u runs of each; %u CPUs (%s)\n\n",
        race->n_names, (double)race->source_bytes / 1e6, race->settings.side,
        race->settings.quality, race->settings.runs, race->settings.jobs, race->machine.cpu);
    th_table_print(&t, "lrrrrrrrrrrrr", &b);
    for (size_t i = 0; i < race->n_peers; i++) {
        const struct peer *p = &race->peers[i];
        if (p->n_runs == 0) th_bytes_addf(&b, "%s: %s: %s\n", p->label, state_of(p), p->why_not);
    }
    fputs(th_bytes_str(&b), stdout);
    th_bytes_finish(&b);
    th_table_finish(&t);
}

static void json_spread(struct th_json *j, const char *key, const struct th_spread *spread)
{
    th_json_open(j, key, '{');
    th_json_number(j, "median", spread->median, 6);
    th_json_number(j, "min", spread->min, 6);
    th_json_number(j, "max", spread->max, 6);
    th_json_close(j, '}');
}

static const char *path_of(const struct race *race, const char *name)
{
    const size_t number = number_of(name);
    return number < race->n_paths ? race->paths[number] : name;
}

static void json_result(struct th_json *j, const struct race *race, const struct peer *p)
{
    const struct quality *q = &p->quality;
    json_spread(j, "seconds", &p->seconds);
    json_spread(j, "images_per_second", &p->images_per_second);
    th_json_number(j, "cpu_seconds", p->cpu_seconds, 6);
    th_json_u64(j, "peak_bytes", p->peak_bytes);
    th_json_u64(j, "output_bytes", q->bytes);
    th_json_open(j, "psnr", '{');
    th_json_number(j, "mean", q->psnr_mean, 4);
    th_json_number(j, "worst", q->psnr_worst, 4);
    th_json_string(j, "worst_file", path_of(race, q->worst_psnr_file));
    th_json_close(j, '}');
    th_json_open(j, "ssim", '{');
    th_json_number(j, "mean", q->ssim_mean, 6);
    th_json_number(j, "worst", q->ssim_worst, 6);
    th_json_string(j, "worst_file", path_of(race, q->worst_file));
    th_json_close(j, '}');
    th_json_open(j, "runs", '[');
    for (unsigned k = 0; k < p->n_runs; k++) {
        th_json_open(j, NULL, '{');
        th_json_number(j, "seconds", p->runs[k].seconds, 6);
        th_json_number(j, "user_seconds", p->runs[k].user_seconds, 6);
        th_json_number(j, "system_seconds", p->runs[k].system_seconds, 6);
        th_json_u64(j, "peak_bytes", p->runs[k].peak_bytes);
        th_json_close(j, '}');
    }
    th_json_close(j, ']');
}

static void json_peer(struct th_json *j, const struct race *race, const struct peer *p)
{
    struct words words = {.settings = &race->settings, .output = "../output"};
    th_json_open(j, NULL, '{');
    th_json_string(j, "name", p->name);
    th_json_string(j, "label", p->label);
    th_json_string(j, "state", state_of(p));
    th_json_string(j, "reason", p->n_runs > 0 ? NULL : p->why_not);
    th_json_string(j, "version", p->version);
    p->command(p, &words);
    th_json_open(j, "command", '[');
    for (size_t i = 0; i < words.n; i++)
        th_json_string(j, NULL, words.list[i]);
    if (words.all_files) th_json_string(j, NULL, "...");
    th_json_close(j, ']');
    th_json_u64(j, "runs_thrown_out", p->n_thrown_out);
    th_json_open(j, "unfit", '[');
    for (size_t i = 0; i < p->n_unfit; i++)
        th_json_string(j, NULL, race->paths[p->unfit[i]]);
    th_json_close(j, ']');
    if (p->n_runs > 0) json_result(j, race, p);
    th_json_close(j, '}');
}

static void add_json(const struct race *race, struct th_bytes *b)
{
    struct th_json j = {.out = b};
    th_json_open(&j, NULL, '{');
    th_json_string(&j, "schema", "thumbs-peers/1");
    th_machine_json(&race->machine, &j);
    th_json_open(&j, "source", '{');
    th_json_string(&j, "path", race->settings.source);
    th_json_string(&j, "filesystem", race->filesystem);
    th_json_u64(&j, "pictures", race->n_names);
    th_json_u64(&j, "left_out", race->n_left_out);
    th_json_u64(&j, "unfit", race->n_unfit);
    th_json_u64(&j, "bytes", race->source_bytes);
    th_json_close(&j, '}');
    th_json_open(&j, "settings", '{');
    th_json_u64(&j, "size", race->settings.side);
    th_json_u64(&j, "quality", race->settings.quality);
    th_json_u64(&j, "jobs", race->settings.jobs);
    th_json_u64(&j, "runs", race->settings.runs);
    th_json_close(&j, '}');
    th_json_open(&j, "peers", '[');
    for (size_t i = 0; i < race->n_peers; i++)
        json_peer(&j, race, &race->peers[i]);
    th_json_close(&j, ']');
    th_json_close(&j, '}');
}

static void add_svg(const struct race *race, struct th_bytes *b)
{
    struct th_chart_bar bars[MAX_PEERS];
    char beside[MAX_PEERS][48];
    struct th_bytes subtitle = {0};
    struct th_chart chart = {
        .title = "Thumbnails per second",
        .unit = "images/s",
        .decimals = 1,
        .bars = bars,
        .footer = "dB: PSNR of luma against a full decode reduced with Lanczos-3; the higher, the "
                  "closer. Whiskers reach from the slowest to the fastest run."};
    th_bytes_addf(
        &subtitle,
        "%zu pictures, %.0f MB, to %u pixels, JPEG quality %u · median of %u runs · %s, %u CPUs",
        race->n_names, (double)race->source_bytes / 1e6, race->settings.side,
        race->settings.quality, race->settings.runs, race->machine.cpu, race->settings.jobs);
    chart.subtitle = th_bytes_str(&subtitle);
    for (size_t i = 0; i < race->n_peers; i++) {
        const struct peer *p = &race->peers[i];
        if (p->n_runs == 0) continue;
        char *text = beside[chart.n_bars];
        snprintf(text, sizeof beside[0], "%.1f dB", p->quality.psnr_mean);
        bars[chart.n_bars++] = (struct th_chart_bar){.label = p->label,
                                                     .value = p->images_per_second.median,
                                                     .low = p->images_per_second.min,
                                                     .high = p->images_per_second.max,
                                                     .colour = p->is_thumbs ? 1 : 0,
                                                     .beside = text};
    }
    th_chart_svg(&chart, b);
    th_bytes_finish(&subtitle);
}

static bool is_json(const char *head, size_t len)
{
    (void)len;
    return th_bench_is_json_of(head, "thumbs-peers/");
}

/* Before the race, which takes minutes: may all that is to be written be written? */
static bool plan_figures(struct race *race)
{
    const struct settings *s = &race->settings;
    race->guard = (struct th_outfile_guard){.sources = &race->settings.source, .n_sources = 1};
    return figures_plan(&race->json, s->json, "JSON of a race", is_json, &race->guard) &&
           figures_plan(&race->svg, s->svg, "chart of a race", th_bench_is_svg, &race->guard);
}

static bool write_figures(struct race *race)
{
    struct th_bytes json = {0}, svg = {0};
    add_json(race, &json);
    add_svg(race, &svg);
    const bool done = figures_write(&race->json, &json) && figures_write(&race->svg, &svg);
    th_bytes_finish(&json);
    th_bytes_finish(&svg);
    return done;
}

/* ---- begin and end --------------------------------------------------------------------------- */

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
    if (race->scratch && th_bench_remove_tree(race->scratch) != 0)
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
