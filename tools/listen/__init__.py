"""The measuring workshop: tempo, beats, key, chords, sections, loudness, timbre, tags, notes."""
