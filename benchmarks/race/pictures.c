/* SPDX-License-Identifier: MIT */
#include "race/pictures.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/sys.h"
#include "race/child.h"

static bool is_picture_name(const char *name)
{
    static const char *const endings[] = {"jpg", "jpeg", "png",  "webp", "gif",
                                          "tif", "tiff", "heic", "heif", "avif"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++) {
        if (strcasecmp(dot + 1, endings[i]) == 0) return true;
    }
    return false;
}

static bool add_path(char ***list, size_t *n, const char *path)
{
    char **grown = th_realloc(*list, (*n + 1) * sizeof **list);
    if (!grown) return false;
    *list = grown;
    grown[*n] = th_strdup(path);
    return grown[*n] && ++*n;
}

static void collect(const char *folder, char ***list, size_t *n)
{
    DIR *dir = opendir(folder);
    if (!dir) {
        complain("%s: %s", folder, strerror(errno));
        return;
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
        struct th_bytes path = {0};
        struct stat st;
        if (entry->d_name[0] == '.') continue;
        th_bytes_addf(&path, "%s/%s", folder, entry->d_name);
        if (lstat(th_bytes_str(&path), &st) != 0) st.st_mode = 0;
        if (S_ISDIR(st.st_mode)) collect(th_bytes_str(&path), list, n);
        if (S_ISREG(st.st_mode) && is_picture_name(entry->d_name))
            add_path(list, n, th_bytes_str(&path));
        th_bytes_finish(&path);
    }
    closedir(dir);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool copy_file(const char *from, const char *to)
{
    char buf[65536];
    const int in = open(from, O_RDONLY | O_CLOEXEC),
              out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    bool done = in >= 0 && out >= 0;
    for (ssize_t n = 1; done && n > 0;) {
        n = th_read(in, buf, sizeof buf);
        done = n >= 0 && th_write_full(out, buf, (size_t)n) == 0;
    }
    if (in >= 0) close(in);
    if (out >= 0 && close(out) != 0) done = false;
    return done;
}

/* One flat folder of numbered names, since most peers write flat and go by the stem alone. */
bool fill_work(struct race *race)
{
    bool done = true;
    collect(race->settings.source, &race->paths, &race->n_paths);
    if (race->n_paths > 1) qsort(race->paths, race->n_paths, sizeof *race->paths, compare_names);
    for (size_t i = 0; i < race->n_paths && done; i++) {
        const char *from = race->paths[i];
        struct th_bytes name = {0}, to = {0};
        th_bytes_addf(&name, "%06zu%s", i, strrchr(from, '.'));
        for (size_t k = 0; k < name.len; k++)
            name.data[k] = (char)tolower((unsigned char)name.data[k]);
        th_bytes_addf(&to, "%s/%s", race->work, th_bytes_str(&name));
        done = link(from, th_bytes_str(&to)) == 0 || copy_file(from, th_bytes_str(&to));
        if (!done) complain("%s: %s", from, strerror(errno));
        if (done) done = add_path(&race->names, &race->n_names, th_bytes_str(&name));
        th_bytes_finish(&name);
        th_bytes_finish(&to);
    }
    if (done && race->n_names == 0)
        complain("there are no pictures below %s", race->settings.source);
    return done && race->n_names > 0;
}

size_t number_of(const char *name)
{
    return (size_t)strtoul(name, NULL, 10);
}

/* Take one file out of the race; false if it is not in it. */
bool drop(struct race *race, const char *name)
{
    for (size_t i = 0; i < race->n_names; i++) {
        struct th_bytes path = {0};
        if (strcmp(race->names[i], name) != 0) continue;
        th_bytes_addf(&path, "%s/%s", race->work, name);
        unlink(th_bytes_str(&path));
        th_bytes_finish(&path);
        free(race->names[i]);
        memmove(&race->names[i], &race->names[i + 1],
                (race->n_names - i - 1) * sizeof *race->names);
        race->n_names--;
        return true;
    }
    return false;
}

/* Take the files out that the reference cannot be made of; what is left is raced. */
static void drop_unusable(struct race *race)
{
    char line[300];
    struct th_bytes path = {0};
    th_bytes_addf(&path, "%s/unusable.txt", race->reference);
    FILE *file = fopen(th_bytes_str(&path), "r");
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (drop(race, line)) race->n_left_out++;
    }
    if (file) fclose(file);
    th_bytes_finish(&path);
    if (race->n_left_out > 0)
        complain("%zu files are left out: libvips cannot decode them", race->n_left_out);
}

bool write_list(struct race *race)
{
    FILE *file = fopen(race->list, "w");
    if (!file) return false;
    race->source_bytes = 0;
    for (size_t i = 0; i < race->n_names; i++) {
        struct th_bytes path = {0};
        struct stat st;
        fwrite(race->names[i], 1, strlen(race->names[i]) + 1, file);
        th_bytes_addf(&path, "%s/%s", race->work, race->names[i]);
        if (stat(th_bytes_str(&path), &st) == 0) race->source_bytes += (uint64_t)st.st_size;
        th_bytes_finish(&path);
    }
    return fclose(file) == 0;
}

bool make_references(struct race *race)
{
    char answer[256], side[16];
    snprintf(side, sizeof side, "%u", race->settings.side);
    char *argv[] = {(char *)race->settings.quality_tool,
                    (char *)"reference",
                    side,
                    race->work,
                    race->reference,
                    NULL};
    if (!ask(race, argv, answer, sizeof answer)) {
        if (!stop_signal) complain("%s could not make the references", race->settings.quality_tool);
        return false;
    }
    drop_unusable(race);
    if (race->n_names == 0) complain("there are no pictures that can be judged");
    return race->n_names > 0 && write_list(race);
}
