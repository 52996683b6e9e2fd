SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Where the demo keeps its rows: memory, or postgres for a private server that is removed afterwards.
STORE ?= memory
# Arguments of the demo, for example ARGS="--only billing.never-negative".
ARGS ?=
# The seed that property tests replay; a new one each time when empty.
SEED ?=
# The group of benchmarks to run, for example ONLY=core; all when empty.
ONLY ?=

.PHONY: help demo test faults bench lint format docs setup clean

help: ## List these commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

demo: ## Run the launch checklist and show its evidence (STORE=postgres, ARGS="--list", ARGS="--only ID")
	@STORE="$(STORE)" scripts/demo $(ARGS)

test: ## Set up, build, run every test and lint (SEED=… replays a property)
	@SEED="$(SEED)" scripts/test

faults: ## Kill the database under load, ten times, and look at what is left
	@scripts/faults

bench: ## Run the benchmarks, optimised (ONLY=core runs one group)
	@scripts/bench $(ONLY)

lint: ## Check the format of the Swift files
	@scripts/lint

format: ## Format the Swift files
	@scripts/format

docs: ## Write the documentation as a static site to .docs/
	@scripts/docs

setup: ## Install the Debian packages that are missing
	@scripts/setup

clean: ## Remove everything that was built
	@rm -rf .build .docs Examples/.build Benchmarks/.build
