#include "walk/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/num.h"
#include "base/path.h"
#include "base/shorten.h"
#include "base/sys.h"
#include "walk/list.h"
#include "walk/names.h"
#include "walk/rules.h"

/* Ancestors kept open below the SOURCE: enough that going up and down near the leaves opens nothing twice. */
#define MAX_OPEN_LEVELS 32u

#define DEFAULT_NAMES_BYTES ((size_t)8 << 20)
#define N_WALKED            4096u
#define READ_BYTES          ((size_t)64 << 10)

/* A folder on the way from a SOURCE to where the walk is. */
struct frame {
    struct th_dir *dir; /* one reference; NULL while the folder is closed, or open as fd only */
    int fd;             /* opened again, not (yet) handed to a th_dir; else -1 */
    dev_t dev;
    ino_t ino;
    size_t path_len; /* its path is so much of walk->path */
    bool in_folders; /* its files are done; `folders` holds subfolders, of which i_folder is the next */
    struct th_names folders;
    size_t i_folder;
    char *resume; /* where to go on behind `folders`, or NULL */
    bool told;    /* that it cannot be read as a whole: once is enough, however often it is read */

    bool listing; /* not walked: names of it are in the list. Such a frame is never closed to save descriptors. */
    bool is_read; /* listing: its names have been read, so has_folders is set */
};

/* A SOURCE that is a folder. */
struct root {
    uint32_t i_source;
    char *resolved; /* where its path does not end in its name ("..", "."): its real path, owned; else NULL */
};

struct th_walk {
    const struct th_walk_options *options;
    struct th_rules *rules;

    struct root *roots;
    size_t n_roots, i_root; /* i_root: the next to be walked */

    /* SOURCES that are files, treated like the files of one folder. given[i] is the source behind the i-th name. */
    struct th_names given_names;
    uint32_t *given;
    size_t i_given;
    struct th_dir *given_dir; /* the folder of the last one, which the next one often shares */
    const char *given_parent; /* its path: so much of a source */
    size_t given_parent_len;

    struct frame *frames;
    size_t n_frames, cap_frames;
    struct th_bytes path; /* of the last frame */
    size_t root_len;

    /* Only the last frame can be among its files, so the files need one arena, used again for every folder. */
    struct th_names names;
    size_t i_name;
    struct th_cut lower, upper; /* which part of the folder `names` is */

    struct th_list *list;
    uint64_t *walked; /* hashes of folders in the list that have been walked: N_WALKED slots, forgetful; or NULL */
    bool has_names;   /* `names` is a part of the last frame's folder, which is a listing one */

    struct th_naming_edge *learning; /* one of them, while the folder is read for it */
    char *read_buf;
    struct thumbs_error failure; /* of the last frame, if code is not 0: to be handed out next */
    char *reserve;               /* an empty name, for when there is no memory to make one */
    bool ended;                  /* and none to make that one anew */
};

/* ---- folders handed out ------------------------------------------------------------------------------------- */

/* Owns fd from now on, but not on failure (NULL: no memory). */
static struct th_dir *dir_create(int fd, const char *path, size_t path_len, size_t root_len)
{
    struct th_dir *dir = th_calloc(1, sizeof *dir);
    char *copy = dir ? th_alloc(path_len + 1) : NULL;
    if (!copy) {
        free(dir);
        return NULL;
    }
    if (path_len) memcpy(copy, path, path_len);
    copy[path_len] = '\0';
    atomic_init(&dir->refs, 1);
    atomic_init(&dir->place, NULL);
    dir->fd = fd;
    dir->path = copy;
    dir->root_len = root_len;
    return dir;
}

struct th_dir *th_dir_ref(struct th_dir *dir)
{
    atomic_fetch_add_explicit(&dir->refs, 1, memory_order_relaxed);
    return dir;
}

void th_dir_unref(struct th_dir *dir)
{
    if (!dir || atomic_fetch_sub_explicit(&dir->refs, 1, memory_order_acq_rel) != 1) return;
    void *place = atomic_load_explicit(&dir->place, memory_order_relaxed);
    if (place && dir->place_free) dir->place_free(place);
    if (dir->fd >= 0) th_close(dir->fd);
    free(dir->path);
    free(dir);
}

void th_walk_entry_finish(struct th_walk_entry *entry)
{
    th_dir_unref(entry->dir);
    free(entry->name);
    *entry = (struct th_walk_entry){0};
}

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

/* ---- handing out -------------------------------------------------------------------------------------------- */

/* The last resort: an entry for which no memory is needed. `dir` may be NULL, then the SOURCE stands in. */
static void emit_no_memory(struct th_walk *walk, struct th_walk_entry *entry, struct th_dir *dir, const char *what)
{
    if (!dir && walk->n_frames) dir = walk->frames[0].dir;
    *entry = (struct th_walk_entry){.kind = TH_WALK_FAILED, .dir = dir ? th_dir_ref(dir) : NULL, .name = walk->reserve};
    walk->reserve = th_calloc(1, 1);
    if (!walk->reserve) walk->ended = true;
    th_error_set(&entry->error, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for %s%s", th_shorten(what).text,
                 walk->ended ? "; the walk ends here" : "");
}

static void emit(struct th_walk *walk, struct th_walk_entry *entry, enum th_walk_kind kind, struct th_dir *dir,
                 const char *name)
{
    char *copy = th_strdup(name);
    if (!copy) {
        emit_no_memory(walk, entry, dir, *name ? name : "a folder");
        return;
    }
    *entry = (struct th_walk_entry){.kind = kind, .dir = dir ? th_dir_ref(dir) : NULL, .name = copy};
}

static void emit_skipped(struct th_walk *walk, struct th_walk_entry *entry, struct th_dir *dir, const char *name,
                         const char *why)
{
    emit(walk, entry, TH_WALK_SKIPPED, dir, name);
    if (entry->kind == TH_WALK_SKIPPED) th_error_set(&entry->error, THUMBS_OK, THUMBS_STAGE_WALK, "%s", why);
}

static void emit_failed(struct th_walk *walk, struct th_walk_entry *entry, struct th_dir *dir, const char *name,
                        const struct thumbs_error *error)
{
    emit(walk, entry, TH_WALK_FAILED, dir, name);
    if (entry->error.code == THUMBS_OK) entry->error = *error;
}

/* A folder that was there when its parent was read, and now is not, or is something else. */
static void set_folder_error(struct thumbs_error *err, int os_errno)
{
    bool other = os_errno == ENOTDIR || os_errno == ELOOP;
    th_error_os(err, other ? THUMBS_VANISHED : THUMBS_UNREADABLE, THUMBS_STAGE_WALK, os_errno,
                "cannot open the folder");
}

/* ---- the way down ------------------------------------------------------------------------------------------- */

/* Append a name to the path, and make room for one name more: match_path() relies on that. */
static bool push_path(struct th_walk *walk, const char *name)
{
    size_t len = strlen(name);
    if (!th_bytes_reserve(&walk->path, len + 1 + TH_NAME_MAX + 1)) {
        walk->path.failed = false; /* what is there is whole; another folder may still fit */
        return false;
    }
    if (walk->path.len && len) th_bytes_addc(&walk->path, '/');
    th_bytes_add(&walk->path, name, len);
    return true;
}

static struct frame *last_frame(struct th_walk *walk)
{
    return &walk->frames[walk->n_frames - 1];
}

static int frame_fd(const struct frame *frame)
{
    return frame->dir ? frame->dir->fd : frame->fd;
}

/* The th_dir of a frame whose folder is open, borrowed; NULL: no memory. */
static struct th_dir *frame_dir(struct th_walk *walk, struct frame *frame)
{
    if (!frame->dir) {
        frame->dir = dir_create(frame->fd, walk->path.data, frame->path_len, walk->root_len);
        if (frame->dir) frame->fd = -1;
    }
    return frame->dir;
}

/* Close the folder of an ancestor (files in flight may keep it open for longer). */
static void close_frame(struct frame *frame)
{
    th_dir_unref(frame->dir);
    frame->dir = NULL;
    if (frame->fd >= 0) th_close(frame->fd);
    frame->fd = -1;
}

static bool has_work(const struct frame *frame)
{
    return !frame->in_folders || frame->i_folder < frame->folders.n || frame->resume;
}

static bool is_same(int fd, const struct frame *frame)
{
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_dev == frame->dev && st.st_ino == frame->ino;
}

/* Open a closed ancestor again as seen from `at`. False: it is not to be found there, and errno. */
static bool reopen_as(struct frame *frame, int at, const char *path, size_t len)
{
    int fd = th_path_open(at, path, len, (has_work(frame) ? O_RDONLY : O_PATH) | O_DIRECTORY);
    if (fd < 0) return false;
    if (!is_same(fd, frame)) {
        th_close(fd);
        errno = ENOENT;
        return false;
    }
    frame->fd = fd;
    return true;
}

/* Leave the last frame. Its folder is the way back to its parent, if that was closed. */
static void pop(struct th_walk *walk)
{
    struct frame *frame = last_frame(walk);
    struct frame *parent = walk->n_frames > 1 ? frame - 1 : NULL;
    if (parent && frame_fd(parent) < 0 && frame_fd(frame) >= 0) (void)reopen_as(parent, frame_fd(frame), "..", 2);
    close_frame(frame);
    th_names_finish(&frame->folders);
    free(frame->resume);
    walk->n_frames--;
    th_bytes_truncate(&walk->path, parent ? parent->path_len : 0);
}

/* Make sure that the folder of the last frame is open. A parent that ".." did not lead to (a link was followed, or the
 * tree was moved about) is looked for by its path from the SOURCE. */
static bool ensure_open(struct th_walk *walk)
{
    struct frame *frame = last_frame(walk);
    if (frame_fd(frame) >= 0) return true;
    const struct frame *root = &walk->frames[0];
    size_t skip = root->path_len ? root->path_len + 1 : 0;
    return reopen_as(frame, root->dir->fd, walk->path.data + skip, frame->path_len - skip);
}

static bool grow_frames(struct th_walk *walk)
{
    if (walk->n_frames < walk->cap_frames) return true;
    size_t bytes, cap = walk->cap_frames ? walk->cap_frames * 2 : 16;
    if (!th_mul_size(cap, sizeof *walk->frames, &bytes)) return false;
    struct frame *frames = th_realloc(walk->frames, bytes);
    if (!frames) return false;
    walk->frames = frames;
    walk->cap_frames = cap;
    return true;
}

/* Begin a folder, whose path walk->path is. Owns fd from now on, but not on failure (no memory). */
static bool push(struct th_walk *walk, int fd, const struct stat *st)
{
    if (!grow_frames(walk)) return false;
    struct th_dir *dir = dir_create(fd, walk->path.data, walk->path.len, walk->root_len);
    if (!dir) return false;
    walk->frames[walk->n_frames++] =
        (struct frame){.dir = dir, .fd = -1, .dev = st->st_dev, .ino = st->st_ino, .path_len = walk->path.len};
    if (walk->n_frames > MAX_OPEN_LEVELS + 1) {
        struct frame *far = &walk->frames[walk->n_frames - 1 - MAX_OPEN_LEVELS];
        if (!far->listing) close_frame(far);
    }
    return true;
}

/* ---- looking at names --------------------------------------------------------------------------------------- */

/* Does a rule leave out this name of the last frame (or, without a frame, of a SOURCE)? */
static bool is_excluded(struct th_walk *walk, const char *name, bool folder)
{
    if (!walk->options->n_globs) return false;
    size_t len = walk->path.len;
    /* push_path() has made the room (for SOURCE files th_walk_create()): this cannot fail. */
    if (len) th_bytes_addc(&walk->path, '/');
    th_bytes_adds(&walk->path, name);
    bool excluded = th_rules_exclude(walk->rules, walk->path.data + (walk->root_len ? walk->root_len + 1 : 0), folder);
    th_bytes_truncate(&walk->path, len);
    return excluded;
}

static unsigned char type_of(mode_t mode)
{
    return S_ISREG(mode) ? DT_REG : S_ISDIR(mode) ? DT_DIR : S_ISLNK(mode) ? DT_LNK : DT_FIFO;
}

static const char dest_of_a_run[] = "is the DEST of a run, since it holds .thumbs";

/* What thumbs keeps in each DEST tells it, whatever the run: thumbnails of thumbnails would be made without end. */
static bool holds_state(int fd)
{
    struct stat st;
    return fstatat(fd, ".thumbs", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* DEST itself is skipped in silence; a link into its midst would make thumbnails of thumbnails. */
static bool leads_into_dest(const struct th_walk_options *options, int fd)
{
    return options->follow && options->skip_ino && th_path_folder_lies_within(fd, options->skip_dev, options->skip_ino);
}

/* A file that a link leads to may stand in DEST just where its thumbnail belongs. */
static bool leads_file_into_dest(struct th_walk *walk, const char *name)
{
    const struct th_walk_options *o = walk->options;
    return o->skip_ino && th_path_file_lies_within(frame_fd(last_frame(walk)), name, o->skip_dev, o->skip_ino);
}

/* What a name in the last frame's folder is; false: it is to be passed over in silence. */
static bool classify(struct th_walk *walk, const char *name, unsigned char type, enum th_name_kind *kind)
{
    const bool follow = walk->options->follow;
    const int fd = frame_fd(last_frame(walk));
    struct stat st;
    bool broken = type == DT_UNKNOWN && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW);
    if (type == DT_UNKNOWN && !broken) type = type_of(st.st_mode);
    if (type == DT_LNK && follow) {
        broken = fstatat(fd, name, &st, 0);
        if (!broken) type = type_of(st.st_mode);
        if (type == DT_REG && leads_file_into_dest(walk, name)) {
            *kind = TH_NAME_INTO_DEST;
            return true;
        }
    }
    if (broken) {
        *kind = is_excluded(walk, name, false) ? TH_NAME_EXCLUDED : TH_NAME_BROKEN;
        return true;
    }
    switch (type) {
    case DT_DIR:
        if (!strcmp(name, ".thumbs")) return false;
        *kind = is_excluded(walk, name, true) ? TH_NAME_FOLDER_EXCLUDED : TH_NAME_FOLDER;
        return true;
    case DT_REG:
        *kind = is_excluded(walk, name, false) ? TH_NAME_EXCLUDED : TH_NAME_FILE;
        return true;
    default:
        *kind = type == DT_LNK ? TH_NAME_LINK : TH_NAME_SPECIAL;
        return true;
    }
}

/* May the name lie in the part that is being collected, as a folder or not? */
static bool is_in_part(const struct th_walk *walk, bool folder, const char *name)
{
    return (!walk->lower.set || th_cut_compare(&walk->lower, folder, name) >= 0) &&
           (!walk->upper.set || th_cut_compare(&walk->upper, folder, name) < 0);
}

/* ---- reading a folder --------------------------------------------------------------------------------------- */

typedef void name_fn(struct th_walk *walk, const char *name, size_t len, unsigned char type);

/* Add a name to walk->names if it belongs to this part; where they are full, the part becomes smaller. */
static void collect_name(struct th_walk *walk, const char *name, size_t len, unsigned char type)
{
    /* Most names of a folder read in parts are turned away here, before they cost a system call or a match. */
    if (!(type != DT_DIR && is_in_part(walk, false, name)) && !(type != DT_REG && is_in_part(walk, true, name))) return;
    enum th_name_kind kind;
    if (!classify(walk, name, type, &kind)) return;
    bool folder = th_name_is_folder(kind);
    if (!is_in_part(walk, folder, name) || th_names_add(&walk->names, kind, name, len)) return;
    do {
        th_names_sort(&walk->names); /* drops doubles too: that may be room enough */
        if (th_names_add(&walk->names, kind, name, len)) return;
        th_names_cut(&walk->names, &walk->upper);
    } while (is_in_part(walk, folder, name) && !th_names_add(&walk->names, kind, name, len));
}

/* Call `on_name` for each name of the last frame's folder that is not hidden (or may have been listed all the same; as
 * no stem is shared by hidden names and others, that changes no output's name). False and errno: what came up to then
 * was right, the rest is missing. */
static bool each_name(struct th_walk *walk, name_fn *on_name)
{
    int fd = frame_fd(last_frame(walk));
    const bool hidden = walk->options->hidden || last_frame(walk)->listing;
    int bad_name = 0;
    if (lseek(fd, 0, SEEK_SET) < 0) return false;
    for (;;) {
        ssize_t n;
        do {
            n = th_fault(TH_FAULT_READ) ? -1 : getdents64(fd, walk->read_buf, READ_BYTES);
        } while (n < 0 && errno == EINTR);
        if (n < 0) return false;
        if (n == 0) {
            errno = bad_name;
            return !bad_name;
        }
        for (ssize_t at = 0; at < n;) {
            const struct dirent64 *d = (const struct dirent64 *)(const void *)(walk->read_buf + at);
            at += d->d_reclen;
            const char *name = d->d_name;
            if (name[0] == '.' && (!hidden || !name[1] || (name[1] == '.' && !name[2]))) continue;
            size_t len = strlen(name);
            if (len == 0 || len > TH_NAME_MAX) {
                bad_name = ENAMETOOLONG;
                continue;
            }
            on_name(walk, name, len, d->d_type);
        }
    }
}

/* Note for th_walk_next() that names of the last frame are missing: once for each folder, however often it is read. */
static void note_unread(struct th_walk *walk, int os_errno)
{
    struct frame *frame = last_frame(walk);
    if (frame->told) return;
    frame->told = true;
    th_error_os(&walk->failure, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, os_errno, "cannot read the whole folder");
}

/* Read the part of the last frame's folder that begins at the lower cut. */
static void read_from_lower(struct th_walk *walk)
{
    walk->upper.set = false;
    walk->i_name = 0;
    th_names_clear(&walk->names);

    if (!each_name(walk, collect_name)) note_unread(walk, errno);
    th_names_sort(&walk->names);
}

/* Read the next part of the last frame's folder, from `resume` on among its subfolders or, with NULL, from the upper
 * cut of the part before (from the start, if there is none). */
static void read_part(struct th_walk *walk, const char *resume)
{
    if (resume)
        th_cut_set(&walk->lower, true, resume);
    else if (walk->upper.set)
        walk->lower = walk->upper;
    else
        walk->lower.set = false;
    read_from_lower(walk);
}

static bool ask_content(void *asked, const char *name)
{
    struct th_walk *walk = asked;
    const struct th_walk_options *options = walk->options;
    return !options->is_image || options->is_image(options->user, frame_fd(last_frame(walk)), name, options->follow);
}

static void learn_name(struct th_walk *walk, const char *name, size_t len, unsigned char type);

/* Read the last frame's folder for the groups that an edge parts. */
static void learn_cut(void *asked, struct th_naming_edge *edge)
{
    struct th_walk *walk = asked;
    walk->learning = edge;
    if (!each_name(walk, learn_name)) note_unread(walk, errno);
    walk->learning = NULL;
}

/* Output names are a matter of files, which come before folders: a cut among those parts none. */
static struct th_naming_edge *edge_of(struct th_cut *cut)
{
    return cut->set && !cut->folder ? &cut->edge : NULL;
}

static struct th_naming_rule rule_of_folder(struct th_walk *walk)
{
    return (struct th_naming_rule){.output_class = walk->options->output_class,
                             .user = walk->options->user,
                             .asked = walk,
                             .ask = ask_content,
                             .learn = learn_cut,
                             .lower = edge_of(&walk->lower),
                             .upper = edge_of(&walk->upper)};
}

static void learn_name(struct th_walk *walk, const char *name, size_t len, unsigned char type)
{
    (void)len;
    enum th_name_kind kind;
    if (!th_naming_edge_concerns(walk->learning, name) || !classify(walk, name, type, &kind) || kind != TH_NAME_FILE) return;
    struct th_naming_rule rule = rule_of_folder(walk);
    th_naming_edge_learn(walk->learning, name, &rule);
}

/* Copy what subfolders walk->names holds into the frame, since the arena is about to serve them. Only a share of it:
 * each level down to where the walk is keeps such a copy. */
static void begin_folders(struct th_walk *walk)
{
    struct frame *frame = last_frame(walk);
    const struct th_names *names = &walk->names;
    frame->in_folders = true;
    frame->i_folder = 0;
    th_names_finish(&frame->folders);
    free(frame->resume);
    frame->resume = NULL;

    size_t n_folders = names->n - names->n_files;
    bool ok = !n_folders || th_names_copy(names, names->n_files, names->cap_bytes / 4, &frame->folders);
    const char *resume = NULL;
    if (ok && frame->folders.n < n_folders)
        resume = th_names_get(names, names->n_files + frame->folders.n);
    else if (ok && walk->upper.set)
        resume = walk->upper.edge.name;
    if (resume) ok = (frame->resume = th_strdup(resume)) != NULL;
    if (!ok) th_error_set(&walk->failure, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for the subfolders");
}

/* ---- steps -------------------------------------------------------------------------------------------------- */

/* Each step makes an entry (true), or brings the walk forward without one. */

static void tell_folder(const struct th_walk *walk, const char *parent, const char *name)
{
    if (walk->options->on_folder) walk->options->on_folder(walk->options->on_folder_user, parent, name);
}

/* Hand out a name that cannot be looked at, as it is now. */
static void emit_broken(struct th_walk *walk, struct th_walk_entry *entry, struct th_dir *dir, const char *name)
{
    struct stat st;
    int os_errno = fstatat(dir->fd, name, &st, walk->options->follow ? 0 : AT_SYMLINK_NOFOLLOW) ? errno : ENOENT;
    if (os_errno == ELOOP) {
        emit_skipped(walk, entry, dir, name, "loop of links");
        return;
    }
    struct thumbs_error error;
    th_error_os(&error, os_errno == ENOTDIR ? THUMBS_VANISHED : THUMBS_UNREADABLE, THUMBS_STAGE_WALK, os_errno,
                "cannot look at it");
    emit_failed(walk, entry, dir, name, &error);
}

/* Is a name of this kind to be told if it is skipped, where the user named it? What rules keep out
 * is kept out as wanted. */
static bool is_told(enum th_name_kind kind)
{
    return kind == TH_NAME_FILE || kind == TH_NAME_SPECIAL || kind == TH_NAME_BROKEN;
}

/* Hand out a name that is no candidate. */
static void emit_other(struct th_walk *walk, struct th_walk_entry *entry, enum th_name_kind kind, struct th_dir *dir,
                       const char *name)
{
    switch (kind) {
    case TH_NAME_LINK:
        emit_skipped(walk, entry, dir, name, "symbolic link");
        break;
    case TH_NAME_EXCLUDED:
    case TH_NAME_FOLDER_EXCLUDED:
        emit_skipped(walk, entry, dir, name, "excluded");
        break;
    case TH_NAME_INTO_DEST:
        emit_skipped(walk, entry, dir, name, "link into DEST");
        break;
    case TH_NAME_BROKEN:
        emit_broken(walk, entry, dir, name);
        break;
    default:
        emit_skipped(walk, entry, dir, name, "not a regular file");
    }
}

static void emit_file(struct th_walk *walk, struct th_walk_entry *entry, struct th_names *names, size_t i,
                      struct th_dir *dir, const struct th_naming_rule *rule)
{
    const char *name = th_names_get(names, i);
    if (th_names_kind(names, i) != TH_NAME_FILE) {
        emit_other(walk, entry, th_names_kind(names, i), dir, name);
        return;
    }
    emit(walk, entry, TH_WALK_FILE, dir, name);
    if (entry->kind == TH_WALK_FILE) {
        const struct th_naming_names files = th_names_files(names);
        entry->whole_name = th_naming_keeps_extension(&files, i, rule);
    }
}

static bool step_files(struct th_walk *walk, struct th_walk_entry *entry)
{
    struct frame *frame = last_frame(walk);
    if (walk->i_name < walk->names.n_files) {
        struct th_naming_rule rule = rule_of_folder(walk);
        /* Before the first file is out, since others read it then. */
        if (walk->i_name == 0 && !walk->lower.set)
            frame->dir->has_folders = walk->upper.set || walk->names.n > walk->names.n_files;
        emit_file(walk, entry, &walk->names, walk->i_name++, frame->dir, &rule);
        return true;
    }
    if (walk->upper.set && walk->names.n == walk->names.n_files) {
        tell_folder(walk, th_bytes_str(&walk->path), "");
        read_part(walk, NULL);
    } else {
        begin_folders(walk);
    }
    return false;
}

/* A FAILED entry for the folder that walk->path names, which has no open th_dir. */
static void emit_path_failed(struct th_walk *walk, struct th_walk_entry *entry, const struct thumbs_error *error)
{
    struct th_dir *dir = dir_create(-1, walk->path.data, walk->path.len, walk->root_len);
    if (dir)
        emit_failed(walk, entry, dir, "", error);
    else
        emit_no_memory(walk, entry, last_frame(walk)->dir, "a folder");
    th_dir_unref(dir);
}

/* A folder that is on the way down already, reached again through a link. */
static bool is_ancestor(const struct th_walk *walk, const struct stat *st)
{
    for (size_t i = 0; i < walk->n_frames; i++) {
        if (walk->frames[i].dev == st->st_dev && walk->frames[i].ino == st->st_ino) return true;
    }
    return false;
}

static bool is_to_skip(const struct th_walk_options *options, const struct stat *st)
{
    return options->skip_ino && st->st_dev == options->skip_dev && st->st_ino == options->skip_ino;
}

/* A folder that --one-file-system keeps out. (Only folders are compared: overlayfs gives files and folders of one
 * file system different numbers.) */
static bool is_elsewhere(const struct th_walk *walk, const struct stat *st)
{
    return walk->options->one_file_system && st->st_dev != walk->frames[0].dev;
}

/* Open a subfolder. Where the process is out of descriptors, those kept only to save time are given up for it. */
static int open_subfolder(struct th_walk *walk, const char *name)
{
    int flags = O_RDONLY | O_DIRECTORY | (walk->options->follow ? 0 : O_NOFOLLOW);
    int at = frame_fd(last_frame(walk));
    int fd = th_openat(at, name, flags, 0);
    if (fd >= 0 || (errno != EMFILE && errno != ENFILE)) return fd;
    for (size_t i = 1; i + 1 < walk->n_frames; i++) {
        if (!walk->frames[i].listing) close_frame(&walk->frames[i]);
    }
    return th_openat(at, name, flags, 0);
}

static bool enter(struct th_walk *walk, struct th_walk_entry *entry, const char *name)
{
    struct frame *frame = last_frame(walk);
    struct thumbs_error error;
    struct stat st;
    bool made = true, pushed = false, in_path = false;
    const size_t path_len = frame->path_len;

    tell_folder(walk, th_bytes_str(&walk->path), name);
    int fd = open_subfolder(walk, name);
    if (fd < 0 || fstat(fd, &st)) {
        set_folder_error(&error, errno);
        goto failed;
    }
    if (is_to_skip(walk->options, &st)) {
        made = false;
        goto out;
    }
    const char *why = leads_into_dest(walk->options, fd)                ? "link into DEST"
                      : walk->options->follow && is_ancestor(walk, &st) ? "loop of links"
                      : is_elsewhere(walk, &st)                         ? "on another file system"
                      : holds_state(fd)                                 ? dest_of_a_run
                                                                        : NULL;
    if (why) {
        struct th_dir *dir = frame_dir(walk, frame);
        if (dir)
            emit_skipped(walk, entry, dir, name, why);
        else
            emit_no_memory(walk, entry, NULL, name);
        goto out;
    }
    in_path = push_path(walk, name);
    pushed = in_path && push(walk, fd, &st);
    if (pushed) {
        walk->upper.set = false;
        read_part(walk, NULL);
        return false;
    }
    th_error_set(&error, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for the folder");

failed:
    if (in_path || push_path(walk, name))
        emit_path_failed(walk, entry, &error);
    else
        emit_no_memory(walk, entry, frame->dir, name);
out:
    if (fd >= 0) th_close(fd);
    th_bytes_truncate(&walk->path, path_len);
    return made;
}

static bool step_folders(struct th_walk *walk, struct th_walk_entry *entry)
{
    struct frame *frame = last_frame(walk);
    if (!has_work(frame)) {
        pop(walk);
        return false;
    }
    if (frame_fd(frame) < 0) tell_folder(walk, th_bytes_str(&walk->path), "");
    if (!ensure_open(walk)) {
        struct thumbs_error error;
        th_error_os(&error, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, errno, "cannot come back to the folder");
        emit_path_failed(walk, entry, &error);
        frame->i_folder = frame->folders.n;
        free(frame->resume);
        frame->resume = NULL;
        return true;
    }
    if (frame->i_folder == frame->folders.n) {
        tell_folder(walk, th_bytes_str(&walk->path), "");
        read_part(walk, frame->resume);
        begin_folders(walk);
        return false;
    }
    size_t i = frame->i_folder++;
    const char *name = th_names_get(&frame->folders, i);
    if (th_names_kind(&frame->folders, i) == TH_NAME_FOLDER) return enter(walk, entry, name);
    struct th_dir *dir = frame_dir(walk, frame);
    if (dir)
        emit_skipped(walk, entry, dir, name, "excluded");
    else
        emit_no_memory(walk, entry, NULL, name);
    return true;
}

/* ---- what a list names -------------------------------------------------------------------------------------- */

/* Hand out a name of the list whose folder is not open; *error if it failed, else why it is skipped. */
static void emit_listed(struct th_walk *walk, struct th_walk_entry *entry, const struct th_list_item *item,
                        const char *why, const struct thumbs_error *error)
{
    const char *name = item->path + item->dir_len + (item->dir_len > 0);
    struct th_dir *dir = dir_create(-1, item->path, item->dir_len, 0);
    if (!dir)
        emit_no_memory(walk, entry, walk->frames[0].dir, name);
    else if (error)
        emit_failed(walk, entry, dir, name, error);
    else
        emit_skipped(walk, entry, dir, name, why);
    th_dir_unref(dir);
}

static bool is_link(int at, const char *name)
{
    struct stat st;
    return fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

static const char link_on_the_way[] = "a folder on the way is a symbolic link, which only --follow follows";

/* Open the folder of a listed name, part by part, so that without `follow` no link is followed on the way, whenever it
 * was put there. (openat2() could do it in one call, but not for paths of any length, nor on every kernel.) *in_dest is
 * set if one of the parts is the DEST of a run. -1 and *error. */
static int open_listed(const struct th_walk *walk, const char *path, size_t len, bool *in_dest,
                       struct thumbs_error *error)
{
    const bool follow = walk->options->follow;
    const int root = walk->frames[0].dir->fd;
    for (int at = root;;) {
        char part[TH_NAME_MAX + 1]; /* the list lets no longer one pass */
        const char *slash = memchr(path, '/', len);
        size_t part_len = slash ? (size_t)(slash - path) : len;
        memcpy(part, path, part_len);
        part[part_len] = '\0';
        int fd = th_openat(at, part, O_DIRECTORY | (slash ? O_PATH : O_RDONLY) | (follow ? 0 : O_NOFOLLOW), 0);
        int os_errno = errno;
        if (fd < 0 && !follow && is_link(at, part))
            th_error_set(error, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, "%s", link_on_the_way);
        else if (fd < 0)
            th_error_os(error, os_errno == ENOTDIR ? THUMBS_VANISHED : THUMBS_UNREADABLE, THUMBS_STAGE_WALK, os_errno,
                        "cannot open its folder");
        if (at != root) th_close(at);
        if (fd >= 0 && holds_state(fd)) *in_dest = true;
        if (fd < 0 || !slash) return fd;
        at = fd;
        path += part_len + 1;
        len -= part_len + 1;
    }
}

/* Does its way keep a name out, before anything is opened? A folder above it is left out, or is thumbs' own. `folder`
 * is changed only meanwhile. */
static const char *is_kept_out(const struct th_walk *walk, char *folder)
{
    const char *why = NULL;
    for (char *part = folder, *end; !why; part = end + 1) {
        end = strchrnul(part, '/');
        const char was = *end;
        *end = '\0';
        if (!strcmp(part, ".thumbs"))
            why = "in a folder of thumbs' own";
        else if (th_rules_exclude(walk->rules, folder, true))
            why = "excluded";
        *end = was;
        if (!was) break;
    }
    return why;
}

static bool is_last_folder(struct th_walk *walk, const struct th_list_item *item)
{
    return walk->path.len == item->dir_len &&
           (item->dir_len == 0 || !memcmp(walk->path.data, item->path, item->dir_len));
}

/* Make the folder of a listed name the last frame. False: an entry was made of the name. */
static bool enter_listed(struct th_walk *walk, struct th_walk_entry *entry, const struct th_list_item *item)
{
    const struct th_walk_options *options = walk->options;
    struct thumbs_error error = {0};
    struct stat st = {0};
    const char *why = NULL;
    char *folder = NULL;
    bool entered = true, in_dest = false;
    int fd = -1;
    if (is_last_folder(walk, item)) goto out;
    while (walk->n_frames > 1)
        pop(walk);
    walk->has_names = false;
    if (item->dir_len == 0) goto out;

    folder = th_alloc(item->dir_len + 1);
    if (!folder) goto no_memory;
    memcpy(folder, item->path, item->dir_len);
    folder[item->dir_len] = '\0';
    why = is_kept_out(walk, folder);
    if (why) goto kept_out;
    fd = open_listed(walk, item->path, item->dir_len, &in_dest, &error);
    if (fd < 0) goto failed;
    if (fstat(fd, &st)) {
        set_folder_error(&error, errno);
        goto failed;
    }
    if (options->skip_ino && th_path_folder_lies_within(fd, options->skip_dev, options->skip_ino))
        why = "lies in DEST";
    else if (in_dest)
        why = "lies in the DEST of a run, since that holds .thumbs";
    else if (is_elsewhere(walk, &st))
        why = "on another file system";
    if (why) goto kept_out;
    if (push_path(walk, folder) && push(walk, fd, &st)) {
        last_frame(walk)->listing = true;
        fd = -1;
        goto out;
    }
    th_bytes_truncate(&walk->path, 0);
no_memory:
    th_error_set(&error, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for its folder");
failed:
    emit_listed(walk, entry, item, NULL, &error);
    entered = false;
    goto out;
kept_out:
    emit_listed(walk, entry, item, why, NULL);
    entered = false;
out:
    if (fd >= 0) th_close(fd);
    free(folder);
    return entered;
}

/* Read the part of the last frame's folder that a listed name belongs to. Where the folder is too large to be held as a
 * whole the part begins with the group of the name, or at the latest with the name. */
static void read_listed(struct th_walk *walk, const char *name, bool from_start)
{
    struct frame *frame = last_frame(walk);
    char stem[TH_NAME_MAX + 1];
    if (from_start) {
        walk->lower.set = false;
        read_from_lower(walk);
        /* Once, before the first file is out, since others read it then. */
        if (!frame->is_read) frame->dir->has_folders = walk->upper.set || walk->names.n > walk->names.n_files;
        frame->is_read = walk->has_names = true;
        if (is_in_part(walk, false, name)) return;
    }
    size_t len = th_naming_stem_len(name, strlen(name));
    memcpy(stem, name, len);
    stem[len] = '\0';
    th_cut_set(&walk->lower, false, stem);
    read_from_lower(walk);
    if (is_in_part(walk, false, name)) return;
    /* There is much between a stem and its dot. */
    th_cut_set(&walk->lower, false, name);
    read_from_lower(walk);
}

/* A regular file of the last frame's folder. Whether its output bears its whole name is decided as in a walk: by the
 * names that the folder holds. A name that the folder does not list was made just now, or is spelled in another way by
 * a file system that does not care about case: then it is listed under its true name, and would get a second output. */
static void emit_listed_file(struct th_walk *walk, struct th_walk_entry *entry, const char *name)
{
    struct th_dir *dir = last_frame(walk)->dir;
    size_t i = SIZE_MAX;
    if (walk->has_names && is_in_part(walk, false, name)) i = th_names_find(&walk->names, name, strlen(name));
    if (i == SIZE_MAX) {
        bool is_large = walk->has_names && (walk->lower.set || walk->upper.set);
        read_listed(walk, name, !is_large);
        i = th_names_find(&walk->names, name, strlen(name));
    }
    if (i == SIZE_MAX) {
        /* Where the folder could not be read, that is the reason, and is told of this name instead. */
        struct thumbs_error error = walk->failure;
        if (!error.code)
            th_error_set(&error, THUMBS_VANISHED, THUMBS_STAGE_WALK, "its folder does not list it under this name");
        walk->failure = (struct thumbs_error){0};
        last_frame(walk)->told = false;
        emit_failed(walk, entry, dir, name, &error);
        return;
    }
    struct th_naming_rule rule = rule_of_folder(walk);
    emit_file(walk, entry, &walk->names, i, dir, &rule);
}

/* SOURCE itself is in the list: walk it. */
static bool enter_source(struct th_walk *walk, struct th_walk_entry *entry)
{
    struct thumbs_error error = {0};
    struct stat st;
    int fd = th_openat(walk->frames[0].dir->fd, ".", O_RDONLY | O_DIRECTORY, 0);
    if (fd >= 0 && fstat(fd, &st) == 0 && push(walk, fd, &st)) {
        walk->upper.set = false;
        read_part(walk, NULL);
        return false;
    }
    th_error_os(&error, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, errno, "cannot open the folder");
    if (fd >= 0) th_close(fd);
    emit_failed(walk, entry, walk->frames[0].dir, "", &error);
    return true;
}

/* The folder that was entered for a listed name is walked from here on. Where the slot is taken, or there is no memory,
 * some names may come twice. */
static void note_walked(struct th_walk *walk)
{
    if (last_frame(walk)->listing) return; /* it was not entered, it may be DEST */
    if (!walk->walked) walk->walked = th_calloc(N_WALKED, sizeof *walk->walked);
    if (!walk->walked) return;
    uint64_t hash = th_hash64(walk->path.len ? walk->path.data : "", walk->path.len, 0);
    walk->walked[hash % N_WALKED] = hash;
}

static bool has_hidden_part(const char *path)
{
    return path[0] == '.' || strstr(path, "/.");
}

/* Has a listed name come already, with a folder above it that was in the list too ("find ." lists both)? A walk passes
 * over what is hidden. */
static bool has_come(const struct th_walk *walk, const char *path)
{
    if (!walk->walked) return false;
    for (size_t len = 0;;) {
        uint64_t hash = th_hash64(path, len, 0);
        const char *rest = path + len + (path[len] == '/');
        if (walk->walked[hash % N_WALKED] == hash) return walk->options->hidden || !has_hidden_part(rest);
        if (!path[len]) return false;
        len = (size_t)(rest - path) + strcspn(rest, "/");
    }
}

/* A name of the last frame's folder, in the list. */
static bool step_listed_name(struct th_walk *walk, struct th_walk_entry *entry, const char *path, const char *name)
{
    struct th_dir *dir = last_frame(walk)->dir;
    struct thumbs_error error = {0};
    enum th_name_kind kind;
    bool made;
    if (*name && !classify(walk, name, DT_UNKNOWN, &kind)) {
        emit_skipped(walk, entry, dir, name, "a folder of thumbs' own");
        return true;
    }
    /* One that is not there is told all the same. */
    if (*name && kind != TH_NAME_BROKEN && has_come(walk, path)) return false;
    if (!*name || kind == TH_NAME_FOLDER) {
        walk->has_names = false;
        made = *name ? enter(walk, entry, name) : enter_source(walk, entry);
        if (!made) note_walked(walk);
        return made;
    }
    if (kind == TH_NAME_FILE) {
        emit_listed_file(walk, entry, name);
    } else if (kind == TH_NAME_LINK) {
        th_error_set(&error, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, "is a symbolic link, which only --follow follows");
        emit_failed(walk, entry, dir, name, &error);
    } else {
        emit_other(walk, entry, kind, dir, name);
    }
    entry->named = is_told(kind);
    return true;
}

static bool step_list(struct th_walk *walk, struct th_walk_entry *entry)
{
    const struct th_walk_options *options = walk->options;
    struct thumbs_error error = {0};
    struct th_list_item item;
    tell_folder(walk, "", strcmp(options->list, "-") == 0 ? "standard input" : options->list);
    switch (th_list_next(walk->list, options->stopped, options->user, &item)) {
    case TH_LIST_ITEM:
        break;
    case TH_LIST_FAILED:
        th_error_os(&error, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, errno, "cannot read the list to its end");
        emit_failed(walk, entry, NULL, options->list, &error);
        return true;
    case TH_LIST_STOPPED:
        walk->ended = true;
        return false;
    case TH_LIST_END:
        while (walk->n_frames)
            pop(walk);
        return false;
    }
    if (item.refused) {
        th_error_set(&error, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, "%s", item.refused);
        emit_failed(walk, entry, NULL, item.path, &error);
        return true;
    }
    if (!enter_listed(walk, entry, &item)) return true;
    return step_listed_name(walk, entry, item.path, item.path + item.dir_len + (item.dir_len > 0));
}

/* ---- sources ------------------------------------------------------------------------------------------------ */

static const struct root *find_root(const struct th_walk *walk, uint32_t i_source)
{
    size_t low = 0, high = walk->n_roots;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (walk->roots[mid].i_source < i_source)
            low = mid + 1;
        else
            high = mid;
    }
    return low < walk->n_roots && walk->roots[low].i_source == i_source ? &walk->roots[low] : NULL;
}

/* The last name part of a source. */
static const char *source_name(const struct th_walk *walk, uint32_t i_source, size_t *len)
{
    const struct root *root = find_root(walk, i_source);
    const char *path = root && root->resolved ? root->resolved : walk->options->sources[i_source];
    return path + th_path_last_part(path, len);
}

static int compare_sources(const void *a, const void *b, void *walk)
{
    size_t a_len, b_len;
    const char *a_name = source_name(walk, *(const uint32_t *)a, &a_len);
    const char *b_name = source_name(walk, *(const uint32_t *)b, &b_len);
    int order = memcmp(a_name, b_name, a_len < b_len ? a_len : b_len);
    return order ? order : (a_len > b_len) - (a_len < b_len);
}

static bool open_root(struct th_walk *walk, struct th_walk_entry *entry)
{
    const struct root *root = &walk->roots[walk->i_root++];
    const char *source = walk->options->sources[root->i_source];
    struct thumbs_error error;
    struct stat st;
    char *name = NULL;
    bool made = true;

    tell_folder(walk, "", source);
    int fd = th_path_open(AT_FDCWD, source, strlen(source), O_RDONLY | O_DIRECTORY);
    if (fd < 0 || fstat(fd, &st)) {
        set_folder_error(&error, errno);
        emit_failed(walk, entry, NULL, source, &error);
        goto out;
    }
    if (is_to_skip(walk->options, &st)) {
        made = false;
        goto out;
    }
    walk->root_len = 0;
    if (walk->options->n_sources > 1) {
        size_t len;
        const char *part = source_name(walk, root->i_source, &len);
        name = th_alloc(len + 1);
        if (name) {
            memcpy(name, part, len);
            name[len] = '\0';
            walk->root_len = len;
        }
    }
    if ((walk->options->n_sources > 1 && !name) || !push_path(walk, name ? name : "") || !push(walk, fd, &st)) {
        th_error_set(&error, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for the folder");
        th_bytes_truncate(&walk->path, 0);
        emit_failed(walk, entry, NULL, source, &error);
        goto out;
    }
    fd = -1;
    made = false;
    walk->upper.set = false;
    if (walk->list)
        last_frame(walk)->listing = true;
    else
        read_part(walk, NULL);
out:
    if (fd >= 0) th_close(fd);
    free(name);
    return made;
}

/* The folder of a SOURCE file, borrowed until the next call; NULL and errno. */
static struct th_dir *given_dir(struct th_walk *walk, const char *source)
{
    size_t len, begin = th_path_last_part(source, &len);
    if (walk->given_dir && walk->given_parent_len == begin && !memcmp(walk->given_parent, source, begin))
        return walk->given_dir;
    int fd = th_path_open_parent(source, begin);
    if (fd < 0) return NULL;
    struct th_dir *dir = dir_create(fd, "", 0, 0);
    if (!dir) {
        th_close(fd);
        errno = ENOMEM;
        return NULL;
    }
    th_dir_unref(walk->given_dir);
    walk->given_dir = dir;
    walk->given_parent = source;
    walk->given_parent_len = begin;
    return dir;
}

/* Is the SOURCE file of this name an image? Its folder is opened just for the question: the one in walk->given_dir is
 * that of another name. */
static bool ask_given(void *asked, const char *name)
{
    struct th_walk *walk = asked;
    const struct th_walk_options *options = walk->options;
    if (!options->is_image) return true;
    size_t len, i = th_names_find(&walk->given_names, name, strlen(name));
    if (i == SIZE_MAX) return false;
    const char *source = options->sources[walk->given[i]];
    int fd = th_path_open_parent(source, th_path_last_part(source, &len));
    if (fd < 0) return false;
    bool image = options->is_image(options->user, fd, name, true);
    th_close(fd);
    return image;
}

static void step_given(struct th_walk *walk, struct th_walk_entry *entry)
{
    size_t i = walk->i_given++;
    const char *source = walk->options->sources[walk->given[i]];
    struct th_dir *dir = given_dir(walk, source);
    if (!dir) {
        struct thumbs_error error;
        th_error_os(&error, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, errno, "cannot open its folder");
        emit_failed(walk, entry, NULL, source, &error);
        return;
    }
    struct th_naming_rule rule = {
        .output_class = walk->options->output_class, .user = walk->options->user, .asked = walk, .ask = ask_given};
    enum th_name_kind kind = th_names_kind(&walk->given_names, i);
    emit_file(walk, entry, &walk->given_names, i, dir, &rule);
    entry->follow = true;
    entry->named = is_told(kind);
}

/* A SOURCE that cannot be looked at. Where nothing is called so and it looks like a glob, a shell has left it as it was
 * because it matched nothing. */
static enum thumbs_code refuse_source(const char *source, int os_errno, struct thumbs_error *err)
{
    size_t len, begin = th_path_last_part(source, &len);
    const char *wild = strpbrk(source, "*?[");
    if (os_errno != ENOENT || !wild)
        return th_error_os(err, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, os_errno, "cannot open %s",
                           th_shorten(source).text);
    if (wild < source + begin)
        return th_error_set(err, THUMBS_VANISHED, THUMBS_STAGE_WALK, "nothing matches %s", th_shorten(source).text);
    struct th_short folder = th_shorten_to(begin ? source : ".", begin ? begin : 1, 50);
    return th_error_set(err, THUMBS_VANISHED, THUMBS_STAGE_WALK,
                        "nothing matches %s; try --include='%.30s' and SOURCE %s",
                        th_shorten_to(source, strlen(source), 60).text, source + begin, folder.text);
}

/* Look at one SOURCE: folders are noted in walk->roots, and *folder says which it was. */
static enum thumbs_code check_source(struct th_walk *walk, uint32_t i_source, bool *folder, struct thumbs_error *err)
{
    const char *source = walk->options->sources[i_source];
    struct stat st;
    size_t len;
    if (stat_path(source, &st)) return refuse_source(source, errno, err);
    *folder = S_ISDIR(st.st_mode);
    const char *name = source + th_path_last_part(source, &len);
    if (!*folder) return THUMBS_OK;

    if (is_to_skip(walk->options, &st))
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_WALK, "%s is both source and destination",
                            th_shorten(source).text);
    int fd = th_path_open(AT_FDCWD, source, strlen(source), O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return th_error_os(err, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, errno, "cannot open %s", th_shorten(source).text);
    th_close(fd);

    struct root *root = &walk->roots[walk->n_roots++];
    *root = (struct root){.i_source = i_source};
    bool nameless = len == 0 || (len == 1 && name[0] == '.') || (len == 2 && name[0] == '.' && name[1] == '.');
    if (walk->options->n_sources < 2 || !nameless) return THUMBS_OK;
    root->resolved = realpath(source, NULL);
    if (!root->resolved)
        return th_error_os(err, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, errno, "cannot find the name of %s",
                           th_shorten(source).text);
    th_path_last_part(root->resolved, &len);
    if (!len) return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_WALK, "/ cannot be one of several sources");
    return THUMBS_OK;
}

/* Make one folder of names out of the SOURCES that are files: the first n_given of walk->given, in order. */
static enum thumbs_code list_given(struct th_walk *walk, size_t n_given, struct thumbs_error *err)
{
    size_t bytes = 3, len; /* 3: for the rounding down of the arena */
    struct stat st;
    for (size_t i = 0; i < n_given; i++) {
        source_name(walk, walk->given[i], &len);
        if (len > TH_NAME_MAX)
            return th_error_set(err, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, "the name of a source is too long");
        if (!th_add_size(bytes, len + 2 + sizeof(uint32_t), &bytes) || bytes > UINT32_MAX)
            return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "too many source files");
    }
    if (!th_names_init(&walk->given_names, bytes))
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for the names of source files");
    for (size_t i = 0; i < n_given; i++) {
        const char *source = walk->options->sources[walk->given[i]];
        char name[TH_NAME_MAX + 1];
        const char *part = source_name(walk, walk->given[i], &len);
        memcpy(name, part, len); /* its length has been checked above */
        name[len] = '\0';
        enum th_name_kind kind = TH_NAME_FILE;
        if (stat_path(source, &st))
            kind = TH_NAME_BROKEN;
        else if (!S_ISREG(st.st_mode))
            kind = TH_NAME_SPECIAL;
        else if (is_excluded(walk, name, false))
            kind = TH_NAME_EXCLUDED;
        th_names_add(&walk->given_names, kind, name, len);
    }
    th_names_sort(&walk->given_names);
    return THUMBS_OK;
}

static enum thumbs_code check_sources(struct th_walk *walk, struct thumbs_error *err)
{
    const struct th_walk_options *options = walk->options;
    size_t n = options->n_sources, n_given = 0;
    if (n == 0 || n > UINT32_MAX) return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_WALK, "no source given");
    walk->roots = th_calloc(n, sizeof *walk->roots);
    walk->given = th_calloc(n, sizeof *walk->given);
    if (!walk->roots || !walk->given)
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for the sources");

    for (uint32_t i = 0; i < n; i++) {
        bool folder;
        enum thumbs_code code = check_source(walk, i, &folder, err);
        if (code) return code;
        walk->given[i] = i;
    }
    qsort_r(walk->given, n, sizeof *walk->given, compare_sources, walk);
    for (size_t i = 1; i < n; i++) {
        if (compare_sources(&walk->given[i - 1], &walk->given[i], walk) != 0) continue;
        size_t len;
        const char *name = source_name(walk, walk->given[i], &len);
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_WALK, "two sources have the same name %s",
                            th_shorten_to(name, len, TH_SHORT_LEN).text);
    }
    for (size_t i = 0; i < n; i++) {
        if (!find_root(walk, walk->given[i])) walk->given[n_given++] = walk->given[i];
    }
    return list_given(walk, n_given, err);
}

/* ---- the whole ---------------------------------------------------------------------------------------------- */

static enum thumbs_code open_list(struct th_walk *walk, struct thumbs_error *err)
{
    const struct th_walk_options *options = walk->options;
    if (options->n_sources != 1 || walk->n_roots != 1)
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_WALK, "with a list of files SOURCE must be one folder");
    return th_list_open(options->list, options->list_null, options->sources[0], &walk->list, err);
}

enum thumbs_code th_walk_create(const struct th_walk_options *options, struct th_walk **out, struct thumbs_error *err)
{
    enum thumbs_code code;
    size_t bytes = options->names_bytes ? options->names_bytes : DEFAULT_NAMES_BYTES;
    if (bytes < TH_NAMES_MIN_BYTES) bytes = TH_NAMES_MIN_BYTES;

    struct th_walk *walk = th_calloc(1, sizeof *walk);
    if (!walk) return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for the walk");
    walk->options = options;
    walk->read_buf = th_alloc(READ_BYTES);
    walk->reserve = th_calloc(1, 1);
    bool has_path = th_bytes_reserve(&walk->path, TH_NAME_MAX + 1); /* for is_excluded() */
    if (!walk->read_buf || !walk->reserve || !has_path || !th_names_init(&walk->names, bytes)) {
        code = th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for the walk");
        goto fail;
    }
    code = th_rules_create(options, &walk->rules, err);
    if (!code) code = check_sources(walk, err);
    if (!code && options->list) code = open_list(walk, err);
    if (code) goto fail;
    *out = walk;
    return THUMBS_OK;
fail:
    th_walk_destroy(walk);
    return code;
}

bool th_walk_next(struct th_walk *walk, struct th_walk_entry *entry)
{
    while (!walk->ended) {
        if (walk->failure.code) {
            struct thumbs_error error = walk->failure;
            walk->failure = (struct thumbs_error){0};
            struct frame *frame = last_frame(walk);
            struct th_dir *dir = frame_dir(walk, frame);
            if (dir)
                emit_failed(walk, entry, dir, "", &error);
            else
                emit_no_memory(walk, entry, NULL, "a folder");
            return true;
        }
        if (walk->i_given < walk->given_names.n) {
            step_given(walk, entry);
            return true;
        }
        bool made;
        if (walk->n_frames && last_frame(walk)->listing)
            made = step_list(walk, entry);
        else if (walk->n_frames)
            made = last_frame(walk)->in_folders ? step_folders(walk, entry) : step_files(walk, entry);
        else if (walk->i_root < walk->n_roots)
            made = open_root(walk, entry);
        else
            return false;
        if (made) return true;
    }
    return false;
}

void th_walk_remarks(const struct th_walk *walk, void (*on_remark)(void *user, const char *text), void *user)
{
    struct thumbs_error remark;
    const char *rule, *note = walk->list ? th_list_note(walk->list) : NULL;
    if (note) on_remark(user, note);
    for (size_t i = 0; (rule = th_rules_unmatched(walk->rules, &i));) {
        th_error_set(&remark, THUMBS_OK, THUMBS_STAGE_WALK, "%s=%s matched nothing; it is about paths below SOURCE",
                     rule[0] == '+' ? "--include" : "--exclude", th_shorten(rule + 1).text);
        on_remark(user, remark.message);
    }
}

void th_walk_destroy(struct th_walk *walk)
{
    if (!walk) return;
    while (walk->n_frames) {
        struct frame *frame = &walk->frames[--walk->n_frames];
        close_frame(frame);
        th_names_finish(&frame->folders);
        free(frame->resume);
    }
    free(walk->frames);
    th_rules_destroy(walk->rules);
    for (size_t i = 0; i < walk->n_roots; i++)
        free(walk->roots[i].resolved);
    free(walk->roots);
    free(walk->given);
    th_names_finish(&walk->given_names);
    th_dir_unref(walk->given_dir);
    th_list_close(walk->list);
    free(walk->walked);
    th_names_finish(&walk->names);
    th_bytes_finish(&walk->path);
    free(walk->read_buf);
    free(walk->reserve);
    free(walk);
}
