"""Settings: ``SEGUE_*`` variables over ``segue.toml`` over defaults, read when asked for, never at import.

``segue.toml`` is looked for in the working folder, then in ``SEGUE_HOME``.
"""

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from segue.tools.core.errors import ConfigError

_ALIASES = {"llm_base_url": "OPENAI_BASE_URL", "llm_api_key": "OPENAI_API_KEY"}


def default_home() -> Path:
    """Return the data folder used when ``SEGUE_HOME`` is not set."""
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "segue"


class Settings(BaseModel):
    """All settings of Segue, with their defaults.

    Every field ``x`` can be set as ``SEGUE_X`` in the environment or ``x`` in ``segue.toml``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: Path = Field(default_factory=default_home, description="data folder")
    soundfont: Path | None = Field(None, description="a .sf2 or .sf3 to use instead of the one found")
    synthesiser: str = Field(
        "auto", pattern="^(auto|fluidsynth|sampler)$", description="what plays the soundfont; auto: FluidSynth if found"
    )
    planner: str = Field("auto", pattern="^(auto|builtin|llm)$", description="which planner plans a turn")
    certain: bool = Field(True, description="do not ask the LLM where the built-in planner is certain")
    llm_base_url: str | None = Field(None, description="OpenAI-compatible server, e.g. http://localhost:8000/v1")
    llm_api_key: str = Field("none", description="key for that server", repr=False)
    llm_model: str | None = Field(None, description="model name; the server's first when unset")
    llm_timeout_s: float = Field(60.0, gt=0, description="wall-clock limit of one LLM call, seconds")
    llm_temperature: float = Field(0.0, ge=0, le=2, description="the LLM's sampling temperature; 0 is the steadiest")
    llm_max_tokens: int = Field(4096, ge=1, description="longest answer of the LLM; a plan needs a few hundred")
    step_timeout_s: float = Field(600.0, gt=0, description="wall-clock limit of one step, seconds")
    turn_timeout_s: float = Field(1800.0, gt=0, description="wall-clock limit of one turn, seconds")
    retries: int = Field(2, ge=0, le=10, description="how often a transient failure is tried again")
    workers: int = Field(0, ge=0, description="threads for steps side by side; 0 = one a core, at least 2")
    processes: int | None = Field(
        None, ge=0, description="processes for heavy steps; unset: one fewer than cores in a server, else none"
    )
    max_input_s: float = Field(7200.0, gt=0, description="longest recording accepted, seconds")
    max_input_bytes: int = Field(2_000_000_000, gt=0, description="largest file accepted, bytes")
    store_quota_mb: int = Field(20_000, gt=0, description="size at which `store clean` starts to remove, MB")
    commercial: bool = Field(False, description="refuse engines whose weights forbid commercial use")
    prefer: dict[str, str] = Field(default_factory=dict, description="engine to prefer, by tool")
    servers: dict[str, str] = Field(default_factory=dict, description="model servers, tool to URL; several with spaces")
    subsonic: str | None = Field(
        None,
        description="OpenSubsonic server to import from and push playlists to: https://user:password@host",
        repr=False,
    )
    server_key: str | None = Field(None, description="key that model servers ask for, and are asked for", repr=False)

    @property
    def database(self) -> Path:
        """Return the path of the SQLite catalogue."""
        return self.home / "segue.db"


def _from_toml(home: Path | None) -> dict[str, Any]:
    for folder in [Path.cwd(), home or default_home()]:
        path = folder / "segue.toml"
        if path.is_file():
            try:
                return tomllib.loads(path.read_text(encoding="utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise ConfigError(f"{path} is not valid TOML ({error}).", "Correct or remove the file.") from error
    return {}


def load_settings(**overrides: Any) -> Settings:  # noqa: ANN401 - values of any field
    """Read the settings: ``overrides`` over environment over ``segue.toml`` over defaults.

    Raises
    ------
    ConfigError : a value that cannot be used; the message names the setting.
    """
    environment: dict[str, Any] = {}
    for name in Settings.model_fields:
        value = os.environ.get("SEGUE_" + name.upper())
        if value is None and name in _ALIASES:
            value = os.environ.get(_ALIASES[name])
        if value:
            environment[name] = _parse(name, value)
    home = overrides.get("home") or environment.get("home")
    values = {**_from_toml(Path(home) if home else None), **environment}
    values.update({k: v for k, v in overrides.items() if v is not None})
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"The setting '{name}' cannot be used: {first['msg']}.",
            f"Correct SEGUE_{name.upper()} or '{name}' in segue.toml.",
        ) from error


def _parse(name: str, value: str) -> Any:  # noqa: ANN401 - any field's type
    """Maps are written ``a=b,c=d`` in the environment; everything else pydantic reads from text."""
    if name in ("prefer", "servers"):
        return dict(pair.split("=", 1) for pair in value.split(",") if "=" in pair)
    return value
