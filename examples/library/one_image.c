/* SPDX-License-Identifier: MIT */
/*
 * one_image - a picture in memory becomes thumbnails in memory.
 *
 *   one_image PICTURE THUMBNAIL [SIDE]      the thumbnail is a JPEG, SIDE pixels at most (256)
 *
 * A server would have the bytes from a request and send the thumbnail back; this program reads and
 * writes files. The picture is decoded in this process, so a decoder that crashes takes it along:
 * see batch.c for worker processes that are locked up.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <thumbs/thumbs.h>

enum { DEFAULT_SIDE = 256, MOST_BYTES = 256 << 20 };

/* The whole file; the caller frees it. NULL: it cannot be read, or is too large. */
static void *read_whole(const char *path, size_t *len)
{
    unsigned char *data = NULL;
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    if (fseek(file, 0, SEEK_END) == 0) {
        long size = ftell(file);
        rewind(file);
        if (size > 0 && size <= MOST_BYTES) data = malloc((size_t)size);
        if (data && fread(data, 1, (size_t)size, file) != (size_t)size) {
            free(data);
            data = NULL;
        }
        *len = (size_t)size;
    }
    fclose(file);
    return data;
}

static bool write_whole(const char *path, const void *data, size_t len)
{
    FILE *file = fopen(path, "wb");
    if (!file) return false;
    bool ok = fwrite(data, 1, len, file) == len;
    return fclose(file) == 0 && ok;
}

/* Give the first thumbnail away: here, to a file. */
static int hand_over(const struct thumbs_images *images, const struct thumbs_source_info *info,
                     const char *path)
{
    const struct thumbs_image *image = thumbs_images_get(images, 0);
    if (!write_whole(path, image->data, image->len)) {
        perror(path);
        return 1;
    }
    printf("%s %ux%u -> %s %ux%u, %zu bytes\n", thumbs_format_name(info->format), info->width,
           info->height, thumbs_format_name(image->format), image->width, image->height,
           image->len);
    if (info->damaged) fprintf(stderr, "damaged: %s\n", info->warning);
    return 0;
}

int main(int argc, char **argv)
{
    struct thumbs_options options;
    struct thumbs_images *images = NULL;
    struct thumbs_source_info info;
    struct thumbs_error err = {0};
    size_t len = 0;

    long side = argc == 4 ? strtol(argv[3], NULL, 10) : DEFAULT_SIDE;
    if (argc < 3 || argc > 4 || side < 1 || side > (long)THUMBS_MAX_SIDE) {
        fprintf(stderr, "usage: one_image PICTURE THUMBNAIL [SIDE]\n");
        return 2;
    }
    void *picture = read_whole(argv[1], &len);
    if (!picture) {
        fprintf(stderr, "%s: cannot be read\n", argv[1]);
        return 1;
    }

    thumbs_options_init(&options);
    options.image.n_sizes = 1;
    options.image.sizes[0] =
        (struct thumbs_size){.width = (uint32_t)side, .height = (uint32_t)side, .square = true};
    enum thumbs_code code = thumbs_make(picture, len, &options.image, &images, &info, &err);
    free(picture); /* the thumbnails have bytes of their own */
    if (code != THUMBS_OK) {
        fprintf(stderr, "%s: %s: %s (%s)\n", argv[1], thumbs_stage_name(err.stage), err.message,
                thumbs_code_name(code));
        return 1;
    }
    int status = hand_over(images, &info, argv[2]);
    thumbs_images_destroy(images);
    return status;
}
