"$THUMBS" --quiet -v photos out
