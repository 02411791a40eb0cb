#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# gallery.sh THUMBS SAMPLES - the gallery in a real headless Chromium: names of every kind, orders, keys, light and
# dark, narrow and wide, and 20,000 pictures. Skipped, by name, where there is no Chromium.
# Environment: SHOTS=FOLDER keeps screenshots there.
set -euo pipefail
thumbs=$1 samples=$2
here=$(cd "$(dirname "$0")" && pwd)
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { echo "skipped: no chromium"; exit 77; }
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/thumbs-gallery.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

photo() { cp "$samples/orientation/orientation-$1.jpg" "photos/$2"; }
mkdir -p "photos/a folder: 1?"
photo 1 "<script>window.hit = 1<"
mv "photos/<script>window.hit = 1<" "photos/<script>window.hit = 1<.jpg"
photo 2 '<img src=x onerror="window.hit = 1">.jpg'
photo 3 'javascript:window.hit = 1.jpg'
photo 4 '100% #1?&amp;.jpg'
photo 5 $'line\nfeed.jpg'
photo 6 $'turned\xe2\x80\xaegpj.jpg'
photo 7 $'no\xfeutf8.jpg'
photo 8 'grüß 雪.jpg'
photo 1 'a folder: 1?/https:..%2f.jpg'
for n in 1 2 10 20; do cp "$samples/photos/mountain-lake.jpg" "photos/number $n.jpg"; done
touch -d '2001-02-03 04:05:06' 'photos/number 10.jpg'
head -c 100 "$samples/photos/mountain-lake.jpg" >'photos/cut short.jpg'
echo 'no picture' >'photos/none.jpg'
head -c 60000 "$samples/photos/mountains-at-dawn.jpg" >photos/damaged.jpg
status=0
"$thumbs" --size=160,640 --gallery="$work/sheets/of a run.html" photos "out: 100%" 2>said || status=$?
[ -e "sheets/of a run.html" ] && { echo "a gallery in a folder that is not there"; exit 1; }
mkdir sheets
status=0
"$thumbs" --size=160,640 --gallery="sheets/of a run.html" photos "out: 100%" 2>said || status=$?
[ "$status" -eq 1 ] || { cat said; echo "exit status $status"; exit 1; }

# 20,000 pictures: their lines are made of one that was told, since nothing but the page is looked at.
awk '
    /^{"source":"number 10.jpg"/ {
        for (i = 0; i < 20000; i++) {
            line = $0
            sub(/number 10/, i % 40 "/IMG_" i, line)
            sub(/"bytes":[0-9]*/, "\"bytes\":" (i * 7919) % 20011 + 1, line)
            print line
        }
    }
    !/^{"source":/' "sheets/of a run.html" >sheets/many.html
python3 "$here/look.py" "sheets/of a run.html" sheets/many.html
