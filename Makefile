# Two commands matter: `make demo` and `make test`. Each sets up what it needs; `make help` lists the others.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test fuzz drill check lab bench docs lock

PYTHON_OF_VENV := .venv/bin/python
SET_UP := sh gates/python gates/setup.py

help:  ## list the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo:  ## a real three-broker cluster, a fault, and what Kastellan says about it
	@$(SET_UP) run
	@.venv/bin/kastellan demo

test:  ## every gate and every test, the quick ones first
	@$(SET_UP) dev
	@$(PYTHON_OF_VENV) -m gates test

fuzz:  ## the property tests with new examples for ten minutes (SECONDS=60, or SEED=... to see one round again)
	@$(SET_UP) dev
	@$(PYTHON_OF_VENV) -m gates fuzz $(if $(SEED),--seed=$(SEED)) $(SECONDS)

drill:  ## every fault of the lab, whoever injects or undoes it killed at any instant (SEED=... has the same instants)
	@$(SET_UP) dev
	@$(PYTHON_OF_VENV) -m gates drill $(if $(SEED),--seed=$(SEED))

check:  ## the quick gates, under a minute: run them before every commit
	@$(SET_UP) dev
	@$(PYTHON_OF_VENV) -m gates check

lab:  ## bring up a lab: real Kafka on loopback (LAB="--brokers 3 ..." adds options)
	@$(SET_UP) run
	@.venv/bin/kastellan lab up $(LAB)

bench:  ## the measured comparisons (BENCH="..." adds options)
	@$(SET_UP) dev
	@$(PYTHON_OF_VENV) -m gates bench $(BENCH)

docs:  ## write the generated pages anew and build the documentation into docs/_build/html
	@$(SET_UP) dev
	@$(PYTHON_OF_VENV) -m gates docs

lock:  ## resolve the locks anew from pyproject.toml (UPGRADE=1 takes the newest versions)
	@$(SET_UP) lock
	@sh gates/python -m gates.locks write $(if $(UPGRADE),--upgrade)
