/* SPDX-License-Identifier: MIT */
/*
 * The usual commit is fstatat, openat, write, futimens, close, renameat2 and one append to the
 * manifest, all relative to a folder that stays open. Nothing is locked on that way.
 */
#include "commit/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "commit/give_way.h"
#include "commit/maker_mark.h"
#include "commit/output_folder_internal.h"
#include "commit/own_output.h"

/* One output on its way. */
struct pending {
    const char *path, *name; /* name: last part of path */
    size_t folder_len;
    struct th_folder_ref folder;
    struct th_folder_ref
        old[2]; /* deleted folders, open as long as another output may share them */
    int n_old;
    size_t same_as;
    bool skip;     /* the same as output `same_as`, or it stands there already */
    bool is_free;  /* nothing stood under its name */
    bool has_temp; /* temp exists in folder */
    const struct th_source_id *id;
    const struct th_commit_output *output;
    struct th_stood *stood;
    struct th_mark mark;
    char temp[TH_TEMP_NAME_MAX];
};

static enum thumbs_code prepare(struct pending *pending, const struct th_source_id *id,
                                const struct th_commit_output *outputs, struct th_stood *stood,
                                size_t n_outputs, struct thumbs_error *err)
{
    for (size_t i = 0; i < n_outputs; i++) {
        const char *path = outputs[i].path, *slash = strrchr(path, '/');
        pending[i] = (struct pending){.path = path,
                                      .name = slash ? slash + 1 : path,
                                      .folder_len = slash ? (size_t)(slash - path) : 0,
                                      .folder = {.fd = -1},
                                      .output = &outputs[i],
                                      .stood = &stood[i],
                                      .id = id};
        if (!th_own_output_may_be_called(path))
            return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_WRITE,
                                "'%.120s' is not a valid name for an output", path);
        for (size_t k = 0; k < i && !pending[i].skip; k++) {
            if (strcmp(path, outputs[k].path) != 0) continue;
            if (outputs[k].len != outputs[i].len ||
                memcmp(outputs[k].data, outputs[i].data, outputs[i].len) != 0)
                return th_error_set(err, THUMBS_NAME_CLASH, THUMBS_STAGE_WRITE,
                                    "two outputs of this source would both be '%.100s'", path);
            pending[i].skip = true;
            pending[i].same_as = k;
        }
    }
    return THUMBS_OK;
}

/* The folder may have been deleted while it was open: then make it again, for this output alone.
 * Called at most twice for an output, by write_all() and by rename_one(). */
static int create_temp(struct th_output_folder *folder, struct pending *p, struct thumbs_error *err)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    th_run_lock_temp_name(&folder->dest->run, p->temp);
    int fd = th_openat(p->folder.fd, p->temp, flags, 0666);
    if (fd < 0 && errno == ENOENT) {
        int again = th_dest_open_folder(folder->dest, p->path, p->folder_len, true, NULL, err);
        if (again < 0) return -1;
        p->old[p->n_old++] = p->folder;
        p->folder = (struct th_folder_ref){.fd = again, .owned = true};
        fd = th_openat(p->folder.fd, p->temp, flags, 0666);
    }
    if (fd < 0)
        th_dest_write_error(folder->dest, err, errno, "cannot make a file in the output folder");
    return fd;
}

/* ---- what stands there already ---- */

/* Only what thumbs made is replaced. (A folder cannot be, whoever made it: the rename will say
 * so.) */
static enum thumbs_code check_name(const struct th_output_folder *folder, struct pending *p,
                                   struct thumbs_error *err)
{
    struct stat st;
    p->is_free = false;
    if (folder->dest->overwrite) return THUMBS_OK;
    if (fstatat(p->folder.fd, p->name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        p->is_free = errno == ENOENT;
        return THUMBS_OK;
    }
    if (S_ISDIR(st.st_mode) || th_own_output_is(folder, p->path, p->folder.fd, p->name, &st, p->id))
        return THUMBS_OK;
    return th_error_set(err, THUMBS_NOT_OURS, THUMBS_STAGE_WRITE,
                        "'%.100s' exists and was not made by thumbs; --overwrite replaces it",
                        p->path);
}

/* ---- writing ---- */

/* Some file systems keep no times, or only those of their own files: the thumbnail is good all the
 * same, it is just not known again. */
static int set_time(int fd, const struct th_source_id *id)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                {.tv_sec = id->mtime_sec, .tv_nsec = id->mtime_nsec}};
    if (futimens(fd, times) == 0 || errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM)
        return 0;
    return -1;
}

static int write_marked(int fd, struct pending *p, const struct th_commit_output *output)
{
    struct th_mark *mark = &p->mark;
    th_mark_make(output->data, output->len, mark);
    struct iovec parts[3] = {
        {mark->front, mark->front_len},
        {(uint8_t *)(uintptr_t)output->data + mark->skip, output->len - mark->skip},
        {mark->back, mark->back_len}};
    return th_writev_full(fd, parts, 3);
}

/* err is not NULL here and below. */
static enum thumbs_code write_temp(struct th_output_folder *folder, struct pending *p,
                                   const struct th_commit_output *output,
                                   const struct th_source_id *id, struct thumbs_error *err)
{
    int fd = create_temp(folder, p, err);
    if (fd < 0) return err->code;
    p->has_temp = true;
    const char *failed = NULL;
    int os_errno = 0;
    if (th_fault(TH_FAULT_DEST) || write_marked(fd, p, output) < 0) {
        failed = "cannot write the output";
        os_errno = errno;
    } else if (folder->dest->output_mode && fchmod(fd, folder->dest->output_mode) < 0) {
        failed = "cannot set the permissions of the output";
        os_errno = errno;
    } else if (set_time(fd, id) < 0) {
        failed = "cannot set the time of the output";
        os_errno = errno;
    }
    /* Network file systems and quotas may report only here that the bytes did not arrive. */
    if (th_close(fd) < 0 && !failed) {
        failed = "cannot finish the output";
        os_errno = errno;
    }
    return failed ? th_dest_write_error(folder->dest, err, os_errno, failed) : THUMBS_OK;
}

/* The folder that an output goes to. An output that has no source any more may stand there. */
static bool get_folder(struct th_output_folder *folder, struct pending *p, struct thumbs_error *err)
{
    if (th_folder_get(folder, p->path, p->folder_len, true, &p->folder, err)) return true;
    if (errno != ENOTDIR && errno != EEXIST) return false;
    th_give_way(folder->dest, p->path, p->folder_len);
    *err = (struct thumbs_error){0};
    return th_folder_get(folder, p->path, p->folder_len, true, &p->folder, err);
}

/* An output whose name tells its content: does it stand there already? */
static bool stands_already(const struct pending *p)
{
    const struct th_commit_output *output = p->output;
    if (output->shared)
        th_same_bytes_look(p->folder.fd, p->name, th_mark_len(output->data, output->len),
                           output->content, p->stood);
    return p->stood->stood;
}

static enum thumbs_code write_all(struct th_output_folder *folder, struct pending *pending,
                                  const struct th_commit_output *outputs, size_t n_outputs,
                                  const struct th_source_id *id, struct thumbs_error *err)
{
    const struct pending *before = NULL;
    for (size_t i = 0; i < n_outputs; i++) {
        struct pending *p = &pending[i];
        if (p->skip) *p->stood = *pending[p->same_as].stood;
        if (p->skip) continue;
        if (before && before->folder_len == p->folder_len &&
            memcmp(before->path, p->path, p->folder_len) == 0)
            p->folder = (struct th_folder_ref){
                .fd = before->folder.fd}; /* stays the other's, if it is owned at all */
        else if (!get_folder(folder, p, err))
            return err->code;
        before = p;
        p->skip = stands_already(p);
        if (p->skip) continue;
        enum thumbs_code code = check_name(folder, p, err);
        if (!code) code = write_temp(folder, p, &outputs[i], id, err);
        if (code) return code;
    }
    return THUMBS_OK;
}

/* Give the temporary its name. Where that was free, it must still be: a file that somebody has put
 * there since is not lost either. Not every file system can do that in one step. */
static int rename_temp(struct th_output_folder *folder, struct pending *p, struct thumbs_error *err)
{
    int fd = p->folder.fd;
    if (p->is_free) {
        int result = th_renameat_new(fd, p->temp, fd, p->name);
        bool cannot = result < 0 &&
                      (errno == EINVAL || errno == ENOSYS || errno == EPERM || errno == EOPNOTSUPP);
        if (result == 0 || !(cannot || errno == EEXIST)) return result;
        if (stands_already(p)) return unlinkat(fd, p->temp, 0);
        if (check_name(folder, p, err) != THUMBS_OK) return -1;
    }
    return th_renameat(fd, p->temp, fd, p->name);
}

/* Two sources that share an output: the one that comes second takes what the first has put there,
 * whose time is then in the records of both. */
static int rename_shared(struct th_output_folder *folder, struct pending *p,
                         struct thumbs_error *err)
{
    pthread_mutex_lock(&folder->dest->sharing);
    int result =
        stands_already(p) ? unlinkat(p->folder.fd, p->temp, 0) : rename_temp(folder, p, err);
    pthread_mutex_unlock(&folder->dest->sharing);
    return result;
}

static int give_name(struct th_output_folder *folder, struct pending *p, struct thumbs_error *err)
{
    return p->output->shared ? rename_shared(folder, p, err) : rename_temp(folder, p, err);
}

/* A temporary that is gone was swept by a run that did not see ours alive (say, DEST/.thumbs was
 * deleted): write it once more. */
static enum thumbs_code rename_one(struct th_output_folder *folder, struct pending *p,
                                   const struct th_commit_output *output,
                                   const struct th_source_id *id, struct thumbs_error *err)
{
    int result = give_name(folder, p, err);
    if (result < 0 && errno == ENOENT && !err->code) {
        p->has_temp = false;
        enum thumbs_code code = write_temp(folder, p, output, id, err);
        if (code) return code;
        result = give_name(folder, p, err);
    }
    if (result == 0) {
        p->has_temp = false;
        return THUMBS_OK;
    }
    int os_errno = errno;
    if (err->code == THUMBS_NOT_OURS) return err->code;
    if (os_errno != EISDIR)
        return th_dest_write_error(folder->dest, err, os_errno, "cannot give the output its name");
    th_error_set(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_WRITE,
                 "'%.120s' is a folder with the name of the output", p->name);
    err->os_errno = os_errno;
    return err->code;
}

static void clean_up(struct pending *pending, size_t n_pending)
{
    for (size_t i = 0; i < n_pending; i++) {
        if (pending[i].has_temp) unlinkat(pending[i].folder.fd, pending[i].temp, 0);
    }
    for (size_t i = 0; i < n_pending; i++) {
        th_folder_release(&pending[i].folder);
        for (int k = 0; k < pending[i].n_old; k++)
            th_folder_release(&pending[i].old[k]);
    }
}

/* All outputs are written before the first gets its name: a disk that fills up in between then
 * leaves none of them, not half of the set. */
static enum thumbs_code commit(struct th_output_folder *folder, struct pending *pending,
                               const char *name, bool keep_extension, const struct th_source_id *id,
                               const struct th_commit_output *outputs, struct th_stood *stood,
                               size_t n_outputs, struct thumbs_error *err)
{
    size_t n_pending = 0;
    enum thumbs_code code = prepare(pending, id, outputs, stood, n_outputs, err);
    if (code) goto out;
    n_pending = n_outputs;
    code = write_all(folder, pending, outputs, n_outputs, id, err);
    if (code) goto out;
    th_history_take_back(folder, name, keep_extension, id, outputs, stood, n_outputs);
    for (size_t i = 0; i < n_pending && !code; i++) {
        if (!pending[i].skip) code = rename_one(folder, &pending[i], &outputs[i], id, err);
    }
    if (!code) th_history_remember(folder, name, keep_extension, id, outputs, stood, n_outputs);
out:
    clean_up(pending, n_pending);
    return code;
}

enum thumbs_code th_write_outputs(struct th_output_folder *folder, const char *name,
                                  bool keep_extension, const struct th_source_id *id,
                                  const struct th_commit_output *outputs, size_t n_outputs,
                                  struct thumbs_error *err)
{
    struct thumbs_error ignored = {0};
    if (!err) err = &ignored;
    if (folder->dest->dry_run)
        return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_WRITE,
                            "nothing is written in a dry run");
    struct pending few[4];
    struct pending *pending = few;
    struct th_stood stood[THUMBS_MAX_OUTPUTS] = {0};
    if (n_outputs > THUMBS_MAX_OUTPUTS)
        return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_WRITE, "there are too many outputs");
    if (n_outputs > sizeof few / sizeof few[0]) {
        pending = th_calloc(n_outputs, sizeof *pending);
        if (!pending)
            return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WRITE,
                                "no memory to write the outputs");
    }
    enum thumbs_code code =
        commit(folder, pending, name, keep_extension, id, outputs, stood, n_outputs, err);
    if (pending != few) free(pending);
    return code;
}
