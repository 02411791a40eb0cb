/* SPDX-License-Identifier: MIT */
/* sysroot.h - a folder that stands for the root of a machine, with /proc and /sys as a test wants
 * them. Failures abort the test program with a message. */
#ifndef TEST_SYSROOT_H
#define TEST_SYSROOT_H

/* A file of that text, with the folders to it; path begins with a slash. */
void test_sysroot_put(const char *root, const char *path, const char *text);

#endif
