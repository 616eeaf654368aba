"""The composing workshop: theory, genres, form, harmony, melody, rhythm, arrangement, rendering, notation."""
