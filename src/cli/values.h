/* values.h - what the setters of the option tables share; inside cli only. Pure functions, thread-safe. */
#ifndef THUMBS_CLI_VALUES_H
#define THUMBS_CLI_VALUES_H

#include "cli/options.h"

/* One of the words that an option takes; a list of them ends with a NULL text. */
struct cli_word {
    const char *text;
    unsigned value;
    bool built; /* else SPEC knows it and this version does not */
};

/* Find the word that is `len` bytes at text. */
bool cli_find_word(const struct cli_word *words, const char *text, size_t len, unsigned *out,
                   struct cli_problem *problem);
bool cli_set_word(const struct cli_word *words, const char *value, unsigned *out, struct cli_problem *problem);
bool cli_set_number(const char *value, unsigned min, unsigned max, unsigned *out);

/* Cut the next item off a list with commas; false at its end. An empty list has one empty item. */
bool cli_next_item(const char **list, const char **item, size_t *len);

#endif
