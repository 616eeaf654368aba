"""What every tool stands on: errors, audio, score, piece, store, settings, base and registry."""
