# The two commands are `make up` and `make test`; the others are for people who work on FitBalance.
PORT ?= 8000
PY := .venv/bin/python
export PORT
# Where it is set (many containers do), every process compiles every library anew: a third of the suite's time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: up test browser idle-check check soak words screenshots film bench clean-demo help

help:            ## This list
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*##/  —/'

up:              ## Install what is missing, prepare the database, start everything (Ctrl-C stops it)
	@bash fitbalance/setup.sh
	@exec $(PY) -m fitbalance.supervise

test:            ## The whole suite, browser tests included
	@bash fitbalance/setup.sh dev
	$(PY) -m pytest -q -n 2 --dist loadfile -m "not soak" --ignore=tests/e2e $(ARGS)
	@$(MAKE) --no-print-directory -j 2 --output-sync=target browser idle-check

browser:
	$(PY) -m pytest -q -n 2 --dist loadfile tests/e2e $(ARGS)

idle-check:      # browser stories wait much: the checks take what they leave
	@nice -n 15 $(MAKE) --no-print-directory check

check:           ## Style, types, import contracts, migrations
	$(PY) -m ruff check .
	$(PY) -m mypy mlops/ml mlops/kinds $(wildcard mlops/*/services mlops/*/selectors mlops/*/selectors.py) accounts/services accounts/selectors sessions/services sessions/selectors sessions/live/services sessions/live/selectors sessions/video/services sessions/video/selectors sessions/form/services sessions/form/selectors burnout/services burnout/selectors $(wildcard nutrition/*/services nutrition/*/selectors) web/services
	.venv/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run

soak:            ## Faults and load in full (needs half an hour; PostgreSQL too when DATABASE_URL names one)
	@bash fitbalance/setup.sh dev
	FITBALANCE_TEST_KEEP_DATABASE_URL=1 $(PY) -m pytest -q -m soak -s tests/soak $(ARGS)

words:           ## Collect the sentences of pages and scripts for translation, and compile what is translated
	$(PY) manage.py makemessages -l de -l tw --no-obsolete --no-wrap --add-location file -i .venv -i tests -i benchmarks
	$(PY) manage.py makemessages -d djangojs -l de -l tw --no-obsolete --no-wrap --add-location file -i .venv -i vendor -i tests
	$(PY) manage.py compilemessages -i .venv

screenshots:     ## Take the README's pictures from a running demo site
	@bash fitbalance/setup.sh dev
	$(PY) -m tests.e2e.screenshots docs/pictures

film:            ## Film the live page for the first page of the site
	@bash fitbalance/setup.sh dev
	$(PY) -m tests.e2e.moving_picture static/web

clean-demo:      ## Remove exactly the demo rows
	$(PY) manage.py remove_demo
