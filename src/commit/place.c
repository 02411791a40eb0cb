/*
 * One folder of outputs: the commit step, and the question whether there is anything to do.
 *
 * The usual commit is openat, write, futimens, close, renameat and one append to the manifest, all relative to a folder
 * that stays open. Nothing is locked on that way.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"
#include "commit/manifest.h"

#define N_FOLDERS 16

#define STRING_OF(x) #x
#define NUMBER_OF(x) STRING_OF(x)
/* What is no image to one version may be one to the next. */
#define VERSION_KEY "v" NUMBER_OF(THUMBS_VERSION_MAJOR) "." NUMBER_OF(THUMBS_VERSION_MINOR)

/* A folder that outputs of this place go to and that is not its own: where a template says so. */
struct folder {
    char *path;
    size_t len;
    int fd;
};

struct th_place {
    struct th_dest *dest;
    struct th_bytes folder; /* path of its own output folder below DEST */
    uint64_t dir_hash;
    char key[17]; /* the fingerprint in the manifest */
    struct th_manifest manifest;

    pthread_mutex_t lock; /* held to open what follows; readers look at the atomics first */
    atomic_int own_fd;    /* -1: not yet opened */
    atomic_size_t n_folders;
    struct folder folders[N_FOLDERS];

    struct th_place *next; /* in dest->places */
};

/* ---- folders ---- */

/* An open folder for a while: `owned` says whether the caller must close it. */
struct folder_ref {
    int fd;
    bool owned;
};

static void release_folder(struct folder_ref *ref)
{
    if (ref->owned) th_close(ref->fd);
    *ref = (struct folder_ref){.fd = -1};
}

static bool is_own(const struct th_place *place, const char *path, size_t len)
{
    return len == place->folder.len && memcmp(path, th_bytes_str(&place->folder), len) == 0;
}

/* Open afresh, and clear away what killed runs left in it. */
static int open_and_sweep(struct th_place *place, const char *path, size_t len, bool make, struct thumbs_error *err)
{
    bool made = false;
    int fd = th_dest_open_folder(place->dest, path, len, make, &made, err);
    if (fd >= 0 && !made) th_dest_sweep(place->dest, fd, path, len);
    return fd;
}

static int own_folder(struct th_place *place, bool make, struct thumbs_error *err)
{
    int fd = atomic_load_explicit(&place->own_fd, memory_order_acquire);
    if (fd >= 0) return fd;
    pthread_mutex_lock(&place->lock);
    fd = atomic_load(&place->own_fd);
    if (fd < 0) {
        fd = open_and_sweep(place, th_bytes_str(&place->folder), place->folder.len, make, err);
        if (fd >= 0) atomic_store_explicit(&place->own_fd, fd, memory_order_release);
    }
    pthread_mutex_unlock(&place->lock);
    return fd;
}

static int find_folder(const struct th_place *place, const char *path, size_t len)
{
    size_t n = atomic_load_explicit(&place->n_folders, memory_order_acquire);
    for (size_t i = 0; i < n; i++) {
        const struct folder *folder = &place->folders[i];
        if (folder->len == len && memcmp(folder->path, path, len) == 0) return folder->fd;
    }
    return -1;
}

/* Keep ref->fd open for the next output of this folder, if there is room. "{size}/{dir}/{stem}.{ext}" has a folder per
 * size, worth keeping; "{hash}/{stem}.{ext}" has one per source, so the room is small. */
static void keep_folder(struct th_place *place, const char *path, size_t len, struct folder_ref *ref)
{
    atomic_int *n_spare = &place->dest->n_spare_folders;
    pthread_mutex_lock(&place->lock);
    size_t n = atomic_load(&place->n_folders);
    if (n < N_FOLDERS && find_folder(place, path, len) < 0) {
        char *copy = atomic_fetch_add(n_spare, 1) < TH_SPARE_FOLDERS ? th_alloc(len + 1) : NULL;
        if (copy) {
            memcpy(copy, path, len);
            place->folders[n] = (struct folder){.path = copy, .len = len, .fd = ref->fd};
            ref->owned = false;
            atomic_store_explicit(&place->n_folders, n + 1, memory_order_release);
        } else {
            atomic_fetch_sub(n_spare, 1);
        }
    }
    pthread_mutex_unlock(&place->lock);
}

/* The folder `path` below DEST. False with errno and *err (may be NULL) set. */
static bool get_folder(struct th_place *place, const char *path, size_t len, bool make, struct folder_ref *ref,
                       struct thumbs_error *err)
{
    bool own = is_own(place, path, len);
    ref->owned = false;
    ref->fd = own ? own_folder(place, make, err) : find_folder(place, path, len);
    if (own || ref->fd >= 0) return ref->fd >= 0;
    ref->fd = open_and_sweep(place, path, len, make, err);
    if (ref->fd < 0) return false;
    ref->owned = true;
    keep_folder(place, path, len, ref);
    return true;
}

/* ---- creating ---- */

static void sign_place_in(struct th_place *place)
{
    struct th_dest *dest = place->dest;
    pthread_mutex_lock(&dest->places_lock);
    place->next = dest->places;
    dest->places = place;
    pthread_mutex_unlock(&dest->places_lock);
}

struct th_place *th_place_create(struct th_dest *dest, const char *dir)
{
    struct th_place *place = th_calloc(1, sizeof *place);
    if (!place) return NULL;
    place->dest = dest;
    place->dir_hash = th_hash64(dir, strlen(dir), 0);
    snprintf(place->key, sizeof place->key, "%016llx", (unsigned long long)dest->fingerprint);
    atomic_init(&place->own_fd, -1);
    th_path_clean(&place->folder, dir, strlen(dir), false);
    if (th_bytes_failed(&place->folder) || !th_manifest_init(&place->manifest, dest, dir)) {
        th_bytes_finish(&place->folder);
        free(place);
        return NULL;
    }
    pthread_mutex_init(&place->lock, NULL);
    own_folder(place, false, NULL);
    sign_place_in(place);
    return place;
}

/* Leave the list; true if no other place writes the same manifest. */
static bool sign_place_out(struct th_place *place)
{
    bool alone = true;
    for (struct th_place **link = &place->dest->places; *link;) {
        if (*link == place) {
            *link = place->next;
            continue;
        }
        alone &= (*link)->dir_hash != place->dir_hash;
        link = &(*link)->next;
    }
    return alone;
}

void th_place_destroy(void *object)
{
    struct th_place *place = object;
    if (!place) return;
    struct th_dest *dest = place->dest;
    /* The lock is held to the end, so that no new place reads or appends to a manifest that is about to be replaced. */
    pthread_mutex_lock(&dest->places_lock);
    bool alone = sign_place_out(place);
    if (alone && !dest->dry_run && th_manifest_is_bloated(&place->manifest) && !th_dest_has_other_runs(dest))
        th_manifest_compact(&place->manifest, dest);
    pthread_mutex_unlock(&dest->places_lock);
    th_manifest_finish(&place->manifest);
    size_t n_folders = atomic_load(&place->n_folders);
    for (size_t i = 0; i < n_folders; i++) {
        th_close(place->folders[i].fd);
        free(place->folders[i].path);
    }
    atomic_fetch_sub(&dest->n_spare_folders, (int)n_folders);
    int own = atomic_load(&place->own_fd);
    if (own >= 0) th_close(own);
    pthread_mutex_destroy(&place->lock);
    th_bytes_finish(&place->folder);
    free(place);
}

/* ---- what is known ---- */

/* Does an output bear the time of its source, as far as its file system can hold it? Some keep only microseconds,
 * seconds, or (FAT) even seconds. */
static bool is_time_of(const struct th_dest *dest, const struct timespec *output, const struct th_source_id *id)
{
    static const int32_t steps_ns[] = {1, 100, 1000, 1000000, 10000000, 1000000000};
    if (dest->two_second_times && output->tv_nsec == 0 && output->tv_sec == (id->mtime_sec & ~INT64_C(1))) return true;
    if (output->tv_sec != id->mtime_sec) return false;
    for (size_t i = 0; i < sizeof steps_ns / sizeof steps_ns[0]; i++) {
        if (output->tv_nsec == id->mtime_nsec - id->mtime_nsec % steps_ns[i]) return true;
    }
    return false;
}

/* An empty file is none of ours, whatever its time: a power cut may leave such. */
static bool output_stands(struct th_place *place, const char *output, const struct th_source_id *id)
{
    struct folder_ref ref = {.fd = -1};
    const char *name = output;
    if (*output == '/') {
        const char *path = output + 1, *slash = strrchr(path, '/');
        name = slash ? slash + 1 : path;
        if (!get_folder(place, path, slash ? (size_t)(slash - path) : 0, false, &ref, NULL)) return false;
    } else {
        ref.fd = own_folder(place, false, NULL);
    }
    struct stat st;
    bool stands = ref.fd >= 0 && !strchr(name, '/') && fstatat(ref.fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                  S_ISREG(st.st_mode) && st.st_size > 0 && is_time_of(place->dest, &st.st_mtim, id);
    release_folder(&ref);
    return stands;
}

static bool outputs_stand(struct th_place *place, const struct th_manifest_record *record,
                          const struct th_source_id *id)
{
    struct th_bytes output = {0};
    const char *rest = record->outputs;
    size_t rest_len = record->outputs_len, n = 0;
    bool stand = true, bad = false;
    while (stand && th_manifest_next_output(&rest, &rest_len, &output, &bad)) {
        stand = output_stands(place, th_bytes_str(&output), id);
        n++;
    }
    th_bytes_finish(&output);
    return stand && !bad && n > 0;
}

/* Is the state in the record the one these words would be written for? */
static bool is_state(const struct th_manifest_record *record, const char *key, const struct th_source_id *id, char fate,
                     bool whole_name)
{
    struct th_bytes state = {0};
    th_manifest_add_state(&state, key, id, fate, whole_name);
    bool is =
        !th_bytes_failed(&state) && state.len == record->state_len && memcmp(state.data, record->line, state.len) == 0;
    th_bytes_finish(&state);
    return is;
}

enum th_known th_place_lookup(struct th_place *place, const char *name, bool whole_name, const struct th_source_id *id)
{
    struct th_manifest_record record;
    if (!th_manifest_find(&place->manifest, name, &record)) return TH_KNOWN_NOTHING;
    if (is_state(&record, place->key, id, TH_FATE_MADE, whole_name))
        return outputs_stand(place, &record, id) ? TH_KNOWN_UP_TO_DATE : TH_KNOWN_NOTHING;
    if (record.outputs_len == 0 && is_state(&record, VERSION_KEY, id, TH_FATE_NOT_IMAGE, false))
        return TH_KNOWN_NOT_IMAGE;
    return TH_KNOWN_NOTHING;
}

/* ---- remembering ---- */

static bool append(struct th_place *place, const char *name, struct th_bytes *line)
{
    th_bytes_adds(line, " ;\n");
    bool done =
        !th_bytes_failed(line) && th_manifest_append(&place->manifest, place->dest, name, line->data, line->len);
    th_bytes_finish(line);
    return done;
}

void th_place_remember_not_image(struct th_place *place, const char *name, const struct th_source_id *id)
{
    if (place->dest->dry_run) return;
    struct th_bytes line = {0};
    th_manifest_add_state(&line, VERSION_KEY, id, TH_FATE_NOT_IMAGE, false);
    th_manifest_add_name(&line, name, strlen(name));
    append(place, name, &line);
}

/* Were the outputs in the record given the time they are about to be given now? */
static bool is_time(const struct th_manifest_record *record, const struct th_source_id *id)
{
    char time[48];
    int len = snprintf(time, sizeof time, " %lld.%09ld ", (long long)id->mtime_sec, (long)id->mtime_nsec);
    return memmem(record->line, record->state_len, time, (size_t)len) != NULL;
}

/* Would what is recorded of a source seem true again by the mere time of the outputs that are now made, should the run
 * die before it can record them? So it is if they are made from the same state of the source under other options. */
static bool is_misleading(struct th_place *place, const char *name, bool whole_name, const struct th_source_id *id)
{
    struct th_manifest_record record;
    if (place->manifest.unread) return true;
    return th_manifest_find(&place->manifest, name, &record) && record.outputs_len > 0 && is_time(&record, id) &&
           !is_state(&record, place->key, id, TH_FATE_MADE, whole_name);
}

/* To be called before an output is replaced. If a misleading record cannot be taken back, all are given up. */
static void forget(struct th_place *place, const char *name, bool whole_name, const struct th_source_id *id)
{
    if (!is_misleading(place, name, whole_name, id)) return;
    struct th_bytes line = {0};
    th_manifest_add_state(&line, "-", id, TH_FATE_FORGOTTEN, false);
    th_manifest_add_name(&line, name, strlen(name));
    if (!append(place, name, &line)) th_manifest_remove(&place->manifest, place->dest);
}

static void remember(struct th_place *place, const char *name, bool whole_name, const struct th_source_id *id,
                     const struct th_commit_output *outputs, size_t n_outputs)
{
    struct th_bytes line = {0};
    th_manifest_add_state(&line, place->key, id, TH_FATE_MADE, whole_name);
    th_manifest_add_name(&line, name, strlen(name));
    for (size_t i = 0; i < n_outputs; i++) {
        const char *path = outputs[i].path, *slash = strrchr(path, '/');
        size_t folder_len = slash ? (size_t)(slash - path) : 0;
        bool own = is_own(place, path, folder_len);
        th_bytes_addc(&line, ' ');
        if (!own) th_bytes_addc(&line, '/');
        const char *word = own && slash ? slash + 1 : path;
        th_manifest_add_name(&line, word, strlen(word));
    }
    append(place, name, &line);
}

/* ---- sources that did harm ---- */

void th_place_remember_failure(struct th_place *place, const char *name, const struct th_source_id *id,
                               uint64_t timeout_ns, const struct thumbs_error *error)
{
    if (place->dest->dry_run) return;
    struct th_bytes line = {0};
    th_manifest_add_state(&line, place->key, id, TH_FATE_FAILED, false);
    th_manifest_add_name(&line, name, strlen(name));
    th_bytes_addf(&line, " %s %s %llu ", thumbs_code_name(error->code), thumbs_stage_name(error->stage),
                  (unsigned long long)timeout_ns);
    const char *message = *error->message ? error->message : "no reason known";
    th_manifest_add_name(&line, message, strlen(message));
    append(place, name, &line);
}

/* What the four words of such a record say. */
struct failure {
    enum thumbs_code code;
    enum thumbs_stage stage;
    uint64_t timeout_ns;
    struct th_bytes message;
};

static bool take_word(const char *word, int i_word, struct failure *out)
{
    switch (i_word) {
    case 0:
        while (out->code < THUMBS_N_CODES && strcmp(word, thumbs_code_name(out->code)) != 0)
            out->code++;
        return th_failure_is_worth_remembering(out->code);
    case 1:
        while (out->stage < THUMBS_N_STAGES && strcmp(word, thumbs_stage_name(out->stage)) != 0)
            out->stage++;
        return out->stage < THUMBS_N_STAGES;
    case 2:
        return th_parse_u64(word, 0, UINT64_MAX, &out->timeout_ns);
    default:
        th_bytes_adds(&out->message, word);
        return i_word == 3;
    }
}

/* out->message is the caller's to finish, whatever comes back. */
static bool read_failure(const struct th_manifest_record *record, struct failure *out)
{
    struct th_bytes word = {0};
    const char *rest = record->outputs;
    size_t rest_len = record->outputs_len;
    bool good = true, bad = false;
    int n = 0;
    while (good && th_manifest_next_output(&rest, &rest_len, &word, &bad))
        good = take_word(th_bytes_str(&word), n++, out);
    th_bytes_finish(&word);
    return good && !bad && n == 4;
}

/* 0 is time without end, which is longer than any other. */
static bool is_longer(uint64_t now_ns, uint64_t then_ns)
{
    return then_ns != 0 && (now_ns == 0 || now_ns > then_ns);
}

bool th_place_recall_failure(struct th_place *place, const char *name, const struct th_source_id *id,
                             uint64_t timeout_ns, struct thumbs_error *error)
{
    struct th_manifest_record record;
    struct failure failure = {0};
    if (!th_manifest_find(&place->manifest, name, &record) || !is_state(&record, place->key, id, TH_FATE_FAILED, false))
        return false;
    bool known = read_failure(&record, &failure);
    if (failure.code == THUMBS_TIMEOUT && is_longer(timeout_ns, failure.timeout_ns)) known = false;
    if (known)
        th_error_set(error, failure.code, failure.stage, "%s last time (%.120s); --retry-failed tries it again",
                     failure.code == THUMBS_TIMEOUT ? "timed out" : "crashed", th_bytes_str(&failure.message));
    th_bytes_finish(&failure.message);
    return known;
}

void th_place_forget_failure(struct th_place *place, const char *name)
{
    struct th_manifest_record record;
    if (place->dest->dry_run || !th_manifest_find(&place->manifest, name, &record) || !th_manifest_is_failure(&record))
        return;
    struct th_bytes line = {0};
    const struct th_source_id none = {0};
    th_manifest_add_state(&line, "-", &none, TH_FATE_FORGOTTEN, false);
    th_manifest_add_name(&line, name, strlen(name));
    append(place, name, &line);
}

/* ---- committing ---- */

/* One output on its way. */
struct job {
    const char *path, *name; /* name: last part of path */
    size_t folder_len;
    struct folder_ref folder;
    struct folder_ref old[2]; /* deleted folders, open as long as another job may share them */
    int n_old;
    bool skip;     /* the same as another output */
    bool has_temp; /* temp exists in folder */
    char temp[TH_TEMP_NAME_MAX];
};

/* Expanded templates are always so; an own mistake must not write elsewhere all the same. */
static bool is_path_below(const char *path)
{
    const size_t state_len = strlen(TH_STATE_DIR);
    if (strncmp(path, TH_STATE_DIR, state_len) == 0 && (path[state_len] == '/' || !path[state_len])) return false;
    for (;; path++) {
        size_t len = strcspn(path, "/");
        if (len == 0 || (len == 1 && path[0] == '.') || (len == 2 && path[0] == '.' && path[1] == '.')) return false;
        path += len;
        if (!*path) return true;
    }
}

static enum thumbs_code prepare(struct job *jobs, const struct th_commit_output *outputs, size_t n_outputs,
                                struct thumbs_error *err)
{
    for (size_t i = 0; i < n_outputs; i++) {
        const char *path = outputs[i].path, *slash = strrchr(path, '/');
        jobs[i] = (struct job){.path = path,
                               .name = slash ? slash + 1 : path,
                               .folder_len = slash ? (size_t)(slash - path) : 0,
                               .folder = {.fd = -1}};
        if (!is_path_below(path))
            return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_WRITE, "'%.120s' is no name for an output", path);
        for (size_t k = 0; k < i && !jobs[i].skip; k++) {
            if (strcmp(path, outputs[k].path) != 0) continue;
            if (outputs[k].len != outputs[i].len || memcmp(outputs[k].data, outputs[i].data, outputs[i].len) != 0)
                return th_error_set(err, THUMBS_NAME_CLASH, THUMBS_STAGE_WRITE,
                                    "two outputs of this source would both be '%.100s'", path);
            jobs[i].skip = true;
        }
    }
    return THUMBS_OK;
}

/* The folder may have been deleted while it was open: then make it again, for this job alone. Called at most twice for
 * a job, by write_all() and by rename_one(). */
static int create_temp(struct th_place *place, struct job *job, struct thumbs_error *err)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    th_dest_temp_name(place->dest, job->temp);
    int fd = th_openat(job->folder.fd, job->temp, flags, 0666);
    if (fd < 0 && errno == ENOENT) {
        int folder = th_dest_open_folder(place->dest, job->path, job->folder_len, true, NULL, err);
        if (folder < 0) return -1;
        job->old[job->n_old++] = job->folder;
        job->folder = (struct folder_ref){.fd = folder, .owned = true};
        fd = th_openat(job->folder.fd, job->temp, flags, 0666);
    }
    if (fd < 0) th_dest_write_error(place->dest, err, errno, "cannot make a file in the output folder");
    return fd;
}

/* Some file systems keep no times, or only those of their own files: the thumbnail is good all the same, it is just not
 * known again. */
static int set_time(int fd, const struct th_source_id *id)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = id->mtime_sec, .tv_nsec = id->mtime_nsec}};
    if (futimens(fd, times) == 0 || errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM) return 0;
    return -1;
}

/* err is not NULL here and below. */
static enum thumbs_code write_temp(struct th_place *place, struct job *job, const struct th_commit_output *output,
                                   const struct th_source_id *id, struct thumbs_error *err)
{
    int fd = create_temp(place, job, err);
    if (fd < 0) return err->code;
    job->has_temp = true;
    const char *failed = NULL;
    int os_errno = 0;
    if (th_fault(TH_FAULT_DEST) || th_write_full(fd, output->data, output->len) < 0) {
        failed = "cannot write the output";
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
    return failed ? th_dest_write_error(place->dest, err, os_errno, failed) : THUMBS_OK;
}

static enum thumbs_code write_all(struct th_place *place, struct job *jobs, const struct th_commit_output *outputs,
                                  size_t n_outputs, const struct th_source_id *id, struct thumbs_error *err)
{
    const struct job *before = NULL;
    for (size_t i = 0; i < n_outputs; i++) {
        struct job *job = &jobs[i];
        if (job->skip) continue;
        if (before && before->folder_len == job->folder_len && memcmp(before->path, job->path, job->folder_len) == 0)
            job->folder = (struct folder_ref){.fd = before->folder.fd}; /* stays the other's, if it is owned at all */
        else if (!get_folder(place, job->path, job->folder_len, true, &job->folder, err))
            return err->code;
        enum thumbs_code code = write_temp(place, job, &outputs[i], id, err);
        if (code) return code;
        before = job;
    }
    return THUMBS_OK;
}

/* A temporary that is gone was swept by a run that did not see ours alive (say, DEST/.thumbs was deleted): write it
 * once more. */
static enum thumbs_code rename_one(struct th_place *place, struct job *job, const struct th_commit_output *output,
                                   const struct th_source_id *id, struct thumbs_error *err)
{
    int result = th_renameat(job->folder.fd, job->temp, job->folder.fd, job->name);
    if (result < 0 && errno == ENOENT) {
        job->has_temp = false;
        enum thumbs_code code = write_temp(place, job, output, id, err);
        if (code) return code;
        result = th_renameat(job->folder.fd, job->temp, job->folder.fd, job->name);
    }
    if (result == 0) {
        job->has_temp = false;
        return THUMBS_OK;
    }
    int os_errno = errno;
    if (os_errno != EISDIR) return th_dest_write_error(place->dest, err, os_errno, "cannot give the output its name");
    th_error_set(err, THUMBS_NOT_WRITABLE, THUMBS_STAGE_WRITE, "'%.120s' is a folder, where the output belongs",
                 job->name);
    err->os_errno = os_errno;
    return err->code;
}

static void clean_up(struct job *jobs, size_t n_jobs)
{
    for (size_t i = 0; i < n_jobs; i++) {
        if (jobs[i].has_temp) unlinkat(jobs[i].folder.fd, jobs[i].temp, 0);
    }
    for (size_t i = 0; i < n_jobs; i++) {
        release_folder(&jobs[i].folder);
        for (int k = 0; k < jobs[i].n_old; k++)
            release_folder(&jobs[i].old[k]);
    }
}

/* All outputs are written before the first gets its name: a disk that fills up in between then leaves none of them,
 * not half of the set. */
static enum thumbs_code commit(struct th_place *place, struct job *jobs, const char *name, bool whole_name,
                               const struct th_source_id *id, const struct th_commit_output *outputs, size_t n_outputs,
                               struct thumbs_error *err)
{
    size_t n_jobs = 0;
    enum thumbs_code code = prepare(jobs, outputs, n_outputs, err);
    if (code) goto out;
    n_jobs = n_outputs;
    code = write_all(place, jobs, outputs, n_outputs, id, err);
    if (code) goto out;
    forget(place, name, whole_name, id);
    for (size_t i = 0; i < n_jobs && !code; i++) {
        if (!jobs[i].skip) code = rename_one(place, &jobs[i], &outputs[i], id, err);
    }
    if (!code) remember(place, name, whole_name, id, outputs, n_outputs);
out:
    clean_up(jobs, n_jobs);
    return code;
}

enum thumbs_code th_place_commit(struct th_place *place, const char *name, bool whole_name,
                                 const struct th_source_id *id, const struct th_commit_output *outputs,
                                 size_t n_outputs, struct thumbs_error *err)
{
    struct thumbs_error ignored = {0};
    if (!err) err = &ignored;
    if (place->dest->dry_run)
        return th_error_set(err, THUMBS_INTERNAL, THUMBS_STAGE_WRITE, "nothing is written in a dry run");
    struct job few[4];
    struct job *jobs = few;
    if (n_outputs > sizeof few / sizeof few[0]) {
        jobs = th_calloc(n_outputs, sizeof *jobs);
        if (!jobs) return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WRITE, "no memory to write the outputs");
    }
    enum thumbs_code code = commit(place, jobs, name, whole_name, id, outputs, n_outputs, err);
    if (jobs != few) free(jobs);
    return code;
}
