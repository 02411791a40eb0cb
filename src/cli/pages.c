/* SPDX-License-Identifier: MIT */
/*
 * pages.c - a program of the build: writes the manual page or a completion script.
 *   thumbs_pages man|bash|zsh|fish FILE
 */
#include <stdio.h>
#include <string.h>

#include "cli/manual.h"

static const struct {
    const char *word;
    void (*write)(struct th_bytes *b);
} pages[] = {{"man", cli_manual},
             {"bash", cli_completion_bash},
             {"zsh", cli_completion_zsh},
             {"fish", cli_completion_fish}};

static bool save(const struct th_bytes *text, const char *path)
{
    FILE *file = fopen(path, "w");
    const bool written = file && fwrite(text->data, 1, text->len, file) == text->len;
    if (file && fclose(file) != 0) return false;
    return written;
}

int main(int argc, char **argv)
{
    struct th_bytes text = {0};
    for (size_t i = 0; argc == 3 && i < sizeof pages / sizeof *pages; i++) {
        if (strcmp(argv[1], pages[i].word) == 0) pages[i].write(&text);
    }
    if (text.len == 0) {
        fputs("usage: thumbs_pages man|bash|zsh|fish FILE\n", stderr);
        return 2;
    }
    const bool saved = !th_bytes_failed(&text) && save(&text, argv[2]);
    if (!saved) perror(argv[2]);
    th_bytes_finish(&text);
    return saved ? 0 : 1;
}
