"$THUMBS" --jobs=0 photos out
