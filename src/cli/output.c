/* SPDX-License-Identifier: MIT */
#include "cli/output.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/path.h"
#include "base/sys.h"
#include "gallery/gallery.h"
#include "report/report.h"
#include "report/web_manifest.h"

static const char stdout_name[] = "standard output";

/* ---- files that the user named --------------------------------------------------------------- */

static void complain_of(const struct cli_named *named, const char *why)
{
    const struct cli_output *output = named->output;
    struct th_bytes what = {0};
    th_bytes_addf(&what, "%s: %s", named->what,
                  strcmp(named->name, "-") == 0 ? stdout_name : named->name);
    output->complain(output->user, th_bytes_str(&what), why);
    th_bytes_finish(&what);
}

static void on_named_error(void *user, int os_errno)
{
    struct cli_named *named = user;
    complain_of(named, strerror(os_errno));
    named->output->on_broken(named->output->user);
}

static enum thumbs_code plan_named(struct cli_named *named,
                                   bool (*is_ours)(const char *head, size_t len))
{
    struct thumbs_error err = {0};
    if (!named->name) return THUMBS_OK;
    const enum thumbs_code code = th_outfile_plan(&named->file, named->name, named->what, is_ours,
                                                  &named->output->guard, &err);
    if (code != THUMBS_OK) complain_of(named, err.message);
    return code;
}

/* Two files need two names. */
static enum thumbs_code check_apart(const struct cli_named *named, const struct cli_named *other)
{
    struct th_bytes why = {0};
    if (!th_outfile_is_same(&named->file, &other->file)) return THUMBS_OK;
    th_bytes_addf(&why, "is also where the %s goes", other->what);
    complain_of(named, th_bytes_str(&why));
    th_bytes_finish(&why);
    return THUMBS_USAGE;
}

/* `first`: what it begins with. */
static enum thumbs_code open_named(struct cli_named *named, const struct th_bytes *first)
{
    struct thumbs_error err = {0};
    const enum thumbs_code code = th_outfile_open(&named->file, &err);
    if (code != THUMBS_OK) {
        complain_of(named, err.message);
        return code;
    }
    cli_lines_init(&named->lines, named->file.fd, false, on_named_error, named);
    named->is_open = true;
    cli_lines_add(&named->lines, first);
    return THUMBS_OK;
}

/* `last`: what it ends with. Half of it is none. */
static void close_named(struct cli_named *named, const struct th_bytes *last)
{
    struct thumbs_error err = {0};
    cli_lines_add(&named->lines, last);
    named->is_open = false;
    if (cli_lines_finish(&named->lines) != 0 || th_outfile_commit(&named->file, &err) == THUMBS_OK)
        return;
    complain_of(named, err.message);
    named->output->on_broken(named->output->user);
}

static bool is_stdout(const struct cli_named *named)
{
    return named->file.kind == TH_OUTFILE_DESCRIPTOR && named->file.number == STDOUT_FILENO;
}

/* ---- the list of a dry run ------------------------------------------------------------------- */

static void on_listing_error(void *user, int os_errno)
{
    struct cli_output *output = user;
    output->complain(output->user, stdout_name, strerror(os_errno));
    output->on_broken(output->user);
}

/* A dry run is there for its list of what would be done; a report or gallery on standard output
 * takes its place. */
static bool wants_listing(const struct cli_output *output)
{
    return output->settings->options.dry_run && !output->settings->quiet &&
           !is_stdout(&output->report) && !is_stdout(&output->gallery);
}

/* ---- all of it ------------------------------------------------------------------------------- */

enum thumbs_code cli_output_plan(struct cli_output *output)
{
    const struct cli_settings *settings = output->settings;
    output->guard = (struct th_outfile_guard){.sources = settings->sources,
                                              .n_sources = settings->n_sources,
                                              .list = settings->options.files_from,
                                              .dest = settings->dest,
                                              .overwrite = settings->options.overwrite};
    output->report =
        (struct cli_named){.output = output, .what = "report", .name = settings->report};
    output->manifest =
        (struct cli_named){.output = output, .what = "manifest", .name = settings->manifest};
    output->gallery =
        (struct cli_named){.output = output, .what = "gallery", .name = settings->gallery};
    output->escape = isatty(STDOUT_FILENO);
    enum thumbs_code code = plan_named(&output->report, th_report_is_json);
    if (code == THUMBS_OK) code = plan_named(&output->manifest, th_web_manifest_is_ours);
    if (code == THUMBS_OK) code = plan_named(&output->gallery, th_gallery_is_ours);
    if (code == THUMBS_OK) code = check_apart(&output->manifest, &output->report);
    if (code == THUMBS_OK) code = check_apart(&output->gallery, &output->report);
    if (code == THUMBS_OK) code = check_apart(&output->gallery, &output->manifest);
    if (code != THUMBS_OK) return code;
    if (!wants_listing(output) || th_fd_is_open_for(STDOUT_FILENO, O_WRONLY)) return THUMBS_OK;
    output->complain(output->user, stdout_name, "is closed, or not open for writing");
    return THUMBS_NOT_WRITABLE;
}

/* The folder that the page will stand in; a stream stands nowhere. */
static void add_folder(const struct cli_named *named, struct th_bytes *folder)
{
    size_t len;
    const size_t begin = th_path_last_part(named->name, &len);
    if (named->file.kind == TH_OUTFILE_REGULAR && begin > 0)
        th_bytes_add(folder, named->name, begin);
    else
        th_bytes_addc(folder, '.');
}

static enum thumbs_code open_gallery(struct cli_output *output)
{
    struct thumbs_error err = {0};
    struct th_bytes folder = {0}, first = {0};
    add_folder(&output->gallery, &folder);
    enum thumbs_code code =
        th_gallery_begin(&first, th_bytes_str(&folder), output->settings->dest, &err);
    if (code == THUMBS_OK)
        code = open_named(&output->gallery, &first);
    else
        complain_of(&output->gallery, err.message);
    th_bytes_finish(&folder);
    th_bytes_finish(&first);
    return code;
}

static enum thumbs_code open_manifest(struct cli_output *output)
{
    struct thumbs_error err = {0};
    const enum thumbs_code code =
        cli_manifest_open(&output->manifest_entries, &output->manifest.file, &err);
    if (code != THUMBS_OK) complain_of(&output->manifest, err.message);
    return code;
}

enum thumbs_code cli_output_open(struct cli_output *output)
{
    const struct th_bytes nothing = {0};
    enum thumbs_code code = THUMBS_OK;
    if (output->report.name) code = open_named(&output->report, &nothing);
    if (code == THUMBS_OK && output->manifest.name) code = open_manifest(output);
    if (code == THUMBS_OK && output->gallery.name) code = open_gallery(output);
    if (code != THUMBS_OK) return code;
    if (wants_listing(output)) {
        cli_lines_init(&output->listing, STDOUT_FILENO, false, on_listing_error, output);
        output->has_listing = true;
    }
    return THUMBS_OK;
}

bool cli_output_is_on_terminal(const struct cli_output *output)
{
    return (output->has_listing && output->escape) ||
           (output->report.is_open && isatty(output->report.file.fd)) ||
           (output->gallery.is_open && isatty(output->gallery.file.fd));
}

void cli_output_add(struct cli_output *output, const struct thumbs_event *event)
{
    struct th_bytes line = {0};
    cli_manifest_add(&output->manifest_entries, event);
    if (output->report.is_open) {
        th_report_event_json(&line, event);
        cli_lines_add(&output->report.lines, &line);
        th_bytes_clear(&line);
    }
    if (output->gallery.is_open) {
        th_gallery_event(&line, event);
        cli_lines_add(&output->gallery.lines, &line);
        th_bytes_clear(&line);
    }
    if (output->has_listing) {
        th_report_event_text(&line, event, TH_TEXT_DRY_RUN, output->escape);
        cli_lines_add(&output->listing, &line);
    }
    th_bytes_finish(&line);
}

void cli_output_add_removal(struct cli_output *output, const struct thumbs_removal *removal)
{
    struct th_bytes line = {0};
    if (output->report.is_open) {
        th_report_removal_json(&line, removal);
        cli_lines_add(&output->report.lines, &line);
        th_bytes_clear(&line);
    }
    if (output->has_listing) {
        th_report_removal_text(&line, removal, output->escape);
        cli_lines_add(&output->listing, &line);
    }
    th_bytes_finish(&line);
}

/* Of a run that did not come to its end there is no manifest. */
static void close_manifest(struct cli_output *output, const struct thumbs_totals *totals)
{
    struct thumbs_error err = {0};
    if (output->settings->options.dry_run) {
        cli_manifest_finish(&output->manifest_entries);
    } else if (totals->incomplete) {
        cli_manifest_finish(&output->manifest_entries);
        complain_of(&output->manifest, "is not written, since the run did not finish");
    } else if (cli_manifest_close(&output->manifest_entries, &err) != THUMBS_OK) {
        complain_of(&output->manifest, err.message);
        output->on_broken(output->user);
    }
}

void cli_output_close(struct cli_output *output, const struct thumbs_totals *totals,
                      int interrupted_by_signal)
{
    struct th_bytes last = {0};
    if (output->report.is_open) {
        th_report_summary_json(&last, totals, interrupted_by_signal);
        close_named(&output->report, &last);
        th_bytes_clear(&last);
    }
    if (output->manifest.name) close_manifest(output, totals);
    if (output->gallery.is_open) {
        th_gallery_end(&last, totals, interrupted_by_signal);
        close_named(&output->gallery, &last);
    }
    th_bytes_finish(&last);
    if (output->has_listing) cli_lines_finish(&output->listing);
    output->has_listing = false;
}

/* A run that could not begin may have opened one of them. */
static void finish_named(struct cli_named *named)
{
    if (named->is_open) cli_lines_finish(&named->lines);
    named->is_open = false;
    th_outfile_finish(&named->file);
}

void cli_output_finish(struct cli_output *output)
{
    cli_manifest_finish(&output->manifest_entries);
    finish_named(&output->report);
    finish_named(&output->manifest);
    finish_named(&output->gallery);
}
