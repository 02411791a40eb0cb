/* SPDX-License-Identifier: MIT */
#include "walk/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/num.h"
#include "base/path.h"
#include "base/shorten.h"
#include "base/sys.h"

static const struct th_source_folder *find_folder(const struct th_sources *sources,
                                                  uint32_t i_source)
{
    size_t low = 0, high = sources->n_folders;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (sources->folders[mid].i_source < i_source)
            low = mid + 1;
        else
            high = mid;
    }
    return low < sources->n_folders && sources->folders[low].i_source == i_source
               ? &sources->folders[low]
               : NULL;
}

/* The last name part of a source. */
static const char *source_name(const struct th_sources *sources, uint32_t i_source, size_t *len)
{
    const struct th_source_folder *folder = find_folder(sources, i_source);
    const char *path =
        folder && folder->resolved ? folder->resolved : sources->tree->options->sources[i_source];
    return path + th_path_last_part(path, len);
}

static int compare_sources(const void *a, const void *b, void *user)
{
    const struct th_sources *sources = user;
    size_t a_len, b_len;
    const char *a_name = source_name(sources, *(const uint32_t *)a, &a_len);
    const char *b_name = source_name(sources, *(const uint32_t *)b, &b_len);
    int order = memcmp(a_name, b_name, a_len < b_len ? a_len : b_len);
    return order ? order : (a_len > b_len) - (a_len < b_len);
}

/* ---- checking them --------------------------------------------------------------------------- */

static int stat_path(const char *path, struct stat *st)
{
    if (strlen(path) < PATH_MAX) return fstatat(AT_FDCWD, path, st, 0);
    size_t len, begin = th_path_last_part(path, &len);
    int fd = th_path_open_parent(path, begin);
    if (fd < 0) return -1;
    int r = fstatat(fd, path + begin, st, 0);
    int os_errno = errno;
    th_close(fd);
    errno = os_errno;
    return r;
}

/* A SOURCE that cannot be looked at. Where nothing is called so and it looks like a glob, a shell
 * has left it as it was because it matched nothing. */
static enum thumbs_code refuse_source(const char *source, int os_errno, struct thumbs_error *err)
{
    size_t len, begin = th_path_last_part(source, &len);
    const char *wild = strpbrk(source, "*?[");
    if (os_errno != ENOENT || !wild)
        return th_error_os(err, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, os_errno, "cannot open %s",
                           th_shorten(source).text);
    if (wild < source + begin)
        return th_error_set(err, THUMBS_VANISHED, THUMBS_STAGE_WALK, "nothing matches %s",
                            th_shorten(source).text);
    struct th_short folder = th_shorten_to(begin ? source : ".", begin ? begin : 1, 50);
    return th_error_set(err, THUMBS_VANISHED, THUMBS_STAGE_WALK,
                        "nothing matches %s; try --include='%.30s' and SOURCE %s",
                        th_shorten_to(source, strlen(source), 60).text, source + begin,
                        folder.text);
}

/* Look at one SOURCE: folders are noted in sources->folders, and *is_folder says which it was. */
static enum thumbs_code check_source(struct th_sources *sources, uint32_t i_source, bool *is_folder,
                                     struct thumbs_error *err)
{
    const char *source = sources->tree->options->sources[i_source];
    struct stat st;
    size_t len;
    if (stat_path(source, &st)) return refuse_source(source, errno, err);
    *is_folder = S_ISDIR(st.st_mode);
    const char *name = source + th_path_last_part(source, &len);
    if (!*is_folder) return THUMBS_OK;

    if (th_selection_is_dest(sources->tree->selection, &st))
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_WALK,
                            "%s is both source and destination", th_shorten(source).text);
    int fd = th_path_open(AT_FDCWD, source, strlen(source), O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return th_error_os(err, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, errno, "cannot open %s",
                           th_shorten(source).text);
    th_close(fd);

    struct th_source_folder *folder = &sources->folders[sources->n_folders++];
    *folder = (struct th_source_folder){.i_source = i_source};
    bool nameless =
        len == 0 || (len == 1 && name[0] == '.') || (len == 2 && name[0] == '.' && name[1] == '.');
    if (sources->tree->options->n_sources < 2 || !nameless) return THUMBS_OK;
    folder->resolved = realpath(source, NULL);
    if (!folder->resolved)
        return th_error_os(err, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, errno,
                           "cannot find the name of %s", th_shorten(source).text);
    th_path_last_part(folder->resolved, &len);
    if (!len)
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_WALK,
                            "/ cannot be one of several sources");
    return THUMBS_OK;
}

/* Make one folder of names out of the SOURCES that are files: the first n_given of sources->given,
 * in order. */
static enum thumbs_code list_files(struct th_sources *sources, size_t n_given,
                                   struct thumbs_error *err)
{
    size_t bytes = 3, len; /* 3: for the rounding down of the arena */
    struct stat st;
    for (size_t i = 0; i < n_given; i++) {
        source_name(sources, sources->given[i], &len);
        if (len > TH_NAME_MAX)
            return th_error_set(err, THUMBS_UNREADABLE, THUMBS_STAGE_WALK,
                                "the name of a source is too long");
        if (!th_add_size(bytes, len + 2 + sizeof(uint32_t), &bytes) || bytes > UINT32_MAX)
            return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "too many source files");
    }
    if (!th_names_init(&sources->files, bytes))
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK,
                            "no memory for the names of source files");
    for (size_t i = 0; i < n_given; i++) {
        const char *source = sources->tree->options->sources[sources->given[i]];
        char name[TH_NAME_MAX + 1];
        const char *part = source_name(sources, sources->given[i], &len);
        memcpy(name, part, len); /* its length has been checked above */
        name[len] = '\0';
        enum th_name_kind kind = TH_NAME_FILE;
        if (stat_path(source, &st))
            kind = TH_NAME_BROKEN;
        else if (!S_ISREG(st.st_mode))
            kind = TH_NAME_SPECIAL;
        else if (th_selection_leaves_out(sources->tree->selection, name, false))
            kind = TH_NAME_EXCLUDED;
        th_names_add(&sources->files, kind, name, len);
    }
    th_names_sort(&sources->files);
    return THUMBS_OK;
}

enum thumbs_code th_sources_check(struct th_sources *sources, struct th_tree *tree,
                                  struct thumbs_error *err)
{
    const struct th_walk_options *options = tree->options;
    *sources = (struct th_sources){.tree = tree};
    size_t n = options->n_sources, n_given = 0;
    if (n == 0 || n > UINT32_MAX)
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_WALK, "no source given");
    sources->folders = th_calloc(n, sizeof *sources->folders);
    sources->given = th_calloc(n, sizeof *sources->given);
    if (!sources->folders || !sources->given)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for the sources");

    for (uint32_t i = 0; i < n; i++) {
        bool is_folder;
        enum thumbs_code code = check_source(sources, i, &is_folder, err);
        if (code) return code;
        sources->given[i] = i;
    }
    qsort_r(sources->given, n, sizeof *sources->given, compare_sources, sources);
    for (size_t i = 1; i < n; i++) {
        if (compare_sources(&sources->given[i - 1], &sources->given[i], sources) != 0) continue;
        size_t len;
        const char *name = source_name(sources, sources->given[i], &len);
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_WALK,
                            "two sources have the same name %s, and so one place in DEST: give the "
                            "folder that holds both as SOURCE, or run each into its own DEST",
                            th_shorten_to(name, len, TH_SHORT_LEN).text);
    }
    for (size_t i = 0; i < n; i++) {
        if (!find_folder(sources, sources->given[i])) sources->given[n_given++] = sources->given[i];
    }
    return list_files(sources, n_given, err);
}

/* ---- files ----------------------------------------------------------------------------------- */

bool th_sources_has_file(const struct th_sources *sources)
{
    return sources->i_file < sources->files.n;
}

/* The folder of a SOURCE file, borrowed until the next call; NULL and errno. */
static struct th_dir *dir_of(struct th_sources *sources, const char *source)
{
    size_t len, begin = th_path_last_part(source, &len);
    if (sources->dir && sources->parent_len == begin && !memcmp(sources->parent, source, begin))
        return sources->dir;
    int fd = th_path_open_parent(source, begin);
    if (fd < 0) return NULL;
    struct th_dir *dir = th_dir_create(fd, "", 0, 0);
    if (!dir) {
        th_close(fd);
        errno = ENOMEM;
        return NULL;
    }
    th_dir_unref(sources->dir);
    sources->dir = dir;
    sources->parent = source;
    sources->parent_len = begin;
    return dir;
}

/* Is the SOURCE file of this name an image? Its folder is opened just for the question: the one in
 * sources->dir is that of another name. */
static bool ask_content(void *asked, const char *name)
{
    struct th_sources *sources = asked;
    const struct th_walk_options *options = sources->tree->options;
    if (!options->is_image) return true;
    size_t len, i = th_names_find(&sources->files, name, strlen(name));
    if (i == SIZE_MAX) return false;
    const char *source = options->sources[sources->given[i]];
    int fd = th_path_open_parent(source, th_path_last_part(source, &len));
    if (fd < 0) return false;
    bool image = options->is_image(options->user, fd, name, true);
    th_close(fd);
    return image;
}

void th_sources_next_file(struct th_sources *sources, struct th_walk_entry *entry)
{
    size_t i = sources->i_file++;
    const char *source = sources->tree->options->sources[sources->given[i]];
    struct th_dir *dir = dir_of(sources, source);
    if (!dir) {
        struct thumbs_error error;
        th_error_os(&error, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, errno, "cannot open its folder");
        th_emit_failed(sources->tree->emit, entry, NULL, source, &error);
        return;
    }
    const struct th_walk_options *o = sources->tree->options;
    struct th_naming_rule rule = {.always = o->whole_names,
                                  .output_class = o->output_class,
                                  .user = o->user,
                                  .asked = sources,
                                  .ask = ask_content};
    enum th_name_kind kind = th_names_kind(&sources->files, i);
    th_emit_name(sources->tree->emit, entry, &sources->files, i, dir, &rule);
    entry->follow = true;
    entry->named = th_selection_reports(kind);
}

/* ---- folders --------------------------------------------------------------------------------- */

/* Make the stack's path that of SOURCE, below which all others lie. False: no memory. */
static bool push_path(struct th_sources *sources, uint32_t i_source)
{
    struct th_stack *stack = sources->tree->stack;
    struct th_bytes name = {0};
    size_t len = 0;
    if (sources->tree->options->n_sources > 1) {
        const char *part = source_name(sources, i_source, &len);
        th_bytes_add(&name, part, len);
    }
    stack->root_len = len;
    bool ok = !th_bytes_failed(&name) && th_stack_push_path(stack, th_bytes_str(&name));
    th_bytes_finish(&name);
    return ok;
}

/* With a list SOURCE is not walked, but its .thumbsignore holds all the same. */
static enum thumbs_code begin_listing(struct th_tree *tree, int fd, const struct stat *st,
                                      struct thumbs_error *err)
{
    struct th_stack *stack = tree->stack;
    enum thumbs_code code =
        th_stack_enter_ignores(stack, fd, stack->path.len, tree->options->follow, err);
    if (code) return code;
    if (!th_stack_push(stack, fd, st)) {
        th_ignores_truncate(&stack->ignores, 0);
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for the folder");
    }
    th_stack_last(stack)->listing = true;
    return THUMBS_OK;
}

/* Push SOURCE. The codes of th_tree_begin(); then fd is still the caller's. */
static enum thumbs_code push_folder(struct th_sources *sources, uint32_t i_source, int fd,
                                    const struct stat *st, struct thumbs_error *err)
{
    struct th_tree *tree = sources->tree;
    if (!push_path(sources, i_source))
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for the folder");
    enum thumbs_code code =
        tree->options->list ? begin_listing(tree, fd, st, err) : th_tree_begin(tree, fd, st, err);
    if (code) th_bytes_truncate(&tree->stack->path, 0);
    return code;
}

/* SOURCE itself says that it is not to be shown. It was named all the same, so that is told. */
static void emit_nomedia(struct th_sources *sources, uint32_t i_source, struct th_walk_entry *entry)
{
    struct th_tree *tree = sources->tree;
    const struct th_bytes *path = &tree->stack->path;
    struct th_dir *dir = push_path(sources, i_source)
                             ? th_dir_create(-1, path->data, path->len, tree->stack->root_len)
                             : NULL;
    th_bytes_truncate(&tree->stack->path, 0);
    if (dir)
        th_emit_excluded(tree->emit, entry, dir, "", "it holds .nomedia");
    else
        th_emit_no_memory(tree->emit, entry, NULL, tree->options->sources[i_source]);
    entry->named = true;
    th_dir_unref(dir);
}

bool th_sources_has_folder(const struct th_sources *sources)
{
    return sources->i_folder < sources->n_folders;
}

bool th_sources_begin_folder(struct th_sources *sources, struct th_walk_entry *entry)
{
    struct th_tree *tree = sources->tree;
    const uint32_t i_source = sources->folders[sources->i_folder++].i_source;
    const char *source = tree->options->sources[i_source];
    struct thumbs_error error;
    struct stat st;

    th_tree_announce(tree, "", source);
    int fd = th_path_open(AT_FDCWD, source, strlen(source), O_RDONLY | O_DIRECTORY);
    if (fd < 0 || fstat(fd, &st)) {
        th_emit_set_folder_error(&error, errno);
    } else if (th_selection_is_dest(tree->selection, &st)) {
        th_close(fd);
        return false;
    } else if (th_selection_has_nomedia(fd)) {
        th_close(fd);
        emit_nomedia(sources, i_source, entry);
        return true;
    } else if (!push_folder(sources, i_source, fd, &st, &error)) {
        return false;
    }
    if (fd >= 0) th_close(fd);
    th_emit_failed(tree->emit, entry, NULL, source, &error);
    return true;
}

/* The SOURCE folder that a path begins with; NULL: none. *rest: what follows its name. */
static const char *folder_of(const struct th_sources *sources, const char *dir, const char **rest)
{
    const struct th_walk_options *o = sources->tree->options;
    size_t part_len = o->n_sources > 1 ? strcspn(dir, "/") : 0, len;
    *rest = dir + part_len;
    for (size_t i = 0; i < sources->n_folders; i++) {
        const uint32_t i_source = sources->folders[i].i_source;
        if (o->n_sources == 1) return o->sources[i_source];
        const char *name = source_name(sources, i_source, &len);
        if (len == part_len && memcmp(name, dir, len) == 0) return o->sources[i_source];
    }
    return NULL;
}

int th_sources_open_below(const struct th_sources *sources, const char *dir)
{
    const char *rest, *source = folder_of(sources, dir, &rest);
    if (!source) {
        errno = EXDEV;
        return -1;
    }
    int top = th_path_open(AT_FDCWD, source, strlen(source), O_PATH | O_DIRECTORY);
    if (top < 0) {
        errno = EIO;
        return -1;
    }
    rest += *rest == '/';
    if (!*rest) return top;
    int fd = th_path_open(top, rest, strlen(rest), O_PATH | O_DIRECTORY), os_errno = errno;
    th_close(top);
    errno = os_errno;
    return fd;
}

void th_sources_finish(struct th_sources *sources)
{
    for (size_t i = 0; i < sources->n_folders; i++)
        free(sources->folders[i].resolved);
    free(sources->folders);
    free(sources->given);
    th_names_finish(&sources->files);
    th_dir_unref(sources->dir);
}
