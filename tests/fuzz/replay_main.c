/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz entry over the files and folders named on the command line, with any compiler.
 *   replay [--corpus=FOLDER] PATH...
 * A FOLDER of the corpus is looked for below the folder that THUMBS_CORPUS names; without that
 * variable it is skipped, by name.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/corpus.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static unsigned long n_files;
static const char *volatile current = ""; /* told when it kills us */

static void on_death(int signal)
{
    static const char text[] = "while replaying ";
    ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
    ignored = write(STDERR_FILENO, current, strlen(current));
    ignored = write(STDERR_FILENO, "\n", 1);
    (void)ignored;
    raise(signal); /* SA_RESETHAND: this time it does */
}

static void replay(const struct test_file *file, void *user)
{
    (void)user;
    current = file->path;
    LLVMFuzzerTestOneInput(file->data, file->len);
    n_files++;
}

static void replay_corpus(const char *folder)
{
    if (test_corpus())
        test_each_corpus_file(folder, replay, NULL);
    else
        printf("skipped: the corpus folder \"%s\", THUMBS_CORPUS is not set\n", folder);
}

/* A target that ends the process, with whatever status, has not passed. */
static int in_target = 1;

static void on_exit_in_target(void)
{
    if (!in_target) return;
    fputs("the target has ended the process\n", stderr);
    abort();
}

int main(int argc, char **argv)
{
    static const char option[] = "--corpus=";
    atexit(on_exit_in_target);
    sigaction(SIGABRT,
              &(struct sigaction){.sa_handler = on_death, .sa_flags = SA_RESETHAND | SA_NODEFER},
              NULL);
    for (int i = 1; i < argc; i++) {
        bool is_corpus = strncmp(argv[i], option, strlen(option)) == 0;
        if (is_corpus)
            replay_corpus(argv[i] + strlen(option));
        else
            test_each_file(argv[i], replay, NULL);
    }
    in_target = 0;
    printf("%lu inputs replayed\n", n_files);
    return n_files == 0;
}
