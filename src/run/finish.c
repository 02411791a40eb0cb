/* SPDX-License-Identifier: MIT */
#include "run/finish.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "commit/failures.h"
#include "commit/maker_mark.h"
#include "commit/write.h"
#include "naming/outputs.h"
#include "run/batch_options.h"
#include "run/claim.h"
#include "run/file.h"
#include "run/found.h"
#include "run/newcomers.h"
#include "run/reporter.h"
#include "run/stop.h"

/* The outputs of one file on their way to disk. */
struct outputs {
    struct thumbs_output reported[THUMBS_MAX_OUTPUTS];
    struct th_commit_output committed[THUMBS_MAX_OUTPUTS];
    char *paths[THUMBS_MAX_OUTPUTS];
    size_t n;
};

static size_t find_path(const struct outputs *outputs, const char *path)
{
    size_t i = 0;
    while (i < outputs->n && strcmp(outputs->paths[i], path) != 0)
        i++;
    return i;
}

/* Two outputs of one source under one name: the same picture twice (jpeg and keep of a JPEG) is
 * one, else the template cannot tell them apart. */
static enum thumbs_code add_output(struct outputs *outputs, char *path, bool shared,
                                   const struct th_image_output *o, const uint8_t *data,
                                   struct thumbs_error *err)
{
    size_t duplicate = find_path(outputs, path);
    if (duplicate < outputs->n) {
        bool same =
            outputs->committed[duplicate].len == o->len &&
            memcmp(outputs->committed[duplicate].data, data + o->offset, (size_t)o->len) == 0;
        free(path);
        outputs->reported[duplicate].sizes |= o->sizes;
        outputs->committed[duplicate].sizes |= o->sizes;
        if (same) return THUMBS_OK;
        return th_error_set(err, THUMBS_NAME_CLASH, THUMBS_STAGE_WRITE,
                            "two of its thumbnails get the same name");
    }
    size_t i = outputs->n++;
    outputs->paths[i] = path;
    const uint8_t *bytes = data + o->offset;
    const size_t len = (size_t)o->len;
    outputs->reported[i] = (struct thumbs_output){.path = path,
                                                  .format = (enum thumbs_format)o->format,
                                                  .width = o->width,
                                                  .height = o->height,
                                                  .sizes = o->sizes,
                                                  .bytes = th_mark_len(bytes, len),
                                                  .hash = th_mark_content(bytes, len)};
    outputs->committed[i] = (struct th_commit_output){.path = path,
                                                      .data = bytes,
                                                      .len = len,
                                                      .shared = shared,
                                                      .format = (enum thumbs_format)o->format,
                                                      .width = o->width,
                                                      .height = o->height,
                                                      .sizes = o->sizes,
                                                      .content = outputs->reported[i].hash};
    return THUMBS_OK;
}

static enum thumbs_code name_outputs(const struct thumbs_batch *batch, const struct th_file *file,
                                     const struct th_outcome *outcome, struct outputs *outputs,
                                     struct thumbs_error *err)
{
    const struct th_naming *naming = &batch->naming;
    const struct th_image_result *result = outcome->result;
    struct th_naming_source source = th_file_source(batch, file);
    const bool keep_extension = th_outputs_keep_extension(naming, &source, result);
    const bool shared = th_outputs_tell_content(naming);
    enum thumbs_code code = THUMBS_OK;
    for (uint32_t i = 0; i < result->n_outputs && code == THUMBS_OK; i++) {
        char *path = NULL;
        code = th_outputs_path(naming, &source, keep_extension, &result->outputs[i], &path, err);
        if (code == THUMBS_OK)
            code = add_output(outputs, path, shared, &result->outputs[i], outcome->data, err);
    }
    if (code != THUMBS_OK) return code;
    return th_claim_outputs(batch, &file->entry, file->content, outputs->reported, outputs->n, err);
}

/* A disk that is full, read-only or broken, or a DEST that is gone, fails every file to come in the
 * same way; going on would only bury the reason. */
static bool is_fatal(const struct thumbs_batch *batch, const struct thumbs_error *error)
{
    if (error->stage != THUMBS_STAGE_WRITE) return false;
    return error->code == THUMBS_NO_SPACE || th_dest_is_lost(batch->dest, error->os_errno);
}

/* A verdict on the source that is worth remembering, or one that puts another in its place. What
 * happens while a run is being stopped proves nothing: whoever shuts a machine down kills the
 * workers too. */
static void remember_failure(struct thumbs_batch *batch, const struct th_file *file,
                             const struct th_outcome *outcome)
{
    struct th_output_folder *folder = th_file_output_folder(file);
    struct th_source_id id = th_file_id(file);
    if (outcome->blameless || th_stop_asked(batch)) return;
    const struct th_failure_limits limits = th_batch_options_limits(&batch->options);
    if (th_history_remembers(outcome->code))
        th_history_remember_failure(folder, file->entry.name, &id, &limits, outcome->error);
    else
        th_history_forget_failure(folder, file->entry.name);
}

static void commit(struct thumbs_batch *batch, struct th_file *file,
                   const struct th_outcome *outcome, struct thumbs_event *event)
{
    struct outputs outputs;
    struct thumbs_error error = {0};
    struct th_source_id id = th_file_id(file);
    id.format = event->format;
    id.width = event->width;
    id.placeholder = event->placeholder;
    id.damaged = outcome->result->damaged;
    id.height = event->height;
    outputs.n = 0;
    uint64_t start_ns = th_now_ns();
    enum thumbs_code code = name_outputs(batch, file, outcome, &outputs, &error);
    if (code == THUMBS_OK)
        code =
            th_write_outputs(th_file_output_folder(file), file->entry.name,
                             file->entry.keep_extension, &id, outputs.committed, outputs.n, &error);
    event->times.write = th_now_ns() - start_ns;
    if (code == THUMBS_OK) {
        event->outputs = outputs.reported;
        event->n_outputs = outputs.n;
        if (file->is_newcomer && outputs.n) th_newcomers_add(batch, outputs.paths[0]);
        if (outcome->result->damaged || outcome->result->warning[0]) {
            th_error_set(&error, THUMBS_CORRUPT, THUMBS_STAGE_DECODE, "%s",
                         outcome->result->warning);
            if (outcome->result->damaged) event->status = THUMBS_STATUS_DAMAGED;
            event->error = &error;
        }
    } else {
        th_history_forget_failure(th_file_output_folder(file), file->entry.name);
        event->status = THUMBS_STATUS_FAILED;
        event->error = &error;
    }
    /* The status of this file first: a stop ends the run, and each source found is to be accounted
     * for. */
    th_reporter_file_event(batch, file, event);
    if (code != THUMBS_OK && is_fatal(batch, &error)) th_stop_fatal(batch, &error);
    for (size_t i = 0; i < outputs.n; i++)
        free(outputs.paths[i]);
}

void th_finish_file(void *user, struct th_item *item, const struct th_outcome *outcome)
{
    struct thumbs_batch *batch = user;
    struct th_file *file = (struct th_file *)item;
    struct thumbs_event event = th_file_event(file);
    if (file->queued_ns && outcome->started_ns > file->queued_ns)
        event.times.wait = outcome->started_ns - file->queued_ns;
    bool writes = outcome->code == THUMBS_OK && !batch->options.no_work;
    th_flight_move(&file->flight, writes ? TH_AT_WRITE : TH_AT_REPORT);
    /* The bytes are needed no more; the next file may use their place while this one is written. */
    th_buffers_give(batch->buffers, file->item.buffer);
    file->item.buffer = NULL;
    if (outcome->code == THUMBS_OK && batch->options.no_work) {
        th_reporter_event(batch, &file->entry, &event);
    } else if (outcome->code == THUMBS_OK) {
        const struct th_image_result *result = outcome->result;
        event.format = (enum thumbs_format)result->source_format;
        event.from = (enum thumbs_from)result->from;
        event.width = result->width;
        event.height = result->height;
        event.placeholder = result->placeholder;
        event.times.decode = result->decode_ns;
        event.times.resize = result->resize_ns;
        event.times.encode = result->encode_ns;
        commit(batch, file, outcome, &event);
    } else {
        if (!batch->options.no_work) remember_failure(batch, file, outcome);
        event.status = THUMBS_STATUS_FAILED;
        event.error = outcome->error;
        th_reporter_event(batch, &file->entry, &event);
    }
    th_file_destroy(batch, file);
}
