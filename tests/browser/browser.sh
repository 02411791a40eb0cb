#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# browser.sh THUMBS SAMPLES - thumbnails against a headless Chromium's own rendering of the samples: each is alike, or
# the difference stands in explained.txt. Skipped, by name, where there is no Chromium.
# Environment: THUMBS_NIGHTLY=1: all samples that are whole, and PngSuite of THUMBS_CORPUS.
set -euo pipefail
thumbs=$1 samples=$2
here=$(cd "$(dirname "$0")" && pwd)
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
folders=(icc orientation gif webp jpeg)
[ -z "${THUMBS_NIGHTLY:-}" ] || folders+=(png bmp photos heif)
folders=("${folders[@]/#/$samples/}")
if [ -n "${THUMBS_NIGHTLY:-}" ] && [ -d "${THUMBS_CORPUS:-}/pngsuite" ]; then folders+=("$THUMBS_CORPUS/pngsuite"); fi
exec python3 "$here/compare.py" --explained="$here/explained.txt" "$thumbs" "${folders[@]}"
