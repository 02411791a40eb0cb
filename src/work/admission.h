/* SPDX-License-Identifier: MIT */
/*
 * admission.h - a file is decoded only while there is memory for it.
 *
 *   th_work_admit()                 what will it need? More than there ever is: it has failed
 *   th_work_reserve()               wait until that is free, or th_budget_try_take() of
 * th_work_charge()
 *   ... the file is worked on ...
 *   th_budget_give()                of th_work_charge()
 */
#ifndef TH_WORK_ADMISSION_H
#define TH_WORK_ADMISSION_H

#include "work/executor.h"

/* Find out what the item will need of the budget, from its header. False: more than there ever is;
 * it has been finished as failed, with both numbers. */
bool th_work_admit(const struct th_work *work, struct th_item *item);

/* What an admitted item takes of the budget. */
uint64_t th_work_charge(const struct th_work *work, const struct th_item *item);

/* Take what an admitted item needs of the budget, waiting for it. False: the run was stopped; the
 * item was dropped. */
bool th_work_reserve(const struct th_work *work, struct th_item *item, unsigned worker);

#endif
