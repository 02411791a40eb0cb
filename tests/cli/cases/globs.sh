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
try "--exclude=*.jpg" b/p.jpg b/picture.jpg
# Endings of images are compared without regard to case, nothing else is.
try "--include=*.JPEG --include=*.JPG" a.jpg d.jpg raw/r.jpg b/raw/s.jpg b/b.jpg b/c/c.jpg b/c/x.jpg
try "--include=C.jpg --include=c.jPg" b/c/c.jpg
try "--include=*.[j]pg --exclude=x.*" a.jpg d.jpg raw/r.jpg b/raw/s.jpg b/b.jpg
# Alternatives.
try "--include=[ab].{png,jpg} --include={x,/b/p}.{jp,pn}g" a.jpg b/b.jpg b/c/x.jpg b/p.jpg
try "--include={a,b/{b,c/x}}.jpg" a.jpg b/b.jpg b/c/x.jpg
# An include that is a folder takes what is in it, however it is spelled, unless another rule is
# about that.
for folder in b/c b/c/ ./b/c ./b//c/ /b/c b/./c c c/; do try "--include=$folder" b/c/c.jpg b/c/x.jpg; done
try "--include=./a.jpg --include=.//b/./raw" a.jpg b/raw/s.jpg
try "--include=b --exclude=c --exclude=*.png" b/raw/s.jpg b/b.jpg b/picture.jpg
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
expect_counts 2 0 0 0 7
# With several SOURCEs the path begins below each.
mkdir more
cp photos/a.jpg more/
thumbs 0 --exclude=/a.jpg --exclude=b photos more both
expect_outputs both photos/d.jpg photos/raw/r.jpg
thumbs 2 --exclude='[a' photos out
thumbs 2 --include='' photos out
thumbs 2 --include='*.{jpg' photos out
expect_said 'a { is not closed'
thumbs 2 --include='{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}' photos out
expect_said 'its braces expand to too many patterns'
# What matches nothing is told.
thumbs 0 --exclude='*.png' --include='*.jpeg' --include='photos/*.jpg' --include='*.png' --include=a.jpg photos told
expect_said 'note: --include=*.jpeg matched nothing'
expect_said 'note: --include=photos/*.jpg matched nothing'
[ "$(grep -c 'matched nothing' "$log/stderr")" = 2 ] || fail "$(cat "$log/stderr")"
thumbs 0 --exclude='*.gif' photos told
expect_said 'note: --exclude=*.gif matched nothing'
thumbs 0 --quiet --exclude='*.gif' photos told
[ ! -s "$log/stderr" ] || fail "a note under --quiet"
