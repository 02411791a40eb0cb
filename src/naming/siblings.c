/* SPDX-License-Identifier: MIT */
/* Names beside a file that lead to the same output. */
#include "naming/siblings.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "image/formats.h"
#include "naming/promise.h"

/* Does a file that promises this format, and keeps the promise, get such an output? */
static bool leads_to(enum thumbs_format promised, const struct thumbs_image_options *image,
                     enum thumbs_format output)
{
    for (uint32_t i = 0; i < image->n_formats; i++) {
        enum thumbs_format wanted = (enum thumbs_format)image->formats[i];
        if (th_image_output_format(wanted, promised, false) == output) return true;
    }
    return false;
}

/* ---- names with an ending more ---- */

static char in_case(char c, bool upper)
{
    return upper && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* Is there `stem` with this ending, however it is spelled? Bit k of a spelling: letter k is upper
 * case. Digits have one case, so their bits stay 0. */
static bool has_spelling(const struct th_naming *naming, void *folder, const char *stem,
                         const char *ending)
{
    unsigned letters = 0;
    for (unsigned k = 0; ending[k]; k++)
        if (in_case(ending[k], true) != ending[k]) letters |= 1u << k;
    struct th_bytes name = {0};
    th_bytes_addf(&name, "%s.%s", stem, ending);
    size_t at = strlen(stem) + 1;
    bool found = th_bytes_failed(&name); /* rather one failure without need than two in one file */
    for (unsigned upper = 0; upper <= letters && !found; upper++) {
        if (upper & ~letters) continue;
        for (unsigned k = 0; ending[k]; k++)
            name.data[at + k] = in_case(ending[k], upper >> k & 1);
        found = naming->look(folder, th_bytes_str(&name)) != TH_BESIDE_NOTHING;
    }
    th_bytes_finish(&name);
    return found;
}

bool th_siblings_take(const struct th_naming *naming, const struct th_naming_source *source,
                      enum thumbs_format output)
{
    bool found = false;
    for (unsigned f = 0; f < THUMBS_N_FORMATS && !found; f++) {
        const struct th_format *format = th_format((enum thumbs_format)f);
        if (!format->endings[0] || !leads_to((enum thumbs_format)f, naming->image, output))
            continue;
        for (unsigned i = 0; i < TH_FORMAT_MAX_ENDINGS && format->endings[i] && !found; i++)
            found = has_spelling(naming, source->folder, source->name, format->endings[i]);
    }
    return found;
}

/* ---- the name with an ending less ---- */

/* Is an output of it in another format than its name promises? */
static bool gets_whole_name(enum thumbs_format promised, enum thumbs_format content,
                            const struct thumbs_image_options *image)
{
    for (uint32_t i = 0; i < image->n_formats; i++) {
        enum thumbs_format wanted = (enum thumbs_format)image->formats[i];
        if (th_image_output_format(wanted, promised, false) !=
            th_image_output_format(wanted, content, false))
            return true;
    }
    return false;
}

bool th_siblings_need(const struct th_naming *naming, const struct th_naming_source *source,
                      enum thumbs_format output)
{
    uint8_t first[TH_SNIFF_LEN];
    const char *dot = strrchr(source->name, '.');
    if (!dot || dot == source->name || th_promise_format(source->name) != THUMBS_FORMAT_NONE)
        return false;
    char *stem = strndup(source->name, (size_t)(dot - source->name));
    if (!stem) return false;
    size_t n = naming->peek(source->folder, stem, source->follow, first, sizeof first);
    enum thumbs_format content = n > 0 ? th_image_sniff(first, n) : THUMBS_FORMAT_NONE;
    bool needs = content != THUMBS_FORMAT_NONE && leads_to(content, naming->image, output) &&
                 gets_whole_name(th_promise_format(stem), content, naming->image);
    free(stem);
    return needs;
}
