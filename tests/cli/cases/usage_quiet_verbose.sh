# SPDX-License-Identifier: MIT
"$THUMBS" --quiet -v photos out
