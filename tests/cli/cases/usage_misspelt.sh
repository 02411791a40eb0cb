# SPDX-License-Identifier: MIT
"$THUMBS" photos --qualtiy=90 out
