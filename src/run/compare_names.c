/* SPDX-License-Identifier: MIT */
#include "run/compare_names.h"

#include "base/error.h"
#include "naming/outputs.h"
#include "run/found.h"
#include "run/stop.h"

static enum thumbs_code no_memory(struct thumbs_error *err)
{
    return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory to compare output names");
}

/* Would it get an output at all? What bears an image's ending counts as one, so that the answer
 * does not depend on content where it need not. */
static bool is_candidate(struct thumbs_batch *batch, const struct th_walk_entry *entry)
{
    const struct th_walk_options *o = &batch->walk_options;
    bool known_image = false;
    if (entry->kind != TH_WALK_FILE) return false;
    o->output_class(o->user, entry->name, &known_image);
    return known_image ||
           o->is_image(o->user, th_dir_fd(entry->dir), entry->name, o->follow || entry->follow);
}

static bool add_outputs(struct thumbs_batch *batch, const struct th_walk_entry *entry)
{
    struct th_naming_source source = th_found_source(entry, batch->options.follow);
    return th_clashes_add(&batch->clashes, &batch->naming, &source);
}

static bool collect(struct thumbs_batch *batch, struct th_walk *walk)
{
    struct th_walk_entry entry = {0};
    struct th_walk_flight *flight = th_inflight_walk(batch->inflight, TH_WALK_CLASHES);
    bool ok = true;
    th_walk_flight_begin(flight);
    while (ok && !th_stop_asked(batch) && th_walk_next(walk, &entry)) {
        if (is_candidate(batch, &entry)) ok = add_outputs(batch, &entry);
        th_walk_entry_finish(&entry);
        th_walk_flight_begin(flight);
    }
    th_walk_flight_end(flight);
    return ok;
}

enum thumbs_code th_compare_names(struct thumbs_batch *batch, struct thumbs_error *err)
{
    struct th_walk *walk = NULL;
    const enum th_apart apart = th_outputs_apart(&batch->naming);
    if (apart == TH_APART_BY_NAME || apart == TH_APART_BY_CONTENT) return THUMBS_OK;
    if (apart == TH_APART_IF_CLAIMED && !(batch->claims = th_claims_create()))
        return no_memory(err);
    if (th_outputs_tell_content(&batch->naming)) return THUMBS_OK; /* nothing can be predicted */
    /* Not only what is listed counts: other lists may lead to the same DEST, and the outcome must
     * not depend on which names a list holds, nor how often. Hidden files may be listed. */
    struct th_walk_options options = batch->walk_options;
    if (options.list) options.hidden = true;
    options.list = NULL;
    options.on_folder_user = th_inflight_walk(batch->inflight, TH_WALK_CLASHES);
    enum thumbs_code code = th_walk_create(&options, &walk, err);
    if (code != THUMBS_OK) return code;
    if (!collect(batch, walk)) code = no_memory(err);
    th_clashes_settle(&batch->clashes);
    th_walk_destroy(walk);
    return code;
}
