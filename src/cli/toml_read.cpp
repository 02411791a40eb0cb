/* SPDX-License-Identifier: MIT */
#include "cli/toml_read.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace
{

struct entry {
    const toml::key *key;
    const toml::node *node;
};

/* Is there a word for it? */
bool add_word(const toml::node &node, const std::string &before, std::vector<std::string> &words)
{
    if (const auto *text = node.as_string()) {
        if (text->get().find('\0') != std::string::npos) return false;
        words.push_back(before + text->get());
    } else if (const auto *whole = node.as_integer()) {
        words.push_back(before + std::to_string(whole->get()));
    } else if (const auto *number = node.as_floating_point()) {
        char digits[64];
        const auto end = std::to_chars(digits, digits + sizeof digits, number->get());
        words.push_back(before + std::string(digits, end.ptr));
    } else {
        return false;
    }
    return true;
}

bool add_words(const toml::node &node, std::vector<std::string> &words)
{
    bool ok = true;
    if (const auto *array = node.as_array()) {
        for (const auto &item : *array)
            ok = ok && add_word(item, "", words);
    } else if (const auto *table = node.as_table()) {
        for (const auto &[key, item] : *table)
            ok = ok && add_word(item, std::string(key.str()) + ":", words);
    } else {
        ok = add_word(node, "", words);
    }
    return ok;
}

bool tell(const entry &e, cli_toml_fn *on_value, void *user)
{
    std::vector<std::string> words;
    std::vector<const char *> texts;
    const std::string key(e.key->str());
    cli_toml_value value = {};
    value.key = key.c_str();
    value.line = e.key->source().begin.line;
    if (const auto *flag = e.node->as_boolean()) {
        value.kind = flag->get() ? CLI_TOML_TRUE : CLI_TOML_FALSE;
    } else if (!add_words(*e.node, words)) {
        value.kind = CLI_TOML_OTHER;
        words.clear();
    }
    for (const auto &word : words)
        texts.push_back(word.c_str());
    value.words = texts.data();
    value.n_words = texts.size();
    return on_value(user, &value);
}

/* The table is in the order of its keys; people write rules in an order of their own. */
std::vector<entry> in_order_of_text(const toml::table &table)
{
    std::vector<entry> entries;
    for (const auto &[key, node] : table)
        entries.push_back({&key, &node});
    std::stable_sort(entries.begin(), entries.end(), [](const entry &a, const entry &b) {
        const auto x = a.key->source().begin, y = b.key->source().begin;
        return x.line != y.line ? x.line < y.line : x.column < y.column;
    });
    return entries;
}

} // namespace

extern "C" bool cli_toml_read(const char *text, size_t len, cli_toml_fn *on_value, void *user,
                              unsigned *line, char *why, size_t why_size)
{
    *line = 0;
    std::snprintf(why, why_size, "no memory");
    try {
        const toml::table table = toml::parse(std::string_view(text, len));
        for (const entry &e : in_order_of_text(table)) {
            if (tell(e, on_value, user)) continue;
            *why = '\0';
            return false;
        }
        *why = '\0';
        return true;
    } catch (const toml::parse_error &error) {
        const auto what = error.description();
        *line = error.source().begin.line;
        std::snprintf(why, why_size, "%.*s", static_cast<int>(what.size()), what.data());
    } catch (const std::bad_alloc &) {
        /* said above */
    } catch (...) {
        std::snprintf(why, why_size, "cannot be read");
    }
    return false;
}
