/* SPDX-License-Identifier: MIT */
#include "run/claim.h"

#include "base/error.h"
#include "base/sys.h"
#include "naming/fold.h"
#include "naming/outputs.h"
#include "run/found.h"

/* False: no memory. */
static bool find_owner(const struct thumbs_batch *batch, const struct th_walk_entry *entry,
                       uint64_t content, uint64_t *owner)
{
    struct th_bytes source = {0};
    *owner = content;
    if (th_outputs_tell_content(&batch->naming) && content) return true;
    th_found_add_path(&source, entry);
    bool ok = !th_bytes_failed(&source);
    *owner = th_hash64(th_bytes_str(&source), source.len, 3);
    th_bytes_finish(&source);
    return ok;
}

const char *th_claim_refusal(const struct thumbs_batch *batch)
{
    return batch->naming.fold
               ? "another source gets the same output name, or one that DEST does not "
                 "tell from it (letters' case, accents)"
               : "another source gets the same output name";
}

enum thumbs_code th_claim_outputs(const struct thumbs_batch *batch,
                                  const struct th_walk_entry *entry, uint64_t content,
                                  const struct thumbs_output *outputs, size_t n_outputs,
                                  struct thumbs_error *err)
{
    uint64_t owner;
    if (!batch->claims) return THUMBS_OK;
    if (!find_owner(batch, entry, content, &owner))
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WRITE, "no memory for a name");
    for (size_t i = 0; i < n_outputs; i++) {
        struct th_bytes name = {0};
        th_fold_path(&name, outputs[i].path, batch->naming.fold);
        bool granted =
            !th_bytes_failed(&name) && th_claims_add(batch->claims, th_bytes_str(&name), owner);
        th_bytes_finish(&name);
        if (!granted)
            return th_error_set(err, THUMBS_NAME_CLASH, THUMBS_STAGE_WRITE, "%s",
                                th_claim_refusal(batch));
    }
    return THUMBS_OK;
}
