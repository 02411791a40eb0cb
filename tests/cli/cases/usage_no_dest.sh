"$THUMBS" photos
