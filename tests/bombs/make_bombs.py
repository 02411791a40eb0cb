#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write hostile pictures into a folder: small files, or sparse ones, that ask a decoder for far more than they are.

    make_bombs.py FOLDER

Each is meant to be refused, or to be done with bounded time and memory; bombs.sh knows which.
"""
import os
import struct
import sys
import zlib

MEGA = 1 << 20


# ---- PNG ----

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width, height, colour=0, interlace=0):
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, interlace))


def zeros(n):
    """n zero bytes as a zlib stream; a block of a megabyte is deflated once and repeated."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = deflate.compress(bytes(MEGA)) + deflate.flush(zlib.Z_FULL_FLUSH)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    last = deflate.compress(bytes(n % MEGA)) + deflate.flush()
    # Adler-32 of zeros: the low half stays 1, the high half counts.
    return b"\x78\xda" + first * (n // MEGA) + last + struct.pack(">I", (n % 65521) << 16 | 1)


def png(width, height, before=b"", interlace=0):
    return (header(width, height, 0, interlace) + before + chunk(b"IDAT", zeros((width + 1) * height))
            + chunk(b"IEND", b""))


def text_plain(path, size):
    """A text chunk of `size` bytes that are not on the disk."""
    with open(path, "wb") as f:
        f.write(header(16, 16) + struct.pack(">I", size) + b"tEXt" + b"Comment\0")
        f.seek(size - 8, os.SEEK_CUR)
        f.write(struct.pack(">I", 0) + chunk(b"IDAT", zeros(17 * 16)) + chunk(b"IEND", b""))


# ---- JPEG ----

def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def jpeg(side, n, extra=b"", sof=0xC2):
    """A progressive JPEG up to its first scan, its one AC code a run of empty blocks."""
    frame = struct.pack(">BHHB", 8, side, side, n) + b"".join(bytes([i + 1, 0x11, 0]) for i in range(n))
    return (b"\xff\xd8" + extra + segment(0xDB, b"\0" + b"\1" * 64) + segment(sof, frame)
            + segment(0xC4, bytes([0x10, 1] + [0] * 15 + [0xE0])) + segment(0xC4, bytes([0, 1] + [0] * 15 + [0])))


def scan(component, spectral):
    return segment(0xDA, bytes([1, component, 0]) + spectral)


def grey(extra):
    """A good grey JPEG of 64 x 64 with something in front."""
    return jpeg(64, 1, extra) + scan(1, b"\0\0\0") + bytes(8) + b"\xff\xd9"


def exif_loop():
    """Directory 0 is followed by itself; two more point at each other."""
    ifd = lambda tag, value, following: struct.pack("<HHHIII", 1, tag, 4, 1, value, following)
    tiff = b"II*\0\x08\0\0\0" + ifd(0x8769, 26, 8) + ifd(0xA005, 44, 26) + ifd(0x8769, 26, 44)
    return segment(0xE1, b"Exif\0\0" + tiff)


def exif_counts():
    """Entries that claim four billion values each."""
    entries = b"".join(struct.pack("<HHII", 0x9000 + i, 12, 0xFFFFFFFF, 8) for i in range(5000))
    return segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 5000) + entries + bytes(4))


def icc_profile():
    """A profile whose colour table claims 255 steps on each of its axes, and a hundred tags that share it."""
    table = b"mft2" + bytes(4) + bytes([3, 3, 255, 0]) + struct.pack(">9i", *[65536, 0, 0] * 3)
    table += struct.pack(">HH", 4096, 4096) + bytes(2000)
    tags = struct.pack(">I", 100)
    for i in range(100):
        name = [b"A2B0", b"B2A0", b"A2B1"][i] if i < 3 else b"x%03d" % i
        tags += name + struct.pack(">II", 128 + 4 + 1200, len(table))
    size = 128 + len(tags) + len(table)
    head = struct.pack(">I", size) + b"lcms\x02\x40\0\0mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    head += struct.pack(">III", 0xF6D6, 0x10000, 0xD32D)
    return head.ljust(128, b"\0") + tags + table


def icc_segments(profile):
    return segment(0xE2, b"ICC_PROFILE\0\x01\x01" + profile)


# ---- GIF ----

def gif(side, n_frames):
    size = struct.pack("<HH", side, side)
    frame = b"\x21\xf9\x04\0\x0a\0\0\0" + b"\x2c\0\0\0\0\1\0\1\0\0" + b"\x02\x02\x4c\x01\0"
    return b"GIF89a" + size + b"\x80\0\0\xff\0\0\0\0\xff" + frame * n_frames + b";"


# ---- TIFF ----

def tiff(following=0, **changed):
    """A good grey TIFF of 16 x 16 in one strip behind its directory, but for what is changed."""
    tags = dict(width=(256, 16), height=(257, 16), bits=(258, 8), compression=(259, 1), photometric=(262, 1),
                offset=(273, 0), samples=(277, 1), rows=(278, 16), count=(279, 256))
    values = {tag: value for tag, value in tags.values()}
    values[273] = 8 + 2 + 12 * len(tags) + 4
    for name, value in changed.items():
        values[tags[name][0]] = value
    directory = struct.pack("<H", len(tags))
    for tag in sorted(values):
        directory += struct.pack("<HHII", tag, 4, 1, values[tag])
    return b"II*\0\x08\0\0\0" + directory + struct.pack("<I", following) + bytes(256)


def tiff_directories(n):
    entries = ((256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (279, 1))
    out = bytearray(b"II*\0\x08\0\0\0")
    for i in range(n):
        out += struct.pack("<H", len(entries))
        for tag, value in entries:
            out += struct.pack("<HHII", tag, 4, 1, value)
        out += struct.pack("<I", len(out) + 4 if i + 1 < n else 0)
    return bytes(out)


def tiff_overlapping(n):
    """A directory of n entries that claim 65536 values each, the same for all."""
    entries = struct.pack("<HHII", 256, 4, 1, 16) + struct.pack("<HHII", 257, 4, 1, 16)
    entries += struct.pack("<HHII", 279, 4, 65536, 8) * (n - 2)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", n) + entries + bytes(4 + 4 * 65536)


# ---- WebP, HEIF ----

def riff(chunks, size=None):
    return b"RIFF" + struct.pack("<I", len(chunks) + 4 if size is None else size) + b"WEBP" + chunks


def webp_frames(n):
    """An animation of n frames of one pixel each."""
    lossless = b"VP8L" + struct.pack("<I", 14) + bytes.fromhex("2f000000000710 11fd0f4444ff03")
    frame = b"ANMF" + struct.pack("<I", 16 + len(lossless)) + bytes(12) + b"\x0a\0\0\0" + lossless
    return riff(b"VP8X" + struct.pack("<I", 10) + b"\2\0\0\0" + bytes(6) + b"ANIM" + struct.pack("<I", 6) + bytes(6)
                + frame * n)


def box(kind, data, size=None):
    return struct.pack(">I", len(data) + 8 if size is None else size) + kind + data


def heif(brand, meta):
    return box(b"ftyp", brand + bytes(4) + b"mif1" + brand) + meta


def heif_meta(width, height, length):
    """One item whose data lies far behind the end."""
    full = bytes(4)
    item = box(b"infe", b"\2\0\0\0\0\1\0\0hvc1\0")
    properties = box(b"iprp", box(b"ipco", box(b"ispe", full + struct.pack(">II", width, height)))
                     + box(b"ipma", full + struct.pack(">IHBB", 1, 1, 1, 1)))
    location = full + b"\x44\0" + struct.pack(">HHHHII", 1, 1, 0, 1, 4000000000, length)
    return box(b"meta", full + box(b"hdlr", full + bytes(4) + b"pict" + bytes(13)) + box(b"pitm", full + b"\0\1")
               + box(b"iinf", full + b"\0\1" + item) + properties + box(b"iloc", location))


# ---- SVG ----

def laughs():
    entities = "<!ENTITY a0 'lol'>"
    for i in range(1, 10):
        entities += "<!ENTITY a%d '%s'>" % (i, "&a%d;" % (i - 1) * 10)
    return ("<!DOCTYPE svg [%s]><svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><text>&a9;</text></svg>"
            % entities).encode()


def main(folder):
    zeros_chunk = b"Comment\0\0" + zeros(1000 * MEGA)
    international = b"Comment\0\1\0\0\0" + zeros(1000 * MEGA)
    profile_chunk = b"bomb\0\0" + zeros(1000 * MEGA)
    files = {
        "png-wide.png": png(50000, 50000),
        "png-ztxt.png": png(16, 16, chunk(b"zTXt", zeros_chunk)),
        "png-itxt.png": png(16, 16, chunk(b"iTXt", international)),
        "png-iccp.png": png(16, 16, chunk(b"iCCP", profile_chunk)),
        "png-chunks.png": png(16, 16, chunk(b"tEXt", b"a\0b") * 200000),
        "jpeg-wide.jpg": jpeg(60000, 3) + scan(1, b"\0\0\0"),
        "jpeg-scans.jpg": jpeg(4000, 1) + (scan(1, b"\1\x3f\0") + b"\x3f\xff") * 20000 + b"\xff\xd9",
        "jpeg-dc-scans.jpg": jpeg(4000, 1) + (scan(1, b"\0\0\0") + b"\0") * 20000 + b"\xff\xd9",
        "jpeg-fill.jpg": grey(b"\xff" * 4 * MEGA),
        "jpeg-exif-loop.jpg": grey(exif_loop()),
        "jpeg-exif-counts.jpg": grey(exif_counts()),
        "jpeg-icc.jpg": grey(icc_segments(icc_profile())),
        "gif-wide.gif": gif(65535, 1),
        "gif-frames.gif": gif(100, 100000),
        "tiff-offset.tif": tiff(offset=0xFFFFFF00),
        "tiff-count.tif": tiff(count=0xFFFFFFFF),
        "tiff-rows.tif": tiff(rows=0xFFFFFFFF, height=30000, width=10000),
        "tiff-strips.tif": tiff(rows=1, height=10000000),
        "tiff-wide.tif": tiff(width=0x7FFFFFFF, height=1),
        "tiff-huge.tif": tiff(width=0x7FFFFFFF, height=0x7FFFFFFF),
        "tiff-loop.tif": tiff(following=8),
        "tiff-directories.tif": tiff_directories(200000),
        "tiff-overlapping.tif": tiff_overlapping(4096),
        "tiff-entries.tif": tiff_overlapping(65535),
        "webp-riff.webp": riff(b"VP8L" + struct.pack("<I", 0xFFFFFFF0) + b"\x2f\0\0\0\0", 0xFFFFFFF0),
        "webp-canvas.webp": riff(b"VP8X" + struct.pack("<I", 10) + bytes(4) + b"\xff" * 6),
        "webp-frames.webp": webp_frames(100000),
        "heif-box.heic": heif(b"heic", box(b"meta", bytes(4), 0xFFFFFFFF)),
        "heif-far.heic": heif(b"heic", heif_meta(60000, 60000, 0xFFFFFFFF)),
        "avif-far.avif": heif(b"avif", heif_meta(60000, 60000, 0xFFFFFFFF)),
        "svg-laughs.svg": laughs(),
    }
    for name, data in files.items():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)
    text_plain(os.path.join(folder, "png-text.png"), 200 * MEGA)
    text_plain(os.path.join(folder, "png-text-1g.png"), 1024 * MEGA)


if __name__ == "__main__":
    main(sys.argv[1])
