# SPDX-License-Identifier: MIT
"$THUMBS" photos out -j x
