"""Settings come from the environment over segue.toml over defaults; wrong ones are named."""

import pytest

from segue.tools.core.errors import ConfigError
from segue.tools.core.settings import load_settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("SEGUE_HOME", "SEGUE_WORKERS", "OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_the_environment_wins_over_the_file_and_arguments_win_over_both(tmp_path, monkeypatch):
    (tmp_path / "segue.toml").write_text('retries = 5\nworkers = 3\nprefer = {generate = "composer"}\n')
    monkeypatch.setenv("SEGUE_WORKERS", "7")
    settings = load_settings(home=tmp_path / "home")
    assert (settings.retries, settings.workers, settings.prefer) == (5, 7, {"generate": "composer"})
    assert load_settings(workers=1).workers == 1


def test_a_wrong_value_is_named_with_where_to_correct_it(monkeypatch):
    monkeypatch.setenv("SEGUE_WORKERS", "many")
    with pytest.raises(ConfigError, match="SEGUE_WORKERS"):
        load_settings()


def test_an_unknown_name_in_the_file_is_an_error(tmp_path):
    (tmp_path / "segue.toml").write_text("retry = 5\n")
    with pytest.raises(ConfigError, match="retry"):
        load_settings()


def test_the_key_of_the_llm_server_is_never_printed(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "canary-7431")
    settings = load_settings()
    assert settings.llm_api_key == "canary-7431"
    assert "canary-7431" not in repr(settings)
