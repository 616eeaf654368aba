"""Titles: short, evocative, from mood, key and chance."""

import random
from collections.abc import Collection

from segue.tools.core.score import Score
from segue.tools.music.genres import Mood

_FIRST = {
    "bright": ("Golden", "Morning", "Open", "Sunlit", "Paper", "Easy", "Summer", "Lemon", "Bright", "First"),
    "driving": ("Electric", "Neon", "Running", "Restless", "Chrome", "Burning", "Wild", "Northbound", "Loud", "Red"),
    "dark": ("Midnight", "Hollow", "Iron", "Shadow", "Cold", "Broken", "Obsidian", "Winter", "Black", "Silent"),
    "soft": ("Quiet", "Distant", "Velvet", "Slow", "Blue", "Faded", "Pale", "Gentle", "Late", "Amber"),
}  # fmt: skip
_SECOND = {
    "electronic": ("Signal", "Circuit", "Skyline", "Voltage", "Mirage", "Orbit", "Pulse", "Arcade", "Horizon", "Static", "Grid", "Transit"),
    "band": ("Avenue", "Highway", "Letters", "Parade", "Matches", "Rooftops", "Postcards", "Engine", "Corner", "Weekend", "Radio", "Mile"),
    "acoustic": ("Meadow", "River", "Lantern", "Harbour", "Orchard", "Window", "Garden", "Porch", "Valley", "Sparrow", "Stone", "Tide"),
    "night": ("Coffee", "Rain", "Cassette", "Streetlight", "Balcony", "Smoke", "Taxi", "Notebook", "Tram", "Kitchen", "Pages", "Hours"),
    "wide": ("Cathedral", "Summit", "Archive", "Aurora", "Voyage", "Glacier", "Empire", "Comet", "Monument", "Ocean", "Dawn", "Passage"),
}  # fmt: skip
_WORLD = {
    "house": "electronic", "techno": "electronic", "trance": "electronic", "drum_and_bass": "electronic", "dubstep": "electronic",
    "synthwave": "electronic", "uk_garage": "electronic", "amapiano": "electronic", "trap": "night", "drill": "night",
    "lofi": "night", "hiphop_boombap": "night", "rnb": "night", "jazz_swing": "night", "soul": "band", "folk": "acoustic",
    "country": "acoustic", "bossa_nova": "acoustic", "classical": "acoustic", "ambient": "wide", "cinematic": "wide",
}  # fmt: skip
_SHAPES = ("{a} {b}", "{a} {b}", "The {a} {b}", "{b} in {k}", "{a} {b}, {a2}", "{b} at {h}")
_HOURS = ("Dawn", "Noon", "Dusk", "Two", "Five", "Eleven")


def title_for(score: Score, mood: Mood, taken: Collection[str] = ()) -> str:
    """Return a title that is not in ``taken``; the same score and mood begin with the same one."""
    rng = random.Random(f"{score.seed}:title:{score.genre}")
    if mood.arousal > 0.4:
        tint = "driving"
    elif mood.valence < -0.2 or (mood.valence == 0 and "minor" in score.key and rng.random() < 0.5):
        tint = "dark"
    elif mood.arousal < -0.2 or score.bpm < 85:
        tint = "soft"
    else:
        tint = rng.choice(("bright", "soft", "driving")) if mood.valence == 0 else "bright"
    first, second = _FIRST[tint], _SECOND[_WORLD.get(score.genre or "", "band")]
    title = ""
    for _ in range(60):
        a, a2 = rng.sample(first, 2)
        title = rng.choice(_SHAPES).format(
            a=a, a2=a2, b=rng.choice(second), k=score.key.split()[0], h=rng.choice(_HOURS)
        )
        if title not in taken:
            return title
    return f"{title} {rng.randrange(2, 100)}"
