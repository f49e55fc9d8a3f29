# Everything a person or a machine needs: `make help`.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/.ready
.DEFAULT_GOAL := help
.PHONY: help install demo test check fix faults bench evals evals-live retrieval understanding train record pictures lock browser

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

install: $(READY) ## set up .venv, nothing else

demo: $(READY) ## a demo business with a simulated carrier and phone on this machine (FRESH=1 starts over)
	$(BIN)/ringback demo $(if $(FRESH),--fresh)

test: $(READY) browser ## every test, at small sizes, two files at a time
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

check: $(READY) ## format, lint, types, arrows, dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy agent knowledge prompts server evals tests
	$(BIN)/lint-imports
	$(BIN)/deptry .

fix: $(READY) ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

faults: $(READY) ## the fault tests at full size (minutes)
	$(BIN)/pytest -m full tests/faults

bench: $(READY) ## start, memory, webhook and reply times, measured on this machine
	$(BIN)/python -m evals.bench

evals: $(READY) ## whole conversations by the rules and by a model that means ill, single steps; a report in build/evals
	$(BIN)/python -m evals.suite

evals-live: $(READY) ## the same conversations with your own model (OPENAI_API_KEY or OPENAI_BASE_URL), tone judged by it
	$(BIN)/python -m evals.suite --mode live --judge

retrieval: $(READY) ## retrieval against labelled questions: DATA=folder with faq_kb.jsonl and faq_queries.jsonl
	@test -n "$(DATA)" || { echo "Say where the labelled questions are: make retrieval DATA=FOLDER"; exit 1; }
	$(BIN)/python -m evals.retrieval $(DATA)/faq_kb.jsonl $(DATA)/faq_queries.jsonl

understanding: $(READY) ## single texts and whole conversations read without a model
	$(BIN)/python -m evals.understanding --show

train: $(READY) ## the reader of intents and urgency, and the judge of what sells, made anew of their texts (minutes)
	$(BIN)/uv pip install -q --python $(BIN)/python --group train
	$(BIN)/python -m evals.training
	$(BIN)/python -m evals.selling

record: $(READY) ## what a small real model answers, recorded anew for the tests (1.1 GB at first, then half a minute a text)
	$(BIN)/uv pip install -q --python $(BIN)/python --group record
	$(BIN)/python -m evals.recording record $(SCRIPTS)

pictures: $(READY) browser ## the README's pictures, taken anew from the running product
	$(BIN)/python -m tests.browser.pictures docs/story

lock: $(READY) ## resolve the dependencies again
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --python-version 3.11 -q -o requirements.lock

browser: $(READY)
	$(BIN)/python -m tests.browser.get_chromium
	$(BIN)/python -m tests.browser.get_axe

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Ringback needs Python 3.11 or later."; exit 1; }
	test -x $(BIN)/uv || $(PYTHON) -m venv .venv && $(BIN)/python -m pip --version >/dev/null 2>&1 && $(BIN)/python -m pip install -q --disable-pip-version-check uv || test -x $(BIN)/uv
	$(BIN)/uv pip sync -q --python $(BIN)/python requirements.lock
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $(READY)
