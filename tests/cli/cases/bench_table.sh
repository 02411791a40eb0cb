# SPDX-License-Identifier: MIT
# The table of a quick run, and nothing left in the scratch folder.
mkdir tmp
TMPDIR=$PWD/tmp "$THUMBS" bench --quiet --runs=1 -j2 --io=threads --include=dunes.jpg "$SAMPLES/photos"
rmdir tmp
