/* SPDX-License-Identifier: MIT */
/* The first element of an SVG document. Every comparison goes through has(), so nothing past the
 * end is ever read. */
#include "image/svg_root.h"

#include <string.h>

#include "base/chars.h"
#include "base/view.h"

static bool has(struct th_view v, size_t at, const char *text)
{
    return th_view_has(v, at, text, strlen(text));
}

static bool equals(struct th_view v, const char *text)
{
    return v.len == strlen(text) && has(v, 0, text);
}

static size_t skip_blanks(struct th_view v, size_t at)
{
    while (at < v.len && th_is_blank(v.data[at]))
        at++;
    return at;
}

/* ---- before the root ---- */

/* The position behind `what`, searched from `at` on; v.len if it does not come. */
static size_t skip_past(struct th_view v, size_t at, const char *what)
{
    for (; at < v.len; at++)
        if (has(v, at, what)) return at + strlen(what);
    return v.len;
}

/* Behind a document type, whose internal subset may hold '>' too. */
static size_t skip_doctype(struct th_view v, size_t at)
{
    for (; at < v.len && v.data[at] != '>'; at++)
        if (v.data[at] == '[') at = skip_past(v, at, "]") - 1;
    return at < v.len ? at + 1 : v.len;
}

/* Past one thing that may stand before the first element; *at stays if there is none. */
static bool skip_prolog(struct th_view v, size_t *at)
{
    const size_t from = *at;
    if (from < v.len && th_is_blank(v.data[from]))
        *at = from + 1;
    else if (has(v, from, "<?"))
        *at = skip_past(v, from, "?>");
    else if (has(v, from, "<!--"))
        *at = skip_past(v, from + 4, "-->");
    else if (has(v, from, "<!DOCTYPE"))
        *at = skip_doctype(v, from);
    return *at != from;
}

static size_t skip_mark(struct th_view v)
{
    return has(v, 0, "\xef\xbb\xbf") ? 3 : 0;
}

/* Is "svg" (perhaps behind a namespace prefix) the name that stands at `at`? *end is then behind
 * it. */
static bool is_svg_name(struct th_view v, size_t at, size_t *end)
{
    size_t to = at;
    while (to < v.len && !th_is_blank(v.data[to]) && v.data[to] != '>' && v.data[to] != '/')
        to++;
    if (to == v.len || to - at < 3 || !has(v, to - 3, "svg")) return false;
    *end = to;
    return to - at == 3 || v.data[to - 4] == ':';
}

bool th_svg_sniff(const uint8_t *data, size_t len)
{
    const struct th_view v = {data, len};
    size_t at = skip_mark(v), end;
    do {
        if (has(v, at, "<!DOCTYPE svg")) return true;
    } while (skip_prolog(v, &at));
    return has(v, at, "<") && is_svg_name(v, at + 1, &end);
}

/* ---- its attributes ---- */

/* What the root says of its size. Views lie in the document; len 0: nothing. */
struct root {
    struct th_view width, height, view_box, style;
};

/* The attribute at *at, which becomes the position behind it. False: there is none, or what stands
 * there makes no sense. */
static bool take_attribute(struct th_view v, size_t *at, struct th_view *name,
                           struct th_view *value)
{
    size_t from = skip_blanks(v, *at), to = from;
    while (to < v.len && !th_is_blank(v.data[to]) && !strchr("=<>/\"'", v.data[to]))
        to++;
    *name = (struct th_view){v.data + from, to - from};
    to = skip_blanks(v, to);
    if (name->len == 0 || !has(v, to, "=")) return false;
    to = skip_blanks(v, to + 1);
    if (!has(v, to, "\"") && !has(v, to, "'")) return false;
    const uint8_t *end = memchr(v.data + to + 1, v.data[to], v.len - to - 1);
    if (!end) return false;
    *value = (struct th_view){v.data + to + 1, (size_t)(end - v.data) - to - 1};
    *at = (size_t)(end - v.data) + 1;
    return true;
}

static bool read_root(struct th_view v, struct root *out)
{
    struct th_view name, value;
    size_t at = skip_mark(v);
    while (skip_prolog(v, &at))
        continue;
    if (!has(v, at, "<") || !is_svg_name(v, at + 1, &at)) return false;
    *out = (struct root){0};
    while (take_attribute(v, &at, &name, &value)) {
        if (equals(name, "width")) out->width = value;
        if (equals(name, "height")) out->height = value;
        if (equals(name, "viewBox")) out->view_box = value;
        if (equals(name, "style")) out->style = value;
    }
    at = skip_blanks(v, at);
    return has(v, at, ">") || has(v, at, "/>");
}

/* What stands before `stop` in *v, without blanks around it; *v becomes what stands behind. */
static struct th_view take_until(struct th_view *v, uint8_t stop)
{
    size_t from = skip_blanks(*v, 0), to = from;
    while (to < v->len && v->data[to] != stop)
        to++;
    const size_t behind = to < v->len ? to + 1 : to;
    while (to > from && th_is_blank(v->data[to - 1]))
        to--;
    const struct th_view taken = {v->data + from, to - from};
    *v = (struct th_view){v->data + behind, v->len - behind};
    return taken;
}

/* Declarations win over attributes. */
static void apply_style(struct root *root)
{
    for (struct th_view left = root->style; left.len > 0;) {
        struct th_view value = take_until(&left, ';');
        const struct th_view name = take_until(&value, ':');
        if (equals(name, "width")) root->width = value;
        if (equals(name, "height")) root->height = value;
    }
}

/* Is it a number, of any unit but percent? What an entity stands for is not known, and taken for
 * one. */
static bool is_length(struct th_view v)
{
    const size_t at = skip_blanks(v, 0);
    if (at == v.len) return false;
    if (memchr(v.data, '&', v.len)) return true;
    return strchr("+-.0123456789", v.data[at]) && v.data[at] != 0 && !memchr(v.data, '%', v.len);
}

bool th_svg_has_size(const uint8_t *data, size_t len)
{
    struct root root;
    if (!read_root((struct th_view){data, len}, &root)) return true;
    apply_style(&root);
    const bool width = is_length(root.width), height = is_length(root.height);
    return (width && height) || ((width || height) && root.view_box.len > 0);
}
