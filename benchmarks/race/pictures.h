/* SPDX-License-Identifier: MIT */
/* pictures.h - the pictures of a race, under names that every program can deal with. */
#ifndef BENCHMARKS_PICTURES_H
#define BENCHMARKS_PICTURES_H

#include "race/race.h"

/* One flat folder of numbered names, since most peers write flat and go by the stem alone. */
bool fill_work(struct race *race);

/* Make the references of all pictures; those of which none can be made are left out. */
bool make_references(struct race *race);

/* The number of the picture that a name in `work` stands for. */
size_t number_of(const char *name);

/* Take one file out of the race; false if it is not in it. */
bool drop(struct race *race, const char *name);

/* Write the list of names that programs are given, anew. */
bool write_list(struct race *race);

#endif
