# Two commands set everything up: `make run` does the main job, `make test` checks the project.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: install run test lint ui serve bench bench-growth soak lock clean

install: $(READY)

$(READY): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ThingiStat needs Python 3.11 or newer; set PYTHON=...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (a few minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

run: $(READY)
	@$(BIN)/thingistat run

ui: $(READY)
	@$(BIN)/thingistat ui

serve: $(READY)
	@$(BIN)/thingistat serve

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

test: lint
	$(BIN)/python -m pytest -n auto --dist loadfile

bench: $(READY)
	$(BIN)/python -m benchmarks

bench-growth: $(READY)
	$(BIN)/python -m benchmarks.growth

# Hundreds of kills of full runs and of a forgetting, then half an hour of fuzzing. ROUNDS=15
# MINUTES=1 is quick.
soak: $(READY)
	$(BIN)/python -m soak $(if $(ROUNDS),--rounds $(ROUNDS))
	$(BIN)/python -m soak.fuzz $(if $(MINUTES),--minutes $(MINUTES))

# Renew the pinned versions after a change of pyproject.toml: one file for every platform.
lock: $(READY)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra dev \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	  --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache
