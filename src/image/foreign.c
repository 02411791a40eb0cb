/* SPDX-License-Identifier: MIT */
/* What lies beside pictures and is none for us (see judge.h), by its first bytes. Names are for
 * people; nothing depends on them. */
#include <string.h>
#include <strings.h>

#include "image/judge.h"
#include "image/mark.h"

static const struct th_mark marks[] = {
    /* documents */
    TH_MARK(0, "%PDF-", "a PDF document"),
    TH_MARK(0, "%!PS", "a PostScript document"),
    TH_MARK(0, "\xc5\xd0\xd3\xc6", "an EPS document"),
    TH_MARK(0, "{\\rtf", "an RTF document"),
    TH_MARK(0, "AT&TFORM", "a DjVu document"),
    TH_MARK(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "a compound file (an old Office document, Thumbs.db)"),
    /* working files of editors */
    TH_MARK(0, "8BPS\0", "a Photoshop file"),
    TH_MARK(0, "gimp xcf ", "a GIMP file"),
    TH_MARK(0, "Paint Shop Pro Image File", "a Paint Shop Pro file"),
    TH_MARK(0, "CSFCHUNK", "a Clip Studio file"),
    /* scenes, measurements */
    TH_MARK(0, "\x76\x2f\x31\x01", "an OpenEXR image"),
    TH_MARK(0, "#?RADIANCE", "a Radiance HDR image"),
    TH_MARK(0, "#?RGBE", "a Radiance HDR image"),
    TH_MARK(0, "SIMPLE  =", "a FITS file"),
    TH_MARK(128, "DICM", "a DICOM file"),
    TH_MARK(344, "n+1\0", "a NIfTI file"),
    TH_MARK(0, "\x89HDF\r\n\x1a\n", "an HDF file"),
    TH_MARK(0, "CDF\1", "a netCDF file"),
    TH_MARK(0, "CDF\2", "a netCDF file"),
    TH_MARK(0, "\x08\xf2\xa6\xb6", "an intermediate file of libvips"),
    TH_MARK(0, "\xb6\xa6\xf2\x08", "an intermediate file of libvips"),
    /* textures, icons */
    TH_MARK(0, "DDS |\0\0\0", "a texture (DDS)"),
    TH_MARK(0, "\xabKTX 11\xbb", "a texture (KTX)"),
    TH_MARK(0, "\xabKTX 20\xbb", "a texture (KTX)"),
    TH_MARK(0, "icns", "an icon (ICNS)"),
    TH_MARK(0, "/* XPM */", "an icon (XPM)"),
    /* films */
    TH_MARK(4, "ftypqt  ", "a video (QuickTime)"),
    TH_MARK(4, "ftypM4A ", "a sound file (MPEG-4)"),
    TH_MARK(4, "ftyp", "a video (MPEG-4)"),
    TH_MARK(4, "moov", "a video (QuickTime)"),
    TH_MARK(4, "mdat", "a video (QuickTime)"),
    TH_MARK(4, "wide", "a video (QuickTime)"),
    TH_MARK(0, "\x1a\x45\xdf\xa3", "a video (Matroska or WebM)"),
    TH_MARK(8, "AVI ", "a video (AVI)"),
    TH_MARK(0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a video (Windows Media)"),
    TH_MARK(0, "FLV\1", "a video (Flash)"),
    TH_MARK(0, "\0\0\1\xba", "a video (MPEG)"),
    TH_MARK(0, "\0\0\1\xb3", "a video (MPEG)"),
    TH_MARK(0, "\x06\x0e\x2b\x34", "a video (MXF)"),
    /* sound */
    TH_MARK(0, "OggS", "a sound or video file (Ogg)"),
    TH_MARK(0, "ID3", "a sound file (MP3)"),
    TH_MARK(0, "\xff\xfb", "a sound file (MP3)"),
    TH_MARK(0, "\xff\xf3", "a sound file (MP3)"),
    TH_MARK(0, "fLaC", "a sound file (FLAC)"),
    TH_MARK(0, "MThd", "a sound file (MIDI)"),
    TH_MARK(8, "WAVE", "a sound file (WAVE)"),
    TH_MARK(8, "AIFF", "a sound file (AIFF)"),
    TH_MARK(8, "AIFC", "a sound file (AIFF)"),
    /* fonts */
    TH_MARK(0, "OTTO\0", "a font"),
    TH_MARK(0, "ttcf\0", "a font"),
    TH_MARK(0, "wOFF", "a font"),
    TH_MARK(0, "wOF2", "a font"),
    TH_MARK(0, "\0\1\0\0\0", "a font"),
    /* archives, databases, programs */
    TH_MARK(0, "PK\3\4", "a ZIP archive, or a document in one"),
    TH_MARK(0, "PK\5\6", "a ZIP archive"),
    TH_MARK(0, "\x1f\x8b", "a gzip file"),
    TH_MARK(0, "BZh", "a bzip2 file"),
    TH_MARK(0,
            "\xfd"
            "7zXZ",
            "an xz file"),
    TH_MARK(0, "\x28\xb5\x2f\xfd", "a Zstandard file"),
    TH_MARK(0, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    TH_MARK(0, "Rar!\x1a\x07", "a RAR archive"),
    TH_MARK(257, "ustar", "a tar archive"),
    TH_MARK(0, "SQLite format 3", "an SQLite database"),
    TH_MARK(0,
            "\x7f"
            "ELF",
            "a program"),
};

/* Packets of 188 bytes (a camcorder's have 4 more in front), each with the same first byte. */
static bool is_transport_stream(const uint8_t *data, size_t len)
{
    static const char sync[] = "G";
    bool plain = th_has_bytes(data, len, 0, sync, 1) && th_has_bytes(data, len, 188, sync, 1) &&
                 th_has_bytes(data, len, 376, sync, 1);
    return plain || (th_has_bytes(data, len, 4, sync, 1) && th_has_bytes(data, len, 196, sync, 1) &&
                     th_has_bytes(data, len, 388, sync, 1));
}

const char *th_foreign_name(enum thumbs_format format, const uint8_t *data, size_t len)
{
    /* Everything else is a picture, whatever else it might look like. */
    if (format != THUMBS_FORMAT_NONE && format != THUMBS_FORMAT_PDF &&
        format != THUMBS_FORMAT_OTHER)
        return NULL;
    const char *name = th_mark_name(marks, sizeof marks / sizeof *marks, data, len);
    if (name) return name;
    return is_transport_stream(data, len) ? "a video (MPEG)" : NULL;
}

bool th_foreign_ending(const char *ext, size_t len)
{
    static const char endings[][6] = {"ai",   "dcm", "dds", "eps",  "exr", "fit",
                                      "fits", "fts", "hdr", "icns", "pdf", "ps",
                                      "psb",  "psd", "xcf", "xpm",  "v",   "vips"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (strlen(endings[i]) == len && strncasecmp(endings[i], ext, len) == 0) return true;
    return false;
}
