"""What a network that knows nothing of ours hears: musicnn's tags of one rendered piece a genre, for information.

musicnn (Pons & Serra 2019) was trained on recordings of the Million Song Dataset and MagnaTagATune; it has no words for
many of the genres here, and sampled instruments are strange to it. Nothing is counted as right or wrong.
"""

from collections.abc import Sequence
from typing import Any

from segue.tools.core.settings import load_settings
from segue.tools.listen import musicnn
from segue.tools.listen.analyse import analyse_wave
from segue.tools.music.compose import Request, compose
from segue.tools.music.render import render

SUITE = "genres-heard"
DESCRIPTION = "what musicnn's tags say about one rendered piece a genre (information only)"
SAMPLE = (
    "ambient", "blues", "classical", "country", "folk", "funk", "hiphop_boombap", "house", "jazz_swing", "metal", "rock",
    "techno",
)  # fmt: skip
SECONDS = 40.0


def run(genres: Sequence[str] = SAMPLE, seed: int = 1) -> dict[str, Any]:
    """Compose, render and listen; return ``rows``: genre, the genre heard with its confidence, the strongest tags."""
    settings = load_settings()
    rows = []
    for genre in genres:
        score = compose(Request(genre=genre, seed=seed, duration_s=SECONDS))
        heard = analyse_wave(render(score, settings, duration_s=SECONDS).mix)
        strongest = sorted(heard.tags.items(), key=lambda pair: -pair[1])[:4]
        rows.append({"genre": genre, "heard": heard.genre, "confidence": heard.genre_confidence, "tags": strongest})
    return {"suite": SUITE, "seed": seed, "seconds": SECONDS, "weights": musicnn.available(), "rows": rows}


def table(result: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows for printing."""
    rows = [
        [
            row["genre"], f"{row['heard']} ({row['confidence']:.2f})" if row["heard"] else "not sure",
            ", ".join(f"{tag} {value:.2f}" for tag, value in row["tags"]),
        ]
        for row in result["rows"]
    ]  # fmt: skip
    return ["composed as", "heard as", "strongest tags"], rows
