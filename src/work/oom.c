/* SPDX-License-Identifier: MIT */
#include "work/oom.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/sys.h"

enum { MOST = 1000 };

void th_oom_step_forward(int step)
{
    static const char path[] = "/proc/self/oom_score_adj";
    char text[32];
    if (!th_read_text(path, text, sizeof text)) return;
    long now = strtol(text, NULL, 10), wanted = now + step < MOST ? now + step : MOST;
    int fd = wanted > now ? th_openat(AT_FDCWD, path, O_WRONLY, 0) : -1;
    if (fd < 0) return;
    int len = snprintf(text, sizeof text, "%ld", wanted);
    (void)th_write_full(fd, text, (size_t)len);
    close(fd);
}
