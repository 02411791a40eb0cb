/* SPDX-License-Identifier: MIT */
/* Raw files of cameras that are told by their first bytes. */
#include "image/camera/raw_names.h"

#include "image/mark.h"

static const struct th_mark marks[] = {
    TH_MARK(0, "FUJIFILMCCD-RAW ", "Fujifilm RAF"),
    TH_MARK(4, "ftypcrx ", "Canon CR3"),
    TH_MARK(6, "HEAPCCDR", "Canon CRW"),
    TH_MARK(0, "IIRO", "Olympus ORF"),
    TH_MARK(0, "IIRS", "Olympus ORF"),
    TH_MARK(0, "MMOR", "Olympus ORF"),
    TH_MARK(0, "IIU\0", "Panasonic RW2"),
    TH_MARK(0, "FOVb", "Sigma X3F"),
    TH_MARK(0, "\0MRM", "Minolta MRW"),
};

/* Behind the header of a TIFF: "IIII", a byte and "waR"; or "MMMM", "Raw" and a byte. (A plain TIFF
 * may have pixels there: a run of one byte would be no mark.) */
static bool is_phase_one(const uint8_t *data, size_t len)
{
    return (th_has_bytes(data, len, 8, "IIII", 4) && th_has_bytes(data, len, 13, "waR", 3)) ||
           th_has_bytes(data, len, 8, "MMMMRaw", 7);
}

const char *th_raw_name(const uint8_t *data, size_t len)
{
    const char *name = th_mark_name(marks, sizeof marks / sizeof *marks, data, len);
    if (name) return name;
    if (!th_has_bytes(data, len, 0, "II*\0", 4) && !th_has_bytes(data, len, 0, "MM\0*", 4))
        return NULL;
    if (th_has_bytes(data, len, 8, "CR\2\0", 4)) return "Canon CR2";
    return is_phase_one(data, len) ? "Phase One IIQ" : NULL;
}
