"$THUMBS" --size=9,9x9 photos out
