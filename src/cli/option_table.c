/*
 * option_table.c - every option of SPEC section 1: its name, what it takes, its help, and what it does to the settings.
 */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/sys.h"
#include "cli/options.h"
#include "cli/values.h"

#define MAX_TIMEOUT_SECONDS 1000000u

/* ---- pictures ------------------------------------------------------------------------------------------------ */

/* Digits of one side at *text; moves *text behind them. No digits: 0, the free side. */
static bool take_side(const char **text, const char *end, uint32_t *out)
{
    uint32_t side = 0;
    const char *p = *text;
    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        side = side * 10 + (uint32_t)(*p - '0');
        if (side > THUMBS_MAX_SIDE) return false;
    }
    if (p > *text && side == 0) return false;
    *text = p;
    *out = side;
    return true;
}

static bool parse_size(const char *text, size_t len, struct thumbs_size *out)
{
    const char *const end = text + len;
    struct thumbs_size size = {0};
    if (!take_side(&text, end, &size.width)) return false;
    if (text == end) {
        size.height = size.width;
        size.square = true;
    } else {
        if (*text++ != 'x' || !take_side(&text, end, &size.height) || text != end) return false;
    }
    if (size.width == 0 && size.height == 0) return false;
    *out = size;
    return true;
}

static bool set_size(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    struct thumbs_size sizes[THUMBS_MAX_SIZES];
    uint32_t n = 0;
    const char *item;
    size_t len;
    while (cli_next_item(&value, &item, &len)) {
        struct thumbs_size size;
        if (!parse_size(item, len, &size)) return false;
        for (uint32_t i = 0; i < n; i++) {
            if (sizes[i].width == size.width && sizes[i].height == size.height) {
                problem->why = "a size is given twice";
                return false;
            }
        }
        if (n == THUMBS_MAX_SIZES) {
            problem->why = "more than 16 sizes";
            return false;
        }
        sizes[n++] = size;
    }
    memcpy(settings->options.image.sizes, sizes, n * sizeof(sizes[0]));
    settings->options.image.n_sizes = n;
    return true;
}

static bool set_fit(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    static const struct cli_word words[] = {{"inside", THUMBS_FIT_INSIDE, true},
                                            {"cover", THUMBS_FIT_COVER, false},
                                            {"contain", THUMBS_FIT_CONTAIN, false},
                                            {"fill", THUMBS_FIT_FILL, false},
                                            {0}};
    return cli_set_word(words, value, &settings->options.image.fit, problem);
}

static bool set_enlarge(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)value, (void)problem;
    settings->options.image.enlarge = 1;
    return true;
}

static bool set_fast(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)value, (void)problem;
    settings->options.image.fast = 1;
    return true;
}

/* What can be written, and what SPEC foresees: the formats in front of KEEP. */
static void list_formats(struct cli_word words[THUMBS_N_FORMATS + 1])
{
    unsigned n = 0;
    for (unsigned f = THUMBS_FORMAT_NONE + 1; f < THUMBS_N_FORMATS; f++) {
        enum thumbs_format format = (enum thumbs_format)f;
        bool built = thumbs_format_is_output(format);
        if (built || f < THUMBS_FORMAT_KEEP) words[n++] = (struct cli_word){thumbs_format_name(format), f, built};
    }
    words[n] = (struct cli_word){0};
}

static bool set_format(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    struct cli_word words[THUMBS_N_FORMATS + 1];
    uint32_t formats[THUMBS_MAX_FORMATS];
    uint32_t n = 0;
    const char *item;
    size_t len;
    list_formats(words);
    while (cli_next_item(&value, &item, &len)) {
        unsigned format;
        if (!cli_find_word(words, item, len, &format, problem)) return false;
        for (uint32_t i = 0; i < n; i++) {
            if (formats[i] == format) {
                problem->why = "a format is given twice";
                return false;
            }
        }
        /* Unreachable while there are no more words built than places; a longer table must not overrun it. */
        if (n == THUMBS_MAX_FORMATS) return false;
        formats[n++] = format;
    }
    memcpy(settings->options.image.formats, formats, n * sizeof(formats[0]));
    settings->options.image.n_formats = n;
    return true;
}

static bool set_quality(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)problem;
    return cli_set_number(value, 1, 100, &settings->options.image.quality);
}

static bool set_on_damage(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    static const struct cli_word words[] = {
        {"warn", THUMBS_DAMAGE_WARN, true}, {"fail", THUMBS_DAMAGE_FAIL, true}, {0}};
    return cli_set_word(words, value, &settings->options.image.on_damage, problem);
}

/* ---- files --------------------------------------------------------------------------------------------------- */

static bool add_glob(struct cli_settings *settings, char sign, const char *glob, struct cli_problem *problem)
{
    const size_t len = strlen(glob);
    char **globs;
    char *copy;
    if (len == 0) return false;
    globs = th_realloc(settings->globs, (settings->n_globs + 1) * sizeof(*globs));
    if (globs) settings->globs = globs;
    copy = globs ? th_alloc(len + 2) : NULL;
    if (!copy) {
        problem->no_memory = true;
        return false;
    }
    copy[0] = sign;
    memcpy(copy + 1, glob, len + 1);
    settings->globs[settings->n_globs++] = copy;
    return true;
}

static bool set_include(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    return add_glob(settings, '+', value, problem);
}

static bool set_exclude(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    return add_glob(settings, '-', value, problem);
}

static bool set_files_from(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)problem;
    if (!*value) return false;
    settings->options.files_from = value;
    return true;
}

static bool set_null(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)value, (void)problem;
    settings->options.files_from_null = true;
    return true;
}

static bool set_one_file_system(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)value, (void)problem;
    settings->options.one_file_system = true;
    return true;
}

static bool set_hidden(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)value, (void)problem;
    settings->options.hidden = true;
    return true;
}

static bool set_follow(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)value, (void)problem;
    settings->options.follow = true;
    return true;
}

static bool set_force(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)value, (void)problem;
    settings->options.force = true;
    return true;
}

static bool set_overwrite(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)value, (void)problem;
    settings->options.overwrite = true;
    return true;
}

static bool set_retry_failed(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)value, (void)problem;
    settings->options.retry_failed = true;
    return true;
}

static bool set_name(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)problem;
    if (!*value) return false;
    settings->options.name_template = value; /* thumbs_batch_create() checks it */
    return true;
}

/* ---- the run ------------------------------------------------------------------------------------------------- */

static bool set_jobs(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)problem;
    return cli_set_number(value, 1, THUMBS_MAX_JOBS, &settings->options.jobs);
}

static bool set_mode(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    static const struct cli_word words[] = {{"processes", THUMBS_MODE_PROCESSES, true},
                                            {"threads", THUMBS_MODE_THREADS, true},
                                            {"sync", THUMBS_MODE_SYNC, true},
                                            {0}};
    unsigned mode;
    if (!cli_set_word(words, value, &mode, problem)) return false;
    settings->options.mode = (enum thumbs_mode)mode;
    return true;
}

static bool set_io(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    static const struct cli_word words[] = {
        {"threads", THUMBS_IO_THREADS, true}, {"uring", THUMBS_IO_URING, true}, {0}};
    unsigned io;
    if (!cli_set_word(words, value, &io, problem)) return false;
    settings->options.io = (enum thumbs_io)io;
    return true;
}

static bool set_io_jobs(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)problem;
    return cli_set_number(value, 1, THUMBS_MAX_JOBS, &settings->options.io_jobs);
}

static bool set_queue(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)problem;
    return cli_set_number(value, 1, THUMBS_MAX_QUEUE, &settings->options.queue_items);
}

static bool set_queue_bytes(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)problem;
    return th_parse_bytes(value, 1, UINT64_MAX, &settings->options.queue_bytes);
}

/* Not strtod(): it takes blanks, hexadecimal, "inf" and the decimal comma of a locale. */
static bool set_timeout(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    double seconds = 0, unit = 1;
    unsigned n_digits = 0;
    bool fraction = false;
    (void)problem;
    for (; *value; value++) {
        if (*value == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (*value < '0' || *value > '9') return false;
        n_digits++;
        if (fraction)
            seconds += (*value - '0') * (unit /= 10);
        else
            seconds = seconds * 10 + (*value - '0');
    }
    if (n_digits == 0 || !(seconds > 0) || seconds > MAX_TIMEOUT_SECONDS) return false;
    settings->options.timeout_seconds = seconds;
    return true;
}

static bool set_max_pixels(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)problem;
    return th_parse_u64(value, 1, UINT64_MAX, &settings->options.image.max_pixels);
}

static bool set_memory(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)problem;
    return th_parse_bytes(value, 1, UINT64_MAX, &settings->options.memory_bytes);
}

static bool set_sandbox(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    static const struct cli_word words[] = {{"on", THUMBS_SANDBOX_ON, true},
                                            {"off", THUMBS_SANDBOX_OFF, true},
                                            {"require", THUMBS_SANDBOX_REQUIRE, true},
                                            {0}};
    unsigned sandbox;
    if (!cli_set_word(words, value, &sandbox, problem)) return false;
    settings->options.sandbox = (enum thumbs_sandbox)sandbox;
    return true;
}

static bool set_max_bytes(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)problem;
    return th_parse_bytes(value, 1, UINT64_MAX, &settings->options.max_bytes);
}

static bool set_dry_run(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)value, (void)problem;
    settings->options.dry_run = true;
    return true;
}

static bool set_fail_fast(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)value, (void)problem;
    settings->options.fail_fast = true;
    return true;
}

/* ---- what it says -------------------------------------------------------------------------------------------- */

static bool set_progress(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    static const struct cli_word words[] = {{"auto", CLI_PROGRESS_AUTO, true},
                                            {"always", CLI_PROGRESS_ALWAYS, true},
                                            {"never", CLI_PROGRESS_NEVER, true},
                                            {0}};
    unsigned progress;
    if (!cli_set_word(words, value, &progress, problem)) return false;
    settings->progress = (enum cli_progress)progress;
    return true;
}

static bool set_quiet(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)value, (void)problem;
    settings->quiet = true;
    return true;
}

static bool set_verbose(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)value, (void)problem;
    settings->verbose = true;
    return true;
}

static bool set_report(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)problem;
    if (!*value) return false;
    settings->report = value;
    return true;
}

static bool set_help(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)value, (void)problem;
    settings->action = CLI_ACTION_HELP;
    return true;
}

static bool set_version(struct cli_settings *settings, const char *value, struct cli_problem *problem)
{
    (void)value, (void)problem;
    settings->action = CLI_ACTION_VERSION;
    return true;
}

/* ---- the table ----------------------------------------------------------------------------------------------- */

#define ALLOWED_BYTES "a number of bytes from 1, with an optional K, M or G (powers of 1024)"

/* In the order in which the help shows them. An option of SPEC that is not built yet has neither help nor set. */
const struct cli_option cli_options[] = {
    {"size", 's', "SPEC[,SPEC]...",
     "256 (a box), 256x192, 256x or x192, each side from 1 to 65500, or up to 16 such sizes with commas",
     "box the thumbnails fit in: 256, 256x192, 256x, x192",
     "The box that a thumbnail fits in, in pixels: 256 means 256x256; 256x bounds the width alone, x192 the height "
     "alone. "
     "Up to 16 sizes are made from one decode. Default: 256.",
     CLI_GROUP_PICTURE, set_size},
    {"fit", 0, "inside", "inside", NULL,
     "How a picture gets into its box: inside keeps its shape and all of it. Default: inside.", CLI_GROUP_PICTURE,
     set_fit},
    {"gravity", 0, "G", NULL, NULL, NULL, CLI_GROUP_PICTURE, NULL},
    {"background", 0, "#RRGGBB", NULL, NULL, NULL, CLI_GROUP_PICTURE, NULL},
    {"enlarge", 0, NULL, NULL, NULL, "Let a picture that is smaller than its box grow. Default: it keeps its size.",
     CLI_GROUP_PICTURE, set_enlarge},
    {"format", 'f', "F[,F]...", "one or several, with commas, of jpeg, png, webp, keep",
     "jpeg, png, webp or keep (as the source)",
     "What thumbnails are written as: jpeg, png, webp, or keep (as the source where that can be written, else jpeg, or "
     "png if it has alpha). Default: jpeg.",
     CLI_GROUP_PICTURE, set_format},
    {"quality", 'Q', "N", "a number from 1 to 100", "of lossy formats, 1 to 100",
     "Quality of lossy formats, 1 to 100. Default: 80.", CLI_GROUP_PICTURE, set_quality},
    {"linear", 0, NULL, NULL, NULL, NULL, CLI_GROUP_PICTURE, NULL},
    {"fast", 0, NULL, NULL, NULL,
     "Decode large pictures to fewer pixels, which leaves less to the filter: about a sixth faster on photos, and a "
     "little less exact. Default: off.",
     CLI_GROUP_PICTURE, set_fast},
    {"metadata", 0, "WHAT", NULL, NULL, NULL, CLI_GROUP_PICTURE, NULL},
    {"pages", 0, "WHICH", NULL, NULL, NULL, CLI_GROUP_PICTURE, NULL},

    {"name", 0, "TEMPLATE", "a path below DEST made with {dir} {stem} {ext} {size} {width} {height} {format} {hash}",
     "output path below DEST, from {dir} {stem} {ext}...",
     "The path of a thumbnail below DEST, from {dir} {stem} {ext} {size} {width} {height} {format} {hash}. Default: "
     "{dir}/{stem}.{ext}, with several sizes {dir}/{stem}-{size}.{ext}.",
     CLI_GROUP_FILES, set_name},
    {"include", 0, "GLOB", "a glob that is not empty", "take files that match",
     "Take files whose path below SOURCE matches. * and ? do not cross a /, ** does; {a,b} is either; a glob without / "
     "is matched against the last part alone. Endings of images are the same in any case: *.jpg is *.JPG too. One that "
     "matches a folder takes what is in it, unless another is about that; with a / at its end it is about folders "
     "only. "
     "May be repeated and mixed with --exclude: the last that matches wins. Default: all known image types.",
     CLI_GROUP_FILES, set_include},
    {"exclude", 0, "GLOB", "a glob that is not empty", "leave out files that match",
     "Leave out files and folders whose path below SOURCE matches. May be repeated. A glob that matched nothing is "
     "told.",
     CLI_GROUP_FILES, set_exclude},
    {"files-from", 0, "FILE", "a file name, or - for standard input", NULL,
     "Take the sources from FILE (- is standard input), one name a line, relative to SOURCE; without SOURCE, to the "
     "current folder; absolute names are taken if they lie below SOURCE. A folder is taken with all that is in it. "
     "--include and --exclude count, hidden names that are listed are taken. Lines may end in CR LF. A name that leads "
     "out of SOURCE, or without --follow through a symbolic link, has failed. "
     "Outputs get the same names as in a run over all of SOURCE. A long list is taken in parts: a name that stands in "
     "two of them is made twice.",
     CLI_GROUP_FILES, set_files_from},
    {"null", '0', NULL, NULL, NULL, "Names in the list of --files-from end in a NUL byte instead of a newline.",
     CLI_GROUP_FILES, set_null},
    {"hidden", 0, NULL, NULL, NULL, "Take files and folders whose name begins with a dot, too.", CLI_GROUP_FILES,
     set_hidden},
    {"follow", 0, NULL, NULL, NULL, "Follow symbolic links.", CLI_GROUP_FILES, set_follow},
    {"one-file-system", 0, NULL, NULL, NULL, "Do not enter folders that lie on another file system than their SOURCE.",
     CLI_GROUP_FILES, set_one_file_system},
    {"force", 0, NULL, NULL, "remake what is up to date", "Remake what is up to date.", CLI_GROUP_FILES, set_force},
    {"overwrite", 0, NULL, NULL, NULL,
     "Replace files that thumbs did not make: those in DEST under the name of an output, and those that a report would "
     "be written over. Default: such a file is refused. A source, the list, or a photo in the place of a report is "
     "never replaced.",
     CLI_GROUP_FILES, set_overwrite},
    {"retry-failed", 0, NULL, NULL, NULL,
     "Try again what crashed or timed out the last time and has not changed since. Default: such a file is reported as "
     "failed at once, from memory (also with --force), unless it may now take longer than it was allowed then.",
     CLI_GROUP_FILES, set_retry_failed},
    {"delete", 0, NULL, NULL, NULL, NULL, CLI_GROUP_FILES, NULL},
    {"shard", 0, "I/N", NULL, NULL, NULL, CLI_GROUP_FILES, NULL},

    {"jobs", 'j', "N", "a number from 1 to 1024", "compute workers",
     "Compute workers. Default: the CPUs this process may use (affinity mask, cgroup quota and cpuset counted in).",
     CLI_GROUP_RUN, set_jobs},
    {"mode", 0, "MODE", "processes, threads or sync", "processes, threads or sync",
     "How pictures are worked on: processes (a pool of worker processes: a decoder that crashes or hangs costs its "
     "file "
     "alone), threads (a team in one process) or sync (one thread does every stage, one file at a time). The "
     "thumbnails "
     "are the same, byte for byte. Default: processes.",
     CLI_GROUP_RUN, set_mode},
    {"io", 0, "IO", "threads or uring", NULL,
     "How files are read: threads is a pool of I/O threads, uring one thread that has many files under way by "
     "io_uring. "
     "Where the system forbids that, threads are used, with a note. Default: threads.",
     CLI_GROUP_RUN, set_io},
    {"io-jobs", 0, "N", "a number from 1 to 1024", NULL,
     "I/O threads; with --io=uring, files under way. Default: 4, with --io=uring 64.", CLI_GROUP_RUN, set_io_jobs},
    {"queue", 0, "N", "a number from 1 to 1000000", NULL,
     "Most files that wait in the queue of loaded files. Default: 4 for each of the jobs.", CLI_GROUP_RUN, set_queue},
    {"queue-bytes", 0, "SIZE", ALLOWED_BYTES, NULL,
     "Most bytes of loaded files in memory, with an optional K, M or G (powers of 1024). Default: 256M.", CLI_GROUP_RUN,
     set_queue_bytes},
    {"timeout", 0, "SECONDS", "a number of seconds above 0, at most 1000000, like 60 or 2.5", NULL,
     "Most time for one file. Default: 60.", CLI_GROUP_RUN, set_timeout},
    {"max-pixels", 0, "N", "a number from 1", NULL,
     "A source of more pixels (width times height) is refused before it is decoded. Default: 500 million.",
     CLI_GROUP_RUN, set_max_pixels},
    {"max-bytes", 0, "SIZE", ALLOWED_BYTES, NULL,
     "A source file larger than this is refused, with an optional K, M or G. Default: 1G.", CLI_GROUP_RUN,
     set_max_bytes},
    {"memory", 0, "SIZE", ALLOWED_BYTES, NULL,
     "Most memory of all workers and buffers together, with an optional K, M or G. A file whose decoding takes "
     "more than is free waits; one that takes more than there ever is fails. Default: 3/4 of what the cgroup or the "
     "machine has.",
     CLI_GROUP_RUN, set_memory},
    {"sandbox", 0, "WHEN", "on, off or require", NULL,
     "Lock each worker process up with seccomp and Landlock: on (as far as the kernel has them), off, or require (do "
     "not run without). Mode processes. Default: on.",
     CLI_GROUP_RUN, set_sandbox},
    {"on-damage", 0, "WHAT", "warn or fail", NULL,
     "What to do with truncated or damaged data that still decodes: warn (make the thumbnail and say so) or fail. "
     "Default: warn.",
     CLI_GROUP_RUN, set_on_damage},
    {"fail-fast", 0, NULL, NULL, NULL, "Stop at the first failed file. Default: go on, report all.", CLI_GROUP_RUN,
     set_fail_fast},
    {"dry-run", 'n', NULL, NULL, "say what would be done, write nothing", "Say what would be done, write nothing.",
     CLI_GROUP_RUN, set_dry_run},

    {"progress", 0, "WHEN", "auto, always or never", NULL,
     "Show progress with rate, time left and failures on standard error: auto (on a terminal), always (where it is no "
     "terminal, a line every ten seconds) or never. Default: auto.",
     CLI_GROUP_OUTPUT, set_progress},
    {"quiet", 0, NULL, NULL, "only errors", "Say nothing but errors.", CLI_GROUP_OUTPUT, set_quiet},
    {"verbose", 'v', NULL, NULL, "one line a file",
     "One line a file on standard error, and in the summary what the run was bound by.", CLI_GROUP_OUTPUT, set_verbose},
    {"report", 0, "FILE", "a file name, or - for standard output", "what became of each file, as NDJSON",
     "Write a report as NDJSON: one object a source as it finishes, then a summary. A file appears under its name at "
     "the end, and replaces only a report; until then its lines are in .thumbs-FILE.part beside it. - is standard "
     "output; to it, to /dev/fd/N, to a FIFO or a device each line goes within a second.",
     CLI_GROUP_OUTPUT, set_report},
    {"gallery", 0, "FILE", NULL, NULL, NULL, CLI_GROUP_OUTPUT, NULL},
    {"placeholders", 0, NULL, NULL, NULL, NULL, CLI_GROUP_OUTPUT, NULL},
    {"help", 'h', NULL, NULL, "this page; --help explains every option", "This text. -h shows the options used most.",
     CLI_GROUP_OUTPUT, set_help},
    {"version", 0, NULL, NULL, "print the version", "Print the version.", CLI_GROUP_OUTPUT, set_version},
};
const size_t cli_n_options = sizeof(cli_options) / sizeof(cli_options[0]);
