# SPDX-License-Identifier: MIT
# Pictures that only EXIF turns upright: where it is kept, nobody turns them twice.
. "$CASES/common.inc"
[ -d "${THUMBS_CORPUS:-}/orientation" ] || skip "THUMBS_CORPUS is not set"
command -v exiftool >/dev/null || skip "exiftool is not installed"
thumbs 0 --metadata=all --size=64 --format=jpeg,png,webp "$THUMBS_CORPUS/orientation" out
# Width, height and orientation as a number, a line each.
exiftool -n -q -p '$FileName $ImageSize ${Orientation;}' -m out >"$log/sizes"
[ "$(wc -l <"$log/sizes")" -gt 20 ] || fail "only $(wc -l <"$log/sizes") files"
awk '$4 != "" && $4 != 1 { print $1, "would be turned again" }
     $1 ~ /^Landscape/ && $2 != 64 { print $1, "lies on its side" }
     $1 ~ /^Portrait/ && $3 != 64 { print $1, "lies on its side" }' "$log/sizes" >"$log/wrong"
[ ! -s "$log/wrong" ] || fail "$(cat "$log/wrong")"
