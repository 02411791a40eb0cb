# SPDX-License-Identifier: MIT
"$THUMBS" --version
