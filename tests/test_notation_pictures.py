"""Engraving from any thread: engines run in worker threads, and verovio keeps its fonts' path by thread. Piano rolls."""

from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import pytest

from segue.tools.music.notation import piano_roll_svg, score_svg
from tests.render_support import make_score


def test_scores_are_engraved_alike_in_every_thread():
    score = make_score()
    here = score_svg(score).count("<use")
    with ThreadPoolExecutor(4) as pool:
        there = list(pool.map(lambda _: score_svg(score).count("<use"), range(8)))
    assert here > 10
    assert there == [here] * 8


@pytest.mark.parametrize("bars", [1, 8])
def test_a_piano_roll_names_every_part_inside_the_picture(bars):
    score = make_score(bars=bars)
    score.parts = [part.model_copy(update={"name": f"part {n}"}) for n in range(9) for part in score.parts[:1]]
    svg = ElementTree.fromstring(piano_roll_svg(score))
    width, height = float(svg.get("width", 0)), float(svg.get("height", 0))
    places = [(float(text.get("x", 0)), float(text.get("y", 0))) for text in svg.iter("{http://www.w3.org/2000/svg}text") if (text.text or "").startswith("part ")]  # fmt: skip
    assert len(places) == 9
    assert len(set(places)) == 9
    assert all(x + 60 <= width and y <= height for x, y in places)
