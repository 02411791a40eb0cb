# SPDX-License-Identifier: MIT
# What SPEC knows and this version does not is refused by name, and nothing is done.
mkdir photos
for words in --linear; do
    "$THUMBS" "$words" photos out && echo "$words was taken" || test $? -eq 2
done
test ! -e out
