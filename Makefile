# Every target sets itself up from nothing in .venv (see .ci/setup.py); PYTHON=… chooses the Python.
# SERVE holds options of `segue serve`:  make run SERVE="--port 8000"

.PHONY: help run test test-served lint bench lock clean

help:
	@echo "make run          set up and serve the chat page at http://127.0.0.1:7860"
	@echo "make test         set up for development and run the tests"
	@echo "make test-served  run the tests that need a browser or a served engine"
	@echo "make lint         ruff, mypy --strict, import-linter"
	@echo "make bench        print how long things take on this machine"
	@echo "make lock         resolve requirements/*.txt anew"

run:
	@PYTHON="$(PYTHON)" .ci/setup run
	@exec .venv/bin/segue serve $(SERVE)

test: .setup-dev
	@.venv/bin/python -m pytest -m "not served" -n auto --dist loadfile $(TESTS)

test-served: .setup-dev
	@.ci/browser
	@.ci/vllm
	@.ci/demucs
	@.ci/ray
	@.ci/models
	@.venv/bin/python -m pytest -m served $(TESTS)

lint: .setup-dev
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

bench: .setup-dev
	@.venv/bin/python .ci/bench.py
	@.venv/bin/python .ci/bench_agent.py
	@.venv/bin/python .ci/bench_people.py
	@.venv/bin/python .ci/bench_serving.py
	@.venv/bin/python .ci/bench_listen.py
	@.venv/bin/python .ci/bench_bad_files.py
	@.ci/browser
	@.venv/bin/python .ci/bench_page.py

lock: .setup-dev
	@.ci/lock

clean:
	@rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.PHONY: .setup-dev
.setup-dev:
	@PYTHON="$(PYTHON)" .ci/setup dev
