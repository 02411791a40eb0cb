/* SPDX-License-Identifier: MIT */
#include "commit/layout.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"

#define LAYOUT_FILE "layout"

static const char *const layout_words[] = {
    [TH_LAYOUT_ONE] = "one\n", [TH_LAYOUT_SEVERAL] = "several\n"};

enum th_layout th_layout_read(int state)
{
    char text[16] = "";
    int fd = th_openat(state, LAYOUT_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd < 0) return TH_LAYOUT_ANY;
    ssize_t n = th_read_full(fd, text, sizeof text - 1);
    th_close(fd);
    if (n < 0) return TH_LAYOUT_ANY;
    return strcmp(text, layout_words[TH_LAYOUT_ONE]) == 0       ? TH_LAYOUT_ONE
           : strcmp(text, layout_words[TH_LAYOUT_SEVERAL]) == 0 ? TH_LAYOUT_SEVERAL
                                                                : TH_LAYOUT_ANY;
}

void th_layout_write(int state, enum th_layout layout)
{
    /* A new file, not the old one changed: a copy of DEST may share that by a hard link. */
    (void)unlinkat(state, LAYOUT_FILE, 0);
    int fd = th_openat(state, LAYOUT_FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
    if (fd < 0) return;
    (void)th_write_full(fd, layout_words[layout], strlen(layout_words[layout]));
    th_close(fd);
}
