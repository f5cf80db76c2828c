# Every target makes the checkout ready first, which takes a moment only when uv.lock has changed.
# Needed on the machine: make, and a Python >= 3.11 (`make PYTHON=python3.12 run` names another one).

PYTHON ?= python3
# More than there are cores: the tests that break running systems wait more than they work.
WORKERS ?= 3
RUN := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help ready run demo org receive doctor migrate secrets test test-compose faults check format bench scale soak clean

help: ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ready ## The whole product on this machine, until Ctrl-C; data stays in .postroom/
	@$(RUN) -m deploy.local run

demo: ready ## The same, once: 0 only if a message went the whole way
	@$(RUN) -m deploy.local demo

# As it was typed: expanded, a name with a $ in it would be a call of make's, and quotes the shell's.
unexport NAME LIMIT
org: export ORGANIZATION_NAME = $(value NAME)
org: export ORGANIZATION_LIMIT = $(value LIMIT)
org: ready ## A new organization and its key as JSON: make -s org NAME=acme [LIMIT=100]
	@$(RUN) -m deploy.local org

# As with `org`. FROM= with nothing behind it is the null return path, and no FROM the mail's own
# From; it is asked for first, since unexport makes a variable known.
ifneq ($(origin FROM),undefined)
receive: export RECEIVE_FROM = $(value FROM)
endif
unexport FILE TO FROM
receive: export RECEIVE_FILE = $(value FILE)
receive: export RECEIVE_TO = $(value TO)
receive: ready ## A mail comes in to what runs: make -s receive FILE=x.eml TO=addr [FROM=addr]
	@$(RUN) -m deploy.local receive

# DOCTOR="--json --no-probe" for the flags of `python -m deploy.doctor`.
unexport DOCTOR
doctor: export DOCTOR := $(value DOCTOR)
doctor: ready ## What is wrong between the caller and the inbox, and which command mends it
	@$(RUN) -m deploy.local doctor

migrate: ready ## Bring the database of DATABASE_URL to the newest schema
	@$(RUN) -m alembic upgrade head

# The keys come from the environment: an argument of a command is everybody's to see.
secrets: ready ## Seal the webhook secrets of DATABASE_URL with the first of POSTROOM_SECRET_KEYS
	@$(RUN) -m deploy.secrets

test: ready ## All tests, against a real Postgres and a real Redis
	@$(RUN) -m pytest -n $(WORKERS) --ignore tests/bench

# Linux with docker and docker compose; builds the image, and takes minutes.
test-compose: ready ## The image and the compose stack on this machine's Docker engine
	@$(RUN) -m tests.compose

# FAULTS="--only senders_killed --seeds 7 --size short" for less of it.
faults: ready ## Every fault for minutes under load, and the ledger of it; 1 if a promise is broken
	@$(RUN) -m tests.faults $(FAULTS)
	@$(RUN) -m tests.faults.fuzz

check: ready ## Lint, format, types, layers, migrations, manifests, alerts
	@! git grep -nE '^(<{7}|>{7}) '
	@$(RUN) -m ruff check
	@$(RUN) -m ruff format --check
	@$(RUN) -m mypy
	@.venv/bin/lint-imports
	@$(RUN) -m deploy.local check-migrations
	@$(RUN) -m deploy.manifests
	@$(RUN) -m deploy.monitoring

format: ready ## Format the code, and mend what lint can mend
	@$(RUN) -m ruff check --fix
	@$(RUN) -m ruff format

bench: ready ## Benchmarks, each beside what it is measured against
	@$(RUN) -m tests.bench

# SCALE_MESSAGES=50000 for less of it.
scale: ready ## The hot queries and search at a million messages, beside ten thousand; minutes
	@$(RUN) -m tests.bench scale

# SOAK="--minutes 60" for another time.
soak: ready ## The whole product under load for a quarter of an hour; 1 if anything grows
	@$(RUN) -m tests.bench.soak $(SOAK)

clean: ready ## Remove the local data and all caches (not .venv)
	@$(RUN) -m deploy.local clean
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .node

ready:
	@$(PYTHON) deploy/local/bootstrap.py
