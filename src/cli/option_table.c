/* SPDX-License-Identifier: MIT */
/*
 * option_table.c - every option: its name, what it takes, its help, and which setting it changes.
 * What an option does to a run is no concern of this room.
 */
#include "cli/option_table.h"

#include <string.h>

#include "cli/setters.h"

static const struct cli_word fit_words[] = {{"inside", THUMBS_FIT_INSIDE, true},
                                            {"cover", THUMBS_FIT_COVER, true},
                                            {"contain", THUMBS_FIT_CONTAIN, true},
                                            {"fill", THUMBS_FIT_FILL, true},
                                            {0}};
static const struct cli_word gravity_words[] = {{"centre", THUMBS_GRAVITY_CENTRE, true},
                                                {"center", THUMBS_GRAVITY_CENTRE, true},
                                                {"north", THUMBS_GRAVITY_NORTH, true},
                                                {"northeast", THUMBS_GRAVITY_NORTHEAST, true},
                                                {"east", THUMBS_GRAVITY_EAST, true},
                                                {"southeast", THUMBS_GRAVITY_SOUTHEAST, true},
                                                {"south", THUMBS_GRAVITY_SOUTH, true},
                                                {"southwest", THUMBS_GRAVITY_SOUTHWEST, true},
                                                {"west", THUMBS_GRAVITY_WEST, true},
                                                {"northwest", THUMBS_GRAVITY_NORTHWEST, true},
                                                {"attention", THUMBS_GRAVITY_ATTENTION, true},
                                                {"entropy", THUMBS_GRAVITY_ENTROPY, true},
                                                {0}};
static const struct cli_word damage_words[] = {
    {"warn", THUMBS_DAMAGE_WARN, true}, {"fail", THUMBS_DAMAGE_FAIL, true}, {0}};
static const struct cli_word metadata_words[] = {{"none", THUMBS_METADATA_NONE, true},
                                                 {"icc", THUMBS_METADATA_ICC, true},
                                                 {"all", THUMBS_METADATA_ALL, true},
                                                 {0}};
static const struct cli_word pages_words[] = {
    {"first", THUMBS_PAGES_FIRST, true}, {"all", THUMBS_PAGES_ALL, true}, {0}};
static const struct cli_word names_words[] = {
    {"short", THUMBS_NAMES_SHORT, true}, {"full", THUMBS_NAMES_FULL, true}, {0}};
static const struct cli_word sandbox_words[] = {{"on", THUMBS_SANDBOX_ON, true},
                                                {"off", THUMBS_SANDBOX_OFF, true},
                                                {"require", THUMBS_SANDBOX_REQUIRE, true},
                                                {0}};
static const struct cli_word progress_words[] = {{"auto", CLI_PROGRESS_AUTO, true},
                                                 {"always", CLI_PROGRESS_ALWAYS, true},
                                                 {"never", CLI_PROGRESS_NEVER, true},
                                                 {0}};

#define ALLOWED_BYTES "a number of bytes from 1, with an optional K, M or G (powers of 1024)"

/* In the order in which the help shows them. An option that is not built yet has no help and no
 * target. */
const struct cli_option cli_options[] = {
    {"size", 's', "SPEC[,SPEC]...",
     "256 (a box), 256x192, 256x or x192, each side from 1 to 65500, or up to 16 such sizes "
     "separated by commas",
     "box the thumbnails fit in: 256, 256x192, 256x, x192",
     "The box that a thumbnail fits in, in pixels: 256 means 256x256; 256x limits only the width, "
     "x192 only the height. Up to 16 sizes are made from one decode. Sizes larger than the "
     "picture share one thumbnail, at the picture's own size and named after the first of them "
     "(not with --enlarge); the report says which sizes a thumbnail stands for. Default: 256.",
     CLI_GROUP_PICTURE, CLI_TO(cli_set_size)},
    {"fit", 0, "FIT", "inside, cover, contain or fill", "inside, cover, contain or fill",
     "How a picture fits its box: inside keeps its shape and all of it; cover fills the box and "
     "crops what sticks out; contain is inside, padded to the box; fill distorts it to the box. "
     "All but inside need both sides of each size. Without --enlarge a picture smaller than its "
     "box does not grow. Default: inside.",
     CLI_GROUP_PICTURE, CLI_TO_WORD(options.image.fit, fit_words)},
    {"gravity", 0, "G",
     "centre, north, northeast, east, southeast, south, southwest, west, northwest, attention or "
     "entropy",
     NULL,
     "Which part of the upright picture --fit=cover keeps: centre, north, northeast, east, "
     "southeast, south, southwest, west, northwest, attention (what draws the eye) or entropy "
     "(the most detail). Default: centre.",
     CLI_GROUP_PICTURE, CLI_TO_WORD(options.image.gravity, gravity_words)},
    {"background", 0, "#RRGGBB", "a colour of six hexadecimal digits, like #ffffff", NULL,
     "The colour of the padding of --fit=contain, and the colour under a picture with alpha if "
     "the output format has none. Where alpha is kept, padding is transparent unless this option "
     "is given. Default: #ffffff.",
     CLI_GROUP_PICTURE, CLI_TO(cli_set_background)},
    {"enlarge", 0, NULL, NULL, NULL,
     "Let a picture smaller than its box grow. Default: it keeps its size.", CLI_GROUP_PICTURE,
     CLI_TO_CONST(options.image.enlarge, 1)},
    {"format", 'f', "F[,F]...",
     "one or more of jpeg, png, webp, avif, jxl, gif, keep, separated by commas",
     "jpeg, png, webp, avif, jxl, gif or keep",
     "Output formats: jpeg, png, webp, avif, jxl (JPEG XL), gif, or keep (that of the source if "
     "it can be written, else jpeg, or png for alpha). Default: jpeg.",
     CLI_GROUP_PICTURE, CLI_TO_WITH_CHOICES(cli_set_format, "jpeg png webp avif jxl gif keep")},
    {"quality", 'Q', "N|F:N,...",
     "a number from 1 to 100, or one for each format, as in jpeg:80,webp:75,avif:50,jxl:80",
     "quality of lossy formats, 1 to 100",
     "Quality of lossy formats, 1 to 100: one number for all, or one per format, as in "
     "jpeg:80,webp:75,avif:50,jxl:80. Formats not named use the number without a name, or the "
     "default: 80,avif:50. Each format has its own scale. Default: 80.",
     CLI_GROUP_PICTURE, CLI_TO(cli_set_quality)},
    {"progressive", 0, NULL, NULL, NULL,
     "Write progressive JPEG, which browsers show early and then refine. It is usually a little "
     "smaller, but slower to make and to show. Other formats are not affected. Default: off.",
     CLI_GROUP_PICTURE, CLI_TO_CONST(options.image.progressive, 1)},
    {"max-size", 0, "SIZE", ALLOWED_BYTES, NULL,
     "Write no thumbnail larger than this, with an optional K, M or G: the quality is lowered as "
     "far as needed, but not below 20. A source whose thumbnail is still larger fails; so does "
     "one whose PNG or GIF, which have no quality, is larger. Default: no limit.",
     CLI_GROUP_PICTURE, CLI_TO_BYTES(options.image.max_size)},
    {"sharpen", 0, "[=AMOUNT]", "a number from 0.01 to 10, like 0.5", NULL,
     "Sharpen reduced pictures: add AMOUNT times the difference in brightness between a pixel and "
     "its surroundings. 0.5 is mild, and what is used without AMOUNT. Default: off.",
     CLI_GROUP_PICTURE, CLI_TO(cli_set_sharpen)},
    {"linear", 0, NULL, NULL, NULL,
     "Reduce pictures in linear light, so that fine black and white patterns keep their "
     "brightness. Several times as slow, since no decoder may reduce by itself. Default: off.",
     CLI_GROUP_PICTURE, CLI_TO_CONST(options.image.linear, 1)},
    {"fast", 0, NULL, NULL, NULL,
     "Decode large pictures to fewer pixels, which leaves less to the filter: about a sixth "
     "faster on photos, and slightly less exact. Default: off.",
     CLI_GROUP_PICTURE, CLI_TO_CONST(options.image.fast, 1)},
    {"embedded", 0, NULL, NULL, NULL,
     "Use the small copy that cameras put into JPEG (EXIF, MPF) and HEIC files, if it has the "
     "picture's shape, orientation and colours and is no smaller than any thumbnail. Fast, as in "
     "file managers; but the copy can be less sharp, and the rest of the file is not checked. "
     "Default: off (raw files always use their preview).",
     CLI_GROUP_PICTURE, CLI_TO_CONST(options.image.embedded, 1)},
    {"allow-untrusted", 0, NULL, NULL, NULL,
     "Take PDF documents, too: their first page is drawn. The large PDF decoder was not written "
     "for untrusted files, so it runs in mode processes and inside the sandbox only. Fonts that "
     "the file lacks come from the system. Default: off, PDF is skipped.",
     CLI_GROUP_PICTURE, CLI_TO_CONST(options.image.allow_untrusted, 1)},
    {"metadata", 0, "WHAT", "none, icc or all", NULL,
     "What is kept of a source besides its pixels: none (colours are converted to sRGB), icc (an "
     "RGB colour profile, and the colours unchanged) or all (also EXIF, XMP and IPTC, if the "
     "format has a place for them; EXIF is set to upright and loses its own thumbnail). Only all "
     "keeps where a photo was taken. Default: none.",
     CLI_GROUP_PICTURE, CLI_TO_WORD(options.image.metadata, metadata_words)},
    {"pages", 0, "WHICH", "first or all", NULL,
     "What is made of an animated GIF, WebP or PNG: first (its first frame) or all (an animation "
     "with the same timing, if the output is a GIF or WebP; other formats get the first frame). "
     "Other sources of several pages always give the first. Default: first.",
     CLI_GROUP_PICTURE, CLI_TO_WORD(options.image.pages, pages_words)},

    {"name", 0, "TEMPLATE",
     "a path below DEST made with {dir} {stem} {name} {ext} {size} {width} {height} {format} "
     "{hash} "
     "{hash:N}",
     "output path below DEST, from {dir} {stem} {ext}...",
     "The path of a thumbnail below DEST, from {dir} {stem} {name} {ext} {size} {width} {height} "
     "{format} {hash} {hash:N}. {name} is the source's name with its extension. {hash} is 16 "
     "digits of a hash of the source's content and all options that affect the picture: a name "
     "with it never stands for other bytes, and {hash:2}/ spreads thumbnails over folders. "
     "Sources with the same content share a name made of {hash} alone. Default: "
     "{dir}/{stem}.{ext}, with several sizes {dir}/{stem}-{size}.{ext}.",
     CLI_GROUP_FILES, CLI_TO_TEXT(options.name_template) /* thumbs_batch_create() checks it */},
    {"names", 0, "WHICH", "short or full", NULL,
     "Which name of a source its thumbnail gets: short (a.jpg for a.png) or full (always "
     "a.png.jpg). With short, new sources in one folder that would share a name get their full "
     "names; a thumbnail that exists keeps its name, and the newcomer gets its full name. "
     "Default: short.",
     CLI_GROUP_FILES, CLI_TO_WORD(options.names, names_words)},
    {"include", 0, "GLOB", "a glob that is not empty", "take files that match",
     "Take files whose path below SOURCE matches. * and ? do not match a /, ** does; {a,b} "
     "matches either; a glob without / is matched against the last part of the path. Image "
     "extensions match in any case: *.jpg also matches a.JPG. A glob that matches a folder takes "
     "its contents, unless another glob says otherwise; with a / at its end it matches folders "
     "only. May be repeated and mixed with --exclude: the last match wins. Default: all known "
     "image types.",
     CLI_GROUP_FILES, CLI_TO(cli_add_include)},
    {"exclude", 0, "GLOB", "a glob that is not empty", "leave out files that match",
     "Leave out files and folders whose path below SOURCE matches. May be repeated. A glob that "
     "matches nothing is reported.",
     CLI_GROUP_FILES, CLI_TO(cli_add_exclude)},
    {"no-default-excludes", 0, NULL, NULL, NULL,
     "Take what systems and NAS leave among pictures, too. Default: files and folders called "
     "@eaDir, #recycle, .Trash*, Thumbs.db, __MACOSX, ._*, $RECYCLE.BIN or .thumbnails are left "
     "out, unless they are a SOURCE. Files .thumbsignore in SOURCE and below, written like "
     ".gitignore, always count; so does a file .nomedia, which leaves out its folder and all "
     "below it.",
     CLI_GROUP_FILES, CLI_TO_FLAG(options.take_litter)},
    {"files-from", 0, "FILE", "a file name, or - for standard input", NULL,
     "Take the sources from FILE (- is standard input), one name per line, relative to SOURCE, or "
     "without SOURCE to the current folder; absolute names are taken if they lie below SOURCE. A "
     "folder is taken with all its contents. --include and --exclude count; hidden names that are "
     "listed are taken. Lines may end in CR LF. A name that leads out of SOURCE, or without "
     "--follow through a symbolic link, fails. Outputs get the same names as in a run over all of "
     "SOURCE. A long list is read in parts: a name that occurs in two of them is made twice.",
     CLI_GROUP_FILES, CLI_TO_TEXT(options.files_from)},
    {"null", '0', NULL, NULL, NULL,
     "Names in the list of --files-from end in a NUL byte instead of a newline.", CLI_GROUP_FILES,
     CLI_TO_FLAG(options.files_from_null)},
    {"hidden", 0, NULL, NULL, NULL, "Take files and folders whose name begins with a dot, too.",
     CLI_GROUP_FILES, CLI_TO_FLAG(options.hidden)},
    {"follow", 0, NULL, NULL, NULL, "Follow symbolic links.", CLI_GROUP_FILES,
     CLI_TO_FLAG(options.follow)},
    {"one-file-system", 0, NULL, NULL, NULL,
     "Do not enter folders on another file system than their SOURCE.", CLI_GROUP_FILES,
     CLI_TO_FLAG(options.one_file_system)},
    {"force", 0, NULL, NULL, "remake what is up to date", "Remake what is up to date.",
     CLI_GROUP_FILES, CLI_TO_FLAG(options.force)},
    {"chmod", 0, "MODE", "three octal digits that let the owner read, like 644", NULL,
     "The permissions of thumbnails that are made, as three octal digits, like 640. Folders, and "
     "thumbnails that are up to date, are left unchanged. Default: as the umask allows; in a "
     "setgid folder, new files and folders get its group.",
     CLI_GROUP_FILES, CLI_TO(cli_set_chmod)},
    {"overwrite", 0, NULL, NULL, NULL,
     "Replace files that thumbs did not make: those in DEST under the name of an output, and "
     "those in the place of a report. Default: such a file is refused. A source, the list, or a "
     "photo in the place of a report is never replaced.",
     CLI_GROUP_FILES, CLI_TO_FLAG(options.overwrite)},
    {"checksum", 0, NULL, NULL, NULL,
     "Judge sources by content alone: each is read, and what was made from the same bytes is up "
     "to date. Default: a source whose size, times and inode are unchanged is not opened; only "
     "where they differ is its content compared.",
     CLI_GROUP_FILES, CLI_TO_FLAG(options.checksum)},
    {"retry-failed", 0, NULL, NULL, NULL,
     "Try again what failed last time and has not changed since. Default: such a file is reported "
     "as known at once, without trying (also with --force), unless the limits on time or size are "
     "now higher than they were.",
     CLI_GROUP_FILES, CLI_TO_FLAG(options.retry_failed)},
    {"strict", 0, NULL, NULL, NULL,
     "Exit status 1 also for failures known from an earlier run. Default: only for new ones.",
     CLI_GROUP_FILES, CLI_TO_FLAG(strict)},
    {"delete", 0, "[=WHAT]", "one or more of sources, stale, force, separated by commas", NULL,
     "Remove thumbnails that are no longer wanted, at the end of the run: sources are those whose "
     "source is gone, is left out of this run (--exclude, --hidden and the like) or is no longer "
     "an image; stale are those made from a source under other options, and replaced by others "
     "since. Without a word it is both: where several calls with different options share DEST, "
     "say --delete=sources. Removes only what thumbs made and has on record in DEST/.thumbs, and "
     "folders that become empty. What failed, could not be read or belongs to other shards keeps "
     "its thumbnails; so does what --files-from does not list, while it exists. If no source is "
     "found, or more than half would go, nothing is removed (exit status 3) unless force is "
     "given. --dry-run lists what would go. Each SOURCE must be a folder. Default: nothing is "
     "removed.",
     CLI_GROUP_FILES, CLI_TO(cli_set_delete)},
    {"wait", 0, NULL, NULL, NULL,
     "If another run is at work on DEST, wait for its end. Default: say so and end with exit "
     "status 3. Shards of one job work at the same time; a dry run never waits.",
     CLI_GROUP_FILES, CLI_TO_FLAG(options.wait)},
    {"watch", 0, NULL, NULL, NULL,
     "Do not end, but keep DEST in step with SOURCE. When files or folders have come, changed, "
     "moved or (with --delete) gone, and nothing more has happened for a moment, only what "
     "changed is processed; only failures are reported, and with --verbose what was made. A file "
     "that is being written counts once it is closed. All of SOURCE is walked again when folders "
     "were moved or removed, when rules changed, or when names must be compared over all of it. A "
     "signal ends it cleanly, with exit status 128+N; the loss of SOURCE ends it with 3. --wait "
     "is implied. Needs a watch for each folder (fs.inotify.max_user_watches). Changes made by "
     "other machines on a network file system are not seen.",
     CLI_GROUP_FILES, CLI_TO_FLAG(keep_in_step)},
    {"shard", 0, "I/N|auto",
     "I/N, part I (from 0) of N (at most 1000000), as in 0/4, or auto, or auto/N", NULL,
     "Take part I, from 0, of N, as one of N runs on as many machines. The parts are disjoint and "
     "together complete, may share one DEST, and need no communication; names are those of a run "
     "over all. auto takes I and N from the variables of a Slurm array, AWS Batch, Google Batch, "
     "GitLab, Buildkite or CircleCI; auto/N takes only I, as for a Kubernetes Indexed Job. "
     "'thumbs merge' joins the reports. Default: whole.",
     CLI_GROUP_FILES, CLI_TO_WITH_CHOICES(cli_set_shard, "auto")},

    {"jobs", 'j', "N", "a number from 1 to 1024", "compute workers",
     "Compute workers. Default: the CPUs this process may use (by affinity mask, cgroup quota and "
     "cpuset).",
     CLI_GROUP_RUN, CLI_TO_NUMBER(options.jobs, 1, THUMBS_MAX_JOBS)},
    {"mode", 0, "MODE", "processes, threads or sync", "processes, threads or sync",
     "How pictures are processed: processes (a pool of worker processes: a decoder that crashes "
     "or hangs costs only its file), threads (a team in one process) or sync (one thread does "
     "every stage, one file at a time). The thumbnails are the same, byte for byte. Default: "
     "processes.",
     CLI_GROUP_RUN, CLI_TO_WORD(options.mode, cli_mode_words)},
    {"io", 0, "IO", "threads or uring", NULL,
     "How files are read: threads is a pool of I/O threads; uring is one thread that reads many "
     "files at once by io_uring. If the system forbids that, threads are used, with a note. "
     "Default: threads.",
     CLI_GROUP_RUN, CLI_TO_WORD(options.io, cli_io_words)},
    {"io-jobs", 0, "N", "a number from 1 to 1024", NULL,
     "I/O threads; with --io=uring, files in flight. Default: 4, with --io=uring 64.",
     CLI_GROUP_RUN, CLI_TO_NUMBER(options.io_jobs, 1, THUMBS_MAX_JOBS)},
    {"queue", 0, "N", "a number from 1 to 1000000", NULL,
     "Maximum number of loaded files that wait for a worker. Default: 4 per job.", CLI_GROUP_RUN,
     CLI_TO_NUMBER(options.queue_items, 1, THUMBS_MAX_QUEUE)},
    {"queue-bytes", 0, "SIZE", ALLOWED_BYTES, NULL,
     "Maximum bytes of loaded files in memory, with an optional K, M or G (powers of 1024). "
     "Default: 256M.",
     CLI_GROUP_RUN, CLI_TO_BYTES(options.queue_bytes)},
    {"timeout", 0, "SECONDS", "a number of seconds above 0, at most 1000000, like 60 or 2.5", NULL,
     "Seconds allowed for one file. Default: 60.", CLI_GROUP_RUN, CLI_TO(cli_set_timeout)},
    {"max-pixels", 0, "N", "a number from 1", NULL,
     "A source with more pixels (width times height) is refused before it is decoded. Default: "
     "500 million.",
     CLI_GROUP_RUN, CLI_TO_NUMBER64(options.image.max_pixels)},
    {"max-bytes", 0, "SIZE", ALLOWED_BYTES, NULL,
     "A source file larger than this is refused, with an optional K, M or G. Default: 1G.",
     CLI_GROUP_RUN, CLI_TO_BYTES(options.max_bytes)},
    {"memory", 0, "SIZE", ALLOWED_BYTES, NULL,
     "Maximum memory of all workers and buffers together, with an optional K, M or G. A file that "
     "needs more than is free to decode waits; one that needs more than there ever is fails. "
     "Default: 3/4 of what the cgroup or the machine has.",
     CLI_GROUP_RUN, CLI_TO_BYTES(options.memory_bytes)},
    {"sandbox", 0, "WHEN", "on, off or require", NULL,
     "Confine each worker process with seccomp and Landlock: on (as far as the kernel supports "
     "them), off, or require (refuse to run without). Mode processes only. Default: on.",
     CLI_GROUP_RUN, CLI_TO_WORD(options.sandbox, sandbox_words)},
    {"on-damage", 0, "WHAT", "warn or fail", NULL,
     "What to do with truncated or damaged data that still decodes: warn (make the thumbnail and "
     "say so) or fail. Default: warn.",
     CLI_GROUP_RUN, CLI_TO_WORD(options.image.on_damage, damage_words)},
    {"fail-fast", 0, NULL, NULL, NULL, "Stop at the first failed file. Default: go on, report all.",
     CLI_GROUP_RUN, CLI_TO_FLAG(options.fail_fast)},
    {"dry-run", 'n', NULL, NULL, "say what would be done, write nothing",
     "Say what would be done, write nothing.", CLI_GROUP_RUN, CLI_TO_FLAG(options.dry_run)},

    {"preset", 0, "FILE", "the name of a file in TOML", NULL,
     "Take options from FILE, in TOML: each key is the name of an option, a flag is true, a list "
     "with commas may be an array, as in size = [320, 640]. Options on the command line win; "
     "--include and --exclude follow those of FILE. Without this option, thumbs.toml in the "
     "working folder is used if it is there and owned by you or root; --preset=/dev/null prevents "
     "that.",
     CLI_GROUP_RUN, CLI_TO_TEXT(preset)},
    {"print-options", 0, NULL, NULL, NULL,
     "Print all options in effect, in TOML, with where each came from, and make nothing.",
     CLI_GROUP_RUN, CLI_TO_FLAG(print_options)},

    {"progress", 0, "WHEN", "auto, always or never", NULL,
     "Show progress with rate, time left and failures on standard error: auto (on a terminal), "
     "always (otherwise a line every ten seconds) or never. Default: auto.",
     CLI_GROUP_OUTPUT, CLI_TO_WORD(progress, progress_words)},
    {"quiet", 0, NULL, NULL, "print only errors", "Say nothing but errors.", CLI_GROUP_OUTPUT,
     CLI_TO_FLAG(quiet)},
    {"verbose", 'v', NULL, NULL, "print one line per file",
     "One line per file on standard error, and in the summary what limited the run.",
     CLI_GROUP_OUTPUT, CLI_TO_FLAG(verbose)},
    {"report", 0, "FILE", "a file name, or - for standard output",
     "write what became of each file, as NDJSON",
     "Write a report as NDJSON: one object per source as it finishes, then a summary. A file "
     "appears under its name at the end, and replaces only a report; until then its lines are in "
     ".thumbs-FILE.part next to it. - is standard output; there, and to /dev/fd/N, a FIFO or a "
     "device, each line is written within a second.",
     CLI_GROUP_OUTPUT, CLI_TO_TEXT(report)},
    {"manifest", 0, "FILE", "a file name, or - for standard output", NULL,
     "Write what was made, as JSON for programs that build web pages: each source with its size, "
     "its thumbnails by format and width with their bytes, hash and URL relative to DEST, and a "
     "srcset for each format. Sources that were up to date are included; those that failed are "
     "not. Sources are sorted by name. A file appears when the run has ended, replaces only such "
     "a file, and is unchanged if the run is stopped or is a dry run.",
     CLI_GROUP_OUTPUT, CLI_TO_TEXT(manifest)},
    {"gallery", 0, "FILE", "a file name, or - for standard output", NULL,
     "Write one HTML page that shows the thumbnails of this run, those that were up to date "
     "included, and says what failed and why. It links to pictures by relative addresses, from "
     "where FILE is (for -, from the current folder), so it can move together with DEST: a FILE "
     "in DEST is best. It appears at the end, and replaces only such a page. With --shard it "
     "shows that part; a dry run's shows what would be made, without pictures.",
     CLI_GROUP_OUTPUT, CLI_TO_TEXT(gallery)},
    {"placeholders", 0, NULL, NULL, NULL,
     "Add to the report and the manifest what can stand in for each picture while it loads: its "
     "ThumbHash, and its dominant colour. The thumbnails do not change. Those made without this "
     "option are made once more.",
     CLI_GROUP_OUTPUT, CLI_TO_CONST(options.image.placeholder, 1)},
    {"help", 'h', NULL, NULL, "this page; --help explains every option",
     "This text. -h shows the most common options.", CLI_GROUP_OUTPUT,
     CLI_TO_CONST(action, CLI_ACTION_HELP)},
    {"version", 0, NULL, NULL, "print the version",
     "Print the version; with --verbose also the formats that are read and written, the libraries "
     "behind them, and what is compiled in.",
     CLI_GROUP_OUTPUT, CLI_TO_CONST(action, CLI_ACTION_VERSION)},
};
const size_t cli_n_options = sizeof(cli_options) / sizeof(cli_options[0]);

bool cli_is_repeatable(const struct cli_option *option)
{
    return option->to.set == cli_add_include || option->to.set == cli_add_exclude;
}

bool cli_is_about_words(const struct cli_option *option)
{
    static const char *const names[] = {"preset", "print-options", "help", "version"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(option->name, names[i]) == 0) return true;
    }
    return false;
}

const struct cli_option *cli_find_run_option(const char *name, size_t len)
{
    for (size_t i = 0; i < cli_n_options; i++) {
        if (strlen(cli_options[i].name) == len && memcmp(cli_options[i].name, name, len) == 0)
            return &cli_options[i];
    }
    return NULL;
}

/* Those of a command's own, and those of a run that it takes too. */
static size_t put_together(const struct cli_option *own, size_t n_own, const char *const *shared,
                           size_t n_shared, const struct cli_option *out[CLI_MAX_OPTIONS])
{
    size_t n = 0;
    for (size_t i = 0; i < n_own && n < CLI_MAX_OPTIONS; i++)
        out[n++] = &own[i];
    for (size_t i = 0; i < n_shared && n < CLI_MAX_OPTIONS; i++) {
        const struct cli_option *option = cli_find_run_option(shared[i], strlen(shared[i]));
        if (option) out[n++] = option;
    }
    return n;
}

size_t cli_options_of(enum cli_command command, const struct cli_option *out[CLI_MAX_OPTIONS])
{
    switch (command) {
    case CLI_COMMAND_BENCH:
        return put_together(cli_bench_options, cli_n_bench_options, cli_bench_shared,
                            cli_n_bench_shared, out);
    case CLI_COMMAND_MERGE:
        return put_together(cli_merge_options, cli_n_merge_options, cli_merge_shared,
                            cli_n_merge_shared, out);
    default:
        return put_together(cli_options, cli_n_options, NULL, 0, out);
    }
}
