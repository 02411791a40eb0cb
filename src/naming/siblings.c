/* Names beside a file that lead to the same output. */
#include "naming/siblings.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/sys.h"
#include "image/image.h"

const char *th_siblings_ending_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot != name ? dot + 1 : "";
}

enum thumbs_format th_siblings_format_of(const char *name)
{
    const char *ending = th_siblings_ending_of(name);
    return th_image_format_by_ext(ending, strlen(ending));
}

/* Does a file that promises this format, and keeps the promise, get such an output? */
static bool leads_to(enum thumbs_format promised, const struct thumbs_image_options *image, enum thumbs_format output)
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
static bool has_spelling(int dirfd, const char *stem, const char *ending)
{
    struct stat st;
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
        found = fstatat(dirfd, th_bytes_str(&name), &st, AT_SYMLINK_NOFOLLOW) == 0;
    }
    th_bytes_finish(&name);
    return found;
}

bool th_siblings_take(int dirfd, const char *name, const struct thumbs_image_options *image, enum thumbs_format output)
{
    bool found = false;
    for (unsigned f = 0; f < THUMBS_N_FORMATS && !found; f++) {
        const struct th_format *format = th_format((enum thumbs_format)f);
        if (!format->endings[0] || !leads_to((enum thumbs_format)f, image, output)) continue;
        for (unsigned i = 0; i < TH_FORMAT_MAX_ENDINGS && format->endings[i] && !found; i++)
            found = has_spelling(dirfd, name, format->endings[i]);
    }
    return found;
}

/* ---- the name with an ending less ---- */

static enum thumbs_format format_by_content(int dirfd, const char *name, bool follow)
{
    uint8_t first[TH_SNIFF_LEN];
    int fd = th_openat(dirfd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW), 0);
    if (fd < 0) return THUMBS_FORMAT_NONE;
    ssize_t n = th_read_full(fd, first, sizeof first);
    close(fd);
    return n > 0 ? th_image_sniff(first, (size_t)n) : THUMBS_FORMAT_NONE;
}

/* Is an output of it in another format than its name promises? */
static bool gets_whole_name(enum thumbs_format promised, enum thumbs_format content,
                            const struct thumbs_image_options *image)
{
    for (uint32_t i = 0; i < image->n_formats; i++) {
        enum thumbs_format wanted = (enum thumbs_format)image->formats[i];
        if (th_image_output_format(wanted, promised, false) != th_image_output_format(wanted, content, false))
            return true;
    }
    return false;
}

bool th_siblings_need(int dirfd, const char *name, bool follow, const struct thumbs_image_options *image,
                      enum thumbs_format output)
{
    const char *dot = strrchr(name, '.');
    if (!dot || dot == name || th_siblings_format_of(name) != THUMBS_FORMAT_NONE) return false;
    char *stem = strndup(name, (size_t)(dot - name));
    if (!stem) return false;
    enum thumbs_format content = format_by_content(dirfd, stem, follow);
    bool needs = content != THUMBS_FORMAT_NONE && leads_to(content, image, output) &&
                 gets_whole_name(th_siblings_format_of(stem), content, image);
    free(stem);
    return needs;
}
