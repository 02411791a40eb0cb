/* SPDX-License-Identifier: MIT */
#include "support/sysroot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void test_sysroot_put(const char *root, const char *path, const char *text)
{
    char full[4096];
    size_t at = strlen(root);
    if ((size_t)snprintf(full, sizeof full, "%s%s", root, path) >= sizeof full) abort();
    for (char *slash = full + at + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(full, 0700);
        *slash = '/';
    }
    FILE *f = fopen(full, "w");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0) {
        perror(full);
        abort();
    }
}
