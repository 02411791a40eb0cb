#include "commit/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "base/sys.h"

#define MAGIC         "thumbs-manifest 1 /"
#define LINE_END      " ;"
#define MAX_FILE      (INT32_C(1) << 30) /* some eight million lines; also lets offsets be 32 bits */
#define N_STATE_WORDS 5
#define FD_NOT_OPEN   (-1)
#define FD_GIVEN_UP   (-2)

struct th_manifest_slot {
    uint32_t tag;    /* upper half of the hash of the name */
    uint32_t offset; /* of the line, plus 1; 0: free */
};

/* ---- words ---- */

static bool is_plain(unsigned char c)
{
    return c > 0x20 && c < 0x7f && c != '%';
}

/* Writes at most 3 * len bytes to `out`; their number. */
static size_t encode_name(char *out, const char *name, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    char *p = out;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];
        if (is_plain(c)) {
            *p++ = (char)c;
            continue;
        }
        *p++ = '%';
        *p++ = hex[c >> 4];
        *p++ = hex[c & 15];
    }
    return (size_t)(p - out);
}

void th_manifest_add_name(struct th_bytes *line, const char *name, size_t len)
{
    size_t most;
    if (!th_mul_size(len, 3, &most) || !th_bytes_reserve(line, most)) {
        line->failed = true;
        return;
    }
    line->len += encode_name(line->data + line->len, name, len);
    line->data[line->len] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

/* False if `word` is not what th_manifest_add_name() writes. */
static bool decode_name(const char *word, size_t len, struct th_bytes *out)
{
    for (size_t i = 0; i < len; i++) {
        if (is_plain((unsigned char)word[i])) {
            th_bytes_addc(out, word[i]);
            continue;
        }
        int high = word[i] == '%' && len - i > 2 ? hex_value(word[i + 1]) : -1;
        int low = high >= 0 ? hex_value(word[i + 2]) : -1;
        if (low < 0 || high + low == 0) return false;
        th_bytes_addc(out, (char)(high << 4 | low));
        i += 2;
    }
    return len > 0;
}

void th_manifest_add_state(struct th_bytes *line, const char *key, const struct th_source_id *id, char fate,
                           bool whole_name)
{
    th_bytes_addf(line, "%s %llu %lld.%09ld %c %d ", key, (unsigned long long)id->size, (long long)id->mtime_sec,
                  (long)id->mtime_nsec, fate, whole_name);
}

bool th_manifest_is_failure(const struct th_manifest_record *record)
{
    /* Behind <fate> stand a space, <whole> and a space. */
    return record->line[record->state_len - 4] == TH_FATE_FAILED;
}

bool th_manifest_next_output(const char **rest, size_t *rest_len, struct th_bytes *out, bool *bad)
{
    *bad = false;
    if (*rest_len == 0) return false;
    const char *word = *rest + 1;
    const char *end = memchr(word, ' ', *rest_len - 1);
    size_t len = end ? (size_t)(end - word) : *rest_len - 1;
    th_bytes_clear(out);
    if (**rest != ' ' || !decode_name(word, len, out) || th_bytes_failed(out)) {
        *bad = true;
        return false;
    }
    *rest += len + 1;
    *rest_len -= len + 1;
    return true;
}

/* ---- lines ---- */

/* Where the name stands in a line of len bytes (without its newline). False if the line is not whole. */
static bool split_line(const char *line, size_t len, const char **name, size_t *name_len)
{
    const size_t end_len = strlen(LINE_END);
    if (len < end_len || memcmp(line + len - end_len, LINE_END, end_len) != 0) return false;
    const char *at = line, *end = line + len - end_len;
    for (int i = 0; i < N_STATE_WORDS; i++) {
        at = memchr(at, ' ', (size_t)(end - at));
        if (!at) return false;
        at++;
    }
    const char *space = memchr(at, ' ', (size_t)(end - at));
    *name = at;
    *name_len = (size_t)((space ? space : end) - at);
    return *name_len > 0;
}

static size_t line_len(const struct th_manifest *m, size_t offset)
{
    const char *end = memchr(m->data + offset, '\n', m->len - offset);
    return end ? (size_t)(end - m->data) - offset : m->len - offset;
}

static uint64_t hash_of(const struct th_manifest *m, const char *name, size_t len)
{
    return th_hash64(name, len, m->hash_seed);
}

/* The slot of an encoded name, or the free one where it belongs. The table is never full. */
static struct th_manifest_slot *slot_of(const struct th_manifest *m, const char *name, size_t len, uint64_t hash)
{
    uint32_t tag = (uint32_t)(hash >> 32);
    for (size_t i = (size_t)hash & (m->n_slots - 1);; i = (i + 1) & (m->n_slots - 1)) {
        struct th_manifest_slot *slot = &m->slots[i];
        if (slot->offset == 0) return slot;
        if (slot->tag != tag) continue;
        const char *other;
        size_t other_len, offset = slot->offset - 1;
        if (split_line(m->data + offset, line_len(m, offset), &other, &other_len) && other_len == len &&
            memcmp(other, name, len) == 0)
            return slot;
    }
}

/* ---- loading ---- */

static size_t count_lines(const char *data, size_t len)
{
    size_t n = 0;
    for (const char *p = data, *end = data + len; p < end; n++) {
        p = memchr(p, '\n', (size_t)(end - p));
        if (!p) break;
        p++;
    }
    return n;
}

static void drop(struct th_manifest *m)
{
    free(m->data);
    free(m->slots);
    m->data = NULL;
    m->slots = NULL;
    m->len = m->n_slots = m->n_lines = m->n_live = 0;
}

static bool check_header(struct th_manifest *m)
{
    const size_t magic_len = strlen(MAGIC);
    if (m->len >= m->header.len && memcmp(m->data, m->header.data, m->header.len) == 0) return true;
    /* A header without its end is torn, and may well be ours. */
    if (m->len >= magic_len && memcmp(m->data, MAGIC, magic_len) == 0 && memchr(m->data, '\n', m->len))
        m->foreign = true;
    else
        m->broken = true;
    return false;
}

static void index_lines(struct th_manifest *m, size_t from)
{
    for (size_t offset = from; offset < m->len;) {
        const char *name;
        size_t name_len, len = line_len(m, offset);
        /* Without its newline it may yet be half of a line. */
        if (offset + len == m->len) break;
        m->n_lines++;
        if (split_line(m->data + offset, len, &name, &name_len)) {
            uint64_t hash = hash_of(m, name, name_len);
            struct th_manifest_slot *slot = slot_of(m, name, name_len, hash);
            if (slot->offset == 0) m->n_live++;
            *slot = (struct th_manifest_slot){.tag = (uint32_t)(hash >> 32), .offset = (uint32_t)offset + 1};
        }
        offset += len + 1;
    }
}

bool th_manifest_adopt(struct th_manifest *m, char *data, size_t len)
{
    drop(m);
    m->data = data;
    m->len = len;
    if (len == 0 || !check_header(m)) {
        drop(m);
        return true;
    }
    size_t n_slots = 64, n_lines = count_lines(data, len);
    while (n_slots < n_lines + n_lines / 2)
        n_slots *= 2;
    m->slots = th_calloc(n_slots, sizeof *m->slots);
    if (!m->slots) {
        drop(m);
        return false;
    }
    m->n_slots = n_slots;
    index_lines(m, m->header.len);
    return true;
}

static void load(struct th_manifest *m, struct th_dest *dest)
{
    char *data = NULL;
    struct stat st;
    ssize_t len;
    int fd = -1, made = th_dest_open_made(dest, false);
    m->unread = made < 0 && errno != ENOENT;
    if (made < 0) return;
    fd = th_openat(made, m->file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    m->unread = fd >= 0 || errno != ENOENT;
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) goto out;
    if (st.st_size > MAX_FILE) m->broken = true;
    if (st.st_size > MAX_FILE) goto out;
    data = th_alloc((size_t)st.st_size);
    if (!data) goto out;
    len = th_read_full(fd, data, (size_t)st.st_size);
    if (len < 0) goto out;
    m->unread = !th_manifest_adopt(m, data, (size_t)len);
    data = NULL;
out:
    free(data);
    if (fd >= 0) th_close(fd);
    th_close(made);
}

bool th_manifest_init(struct th_manifest *m, struct th_dest *dest, const char *dir)
{
    size_t dir_len = strlen(dir);
    snprintf(m->file, sizeof m->file, "%016llx", (unsigned long long)th_hash64(dir, dir_len, 0));
    m->hash_seed = dest->hash_seed;
    atomic_init(&m->fd, FD_NOT_OPEN);
    pthread_mutex_init(&m->lock, NULL);
    th_bytes_adds(&m->header, MAGIC);
    th_manifest_add_name(&m->header, dir, dir_len);
    th_bytes_addc(&m->header, '\n');
    if (th_bytes_failed(&m->header)) {
        th_manifest_finish(m);
        return false;
    }
    load(m, dest);
    return true;
}

void th_manifest_finish(struct th_manifest *m)
{
    int fd = atomic_load(&m->fd);
    if (fd >= 0) th_close(fd);
    pthread_mutex_destroy(&m->lock);
    drop(m);
    th_bytes_finish(&m->header);
}

/* ---- finding ---- */

bool th_manifest_find(const struct th_manifest *m, const char *name, struct th_manifest_record *out)
{
    if (m->n_slots == 0) return false;
    /* Longer names than NAME_MAX are rare (some file systems count characters). */
    char few[3 * NAME_MAX] = "", *encoded = few;
    size_t len = strlen(name);
    if (len > NAME_MAX) {
        size_t most;
        encoded = th_mul_size(len, 3, &most) ? th_alloc(most) : NULL;
        if (!encoded) return false;
    }
    len = encode_name(encoded, name, len);
    const struct th_manifest_slot *slot = slot_of(m, encoded, len, hash_of(m, encoded, len));
    if (encoded != few) free(encoded);
    if (slot->offset == 0) return false;
    const char *line = m->data + slot->offset - 1, *at;
    size_t at_len;
    len = line_len(m, slot->offset - 1);
    if (!split_line(line, len, &at, &at_len)) return false;
    *out = (struct th_manifest_record){.line = line,
                                       .state_len = (size_t)(at - line),
                                       .outputs = at + at_len,
                                       .outputs_len = (size_t)(line + len - strlen(LINE_END) - (at + at_len))};
    return true;
}

/* ---- appending ---- */

/* What an append to the file at fd must begin with: the header if it is empty, a newline if its last line is torn. */
static bool begin_file(const struct th_manifest *m, int fd, struct th_bytes *lines)
{
    off_t size = lseek(fd, 0, SEEK_END);
    if (size == 0) {
        th_bytes_add(lines, m->header.data, m->header.len);
        return true;
    }
    char last;
    if (size < 0 || lseek(fd, -1, SEEK_END) < 0 || th_read(fd, &last, 1) != 1) return false;
    if (last != '\n') th_bytes_addc(lines, '\n');
    return true;
}

/* Two machines appending through a network file system overwrite each other unless they take turns. */
static void set_file_lock(int fd, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET};
    while (fcntl(fd, F_OFD_SETLKW, &lock) < 0 && errno == EINTR)
        continue;
}

/* After an append that failed half-way the next line must not run into its remains. */
static bool write_lines(struct th_manifest *m, int fd, const char *lines, size_t len)
{
    bool torn = atomic_load_explicit(&m->torn, memory_order_relaxed) && atomic_exchange(&m->torn, false);
    if ((!torn || th_write_full(fd, "\n", 1) == 0) && th_write_full(fd, lines, len) == 0) return true;
    atomic_store(&m->torn, true);
    return false;
}

/* Open for appending and write the first lines, all before another thread sees the descriptor: whoever writes into an
 * empty file must write its header in the same write. Called with the lock held. */
static int open_and_write(struct th_manifest *m, struct th_dest *dest, const char *lines, size_t len)
{
    struct th_bytes first = {0};
    bool done = false;
    int fd = -1, made = th_dest_open_made(dest, true);
    if (made < 0) goto out;
    if (m->broken) unlinkat(made, m->file, 0);
    fd = th_openat(made, m->file, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (fd < 0) goto out;
    if (dest->remote) set_file_lock(fd, F_WRLCK);
    if (begin_file(m, fd, &first)) {
        th_bytes_add(&first, lines, len);
        done = !th_bytes_failed(&first) && th_write_full(fd, first.data, first.len) == 0;
    }
    if (dest->remote) set_file_lock(fd, F_UNLCK);
out:
    th_bytes_finish(&first);
    if (!done && fd >= 0) th_close(fd);
    if (made >= 0) th_close(made);
    return done ? fd : FD_GIVEN_UP;
}

static bool append_locked(struct th_manifest *m, struct th_dest *dest, const char *lines, size_t len)
{
    pthread_mutex_lock(&m->lock);
    int fd = atomic_load(&m->fd);
    bool done = false;
    if (fd == FD_NOT_OPEN) {
        fd = open_and_write(m, dest, lines, len);
        done = fd >= 0;
        atomic_store_explicit(&m->fd, fd, memory_order_release);
    } else if (fd >= 0) {
        if (dest->remote) set_file_lock(fd, F_WRLCK);
        done = write_lines(m, fd, lines, len);
        if (dest->remote) set_file_lock(fd, F_UNLCK);
    }
    pthread_mutex_unlock(&m->lock);
    return done;
}

bool th_manifest_append(struct th_manifest *m, struct th_dest *dest, const char *name, const char *lines, size_t len)
{
    int fd = atomic_load_explicit(&m->fd, memory_order_acquire);
    if (m->foreign || fd == FD_GIVEN_UP) return false;
    struct th_manifest_record old;
    bool known = th_manifest_find(m, name, &old);
    atomic_fetch_add_explicit(known ? &m->n_old : &m->n_new, 1, memory_order_relaxed);
    return fd >= 0 && !dest->remote ? write_lines(m, fd, lines, len) : append_locked(m, dest, lines, len);
}

void th_manifest_remove(struct th_manifest *m, struct th_dest *dest)
{
    int made = m->foreign ? -1 : th_dest_open_made(dest, false);
    if (made < 0) return;
    unlinkat(made, m->file, 0);
    th_close(made);
}

/* ---- compacting ---- */

bool th_manifest_is_bloated(const struct th_manifest *m)
{
    size_t n_new = atomic_load(&m->n_new), n_old = atomic_load(&m->n_old);
    return m->n_lines + n_new + n_old > 2 * (m->n_live + n_new) + 64;
}

/* Is the line at `offset` the last about its name, and does it tell something? */
static bool is_live(const struct th_manifest *m, size_t offset, size_t len)
{
    const char *name;
    size_t name_len;
    if (!split_line(m->data + offset, len, &name, &name_len)) return false;
    /* Before the name stand <fate>, a space, <whole> and a space. */
    if (name[-4] == TH_FATE_FORGOTTEN) return false;
    return slot_of(m, name, name_len, hash_of(m, name, name_len))->offset == offset + 1;
}

static bool collect_live(const struct th_manifest *m, struct th_bytes *out)
{
    th_bytes_add(out, m->header.data, m->header.len);
    for (size_t offset = m->header.len; offset < m->len;) {
        size_t len = line_len(m, offset);
        if (offset + len == m->len) break;
        if (is_live(m, offset, len)) th_bytes_add(out, m->data + offset, len + 1);
        offset += len + 1;
    }
    return !th_bytes_failed(out);
}

static void replace_file(const struct th_manifest *m, struct th_dest *dest, const struct th_bytes *content)
{
    char temp[TH_TEMP_NAME_MAX];
    int fd = -1, made = th_dest_open_made(dest, false);
    if (made < 0) return;
    th_dest_temp_name(dest, temp);
    fd = th_openat(made, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
    if (fd >= 0) {
        bool ok = th_write_full(fd, content->data, content->len) == 0;
        ok = th_close(fd) == 0 && ok;
        if (!ok || th_renameat(made, temp, made, m->file) < 0) unlinkat(made, temp, 0);
    }
    th_close(made);
}

void th_manifest_compact(struct th_manifest *m, struct th_dest *dest)
{
    struct th_bytes content = {0};
    drop(m);
    load(m, dest);
    if (m->n_slots > 0 && collect_live(m, &content)) replace_file(m, dest, &content);
    th_bytes_finish(&content);
}
