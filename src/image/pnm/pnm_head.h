/* SPDX-License-Identifier: MIT */
/*
 * pnm_head.h - the header of a Netpbm picture: PBM, PGM, PPM (in text or not), PAM, PFM.
 *
 * Hostile data: nothing past the end is read, each number is checked. Pure, thread-safe.
 */
#ifndef TH_IMAGE_PNM_HEAD_H
#define TH_IMAGE_PNM_HEAD_H

#include "base/view.h"

enum th_pnm_kind {
    TH_PNM_TEXT_BITS, /* P1: 1 is black */
    TH_PNM_TEXT,      /* P2, P3 */
    TH_PNM_BITS,      /* P4: 1 is black */
    TH_PNM_BYTES,     /* P5, P6, P7: samples of one byte, or of two if `most` is above 255 */
    TH_PNM_FLOATS     /* PF, Pf: linear light, rows from the bottom */
};

struct th_pnm {
    enum th_pnm_kind kind;
    uint32_t width, height; /* neither 0 */
    uint32_t bands;         /* 1 to 4; 2 and 4 have alpha */
    uint32_t most;          /* the value of white, 1 to 65535 */
    bool little_endian;     /* of floats */
    size_t pixels;          /* where they begin, at most the length of the file */
};

/* *why: one clause; *unsupported: sound, but of a kind that is not known. */
bool th_pnm_parse(struct th_view v, struct th_pnm *out, bool *unsupported, const char **why);

/* A number in text at *at, behind blanks and comments; *at becomes the byte behind it. False at the
 * end, at what is no number, and beyond 32 bits. */
bool th_pnm_number(struct th_view v, size_t *at, uint32_t *out);

#endif
