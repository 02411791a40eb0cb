# SPDX-License-Identifier: MIT
# --name: every field, folders made as wanted, literal braces; what would lead out of DEST or tells
# nothing is refused.
. "$CASES/common.inc"
mkdir -p photos/sub/deep
cp "$SAMPLES/jpeg/size-17x33.jpg" photos/top.jpg
cp "$SAMPLES/orientation/orientation-6.jpg" photos/sub/deep/up.right.jpeg
n=0
try() { # TEMPLATE OUTPUT...
    template=$1
    shift
    n=$((n + 1))
    for mode in processes sync; do
        thumbs 0 --name="$template" --mode=$mode photos "out$n"
        expect_outputs "out$n" "$@"
    done
    expect_counts 0 2 0 0 0
}
try '{dir}/{stem}.{ext}' top.jpg sub/deep/up.right.jpg
try '{dir}/{stem}' top sub/deep/up.right
try '{stem}.{ext}' top.jpg up.right.jpg
try '{size}/{dir}/{stem}-{width}x{height}.{format}' 256/top-17x33.jpeg 256/sub/deep/up.right-240x160.jpeg
try 'a/./b//{dir}/{stem}.{ext}' a/b/top.jpg a/b/sub/deep/up.right.jpg
try '{{x}}{dir}/%s{stem}' '{x}sub/deep/%sup.right' '{x}/%stop'
try '{dir}/.{stem}' .top sub/deep/.up.right
try '.thumbs/{dir}/{stem}' _.thumbs/top _.thumbs/sub/deep/up.right
try '{dir}/.thumbs-{stem}' _.thumbs-top sub/deep/_.thumbs-up.right
try 'x{dir}x/{stem}' xx/top xsub/deepx/up.right
try '{dir}/{name}.{ext}' top.jpg.jpg sub/deep/up.right.jpeg.jpg
try '{name}' top.jpg up.right.jpeg
# Names that depend on what is inside a picture.
try '{height}{dir}' 33 160sub/deep
thumbs 0 --name='{width}/{dir}/{stem}.{format}' --size=10,20x --format=png,jpeg photos several
expect_outputs several 10/sub/deep/up.right.jpeg 10/sub/deep/up.right.png 20/sub/deep/up.right.jpeg \
    20/sub/deep/up.right.png 5/top.jpeg 5/top.png 17/top.jpeg 17/top.png

for template in '' '/{stem}' '../{stem}' '{dir}/../{stem}' '{stem' 'stem}' '{}' '{nothing}' '{STEM}' '{dir}/' \
    '{stem}/.' '{hash:0}' '{hash:17}' '{hash:}' '{stem:2}'; do
    thumbs 2 --name="$template" photos no
done
thumbs 2 --name='{dir}/{stem}.{ext}' --size=1,2 photos no
thumbs 2 --name='{dir}/{stem}-{size}' --size=1,2 --format=jpeg,png photos no
[ ! -e no ] || fail "a refused run has made DEST"
