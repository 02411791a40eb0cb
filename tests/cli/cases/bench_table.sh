# SPDX-License-Identifier: MIT
# The tables of a quick run, and nothing left in the scratch folder.
mkdir tmp
TMPDIR=$PWD/tmp "$THUMBS" bench --quiet --runs=1 -j2 --io=threads --include=dunes.jpg "$SAMPLES/photos" | tee table
# Of what stands in columns, nothing is wider than a terminal.
[ -z "$(grep -E '^(mode|sync|threads|processes) ' table | grep -E '.{81}')" ] || echo "wider than 80 columns"
rmdir tmp
