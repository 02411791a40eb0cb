/* SPDX-License-Identifier: MIT */
/* values.h - what a value on the command line does to the settings. Pure functions, thread-safe. */
#ifndef THUMBS_CLI_VALUES_H
#define THUMBS_CLI_VALUES_H

#include <stddef.h>

#include "cli/settings.h"

/* One of the words that an option takes; a list of them ends with a NULL text. */
struct cli_word {
    const char *text;
    unsigned value;
    bool built; /* else it is known, but this build does not have it */
};
extern const struct cli_word cli_mode_words[], cli_io_words[];

/* A list with commas, no value of it twice. */
struct cli_list {
    const struct cli_word *words; /* NULL: numbers from 1 to max */
    unsigned max;
    size_t most;          /* values; there is room for as many */
    const char *twice;    /* why a list is refused that has a value twice, */
    const char *too_many; /* or more than `most` of them (NULL: there are no more words) */
};

/* How an option changes the settings. */
enum cli_kind {
    CLI_NOT_BUILT = 0, /* the option is known, but this version lacks it */
    CLI_FLAG,          /* a bool becomes true */
    CLI_CONSTANT,      /* an unsigned becomes min */
    CLI_NUMBER,        /* an unsigned from min to max */
    CLI_NUMBER64,      /* a uint64_t from min to max */
    CLI_BYTES,         /* the same, with an optional K, M or G behind it */
    CLI_TEXT,          /* a string that is not empty */
    CLI_WORD,          /* an unsigned, by one of the words */
    CLI_LIST,          /* several unsigned, with commas, and their number */
    CLI_FUNCTION       /* whatever set() does */
};

struct cli_target {
    enum cli_kind kind;
    size_t offset,
        count_offset; /* of the field in struct cli_settings, and of the number of a list */
    uint64_t min, max;
    const struct cli_word *words;
    const struct cli_list *list;
    cli_set_fn *set;
    const char *choices; /* of a function: words to offer, with blanks between; NULL: none */
};

/* Targets, for the last member of a row of the table. Each names a field of struct cli_settings,
 * and does not compile where that has another type than the option writes. Enums count as
 * unsigned. */
#define CLI_AT(type, field)                                                                        \
    (offsetof(struct cli_settings, field) +                                                        \
     0 * sizeof(_Generic(((struct cli_settings *)0)->field, type : 0)))
#define CLI_TO_NOTHING                                                                             \
    {                                                                                              \
        .kind = CLI_NOT_BUILT                                                                      \
    }
#define CLI_TO_FLAG(field)                                                                         \
    {                                                                                              \
        .kind = CLI_FLAG, .offset = CLI_AT(bool, field)                                            \
    }
#define CLI_TO_CONST(field, n)                                                                     \
    {                                                                                              \
        .kind = CLI_CONSTANT, .offset = CLI_AT(unsigned, field), .min = (n)                        \
    }
#define CLI_TO_NUMBER(field, least, most)                                                          \
    {                                                                                              \
        .kind = CLI_NUMBER, .offset = CLI_AT(unsigned, field), .min = (least), .max = (most)       \
    }
#define CLI_TO_NUMBER64(field)                                                                     \
    {                                                                                              \
        .kind = CLI_NUMBER64, .offset = CLI_AT(uint64_t, field), .min = 1, .max = UINT64_MAX       \
    }
#define CLI_TO_BYTES(field)                                                                        \
    {                                                                                              \
        .kind = CLI_BYTES, .offset = CLI_AT(uint64_t, field), .min = 1, .max = UINT64_MAX          \
    }
#define CLI_TO_TEXT(field)                                                                         \
    {                                                                                              \
        .kind = CLI_TEXT, .offset = CLI_AT(const char *, field)                                    \
    }
#define CLI_TO_WORD(field, known)                                                                  \
    {                                                                                              \
        .kind = CLI_WORD, .offset = CLI_AT(unsigned, field), .words = (known)                      \
    }
#define CLI_TO_LIST(field, count, of)                                                              \
    {                                                                                              \
        .kind = CLI_LIST, .offset = CLI_AT(unsigned *, field),                                     \
        .count_offset = CLI_AT(size_t, count), .list = (of)                                        \
    }
#define CLI_TO(function)                                                                           \
    {                                                                                              \
        .kind = CLI_FUNCTION, .set = (function)                                                    \
    }
#define CLI_TO_WITH_CHOICES(function, words)                                                       \
    {                                                                                              \
        .kind = CLI_FUNCTION, .set = (function), .choices = (words)                                \
    }

/* Put a value (NULL for a flag) into the settings; false and *problem if it is no good. */
bool cli_target_set(const struct cli_target *to, struct cli_settings *settings, const char *value,
                    struct cli_problem *problem);

/* Cut the next item off a list with commas; false at its end. An empty list has one empty item. */
bool cli_next_item(const char **list, const char **item, size_t *len);
/* Read a list to out[], which has room for list->most. */
bool cli_read_list(const struct cli_list *list, const char *value, unsigned *out, size_t *n_out,
                   struct cli_problem *problem);

#endif
