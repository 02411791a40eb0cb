/* What is done to one file before and after work. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "image/judge.h"
#include "run/batch.h"
#include "naming/siblings.h"

struct th_file *th_file_create(struct thumbs_batch *batch, struct th_walk_entry *entry)
{
    struct th_file *file = th_calloc(1, sizeof *file);
    if (!file) return NULL;
    file->entry = *entry;
    *entry = (struct th_walk_entry){0};
    th_watch_add(batch->watch, &file->flight, &file->entry);
    return file;
}

void th_file_destroy(struct thumbs_batch *batch, struct th_file *file)
{
    if (!file) return;
    th_watch_remove(&file->flight);
    if (file->item.buffer) th_buffers_give(batch->buffers, file->item.buffer);
    th_walk_entry_finish(&file->entry);
    free(file);
}

/* ---- reporting ---- */

void th_file_add_path(struct th_bytes *b, const struct th_walk_entry *entry)
{
    const char *dir = entry->dir ? entry->dir->path : "";
    const char *name = entry->name ? entry->name : "";
    th_bytes_adds(b, dir);
    if (*dir && *name) th_bytes_addc(b, '/');
    th_bytes_adds(b, name);
    if (b->len == 0) th_bytes_adds(b, ".");
}

/* The one place where a fate is told: counted once, called back once. */
static void report(struct thumbs_batch *batch, const struct th_walk_entry *entry, struct thumbs_event *event)
{
    struct th_bytes path = {0};
    th_file_add_path(&path, entry);
    event->source = th_bytes_str(&path);
    event->named = entry->named;
    th_counters_add(batch->counters, event);
    if (batch->on_event) batch->on_event(batch->user, event);
    th_bytes_finish(&path);
    if (event->status == THUMBS_STATUS_FAILED && batch->options.fail_fast) thumbs_batch_stop(batch);
}

void th_file_report_failure(struct thumbs_batch *batch, const struct th_walk_entry *entry,
                            const struct thumbs_error *error)
{
    struct thumbs_event event = {.status = THUMBS_STATUS_FAILED, .error = error};
    report(batch, entry, &event);
}

void th_file_report_entry(struct thumbs_batch *batch, const struct th_walk_entry *entry)
{
    struct thumbs_event event = {.error = &entry->error};
    event.status = entry->kind == TH_WALK_SKIPPED ? THUMBS_STATUS_SKIPPED : THUMBS_STATUS_FAILED;
    report(batch, entry, &event);
}

static void report_file(struct thumbs_batch *batch, struct th_file *file, enum thumbs_status status,
                        const struct thumbs_error *error)
{
    struct thumbs_event event = {
        .status = status, .bytes = (uint64_t)file->st.st_size, .times.load = file->load_ns, .error = error};
    th_flight_move(&file->flight, TH_AT_REPORT);
    report(batch, &file->entry, &event);
}

/* ---- names ---- */

enum thumbs_format th_file_format_by_name(const char *name)
{
    return th_siblings_format_of(name);
}

bool th_file_promises_image(const char *name)
{
    const char *ending = th_siblings_ending_of(name);
    const size_t len = strlen(ending);
    if (th_foreign_ending(ending, len)) return false;
    return th_raw_ending(ending, len) || th_image_format_by_ext(ending, len) != THUMBS_FORMAT_NONE;
}

static char *output_path(const struct thumbs_batch *batch, const struct th_walk_entry *entry, bool keep_extension,
                         const struct th_image_output *output)
{
    struct th_name_parts parts = {.dir = entry->dir->path,
                                  .name = entry->name,
                                  .keep_extension = keep_extension,
                                  .size = &batch->options.image.sizes[output->i_size],
                                  .width = output->width,
                                  .height = output->height,
                                  .format = (enum thumbs_format)output->format};
    return th_template_expand(batch->name_template, &parts);
}

/* What the name alone promises for output i: sizes unknown, KEEP by the ending. */
static struct th_image_output predicted_output(const struct thumbs_batch *batch, const char *name, uint32_t i)
{
    const struct thumbs_image_options *image = &batch->options.image;
    enum thumbs_format wanted = (enum thumbs_format)image->formats[i % image->n_formats];
    return (struct th_image_output){.i_size = i / image->n_formats,
                                    .format = th_image_output_format(wanted, th_file_format_by_name(name), false)};
}

static uint32_t n_outputs(const struct thumbs_batch *batch)
{
    return batch->options.image.n_sizes * batch->options.image.n_formats;
}

bool th_file_output_hash(const struct thumbs_batch *batch, const struct th_walk_entry *entry, uint32_t i, uint64_t *out)
{
    struct th_image_output output = predicted_output(batch, entry->name, i);
    char *path = output_path(batch, entry, entry->keep_extension, &output);
    if (path) *out = th_hash64(path, strlen(path), 1);
    free(path);
    return path != NULL;
}

static bool keeps_format(const struct thumbs_image_options *image)
{
    for (uint32_t i = 0; i < image->n_formats; i++) {
        if (image->formats[i] == THUMBS_FORMAT_KEEP) return true;
    }
    return false;
}

bool th_file_names_need_content(const struct thumbs_batch *batch)
{
    const struct thumbs_image_options *image = &batch->options.image;
    struct th_name_parts parts = {.dir = "", .name = "a", .size = &image->sizes[0], .format = THUMBS_FORMAT_JPEG};
    if (keeps_format(image)) return true;
    char *narrow = th_template_expand(batch->name_template, &parts);
    parts.width = parts.height = 1;
    char *wide = th_template_expand(batch->name_template, &parts);
    bool differ = !narrow || !wide || strcmp(narrow, wide) != 0;
    free(narrow);
    free(wide);
    return differ;
}

/* ---- before work ---- */

static struct th_source_id source_id(const struct stat *st)
{
    return (struct th_source_id){.size = (uint64_t)st->st_size,
                                 .mtime_sec = st->st_mtim.tv_sec,
                                 .mtime_nsec = (int32_t)st->st_mtim.tv_nsec,
                                 .ctime_sec = st->st_ctim.tv_sec,
                                 .ctime_nsec = (int32_t)st->st_ctim.tv_nsec,
                                 .inode = (uint64_t)st->st_ino};
}

static bool is_wanted_twice(const struct thumbs_batch *batch, const struct th_walk_entry *entry)
{
    uint64_t hash;
    if (!batch->n_clashes) return false;
    for (uint32_t i = 0; i < n_outputs(batch); i++) {
        if (th_file_output_hash(batch, entry, i, &hash) && th_clashes_contain(batch, hash)) return true;
    }
    return false;
}

/* The last part of the path if its folder is `dir`, else NULL. */
static const char *last_part_in(const char *path, const char *dir)
{
    size_t len = strlen(dir);
    if (len == 0) return strchr(path, '/') ? NULL : path;
    if (strncmp(path, dir, len) != 0 || path[len] != '/') return NULL;
    return strchr(path + len + 1, '/') ? NULL : path + len + 1;
}

/* a.png becomes a.jpg; but if there is a folder a.jpg beside it, that is the place of what is in there. */
static bool is_name_of_folder(const struct thumbs_batch *batch, const struct th_walk_entry *entry)
{
    struct stat st;
    bool found = false;
    for (uint32_t i = 0; i < n_outputs(batch) && entry->dir->has_folders && !found; i++) {
        struct th_image_output o = predicted_output(batch, entry->name, i);
        char *path = output_path(batch, entry, entry->keep_extension, &o);
        const char *last = path ? last_part_in(path, entry->dir->path) : NULL;
        found = last && strcmp(last, entry->name) != 0 && th_dir_stat(entry->dir, last, false, &st) == 0 &&
                S_ISDIR(st.st_mode);
        free(path);
    }
    return found;
}

/* Is an output that its short name leads to another source's on record, and is that one still there? */
static bool is_short_name_taken(const struct thumbs_batch *batch, const struct th_walk_entry *entry)
{
    struct stat st;
    bool taken = false;
    for (uint32_t i = 0; i < n_outputs(batch) && !taken; i++) {
        struct th_image_output o = predicted_output(batch, entry->name, i);
        struct th_bytes owner = {0};
        char *path = output_path(batch, entry, false, &o);
        taken = path && th_place_owner(atomic_load(&entry->dir->place), path, entry->name, &owner) &&
                th_dir_stat(entry->dir, th_bytes_str(&owner), false, &st) == 0;
        th_bytes_finish(&owner);
        free(path);
    }
    return taken;
}

/* The walk names outputs by what the folder holds now. Who had an output before keeps its name, whoever has come to
 * stand beside it or has gone: else thumbnails would be renamed, and the old ones left behind. A newcomer then takes
 * its whole name, if the short one is another's. (Not where sources of several folders may want one name: those are
 * compared by th_clashes_find(), which goes by the walk alone.) */
static void settle_name(const struct thumbs_batch *batch, struct th_walk_entry *entry)
{
    if (!th_template_is_injective(batch->name_template)) return;
    if (th_place_kept_name(atomic_load(&entry->dir->place), entry->name, &entry->keep_extension)) return;
    if (!entry->keep_extension) entry->keep_extension = is_short_name_taken(batch, entry);
}

/* Does its name alone decide its fate? Then that is reported. */
static bool is_clashing(struct thumbs_batch *batch, struct th_file *file)
{
    struct thumbs_error error = {0};
    if (is_wanted_twice(batch, &file->entry)) {
        th_error_set(&error, THUMBS_NAME_CLASH, THUMBS_STAGE_WALK, "another source gets the same output name");
    } else if (is_name_of_folder(batch, &file->entry)) {
        th_error_set(&error, THUMBS_NAME_CLASH, THUMBS_STAGE_WALK, "a folder beside it has the name of its output");
    } else {
        return false;
    }
    report_file(batch, file, THUMBS_STATUS_FAILED, &error);
    return true;
}

/* Did this state of it do harm the last time? --force is no wish to see that again: it is about outputs that stand. */
static bool is_known_to_fail(struct thumbs_batch *batch, struct th_file *file, const struct th_source_id *id)
{
    struct th_walk_entry *entry = &file->entry;
    struct thumbs_error error = {0};
    if (batch->options.retry_failed) return false;
    if (!th_place_recall_failure(atomic_load(&entry->dir->place), entry->name, id, th_pipeline_timeout_ns(batch),
                                 &error))
        return false;
    report_file(batch, file, THUMBS_STATUS_FAILED, &error);
    return true;
}

/* Does file->st, with what was made before? */
static bool is_known(struct thumbs_batch *batch, struct th_file *file)
{
    struct th_walk_entry *entry = &file->entry;
    struct thumbs_error error = {0};
    struct th_source_id id = source_id(&file->st);
    if (is_known_to_fail(batch, file, &id)) return true;
    if (batch->options.force) return false;
    switch (th_place_lookup(atomic_load(&entry->dir->place), entry->name, entry->keep_extension, &id)) {
    case TH_KNOWN_UP_TO_DATE:
        /* Where names must be claimed, an output that is not made again could be taken by another source. */
        if (batch->claims) return false;
        report_file(batch, file, THUMBS_STATUS_UP_TO_DATE, NULL);
        return true;
    case TH_KNOWN_NOT_IMAGE:
        th_error_set(&error, THUMBS_NOT_IMAGE, THUMBS_STAGE_LOAD, "is not an image");
        report_file(batch, file, THUMBS_STATUS_SKIPPED, &error);
        return true;
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

bool th_file_begin(struct thumbs_batch *batch, struct th_file *file)
{
    th_flight_move(&file->flight, TH_AT_LOOKUP);
    settle_name(batch, &file->entry);
    if (!atomic_load_explicit(&batch->stopped, memory_order_relaxed) && !is_clashing(batch, file)) return true;
    th_file_destroy(batch, file);
    return false;
}

bool th_file_is_settled(struct thumbs_batch *batch, struct th_file *file, const struct stat *st)
{
    file->st = *st;
    if (!is_known(batch, file)) {
        th_flight_move(&file->flight, TH_AT_LOAD);
        return false;
    }
    th_file_destroy(batch, file);
    return true;
}

/* Why a name that promises an image has failed: the content is something else. `found` says what, if that is known. */
static void set_broken_promise(struct thumbs_error *error, bool is_empty, const char *found)
{
    static const char unknown[] = "is not an image";
    const char *what = strcmp(found, unknown) == 0 ? "its content is none that is known" : found;
    char message[sizeof error->message];
    snprintf(message, sizeof message, is_empty ? "the file is empty" : "named like an image, but %.120s", what);
    th_error_set(error, is_empty ? THUMBS_CORRUPT : THUMBS_UNSUPPORTED, THUMBS_STAGE_LOAD, "%s", message);
}

/* No picture for us. A file that claims by its name to be one is not passed over in silence: it is a picture that was
 * lost. */
static void report_not_image(struct thumbs_batch *batch, struct th_file *file, struct thumbs_error *error)
{
    if (th_file_promises_image(file->entry.name)) {
        set_broken_promise(error, file->st.st_size == 0, error->message);
        report_file(batch, file, THUMBS_STATUS_FAILED, error);
        return;
    }
    struct th_source_id id = source_id(&file->st);
    th_place_remember_not_image(atomic_load(&file->entry.dir->place), file->entry.name, &id);
    report_file(batch, file, THUMBS_STATUS_SKIPPED, error);
}

/* A dry run reports what would be made, with the names as far as they are known before decoding. */
static void report_planned(struct thumbs_batch *batch, struct th_file *file)
{
    struct thumbs_output outputs[THUMBS_MAX_OUTPUTS];
    char *paths[THUMBS_MAX_OUTPUTS] = {0};
    uint32_t n = n_outputs(batch);
    for (uint32_t i = 0; i < n; i++) {
        struct th_image_output o = predicted_output(batch, file->entry.name, i);
        paths[i] = output_path(batch, &file->entry, file->entry.keep_extension, &o);
        outputs[i] = (struct thumbs_output){.path = paths[i] ? paths[i] : "", .format = (enum thumbs_format)o.format};
    }
    struct thumbs_event event = {
        .status = THUMBS_STATUS_DONE, .bytes = (uint64_t)file->st.st_size, .outputs = outputs, .n_outputs = n};
    th_flight_move(&file->flight, TH_AT_REPORT);
    report(batch, &file->entry, &event);
    for (uint32_t i = 0; i < n; i++)
        free(paths[i]);
}

bool th_file_end_load(struct thumbs_batch *batch, struct th_file *file, enum thumbs_code code,
                      struct thumbs_error *error)
{
    if (code == THUMBS_OK && !batch->options.dry_run) return true;
    if (code == THUMBS_OK) {
        report_planned(batch, file);
    } else if (code == THUMBS_NOT_IMAGE) {
        report_not_image(batch, file, error);
    } else if (code != THUMBS_STOPPED) {
        report_file(batch, file, THUMBS_STATUS_FAILED, error);
    }
    th_file_destroy(batch, file);
    return false;
}

void th_file_loading(void *user, void *loading, enum th_load_at load_at)
{
    static const enum th_at at[] = {[TH_LOAD_READING] = TH_AT_LOAD,
                                    [TH_LOAD_WAITS_FOR_BUFFER] = TH_AT_WAITS_FOR_BUFFER,
                                    [TH_LOAD_READY] = TH_AT_QUEUE};
    struct th_file *file = loading;
    (void)user;
    th_flight_move(&file->flight, at[load_at]);
}

static void loading_at(void *file, enum th_load_at at)
{
    th_file_loading(NULL, file, at);
}

bool th_file_prepare(struct thumbs_batch *batch, struct th_file *file)
{
    struct thumbs_error error = {0};
    if (!th_file_begin(batch, file)) return false;
    if (is_known_by_name(batch, file)) {
        th_file_destroy(batch, file);
        return false;
    }
    th_flight_move(&file->flight, TH_AT_LOAD);
    struct th_loader loader = batch->loader;
    loader.follow |= file->entry.follow;
    loader.at = loading_at;
    loader.at_user = file;
    uint64_t start_ns = th_now_ns();
    enum thumbs_code code =
        th_load_file(&loader, th_dir_fd(file->entry.dir), file->entry.name, &file->item.buffer, &file->st, &error);
    file->load_ns = th_now_ns() - start_ns;
    return th_file_end_load(batch, file, code, &error);
}

void th_file_queue(struct thumbs_batch *batch, struct th_file *file)
{
    file->queued_ns = th_now_ns();
    th_flight_move(&file->flight, TH_AT_QUEUE);
    if (!th_queue_push(batch->loaded, file)) th_file_destroy(batch, file);
}

/* ---- work ---- */

void th_file_moved(void *user, struct th_item *item, enum th_item_state state, unsigned worker, int pid)
{
    static const enum th_at at[] = {[TH_ITEM_WAITS_FOR_MEMORY] = TH_AT_WAITS_FOR_MEMORY,
                                    [TH_ITEM_WAITS_FOR_WORKER] = TH_AT_WAITS_FOR_WORKER,
                                    [TH_ITEM_AHEAD] = TH_AT_AHEAD,
                                    [TH_ITEM_BEGUN] = TH_AT_WORK};
    struct th_file *file = (struct th_file *)item;
    (void)user;
    th_flight_move_to_worker(&file->flight, at[state], worker, pid);
}

/* ---- after work ---- */

/* With --format=keep the walk could only go by the file's ending. Where the content is something else, the output's
 * ending changes, and only the whole name is sure to be this source's alone. */
static bool needs_whole_name(const struct thumbs_batch *batch, const struct th_walk_entry *entry,
                             const struct th_image_result *result)
{
    if (entry->keep_extension) return true;
    for (uint32_t i = 0; i < result->n_outputs; i++) {
        if (result->outputs[i].format != predicted_output(batch, entry->name, i).format) return true;
    }
    return false;
}

/* Is the name of an output another file's? A whole name is this source's alone unless a sibling is
 * called just like the output: then that one has it. */
static bool is_siblings_name(const struct thumbs_batch *batch, const struct th_walk_entry *entry, bool keep_extension,
                             enum thumbs_format format)
{
    const struct thumbs_image_options *image = &batch->options.image;
    if (entry->keep_extension) return false;
    if (keep_extension) return th_siblings_take(th_dir_fd(entry->dir), entry->name, image, format);
    bool follow = batch->options.follow || entry->follow;
    return keeps_format(image) && th_siblings_need(th_dir_fd(entry->dir), entry->name, follow, image, format);
}

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

/* Two outputs of one source under one name: the same picture twice (jpeg and keep of a JPEG) is one, else the template
 * cannot tell them apart. */
static enum thumbs_code add_output(struct outputs *outputs, char *path, const struct th_image_output *o,
                                   const uint8_t *data, struct thumbs_error *err)
{
    if (!path) return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WRITE, "no memory for a name");
    size_t twin = find_path(outputs, path);
    if (twin < outputs->n) {
        bool same = outputs->committed[twin].len == o->len &&
                    memcmp(outputs->committed[twin].data, data + o->offset, (size_t)o->len) == 0;
        free(path);
        if (same) return THUMBS_OK;
        return th_error_set(err, THUMBS_NAME_CLASH, THUMBS_STAGE_WRITE, "two of its thumbnails get the same name");
    }
    size_t i = outputs->n++;
    outputs->paths[i] = path;
    outputs->committed[i] = (struct th_commit_output){.path = path, .data = data + o->offset, .len = (size_t)o->len};
    outputs->reported[i] =
        (struct thumbs_output){.path = path,
                               .format = (enum thumbs_format)o->format,
                               .width = o->width,
                               .height = o->height,
                               .bytes = th_commit_len(outputs->committed[i].data, outputs->committed[i].len)};
    return THUMBS_OK;
}

/* Claim the names of all outputs for this source, where that is needed. */
static enum thumbs_code claim_names(const struct thumbs_batch *batch, const struct th_walk_entry *entry,
                                    const struct outputs *outputs, struct thumbs_error *err)
{
    struct th_bytes source = {0};
    if (!batch->claims) return THUMBS_OK;
    th_file_add_path(&source, entry);
    enum thumbs_code code = THUMBS_OK;
    if (th_bytes_failed(&source)) code = th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WRITE, "no memory for a name");
    uint64_t owner = th_hash64(th_bytes_str(&source), source.len, 3);
    for (size_t i = 0; i < outputs->n && code == THUMBS_OK; i++) {
        if (!th_claims_add(batch->claims, th_hash64(outputs->paths[i], strlen(outputs->paths[i]), 2), owner))
            code = th_error_set(err, THUMBS_NAME_CLASH, THUMBS_STAGE_WRITE, "another source got the same output name");
    }
    th_bytes_finish(&source);
    return code;
}

static enum thumbs_code name_outputs(const struct thumbs_batch *batch, const struct th_file *file,
                                     const struct th_outcome *outcome, struct outputs *outputs,
                                     struct thumbs_error *err)
{
    const struct th_walk_entry *entry = &file->entry;
    bool keep_extension = needs_whole_name(batch, entry, outcome->result);
    enum thumbs_code code = THUMBS_OK;
    for (uint32_t i = 0; i < outcome->result->n_outputs && code == THUMBS_OK; i++) {
        const struct th_image_output *o = &outcome->result->outputs[i];
        if (is_siblings_name(batch, entry, keep_extension, (enum thumbs_format)o->format))
            return th_error_set(err, THUMBS_NAME_CLASH, THUMBS_STAGE_WRITE,
                                "a file beside it has the name of its output");
        code = add_output(outputs, output_path(batch, entry, keep_extension, o), o, outcome->data, err);
    }
    return code == THUMBS_OK ? claim_names(batch, entry, outputs, err) : code;
}

/* A disk that is full, read-only or broken, or a DEST that is gone, fails every file to come in the same way; going on
 * would only bury the reason. */
static bool is_fatal(const struct thumbs_batch *batch, const struct thumbs_error *error)
{
    if (error->stage != THUMBS_STAGE_WRITE) return false;
    return error->code == THUMBS_NO_SPACE || th_dest_is_lost(batch->dest, error->os_errno);
}

/* A verdict on the source that is worth remembering, or one that puts another in its place. What happens while a run is
 * being stopped proves nothing: whoever shuts a machine down kills the workers too. */
static void remember_failure(struct thumbs_batch *batch, const struct th_file *file, const struct th_outcome *outcome)
{
    struct th_place *place = atomic_load(&file->entry.dir->place);
    struct th_source_id id = source_id(&file->st);
    if (outcome->blameless || atomic_load(&batch->stopped)) return;
    if (th_failure_is_worth_remembering(outcome->code))
        th_place_remember_failure(place, file->entry.name, &id, th_pipeline_timeout_ns(batch), outcome->error);
    else
        th_place_forget_failure(place, file->entry.name);
}

static void commit(struct thumbs_batch *batch, struct th_file *file, const struct th_outcome *outcome,
                   struct thumbs_event *event)
{
    struct outputs outputs;
    struct thumbs_error error = {0};
    struct th_source_id id = source_id(&file->st);
    outputs.n = 0;
    uint64_t start_ns = th_now_ns();
    enum thumbs_code code = name_outputs(batch, file, outcome, &outputs, &error);
    if (code == THUMBS_OK)
        code = th_place_commit(atomic_load(&file->entry.dir->place), file->entry.name, file->entry.keep_extension, &id,
                               outputs.committed, outputs.n, &error);
    event->times.write = th_now_ns() - start_ns;
    if (code == THUMBS_OK) {
        event->outputs = outputs.reported;
        event->n_outputs = outputs.n;
        if (outcome->result->damaged) {
            th_error_set(&error, THUMBS_CORRUPT, THUMBS_STAGE_DECODE, "%s", outcome->result->warning);
            event->status = THUMBS_STATUS_DAMAGED;
            event->error = &error;
        }
    } else {
        th_place_forget_failure(atomic_load(&file->entry.dir->place), file->entry.name);
        event->status = THUMBS_STATUS_FAILED;
        event->error = &error;
    }
    th_flight_move(&file->flight, TH_AT_REPORT);
    report(batch, &file->entry, event);
    if (code != THUMBS_OK && is_fatal(batch, &error)) th_batch_set_fatal(batch, &error);
    for (size_t i = 0; i < outputs.n; i++)
        free(outputs.paths[i]);
}

void th_file_finish(void *user, struct th_item *item, const struct th_outcome *outcome)
{
    struct thumbs_batch *batch = user;
    struct th_file *file = (struct th_file *)item;
    struct thumbs_event event = {.bytes = (uint64_t)file->st.st_size, .times.load = file->load_ns};
    if (file->queued_ns && outcome->started_ns > file->queued_ns)
        event.times.wait = outcome->started_ns - file->queued_ns;
    bool writes = outcome->code == THUMBS_OK && !batch->options.no_work;
    th_flight_move(&file->flight, writes ? TH_AT_WRITE : TH_AT_REPORT);
    /* The bytes are needed no more; the next file may use their place while this one is written. */
    th_buffers_give(batch->buffers, file->item.buffer);
    file->item.buffer = NULL;
    if (outcome->code == THUMBS_OK && batch->options.no_work) {
        report(batch, &file->entry, &event);
    } else if (outcome->code == THUMBS_OK) {
        const struct th_image_result *result = outcome->result;
        event.format = (enum thumbs_format)result->source_format;
        event.width = result->width;
        event.height = result->height;
        event.times.decode = result->decode_ns;
        event.times.resize = result->resize_ns;
        event.times.encode = result->encode_ns;
        commit(batch, file, outcome, &event);
    } else {
        if (!batch->options.no_work) remember_failure(batch, file, outcome);
        event.status = THUMBS_STATUS_FAILED;
        event.error = outcome->error;
        report(batch, &file->entry, &event);
    }
    th_file_destroy(batch, file);
}
