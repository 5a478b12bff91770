# make demo: install and compare retention policies in a price war.    make app: the lab in a browser.    make test: the whole suite.    make validate: facts and theory on one page, and slow tests.
# make fuzz: 10,000 inputs that nobody would give on purpose and 1,000 random markets, about ten minutes on two cores.
# make bench: churnlab against NumPy, Mesa and four other frameworks, and what each mechanism costs, about 20 minutes; make bench QUICK=1: a check in some minutes.
# Needs only Python 3.11 to 3.13 with venv and pip; another Python than python3: make demo PYTHON=python3.12

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo app browser test validate mutants fuzz faults bench check lint types format
.NOTPARALLEL:
.DELETE_ON_ERROR:

demo: .venv/installed
	$(BIN)/churnlab compare price_war

app: .venv/installed
	$(BIN)/churnlab app

# Pages are tested in Chromium; where it is missing and cannot be installed, those tests say so.
browser:
	@for program in chromium chromium-browser google-chrome; do command -v $$program > /dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	  echo "Installing Chromium for the tests of pages ..."; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium > /dev/null; \
	else echo "No Chromium here: tests of pages are left out (Debian, Ubuntu: apt install chromium)." >&2; fi

test: .venv/installed-dev browser
	$(BIN)/python -m pytest -q -n 2 --dist worksteal

check: lint types test

lint: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache

types: .venv/installed-dev
	$(BIN)/mypy

format: .venv/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.venv/created:
	@command -v $(PYTHON) > /dev/null || { echo "churnlab needs Python 3.11 to 3.13; '$(PYTHON)' was not found." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || \
	  { echo "churnlab needs Python 3.11 to 3.13; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2> /dev/null || \
	  { echo "churnlab needs Python's venv module; '$(PYTHON)' has none (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@

# Editable: what runs is what is in this folder, and only a change of the two files below needs a new installation.
.venv/installed: .venv/created pyproject.toml constraints.txt
	@echo "Installing churnlab into .venv (about a minute, once) ..."
	@$(INSTALL) -e .
	@touch $@

.venv/installed-dev: .venv/created pyproject.toml constraints.txt
	@echo "Installing churnlab and its tests' tools into .venv (about a minute, once) ..."
	@$(INSTALL) -e '.[dev]'
	@touch $@ .venv/installed

# What takes too long for `make test`: every published fact in many worlds, coverage of intervals, lessons at full size; then the page of validation.
validate: .venv/installed-dev
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m validate
	$(BIN)/churnlab validate

# Faults planted one after the other in a copy of the tree, and which tests see them: about half an hour. One part: make mutants PART=rules
mutants: .venv/installed-dev
	$(BIN)/python -m tests.mutants $(if $(PART),--part $(PART))

# Counts right answers, refusals in words and faults, and tells the smallest input of each fault. Options: make fuzz FUZZ="--inputs 1000 --markets 100 --seed 2"
fuzz: .venv/installed-dev
	$(BIN)/python -m tests.fuzz $(FUZZ)

# Commands ended at random moments, disks that fill up, files damaged in every way: about half an hour. Less: make faults FAULTS="--quick"
faults: .venv/installed-dev
	$(BIN)/python -m tests.faults $(FAULTS)

# Rivals are optional and get an environment each under .venv-bench/; one that does not install is left out, and named. Options: make bench BENCH="--only numpy,mesa --repeats 5"
bench: .venv/installed
	$(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(if $(FULL),--full) $(BENCH)
	$(BIN)/python -m benchmarks.cost $(if $(QUICK),--quick)
	$(BIN)/python -m benchmarks.regions $(if $(QUICK),--quick)
