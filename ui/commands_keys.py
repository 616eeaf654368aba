"""``segue keys add | list | remove``: who else may use a server, and how much."""

from typing import Annotated

import typer

from segue.tools.core.settings import load_settings
from segue.ui.keys import Allowance, Keys
from segue.ui.terminal import as_json, guarded, log, out, table

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
keys_command = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]}
)
_DEFAULT = Allowance()


@keys_command.command("add")
@guarded
def add(
    name: Annotated[str, typer.Argument(help="Whose key it is, for you to know.")],
    requests: Annotated[int, typer.Option("--requests-per-minute", min=1)] = _DEFAULT.requests_per_minute,
    steps: Annotated[int, typer.Option("--steps-per-hour", min=1)] = _DEFAULT.steps_per_hour,
    seconds: Annotated[float, typer.Option("--seconds-per-hour", min=1.0)] = _DEFAULT.seconds_per_hour,
    json_output: Json = False,
) -> None:
    """Make a key and print it, once: only its hash is kept. A running server knows it at once."""
    allows = Allowance(requests_per_minute=requests, steps_per_hour=steps, seconds_per_hour=seconds)
    secret = Keys(load_settings().home).add(name, allows)
    if json_output:
        as_json({"name": name, "key": secret, "allows": allows.model_dump()})
        return
    out(secret)
    log(f"the key of {name}; it is shown only now")


@keys_command.command("list")
@guarded
def listed(json_output: Json = False) -> None:
    """List keys with what they allow; the keys themselves are written down nowhere."""
    rows = [{"name": key.name, **key.allows.model_dump()} for key in Keys(load_settings().home).all()]
    if json_output:
        as_json(rows)
    else:
        table(rows, ["name", *Allowance.model_fields])


@keys_command.command("remove")
@guarded
def remove(
    name: Annotated[str, typer.Argument(help="As `segue keys list` shows it.")], json_output: Json = False
) -> None:
    """Forget a key: it opens nothing any more. What its owner made stays in the store."""
    Keys(load_settings().home).remove(name)
    if json_output:
        as_json({"removed": name})
    else:
        log(f"the key of {name} is gone")
