"$THUMBS" photos out -j x
