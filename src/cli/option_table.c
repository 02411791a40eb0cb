/* SPDX-License-Identifier: MIT */
/*
 * option_table.c - every option of SPEC section 1: its name, what it takes, its help, and which
 * setting it changes. What an option does to a run is no concern of this room.
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

/* In the order in which the help shows them. An option of SPEC
 * that is not built yet has no help and no target. */
const struct cli_option cli_options[] = {
    {"size", 's', "SPEC[,SPEC]...",
     "256 (a box), 256x192, 256x or x192, each side from 1 to 65500, or up to 16 such sizes with "
     "commas",
     "box the thumbnails fit in: 256, 256x192, 256x, x192",
     "The box that a thumbnail fits in, in pixels: 256 means 256x256; 256x bounds the width alone, "
     "x192 the height "
     "alone. "
     "Up to 16 sizes are made from one decode. Sizes that a picture is smaller than are made once, "
     "at "
     "its own size and by the name of the first of them (not with --enlarge); the report says "
     "which "
     "sizes a thumbnail stands for. Default: 256.",
     CLI_GROUP_PICTURE, CLI_TO(cli_set_size)},
    {"fit", 0, "FIT", "inside, cover, contain or fill", "inside, cover, contain or fill",
     "How a picture gets into its box: inside keeps its shape and all of it; cover fills the box "
     "and "
     "cuts off what sticks out; contain is inside, padded to the box; fill distorts it to the box. "
     "All but inside need both sides of each size. Without --enlarge a picture that is smaller "
     "than "
     "its box does not grow. Default: inside.",
     CLI_GROUP_PICTURE, CLI_TO_WORD(options.image.fit, fit_words)},
    {"gravity", 0, "G",
     "centre, north, northeast, east, southeast, south, southwest, west, northwest, attention or "
     "entropy",
     NULL,
     "Which part --fit=cover keeps, of the picture as it is seen: centre, north, northeast, east, "
     "southeast, south, southwest, west, northwest, attention (what draws the eye) or entropy "
     "(what "
     "has most detail). Default: centre.",
     CLI_GROUP_PICTURE, CLI_TO_WORD(options.image.gravity, gravity_words)},
    {"background", 0, "#RRGGBB", "a colour of six hexadecimal digits, like #ffffff", NULL,
     "The colour of the padding of --fit=contain, and what is laid under a picture with alpha in "
     "a format that has none. Where a picture with alpha keeps it, padding is clear unless this "
     "option is given. Default: #ffffff.",
     CLI_GROUP_PICTURE, CLI_TO(cli_set_background)},
    {"enlarge", 0, NULL, NULL, NULL,
     "Let a picture that is smaller than its box grow. Default: it keeps its size.",
     CLI_GROUP_PICTURE, CLI_TO_CONST(options.image.enlarge, 1)},
    {"format", 'f', "F[,F]...",
     "one or several, with commas, of jpeg, png, webp, avif, jxl, gif, keep",
     "jpeg, png, webp, avif, jxl, gif or keep",
     "What thumbnails are written as: jpeg, png, webp, avif, jxl (JPEG XL), gif, or keep (as the "
     "source where that can be written, else jpeg, or png if it has alpha). Default: jpeg.",
     CLI_GROUP_PICTURE, CLI_TO_WITH_CHOICES(cli_set_format, "jpeg png webp avif jxl gif keep")},
    {"quality", 'Q', "N|F:N,...",
     "a number from 1 to 100, or one for each format, as in jpeg:80,webp:75,avif:50,jxl:80",
     "of lossy formats, 1 to 100",
     "Quality of lossy formats, 1 to 100: one number for all, or one for a format, as in "
     "jpeg:80,webp:75,avif:50,jxl:80. Those that are not named keep the number that stands alone, "
     "or the default: 80,avif:50. Each format has a scale of its own. Default: 80.",
     CLI_GROUP_PICTURE, CLI_TO(cli_set_quality)},
    {"progressive", 0, NULL, NULL, NULL,
     "Write JPEG files in scans, each finer than the one before, so that a browser shows all of a "
     "picture early; mostly a little smaller, and slower to make and to show. Other formats are "
     "written as without. Default: off.",
     CLI_GROUP_PICTURE, CLI_TO_CONST(options.image.progressive, 1)},
    {"max-size", 0, "SIZE", ALLOWED_BYTES, NULL,
     "Write no thumbnail larger than this, with an optional K, M or G: the quality is lowered as "
     "far as it takes, to 20 at least. A source whose thumbnail is larger even then has failed; so "
     "has one whose PNG or GIF is larger, since those have no quality. Default: no limit.",
     CLI_GROUP_PICTURE, CLI_TO_BYTES(options.image.max_size)},
    {"sharpen", 0, "[=AMOUNT]", "a number from 0.01 to 10, like 0.5", NULL,
     "Sharpen what was reduced: add AMOUNT of how much a pixel differs in brightness from those "
     "around it. 0.5 is mild; without AMOUNT it is that. Default: off.",
     CLI_GROUP_PICTURE, CLI_TO(cli_set_sharpen)},
    {"linear", 0, NULL, NULL, NULL,
     "Average light when pictures are reduced: fine patterns of black and white keep their "
     "brightness. "
     "Several times as slow, since no decoder may reduce by itself. Default: off.",
     CLI_GROUP_PICTURE, CLI_TO_CONST(options.image.linear, 1)},
    {"fast", 0, NULL, NULL, NULL,
     "Decode large pictures to fewer pixels, which leaves less to the filter: about a sixth faster "
     "on photos, and a "
     "little less exact. Default: off.",
     CLI_GROUP_PICTURE, CLI_TO_CONST(options.image.fast, 1)},
    {"embedded", 0, NULL, NULL, NULL,
     "Take the small copy that cameras put into JPEG (EXIF, MPF) and HEIC files, where it has the "
     "picture's shape, orientation and colours and is no smaller than any thumbnail. Fast, as file "
     "managers do it; but a copy is not always as sharp, and what else is in the file is not "
     "looked "
     "at. Default: off (of cameras' raw files there is nothing else to show).",
     CLI_GROUP_PICTURE, CLI_TO_CONST(options.image.embedded, 1)},
    {"allow-untrusted", 0, NULL, NULL, NULL,
     "Take PDF documents, too: their first page is drawn. Its decoder is much code that was not "
     "made for files from anywhere, so it runs in mode processes and inside the sandbox only. "
     "Fonts "
     "that a page does not hold are those of the system. Default: off, PDF is skipped.",
     CLI_GROUP_PICTURE, CLI_TO_CONST(options.image.allow_untrusted, 1)},
    {"metadata", 0, "WHAT", "none, icc or all", NULL,
     "What is kept of a source beside its pixels: none (colours are turned to sRGB), icc (an RGB "
     "colour profile, and the colours as they are) or all (also EXIF, told that the picture is "
     "upright and without its own thumbnail, XMP and IPTC, where the format has a place for "
     "them). A place where a photo was taken is kept by all only. Default: none.",
     CLI_GROUP_PICTURE, CLI_TO_WORD(options.image.metadata, metadata_words)},
    {"pages", 0, "WHICH", "first or all", NULL,
     "What is made of a GIF or WebP that moves: first (its first frame) or all (an animation with "
     "the same timing, where the format is gif, webp or keep; other formats get the first frame). "
     "Other sources of several pages always give the first. Default: first.",
     CLI_GROUP_PICTURE, CLI_TO_WORD(options.image.pages, pages_words)},

    {"name", 0, "TEMPLATE",
     "a path below DEST made with {dir} {stem} {name} {ext} {size} {width} {height} {format} "
     "{hash} "
     "{hash:N}",
     "output path below DEST, from {dir} {stem} {ext}...",
     "The path of a thumbnail below DEST, from {dir} {stem} {name} {ext} {size} {width} {height} "
     "{format} {hash} {hash:N}. {name} is the source's name, ending included. {hash} is 16 digits "
     "of a hash of the source's content and of all options that matter to the picture: a name with "
     "it never stands for other bytes, and {hash:2}/ spreads thumbnails over folders. Sources of "
     "the same content share a name that is made of {hash} alone. Default: {dir}/{stem}.{ext}, "
     "with several sizes {dir}/{stem}-{size}.{ext}.",
     CLI_GROUP_FILES, CLI_TO_TEXT(options.name_template) /* thumbs_batch_create() checks it */},
    {"names", 0, "WHICH", "short or full", NULL,
     "Which name of a source its thumbnail bears: short (a.jpg for a.png; where two new sources of "
     "a folder would get one name both get their whole name, and who had a thumbnail before keeps "
     "its name, so that a newcomer gets its whole name) or full (always a.png.jpg). Default: "
     "short.",
     CLI_GROUP_FILES, CLI_TO_WORD(options.names, names_words)},
    {"include", 0, "GLOB", "a glob that is not empty", "take files that match",
     "Take files whose path below SOURCE matches. * and ? do not cross a /, ** does; {a,b} is "
     "either; a glob without / "
     "is matched against the last part alone. Endings of images are the same in any case: *.jpg is "
     "*.JPG too. One that "
     "matches a folder takes what is in it, unless another is about that; with a / at its end it "
     "is about folders "
     "only. "
     "May be repeated and mixed with --exclude: the last that matches wins. Default: all known "
     "image types.",
     CLI_GROUP_FILES, CLI_TO(cli_add_include)},
    {"exclude", 0, "GLOB", "a glob that is not empty", "leave out files that match",
     "Leave out files and folders whose path below SOURCE matches. May be repeated. A glob that "
     "matched nothing is "
     "told.",
     CLI_GROUP_FILES, CLI_TO(cli_add_exclude)},
    {"no-default-excludes", 0, NULL, NULL, NULL,
     "Take what systems and NAS leave beside pictures, too. Default: files and folders called "
     "@eaDir, #recycle, .Trash*, Thumbs.db, __MACOSX, ._*, $RECYCLE.BIN or .thumbnails are left "
     "out, unless they are a SOURCE. Rules in the files .thumbsignore of SOURCE and of folders in "
     "it, written as for git, always count; so does a file .nomedia: its folder is left out with "
     "all that is in it.",
     CLI_GROUP_FILES, CLI_TO_FLAG(options.take_litter)},
    {"files-from", 0, "FILE", "a file name, or - for standard input", NULL,
     "Take the sources from FILE (- is standard input), one name a line, relative to SOURCE; "
     "without SOURCE, to the "
     "current folder; absolute names are taken if they lie below SOURCE. A folder is taken with "
     "all that is in it. "
     "--include and --exclude count, hidden names that are listed are taken. Lines may end in CR "
     "LF. A name that leads "
     "out of SOURCE, or without --follow through a symbolic link, has failed. "
     "Outputs get the same names as in a run over all of SOURCE. A long list is taken in parts: a "
     "name that stands in "
     "two of them is made twice.",
     CLI_GROUP_FILES, CLI_TO_TEXT(options.files_from)},
    {"null", '0', NULL, NULL, NULL,
     "Names in the list of --files-from end in a NUL byte instead of a newline.", CLI_GROUP_FILES,
     CLI_TO_FLAG(options.files_from_null)},
    {"hidden", 0, NULL, NULL, NULL, "Take files and folders whose name begins with a dot, too.",
     CLI_GROUP_FILES, CLI_TO_FLAG(options.hidden)},
    {"follow", 0, NULL, NULL, NULL, "Follow symbolic links.", CLI_GROUP_FILES,
     CLI_TO_FLAG(options.follow)},
    {"one-file-system", 0, NULL, NULL, NULL,
     "Do not enter folders that lie on another file system than their SOURCE.", CLI_GROUP_FILES,
     CLI_TO_FLAG(options.one_file_system)},
    {"force", 0, NULL, NULL, "remake what is up to date", "Remake what is up to date.",
     CLI_GROUP_FILES, CLI_TO_FLAG(options.force)},
    {"chmod", 0, "MODE", "three octal digits that let the owner read, like 644", NULL,
     "The permissions of thumbnails that are made, as three octal digits, like 640. Folders, and "
     "thumbnails that are up to date, are left as they are. Default: what the umask leaves; a new "
     "file or folder in a setgid folder has the group of that.",
     CLI_GROUP_FILES, CLI_TO(cli_set_chmod)},
    {"overwrite", 0, NULL, NULL, NULL,
     "Replace files that thumbs did not make: those in DEST under the name of an output, and those "
     "that a report would "
     "be written over. Default: such a file is refused. A source, the list, or a photo in the "
     "place of a report is "
     "never replaced.",
     CLI_GROUP_FILES, CLI_TO_FLAG(options.overwrite)},
    {"checksum", 0, NULL, NULL, NULL,
     "Judge sources by their content alone: each is read, and what was made of the same bytes is "
     "up "
     "to date. Default: a source whose size, times and inode are those of the last run is not "
     "opened; its content is compared only where these differ.",
     CLI_GROUP_FILES, CLI_TO_FLAG(options.checksum)},
    {"retry-failed", 0, NULL, NULL, NULL,
     "Try again what failed the last time and has not changed since. Default: such a file is "
     "reported as known at once, from memory (also with --force), unless it may now take longer, "
     "or be larger, than it was allowed then.",
     CLI_GROUP_FILES, CLI_TO_FLAG(options.retry_failed)},
    {"strict", 0, NULL, NULL, NULL,
     "Exit status 1 also for failures that are known from an earlier run. Default: for new ones "
     "only.",
     CLI_GROUP_FILES, CLI_TO_FLAG(strict)},
    {"delete", 0, "[=WHAT]", "sources, stale or force, or several of them with commas", NULL,
     "Remove thumbnails that nobody wants any more, at the end of the run: sources are those whose "
     "source is gone, is left out of this run (--exclude, --hidden and the like) or is no image "
     "any more; stale are those that were made of a source under other options, which have left "
     "others in their place. "
     "Without a word it is both: where several calls with options of their own share DEST, say "
     "--delete=sources. Only what thumbs made and has on record in DEST/.thumbs goes, and folders "
     "that become empty. What failed, what could not be read and what belongs to other shards "
     "keeps its thumbnails; so does what --files-from does not list, while it is there. Where no "
     "source is found, or more than half would go, nothing is removed (exit status 3) unless force "
     "is said. --dry-run lists what would go. Each SOURCE must be a folder. Default: nothing is "
     "removed.",
     CLI_GROUP_FILES, CLI_TO(cli_set_delete)},
    {"wait", 0, NULL, NULL, NULL,
     "Where another run is at work on DEST, wait for its end. Default: say so and end with exit "
     "status 3. Shards of one job work at the same time; a dry run asks nobody.",
     CLI_GROUP_FILES, CLI_TO_FLAG(options.wait)},
    {"watch", 0, NULL, NULL, NULL,
     "Do not end, but keep DEST in step with SOURCE: when files or folders have come, changed, "
     "been moved or (with --delete) gone, and nothing more has happened for a moment, what they "
     "change is done; then only failures are told, and with --verbose what was made. A file that "
     "is being written counts when it is closed. What has not changed is not looked at; all of "
     "SOURCE is, as by any run, when folders were moved or have gone, or rules have changed, and "
     "where names have to be compared over all of it. A signal ends it in good order, with exit "
     "status 128+N; so does the loss of SOURCE, with 3. --wait is implied. Needs a watch for each "
     "folder (fs.inotify.max_user_watches). Changes that other machines make on a network file "
     "system are not seen.",
     CLI_GROUP_FILES, CLI_TO_FLAG(keep_in_step)},
    {"shard", 0, "I/N|auto",
     "I/N, part I (from 0) of N (at most 1000000), as in 0/4, or auto, or auto/N", NULL,
     "Take part I, from 0, of N, as one of N runs on as many machines. The parts are disjoint and "
     "together whole, may share one DEST, and need no word between them; names are those of a run "
     "over all. auto takes I and N from the variables of a Slurm array, AWS Batch, Google Batch, "
     "GitLab, Buildkite or CircleCI; auto/N takes I alone, as from a Kubernetes Indexed Job. "
     "'thumbs merge' joins the reports. Default: whole.",
     CLI_GROUP_FILES, CLI_TO_WITH_CHOICES(cli_set_shard, "auto")},

    {"jobs", 'j', "N", "a number from 1 to 1024", "compute workers",
     "Compute workers. Default: the CPUs this process may use (affinity mask, cgroup quota and "
     "cpuset counted in).",
     CLI_GROUP_RUN, CLI_TO_NUMBER(options.jobs, 1, THUMBS_MAX_JOBS)},
    {"mode", 0, "MODE", "processes, threads or sync", "processes, threads or sync",
     "How pictures are worked on: processes (a pool of worker processes: a decoder that crashes or "
     "hangs costs its "
     "file "
     "alone), threads (a team in one process) or sync (one thread does every stage, one file at a "
     "time). The "
     "thumbnails "
     "are the same, byte for byte. Default: processes.",
     CLI_GROUP_RUN, CLI_TO_WORD(options.mode, cli_mode_words)},
    {"io", 0, "IO", "threads or uring", NULL,
     "How files are read: threads is a pool of I/O threads, uring one thread that has many files "
     "under way by "
     "io_uring. "
     "Where the system forbids that, threads are used, with a note. Default: threads.",
     CLI_GROUP_RUN, CLI_TO_WORD(options.io, cli_io_words)},
    {"io-jobs", 0, "N", "a number from 1 to 1024", NULL,
     "I/O threads; with --io=uring, files under way. Default: 4, with --io=uring 64.",
     CLI_GROUP_RUN, CLI_TO_NUMBER(options.io_jobs, 1, THUMBS_MAX_JOBS)},
    {"queue", 0, "N", "a number from 1 to 1000000", NULL,
     "Most files that wait in the queue of loaded files. Default: 4 for each of the jobs.",
     CLI_GROUP_RUN, CLI_TO_NUMBER(options.queue_items, 1, THUMBS_MAX_QUEUE)},
    {"queue-bytes", 0, "SIZE", ALLOWED_BYTES, NULL,
     "Most bytes of loaded files in memory, with an optional K, M or G (powers of 1024). Default: "
     "256M.",
     CLI_GROUP_RUN, CLI_TO_BYTES(options.queue_bytes)},
    {"timeout", 0, "SECONDS", "a number of seconds above 0, at most 1000000, like 60 or 2.5", NULL,
     "Most time for one file. Default: 60.", CLI_GROUP_RUN, CLI_TO(cli_set_timeout)},
    {"max-pixels", 0, "N", "a number from 1", NULL,
     "A source of more pixels (width times height) is refused before it is decoded. Default: 500 "
     "million.",
     CLI_GROUP_RUN, CLI_TO_NUMBER64(options.image.max_pixels)},
    {"max-bytes", 0, "SIZE", ALLOWED_BYTES, NULL,
     "A source file larger than this is refused, with an optional K, M or G. Default: 1G.",
     CLI_GROUP_RUN, CLI_TO_BYTES(options.max_bytes)},
    {"memory", 0, "SIZE", ALLOWED_BYTES, NULL,
     "Most memory of all workers and buffers together, with an optional K, M or G. A file whose "
     "decoding takes "
     "more than is free waits; one that takes more than there ever is fails. Default: 3/4 of what "
     "the cgroup or the "
     "machine has.",
     CLI_GROUP_RUN, CLI_TO_BYTES(options.memory_bytes)},
    {"sandbox", 0, "WHEN", "on, off or require", NULL,
     "Lock each worker process up with seccomp and Landlock: on (as far as the kernel has them), "
     "off, or require (do "
     "not run without). Mode processes. Default: on.",
     CLI_GROUP_RUN, CLI_TO_WORD(options.sandbox, sandbox_words)},
    {"on-damage", 0, "WHAT", "warn or fail", NULL,
     "What to do with truncated or damaged data that still decodes: warn (make the thumbnail and "
     "say so) or fail. "
     "Default: warn.",
     CLI_GROUP_RUN, CLI_TO_WORD(options.image.on_damage, damage_words)},
    {"fail-fast", 0, NULL, NULL, NULL, "Stop at the first failed file. Default: go on, report all.",
     CLI_GROUP_RUN, CLI_TO_FLAG(options.fail_fast)},
    {"dry-run", 'n', NULL, NULL, "say what would be done, write nothing",
     "Say what would be done, write nothing.", CLI_GROUP_RUN, CLI_TO_FLAG(options.dry_run)},

    {"preset", 0, "FILE", "the name of a file in TOML", NULL,
     "Take options from FILE, in TOML: each key is the name of an option, a flag is true, a list "
     "with commas may be an array, as in size = [320, 640]. Options of the command line win over "
     "it; --include and --exclude come behind its own. Without this option, thumbs.toml in the "
     "working folder is taken if it is there and yours; --preset=/dev/null does without. Default: "
     "thumbs.toml, if it is there.",
     CLI_GROUP_RUN, CLI_TO_TEXT(preset)},
    {"print-options", 0, NULL, NULL, NULL,
     "Print all options as they hold, in TOML, with where each came from, and make nothing.",
     CLI_GROUP_RUN, CLI_TO_FLAG(print_options)},

    {"progress", 0, "WHEN", "auto, always or never", NULL,
     "Show progress with rate, time left and failures on standard error: auto (on a terminal), "
     "always (where it is no "
     "terminal, a line every ten seconds) or never. Default: auto.",
     CLI_GROUP_OUTPUT, CLI_TO_WORD(progress, progress_words)},
    {"quiet", 0, NULL, NULL, "only errors", "Say nothing but errors.", CLI_GROUP_OUTPUT,
     CLI_TO_FLAG(quiet)},
    {"verbose", 'v', NULL, NULL, "one line a file",
     "One line a file on standard error, and in the summary what the run was bound by.",
     CLI_GROUP_OUTPUT, CLI_TO_FLAG(verbose)},
    {"report", 0, "FILE", "a file name, or - for standard output",
     "what became of each file, as NDJSON",
     "Write a report as NDJSON: one object a source as it finishes, then a summary. A file appears "
     "under its name at "
     "the end, and replaces only a report; until then its lines are in .thumbs-FILE.part beside "
     "it. - is standard "
     "output; to it, to /dev/fd/N, to a FIFO or a device each line goes within a second.",
     CLI_GROUP_OUTPUT, CLI_TO_TEXT(report)},
    {"manifest", 0, "FILE", "a file name, or - for standard output", NULL,
     "Write what was made for programs that build web pages, as JSON: each source with its size, "
     "and its thumbnails by format and width with their bytes, hash, URL relative to DEST, and a "
     "srcset for each format. Sources that were up to date are in it too; those that failed are "
     "not. The order is that of names. A file appears when the run has ended, replaces only such a "
     "file, and stays as it was if the run is stopped or is a dry run.",
     CLI_GROUP_OUTPUT, CLI_TO_TEXT(manifest)},
    {"gallery", 0, "FILE", "a file name, or - for standard output", NULL,
     "Write a contact sheet: one HTML page that shows the thumbnails of this run, those that were "
     "up to date included, and says what failed and why. It holds no pictures but points to them "
     "by relative addresses, from where FILE stands (for -, from the current folder), so it moves "
     "with DEST: a FILE in DEST is best. It appears at the end, and replaces only such a page. Of "
     "a --shard it shows that part; a dry run's shows what would be made, without pictures.",
     CLI_GROUP_OUTPUT, CLI_TO_TEXT(gallery)},
    {"placeholders", 0, NULL, NULL, NULL,
     "Tell in the report and the manifest what may stand in for each picture until it is there: "
     "its "
     "ThumbHash, and its dominant colour. Thumbnails are the same as without. What was made "
     "without it is made once more.",
     CLI_GROUP_OUTPUT, CLI_TO_CONST(options.image.placeholder, 1)},
    {"help", 'h', NULL, NULL, "this page; --help explains every option",
     "This text. -h shows the options used most.", CLI_GROUP_OUTPUT,
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
