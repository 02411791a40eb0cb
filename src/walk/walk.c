/* SPDX-License-Identifier: MIT */
#include "walk/walk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/shorten.h"
#include "base/sys.h"
#include "walk/emit.h"
#include "walk/folder.h"
#include "walk/listed.h"
#include "walk/selection.h"
#include "walk/sources.h"
#include "walk/stack.h"
#include "walk/tree.h"

/* The parts of a walk. Each refers to those above it, so none of them ever moves. */
struct th_walk {
    const struct th_walk_options *options;
    struct th_stack stack;
    struct th_emit emit;
    struct th_selection selection;
    struct th_folder folder;
    struct th_tree tree;
    struct th_sources sources;
    struct th_listed listed; /* with options->list */
};

static bool init_parts(struct th_walk *walk)
{
    walk->tree = (struct th_tree){.options = walk->options,
                                  .stack = &walk->stack,
                                  .emit = &walk->emit,
                                  .selection = &walk->selection,
                                  .folder = &walk->folder};
    return th_stack_init(&walk->stack) &&
           th_emit_init(&walk->emit, &walk->stack, walk->options->follow) &&
           th_folder_init(&walk->folder, walk->options, &walk->stack, &walk->selection);
}

static enum thumbs_code open_list(struct th_walk *walk, struct thumbs_error *err)
{
    if (walk->options->n_sources != 1 || walk->sources.n_folders != 1)
        return th_error_set(err, THUMBS_USAGE, THUMBS_STAGE_WALK,
                            "with a list of files SOURCE must be one folder");
    return th_listed_open(&walk->listed, &walk->tree, err);
}

enum thumbs_code th_walk_create(const struct th_walk_options *options, struct th_walk **out,
                                struct thumbs_error *err)
{
    enum thumbs_code code;
    struct th_walk *walk = th_calloc(1, sizeof *walk);
    if (walk) walk->options = options;
    if (walk && init_parts(walk))
        code = th_selection_init(&walk->selection, options, &walk->stack, err);
    else
        code = th_error_set(err, THUMBS_MEMORY, THUMBS_STAGE_WALK, "no memory for the walk");
    if (!code) code = th_sources_check(&walk->sources, &walk->tree, err);
    if (!code && options->list) code = open_list(walk, err);
    if (code)
        th_walk_destroy(walk);
    else
        *out = walk;
    return code;
}

/* Hand out what has gone wrong with the last folder as a whole. */
static void emit_failure(struct th_walk *walk, struct th_walk_entry *entry)
{
    struct thumbs_error error = walk->folder.failure;
    walk->folder.failure = (struct thumbs_error){0};
    struct th_dir *dir = th_stack_dir(&walk->stack);
    if (dir)
        th_emit_failed(&walk->emit, entry, dir, "", &error);
    else
        th_emit_no_memory(&walk->emit, entry, NULL, "a folder");
}

/* Make an entry (true), or bring the walk forward without one. */
static bool step(struct th_walk *walk, struct th_walk_entry *entry)
{
    const struct th_stack *stack = &walk->stack;
    if (!stack->n) return th_sources_begin_folder(&walk->sources, entry);
    if (th_stack_last(stack)->listing) return th_listed_step(&walk->listed, entry);
    return th_tree_step(&walk->tree, entry);
}

bool th_walk_next(struct th_walk *walk, struct th_walk_entry *entry)
{
    while (!walk->emit.ended) {
        if (walk->folder.failure.code) {
            emit_failure(walk, entry);
            return true;
        }
        if (th_sources_has_file(&walk->sources)) {
            th_sources_next_file(&walk->sources, entry);
            return true;
        }
        if (!walk->stack.n && !th_sources_has_folder(&walk->sources)) return false;
        if (step(walk, entry)) return true;
    }
    return false;
}

void th_walk_remarks(const struct th_walk *walk, void (*on_remark)(void *user, const char *text),
                     void *user)
{
    struct thumbs_error remark;
    if (walk->options->changes) return; /* a part says nothing of the whole */
    const char *rule, *note = walk->listed.list ? th_list_note(walk->listed.list) : NULL;
    if (note) on_remark(user, note);
    if (walk->listed.n_left_out) {
        th_error_set(&remark, THUMBS_OK, THUMBS_STAGE_WALK,
                     "%llu listed name%s left out: .thumbsignore, .nomedia, or litter, which "
                     "--no-default-excludes takes",
                     (unsigned long long)walk->listed.n_left_out,
                     walk->listed.n_left_out == 1 ? " was" : "s were");
        on_remark(user, remark.message);
    }
    for (size_t i = 0; (rule = th_rules_unmatched(walk->selection.rules, &i));) {
        th_error_set(&remark, THUMBS_OK, THUMBS_STAGE_WALK,
                     "%s=%s matched nothing; globs are matched against paths below SOURCE",
                     rule[0] == '+' ? "--include" : "--exclude", th_shorten(rule + 1).text);
        on_remark(user, remark.message);
    }
}

int th_walk_open_folder(const struct th_walk *walk, const char *dir)
{
    return th_sources_open_below(&walk->sources, dir);
}

void th_walk_destroy(struct th_walk *walk)
{
    if (!walk) return;
    th_listed_close(&walk->listed);
    th_sources_finish(&walk->sources);
    th_folder_finish(&walk->folder);
    th_selection_finish(&walk->selection);
    th_emit_finish(&walk->emit);
    th_stack_finish(&walk->stack);
    free(walk);
}

bool th_walk_list_may_wait(const char *file)
{
    struct stat st;
    int failed = strcmp(file, "-") == 0 ? fstat(STDIN_FILENO, &st) : stat(file, &st);
    return !failed && !S_ISREG(st.st_mode);
}
