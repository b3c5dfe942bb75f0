# `make help` lists the commands. `make run` and `make test` do all set-up themselves.
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
PORT ?= 8080
SEEDS ?= 200
# Where set-up puts uv and Node on a machine that has none.
export PATH := $(CURDIR)/.tools/bin:$(PATH)

.PHONY: help setup run test check bench simulate screenshots lock types format clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

setup: ## Create the Python environment in .venv and build the browser app
	@bash scripts/setup.sh

run: setup ## Start the server with demo data on http://127.0.0.1:8080
	@$(PYTHON) -m server run --demo --port $(PORT)

test: setup ## Run all tests (Python and browser app)
	@bash scripts/test.sh

check: setup ## Format, lint, types, import rule, architecture tests
	@bash scripts/check.sh

bench: setup ## Run the benchmarks (see bench/README.md)
	@$(PYTHON) -m bench

simulate: setup ## Run the ledger and meter simulation over more seeds: make simulate SEEDS=1000
	@SIMULATION_SEEDS=$(SEEDS) $(PYTHON) -m pytest tests/simulation -q

screenshots: setup ## Make the README's screenshots again
	@$(PYTHON) -m tests.browser.screenshots

types: ## Generate the browser app's types from the server's models
	@$(PYTHON) -m server schema > static/schema.json
	@cd static && npm run --silent types

lock: ## Resolve requirements.lock and static/package-lock.json anew
	@bash scripts/lock.sh

format: ## Format the code
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix -q .

clean: ## Remove everything that was built (keeps var/)
	@rm -rf .venv .tools .setup static/node_modules static/dist
