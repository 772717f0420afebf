# `make demo` and `make test` need Python 3.11-3.13 and nothing else: they make .venv themselves.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints.txt

.PHONY: demo test test-fast lint bench

demo: .venv/installed
	@echo "Training teacher, student and distilled student on MovieLens 100K, three seeds of each."
	$(BIN)/rankdistill compare experiment=list_wise_d10 fallback=synthetic hydra.run.dir=outputs/demo
	@echo "Training a student without users for a page that recommends by itself: half a minute."
	$(BIN)/rankdistill train experiment=fism_quick hydra.run.dir=outputs/demo/page || \
		$(BIN)/rankdistill train experiment=fism_quick data=synthetic hydra.run.dir=outputs/demo/page
	$(BIN)/rankdistill export checkpoint=outputs/demo/page/model.ckpt format=page output=outputs/demo/page.html
	@echo "outputs/demo/page.html needs no server and no network: open it in a browser and pick what you like."

# Tests side by side, one a core; a worker without work takes over some of another's.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal

test: lint
	$(PYTEST)

test-fast: .venv/installed-dev
	$(PYTEST) -m "not slow"

lint: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

bench: .venv/installed-peers
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python benchmarks/sweeps.py

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "Python 3.11-3.13 is needed, $(PYTHON) is $$($(PYTHON) --version); set PYTHON=..."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing PyTorch and what else is needed into .venv: a few minutes, 1.5 GB (more with CUDA)."
	$(INSTALL) --editable .
	@touch $@

.venv/installed-dev: .venv/bin/python pyproject.toml constraints.txt
	$(INSTALL) --editable '.[dev]'
	@touch $@ .venv/installed

.venv/installed-peers: .venv/installed-dev
	-$(INSTALL) --editable '.[peers]'
	@touch $@
