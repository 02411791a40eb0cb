thumbs: .*no-such-folder.*
