# SPDX-License-Identifier: MIT
"$THUMBS" bench
