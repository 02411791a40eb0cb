# SPDX-License-Identifier: MIT
# What lies beside photos and is no picture for us is passed over, with a word on what it is; a
# picture that this build cannot read has failed.
. "$CASES/common.inc"
mkdir q
cp "$SAMPLES/orientation/orientation-1.jpg" q/a.jpg
printf '%%PDF-1.4\n1 0 obj\n' >q/a.pdf
printf '%%!PS-Adobe-3.0 EPSF\n' >q/logo.eps
printf '%%!PS-Adobe-3.0\n%%%%Creator: x\n' >q/logo.ai
printf '8BPS\0\1\0\0\0\0\0\0' >q/layers.psd
printf '8BPS\0\2\0\0\0\0\0\0' >q/large.psb
printf 'gimp xcf v011\0' >q/layers.xcf
printf '\166\057\061\001\002\0\0\0' >q/scene.exr
printf '#?RADIANCE\n' >q/scene.hdr
printf 'SIMPLE  =                    T' >q/stars.fits
{ head -c 128 /dev/zero; printf 'DICM'; } >q/scan.dcm
printf 'DDS |\0\0\0' >q/texture.dds
printf '\0\0\0\030ftypisom\0\0\0\0isommp42' >q/film.mp4
printf 'RIFF\044\0\0\0AVI LIST' >q/film.avi
printf 'RIFF\044\0\0\0WAVEfmt ' >q/sound.wav
printf 'ID3\4\0\0\0\0\0\0' >q/sound.mp3
printf 'OTTO\0\1\0\0' >q/font.otf
printf 'PK\3\4\24\0\0\0' >q/all.zip
: >q/nothing.psd
echo text >q/lies.pdf
for mode in $MODES; do
    thumbs 0 --mode="$mode" --report="$log/r" q "$mode"
    expect_counts 1 0 0 0 19
    # A name that nobody gets an output for is in nobody's way.
    expect_outputs "$mode" a.jpg
    grep -q '"source":"a.pdf","status":"skipped".*"reason":"is a PDF document[",]' "$log/r" ||
        fail "a PDF is not called one"
    grep -q '"source":"layers.psd".*"is a Photoshop file"' "$log/r" ||
        fail "a PSD is not called one"
    thumbs 0 --mode="$mode" q "$mode"
    expect_counts 0 1 0 0 19
done
thumbs 0 --io=uring q uring
expect_counts 1 0 0 0 19
thumbs 0 -n q none
expect_said 'dry run: 1 to do, 0 up to date, 0 damaged, 0 failed, 19 skipped'

# A name that promises a picture of ours over such content has failed; so has a picture of no format
# that is decoded.
mkdir lies
printf '%%PDF-1.4\n1 0 obj\n' >lies/a.jpg
printf 'qoif\0\0\0\1\0\0\0\1\3\0' >lies/plain.qoi
printf 'BM\106\0\0\0\0\0\0\0\066\0\0\0\050\0\0\0\1' >lies/b.bmp
thumbs 1 --report="$log/r" lies lies-out
expect_counts 0 0 0 3 0
[ "$(grep -c '"code":"unsupported"' "$log/r")" = 2 ] || fail "other codes: $(cat "$log/r")"
expect_said "thumbs: load: a.jpg: named like an image, but is a PDF document"
