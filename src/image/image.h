/*
 * image.h - one picture in memory to thumbnails in memory. The only room that includes vips, jpeglib or png headers.
 *
 * Knows nothing of files, queues, processes or names: bytes in, bytes out. Every executor calls the same
 * th_image_make(), which is what makes their outputs byte-identical. Input is hostile: nothing in it is trusted, every
 * size computed from it is checked. Thread-safe.
 */
#ifndef TH_IMAGE_IMAGE_H
#define TH_IMAGE_IMAGE_H

#include "thumbs/thumbs.h"

/* Bytes that sniffing needs to tell a type; fewer are fine for short files. */
#define TH_SNIFF_LEN 512

/* The format by content (magic numbers), THUMBS_FORMAT_NONE if it is no image that is known. Never reads past len. */
enum thumbs_format th_image_sniff(const uint8_t *data, size_t len);

/* The format that a file ending promises ("jpg", "JPEG", without the dot, any case, len bytes); THUMBS_FORMAT_NONE if
 * it is no image ending. */
enum thumbs_format th_image_format_by_ext(const char *ext, size_t len);

/* The format that is written for `wanted` (one of options->formats) when the source is `source`: resolves KEEP.
 * has_alpha matters only for KEEP of a source that is not writable: PNG with alpha, else JPEG. */
enum thumbs_format th_image_output_format(enum thumbs_format wanted, enum thumbs_format source, bool has_alpha);

/* Where encoded thumbnails go: one growing run of bytes, outputs behind one another at offsets.
 * `grow` makes room for at least `need` bytes in all (may move data, updates data and cap) or
 * returns false; it keeps the len bytes in use. */
struct th_sink {
    uint8_t *data;
    size_t len, cap;
    bool (*grow)(struct th_sink *sink, size_t need);
    void *user;
    /* th_now_ns() past which encoders give up with TIMEOUT; 0: never. th_image_make() sets it for the time of its
     * call. */
    uint64_t deadline_ns;
};
/* Append; false if it cannot grow. */
bool th_sink_add(struct th_sink *sink, const void *data, size_t len);
/* Has its deadline passed? */
bool th_sink_late(const struct th_sink *sink);
/* A sink over malloc, for threads and for thumbs_make(). */
void th_sink_init_heap(struct th_sink *sink);
void th_sink_finish_heap(struct th_sink *sink);

struct th_image_output {
    uint64_t offset, len; /* in the sink */
    uint32_t format;      /* enum thumbs_format, never KEEP */
    uint32_t i_size;      /* which of options->sizes */
    uint32_t width, height;
};

/* Plain data: sent as it is by a worker process. */
struct th_image_result {
    uint32_t source_format; /* enum thumbs_format */
    uint32_t width, height; /* of the source, upright */
    uint32_t damaged;       /* 0 or 1 */
    char warning[200];      /* damaged: one clause, NUL-terminated */
    uint64_t decode_ns, resize_ns, encode_ns;
    uint32_t n_outputs;
    uint32_t reserved;
    struct th_image_output outputs[THUMBS_MAX_OUTPUTS];
};

/* What a call may use. */
struct th_image_limits {
    /* th_now_ns() past which to give up with TIMEOUT, as far as the decoder can be stopped; 0: never. */
    uint64_t deadline_ns;
    /* A sandbox around this process holds: it can read no private file, write none and reach no network. Formats whose
     * decoders are not made for data from anywhere (SVG) are decoded only then. True only in a worker process, for all
     * of its calls: it opens a loader of libvips for the whole process. */
    bool sandboxed;
};

/* Decode `data` once and append every size x format of `options` to `sink`, sizes in order, formats in order within a
 * size. Orientation is applied, colours are turned to sRGB, alpha is laid on the background where the output has
 * none; the fit is applied to the upright picture. On failure sink->len is as before. Codes: NOT_IMAGE (no known
 * magic), UNSUPPORTED, CORRUPT, TOO_LARGE, TIMEOUT, MEMORY, INTERNAL; stage decode, resize or encode. After
 * th_image_seal() also STOPPED. */
enum thumbs_code th_image_make(const uint8_t *data, size_t len, const struct thumbs_image_options *options,
                               const struct th_image_limits *limits, struct th_sink *sink,
                               struct th_image_result *result, struct thumbs_error *err);

/* How much private memory th_image_make() will need at most for this source and these options, beyond what the process
 * holds between pictures with its libraries loaded; the source's own bytes are not counted. From headers alone: nothing
 * is decoded, nothing allocated, libvips not loaded; chunks, boxes and directories are walked in bounded steps, which
 * takes microseconds, of a hostile file or a GIF of many MB a millisecond, of hundreds of MB ten at most. For AVIF also
 * the CPUs count that the calling thread may use, since its decoder makes a thread for each. A source that
 * th_image_make() refuses at its header (too many pixels, a format that is not enabled, no image) needs next to
 * nothing, and so does what it cannot read. Only for SVG it is a guess. Numbers that overflow end at UINT64_MAX.
 * Returns whether the size of the picture was found; *bytes is set either way. Input is hostile; thread-safe. */
bool th_image_estimate(const uint8_t *data, size_t len, const struct thumbs_image_options *options, uint64_t *bytes);

/* Will a picture like this need what th_image_preload() loads? A guess by format: a rare JPEG does too. */
bool th_image_wants_preload(const uint8_t *data, size_t len);

/* Load the libraries that decoding needs ahead of time (a fork server does it once for all its workers; before threads
 * and before a sandbox). Idempotent. Without it the first picture that needs libvips loads it. */
enum thumbs_code th_image_preload(struct thumbs_error *err);

/* This process is about to be locked up: from now on th_image_make() loads nothing. What would need libraries that
 * th_image_preload() has not been asked for ends with STOPPED: not this source's fault, to be done elsewhere. If they
 * could not be loaded it is UNSUPPORTED, with the reason. Cannot be undone. */
void th_image_seal(void);

/* Give back what a worker thread holds for its pictures (libvips per-thread caches). Call at the end of each thread
 * that called th_image_make(). */
void th_image_thread_finish(void);

#endif
