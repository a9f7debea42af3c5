# Every target that a person types carries a `##` comment: `make help` prints those.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

# Without stored bytecode, every command would compile the whole program first.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
# More than there are processors: many tests wait for a process of their own.
JOBS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) * 3 / 2)))
# Tests of one file share fixtures, so one worker runs them together.
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist worksteal
# These tests build the package and install it elsewhere: `make check` runs them before the others.
PACKAGING := tests/packaging
# These boot a kernel under QEMU, where there are both.
GUEST := tests/guest
# Documents with generated parts; `make lint` fails if one is out of date.
GENERATED := CONTRIBUTING.md $(wildcard docs/cli.md)
DEMO_DB := build/demo.duckdb
DEMO := $(BIN)/pageowner-sql --db $(DEMO_DB)
DEMO_DUMPS := $(addprefix fixtures/linux-7.3/,t0.txt.xz t1.txt.xz t2.txt.xz)

# Show errors only.
PIP := $(BIN)/python -m pip install --quiet --quiet

# pip compiles every package except editable ones.
COMPILE := $(BIN)/python -m compileall -q pageowner_sql

# The stamps avoid network access: pip runs again only after pyproject.toml has changed.
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The sources that the build hook bundles and compiles.
BUILT_FROM := $(wildcard hatch_build.py web/*.mjs web/package-lock.json pageowner_sql/native/*.[ch]) \
	$(shell find web/src -type f 2>/dev/null)

$(INSTALLED): pyproject.toml $(BUILT_FROM)
	@python=$$(scripts/find-python $(PYTHON)); \
	 test -x $(BIN)/pip || { echo "Making $(VENV) with $$($$python --version)"; "$$python" -m venv $(VENV); }
	@echo "Installing into $(VENV) (about 200 MB, once)"
	@$(PIP) --editable '.[shell]'
	@$(COMPILE)
	@touch $@

# Dependency groups need pip 25.1; the pip that comes with Python may be older.
$(INSTALLED_DEV): $(INSTALLED)
	@echo "Installing the tools for tests and checks (about 700 MB, once)"
	@$(PIP) 'pip>=25.1,<27'
	@$(PIP) --editable '.[shell,arrow,symbols,lake,serve]' --group dev
	@touch $@

.PHONY: venv
venv: $(INSTALLED_DEV) ## Install everything for development into .venv.

.PHONY: demo
demo: $(INSTALLED) ## Load three dumps of a real 7.3 machine and show its largest owners.
	@mkdir -p build && rm -f $(DEMO_DB) $(DEMO_DB).wal
	$(DEMO) load $(DEMO_DUMPS)
	$(DEMO) dumps
	$(DEMO) top t2 --by comm --limit 10
	$(DEMO) top t2 --by stack --limit 3
	$(DEMO) sort --dump t2 build/t2-by-name.txt --cull=name
	@head -n 12 build/t2-by-name.txt
	@echo "Next: $(DEMO) shell"

.PHONY: test
test: $(INSTALLED_DEV) ## Run the tests (JOBS=0 for one process).
	$(PYTEST) --ignore $(PACKAGING) --ignore $(GUEST) -m 'not thorough'

.PHONY: thorough
thorough: $(INSTALLED_DEV) ## Run the tests that `make test` leaves out.
	$(PYTEST) --ignore $(PACKAGING) --ignore $(GUEST) -m 'thorough or hypothesis'

.PHONY: test-all
test-all: test thorough ## Run all tests.

.PHONY: quick
quick: $(INSTALLED_DEV) ## Run the fast tests, without a browser.
	$(PYTEST) --ignore $(PACKAGING) --ignore $(GUEST) -m 'not slow and not browser and not thorough'

.PHONY: lint
lint: $(INSTALLED_DEV) ## Check format, style, types and layers.
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cog --check $(GENERATED)

.PHONY: packaging
packaging: $(INSTALLED_DEV) ## Build the wheel and test it in an empty venv.
	$(BIN)/python -m pytest $(PACKAGING)

.PHONY: live
live: $(INSTALLED_DEV) ## Boot a real kernel under QEMU and capture it (15 minutes; root).
	$(BIN)/python -m pytest -n 0 -s $(GUEST)

.PHONY: format
format: $(INSTALLED_DEV) ## Format the code and apply ruff's fixes.
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

.PHONY: check
check: lint packaging test ## Run what CI runs: lint, packaging, tests.

.PHONY: docs
docs: $(INSTALLED_DEV) ## Update the generated documents and pictures.
	$(BIN)/cog -r $(GENERATED)
	$(BIN)/python scripts/reference.py
	$(BIN)/python scripts/shipped.py
	$(BIN)/python scripts/pictures.py docs/pictures

.PHONY: site
site: $(INSTALLED_DEV) ## Make the documentation as web pages in build/site, with checked links.
	$(BIN)/python scripts/web_site.py build/site

.PHONY: bench
bench: $(INSTALLED_DEV) ## Compare with page_owner_sort (minutes; needs a quiet machine).
	@$(COMPILE)
	$(BIN)/python -m benchmarks $(ARGS)

.PHONY: wheel
wheel: $(INSTALLED_DEV) ## Build the wheel into dist/.
	$(BIN)/hatchling build -t wheel

.PHONY: release
release: $(INSTALLED_DEV) ## Build and check what is published: dist/ (PAGEOWNER_SQL_URL=… names the project's place).
	$(BIN)/python scripts/release.py dist

.PHONY: clean
clean: ## Remove everything that make created.
	rm -rf --one-file-system $(VENV) build dist web/node_modules pageowner_sql/output/assets pageowner_sql/native/_native.so .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
