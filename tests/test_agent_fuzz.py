"""Plans at random: the check accepts or explains, the runner ends every step, nothing crashes."""

import asyncio
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.agent.check import check
from segue.agent.dialogue import State, Thing
from segue.agent.plan import Plan, StateOp, Step
from segue.agent.runner import Runner
from segue.tools.core import registry
from segue.tools.core.errors import PlanError
from segue.tools.core.store import Store
from tests.agent_support import MAKE, WORK, engine, maker, registered, settings_at, worker

STATE = State(things={"p_1": Thing(id="p_1", title="song")})
_NAMES = sorted({name for tool in registry.tools().values() for name in tool.Args.model_fields} | {"op", "stems", "key", "clips"})  # fmt: skip
_FIELDS = sorted({name for tool in registry.tools().values() for name in tool.Out.model_fields} | {"nothing"})
_REFS = st.one_of(
    st.just({"id": "p_1"}), st.just({"id": "p_404"}),
    st.fixed_dictionaries({"step": st.sampled_from(["s1", "s2", "s9"]), "field": st.sampled_from(_FIELDS)}, optional={"index": st.integers(-2, 3)}),
)  # fmt: skip
_PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-5, 500), st.floats(-10, 10), st.sampled_from(["", "remove", "D minor", "p_1", "x" * 50]))  # fmt: skip
_JSON = st.recursive(
    st.one_of(_PLAIN, _REFS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4)),
    max_leaves=8,
)
_STEPS = st.builds(
    Step,
    id=st.sampled_from(["s1", "s2", "s3", ""]),
    tool=st.sampled_from([*registry.tools(), "Generate", "nope", ""]),
    args=st.dictionaries(st.sampled_from(_NAMES), _JSON, max_size=5),
)
_OPS = st.builds(StateOp, op=st.sampled_from(["undo", "drop", "like", "confirm", "back"]), target=st.sampled_from([None, "x", {"id": "p_1"}, {"id": "q"}, {"step": "s1", "field": "piece"}]))  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(_STEPS, max_size=5), st.lists(_OPS, max_size=2))
def test_any_plan_is_accepted_or_explained(steps: list[Step], ops: list[StateOp]) -> None:
    try:
        checked, problems = check(Plan(steps=steps, state=ops), STATE), list[str]()
    except PlanError as error:
        checked, problems = Plan(), error.problems
    assert all(problem.strip() for problem in problems)
    assert all(step.tool in registry.tools() for step in checked.steps)


_CALL = st.one_of(
    st.fixed_dictionaries({"tool": st.just("make"), "count": st.integers(0, 2)}),
    st.fixed_dictionaries({"tool": st.just("work"), "name": st.just("w"), "refs": st.lists(st.tuples(st.integers(0, 5), st.integers(-1, 2)), max_size=3)}),
)  # fmt: skip


def _valid(calls: list[dict[str, Any]]) -> Plan:
    """Return a plan whose references are all well typed, though what they point at may turn out empty."""
    steps: list[Step] = []
    for n, call in enumerate(calls, 1):
        if call["tool"] == "make":
            steps.append(Step(id=f"s{n}", tool="make", args={"count": call["count"]}))
            continue
        args: dict[str, Any] = {"name": call["name"]}
        for to, index in call["refs"]:
            source = steps[to % len(steps)] if steps else None
            if source is None:
                continue
            if source.tool == "work":
                args["word"] = {"step": source.id, "field": ("word", "maybe")[index % 2]}
            elif index < 0:
                args["items"] = [{"step": source.id, "field": "pieces"}]
            else:
                args["clip"] = {"step": source.id, "field": "pieces", "index": index}
        steps.append(Step(id=f"s{n}", tool="work", args=args))
    return Plan(steps=steps)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_CALL, min_size=1, max_size=7))
def test_every_valid_plan_runs_to_its_end(tmp_path_factory, calls: list[dict[str, Any]]) -> None:
    with registered(engine(WORK, worker()), engine(MAKE, maker)):
        plan = check(_valid(calls), STATE)
        chosen = settings_at(tmp_path_factory.mktemp("fuzz"))
        store = Store(chosen)
        results = asyncio.run(Runner(store, chosen).run(plan))
        store.close()
    assert list(results) == [step.id for step in plan.steps]
    for result in results.values():
        assert result.status in ("done", "skipped")
        assert (result.error is None) == (result.status == "done")
