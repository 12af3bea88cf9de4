# Two commands: `make grade` grades the sample submissions, `make test` runs every test. Both make .venv first,
# and install into it again when pyproject.toml or constraints.txt changes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt
PINNED := pyproject.toml constraints.txt

SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

.PHONY: grade test soak clean
.DELETE_ON_ERROR:

grade: $(VENV)/.grader
	$(BIN)/grader grade submissions/practical3 --out grades
	@echo "Open $(CURDIR)/grades/index.html in a browser; the marks are in grades/gradebook.csv."

# One process more than cores. A file's tests stay together, as they share what they have graded; the longest files come
# first (tests/conftest.py).
test: $(VENV)/.tests
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

# An hour on two cores: what grading leaves behind, over 2,000 submissions.
soak: $(VENV)/.tests
	$(BIN)/python benchmarks/soak.py

clean:
	rm -rf $(VENV) grades build dist .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is written last, so that a run that was broken off is done again.
$(VENV)/.python:
	@$(PYTHON) -c "$(SUPPORTED)" 2>/dev/null || { \
	  echo "grader needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is not one;" \
	    "name another, such as: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.grader: $(VENV)/.python $(PINNED)
	@echo "Installing grader and what it needs into $(VENV); the first time takes some minutes."
	$(PIP) --editable .
	@touch $@

$(VENV)/.tests: $(VENV)/.grader
	$(PIP) --editable '.[test]'
	@for browser in $$CHROMIUM chromium chromium-browser google-chrome; do \
	  command -v $$browser >/dev/null && exit 0; done; \
	$(BIN)/playwright install chromium || echo "There is no Chromium here: the browser tests will be skipped."
	@touch $@
