# The only entry point people type. `make run` starts everything; `make check` is what CI runs.
PYTHON ?= python3
PORT ?= 8000
VAR ?= var
SIZE ?= small
NAME ?= pages
V := .venv/bin
export VAR PORT

.DEFAULT_GOAL := help
.PHONY: help setup run test check bench seed reset access shots axe lock format lint types contracts migrations \
        messages openapi vendor-check

help:
	@echo "make run      start everything and print the address        make test     run the tests"
	@echo "make setup    only make the environment (.venv)             make check    everything CI checks"
	@echo "make seed     load data (SIZE=small or large)               make reset    delete the data folder (VAR)"
	@echo "make bench    run a benchmark (NAME=pages)                  make access   who may do what, missing rows"
	@echo "make shots    screenshots of every page                     make axe      accessibility of every page"
	@echo "Settings: PORT=8000 VAR=var"

# One environment, from one hashed list. It is made again when the list changes.
COMPILED := gongzhi/locale/zh_Hans/LC_MESSAGES/django.mo
setup: $(V)/.ready $(COMPILED)
$(V)/.ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(not (3, 11) <= v <= (3, 13) and "Python 3.11, 3.12 or 3.13 is needed, this is %d.%d: set PYTHON=python3.11." % v)'
	@test -x $(V)/python || $(PYTHON) -m venv .venv
	@$(V)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(V)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(COMPILED): gongzhi/locale/zh_Hans/LC_MESSAGES/django.po $(V)/.ready
	@$(V)/python tools/messages.py compile

run: setup
	@exec $(V)/gongzhi --var "$(VAR)" demo --port "$(PORT)"

seed: setup
	@$(V)/gongzhi --var "$(VAR)" migrate
	@GONGZHI_DEMO=1 $(V)/gongzhi --var "$(VAR)" seed --demo --size "$(SIZE)"

reset:
	@$(V)/gongzhi --var "$(VAR)" reset

test: setup
	@TEST_VAR="$(VAR)/test" $(V)/python -m pytest -n auto --dist worksteal $(ARGS)

bench: setup
	@$(V)/python -m bench $(NAME) $(ARGS)

access: setup
	@TEST_VAR="$(VAR)/test" $(V)/python -m pytest -q -p no:randomly tests/test_access.py --print-access

shots axe: setup
	@$(V)/python tools/$@.py

lock:
	@$(V)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --no-emit-find-links requirements.in -o requirements.txt

# --- what `make check` is made of ---
check: setup format lint types contracts migrations messages openapi vendor-check test

format:
	@$(V)/ruff format --check --quiet . || { echo "Run: $(V)/ruff format ."; exit 1; }

lint:
	@$(V)/ruff check --quiet .

types:
	@$(V)/mypy gongzhi tests bench tools

contracts:
	@$(V)/lint-imports --no-logo 2>/dev/null || $(V)/lint-imports

migrations:
	@VAR="$$(mktemp -d)" DATABASE_URL='postgresql://gz_app@/none?host=/nowhere' \
	  $(V)/gongzhi manage makemigrations --check --dry-run --skip-checks >/dev/null 2>&1 \
	  || { echo "A model changed without a migration: $(V)/gongzhi manage makemigrations"; exit 1; }

messages:
	@$(V)/python tools/messages.py check

openapi:
	@$(V)/python tools/openapi.py --check

vendor-check:
	@$(V)/python tools/vendor.py --check
	@$(V)/python tools/build_css.py --check
