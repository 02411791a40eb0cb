# SPDX-License-Identifier: MIT
# --metadata: what is kept in every format, in all modes and on the fast path, read by exiftool; the
# colours that come with it; what never is.
. "$CASES/common.inc"
command -v exiftool >/dev/null || skip "exiftool is not installed"

# read_tags FOLDER... - note what exiftool, which takes long to start, says of all files in them: a
# line each, "FILE [GROUP] TAG: VALUE"
read_tags() {
    exiftool -r -s -a -G1 -warning -error -Orientation -Artist -GPSLatitude -Title -Keywords -City \
        -ThumbnailImage -PreviewImage -ProfileDescription -ExifImageWidth -ExifImageHeight "$@" |
        awk '/^======== / { file = $2; next } / files? read$/ { next } { print file, $0 }' |
        sed 's/] */] /; s/ *: /: /' >>"$log/tags" || true
}
tags() { grep "^$1 " "$log/tags" || true; }
has() { grep -Fqx "$1 $2" "$log/tags" || fail "$1 lacks '$2': $(tags "$1")"; }
has_not() { ! tags "$1" | grep -Fq "$2" || fail "$1 has '$2': $(tags "$1")"; }

mkdir photos
cp "$SAMPLES/icc/display-p3.jpg" photos/p3.jpg
cp "$SAMPLES/orientation/orientation-6.jpg" photos/turned.jpg
cp "$SAMPLES/icc/display-p3.png" photos/p3-png.png
cp "$SAMPLES/orientation/orientation-6.webp" photos/turned-webp.webp
cp "$SAMPLES/icc/srgb.jpg" photos/thumb.jpg
exiftool -q -overwrite_original -GPSLatitude=48.1 -GPSLatitudeRef=N -Artist=Jane \
    -ExifImageWidth=4000 -ExifImageHeight=3000 -XMP-dc:Title=Hello "-XMP-tiff:Orientation#=6" \
    -IPTC:Keywords=sea -IPTC:City=Rome \
    "-ThumbnailImage<=photos/thumb.jpg" photos/p3.jpg photos/turned.jpg 2>"$log/tool"
exiftool -q -overwrite_original -GPSLatitude=48.1 -GPSLatitudeRef=N -Artist=Jane -XMP-dc:Title=Hello \
    photos/p3-png.png photos/turned-webp.webp 2>>"$log/tool"
rm photos/thumb.jpg
read_tags photos
tags photos/p3.jpg | grep -q '\[IFD1\] ThumbnailImage: ' || fail "there is no thumbnail to be removed"

formats=jpeg,png,webp
names="jpg png webp"
if can_write avif; then
    formats=$formats,avif
    names="$names avif"
fi
for what in none icc all; do
    for mode in $MODES; do
        thumbs 0 --mode="$mode" --metadata=$what --size=64,20 --format=$formats photos "$what-$mode"
        same_trees "$what-$mode" "$what-sync"
    done
    # On the fast path alone.
    thumbs 0 --metadata=$what --size=64 photos "$what-fast"
    [ $what = all ] || ! exiftool -a -G0 -r -GPS:all -XMP:all -IPTC:all -IFD0:all "$what-sync" "$what-fast" |
        grep -E '^\[(EXIF|XMP|IPTC)\]' || fail "$what keeps what it should not"
done
read_tags none-sync icc-sync all-sync icc-fast all-fast
for name in p3 turned p3-png turned-webp; do
    for ending in $names; do
        for size in 64 20; do
            file=$name-$size.$ending
            has_not none-sync/$file ":"
            has_not icc-sync/$file Artist
            all=all-sync/$file
            has "$all" "[IFD0] Artist: Jane"
            has "$all" "[GPS] GPSLatitude: 48 deg 6' 0.00\""
            has "$all" "[XMP-dc] Title: Hello"
            has_not "$all" Thumbnail
            has_not "$all" "Warning: "
        done
    done
done
for ending in $names; do
    has icc-sync/p3-64.$ending "[ICC_Profile] ProfileDescription: Display P3 (sample)"
    has icc-sync/p3-png-64.$ending "[ICC_Profile] ProfileDescription: Display P3 (sample)"
    has all-sync/p3-64.$ending "[ICC_Profile] ProfileDescription: Display P3 (sample)"
    has all-sync/turned-64.$ending "[IFD0] Orientation: Horizontal (normal)"
    has all-sync/turned-64.$ending "[ExifIFD] ExifImageWidth: 64"
    has all-sync/turned-20.$ending "[ExifIFD] ExifImageWidth: 20"
    has all-sync/p3-64.$ending "[XMP-tiff] Orientation: Horizontal (normal)"
done
for file in all-sync/p3-64.jpg all-fast/p3.jpg; do
    has "$file" "[IPTC] Keywords: sea"
    has "$file" "[IPTC] City: Rome"
done
has icc-fast/p3.jpg "[ICC_Profile] ProfileDescription: Display P3 (sample)"
has_not icc-fast/turned.jpg ":"
has_not all-fast/turned.jpg "Warning: "

# A kept profile means the same colours: turned to sRGB afterwards, they are those of none.
thumbs 0 --size=64 --format=png icc-sync/p3-png-64.png again
thumbs 0 --size=64 --format=png none-sync/p3-png-64.png plain
! cmp -s icc-sync/p3-png-64.png none-sync/p3-png-64.png || fail "the colours were converted"
cmp again/p3-png-64.png plain/p3-png-64.png || fail "the colours do not come to the same"
# So are those of a placeholder.
for what in none icc; do
    thumbs 0 --metadata=$what --placeholders --report="$log/$what" photos/p3-png.png "placeholder-$what"
    sed -n 's/.*"placeholder":{\([^}]*\)}.*/\1/p' "$log/$what" >"$log/placeholder-$what"
done
[ -s "$log/placeholder-icc" ] && cmp "$log/placeholder-icc" "$log/placeholder-none" ||
    fail "a placeholder of other colours"
# A format without a place for a profile gets sRGB.
if can_write gif; then
    thumbs 0 --metadata=icc --size=64 --format=gif,png photos/p3-png.png gif-icc
    thumbs 0 --size=64 --format=gif photos/p3-png.png gif-none
    cmp gif-icc/p3-png.gif gif-none/p3-png.gif || fail "a GIF of colours that it does not tell"
fi
# CMYK is converted, and no profile of it kept; the rest is.
cp "$SAMPLES/jpeg/cmyk-adobe-marker.jpg" cmyk.jpg
exiftool -q -overwrite_original -Artist=Jane cmyk.jpg 2>>"$log/tool"
thumbs 0 --metadata=all cmyk.jpg cmyk-out
cp cmyk-out/cmyk.jpg cmyk-out/second.jpg # of one file alone it does not say which
read_tags cmyk-out
has_not cmyk-out/cmyk.jpg Profile
has cmyk-out/cmyk.jpg "[IFD0] Artist: Jane"

# XMP that is longer than a segment goes without the rest; a profile in parts stays whole.
head -c 100000 /dev/zero | tr '\0' 'x' >long.txt
cp "$SAMPLES/icc/display-p3-in-six-parts.jpg" long.jpg
exiftool -q -overwrite_original -api Compact=NoPadding \
    -XMP-dc:Title=Short "-XMP-dc:Description<=long.txt" long.jpg 2>>"$log/tool"
thumbs 0 --metadata=all --format=jpeg,webp long.jpg long-out
exiftool -b -icc_profile long.jpg >before.icc
exiftool -b -icc_profile long-out/long.jpg >after.icc
[ -s before.icc ] && cmp before.icc after.icc || fail "the profile is another"
! exiftool -b -HasExtendedXMP long-out/long.jpg | grep -q '[0-9A-F]' || fail "XMP that is not there is told of"

# --max-size counts it, up to date knows it, bad words are refused.
thumbs 0 --metadata=all --max-size=4500 --quality=95 photos/turned.jpg most
[ "$(stat -c %s most/turned.jpg)" -le 4500 ] || fail "max-size does not count metadata"
thumbs 0 --metadata=icc --size=64 photos icc-fast
expect_counts 0 4 0 0 0
thumbs 0 --metadata=all --size=64 photos icc-fast
expect_counts 4 0 0 0 0
for bad in "" exif ICC none,icc; do
    thumbs 2 --metadata="$bad" photos out
    expect_said "--metadata"
done

# All of it is kept whatever else is asked for, on the fast paths and through libvips. (A GIF, or
# exiftool's view of JPEG XL, has no place for some of it.)
cp "$SAMPLES/webp/animated-alpha.webp" photos/moving.webp
exiftool -q -overwrite_original -GPSLatitude=48.1 -GPSLatitudeRef=N -Artist=Jane -XMP-dc:Title=Hello \
    photos/moving.webp 2>>"$log/tool"
can_write avif && avif=avif, || avif=
n=0
while read -r options; do
    n=$((n + 1))
    for fault in none:1 'decline:*'; do
        # shellcheck disable=SC2086 # several words
        THUMBS_FAULT=$fault thumbs 0 --mode=threads --metadata=all --names=full $options photos "with-$n-${fault%:*}"
    done
done <<TABLE
--format=jpeg,webp --size=60 --max-size=5K --quality=95
--format=webp,jpeg --size=60 --pages=all --placeholders
--format=jpeg --size=40 --embedded --progressive
--format=jpeg,png --size=60,30 --fit=cover --gravity=attention --linear
--format=keep --size=60 --sharpen --fast
--format=${avif}png --size=60 --fit=contain --background=#123456 --enlarge
TABLE
read_tags with-*
[ "$(ls -d with-*/*.* | wc -l)" -ge 100 ] || fail "there are only $(ls -d with-*/*.* | wc -l) files"
for file in with-*/*.*; do
    has "$file" "[IFD0] Artist: Jane"
    has "$file" "[GPS] GPSLatitude: 48 deg 6' 0.00\""
    has "$file" "[XMP-dc] Title: Hello"
    has_not "$file" Thumbnail
    has_not "$file" "Warning: "
    ! tags "$file" | grep 'Orientation: ' | grep -Fqv 'Horizontal (normal)' || fail "$file: $(tags "$file")"
    case $file in */p3*) has "$file" "[ICC_Profile] ProfileDescription: Display P3 (sample)" ;; esac
    case $file in */p3.jpg*.jpg) has "$file" "[IPTC] City: Rome" ;; esac
done
