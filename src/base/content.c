/* SPDX-License-Identifier: MIT */
#include "base/content.h"

/* The library is all in its header; so nothing more has to be installed where thumbs runs. */
#define XXH_INLINE_ALL
#include <xxhash.h>

_Static_assert(sizeof(XXH3_state_t) <= TH_CONTENT_STATE, "the state of a hash fits");
_Static_assert(_Alignof(XXH3_state_t) <= 64, "and is aligned");

static XXH3_state_t *state_of(struct th_content *content)
{
    return (XXH3_state_t *)(void *)content->state;
}

static uint64_t not_zero(uint64_t hash)
{
    return hash ? hash : 1;
}

void th_content_begin(struct th_content *content)
{
    XXH3_INITSTATE(state_of(content));
    XXH3_64bits_reset(state_of(content));
}

void th_content_add(struct th_content *content, const void *data, size_t len)
{
    if (len > 0) XXH3_64bits_update(state_of(content), data, len);
}

uint64_t th_content_end(const struct th_content *content)
{
    return not_zero(XXH3_64bits_digest((const XXH3_state_t *)(const void *)content->state));
}

uint64_t th_content_hash(const void *data, size_t len)
{
    return not_zero(XXH3_64bits(data, len));
}
