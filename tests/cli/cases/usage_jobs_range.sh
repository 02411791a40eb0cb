# SPDX-License-Identifier: MIT
"$THUMBS" --jobs=0 photos out
