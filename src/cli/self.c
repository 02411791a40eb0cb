/* SPDX-License-Identifier: MIT */
#include "cli/self.h"

#include <sys/auxv.h>
#include <unistd.h>

static const char self[] = "/proc/self/exe";

const char *cli_self_program(void)
{
    if (access(self, X_OK) == 0) return self;
    /* The kernel's word, not argv[0], which is whatever the caller says and holds no folder where
     * PATH was searched. */
    const char *started = (const char *)getauxval(AT_EXECFN); /* NOLINT: an address as a number */
    return started && access(started, X_OK) == 0 ? started : NULL;
}
