# One word, one job. Everything installs what it needs and says so.
SYSTEM ?= systems/inventr
STACKYARD = .venv/bin/stackyard

.PHONY: help setup up down test check bench faults docs lock

help:            ## this list
	@grep -hE '^[a-z]+: .*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /make \1\t/' | expand -t 14

setup:           ## leave .venv/bin/stackyard
	@scripts/setup

up: setup        ## run the inventr system (SYSTEM=systems/NAME for another) and print its addresses
	@$(STACKYARD) doctor --install --quiet --file $(SYSTEM)
	@$(STACKYARD) up --detach --file $(SYSTEM)

down: setup      ## stop it; data stays
	@$(STACKYARD) down --file $(SYSTEM)

test: setup      ## all tests, with real parts and a real browser
	@scripts/test

check: setup     ## lint, format, types, direction of imports
	@scripts/check

bench: setup     ## how fast it is, as ratios in one run
	@.venv/bin/python -m bench

faults: setup    ## kill, fill, mutate and attack it, and count what was lost (an hour)
	@.venv/bin/python -m faults

docs: setup      ## write the generated references
	@.venv/bin/python scripts/docs.py

lock: setup      ## renew the locked dependencies from pyproject.toml
	@scripts/lock
