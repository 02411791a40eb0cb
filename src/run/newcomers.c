/* SPDX-License-Identifier: MIT */
#include "run/newcomers.h"

#include <stdio.h>
#include <string.h>

#include "base/shorten.h"

void th_newcomers_add(struct thumbs_batch *batch, const char *path)
{
    struct th_newcomers *newcomers = &batch->newcomers;
    pthread_mutex_lock(&batch->lock);
    if (newcomers->n++ == 0)
        snprintf(newcomers->first, sizeof newcomers->first, "%s",
                 th_shorten_to(path, strlen(path), sizeof newcomers->first - 1).text);
    pthread_mutex_unlock(&batch->lock);
}

void th_newcomers_remark(const struct thumbs_batch *batch, thumbs_remark_fn *on_remark, void *user)
{
    const struct th_newcomers *newcomers = &batch->newcomers;
    char text[300];
    if (newcomers->n == 0) return;
    snprintf(text, sizeof text,
             "%llu new source%s got the whole name, as %s, since the short one is the thumbnail of "
             "another; --names=full does so for all",
             (unsigned long long)newcomers->n, newcomers->n > 1 ? "s" : "", newcomers->first);
    on_remark(user, text);
}
