# SPDX-License-Identifier: MIT
# --include and --exclude: against the path below SOURCE, in order, the last that matches wins.
. "$CASES/common.inc"
mkdir -p photos/raw photos/b/raw photos/b/c
for name in a.jpg raw/r.jpg b/raw/s.jpg b/b.jpg b/c/c.JPG b/c/x.jpg d.jpg; do
    cp "$SAMPLES/png/size-4x4-adam7.png" "photos/$name"
done
cp "$SAMPLES/png/rgb-8.png" photos/b/p.png
cp "$SAMPLES/png/rgb-8.png" photos/b/picture
n=0
try() { # 'options' output...
    words=$1
    shift
    n=$((n + 1))
    set -f
    # shellcheck disable=SC2086 # several words, not to be expanded
    thumbs 0 --mode=sync $words photos "out$n"
    set +f
    expect_outputs "out$n" "$@"
}
try "" a.jpg d.jpg raw/r.jpg b/raw/s.jpg b/b.jpg b/c/c.jpg b/c/x.jpg b/p.jpg b/picture.jpg
try "--include=*.png" b/p.jpg
try "--include *.png --include=a.*" b/p.jpg a.jpg
try "--include=*.jpg --exclude=b/**" a.jpg d.jpg raw/r.jpg
# A folder that is left out is not entered, whatever would be taken of it.
try "--exclude=b/** --include=*.jpg" a.jpg d.jpg raw/r.jpg b/b.jpg
try "--exclude=*.jpg" b/c/c.jpg b/p.jpg b/picture.jpg
try "--exclude=raw" a.jpg d.jpg b/b.jpg b/c/c.jpg b/c/x.jpg b/p.jpg b/picture.jpg
try "--exclude=raw/" a.jpg d.jpg b/b.jpg b/c/c.jpg b/c/x.jpg b/p.jpg b/picture.jpg
try "--exclude=/raw" a.jpg d.jpg b/raw/s.jpg b/b.jpg b/c/c.jpg b/c/x.jpg b/p.jpg b/picture.jpg
try "--exclude=* --include=[ab].jpg" a.jpg
try "--exclude=* --include=[ab].jpg --include=b" a.jpg b/b.jpg
try "--exclude=*/*.jpg --exclude=b/p*" a.jpg d.jpg b/raw/s.jpg b/c/c.jpg b/c/x.jpg
try "--include=b/**/x.jpg" b/c/x.jpg
try "--include=nothing"
# Excluded files are told, each once.
thumbs 0 --exclude='*.jpg' --report="$log/r" photos out
check_report "$log/r"
expect_counts 3 0 0 0 6
# With several SOURCEs the path begins below each.
mkdir more
cp photos/a.jpg more/
thumbs 0 --exclude=/a.jpg --exclude=b photos more both
expect_outputs both photos/d.jpg photos/raw/r.jpg
thumbs 2 --exclude='[a' photos out
thumbs 2 --include='' photos out
