"""The library workshop: scanning folders, the catalogue, its indexes and playlists."""
