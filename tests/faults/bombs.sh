#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Hostile pictures among good ones, in every mode: each is refused with the right code or is done,
# in bounded time and memory; the good ones beside it are all done; and the run ends with status 1.
#   bombs.sh PROGRAM SAMPLES
# THUMBS_BOMBS_MB: most megabytes that any one process may have held.
set -u
. "$(dirname "$0")/common.inc"
make_bombs=$(dirname "$(readlink -f "$0")")/../bombs/make_bombs.py
command -v python3 >/dev/null || { echo "SKIPPED: python3 is missing"; exit 77; }
most_mb=${THUMBS_BOMBS_MB:-512}
# A sanitizer keeps what was freed, and shadows all of it.
ldd "$thumbs" | grep -qE 'lib(a|t)san' && most_mb=$((most_mb * 4))

source=$scratch/source
mkdir "$source"
cd "$scratch" || exit 1
python3 "$make_bombs" "$source" || exit 1
for good in jpeg/baseline-420.jpg jpeg/progressive-420.jpg jpeg/ycck-420.jpg gif/still.gif webp/animated.webp \
    png/filter-paeth.png tiff/strip-deflate.tif; do
    cp "$samples/$good" "$source/good-${good//\//-}" || exit 1
done

cat >check.py <<'EOF'
import json
import resource
import subprocess
import sys
import time

DONE = {"done"}
EXPECTED = {
    "png-wide.png": {"too_large"},
    "png-text-1g.png": {"too_large"},
    "png-text.png": {"done", "memory"},
    "png-ztxt.png": DONE, "png-itxt.png": DONE, "png-iccp.png": DONE, "png-chunks.png": DONE,
    "jpeg-wide.jpg": {"too_large"},
    "jpeg-scans.jpg": {"corrupt"}, "jpeg-dc-scans.jpg": {"corrupt"},
    "jpeg-fill.jpg": {"done", "memory"},  # its size lies behind more than is looked at
    "jpeg-exif-loop.jpg": DONE, "jpeg-exif-counts.jpg": DONE, "jpeg-icc.jpg": DONE,
    "gif-wide.gif": {"done", "too_large"},  # libnsgif takes the sides of the first frame for those of such a screen
    "gif-frames.gif": DONE,
    "tiff-offset.tif": {"corrupt"}, "tiff-rows.tif": {"corrupt", "memory"}, "tiff-strips.tif": {"corrupt", "too_large"},
    "tiff-wide.tif": {"corrupt", "too_large"}, "tiff-huge.tif": {"corrupt", "too_large"},
    "tiff-overlapping.tif": {"corrupt"}, "tiff-entries.tif": {"corrupt"},
    "tiff-count.tif": {"done", "damaged"}, "tiff-loop.tif": DONE, "tiff-directories.tif": DONE,
    "webp-riff.webp": {"corrupt"}, "webp-canvas.webp": {"corrupt", "too_large"}, "webp-frames.webp": DONE,
    "heif-box.heic": {"corrupt"}, "heif-far.heic": {"corrupt", "too_large"}, "avif-far.avif": {"corrupt", "too_large"},
    "svg-laughs.svg": {"corrupt"} if sys.argv[2] == "processes" else {"unsupported"},  # needs a sandbox
}

thumbs, mode, most_mb = sys.argv[1], sys.argv[2], int(sys.argv[3])
wrong = []
run = subprocess.Popen([thumbs, "--mode=" + mode, "--jobs=2", "--quiet", "--timeout=60", "--memory=512M",
                        "--report=report", "source", "out-" + mode],
                       stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def children(pid):
    try:
        found = [int(p) for p in open("/proc/%d/task/%d/children" % (pid, pid)).read().split()]
    except OSError:
        return []
    return found + [p for child in found for p in children(child)]


def proportional_kb(pid):
    try:
        for line in open("/proc/%d/smaps_rollup" % pid):
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


# What all processes of the run hold together, looked at again and again: --memory is a promise
# about the sum.
together_mb = 0
while run.poll() is None:
    together_mb = max(together_mb, sum(map(proportional_kb, [run.pid] + children(run.pid))) // 1024)
    time.sleep(0.02)
if run.returncode != 1:
    wrong.append("exit status %d" % run.returncode)
if together_mb > most_mb:
    wrong.append("all processes together held %d MB, allowed are %d" % (together_mb, most_mb))
verdicts = {}
for line in open("report"):
    source = json.loads(line)
    if "source" not in source:
        continue
    if source["source"] in verdicts:
        wrong.append("two verdicts for " + source["source"])
    error = source.get("error")
    verdicts[source["source"]] = source["status"] if source["status"] != "failed" else error["code"]
for name, verdict in sorted(verdicts.items()):
    expected = DONE if name.startswith("good-") else EXPECTED.get(name)
    if expected is None or verdict not in expected:
        wrong.append("%s: %s, expected is %s" % (name, verdict, expected))
for name in EXPECTED:
    if name not in verdicts:
        wrong.append("no verdict for " + name)
if sum(name.startswith("good-") for name in verdicts) != 7:
    wrong.append("a good picture is missing")
peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
if peak_mb > most_mb:
    wrong.append("a process held %d MB, allowed are %d" % (peak_mb, most_mb))
print("%s: peak of one process %d MB, of all together %d MB" % (mode, peak_mb, together_mb))
for what in wrong:
    print("FAILED: %s: %s" % (mode, what))
sys.exit(bool(wrong))
EOF

for mode in processes threads sync; do
    start=$SECONDS
    timeout -k 5 290 python3 check.py "$thumbs" "$mode" "$most_mb" || failures=$((failures + 1))
    echo "$mode: $((SECONDS - start)) s"
done

# A giant that is allowed streams: rows are dropped as they have been used.
timeout -k 5 290 python3 - "$thumbs" "$most_mb" <<'EOF' || failures=$((failures + 1))
import resource
import subprocess
import sys

thumbs, most_mb = sys.argv[1], int(sys.argv[2])
run = subprocess.run([thumbs, "--mode=sync", "--quiet", "--timeout=280", "--max-pixels=2500000000",
                      "source/png-wide.png", "out-giant"])
peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
print("2500 million pixels: status %d, peak %d MB" % (run.returncode, peak_mb))
sys.exit(run.returncode != 0 or peak_mb > most_mb // 2)
EOF

if [ $failures -ne 0 ]; then
    echo "$failures failed"
    exit 1
fi
