/* SPDX-License-Identifier: MIT */
#include "run/prepare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/content.h"
#include "base/error.h"
#include "base/sys.h"
#include "commit/failures.h"
#include "commit/history.h"
#include "commit/made.h"
#include "image/judge.h"
#include "naming/outputs.h"
#include "naming/promise.h"
#include "run/batch_options.h"
#include "run/claim.h"
#include "run/file.h"
#include "run/found.h"
#include "run/newcomers.h"
#include "run/reporter.h"
#include "run/serve_twin.h"
#include "run/stop.h"

/* ---- by its name ---- */

/* Is an output that its short name leads to another source's on record, and is that one still
 * there? */
static bool is_short_name_taken(const struct thumbs_batch *batch, const struct th_walk_entry *entry)
{
    struct th_naming_source source = th_found_source(entry, batch->options.follow);
    source.keep_extension = false;
    bool taken = false;
    for (uint32_t i = 0; i < th_outputs_count(&batch->naming) && !taken; i++) {
        struct th_bytes owner = {0};
        char *path = th_outputs_predict_path(&batch->naming, &source, i);
        taken = path &&
                th_history_owner(atomic_load(&entry->dir->place), path, entry->name, &owner) &&
                th_found_look(entry->dir, th_bytes_str(&owner)) != TH_BESIDE_NOTHING;
        th_bytes_finish(&owner);
        free(path);
    }
    return taken;
}

/* Are names that it would get now on record as its own, and none as another's? (Not all need be:
 * where it is small, several sizes have one output.) */
static bool owns_names(const struct thumbs_batch *batch, const struct th_walk_entry *entry,
                       bool keep_extension)
{
    struct th_naming_source source = th_found_source(entry, batch->options.follow);
    source.keep_extension = keep_extension;
    const struct th_output_folder *folder = atomic_load(&entry->dir->place);
    bool owns = false, others = false;
    for (uint32_t i = 0; i < th_outputs_count(&batch->naming) && !others; i++) {
        struct th_bytes owner = {0};
        char *path = th_outputs_predict_path(&batch->naming, &source, i);
        owns = owns || (path && th_history_owns(folder, path, entry->name));
        others = !path || th_history_owner(folder, path, entry->name, &owner);
        th_bytes_finish(&owner);
        free(path);
    }
    return owns && !others;
}

/* Is what stands before its ending a picture beside it, as a.jpg beside a.jpg.png? That one may
 * have to keep its extension, and then wants the name that this one has had. */
static bool is_stem_a_source(const struct thumbs_batch *batch, const struct th_walk_entry *entry)
{
    const char *dot = strrchr(entry->name, '.');
    struct th_bytes stem = {0};
    if (!dot || dot == entry->name) return false;
    th_bytes_add(&stem, entry->name, (size_t)(dot - entry->name));
    bool found = !th_bytes_failed(&stem) &&
                 th_promise_is_image(&batch->options.image, th_bytes_str(&stem)) &&
                 th_found_look(entry->dir, th_bytes_str(&stem)) != TH_BESIDE_NOTHING;
    th_bytes_finish(&stem);
    return found;
}

/* The walk names outputs by what the folder holds now. Who had an output before keeps its name,
 * whoever has come to stand beside it or has gone: else thumbnails would be renamed, and the old
 * ones left behind. What was on record under other options counts only where it owns today's names
 * too: with another format or template somebody else may have them. A newcomer takes its whole
 * name, if the short one is another's. (Not where sources of several folders may want one name:
 * those are compared by th_compare_names(), which goes by the walk alone.) */
static void settle_name(const struct thumbs_batch *batch, struct th_file *file)
{
    struct th_walk_entry *entry = &file->entry;
    bool keep, same_options;
    if (batch->options.names == THUMBS_NAMES_FULL) return;
    if (!th_template_is_injective(batch->name_template) &&
        th_outputs_apart(&batch->naming) != TH_APART_BY_CONTENT)
        return;
    if (th_template_tells_name(batch->name_template)) {
        entry->keep_extension = false;
        return;
    }
    if (th_history_kept_name(atomic_load(&entry->dir->place), entry->name, &keep, &same_options) &&
        (same_options || owns_names(batch, entry, keep)) &&
        (keep || !entry->keep_extension || !is_stem_a_source(batch, entry))) {
        entry->keep_extension = keep;
        return;
    }
    file->is_newcomer = is_short_name_taken(batch, entry);
    entry->keep_extension |= file->is_newcomer;
}

/* Does its name alone decide its status? Then that is reported. */
static bool is_clashing(struct thumbs_batch *batch, struct th_file *file)
{
    struct thumbs_error error = {0};
    struct th_naming_source source = th_found_source(&file->entry, batch->options.follow);
    if (th_clashes_want(&batch->clashes, &batch->naming, &source)) {
        th_error_set(&error, THUMBS_NAME_CLASH, THUMBS_STAGE_WALK, "%s", th_claim_refusal(batch));
    } else if (file->entry.dir->has_folders && th_outputs_meet_folder(&batch->naming, &source)) {
        th_error_set(&error, THUMBS_NAME_CLASH, THUMBS_STAGE_WALK,
                     "a folder next to it has the name of its output");
    } else {
        return false;
    }
    th_reporter_file(batch, file, THUMBS_STATUS_FAILED, &error);
    return true;
}

/* ---- by what was made before ---- */

/* Did it fail the last time, in this state or with this content? --force is no wish to see that
 * again: it is about outputs that stand. */
static bool is_known_to_fail(struct thumbs_batch *batch, struct th_file *file,
                             const struct th_source_id *id)
{
    struct thumbs_error error = {0};
    struct th_output_folder *folder = th_file_output_folder(file);
    const struct th_failure_limits limits = th_batch_options_limits(&batch->options);
    if (batch->options.retry_failed) return false;
    /* A document that options admitted and that failed is passed over where they do not. */
    if (th_promise_is_withheld(&batch->options.image, file->entry.name)) return false;
    if (!th_history_recall_failure(folder, file->entry.name, id, &limits, &error)) {
        file->may_be_same |= th_history_may_recall_failure(folder, file->entry.name, id);
        return false;
    }
    th_reporter_file(batch, file, THUMBS_STATUS_KNOWN, &error);
    return true;
}

/* It has failed before it came to a worker, under *limits. */
static void report_failed_under(struct thumbs_batch *batch, struct th_file *file,
                                const struct thumbs_error *error,
                                const struct th_failure_limits *limits)
{
    const struct th_source_id id = th_file_id(file);
    if (th_history_remembers(error->code))
        th_history_remember_failure(th_file_output_folder(file), file->entry.name, &id, limits,
                                    error);
    th_reporter_file(batch, file, THUMBS_STATUS_FAILED, error);
}

static void report_failed(struct thumbs_batch *batch, struct th_file *file,
                          const struct thumbs_error *error)
{
    const struct th_failure_limits limits = th_batch_options_limits(&batch->options);
    report_failed_under(batch, file, error, &limits);
}

/* Is there something on record that this run is asked to tell, and that nobody told before? */
static bool lacks_placeholder(const struct thumbs_batch *batch, const struct th_made *made)
{
    return batch->options.image.placeholder && made->id.placeholder.thumbhash_len == 0;
}

/* With all that was told when it was made. False: another source got one of its names before, so
 * what stands there will not be its own; or it has to be made again to know more of it. */
static bool report_up_to_date(struct thumbs_batch *batch, struct th_file *file)
{
    struct th_made made;
    struct thumbs_event event = th_file_event(file);
    event.status = THUMBS_STATUS_UP_TO_DATE;
    bool known = th_made_find(th_file_output_folder(file), file->entry.name, &made);
    if (known && lacks_placeholder(batch, &made)) {
        th_made_finish(&made);
        return false;
    }
    bool granted = known ? th_claim_outputs(batch, &file->entry, made.id.content, made.outputs,
                                            made.n_outputs, NULL) == THUMBS_OK
                         : !batch->claims;
    if (known) {
        event.format = made.id.format;
        event.width = made.id.width;
        event.height = made.id.height;
        event.hash = made.id.content;
        if (batch->options.image.placeholder) event.placeholder = made.id.placeholder;
        event.outputs = made.outputs;
        event.n_outputs = made.n_outputs;
    }
    if (granted) th_reporter_file_event(batch, file, &event);
    th_made_finish(&made);
    return granted;
}

/* Its content is known: was it only touched since its outputs were made, or since it failed? */
static bool is_only_touched(struct thumbs_batch *batch, struct th_file *file)
{
    struct th_output_folder *folder = th_file_output_folder(file);
    const struct th_source_id id = th_file_id(file);
    if (is_known_to_fail(batch, file, &id)) return true;
    if (batch->options.force ||
        !th_history_is_same(folder, file->entry.name, file->entry.keep_extension, &id))
        return false;
    if (!report_up_to_date(batch, file)) return false;
    th_history_refresh(folder, file->entry.name, &id);
    return true;
}

/* Does file->st, with what was made before? */
static bool is_known(struct thumbs_batch *batch, struct th_file *file)
{
    struct th_walk_entry *entry = &file->entry;
    struct thumbs_error error = {0};
    struct th_source_id id = th_file_id(file);
    const bool by_content = batch->options.checksum;
    /* Then its content is asked about once it is loaded. What failed before that has none on
     * record. */
    const bool waits =
        by_content && th_history_may_recall_failure(th_file_output_folder(file), entry->name, &id);
    file->may_be_same |= by_content;
    if (!waits && is_known_to_fail(batch, file, &id)) return true;
    if (batch->options.force || by_content) return false;
    switch (
        th_history_lookup(th_file_output_folder(file), entry->name, entry->keep_extension, &id)) {
    case TH_KNOWN_UP_TO_DATE:
        return report_up_to_date(batch, file);
    case TH_KNOWN_NOT_IMAGE:
        /* It may be a document, which options may admit that did not when it was looked at. */
        if (batch->options.image.allow_untrusted) break;
        th_error_set(&error, THUMBS_NOT_IMAGE, THUMBS_STAGE_LOAD, "is not an image");
        th_reporter_file(batch, file, THUMBS_STATUS_SKIPPED, &error);
        return true;
    case TH_KNOWN_IF_SAME:
        file->may_be_same = true;
        break;
    case TH_KNOWN_NOTHING:
        break;
    }
    return false;
}

static bool is_known_by_name(struct thumbs_batch *batch, struct th_file *file)
{
    bool follow = batch->options.follow || file->entry.follow;
    if (th_dir_stat(file->entry.dir, file->entry.name, follow, &file->st) != 0)
        return false; /* opening it will say why */
    return is_known(batch, file);
}

bool th_prepare_begin(struct thumbs_batch *batch, struct th_file *file)
{
    th_flight_move(&file->flight, TH_AT_LOOKUP);
    settle_name(batch, file);
    if (!th_stop_asked(batch) && !is_clashing(batch, file)) return true;
    th_file_destroy(batch, file);
    return false;
}

bool th_prepare_is_settled(struct thumbs_batch *batch, struct th_file *file, const struct stat *st)
{
    file->st = *st;
    if (!is_known(batch, file)) {
        th_flight_move(&file->flight, TH_AT_LOAD);
        return false;
    }
    th_file_destroy(batch, file);
    return true;
}

/* ---- by its first bytes ---- */

/* Does what is known of the first bytes say that they begin no format at all? */
static bool is_no_format(const char *found)
{
    return strcmp(found, "is not an image") == 0;
}

/* Why a name that promises an image has failed: the content is something else. `found` says what,
 * if that is known. */
static void set_broken_promise(struct thumbs_error *error, bool is_empty, const char *found)
{
    const char *what = is_no_format(found) ? "its content is none that is known" : found;
    char message[sizeof error->message];
    snprintf(message, sizeof message,
             is_empty ? "the file is empty" : "named like an image, but %.120s", what);
    th_error_set(error, is_empty ? THUMBS_CORRUPT : THUMBS_UNSUPPORTED, THUMBS_STAGE_LOAD, "%s",
                 message);
}

/* No picture for us. A file that claims by its name to be one is not passed over in silence: it is
 * a picture that was lost. That it begins no format is so whatever a build can decode. */
static void report_not_image(struct thumbs_batch *batch, struct th_file *file,
                             struct thumbs_error *error)
{
    if (th_promise_is_image(&batch->options.image, file->entry.name)) {
        struct th_failure_limits limits = th_batch_options_limits(&batch->options);
        if (is_no_format(error->message)) limits.abilities = UINT64_MAX;
        set_broken_promise(error, file->st.st_size == 0, error->message);
        report_failed_under(batch, file, error, &limits);
        return;
    }
    struct th_source_id id = th_file_id(file);
    th_history_remember_not_image(th_file_output_folder(file), file->entry.name, &id);
    th_reporter_file(batch, file, THUMBS_STATUS_SKIPPED, error);
}

/* A dry run reports what would be made, with the names as far as they are known before decoding. */
static void report_planned(struct thumbs_batch *batch, struct th_file *file)
{
    struct thumbs_output outputs[THUMBS_MAX_OUTPUTS];
    char *paths[THUMBS_MAX_OUTPUTS] = {0};
    struct th_naming_source source = th_file_source(batch, file);
    uint32_t n = th_outputs_count(&batch->naming);
    for (uint32_t i = 0; i < n; i++) {
        struct th_image_output o = th_outputs_predict(&batch->naming, source.name, i);
        paths[i] = th_outputs_predict_path(&batch->naming, &source, i);
        outputs[i] = (struct thumbs_output){.path = paths[i] ? paths[i] : "",
                                            .format = (enum thumbs_format)o.format,
                                            .sizes = o.sizes};
    }
    struct thumbs_event event = th_file_event(file);
    event.status = THUMBS_STATUS_WOULD_MAKE;
    event.outputs = outputs;
    event.n_outputs = n;
    if (file->is_newcomer && n) th_newcomers_add(batch, outputs[0].path);
    th_reporter_file_event(batch, file, &event);
    for (uint32_t i = 0; i < n; i++)
        free(paths[i]);
}

/* ---- loading ---- */

/* A dry run has read no more than the first bytes, and reads the rest only where that decides, or
 * tells names. */
static void note_content(struct thumbs_batch *batch, struct th_file *file)
{
    const struct th_buffer *buffer = file->item.buffer;
    if (buffer)
        file->content = th_content_hash(buffer->data, buffer->len);
    else if (file->may_be_same || th_outputs_tell_content(&batch->naming))
        file->content = th_load_content(&batch->loader, th_dir_fd(file->entry.dir),
                                        file->entry.name, file->entry.follow, &file->st);
}

bool th_prepare_end_load(struct thumbs_batch *batch, struct th_file *file, enum thumbs_code code,
                         struct thumbs_error *error)
{
    const struct th_buffer *buffer = file->item.buffer;
    if (code == THUMBS_OK && batch->options.no_work) return true;
    if (code == THUMBS_OK) note_content(batch, file);
    if (code == THUMBS_OK && buffer)
        code = th_image_judge_name(file->entry.name, buffer->data, buffer->len, THUMBS_STAGE_LOAD,
                                   error);
    if (code == THUMBS_OK && is_only_touched(batch, file)) {
        th_file_destroy(batch, file);
        return false;
    }
    if (code == THUMBS_OK && th_serve_twin(batch, file)) return false;
    if (code == THUMBS_OK && !batch->options.dry_run) return true;
    if (code == THUMBS_OK) {
        report_planned(batch, file);
    } else if (code == THUMBS_NOT_IMAGE) {
        report_not_image(batch, file, error);
    } else if (code != THUMBS_STOPPED) {
        report_failed(batch, file, error);
    }
    th_file_destroy(batch, file);
    return false;
}

void th_prepare_at(void *user, void *loading, enum th_load_at load_at)
{
    static const enum th_at at[] = {[TH_LOAD_READING] = TH_AT_LOAD,
                                    [TH_LOAD_WAITS_FOR_BUFFER] = TH_AT_WAITS_FOR_BUFFER,
                                    [TH_LOAD_READY] = TH_AT_QUEUE};
    struct th_file *file = loading;
    (void)user;
    th_flight_move(&file->flight, at[load_at]);
}

/* Waiting for memory is not the storage's time. */
static void loading_at(void *loading, enum th_load_at at)
{
    struct th_file *file = loading;
    uint64_t now_ns = th_now_ns();
    if (at == TH_LOAD_WAITS_FOR_BUFFER) file->load_ns += now_ns - file->load_from_ns;
    file->load_from_ns = now_ns;
    th_prepare_at(NULL, file, at);
}

bool th_prepare_file(struct thumbs_batch *batch, struct th_file *file)
{
    struct thumbs_error error = {0};
    if (!th_prepare_begin(batch, file)) return false;
    if (is_known_by_name(batch, file)) {
        th_file_destroy(batch, file);
        return false;
    }
    th_flight_move(&file->flight, TH_AT_LOAD);
    struct th_loader loader = batch->loader;
    loader.follow |= file->entry.follow;
    loader.at = loading_at;
    loader.at_user = file;
    file->load_from_ns = th_now_ns();
    enum thumbs_code code = th_load_file(&loader, th_dir_fd(file->entry.dir), file->entry.name,
                                         &file->item.buffer, &file->st, &error);
    file->load_ns += th_now_ns() - file->load_from_ns;
    return th_prepare_end_load(batch, file, code, &error);
}

void th_prepare_queue(struct thumbs_batch *batch, struct th_file *file)
{
    file->queued_ns = th_now_ns();
    th_flight_move(&file->flight, TH_AT_QUEUE);
    if (!th_queue_push(batch->loaded, file)) th_file_destroy(batch, file);
}
