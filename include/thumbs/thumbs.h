/* SPDX-License-Identifier: MIT */
/*
 * thumbs.h - the one public header of libthumbs.
 *
 * Two jobs: one picture in memory to thumbnails in memory (thumbs_make), and a whole tree of files
 * to a tree of thumbnails (thumbs_batch_*). The program `thumbs` is a thin layer over the second.
 *
 * Conventions. Functions return enum thumbs_code, THUMBS_OK (0) on success. On failure outputs are
 * untouched and *err, if given, says what happened. Sizes of memory are size_t, of files uint64_t,
 * of pictures uint32_t pixels as width x height. Nothing here prints. Unless said otherwise, any
 * thread may call a function; calls on the same object must not overlap.
 */
#ifndef THUMBS_THUMBS_H
#define THUMBS_THUMBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define THUMBS_API __attribute__((visibility("default")))
#else
#define THUMBS_API
#endif

#define THUMBS_VERSION_MAJOR  0
#define THUMBS_VERSION_MINOR  3
#define THUMBS_VERSION_PATCH  0
#define THUMBS_VERSION_STRING "0.3.0"

/* ---- errors ---------------------------------------------------------------------------------- */

/* Why something failed. The names in the report are the lower-case words, see thumbs_code_name().
 */
enum thumbs_code {
    THUMBS_OK = 0,
    THUMBS_UNREADABLE,   /* the source cannot be opened or read */
    THUMBS_VANISHED,     /* the source is gone, or changed while it was read */
    THUMBS_TOO_LARGE,    /* beyond --max-bytes or --max-pixels */
    THUMBS_UNSUPPORTED,  /* an image, but of a kind that cannot be decoded here */
    THUMBS_CORRUPT,      /* the data does not decode */
    THUMBS_TIMEOUT,      /* took longer than --timeout */
    THUMBS_CRASHED,      /* the worker died while decoding it */
    THUMBS_MEMORY,       /* not enough memory */
    THUMBS_NO_SPACE,     /* disk full or quota reached */
    THUMBS_NOT_WRITABLE, /* the output cannot be made */
    THUMBS_NAME_CLASH,   /* two sources want the same output name */
    THUMBS_INTERNAL,     /* a bug in thumbs */
    THUMBS_USAGE,        /* invalid options; never the status of a file */
    THUMBS_NOT_IMAGE,    /* not an image at all: the file is skipped, not failed */
    THUMBS_STOPPED,      /* the run was stopped before this was done */
    THUMBS_NOT_OURS,     /* a file that thumbs did not make has the output's name */
    THUMBS_N_CODES
};

/* Where it failed. */
enum thumbs_stage {
    THUMBS_STAGE_NONE = 0,
    THUMBS_STAGE_WALK,
    THUMBS_STAGE_LOAD,
    THUMBS_STAGE_QUEUE,
    THUMBS_STAGE_DECODE,
    THUMBS_STAGE_RESIZE,
    THUMBS_STAGE_ENCODE,
    THUMBS_STAGE_WRITE,
    THUMBS_STAGE_REPORT, /* only in struct thumbs_waiting */
    THUMBS_N_STAGES
};

/* One failure. Zero-initialise before first use; plain data, nothing to free. The path, which may
 * be of any length, travels beside it (struct thumbs_event). */
struct thumbs_error {
    enum thumbs_code code;
    enum thumbs_stage stage;
    int os_errno;      /* errno of the system call behind it, 0 if there was none */
    char message[200]; /* one English clause, no newline */
};

/* The word for a code or stage in the report ("corrupt", "decode"); never NULL. */
THUMBS_API const char *thumbs_code_name(enum thumbs_code code);
THUMBS_API const char *thumbs_stage_name(enum thumbs_stage stage);

/* ---- options --------------------------------------------------------------------------------- */

enum thumbs_format {
    THUMBS_FORMAT_NONE = 0,
    THUMBS_FORMAT_JPEG,
    THUMBS_FORMAT_PNG,
    THUMBS_FORMAT_WEBP,
    THUMBS_FORMAT_AVIF,
    THUMBS_FORMAT_JXL,
    THUMBS_FORMAT_GIF,
    THUMBS_FORMAT_KEEP, /* as output only: as the source, where writable, else JPEG (PNG with alpha)
                         */
    /* as source only */
    THUMBS_FORMAT_HEIF,
    THUMBS_FORMAT_TIFF,
    THUMBS_FORMAT_JP2K,
    THUMBS_FORMAT_SVG,
    THUMBS_FORMAT_PDF,
    THUMBS_FORMAT_BMP,
    THUMBS_FORMAT_PNM, /* Netpbm: PBM, PGM, PPM, PAM, PFM */
    THUMBS_FORMAT_ICO, /* icons and cursors */
    THUMBS_FORMAT_RAW, /* a camera raw file: its preview */
    THUMBS_FORMAT_OTHER,
    THUMBS_N_FORMATS
};

/* The word for a format ("jpeg"), and its usual file ending ("jpg"); never NULL. */
THUMBS_API const char *thumbs_format_name(enum thumbs_format format);
THUMBS_API const char *thumbs_format_ext(enum thumbs_format format);
/* Is it valid in thumbs_image_options.formats: can it be written, or is it KEEP? */
THUMBS_API bool thumbs_format_is_output(enum thumbs_format format);

enum thumbs_mode { THUMBS_MODE_PROCESSES = 0, THUMBS_MODE_THREADS, THUMBS_MODE_SYNC };
/* How files are read: by a pool of threads that each wait for the disk, or by one event loop over
 * io_uring. */
enum thumbs_io { THUMBS_IO_THREADS = 0, THUMBS_IO_URING };
/* How a picture fits a box. INSIDE: whole, in its own shape. COVER: fills the box, and what sticks
 * out is cropped. CONTAIN: as INSIDE, then padded to the box. FILL: distorted to the box. All but
 * INSIDE need both sides of a box. Without `enlarge` nothing grows: COVER and FILL then give less
 * than the box if the picture is smaller; CONTAIN still pads. */
enum thumbs_fit { THUMBS_FIT_INSIDE = 0, THUMBS_FIT_COVER, THUMBS_FIT_CONTAIN, THUMBS_FIT_FILL };
/* Which part of the upright picture (after EXIF orientation) COVER keeps. The last two choose by
 * content, and need libvips: ATTENTION keeps what draws the eye (edges, skin, bright colours),
 * ENTROPY the most detail. */
enum thumbs_gravity {
    THUMBS_GRAVITY_CENTRE = 0,
    THUMBS_GRAVITY_NORTH,
    THUMBS_GRAVITY_NORTHEAST,
    THUMBS_GRAVITY_EAST,
    THUMBS_GRAVITY_SOUTHEAST,
    THUMBS_GRAVITY_SOUTH,
    THUMBS_GRAVITY_SOUTHWEST,
    THUMBS_GRAVITY_WEST,
    THUMBS_GRAVITY_NORTHWEST,
    THUMBS_GRAVITY_ATTENTION,
    THUMBS_GRAVITY_ENTROPY,
    THUMBS_N_GRAVITIES
};
/* Whether worker processes are sandboxed. ON: as far as the kernel supports it. REQUIRE: fail if it
 * is not possible in full. */
enum thumbs_sandbox { THUMBS_SANDBOX_ON = 0, THUMBS_SANDBOX_OFF, THUMBS_SANDBOX_REQUIRE };
enum thumbs_damage { THUMBS_DAMAGE_WARN = 0, THUMBS_DAMAGE_FAIL };
/* What an output keeps of its source besides the pixels. NONE: nothing; colours are converted to
 * sRGB. ICC: an RGB profile; colours are then not converted. ALL: also EXIF (upright, without its
 * own thumbnail), XMP and IPTC, if the output's format has a place for them. */
enum thumbs_metadata { THUMBS_METADATA_NONE = 0, THUMBS_METADATA_ICC, THUMBS_METADATA_ALL };
/* Of an animated source: the first frame, or all of them if the output's format can be animated. */
enum thumbs_pages { THUMBS_PAGES_FIRST = 0, THUMBS_PAGES_ALL };

/* Which thumbnails of DEST a run removes at its end: bits of thumbs_options.deletes. Only what
 * thumbs made and has on record in DEST/.thumbs is removed. SOURCES: those whose source is gone,
 * left out of this run, or no longer an image. STALE: those made from a source under other options,
 * and replaced by others since. Sources that failed, that could not be read or that belong to other
 * shards keep theirs. If no source was found, or more than half would go, nothing is removed
 * without FORCE. With files_from, a source that exists is not left out because it is not listed. */
enum thumbs_delete { THUMBS_DELETE_SOURCES = 1, THUMBS_DELETE_STALE = 2, THUMBS_DELETE_FORCE = 4 };

#define THUMBS_MAX_SIZES     16
#define THUMBS_MAX_FORMATS   6
#define THUMBS_MAX_OUTPUTS   (THUMBS_MAX_SIZES * THUMBS_MAX_FORMATS)
#define THUMBS_MAX_SIDE      65500u /* widest and highest thumbnail, the limit of JPEG */
#define THUMBS_MAX_JOBS      1024u  /* of each kind */
#define THUMBS_MAX_QUEUE     1000000u
#define THUMBS_MAX_SHARDS    1000000u
#define THUMBS_LEAST_QUALITY 20u /* how far max_size lowers it */

/* A box in pixels. 0 leaves a side unbounded. `square` only says that it was written as "256", not
 * as "256x256". */
struct thumbs_size {
    uint32_t width;
    uint32_t height;
    bool square;
};
#define THUMBS_SIZE_TEXT 24
/* As it was written: "256", "256x192", "256x", "x192"; NUL-terminated. */
THUMBS_API void thumbs_size_text(const struct thumbs_size *size, char text[THUMBS_SIZE_TEXT]);

/* A source no larger than several sizes would give the same thumbnail for each of them, at its own
 * size. Unless sources are enlarged, it is made once and stands for all these sizes. Sets of sizes
 * are bits: bit i for options.sizes[i]. */

/* All options that affect the bytes of a thumbnail. Plain data without pointers: it is copied to
 * worker processes, and hashed into the fingerprint that shows whether an output is up to date. */
struct thumbs_image_options {
    uint32_t n_sizes;
    struct thumbs_size sizes[THUMBS_MAX_SIZES];
    uint32_t n_formats;
    uint32_t formats[THUMBS_MAX_FORMATS]; /* enum thumbs_format, writable ones and KEEP */
    uint32_t fit;                         /* enum thumbs_fit */
    uint32_t gravity;                     /* enum thumbs_gravity; only fit COVER has one */
    uint32_t linear;                      /* not 0: average light, not samples */
    uint32_t sharpen;                     /* of what was reduced, in hundredths: 0 (off) to 1000 */
    uint32_t enlarge;                     /* 0 or 1 */
    uint32_t fast; /* 0 or 1: less work on each picture, a little less sharp */
    /* 0 or 1: if a JPEG or HEIC holds a small copy of its picture with the same shape, orientation
     * and colours, no smaller than any thumbnail, use that and ignore the rest */
    uint32_t embedded;
    uint32_t quality; /* 1 to 100, of formats with loss */
    /* The same for one of them, by enum thumbs_format; 0: as `quality` says. */
    uint8_t quality_of[THUMBS_FORMAT_KEEP + 1];
    uint32_t progressive; /* 0 or 1: JPEG in scans, each finer than the one before */
    uint32_t metadata;    /* enum thumbs_metadata */
    uint32_t pages;       /* enum thumbs_pages */
    uint32_t
        placeholder; /* 0 or 1: make what stands in for the picture, too; outputs are the same */
    /* Maximum bytes of an output; 0: no limit. The quality is lowered as far as
     * THUMBS_LEAST_QUALITY, or not at all if less was asked for. An output that is still larger, or
     * that has no quality and is larger, fails with TOO_LARGE. */
    uint64_t max_size;
    /* R, G, B of the padding, and of the background where alpha cannot be kept; in the colours of
     * the output, which are those of the profile if one is kept. The fourth is the opacity of the
     * padding where alpha is kept: 0 (transparent) or 255. */
    uint8_t background[4];
    uint32_t on_damage; /* enum thumbs_damage */
    /* 1: formats that are only decoded in a sandbox (SVG, JPEG XL, JPEG 2000, PDF, raw files) are
     * not decoded there either, so that all modes behave alike */
    uint32_t plain_only;
    /* 0 or 1: also take PDF documents, whose first page is drawn, in a sandbox only. The large PDF
     * decoder was not written for untrusted data. */
    uint32_t allow_untrusted;
    uint64_t max_pixels; /* width x height of a source beyond which it is refused */
};

/* What {stem} is in the names of outputs. SHORT: the source's name up to its last dot, unless
 * another source wants that name too; whoever had an output before keeps it. FULL: the whole name.
 */
enum thumbs_names { THUMBS_NAMES_SHORT = 0, THUMBS_NAMES_FULL };

/* What has changed in SOURCE since the last run of these options, so that a run need not look at
 * all of it (thumbs_options.changes). Folders are told by device and inode. Called by one thread at
 * a time. */
enum thumbs_change {
    THUMBS_CHANGE_NONE = 0, /* nothing, neither in this folder nor below it */
    THUMBS_CHANGE_BELOW,    /* only below it */
    THUMBS_CHANGE_FILES,    /* also those of its files for which file() is true */
    THUMBS_CHANGE_ALL       /* also all of its files, for what is known */
};
struct thumbs_changes {
    enum thumbs_change (*folder)(void *user, uint64_t dev, uint64_t ino);
    bool (*file)(void *user, uint64_t dev, uint64_t ino, const char *name);
    /* Is somebody writing this file of the open folder dirfd? Then it is skipped, since it will be
     * reported as changed once it is closed. */
    bool (*is_busy)(void *user, int dirfd, const char *name);
    void *user;
    bool gone; /* files have gone, so one that has come may be one of them under another name */
};

/* Options of a batch. Obtain with thumbs_options_init(), then change what you like. Strings are
 * borrowed until thumbs_batch_destroy(). */
struct thumbs_options {
    size_t struct_size; /* set by thumbs_options_init() */
    struct thumbs_image_options image;
    enum thumbs_mode mode;
    unsigned jobs; /* compute workers; 0: the CPUs this process may use */
    enum thumbs_io io;
    unsigned io_jobs;      /* I/O threads, with io uring files in flight; 0: 4, or 64 */
    unsigned queue_items;  /* 0: 4 x jobs */
    uint64_t queue_bytes;  /* bytes of loaded files in memory at one time */
    uint64_t max_bytes;    /* a source file beyond this is refused */
    uint64_t memory_bytes; /* of all workers and buffers together; 0: three quarters of what may be
                              used */
    enum thumbs_sandbox sandbox;
    double timeout_seconds;    /* per file */
    const char *name_template; /* NULL: the default of --name */
    enum thumbs_names names;
    const char *const
        *globs; /* n_globs of them, each behind '+' (include) or '-' (exclude), in order */
    size_t n_globs;
    bool hidden, follow, force, dry_run, fail_fast;
    /* Take what systems and NAS leave beside pictures (@eaDir, #recycle, .Trash*, Thumbs.db,
     * __MACOSX, ._*, $RECYCLE.BIN, .thumbnails), too. */
    bool take_litter;
    bool one_file_system; /* enter no folder on another file system than its SOURCE */
    /* Take the sources from this file ("-": standard input) instead of walking SOURCE, which must
     * be one folder: names below it, ended by newlines, or by NUL bytes if files_from_null. Folders
     * among them are walked. A name that leads out of SOURCE (or, without `follow`, through a
     * symbolic link) has failed. NULL: walk. */
    const char *files_from;
    bool files_from_null;
    /* Try sources again that failed the last time and have not changed since; else they are
     * reported as known, without being opened (whatever `force` says). */
    bool retry_failed;
    bool
        overwrite; /* replace files that thumbs did not make, where an output or a report belongs */
    unsigned output_mode; /* permissions of outputs that are made; 0: as the umask leaves them */
    /* Sources are compared with what was made of them by their content alone, so each is read. */
    bool checksum;
    /* Wait, at the beginning of thumbs_batch_run(), while another run is at work on DEST; else
     * thumbs_batch_create() fails with NOT_WRITABLE. Shards of one job do not keep each other
     * waiting. */
    bool wait;
    unsigned deletes; /* bits of enum thumbs_delete; each SOURCE must then be a folder */
    /* Look only at what has changed, and remove only what belongs to that. NULL: all of SOURCE. So
     * it is also where only a walk over all can tell which names are apart. */
    const struct thumbs_changes *changes;
    bool count_ahead; /* count the sources in a thread of its own, so that totals.expected tells how
                         far a run is */
    unsigned io_latency_ms; /* for benchmarks: each open of a source waits that long, as on network
                               storage */
    bool no_work; /* for benchmarks: load each file, hand it over, but make no thumbnail; DEST stays
                     empty */
    /* Take only part `shard` (from 0) of n_shards, by a stable hash of the path below SOURCE: the
     * parts are disjoint and together whole, and names are those of a run over all. 0: whole. */
    uint32_t shard, n_shards;
    /* Path of the `thumbs` program that mode processes runs as worker; NULL: as installed. */
    const char *worker_program;
};

/* Fill *options with the defaults. */
THUMBS_API void thumbs_options_init(struct thumbs_options *options);

/* ---- one picture ----------------------------------------------------------------------------- */

/* One thumbnail: `len` bytes of an encoded file at `data`, width x height pixels. */
struct thumbs_image {
    enum thumbs_format format;
    uint32_t i_size; /* which of options->sizes; the first, if it stands for several */
    uint32_t sizes;  /* all that it stands for, as bits */
    uint32_t width, height;
    const uint8_t *data;
    size_t len;
};

/* What thumbnails were made of. */
enum thumbs_from {
    THUMBS_FROM_PICTURE = 0,
    THUMBS_FROM_PREVIEW,  /* the preview of a camera raw file, smaller than a wanted size */
    THUMBS_FROM_EMBEDDED, /* a small copy that the file holds besides the picture */
    THUMBS_N_FROMS
};
/* The word for it in the report ("preview"); never NULL. */
THUMBS_API const char *thumbs_from_name(enum thumbs_from from);

/* What can stand in for a picture while it loads. */
struct thumbs_placeholder {
    uint8_t thumbhash[25]; /* https://evanw.github.io/thumbhash/, of the whole picture */
    uint8_t thumbhash_len; /* 0: there is no placeholder */
    uint8_t has_dominant;  /* 0: no pixel can be seen */
    uint8_t dominant[3];   /* R, G, B of the colour that is there most */
};

/* What thumbs_make() found out about a source, whatever it made of it. */
struct thumbs_source_info {
    enum thumbs_format format;
    uint32_t width, height; /* pixels, upright (after EXIF orientation) */
    enum thumbs_from from;
    bool damaged;      /* decoded, but with errors; `warning` says which */
    char warning[200]; /* may be there without damage: its colour profile cannot be used */
    uint64_t decode_ns, resize_ns, encode_ns;
    struct thumbs_placeholder placeholder; /* only where it was asked for */
};

struct thumbs_images; /* the thumbnails of one source; owns their bytes */

/* Make every size and format of `options` from the `len` bytes at `data` (borrowed until return).
 * Sizes larger than the picture share one thumbnail. On success the caller owns *out and frees it
 * with thumbs_images_destroy(). Errors: UNSUPPORTED, NOT_IMAGE, CORRUPT, TOO_LARGE, MEMORY, USAGE,
 * INTERNAL. info may be NULL. Thread-safe.
 *
 * This runs the code of a batch in the calling process: without a sandbox, without limits of time
 * or memory except max_pixels, and a decoder that crashes takes the caller down. So formats that
 * are only decoded in a sandbox (SVG, JPEG XL, JPEG 2000, PDF, raw files) are UNSUPPORTED here. For
 * untrusted pictures run a batch in mode processes, or the program as `thumbs - -`. The bytes are
 * those of a batch, except for the comment that says who made the file. */
THUMBS_API enum thumbs_code thumbs_make(const void *data, size_t len,
                                        const struct thumbs_image_options *options,
                                        struct thumbs_images **out, struct thumbs_source_info *info,
                                        struct thumbs_error *err);
THUMBS_API size_t thumbs_images_count(const struct thumbs_images *images);
/* The i-th thumbnail, borrowed from images. i must be below the count. */
THUMBS_API const struct thumbs_image *thumbs_images_get(const struct thumbs_images *images,
                                                        size_t i);
THUMBS_API void thumbs_images_destroy(struct thumbs_images *images); /* NULL is fine */

/* ---- a batch --------------------------------------------------------------------------------- */

enum thumbs_status {
    THUMBS_STATUS_DONE = 0,
    THUMBS_STATUS_UP_TO_DATE,
    THUMBS_STATUS_DAMAGED, /* done, with a warning in error.message */
    THUMBS_STATUS_FAILED,
    THUMBS_STATUS_SKIPPED,
    THUMBS_STATUS_KNOWN,      /* failed in an earlier run, and has not changed since */
    THUMBS_STATUS_WOULD_MAKE, /* a dry run: it would be made */
    THUMBS_N_STATUSES
};
THUMBS_API const char *
thumbs_status_name(enum thumbs_status status); /* "done", "up-to-date", ... */

struct thumbs_output {
    const char *path; /* below DEST, bytes, NUL-terminated */
    enum thumbs_format format;
    uint32_t width, height;
    uint64_t bytes;
    uint64_t hash;  /* XXH3, 64 bits, of the file as it stands; 0: not known */
    uint32_t sizes; /* which it stands for: bits, of thumbs_event.sizes */
};

/* Wall time of each stage of one file, in nanoseconds. */
struct thumbs_times {
    uint64_t load, wait, decode, resize, encode, write;
};

/* The status of one source: exactly one event for each. Everything is borrowed until the callback
 * returns. */
struct thumbs_event {
    const char *source; /* path below SOURCE (below <its last name part> with several), bytes,
                           NUL-terminated */
    enum thumbs_status status;
    /* The user named it (a SOURCE, a name of files_from) and no glob leaves it out: if it is
     * skipped, that matters. */
    bool named;
    enum thumbs_format format;
    uint32_t width, height;                /* of the source, upright; 0 if unknown */
    enum thumbs_from from;                 /* done, damaged: what they were made of */
    uint64_t bytes;                        /* of the source file; 0 if unknown */
    uint64_t hash;                         /* XXH3, 64 bits, of the source file; 0: not known */
    struct thumbs_placeholder placeholder; /* only where it was asked for */
    int64_t modified_ns; /* when the source file was changed last, since 1970; 0: unknown */
    const struct thumbs_output *outputs;
    size_t n_outputs;
    const struct thumbs_size *sizes; /* that were asked for */
    uint32_t n_sizes;
    struct thumbs_times times;
    /* failed, known: why. skipped, damaged: message. done: what is odd about it, or NULL. else NULL
     */
    const struct thumbs_error *error;
};

/* Totals of a run. */
struct thumbs_totals {
    uint64_t by_status[THUMBS_N_STATUSES];
    uint64_t named_skipped;   /* sources that were skipped though they were named */
    uint64_t found;           /* sources that the walk has found so far */
    uint64_t other_shards;    /* names that were left to other shards; they count nowhere else */
    uint32_t shard, n_shards; /* as in struct thumbs_options */
    bool deletes;             /* options.deletes is not 0 */
    uint64_t removed, would_remove; /* thumbnails; the second in a dry run */
    uint64_t expected; /* how many there will be, if it was counted ahead (options.count_ahead); 0:
                          not known (yet) */
    bool walk_done;    /* so `found` is final */
    bool incomplete;   /* set by who knows: the run ended before every source had its status */
    uint64_t bytes, pixels;    /* read from sources; width x height of sources that were decoded */
    struct thumbs_times times; /* sums over files, all workers together */
    uint64_t walk_ns;
    double seconds; /* wall time of the run up to now */
};

/* Called once per source as files finish, from several threads at the same time. */
typedef void thumbs_event_fn(void *user, const struct thumbs_event *event);

/* One thumbnail that is removed (see enum thumbs_delete), or in a dry run would be. Borrowed until
 * the callback returns. */
enum thumbs_removal_reason {
    THUMBS_REMOVAL_GONE = 1, /* its source is gone */
    THUMBS_REMOVAL_EXCLUDED, /* its source is left out of this run, or is no image any more */
    THUMBS_REMOVAL_STALE     /* its source was made into others since */
};
struct thumbs_removal {
    const char *path;   /* below DEST */
    const char *source; /* as in struct thumbs_event */
    enum thumbs_removal_reason reason;
    bool planned; /* a dry run */
};
typedef void thumbs_removal_fn(void *user, const struct thumbs_removal *removal);
/* The word for it: "gone", "excluded", "stale". */
THUMBS_API const char *thumbs_removal_reason_name(enum thumbs_removal_reason reason);

struct thumbs_batch;

/* Check options and sources and open DEST (made where missing, unless dry_run). `sources`
 * (n_sources >= 1 paths) and `dest` are borrowed until destroy. Errors: USAGE for options that make
 * no sense, UNREADABLE for a source, NOT_WRITABLE for dest, NO_SPACE, MEMORY. */
THUMBS_API enum thumbs_code thumbs_batch_create(const struct thumbs_options *options,
                                                const char *const *sources, size_t n_sources,
                                                const char *dest, struct thumbs_batch **out,
                                                struct thumbs_error *err);

/* The other run that this one waits for before it begins (options.wait), as one English clause;
 * NULL: none. Borrowed until thumbs_batch_wait(). */
THUMBS_API const char *thumbs_batch_waits_for(const struct thumbs_batch *batch);
/* Wait for it. THUMBS_STOPPED: thumbs_batch_stop() was called. thumbs_batch_run() does the same, if
 * this was not called before. */
THUMBS_API enum thumbs_code thumbs_batch_wait(struct thumbs_batch *batch, struct thumbs_error *err);

/* Run to the end. `on_event` may be NULL. THUMBS_OK: every source has had its event (look at the
 * totals for failures); THUMBS_STOPPED: thumbs_batch_stop() was called or fail_fast struck, the
 * rest was not begun; else the run could not go on (NO_SPACE, NOT_WRITABLE, MEMORY, INTERNAL). Call
 * once, from one thread. */
THUMBS_API enum thumbs_code thumbs_batch_run(struct thumbs_batch *batch, thumbs_event_fn *on_event,
                                             void *user, struct thumbs_error *err);

/* Be told of each removal, from the thread of thumbs_batch_run(). To be called before that. */
THUMBS_API void thumbs_batch_on_removal(struct thumbs_batch *batch, thumbs_removal_fn *on_removal,
                                        void *user);
/* Why nothing of what thumbs_options.deletes asks for could be removed, or not all: one English
 * clause; NULL: all is well. To be asked when the run is over; borrowed until destroy. */
THUMBS_API const char *thumbs_batch_removal_problem(const struct thumbs_batch *batch);

/* Ask a run to finish what is being worked on and start nothing new. Any thread; not from a signal
 * handler. */
THUMBS_API void thumbs_batch_stop(struct thumbs_batch *batch);

/* A snapshot of the totals. Any thread, also while running. */
THUMBS_API void thumbs_batch_totals(struct thumbs_batch *batch, struct thumbs_totals *out);

/* One thing that a run waits for: a source that is on its way, or a folder that is being read.
 * Borrowed until the callback returns. */
struct thumbs_waiting {
    const char
        *path; /* as in struct thumbs_event; of a SOURCE that is being opened: as it was given */
    enum thumbs_stage
        stage;        /* decode: also resize and encode, which cannot be told apart from outside */
    const char *what; /* one English clause: "is opened and read" */
    bool queued;      /* nobody is at it, it waits for its turn */
    unsigned worker;  /* the compute worker that has it, from 1; 0: none */
    int pid;          /* the process of that worker; 0: none of its own */
    double seconds;   /* for how long it is where it is */
};
typedef void thumbs_waiting_fn(void *user, const struct thumbs_waiting *waiting);

/* What the run is doing now, to show why it makes no progress. on_waiting gets the first `most`
 * items: those in work before those that are queued, the oldest first. Returns the number of all.
 * It blocks nothing, so what moves meanwhile may be missed or be reported as it was. Any thread,
 * before, while and after running. */
THUMBS_API size_t thumbs_batch_waiting(struct thumbs_batch *batch, size_t most,
                                       thumbs_waiting_fn *on_waiting, void *user);

/* How full the run is, roughly. A most_ of 0: there is no such bound here (mode sync has no
 * queues). */
struct thumbs_levels {
    uint64_t found, most_found;       /* sources that wait to be read */
    uint64_t loaded, most_loaded;     /* files that wait for a worker */
    uint64_t bytes, most_bytes;       /* of files in memory, queued and worked on */
    uint64_t decoding, most_decoding; /* bytes that workers have reserved to decode */
    double still_seconds; /* since anything moved: was found, came to the next stage, or was
                             reported; 0 before a run */
};
/* Any thread, before, while and after running. */
THUMBS_API void thumbs_batch_levels(struct thumbs_batch *batch, struct thumbs_levels *out);

/* What a user may want to know about this batch, though nothing is wrong, as one English clause:
 * for example that io_uring cannot be used and I/O threads read the files. NULL: nothing. Final
 * once created, borrowed until destroy. */
THUMBS_API const char *thumbs_batch_note(const struct thumbs_batch *batch);

/* The same for what was noticed during the run, for example that a glob has matched nothing. `text`
 * is one clause, borrowed until the callback returns. Call it when the run is over. */
typedef void thumbs_remark_fn(void *user, const char *text);
THUMBS_API void thumbs_batch_remarks(const struct thumbs_batch *batch, thumbs_remark_fn *on_remark,
                                     void *user);

/* Mode processes: how workers are sandboxed, as one clause like "seccomp, Landlock (ABI 7), ...";
 * NULL if none has worked yet, or in another mode. *whole (may be NULL): all that --sandbox=require
 * asks for holds. Call it when the run is over; borrowed until destroy. */
THUMBS_API const char *thumbs_batch_sandbox(const struct thumbs_batch *batch, bool *whole);

THUMBS_API void
thumbs_batch_destroy(struct thumbs_batch *batch); /* NULL is fine; not while running */

/* The body of a worker process: `thumbs` calls this first if its first argument is
 * THUMBS_WORKER_ARG. Returns the exit status. */
#define THUMBS_WORKER_ARG "--thumbs-fork-server"
THUMBS_API int thumbs_worker_main(void);

/* ---- what this build is made of -------------------------------------------------------------- */

/* A format, and the libraries that read and write it, with their versions and in the order in which
 * they are asked: "own code, libjpeg-turbo 2.1.5"; NULL: it cannot be read, or not be written.
 * Borrowed until the callback returns. */
struct thumbs_support {
    enum thumbs_format format;
    const char *reads, *writes;
};
typedef void thumbs_support_fn(void *user, const struct thumbs_support *support);
/* Tell of each format that is known. Loads all libraries, which takes some 50 ms. */
THUMBS_API void thumbs_formats(thumbs_support_fn *on_format, void *user);

/* Tell of what else may be compiled in ("io_uring"): the library behind it, NULL where it is left
 * out. Borrowed until the callback returns. */
typedef void thumbs_part_fn(void *user, const char *name, const char *library);
THUMBS_API void thumbs_parts(thumbs_part_fn *on_part, void *user);

/* CPUs this process may use: affinity mask, cgroup v1/v2 quota and cpuset counted in; at least 1.
 */
THUMBS_API unsigned thumbs_cpus_usable(void);

#ifdef __cplusplus
}
#endif
#endif
