/* What was made from a source, and how work on it failed: what is asked of the manifest, and what is told to it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/num.h"
#include "base/sys.h"
#include "commit/place.h"

#define STRING_OF(x) #x
#define NUMBER_OF(x) STRING_OF(x)
/* What is no image to one version may be one to the next. */
#define VERSION_KEY "v" NUMBER_OF(THUMBS_VERSION_MAJOR) "." NUMBER_OF(THUMBS_VERSION_MINOR)

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
    struct th_folder_ref ref = {.fd = -1};
    const char *name = output;
    if (*output == '/') {
        const char *path = output + 1, *slash = strrchr(path, '/');
        name = slash ? slash + 1 : path;
        if (!th_folder_get(place, path, slash ? (size_t)(slash - path) : 0, false, &ref, NULL)) return false;
    } else {
        ref.fd = th_folder_own(place, false, NULL);
    }
    struct stat st;
    bool stands = ref.fd >= 0 && !strchr(name, '/') && fstatat(ref.fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                  S_ISREG(st.st_mode) && st.st_size > 0 && is_time_of(place->dest, &st.st_mtim, id);
    th_folder_release(&ref);
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

/* If a misleading record cannot be taken back, all are given up. */
void th_history_forget(struct th_place *place, const char *name, bool whole_name, const struct th_source_id *id)
{
    if (!is_misleading(place, name, whole_name, id)) return;
    struct th_bytes line = {0};
    th_manifest_add_state(&line, "-", id, TH_FATE_FORGOTTEN, false);
    th_manifest_add_name(&line, name, strlen(name));
    if (!append(place, name, &line)) th_manifest_remove(&place->manifest, place->dest);
}

void th_history_remember(struct th_place *place, const char *name, bool whole_name, const struct th_source_id *id,
                         const struct th_commit_output *outputs, size_t n_outputs)
{
    struct th_bytes line = {0};
    th_manifest_add_state(&line, place->key, id, TH_FATE_MADE, whole_name);
    th_manifest_add_name(&line, name, strlen(name));
    for (size_t i = 0; i < n_outputs; i++) {
        const char *path = outputs[i].path, *slash = strrchr(path, '/');
        size_t folder_len = slash ? (size_t)(slash - path) : 0;
        bool own = th_folder_is_own(place, path, folder_len);
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
