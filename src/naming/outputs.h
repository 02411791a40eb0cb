/* SPDX-License-Identifier: MIT */
/*
 * outputs.h - the names of all outputs of one source.
 *
 * Before a source is decoded its outputs are predicted: by its name alone, without width and
 * height, and with its content as far as that is known. Then output i is size i / n_formats in
 * format i % n_formats. Afterwards they are known. The two differ where a template asks for the
 * size or the {hash}, with --format=keep where the content is not what the name promises, and where
 * the picture is smaller than several sizes: these have one output then, called by the first of
 * them.
 *
 * {hash} is a hash of the content of the source, of the recipe and of which output it is: what has
 * the same hash has the same bytes.
 *
 * Paths are newly allocated, NULL if there is no memory. Thread-safe.
 */
#ifndef TH_NAMING_OUTPUTS_H
#define TH_NAMING_OUTPUTS_H

#include "image/result.h"
#include "naming/naming.h"

uint32_t th_outputs_count(const struct th_naming *naming);

/* What the name of a source promises for output i. */
struct th_image_output th_outputs_predict(const struct th_naming *naming, const char *name,
                                          uint32_t i);
char *th_outputs_predict_path(const struct th_naming *naming, const struct th_naming_source *source,
                              uint32_t i);
/* The hash of that path, folded as DEST folds names. False: no memory. */
bool th_outputs_predict_hash(const struct th_naming *naming, const struct th_naming_source *source,
                             uint32_t i, uint64_t *out);

/* What keeps outputs of different sources apart, once {stem} is whole where it must be. */
enum th_apart {
    TH_APART_BY_NAME,     /* their names: no two sources want one output */
    TH_APART_BY_CONTENT,  /* a whole {hash}: only sources of the same content do, and share it */
    TH_APART_IF_COMPARED, /* nothing; the names of all sources tell which of them do */
    TH_APART_IF_CLAIMED   /* nothing, and names depend on content, or on what was there before
                             where DEST folds them: see claims.h */
};
enum th_apart th_outputs_apart(const struct th_naming *naming);
/* Does {hash} stand in names, so that none can be predicted before its content is known? */
bool th_outputs_tell_content(const struct th_naming *naming);

/* a.png becomes a.jpg; but if there is a folder a.jpg beside it, that is the place of what is in
 * there. Is it so for one of the outputs? (With {hash} in names it is not.) */
bool th_outputs_meet_folder(const struct th_naming *naming, const struct th_naming_source *source);

/* With --format=keep the walk could only go by the file's ending. Where the content is something
 * else, the output's ending changes, and only the whole name is sure to be this source's alone. */
bool th_outputs_keep_extension(const struct th_naming *naming,
                               const struct th_naming_source *source,
                               const struct th_image_result *result);
/* The path of an output that was made. keep_extension is what the function above said. NAME_CLASH:
 * it is the name of another file's output. MEMORY. */
enum thumbs_code th_outputs_path(const struct th_naming *naming,
                                 const struct th_naming_source *source, bool keep_extension,
                                 const struct th_image_output *output, char **path,
                                 struct thumbs_error *err);

#endif
