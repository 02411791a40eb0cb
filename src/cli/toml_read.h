/* SPDX-License-Identifier: MIT */
/*
 * toml_read.h - a TOML text (https://toml.io/en/v1.0.0) as a list of keys with their values in
 * words.
 *
 * The parser is toml++, which is C++: toml_read.cpp is the only file of that language, and what it
 * gives out is plain C. No exception leaves it. Thread-safe.
 */
#ifndef THUMBS_CLI_TOML_READ_H
#define THUMBS_CLI_TOML_READ_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cli_toml_kind {
    CLI_TOML_WORDS, /* a text, a number, or an array of those */
    CLI_TOML_TRUE,
    CLI_TOML_FALSE,
    CLI_TOML_OTHER /* a date, a table in an array, an array in an array, ... */
};

/* A key at the top of the text. All borrowed until the callback returns. */
struct cli_toml_value {
    const char *key;
    unsigned line;
    enum cli_toml_kind kind;
    /* WORDS: of an array each of its items, of a table each as "key:value", else one. */
    const char *const *words;
    size_t n_words;
};

/* False ends the reading. */
typedef bool cli_toml_fn(void *user, const struct cli_toml_value *value);

/* Call on_value for each key in the order of the text. False: the text is no TOML (*line and why
 * say what is wrong), there was no memory (*line is 0), or on_value said so (why is ""). */
bool cli_toml_read(const char *text, size_t len, cli_toml_fn *on_value, void *user, unsigned *line,
                   char *why, size_t why_size);

#ifdef __cplusplus
}
#endif

#endif
