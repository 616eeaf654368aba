"""``segue chat | plan | trace | replay``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from segue.agent.events import Reply
from segue.agent.plan import Plan
from segue.tools.core.errors import InvalidArgument, NotFound
from segue.ui.conversation import converse, show
from segue.ui.terminal import ShownProgress, as_json, log, out, plain
from segue.ui.voice import voice

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SessionOption = Annotated[str | None, typer.Option("--session", help="Go on with this session.")]
Attach = Annotated[list[Path] | None, typer.Option("--attach", help="A file to talk about; can be repeated.")]


def _files(attach: list[Path] | None) -> list[Path]:
    for path in attach or []:
        if not path.is_file():
            raise NotFound(f"There is no file {path}.", "Check the name and the folder.")
    return attach or []


def _end(reply: Reply) -> None:
    if reply.cancelled:
        raise typer.Exit(130)
    if reply.failed:
        raise typer.Exit(1)


def chat_command(
    message: Annotated[str | None, typer.Argument(help="What you want; without it, a conversation.")] = None,
    session: SessionOption = None,
    attach: Attach = None,
    json_output: Json = False,
) -> None:
    """Say something and hear the answer; without a message, talk in the terminal."""
    files = _files(attach)
    if message is not None and not message.strip() and not files:
        raise InvalidArgument("The message is empty.", 'For example: segue chat "make a calm piano loop"')
    with voice("chat") as speaker:
        if message is None:
            converse(speaker, session, files, json_output)
            return
        with ShownProgress() as shown:
            reply = speaker.chat(message, session, files, shown)
        if json_output:
            as_json(reply.model_dump(mode="json"))
        else:
            show(reply)
            log(f"session {reply.session}")
    _end(reply)


def plan_command(
    message: Annotated[str, typer.Argument(help="What you want.")],
    session: SessionOption = None,
    attach: Attach = None,
    json_output: Json = False,
) -> None:
    """Show what would be done; nothing is run and nothing is kept."""
    files = _files(attach)
    if not message.strip():
        raise InvalidArgument("The message is empty.", 'For example: segue plan "make a calm piano loop"')
    with voice("plan") as speaker:
        plan = speaker.plan(message, session, files)
    if json_output:
        as_json(plan.model_dump(mode="json", exclude={"certain"}, exclude_defaults=False))
        return
    _show_plan(plan)


def _show_plan(plan: Plan) -> None:
    for step in plan.steps:
        args = "  ".join(f"{name}={value!r}" for name, value in step.args.items())
        out(plain(f"{step.id}  {step.tool}  {args}"))
    for change in plan.state:
        out(plain(f"–   {change.op}  {change.target or ''}"))
    for text in [plan.question, plan.reply, *plan.notes]:
        if text:
            out(plain(text))
    log(f"planned by {plan.planner or 'nobody'}")


def trace_command(
    turn: Annotated[str | None, typer.Argument(help="Which turn; the last one when left out.")] = None,
    json_output: Json = True,
) -> None:
    """Print how a turn came to be, as JSON lines: prompt, raw answer, plan, check errors, timings."""
    import json

    with voice("trace") as speaker:
        for line in speaker.trace(turn):
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def replay_command(
    turn: Annotated[str | None, typer.Argument(help="Which turn; the last one when left out.")] = None,
    json_output: Json = False,
) -> None:
    """Run a turn's plan again, as a new turn of its session."""
    with voice("replay") as speaker:
        with ShownProgress() as shown:
            reply = speaker.replay(turn, shown)
        if json_output:
            as_json(reply.model_dump(mode="json"))
        else:
            show(reply)
    _end(reply)
