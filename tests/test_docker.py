"""docker/ is true: every path, port, variable, extra, command, service and pin that it names is there."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from segue.tools.core.models import model_names
from segue.tools.core.registry import backends
from segue.tools.core.settings import Settings, load_settings
from segue.ui.cli import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
DOCKER = ROOT / "docker"
PROFILES = ["cpu", "gpu", "all"]
LISTS = sorted(path.name for path in DOCKER.glob("*.txt"))


# -- reading ---------------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile as (instruction, the rest), long lines joined."""
    text = re.sub(r"^#.*\n", "", (DOCKER / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


class Stage:
    """One stage, with what it inherits from the one it stands on."""

    def __init__(self, base: "Stage | None") -> None:
        self.own: list[tuple[str, str]] = []
        self.base = base

    def all(self, what: str) -> list[str]:
        return (self.base.all(what) if self.base else []) + [rest for name, rest in self.own if name == what]

    def last(self, what: str) -> str:
        return self.all(what)[-1]


def stages() -> dict[str, Stage]:
    found: dict[str, Stage] = {}
    for name, rest in instructions():
        if name == "FROM":
            base, _, called = rest.partition(" AS ")
            current = found.setdefault(called, Stage(found.get(base)))
        elif found:
            current.own.append((name, rest))
    return found


STAGES = stages()
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
TARGETS = sorted({service["build"]["target"] for service in SERVICES.values() if "build" in service} - {"vllm-audio"})
each_service = pytest.mark.parametrize("name", sorted(SERVICES))
each_target = pytest.mark.parametrize("target", TARGETS)


def requirements(name: str) -> dict[str, Requirement]:
    lines = [line.strip() for line in (DOCKER / name).read_text("utf-8").splitlines()]
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(one.name): one for one in found}


def ports_in(text: str) -> set[int]:
    return {int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", text)}


def without_defaults(value: str, environment: dict[str, str]) -> str:
    """Fill in ``${NAME:-default}`` and ``${NAME:?why}`` as compose does, the innermost first."""

    def filled(match: re.Match[str]) -> str:
        name, kind, rest = match.groups()
        assert environment.get(name) or kind != ":?", rest
        return environment.get(name) or (rest or "")

    while "${" in value:
        value = re.sub(r"\$\{(\w+)(:-|:\?)?([^${}]*)\}", filled, value)
    return value


# -- the images ------------------------------------------------------------------------------------


def test_bases_are_pinned_by_an_exact_tag_and_a_digest_is_a_digest() -> None:
    arguments = dict(rest.split("=", 1) for name, rest in instructions() if name == "ARG")
    images = {rest.split(" AS ")[0] for name, rest in instructions() if name == "FROM"} - set(STAGES)
    assert images == {"${PYTHON}", "${VLLM}"}
    used = [*(arguments[name] for name in ("PYTHON", "VLLM")), *(s["image"] for s in SERVICES.values() if "build" not in s)]  # fmt: skip
    assert len({image for image in used if "vllm" in image}) == 1, "one version of vLLM"
    assert f"vllm[audio]=={arguments['VLLM'].partition(':v')[2]}" in STAGES["vllm-audio"].last("RUN")
    for image in used:
        name, _, digest = image.partition("@")
        assert re.search(r":v?\d+\.\d+\.\d+(-|$)", name), f"{image} is not pinned"
        assert not digest or re.fullmatch(r"sha256:[0-9a-f]{64}", digest)


def test_the_python_of_the_images_is_one_that_segue_runs_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    image = dict(rest.split("=", 1) for name, rest in instructions() if name == "ARG")["PYTHON"]
    version = re.search(r":(\d+\.\d+)", image)[1]
    assert f"Programming Language :: Python :: {version}" in project["classifiers"]
    for folder in re.findall(r"python(\d\.\d+)/site-packages", (DOCKER / "Dockerfile").read_text("utf-8")):
        assert folder == version


def test_everything_copied_exists_and_is_not_left_out() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    for stage in STAGES.values():
        for rest in stage.all("COPY"):
            words = shlex.split(rest)
            if words[0].startswith("--from="):
                assert words[0].removeprefix("--from=") in STAGES
                continue
            for source in words[:-1]:
                assert (ROOT / source).exists(), source
                assert not any(fnmatch(source, pattern) for pattern in ignored), source
        for rest in stage.all("RUN"):
            for source in re.findall(r"--mount=from=([\w-]+)", rest):
                assert source in STAGES


def test_what_the_wheel_is_built_from_reaches_the_images() -> None:
    """The packages, and what the build itself reads, are not left out by .dockerignore."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    folders = project["tool"]["setuptools"]["package-dir"].values()
    needed = [*folders, "pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]]
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    for path in needed:
        assert not any(fnmatch(part, pattern) for pattern in ignored for part in [path, path.split("/")[0]]), path


def test_nothing_private_or_heavy_is_sent_to_the_builder() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    kept_out = [".git", "build", ".venv", *(path.rstrip("/") for path in (ROOT / ".gitignore").read_text().split())]
    for path in kept_out:
        name = path.replace("*", "x")
        assert any(fnmatch(f"a/{name}" if p.startswith("**/") else name, p) for p in ignored), path


def test_every_list_that_is_installed_exists_and_every_list_is_installed() -> None:
    named = re.findall(r"-r ([\w./-]+)", " ".join(rest for name, rest in instructions() if name == "RUN"))
    for path in named:
        assert (ROOT / path).is_file(), path
    assert {f"docker/{name}" for name in LISTS} <= set(named)


@each_target
def test_an_image_runs_as_a_user_and_says_how_it_is(target: str) -> None:
    stage = STAGES[target]
    assert stage.last("USER") not in ("root", "0")
    made = re.search(r"useradd .*--uid (\d+) (\w+)", " ".join(stage.all("RUN")))
    assert made[2] == stage.last("USER")
    assert int(made[1]) > 0
    port = int(stage.last("EXPOSE"))
    assert ports_in(stage.last("HEALTHCHECK")) == {port}
    command = json.loads(stage.last("CMD"))
    assert int(command[command.index("--port") + 1]) == port
    for folder in stage.all("VOLUME"):
        assert folder in made.string, "a volume that the user could not write to"


@each_target
def test_an_image_answers_at_the_path_that_its_health_check_asks(target: str) -> None:
    """The path is one of the application's own, without a key."""
    path = re.search(r"127\.0\.0\.1:\d+(/[\w/]+)", STAGES[target].last("HEALTHCHECK"))[1]
    source = "ui/api.py" if target == "app" else "tools/core/server.py"
    text = "".join(file.read_text("utf-8") for file in (ROOT / source).parent.glob(Path(source).stem + "*.py"))
    assert path in text or path.removeprefix("/api") in text


def test_variables_are_settings() -> None:
    """Every SEGUE_* that an image or a service is given is one that Segue reads."""
    known = {f"SEGUE_{name.upper()}" for name in Settings.model_fields} | {"SEGUE_API_KEY"}
    assert "SEGUE_API_KEY" in "".join(path.read_text("utf-8") for path in (ROOT / "ui").glob("*.py"))
    for path in ("Dockerfile", "compose.yaml"):
        named = set(re.findall(r"\bSEGUE_[A-Z_]+\b", (DOCKER / path).read_text("utf-8")))
        assert named <= known, named - known


# -- pins ------------------------------------------------------------------------------------------


def test_pins_agree_with_each_other_and_with_what_the_tests_run_on() -> None:
    """One version of torch, transformers, audiocraft …: in every list, in the Dockerfile, in the tests' environments."""
    pins: dict[str, set[str]] = {}
    for name in LISTS:
        for package, wish in requirements(name).items():
            pins.setdefault(package, set()).update(str(wish.specifier).split(",") if wish.specifier else [])
    scripts = [(ROOT / ".ci" / name).read_text("utf-8") for name in ("demucs", "models")]
    for text in [(DOCKER / "Dockerfile").read_text("utf-8"), *scripts]:
        for package, version in re.findall(r"\b([a-z][\w-]*)==([\d.]+)", text):
            if canonicalize_name(package) in pins:
                pins[canonicalize_name(package)].add(f"=={version}")
    for package in pins:
        exact = {pin for pin in pins[package] if pin.startswith("==")}
        assert len(exact) <= 1, (package, exact)


@pytest.mark.parametrize("extra", ["audiocraft", "demucs", "transformers"])
def test_an_image_holds_what_the_extra_of_its_name_asks_for(extra: str) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    listed = requirements(f"{extra}.txt")
    asked = {canonicalize_name(wish.name): wish for wish in map(Requirement, extras[extra])}
    assert {name: str(wish.specifier) for name, wish in listed.items()} == {name: str(wish.specifier) for name, wish in asked.items()}  # fmt: skip


# audiocraft's companions are built before they say what they need, which takes a quarter of a minute.
SLOW = [pytest.param(name, marks=pytest.mark.served) if name == "audiocraft.txt" else name for name in LISTS]


@pytest.mark.parametrize("name", SLOW)
def test_the_installers_resolver_finds_every_package(name: str) -> None:
    """As the image installs it, beside Segue's own lock; skipped where no index answers."""
    options = ["--no-deps"] if name.endswith("-alone.txt") else ["-c", str(ROOT / "requirements/base.txt")]
    python = re.search(r"python:(\d+\.\d+)", (DOCKER / "Dockerfile").read_text("utf-8"))[1]
    command = ["uv", "pip", "compile", "--quiet", "--python-version", python, "--python-platform", "x86_64-unknown-linux-gnu"]  # fmt: skip
    try:
        done = subprocess.run(
            [str(Path(sys.executable).parent / command[0]), *command[1:], *options, str(DOCKER / name)],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    except (FileNotFoundError, subprocess.TimeoutExpired):
        pytest.skip("no uv here, or no index that answers in time")
    if done.returncode and re.search("error sending request|dns error|timed out|Failed to fetch", done.stderr):
        pytest.skip("no package index answers")
    assert done.returncode == 0, done.stderr
    found = {line.split("==")[0] for line in done.stdout.splitlines() if "==" in line and not line.startswith(" ")}
    assert set(requirements(name)) <= found


# -- the services ----------------------------------------------------------------------------------


def test_there_is_one_app_in_every_profile_and_no_other_profile() -> None:
    for profile in PROFILES:
        apps = [name for name, service in SERVICES.items() if profile in service["profiles"] and name.startswith("app")]
        assert len(apps) == 1, profile
    assert {profile for service in SERVICES.values() for profile in service["profiles"]} == set(PROFILES)
    everything = {name for name, service in SERVICES.items() if "all" in service["profiles"]}
    assert everything >= {n for n, s in SERVICES.items() if not n.startswith("app") and "gpu" in s["profiles"]}


@each_service
def test_a_service_has_an_image_a_health_check_and_few_rights(name: str) -> None:
    service = SERVICES[name]
    if "build" in service:
        assert (DOCKER / service["build"]["context"]).resolve() == ROOT
        assert (DOCKER / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        assert service["build"]["target"] in STAGES
        assert "healthcheck" in service or STAGES[service["build"]["target"]].all("HEALTHCHECK")
    if "healthcheck" in service:
        assert service["healthcheck"]["test"][0] == "CMD"
        assert {int(port) for port in service["expose"]} == ports_in(str(service["healthcheck"]["test"]))
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:"), "published to this machine only"
    for volume in service["volumes"]:
        assert volume.split(":")[0] in COMPOSE["volumes"]


@each_service
def test_a_service_needs_a_card_only_in_profiles_that_have_one(name: str) -> None:
    needs = "deploy" in SERVICES[name]
    assert not (needs and "cpu" in SERVICES[name]["profiles"])


@each_service
def test_a_command_of_ours_is_a_command_and_a_model_is_a_model(name: str) -> None:
    service = SERVICES[name]
    if "entrypoint" in service:
        assert service["entrypoint"] == ["vllm", "serve"]
        assert not service["command"][0].startswith("-"), "the model comes first"
        return
    stage = STAGES[service["build"]["target"]]
    command = service.get("command") or json.loads(stage.last("CMD"))
    assert command[0] == "segue"
    assert command[1] in COMMANDS
    assert str(command[command.index("--port") + 1]) == stage.last("EXPOSE")
    if command[1] == "serve-tools":
        models = [word.partition("=")[0] for word in command[2 : command.index("--host")]]
        assert models
        assert set(models) <= set(model_names())


def test_no_secret_is_written_down_and_none_is_forgotten() -> None:
    for service in SERVICES.values():
        for variable, value in service["environment"].items():
            if re.search(r"KEY|TOKEN|PASSWORD|SECRET", variable):
                assert re.match(r"\$\{\w+(:[-?]|\})", value), variable
    with pytest.raises(AssertionError, match="choose a key"):
        without_defaults(SERVICES["app"]["environment"]["SEGUE_API_KEY"], {})


@pytest.mark.parametrize("profile", PROFILES)
def test_the_app_is_told_of_the_servers_beside_it_and_of_no_others(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """Its variables load as settings; every address is a service of the same profile, at its port, with its key."""
    chosen = {"SEGUE_API_KEY": "chosen"}
    beside = {name: service for name, service in SERVICES.items() if profile in service["profiles"]}
    app = next(service for name, service in beside.items() if name.startswith("app"))
    for variable, value in app["environment"].items():
        if filled := without_defaults(value, chosen):
            monkeypatch.setenv(variable, filled)
    settings = load_settings()
    assert settings.server_key == "chosen"
    addresses = [(name, url) for name, urls in settings.servers.items() for url in urls.split()]
    addresses += [("llm", settings.llm_base_url)] if settings.llm_base_url else []
    reached = set()
    for name, url in addresses:
        host, port = re.fullmatch(r"http://([\w-]+):(\d+)(?:/v1)?", url).groups()
        service = beside[host]
        ports = service.get("expose") or [STAGES[service["build"]["target"]].last("EXPOSE")]
        assert [port] == [str(one) for one in ports], name
        keys = service["environment"]
        assert without_defaults(keys.get("VLLM_API_KEY") or keys["SEGUE_SERVER_KEY"], chosen) == "chosen"
        reached.add(host)
    assert reached == {name for name in beside if not name.startswith("app")}, "a server that nobody uses"
    served = {backend.name for backend in backends() if backend.kind == "served"}
    assert set(settings.servers) <= served | {backend.tool for backend in backends() if backend.name == "remote"}
    for tool, name in settings.prefer.items():
        assert name in {backend.name for backend in backends(tool)}
