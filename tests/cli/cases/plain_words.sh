# SPDX-License-Identifier: MIT
# Why a file failed is said in words about the file, whichever decoder found it.
. "$CASES/common.inc"
mkdir bad
head -c 200 "$SAMPLES/orientation/orientation-1.jpg" >bad/cut.jpg
printf '<svg width="9"' >bad/cut.svg
printf '\0\0\0\030ftypheic\0\0\0\0mif1heic' >bad/cut.heic
printf '\0\0\0\030ftypavif\0\0\0\0mif1avif' >bad/cut.avif
printf '\0\0\0\014jP  \r\n\207\n' >bad/cut.jp2
printf '\377\n' >bad/cut.jxl
printf 'II*\0\010\0\0\0' >bad/cut.tif
for mode in $MODES; do
    thumbs 1 --mode="$mode" --jobs=1 bad "$mode"
    [ "$(grep -c '^thumbs: [a-z]*: cut\.[a-z0-9]*: .' "$log/stderr")" -eq 7 ] || fail "$mode: $(cat "$log/stderr")"
    ! grep -E 'read gave|unable to|not enabled|Error domain|Invalid input|\([0-9.]+\)$' "$log/stderr" ||
        fail "$mode: words of a decoder"
    # One file says nothing of another: what is known of the second is told, too.
    ! grep 'no reason given' "$log/stderr" || fail "$mode: no reason"
done
