/* SPDX-License-Identifier: MIT */
#include "image/metadata/xmp_clean.h"

#include <stdbool.h>
#include <string.h>

/* A name with its usual prefix stands as an attribute, name="value", or as an element,
 * <name>value</name>. */
#define ORIENTATION "tiff:Orientation"
#define ELSEWHERE   "xmpNote:HasExtendedXMP"

#define PACKET_END "<?xpacket end"

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The value of an attribute or element whose name ends at `at`: [*from, *to). False: neither. */
static bool find_value(const uint8_t *data, size_t len, size_t at, size_t *from, size_t *to)
{
    uint8_t end = '<';
    while (at < len && is_space(data[at]))
        at++;
    if (at < len && data[at] == '=') {
        at++;
        while (at < len && is_space(data[at]))
            at++;
        if (at == len || (data[at] != '"' && data[at] != '\'')) return false;
        end = data[at];
    } else if (at == len || data[at] != '>') {
        return false;
    }
    *from = at + 1;
    const uint8_t *stop = memchr(data + *from, end, len - *from);
    if (!stop) return false;
    *to = (size_t)(stop - data);
    return true;
}

/* Everywhere it stands, the value of `name` becomes `value`, if that is no longer, and blanks. */
static void set_all(uint8_t *data, size_t len, const char *name, const char *value)
{
    const size_t name_len = strlen(name), value_len = strlen(value);
    size_t at = 0, from, to;
    const uint8_t *found;
    while ((found = memmem(data + at, len - at, name, name_len))) {
        at = (size_t)(found - data) + name_len;
        if (!find_value(data, len, at, &from, &to)) continue;
        at = to;
        if (to - from < value_len) continue;
        memset(data + from, ' ', to - from);
        memcpy(data + from, value, value_len);
    }
}

/* Blanks in front of the packet's end become one line break. */
static size_t cut_room(uint8_t *data, size_t len)
{
    uint8_t *end = memmem(data, len, PACKET_END, sizeof PACKET_END - 1);
    if (!end) return len;
    const size_t at = (size_t)(end - data);
    size_t to = at;
    while (to > 0 && is_space(data[to - 1]))
        to--;
    if (to < at) data[to++] = '\n';
    memmove(data + to, end, len - at);
    return len - at + to;
}

size_t th_xmp_clean(uint8_t *data, size_t len)
{
    if (len == 0 || memchr(data, 0, len)) return 0;
    set_all(data, len, ORIENTATION, "1");
    set_all(data, len, ELSEWHERE, "");
    return cut_room(data, len);
}
