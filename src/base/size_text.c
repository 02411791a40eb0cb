/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "thumbs/thumbs.h"

void thumbs_size_text(const struct thumbs_size *size, char text[THUMBS_SIZE_TEXT])
{
    char width[12] = "", height[12] = "";
    if (size->width) snprintf(width, sizeof width, "%u", (unsigned)size->width);
    if (size->height && !size->square)
        snprintf(height, sizeof height, "%u", (unsigned)size->height);
    snprintf(text, THUMBS_SIZE_TEXT, "%s%s%s", width, size->square ? "" : "x", height);
}
