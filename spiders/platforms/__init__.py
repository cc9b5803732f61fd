"""One pure file per platform: page text in, posts and links out. No network, no clock."""
