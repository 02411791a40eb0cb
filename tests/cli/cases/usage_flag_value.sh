# SPDX-License-Identifier: MIT
"$THUMBS" --force=yes photos out
