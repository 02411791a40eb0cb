/* SPDX-License-Identifier: MIT */
#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/sys.h"

void th_bytes_finish(struct th_bytes *b)
{
    if (!b) return;
    free(b->data);
    *b = (struct th_bytes){0};
}

void th_bytes_clear(struct th_bytes *b)
{
    th_bytes_truncate(b, 0);
    b->failed = false;
}

void th_bytes_truncate(struct th_bytes *b, size_t len)
{
    if (len > b->len || !b->data) return;
    b->len = len;
    b->data[len] = '\0';
}

bool th_bytes_reserve(struct th_bytes *b, size_t more)
{
    size_t need;
    if (b->failed) return false;
    if (!th_add_size(b->len, more, &need) || !th_add_size(need, 1, &need)) goto fail;
    if (need <= b->cap) return true;
    char *data = th_grow(b->data, &b->cap, need < 64 ? 64 : need, 1);
    if (!data) goto fail;
    if (!b->data) data[0] = '\0';
    b->data = data;
    return true;
fail:
    b->failed = true;
    return false;
}

void th_bytes_add(struct th_bytes *b, const void *data, size_t len)
{
    if (!th_bytes_reserve(b, len)) return;
    if (len) memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void th_bytes_adds(struct th_bytes *b, const char *text)
{
    th_bytes_add(b, text, strlen(text));
}

void th_bytes_addc(struct th_bytes *b, char c)
{
    th_bytes_add(b, &c, 1);
}

void th_bytes_addf(struct th_bytes *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 || !th_bytes_reserve(b, (size_t)len)) {
        b->failed = true;
        return;
    }
    va_start(args, format);
    vsnprintf(b->data + b->len, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
}

bool th_bytes_failed(const struct th_bytes *b)
{
    return b->failed;
}

const char *th_bytes_str(const struct th_bytes *b)
{
    return b->data ? b->data : "";
}

char *th_bytes_steal(struct th_bytes *b)
{
    char *data = NULL;
    if (!b->failed && th_bytes_reserve(b, 0)) {
        data = b->data;
        b->data = NULL;
    }
    th_bytes_finish(b);
    return data;
}
