/* SPDX-License-Identifier: MIT */
/*
 * answer.h - what a worker says, and whether it can be believed.
 *
 * Nothing that a worker says is trusted. A wrong length, number or order violates the protocol: its
 * memory is not its own any more.
 */
#ifndef TH_WORK_ANSWER_H
#define TH_WORK_ANSWER_H

#include "work/supervision.h"

enum th_answer {
    TH_ANSWERED,         /* the oldest file is done or has failed: supervisor->reply, and taken */
    TH_ANSWER_DIED,      /* the worker has hung up */
    TH_ANSWER_LATE,      /* it has had the time that a file may take */
    TH_ANSWER_VIOLATION, /* it violates the protocol */
    TH_ANSWER_GREEDY,    /* it holds more than its share of memory, or hides what it holds */
    TH_ANSWER_NEEDS_LIBRARIES, /* it was forked without those that the oldest file needs */
    TH_ANSWER_REFUSED          /* it is not locked up as is required, and ends: supervisor->hello */
};

/* Wait for what becomes of the oldest file in the worker. Only the supervisor's own thread
 * calls. */
enum th_answer th_answer_wait(struct th_supervisor *supervisor);

#endif
