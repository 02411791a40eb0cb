/* SPDX-License-Identifier: MIT */
/* filelimit.h - the limit on the size of files (ulimit -f), which counts for shared memory as well.
 */
#ifndef TH_BASE_FILELIMIT_H
#define TH_BASE_FILELIMIT_H

#include <stdint.h>

/* Bytes that a file may grow to; UINT64_MAX without a limit. Who goes beyond is sent SIGXFSZ, which
 * kills by default: so look before. */
uint64_t th_file_limit(void);

#endif
