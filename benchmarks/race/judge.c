/* SPDX-License-Identifier: MIT */
/* Do the outputs of a run count? */
#include "race/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "race/child.h"
#include "race/pictures.h"

enum {
    MAX_UNFIT_SHARE = 20, /* one file in so many may be left out for a program */
    MAX_UNFIT = 50        /* that bench_quality names */
};
/* A run further from the reference than this has made other pictures. Honest scalers of photographs
 * lie above 30 dB. */
#define MIN_PSNR_MEAN 25.0

/* The number behind `key` in the lines of an answer, or 0. */
static double value_of(const char *answer, const char *key)
{
    const size_t len = strlen(key);
    for (const char *line = answer; line;
         line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        if (strncmp(line, key, len) == 0 && line[len] == ' ') return strtod(line + len + 1, NULL);
    }
    return 0;
}

static void take_text(const char *answer, const char *key, char out[128])
{
    const char *line = strstr(answer, key);
    out[0] = '\0';
    if (!line) return;
    line += strlen(key);
    snprintf(out, 128, "%.*s", (int)strcspn(line, "\n"), line);
}

static bool judge(struct race *race, struct quality *out)
{
    char answer[4096], side[16];
    snprintf(side, sizeof side, "%u", race->settings.side);
    char *argv[] = {(char *)race->settings.quality_tool,
                    (char *)"compare",
                    side,
                    race->work,
                    race->reference,
                    race->output,
                    NULL};
    if (!ask(race, argv, answer, sizeof answer)) return false;
    *out = (struct quality){.known = true,
                            .files = (unsigned)value_of(answer, "files"),
                            .missing = (unsigned)value_of(answer, "missing"),
                            .wrong_size = (unsigned)value_of(answer, "wrong_size"),
                            .undecodable = (unsigned)value_of(answer, "undecodable"),
                            .far = (unsigned)value_of(answer, "far"),
                            .bytes = (unsigned long long)value_of(answer, "bytes"),
                            .psnr_mean = value_of(answer, "psnr_mean"),
                            .psnr_worst = value_of(answer, "psnr_worst"),
                            .ssim_mean = value_of(answer, "ssim_mean"),
                            .ssim_worst = value_of(answer, "ssim_worst")};
    take_text(answer, "\nworst_file ", out->worst_file);
    take_text(answer, "\nworst_psnr_file ", out->worst_psnr_file);
    for (const char *line = answer; (line = strstr(line, "\nbad ")); line++) {
        char name[128];
        take_text(line, "\nbad ", name);
        const size_t len = strlen(out->bad);
        snprintf(out->bad + len, sizeof out->bad - len, "%.40s\n", name);
    }
    return true;
}

/* Why outputs do not count, to `why`; false: they do. */
static bool is_bad(const struct quality *q, size_t n_names, char *why, size_t size)
{
    if (q->files != n_names)
        snprintf(why, size, "%u of %zu files could be judged", q->files, n_names);
    else if (q->missing > 0)
        snprintf(why, size, "%u of %u outputs are missing", q->missing, q->files);
    else if (q->undecodable > 0)
        snprintf(why, size, "%u outputs cannot be decoded", q->undecodable);
    else if (q->wrong_size > 0)
        snprintf(why, size, "%u outputs have wrong dimensions", q->wrong_size);
    else if (q->far > 0)
        snprintf(why, size, "%u outputs are far from the reference", q->far);
    else if (q->psnr_mean < MIN_PSNR_MEAN)
        snprintf(why, size, "outputs are far from the reference (mean PSNR %.1f dB)", q->psnr_mean);
    else
        return false;
    return true;
}

/* In the first round: note the pictures that this program cannot do, if they are few. True: with
 * that, its outputs are good. */
static bool excuse(struct race *race, struct peer *peer, const struct quality *q)
{
    const unsigned n_bad = q->missing + q->wrong_size + q->undecodable + q->far;
    const size_t most = race->n_names / MAX_UNFIT_SHARE;
    if (n_bad == 0 || n_bad > (most > 0 ? most : 1)) return false;
    for (const char *line = q->bad; *line && n_bad <= MAX_UNFIT; line += strcspn(line, "\n") + 1) {
        size_t *grown = th_realloc(peer->unfit, (peer->n_unfit + 1) * sizeof *grown);
        if (!grown) return false;
        peer->unfit = grown;
        peer->unfit[peer->n_unfit++] = number_of(line);
    }
    return peer->n_unfit == n_bad;
}

/* After the first round: take them out for all. */
bool drop_unfit(struct race *race)
{
    for (size_t i = 0; i < race->n_peers; i++) {
        struct peer *peer = &race->peers[i];
        for (size_t k = 0; k < peer->n_unfit; k++) {
            size_t at = 0;
            while (at < race->n_names && number_of(race->names[at]) != peer->unfit[k])
                at++;
            complain("left out for all, since %s cannot do it: %s", peer->label,
                     race->paths[peer->unfit[k]]);
            if (at < race->n_names && drop(race, race->names[at])) race->n_unfit++;
        }
    }
    for (size_t i = 0; i < race->n_peers; i++)
        race->peers[i].quality.known = race->peers[i].quality.known && race->n_unfit == 0;
    return write_list(race);
}

/* Judge the outputs. Those with the same bytes as outputs that were judged before need no second
 * look. */
bool judge_outputs(struct race *race, struct peer *peer, bool timed)
{
    struct th_digest digest;
    struct quality quality = {0};
    if (th_bench_digest_tree(race->output, &digest) != 0) return false;
    if (peer->quality.known && th_bench_digests_equal(&digest, &peer->digest)) return true;
    if (!judge(race, &quality)) {
        snprintf(peer->why_not, sizeof peer->why_not, "its outputs could not be judged");
        return false;
    }
    if (is_bad(&quality, race->n_names, peer->why_not, sizeof peer->why_not))
        return !timed && excuse(race, peer, &quality);
    peer->quality = quality;
    peer->digest = digest;
    return true;
}
