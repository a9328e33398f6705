# Two commands on a machine with only Python (3.11 or newer): make study, make test.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PEERS ?= $(VENV)-peers
# The tests run one process a core: more threads inside each would only fight for the cores.
export OPENBLAS_NUM_THREADS ?= 1
export OMP_NUM_THREADS ?= 1
UV := $(shell command -v uv 2>/dev/null)
RESULTS := out$(if $(QUICK),/quick)

.PHONY: study test lint notebooks results paper docs bench calibration campaign lock clean

study: $(VENV)/.run
	$(BIN)/smallnet study data/campaign -o out/campaign

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST_ARGS)
	$(BIN)/python -m pytest --nbmake notebooks -q -n auto

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# All registered data that are on this machine, each to out/NAME; what holds is kept. QUICK=1 takes
# a few small sets and few draws, to out/quick: whether the way holds, not what is true.
results: $(VENV)/.run
	$(BIN)/python data/make_results.py $(RESULTS) $(if $(QUICK),--quick)
	$(BIN)/smallnet across $(RESULTS) -o $(RESULTS)/across

# The article, out/paper/smallnet.pdf: every number in it is one of `make results`.
paper: $(VENV)/.dev
	$(BIN)/python paper/make_paper.py $(RESULTS) $(if $(QUICK),--draft)

# The site, out/docs/index.html: notebooks are executed and claims drawn, both kept until the package
# changes. DOCS_ARGS="-D quick=1" leaves both out. A warning is an error; links are checked offline.
docs: $(VENV)/.dev
	$(BIN)/sphinx-build -W --keep-going $(DOCS_ARGS) docs out/docs

# Races against peers: prints the table, writes benchmarks.json and benchmarks.md. The peers live
# in an environment of their own; PEERS=FOLDER names another one, BENCH_ARGS="--only seeding" races.
bench: $(VENV)/.dev $(PEERS)
	$(BIN)/python tests/benchmarks/run_races.py --peers $(PEERS) $(BENCH_ARGS)

$(PEERS): | $(VENV)/.dev
	$(BIN)/python tests/benchmarks/get_peers.py $(PEERS)

# The calibration table of the package: hours, may be cut off and begun again at any moment.
calibration: $(VENV)/.run
	$(BIN)/python data/make_calibration.py out/calibration

campaign: $(VENV)/.run
	$(BIN)/python data/make_campaign.py
	$(BIN)/python paper/make_overview.py

# The environment: versions from the lock, by uv where it is there, else by venv and pip.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "smallnet needs Python 3.11 or newer; say which: make PYTHON=python3.12 ...")'
ifdef UV
	uv venv --quiet --python $(PYTHON) $(VENV)
else
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
endif

$(VENV)/.run: pyproject.toml requirements.lock | $(VENV)/bin/python
ifdef UV
	uv pip install --quiet --python $(BIN)/python --constraint requirements.lock --editable .
else
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --editable .
endif
	@touch $@

$(VENV)/.dev: $(VENV)/.run
ifdef UV
	uv pip install --quiet --python $(BIN)/python --constraint requirements.lock --group dev
else
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --group dev
endif
	@touch $@

# Write down the versions that the tests passed with.
lock: $(VENV)/.dev
	$(BIN)/python -m pip freeze --exclude smallnet --exclude pip > requirements.lock

clean:
	rm -rf $(VENV) $(VENV)-peers out .pytest_cache .mypy_cache .ruff_cache .hypothesis
