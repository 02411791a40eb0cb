/* SPDX-License-Identifier: MIT */
/* check.h - does a worker's answer keep to the protocol? No state, no system calls; any thread. */
#ifndef TH_WORK_CHECK_H
#define TH_WORK_CHECK_H

#include "work/wire.h"

/* What was asked of the worker. */
struct th_check {
    const struct thumbs_image_options *image;
    bool no_work;     /* hand the file back, no outputs */
    uint64_t id;      /* of the job that is to be answered next */
    uint64_t most_ns; /* no stage can have taken longer; 0: not known */
};

/* `size` bytes came into *reply; what lies behind them is older and not looked at. True: every
 * field is within its bounds, texts are ended and one line (or made so), the outputs are those that
 * were asked for and lie in the first *sink_bytes bytes of the job's sink (0 without outputs);
 * whether the sink has that many is for the caller to see. False: the answer violates the protocol,
 * *sink_bytes is untouched. */
bool th_check_reply(const struct th_check *expected, struct th_wire_reply *reply, size_t size,
                    uint64_t *sink_bytes);

#endif
