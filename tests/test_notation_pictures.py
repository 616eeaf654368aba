"""Engraving from any thread: engines run in worker threads, and verovio keeps its fonts' path by thread."""

from concurrent.futures import ThreadPoolExecutor

from segue.tools.music.notation import score_svg
from tests.render_support import make_score


def test_scores_are_engraved_alike_in_every_thread():
    score = make_score()
    here = score_svg(score).count("<use")
    with ThreadPoolExecutor(4) as pool:
        there = list(pool.map(lambda _: score_svg(score).count("<use"), range(8)))
    assert here > 10
    assert there == [here] * 8
