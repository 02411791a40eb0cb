/* SPDX-License-Identifier: MIT */
#include "cli/origins.h"

#include <stdlib.h>

#include "base/sys.h"

const struct cli_origin *cli_origin_add(struct cli_settings *settings,
                                        const struct cli_option *option, const char *value,
                                        unsigned line)
{
    char *copy = value ? th_strdup(value) : NULL;
    struct cli_origin *origins = th_grow(settings->origins, &settings->cap_origins,
                                         settings->n_origins + 1, sizeof *origins);
    if (origins) settings->origins = origins;
    if (!origins || (value && !copy)) {
        free(copy);
        return NULL;
    }
    origins[settings->n_origins] = (struct cli_origin){option, copy, line};
    return &origins[settings->n_origins++];
}

void cli_origins_finish(struct cli_settings *settings)
{
    for (size_t i = 0; i < settings->n_origins; i++)
        free(settings->origins[i].value);
    free(settings->origins);
    settings->origins = NULL;
    settings->n_origins = settings->cap_origins = 0;
}
