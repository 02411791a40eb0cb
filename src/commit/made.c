/* SPDX-License-Identifier: MIT */
#include "commit/made.h"

#include "commit/history_internal.h"

/* The path of an output below DEST, with a NUL behind it. Until all are there the bytes may move:
 * the place of each is noted in `at`. */
static bool add_path(const struct th_output_folder *folder, struct th_bytes *paths,
                     const char *word, size_t len, size_t *at)
{
    *at = paths->len;
    bool good = th_history_add_path(folder, paths, word, len);
    th_bytes_addc(paths, '\0');
    return good && !th_bytes_failed(paths);
}

static bool add_output(const struct th_output_folder *folder, struct th_made *made,
                       const char *word, size_t len, size_t *at)
{
    struct thumbs_output *output = &made->outputs[made->n_outputs];
    const struct th_manifest_facts facts = th_manifest_read_facts(word, len);
    const char *name;
    size_t name_len;
    *output = (struct thumbs_output){.format = facts.format,
                                     .width = facts.width,
                                     .height = facts.height,
                                     .sizes = facts.sizes,
                                     .hash = facts.content};
    if (!th_manifest_read_output(word, len, &output->bytes, &name, &name_len) ||
        !add_path(folder, &made->paths, name, name_len, at))
        return false;
    made->n_outputs++;
    return true;
}

bool th_made_find(const struct th_output_folder *folder, const char *name, struct th_made *out)
{
    struct th_manifest_record record;
    size_t at[THUMBS_MAX_OUTPUTS];
    out->n_outputs = 0;
    out->paths = (struct th_bytes){0};
    if (!th_manifest_find(&folder->manifest, name, folder->key, &record) ||
        record.status != TH_MANIFEST_MADE)
        return false;
    out->id = th_manifest_source_of(&record);
    const char *rest = record.outputs, *word;
    size_t rest_len = record.outputs_len, len;
    while (th_manifest_next_word(&rest, &rest_len, &word, &len)) {
        if (out->n_outputs == THUMBS_MAX_OUTPUTS ||
            !add_output(folder, out, word, len, &at[out->n_outputs]))
            return false;
    }
    for (size_t i = 0; i < out->n_outputs; i++)
        out->outputs[i].path = th_bytes_str(&out->paths) + at[i];
    return out->n_outputs > 0;
}

void th_made_finish(struct th_made *made)
{
    th_bytes_finish(&made->paths);
}
