/* SPDX-License-Identifier: MIT */
#include "run/serve_twin.h"

#include <stdlib.h>

#include "base/sys.h"
#include "commit/twins.h"
#include "run/finish.h"

/* As a worker would tell it. False: not all of it is on record. */
static bool tell(const struct thumbs_batch *batch, const struct th_twin *twin,
                 struct th_image_result *result)
{
    const struct thumbs_image_options *image = &batch->options.image;
    /* Two that were one cannot be told apart, a picture inside another is reported as such, and
     * what is wrong with a damaged one is not on record. */
    if (twin->id.damaged || twin->id.format == THUMBS_FORMAT_NONE ||
        twin->id.format == THUMBS_FORMAT_OTHER ||
        (image->placeholder && twin->id.placeholder.thumbhash_len == 0))
        return false;
    result->source_format = twin->id.format;
    result->width = twin->id.width;
    result->height = twin->id.height;
    if (image->placeholder) result->placeholder = twin->id.placeholder;
    for (size_t i = 0; i < twin->n_outputs; i++) {
        const struct th_twin_output *output = &twin->outputs[i];
        result->outputs[i] = (struct th_image_output){.offset = output->offset,
                                                      .len = output->len,
                                                      .format = output->format,
                                                      .sizes = output->sizes,
                                                      .width = output->width,
                                                      .height = output->height};
    }
    result->n_outputs = (uint32_t)twin->n_outputs;
    return th_image_outputs_are_whole(result->outputs, result->n_outputs, image);
}

bool th_serve_twin(struct thumbs_batch *batch, struct th_file *file)
{
    struct th_twin twin;
    struct th_image_result *result = NULL;
    if (!batch->twins || file->content == 0) return false;
    const bool served =
        th_twins_find(batch->twins, (uint64_t)file->st.st_size, file->content, &twin) &&
        (result = th_calloc(1, sizeof *result)) && tell(batch, &twin, result);
    if (served) {
        const struct th_outcome outcome = {.code = THUMBS_OK,
                                           .result = result,
                                           .data = (const uint8_t *)th_bytes_str(&twin.data),
                                           .started_ns = th_now_ns()};
        th_finish_file(batch, &file->item, &outcome);
    }
    th_twin_finish(&twin);
    free(result);
    return served;
}
