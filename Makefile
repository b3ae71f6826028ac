# Two commands do everything: `make demo` and `make test`. Both begin with `make setup`.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo test lint types layers templates unit browser chromium systemd kannel dovecot apertium java messages dev lock clean

setup: $(STAMP)

# Every version and checksum is in the lock file; nothing else is installed.
$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(STAMP)

demo: setup
	$(BIN)/bothways demo

test: setup lint types layers templates unit

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy src

layers: setup
	$(BIN)/lint-imports --no-cache

templates: setup
	$(BIN)/djlint --lint --quiet src/bothways/web/templates

unit: setup chromium systemd kannel dovecot apertium java node_modules
	$(BIN)/pytest -m "not alone" -n auto --maxprocesses 4 --dist loadfile
	$(BIN)/pytest -m alone

# Debian's Chromium: installed where we may, else one that is there (CHROMIUM names another).
chromium:
	@sh scripts/chromium.sh

# A gateway for texts, with a stand-in for the operator behind it.
kannel:
	@sh scripts/kannel.sh

# A server for mailboxes.
dovecot:
	@sh scripts/dovecot.sh

# Translation between English and Spanish that runs in the house.
apertium:
	@sh scripts/apertium.sh

# What runs the checker of our HTML (vnu).
java:
	@sh scripts/java.sh

# What checks the service's unit: Debian's, installed where we may; else its test is skipped.
systemd:
	@sh scripts/systemd.sh

# The sentences of the staff pages for translators: collected, compiled, and what is missing.
messages: setup
	@$(BIN)/python scripts/messages.py

# No package runs anything while it is installed.
node_modules: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch node_modules

lock: setup
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --python-version 3.11 --no-header -q -o requirements.lock

clean:
	rm -rf $(VENV) node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
