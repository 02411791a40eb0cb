# SPDX-License-Identifier: MIT
# Pictures that are cut, padded and distorted to their box, in every mode; what goes together; the
# options are part of what is up to date.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/photos/dunes.jpg" photos/wide.jpg
cp "$SAMPLES/orientation/orientation-6.jpg" photos/turned.jpg
cp "$SAMPLES/png/size-4x4-adam7.png" photos/tiny.png
cp "$SAMPLES/jpeg/size-1x3000.jpg" photos/strip.jpg
cp "$SAMPLES/png/rgba-8.png" photos/alpha.png
for mode in $MODES; do
    thumbs 0 --mode="$mode" --fit=cover --gravity=southwest --size=60x40 photos "$mode/cover"
    thumbs 0 --mode="$mode" --fit=cover --gravity=attention --size=60x40,30 --format=webp,jpeg photos "$mode/attention"
    thumbs 0 --mode="$mode" --fit=contain --background=#Ff0080 --size=61x40 --format=jpeg,png photos "$mode/contain"
    thumbs 0 --mode="$mode" --fit fill --enlarge --size=60x40,10x90 photos "$mode/fill"
    expect_clean "$mode/fill"
done
same_trees sync threads
same_trees sync processes
for name in wide turned; do
    expect_dims "sync/cover/$name.jpg" "jpeg 60x40"
    expect_dims "sync/attention/$name-60x40.webp" "webp 60x40"
    expect_dims "sync/attention/$name-30.jpg" "jpeg 30x30"
done
for name in wide turned tiny strip alpha; do
    expect_dims "sync/contain/$name.jpg" "jpeg 61x40"
    expect_dims "sync/contain/$name.png" "png 61x40"
    expect_dims "sync/fill/$name-60x40.jpg" "jpeg 60x40"
    expect_dims "sync/fill/$name-10x90.jpg" "jpeg 10x90"
done
# Not enlarged: what there is of the box.
expect_dims sync/cover/tiny.jpg "jpeg 4x4"
expect_dims sync/cover/strip.jpg "jpeg 1x40"
thumbs 0 --fit=cover --enlarge --size=60x40 photos grown
for name in wide turned tiny strip alpha; do expect_dims "grown/$name.jpg" "jpeg 60x40"; done
# Each of these makes other bytes, so nothing of the run before is up to date; a second run does
# nothing.
for options in --gravity=centre --gravity=north --gravity=center; do
    thumbs 0 --fit=cover --size=60x40 "$options" photos again
    case $options in
    --gravity=center) thumbs 0 --fit=cover --size=60x40 "$options" photos again && expect_counts 0 5 0 0 0 ;;
    *) expect_counts 5 0 0 0 0 ;;
    esac
done
thumbs 0 --fit=contain --size=60x40 --format=png photos padded
thumbs 0 --fit=contain --size=60x40 --format=png --background=#ffffff photos padded
expect_counts 5 0 0 0 0
thumbs 0 --fit=contain --size=60x40 --format=png --background=#ffffff photos padded
expect_counts 0 5 0 0 0
# What makes no sense, or is no value.
refused() { # WHAT-IS-SAID OPTION...
    said=$1
    shift
    thumbs 2 "$@" photos none
    expect_said "$said"
    [ ! -e none ] || fail "something was made: $*"
}
for fit in cover contain fill; do
    refused "fit $fit needs both sides of each size, and one has only a width" --fit=$fit --size=60x40,60x
    refused "fit $fit needs both sides of each size, and one has only a height" --fit=$fit --size=x40
done
refused "gravity applies to fit cover only" --gravity=north
refused "gravity applies to fit cover only" --gravity=entropy --fit=contain
refused "--fit=crop: must be inside, cover, contain or fill" --fit=crop
refused "--gravity=top: must be centre, north," --gravity=top
for colour in '' red '#fff' ffffff '#fffffff' '#ffffff00' '#gggggg' '#ffff f'; do
    refused "--background=$colour: must be a colour of six hexadecimal digits" --background="$colour"
done
