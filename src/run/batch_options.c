/* SPDX-License-Identifier: MIT */
#include "run/batch_options.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/sys.h"
#include "image/image.h"

void thumbs_options_init(struct thumbs_options *options)
{
    /* All of it, padding too: parts of this are sent to workers as they lie in memory. */
    memset(options, 0, sizeof *options);
    options->struct_size = sizeof *options;
    options->image.n_sizes = 1;
    options->image.sizes[0] = (struct thumbs_size){.width = 256, .height = 256, .square = true};
    options->image.n_formats = 1;
    options->image.formats[0] = THUMBS_FORMAT_JPEG;
    options->image.fit = THUMBS_FIT_INSIDE;
    options->image.quality = 80;
    memset(options->image.background, 0xff, 3);
    options->image.on_damage = THUMBS_DAMAGE_WARN;
    options->image.max_pixels = UINT64_C(500000000);
    options->mode = THUMBS_MODE_PROCESSES;
    options->queue_bytes = UINT64_C(256) << 20;
    options->max_bytes = UINT64_C(1) << 30;
    options->timeout_seconds = 60;
}

enum thumbs_code th_batch_options_usage(struct thumbs_error *err, const char *message)
{
    return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_NONE, "%s", message);
}

enum thumbs_code th_batch_options_check(const struct thumbs_options *o, struct thumbs_error *err)
{
    if (o->struct_size != sizeof *o)
        return th_batch_options_usage(err, "options were made for another version of the library");
    if (o->jobs > THUMBS_MAX_JOBS || o->io_jobs > THUMBS_MAX_JOBS)
        return th_batch_options_usage(err, "at most 1024 jobs are possible");
    if (o->queue_items > THUMBS_MAX_QUEUE)
        return th_batch_options_usage(err, "at most 1000000 queue items are possible");
    if (o->sandbox != THUMBS_SANDBOX_ON && o->sandbox != THUMBS_SANDBOX_OFF &&
        o->sandbox != THUMBS_SANDBOX_REQUIRE)
        return th_batch_options_usage(err, "there is no such sandbox");
    if (o->sandbox == THUMBS_SANDBOX_REQUIRE && o->mode != THUMBS_MODE_PROCESSES)
        return th_batch_options_usage(err, "only mode processes has a sandbox");
    if (o->n_shards > THUMBS_MAX_SHARDS || (o->n_shards ? o->shard >= o->n_shards : o->shard > 0))
        return th_batch_options_usage(err, "there is no such shard");
    if (o->output_mode > 0777) return th_batch_options_usage(err, "there are no such permissions");
    if (o->queue_bytes < 1 || o->max_bytes < 1)
        return th_batch_options_usage(err, "byte limits must be at least 1");
    if (!(o->timeout_seconds >= 0 && o->timeout_seconds <= 1e9))
        return th_batch_options_usage(err, "the timeout makes no sense");
    if (o->mode != THUMBS_MODE_PROCESSES && o->mode != THUMBS_MODE_THREADS &&
        o->mode != THUMBS_MODE_SYNC)
        return th_batch_options_usage(err, "there is no such mode");
    if (o->names != THUMBS_NAMES_SHORT && o->names != THUMBS_NAMES_FULL)
        return th_batch_options_usage(err, "there are no such names");
    if (o->io != THUMBS_IO_THREADS && o->io != THUMBS_IO_URING)
        return th_batch_options_usage(err, "there is no such io");
    return th_image_check_options(&o->image, err);
}

void th_batch_options_resolve(struct thumbs_options *o)
{
    if (o->jobs == 0) o->jobs = thumbs_cpus_usable();
    if (o->io_jobs == 0)
        o->io_jobs = o->io == THUMBS_IO_URING ? TH_DEFAULT_URING_JOBS : TH_DEFAULT_IO_JOBS;
}

/* All that matters to the bytes of outputs. Written out field by field: padding must not count. */
static void add_recipe(struct th_bytes *b, const struct thumbs_image_options *i)
{
    for (uint32_t k = 0; k < i->n_sizes; k++)
        th_bytes_addf(b, "size %ux%u%s\n", i->sizes[k].width, i->sizes[k].height,
                      i->sizes[k].square ? "s" : "");
    /* Not as it was made before sizes shared an output. */
    if (i->n_sizes > 1) th_bytes_adds(b, "once at its own size\n");
    for (uint32_t k = 0; k < i->n_formats; k++)
        th_bytes_addf(b, "format %u\n", i->formats[k]);
    for (uint32_t f = 1; f < THUMBS_FORMAT_KEEP; f++)
        if (i->quality_of[f]) th_bytes_addf(b, "quality of %u is %u\n", f, i->quality_of[f]);
    th_bytes_addf(b, "progressive %u metadata %u pages %u most %llu\n", i->progressive, i->metadata,
                  i->pages, (unsigned long long)i->max_size);
    th_bytes_addf(b, "fit %u enlarge %u fast %u quality %u background %u.%u.%u strict %d\n", i->fit,
                  i->enlarge, i->fast, i->quality, i->background[0], i->background[1],
                  i->background[2], i->on_damage == THUMBS_DAMAGE_FAIL);
    /* Only where they are used: what was made before there were such options stays up to date. */
    if (i->gravity) th_bytes_addf(b, "gravity %u\n", i->gravity);
    if (i->embedded) th_bytes_adds(b, "embedded\n");
    if (i->linear) th_bytes_adds(b, "linear\n");
    if (i->sharpen) th_bytes_addf(b, "sharpen %u\n", i->sharpen);
    if (i->background[3]) th_bytes_addf(b, "padding %u\n", i->background[3]);
}

static bool hash_options(const struct thumbs_options *o, const char *name_template, bool is_full,
                         uint64_t *out)
{
    struct th_bytes b = {0};
    th_bytes_addf(&b, "thumbs %d.%d\n%s\n", THUMBS_VERSION_MAJOR, THUMBS_VERSION_MINOR,
                  name_template);
    add_recipe(&b, &o->image);
    if (is_full) th_bytes_adds(&b, "names full\n");
    bool ok = !th_bytes_failed(&b);
    if (ok) *out = th_hash64(b.data, b.len, 0);
    th_bytes_finish(&b);
    return ok;
}

bool th_batch_options_fingerprint(const struct thumbs_options *o, uint64_t *out)
{
    return hash_options(o, o->name_template ? o->name_template : "", o->names == THUMBS_NAMES_FULL,
                        out);
}

bool th_batch_options_recipe(const struct thumbs_options *o, uint64_t *out)
{
    return hash_options(o, "", false, out);
}

/* 0 means none; so however short a time is given, it is at least one. */
uint64_t th_batch_options_timeout_ns(const struct thumbs_options *options)
{
    double seconds = options->timeout_seconds;
    uint64_t ns = (uint64_t)(seconds * 1e9);
    return seconds > 0 && ns == 0 ? 1 : ns;
}

/* Another build may read what this one cannot, and some is read only where a sandbox is. */
static uint64_t abilities(const struct thumbs_options *options)
{
    const bool locked = options->mode == THUMBS_MODE_PROCESSES && !options->image.plain_only &&
                        options->sandbox != THUMBS_SANDBOX_OFF;
    const uint64_t modes = (uint64_t)(options->image.allow_untrusted != 0) << 1 | locked;
    return (uint64_t)th_image_abilities() << 2 | modes;
}

struct th_failure_limits th_batch_options_limits(const struct thumbs_options *options)
{
    return (struct th_failure_limits){.timeout_ns = th_batch_options_timeout_ns(options),
                                      .max_pixels = options->image.max_pixels,
                                      .max_bytes = options->max_bytes,
                                      .abilities = abilities(options)};
}
