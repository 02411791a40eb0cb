/* SPDX-License-Identifier: MIT */
/* nullfd.h - a descriptor that stands for nothing, also where /dev is empty. Thread-safe. */
#ifndef TH_BASE_NULLFD_H
#define TH_BASE_NULLFD_H

/* /dev/null for reading and writing, close-on-exec; where there is none, a descriptor of which
 * every read and write fails with EBADF, as of a closed one. -1 with errno: not even that. */
int th_null_open(void);

#endif
