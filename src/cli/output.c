/* SPDX-License-Identifier: MIT */
#include "cli/output.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "report/report.h"
#include "report/web_manifest.h"

static const char stdout_name[] = "standard output";

static void complain_of(struct cli_output *output, const char *kind, const char *name,
                        const char *why)
{
    struct th_bytes what = {0};
    th_bytes_addf(&what, "%s: %s", kind, strcmp(name, "-") == 0 ? stdout_name : name);
    output->complain(output->user, th_bytes_str(&what), why);
    th_bytes_finish(&what);
}

static void complain_of_report(struct cli_output *output, const char *why)
{
    complain_of(output, "report", output->settings->report, why);
}

static void complain_of_manifest(struct cli_output *output, const char *why)
{
    complain_of(output, "manifest", output->settings->manifest, why);
}

static void on_report_error(void *user, int os_errno)
{
    struct cli_output *output = user;
    complain_of_report(output, strerror(os_errno));
    output->on_broken(output->user);
}

static void on_listing_error(void *user, int os_errno)
{
    struct cli_output *output = user;
    output->complain(output->user, stdout_name, strerror(os_errno));
    output->on_broken(output->user);
}

/* A dry run is there for its list of what would be done; a report on standard output takes its
 * place. */
static bool wants_listing(const struct cli_output *output)
{
    const struct th_outfile *file = &output->file;
    const bool taken = file->kind == TH_OUTFILE_DESCRIPTOR && file->number == STDOUT_FILENO;
    return output->settings->options.dry_run && !output->settings->quiet && !taken;
}

static enum thumbs_code plan_report(struct cli_output *output)
{
    const struct cli_settings *settings = output->settings;
    struct thumbs_error err = {0};
    if (!settings->report) return THUMBS_OK;
    const enum thumbs_code code = th_outfile_plan(&output->file, settings->report, "report",
                                                  th_report_is_json, &output->guard, &err);
    if (code != THUMBS_OK) complain_of_report(output, err.message);
    return code;
}

static enum thumbs_code plan_manifest(struct cli_output *output)
{
    const char *name = output->settings->manifest;
    struct thumbs_error err = {0};
    if (!name) return THUMBS_OK;
    enum thumbs_code code = th_outfile_plan(&output->manifest_file, name, "manifest",
                                            th_web_manifest_is_ours, &output->guard, &err);
    if (code == THUMBS_OK && th_outfile_is_same(&output->file, &output->manifest_file))
        code = th_error_set(&err, THUMBS_USAGE, THUMBS_STAGE_NONE, "is where the report goes, too");
    if (code != THUMBS_OK) complain_of_manifest(output, err.message);
    return code;
}

enum thumbs_code cli_output_plan(struct cli_output *output)
{
    const struct cli_settings *settings = output->settings;
    output->guard = (struct th_outfile_guard){.sources = settings->sources,
                                              .n_sources = settings->n_sources,
                                              .list = settings->options.files_from,
                                              .dest = settings->dest,
                                              .overwrite = settings->options.overwrite};
    output->escape = isatty(STDOUT_FILENO);
    enum thumbs_code code = plan_report(output);
    if (code == THUMBS_OK) code = plan_manifest(output);
    if (code != THUMBS_OK) return code;
    if (!wants_listing(output) || th_fd_is_open_for(STDOUT_FILENO, O_WRONLY)) return THUMBS_OK;
    output->complain(output->user, stdout_name, "is closed, or not open for writing");
    return THUMBS_NOT_WRITABLE;
}

enum thumbs_code cli_output_open(struct cli_output *output)
{
    struct thumbs_error err = {0};
    if (output->settings->report) {
        const enum thumbs_code code = th_outfile_open(&output->file, &err);
        if (code != THUMBS_OK) {
            complain_of_report(output, err.message);
            return code;
        }
        cli_lines_init(&output->report, output->file.fd, false, on_report_error, output);
        output->has_report = true;
    }
    if (output->settings->manifest) {
        const enum thumbs_code code =
            cli_manifest_open(&output->manifest, &output->manifest_file, &err);
        if (code != THUMBS_OK) {
            complain_of_manifest(output, err.message);
            return code;
        }
    }
    if (wants_listing(output)) {
        cli_lines_init(&output->listing, STDOUT_FILENO, false, on_listing_error, output);
        output->has_listing = true;
    }
    return THUMBS_OK;
}

bool cli_output_is_on_terminal(const struct cli_output *output)
{
    return (output->has_listing && output->escape) ||
           (output->has_report && isatty(output->file.fd));
}

void cli_output_add(struct cli_output *output, const struct thumbs_event *event)
{
    struct th_bytes line = {0};
    cli_manifest_add(&output->manifest, event);
    if (output->has_report) {
        th_report_event_json(&line, event);
        cli_lines_add(&output->report, &line);
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
    if (output->has_report) {
        th_report_removal_json(&line, removal);
        cli_lines_add(&output->report, &line);
        th_bytes_clear(&line);
    }
    if (output->has_listing) {
        th_report_removal_text(&line, removal, output->escape);
        cli_lines_add(&output->listing, &line);
    }
    th_bytes_finish(&line);
}

static void close_report(struct cli_output *output, const struct thumbs_totals *totals,
                         int interrupted_by_signal)
{
    struct thumbs_error err = {0};
    struct th_bytes line = {0};
    th_report_summary_json(&line, totals, interrupted_by_signal);
    cli_lines_add(&output->report, &line);
    th_bytes_finish(&line);
    output->has_report = false;
    /* Half a report is none. */
    if (cli_lines_finish(&output->report) != 0 ||
        th_outfile_commit(&output->file, &err) == THUMBS_OK)
        return;
    complain_of_report(output, err.message);
    output->on_broken(output->user);
}

/* Of a run that did not come to its end there is no manifest. */
static void close_manifest(struct cli_output *output, const struct thumbs_totals *totals)
{
    struct thumbs_error err = {0};
    if (output->settings->options.dry_run) {
        cli_manifest_finish(&output->manifest);
    } else if (totals->incomplete) {
        cli_manifest_finish(&output->manifest);
        complain_of_manifest(output, "is not written, since the run did not come to its end");
    } else if (cli_manifest_close(&output->manifest, &err) != THUMBS_OK) {
        complain_of_manifest(output, err.message);
        output->on_broken(output->user);
    }
}

void cli_output_close(struct cli_output *output, const struct thumbs_totals *totals,
                      int interrupted_by_signal)
{
    if (output->has_report) close_report(output, totals, interrupted_by_signal);
    if (output->settings->manifest) close_manifest(output, totals);
    if (output->has_listing) cli_lines_finish(&output->listing);
    output->has_listing = false;
}

void cli_output_finish(struct cli_output *output)
{
    cli_manifest_finish(&output->manifest);
    th_outfile_finish(&output->manifest_file);
    th_outfile_finish(&output->file);
}
