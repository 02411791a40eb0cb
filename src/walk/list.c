/* SPDX-License-Identifier: MIT */
#include "walk/list.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/shorten.h"
#include "base/sys.h"
#include "walk/below.h"

#define WAIT_MS 100

static const char *const refusals[] = {
    [TH_NAME_TAKEN] = NULL,
    [TH_NAME_NOT_BELOW] = "is an absolute name that is not below SOURCE",
    [TH_NAME_LEADS_UP] = "has a part \"..\", which could lead out of SOURCE",
    [TH_NAME_TOO_LONG] = "is too long a name",
    [TH_NAME_HOLDS_NUL] = "holds a NUL byte: is --null missing?",
    [TH_NAME_UTF_16] = "holds a NUL byte: the list is UTF-16, names are taken as bytes or UTF-8",
};

struct item {
    uint32_t at, dir_len;
    enum th_refusal refusal;
};

struct th_list {
    int fd;
    bool owned; /* fd is to be closed */
    char end;   /* of a name */
    struct th_below below;
    bool begun;             /* the first name has been looked at */
    bool is_utf_16;         /* so its byte order mark says */
    bool had_bom, had_crlf; /* were left out */

    char *buf;      /* TH_LIST_BYTES and a NUL */
    size_t len;     /* bytes in it ... */
    size_t done;    /* ... of which so many are in `items` */
    bool at_end;    /* nothing more is to be read */
    bool in_excess; /* what comes next is the rest of a name that was too long */

    struct item *items;
    size_t n_items, cap_items, i_item;
};

/* ---- one name ---- */

/* The name of len bytes at `at` of the buffer, where a NUL follows it. */
static void take_name(struct th_list *list, struct item *item, size_t at, size_t len)
{
    char *name = list->buf + at;
    size_t dir_len = 0;
    *item = (struct item){.at = (uint32_t)at};
    if (strlen(name) != len)
        item->refusal = list->is_utf_16 ? TH_NAME_UTF_16 : TH_NAME_HOLDS_NUL;
    else
        item->refusal = th_below_clean(&list->below, name, &dir_len);
    item->dir_len = (uint32_t)dir_len;
}

/* Does something bear the name of len bytes, just as it stands? */
static bool is_there(struct th_list *list, const char *name, size_t len)
{
    size_t dir_len;
    char *copy = th_alloc(len + 1);
    if (!copy) return false;
    memcpy(copy, name, len);
    copy[len] = '\0';
    bool there = th_below_clean(&list->below, copy, &dir_len) == TH_NAME_TAKEN &&
                 th_below_exists(&list->below, copy);
    free(copy);
    return there;
}

/* Take off what a program of another system may have put around a line: a byte order mark before
 * the first, a carriage return behind each. Where something bears the name that has them, they are
 * part of it. */
static void trim_line(struct th_list *list, size_t *at, size_t *len, bool is_first)
{
    const char *name = list->buf + *at;
    bool bom = is_first && *len >= 3 && !memcmp(name, "\xef\xbb\xbf", 3),
         cr = name[*len - 1] == '\r';
    if ((!bom && !cr) || memchr(name, '\0', *len) || is_there(list, name, *len)) return;
    if (bom && cr && is_there(list, name, *len - 1))
        bom = false;
    else if (bom && cr && is_there(list, name + 3, *len - 3))
        cr = false;
    list->had_bom |= bom;
    list->had_crlf |= cr;
    *at += bom ? 3 : 0;
    *len -= (bom ? 3 : 0) + (cr ? 1 : 0);
    list->buf[*at + *len] = '\0';
}

/* Make an item of the line of len bytes at `at`. False: there is no name in it. */
static bool take_line(struct th_list *list, struct item *item, size_t at, size_t len)
{
    const bool is_first = !list->begun;
    const char *name = list->buf + at;
    list->begun = true;
    if (is_first)
        list->is_utf_16 =
            len >= 2 && (!memcmp(name, "\xff\xfe", 2) || !memcmp(name, "\xfe\xff", 2));
    if (list->end == '\n') trim_line(list, &at, &len, is_first);
    if (len > 0) take_name(list, item, at, len);
    return len > 0;
}

/* ---- a batch of names ---- */

static bool has_room(struct th_list *list)
{
    struct item *items = th_grow(list->items, &list->cap_items, list->n_items + 1, sizeof *items);
    if (items) list->items = items;
    return items != NULL;
}

/* Names that were refused come first; then by folder, then by name. */
static int compare(const void *a, const void *b, void *buf)
{
    const struct item *x = a, *y = b;
    const char *x_path = (const char *)buf + x->at, *y_path = (const char *)buf + y->at;
    if (x->refusal != y->refusal) return x->refusal > y->refusal ? -1 : 1;
    int order = memcmp(x_path, y_path, x->dir_len < y->dir_len ? x->dir_len : y->dir_len);
    if (!order) order = (x->dir_len > y->dir_len) - (x->dir_len < y->dir_len);
    return order ? order : strcmp(x_path, y_path);
}

static void drop_doubles(struct th_list *list)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n_items; i++) {
        struct item *last = n ? &list->items[n - 1] : NULL;
        bool same = last && last->refusal == TH_NAME_TAKEN &&
                    compare(last, &list->items[i], list->buf) == 0;
        if (!same) list->items[n++] = list->items[i];
    }
    list->n_items = n;
}

/* Make items of the whole names that the buffer holds. False: no memory for more, what is there is
 * good. */
static bool take_names(struct th_list *list)
{
    bool ok = true;
    while (list->done < list->len) {
        char *name = list->buf + list->done, *end = memchr(name, list->end, list->len - list->done);
        bool is_last = !end && list->at_end;
        /* A name that fills the buffer is cut, and reported as too long. */
        bool is_excess = !end && list->done == 0 && list->len == TH_LIST_BYTES;
        if (!end && !is_last && !is_excess) break;
        size_t len = end ? (size_t)(end - name) : list->len - list->done;
        bool counts = len > 0 && !list->in_excess;
        if (counts && !(ok = has_room(list))) break;
        name[len] = '\0';
        struct item item = {.at = (uint32_t)list->done, .refusal = TH_NAME_TOO_LONG};
        if (counts && (is_excess || take_line(list, &item, list->done, len)))
            list->items[list->n_items++] = item;
        list->in_excess = is_excess;
        list->done += len + (end ? 1 : 0);
    }
    if (list->n_items) qsort_r(list->items, list->n_items, sizeof *list->items, compare, list->buf);
    drop_doubles(list);
    return ok;
}

/* Wait until a read would not. False: stopped. */
static bool wait_for_more(const struct th_list *list, bool (*stopped)(void *user), void *user)
{
    struct pollfd p = {.fd = list->fd, .events = POLLIN};
    for (;;) {
        if (stopped && stopped(user)) return false;
        int n = poll(&p, 1, WAIT_MS);
        if (n > 0 || (n < 0 && errno != EINTR)) return true; /* the read will say what is wrong */
    }
}

static bool is_more_there(const struct th_list *list)
{
    struct pollfd p = {.fd = list->fd, .events = POLLIN};
    return !list->at_end && list->len < TH_LIST_BYTES && poll(&p, 1, 0) > 0;
}

/* Read what is there, up to a full buffer. False: an error before anything else, and errno. */
static bool read_what_is_there(struct th_list *list)
{
    const size_t len_before = list->len;
    do {
        ssize_t n = th_read(list->fd, list->buf + list->len, TH_LIST_BYTES - list->len);
        if (n < 0) return errno == EAGAIN || list->len > len_before;
        list->at_end = n == 0;
        list->len += (size_t)n;
    } while (is_more_there(list));
    return true;
}

/* Nothing more is to be had; what came last may be half a name. */
static enum th_list_state give_up(struct th_list *list)
{
    list->at_end = true;
    list->len = list->done = 0;
    return TH_LIST_FAILED;
}

/* Read on until there are names, or nothing more comes. */
static enum th_list_state read_batch(struct th_list *list, bool (*stopped)(void *user), void *user)
{
    list->n_items = list->i_item = 0;
    while (list->n_items == 0 && !(list->at_end && list->done == list->len)) {
        memmove(list->buf, list->buf + list->done, list->len - list->done);
        list->len -= list->done;
        list->done = 0;
        /* (It is full only where there was no memory for more items.) */
        if (!list->at_end && list->len < TH_LIST_BYTES) {
            if (!wait_for_more(list, stopped, user)) return TH_LIST_STOPPED;
            if (!read_what_is_there(list)) return give_up(list);
        }
        if (!take_names(list) && list->n_items == 0) {
            errno = ENOMEM;
            return give_up(list);
        }
    }
    return list->n_items ? TH_LIST_ITEM : TH_LIST_END;
}

enum th_list_state th_list_next(struct th_list *list, bool (*stopped)(void *user), void *user,
                                struct th_list_item *item)
{
    if (list->i_item == list->n_items) {
        enum th_list_state state = read_batch(list, stopped, user);
        if (state != TH_LIST_ITEM) return state;
    }
    const struct item *next = &list->items[list->i_item++];
    *item = (struct th_list_item){
        .path = list->buf + next->at, .dir_len = next->dir_len, .refused = refusals[next->refusal]};
    return TH_LIST_ITEM;
}

/* ---- the whole ---- */

enum thumbs_code th_list_open(const char *file, bool null, const char *source, struct th_list **out,
                              struct thumbs_error *err)
{
    struct stat st;
    bool is_stdin = strcmp(file, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : th_openat(AT_FDCWD, file, O_RDONLY | O_NOCTTY, 0);
    if (fd < 0 || fstat(fd, &st) < 0)
        return th_error_os(err, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, errno,
                           "cannot open the list %s",
                           is_stdin ? "on standard input" : th_shorten(file).text);
    if (S_ISDIR(st.st_mode)) {
        if (!is_stdin) th_close(fd);
        return th_error_set(err, THUMBS_UNREADABLE, THUMBS_STAGE_WALK, "the list %s is a folder",
                            th_shorten(file).text);
    }
    struct th_list *list = th_calloc(1, sizeof *list);
    if (list) *list = (struct th_list){.fd = fd, .owned = !is_stdin, .end = null ? '\0' : '\n'};
    if (list) list->buf = th_alloc(TH_LIST_BYTES + 1);
    if (!list || !list->buf || !th_below_init(&list->below, source)) {
        if (!list && !is_stdin) th_close(fd);
        th_list_close(list);
        return th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK,
                            "no memory for the list of files");
    }
    *out = list;
    return THUMBS_OK;
}

void th_list_close(struct th_list *list)
{
    if (!list) return;
    if (list->owned) th_close(list->fd);
    th_below_finish(&list->below);
    free(list->buf);
    free(list->items);
    free(list);
}

const char *th_list_note(const struct th_list *list)
{
    if (list->had_bom && list->had_crlf)
        return "the list has a byte order mark and lines that end in CR LF";
    if (list->had_bom) return "the list has a byte order mark";
    return list->had_crlf ? "the list has lines that end in CR LF" : NULL;
}
