/* SPDX-License-Identifier: MIT */
#include "base/filelimit.h"

#include <sys/resource.h>

uint64_t th_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
    return limit.rlim_cur;
}
