/* SPDX-License-Identifier: MIT */
/* alike LEVELS FOLDER FOLDER - do PNG files of the same name in two folders show the same? Says of
 * each that does not how far apart they are: their mean difference, where a pixel can be seen, is
 * more than LEVELS of 255, or their sides differ, or one is missing. Exit status 1 if any does not;
 * 2 if there is nothing to compare. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/read_png.h"

static bool read_file(const char *folder, const char *name, struct th_pixels *out)
{
    char path[4096];
    static uint8_t data[16 << 20];
    *out = (struct th_pixels){0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *in = fopen(path, "rb");
    if (!in) return false;
    const size_t len = fread(data, 1, sizeof data, in);
    fclose(in);
    return test_read_png(data, len, out);
}

static double distance(const struct th_pixels *a, const struct th_pixels *b)
{
    double sum = 0;
    const size_t n = (size_t)a->width * a->height * 4;
    for (size_t i = 0; i < n; i++) {
        const double seen = i % 4 == 3 ? 1 : a->data[i | 3] / 255.0;
        sum += seen * abs(a->data[i] - b->data[i]);
    }
    return sum / (double)n;
}

static bool are_alike(double levels, const char *a, const char *b, const char *name)
{
    struct th_pixels p, q;
    const bool in_a = read_file(a, name, &p), in_b = read_file(b, name, &q);
    const bool same = in_a && in_b && p.width == q.width && p.height == q.height;
    const double far = same ? distance(&p, &q) : 0;
    if (!in_a || !in_b)
        printf("%s: not in both\n", name);
    else if (!same)
        printf("%s: %u x %u and %u x %u\n", name, p.width, p.height, q.width, q.height);
    else if (far > levels)
        printf("%s: %.2f levels\n", name, far);
    th_pixels_finish(&p);
    th_pixels_finish(&q);
    return same && far <= levels;
}

static bool is_png(const char *name)
{
    const size_t len = strlen(name);
    return len > 4 && strcmp(name + len - 4, ".png") == 0;
}

/* How many there are; `levels` below 0: without a look at them. */
static unsigned compare(double levels, const char *a, const char *b, bool *alike)
{
    unsigned n = 0;
    DIR *folder = opendir(a);
    for (const struct dirent *e; folder && (e = readdir(folder));) {
        if (!is_png(e->d_name)) continue;
        if (levels >= 0) *alike = are_alike(levels, a, b, e->d_name) && *alike;
        n++;
    }
    if (folder) closedir(folder);
    return n;
}

int main(int argc, char **argv)
{
    bool alike = true;
    if (argc != 4) return 2;
    const unsigned n = compare(strtod(argv[1], NULL), argv[2], argv[3], &alike),
                   others = compare(-1, argv[3], argv[2], &alike);
    if (n == 0) return 2;
    if (n != others) printf("%u pictures and %u\n", n, others);
    return alike && n == others ? 0 : 1;
}
