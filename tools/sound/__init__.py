"""The signal workshop: loudness, stretching, separation, effects and joining of recordings."""
