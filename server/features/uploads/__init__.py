"""Images that people upload: for their avatars and for the rooms."""
