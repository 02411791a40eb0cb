# SPDX-License-Identifier: MIT
# A profile counts if it is for colours of the picture's kind; else it is passed over with a warning.
# The same in every format, on the fast path of JPEG and through libvips (--linear).
. "$CASES/common.inc"
command -v exiftool >/dev/null || skip "exiftool is not installed"
mkdir none
cp "$SAMPLES/icc/without-profile.jpg" none/rgb-jpeg.jpg
cp "$SAMPLES/icc/grey-without-profile.jpg" none/grey-jpeg.jpg
cp "$SAMPLES/jpeg/cmyk-adobe-marker.jpg" none/ink-jpeg.jpg
cp "$SAMPLES/icc/without-profile.png" none/rgb-png.png
cp "$SAMPLES/png/grey-8.png" none/grey-png.png
cp "$SAMPLES/png/palette-8.png" none/rgb-palette.png
cp "$SAMPLES/png/rgba-16.png" none/rgb-deep.png
cp "$SAMPLES/webp/lossless.webp" none/rgb-webp.webp
cp "$SAMPLES/tiff/strip.tif" none/rgb-tiff.tif
cp "$SAMPLES/tiff/big-endian-grey.tif" none/grey-tiff.tif

exiftool -b -icc_profile "$SAMPLES/icc/red-blue-exchanged.jpg" >rgb.icc
exiftool -b -icc_profile "$SAMPLES/icc/grey-gamma-1.8.jpg" >grey.icc
{
    head -c 128 rgb.icc
    printf '\377\377\377\377' # tags without end
    tail -c +133 rgb.icc
} >broken.icc
for profile in rgb grey broken; do
    cp -r none $profile
    exiftool -q -overwrite_original "-icc_profile<=$profile.icc" $profile 2>"$log/tool"
done
for linear in '' --linear; do
    for profile in none rgb grey broken; do
        # shellcheck disable=SC2086 # none, or one word
        thumbs 0 --format=png --size=40 $linear --report="$log/$profile" $profile "out-$profile"
    done
    for file in none/*; do
        file=${file##*/}
        out=${file%.*}.png
        for profile in rgb grey broken; do
            case $profile-$file in
            rgb-rgb-* | grey-grey-*) wanted=used ;;
            # Grey is equal parts of red, green and blue; in PNG such a profile is forbidden.
            rgb-grey-jpeg* | rgb-grey-tiff*) wanted=same ;;
            *) wanted=ignored ;;
            esac
            got=used
            if cmp -s "out-none/$out" "out-$profile/$out"; then got=same; fi
            if grep "\"source\":\"$file\"" "$log/$profile" | grep -q '"warning":"its colour profile is ignored'; then
                [ $got = same ] && got=ignored || got="told of, and used"
            fi
            [ "$got" = $wanted ] || fail "$linear: a profile that is $profile in $file is $got, not $wanted"
        done
    done
done
