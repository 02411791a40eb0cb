"$THUMBS" --frobnicate photos out
