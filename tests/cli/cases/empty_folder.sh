mkdir photos
"$THUMBS" --report=- photos out
