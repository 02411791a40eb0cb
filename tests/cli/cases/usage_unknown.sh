# SPDX-License-Identifier: MIT
"$THUMBS" --frobnicate photos out
