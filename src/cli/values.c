#include "cli/values.h"

#include <string.h>

#include "base/num.h"

bool cli_find_word(const struct cli_word *words, const char *text, size_t len, unsigned *out,
                   struct cli_problem *problem)
{
    for (; words->text; words++) {
        if (strlen(words->text) != len || memcmp(words->text, text, len) != 0) continue;
        if (!words->built) {
            problem->not_built = true;
            problem->part = text;
            problem->part_len = len;
            return false;
        }
        *out = words->value;
        return true;
    }
    return false;
}

bool cli_set_word(const struct cli_word *words, const char *value, unsigned *out, struct cli_problem *problem)
{
    return cli_find_word(words, value, strlen(value), out, problem);
}

bool cli_set_number(const char *value, unsigned min, unsigned max, unsigned *out)
{
    uint64_t number;
    if (!th_parse_u64(value, min, max, &number)) return false;
    *out = (unsigned)number;
    return true;
}

bool cli_next_item(const char **list, const char **item, size_t *len)
{
    if (!*list) return false;
    const char *comma = strchr(*list, ',');
    *item = *list;
    *len = comma ? (size_t)(comma - *list) : strlen(*list);
    *list = comma ? comma + 1 : NULL;
    return true;
}
