/* SPDX-License-Identifier: MIT */
/* Thumbnails of a folder with libthumbs: example SOURCE DEST */
#include <stdio.h>
#include <thumbs/thumbs.h>

int main(int argc, char **argv)
{
    struct thumbs_options options;
    struct thumbs_batch *batch = NULL;
    struct thumbs_error err = {0};
    struct thumbs_totals totals;
    if (argc != 3) return 2;
    thumbs_options_init(&options);
    options.mode = THUMBS_MODE_THREADS;
    enum thumbs_code code =
        thumbs_batch_create(&options, (const char *const *)&argv[1], 1, argv[2], &batch, &err);
    if (code == THUMBS_OK) code = thumbs_batch_run(batch, NULL, NULL, &err);
    if (code != THUMBS_OK) fprintf(stderr, "%s: %s\n", thumbs_code_name(code), err.message);
    if (batch) thumbs_batch_totals(batch, &totals);
    if (batch) printf("%lu done\n", (unsigned long)totals.by_status[THUMBS_STATUS_DONE]);
    thumbs_batch_destroy(batch);
    return code != THUMBS_OK;
}
