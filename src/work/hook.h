/* SPDX-License-Identifier: MIT */
/*
 * hook.h - where tests get in: a picture that asks for trouble gets it (tests/hooks/probe.c).
 *
 * Only in builds with THUMBS_FAULTS. In all others there is nothing to ask.
 */
#ifndef TH_WORK_HOOK_H
#define TH_WORK_HOOK_H

#include "image/image.h"

#ifdef THUMBS_FAULTS
/* True if the bytes are a probe: it has been carried out, *error says how it went. *violate: the
 * caller is to answer against the protocol. False if they are to be decoded, at once or, after
 * "while", now. */
bool th_probe(const uint8_t *data, size_t len, bool *violate, struct thumbs_error *error);
#else
static inline bool th_probe(const uint8_t *data, size_t len, bool *violate,
                            struct thumbs_error *error)
{
    (void)data, (void)len, (void)violate, (void)error;
    return false;
}
#endif

#endif
