# Thin shells over portable Python: see hdr_site/bootstrap.py, which also does all of this on Windows.
PYTHON ?= python3
BOOTSTRAP = $(PYTHON) -m hdr_site.bootstrap
BIN = .venv/bin
# Linters import the settings, which want a key; it protects nothing here.
LINT_ENV = NUMERAL_ENV_FILE=/dev/null SECRET_KEY=only-for-linters

.PHONY: run test admin install install-dev lint format types check ci lock bench bench-read bench-learning bench-live bench-history bench-switch bench-forms bench-training bench-batch bench-pages docs-screenshots docs-icons docs-pictures train-shipped clean

run:  ## install, prepare and serve on http://127.0.0.1:8000 (PORT=…, HOST=0.0.0.0)
	@$(BOOTSTRAP) run

test:  ## install what tests need and run every test (ARGS="-k word")
	@$(BOOTSTRAP) test

admin:  ## make the first administrator
	@$(BOOTSTRAP) admin

install:  ## what `make run` installs, without running it
	@$(BOOTSTRAP) install

install-dev:
	@$(BOOTSTRAP) install-dev

lint: install-dev  ## style of Python and templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --lint templates

format: install-dev  ## mend what lint would complain about, where a tool can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: install-dev  ## mypy, strict
	$(LINT_ENV) $(BIN)/mypy

check: install-dev  ## Django's own checks: migrations are complete, settings are fit for a public address
	$(LINT_ENV) $(BIN)/python manage.py makemigrations --check --dry-run
	NUMERAL_ENV_FILE=/dev/null SITE_URL=https://numeral.example SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(64))') \
	  $(BIN)/python -W error manage.py check --deploy --fail-level WARNING

ci:  ## all of the above, as the CI does it
	.ci/run

lock:  ## compile requirements/*.in anew, all together
	requirements/lock.sh --upgrade

bench: install  ## Numeral beside the plain recipe of student reports: speed and memory
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/bench.txt
	$(BIN)/python -m bench.serving

bench-read: install  ## how long a reading takes on one core, and where the time goes
	$(BIN)/python -m bench.reading

bench-live: install-dev  ## how soon a drawing's reading is on the screen after the pen is lifted, in a real browser
	$(BIN)/python -m bench.live_drawing

bench-learning: install  ## do corrections help? Badly read hands before and after learning from them (MNIST_PATH=…; ten minutes)
	$(BIN)/python -m bench.learning

bench-training: install  ## seconds an epoch and to 99 % for each network, and two processes that train together (MNIST_PATH=…)
	$(BIN)/python -m bench.training
	$(BIN)/python -m bench.two_workers

bench-batch: install-dev  ## how many pictures of a batch are read in a minute: files, a ZIP and a PDF
	$(BIN)/python -m bench.batches

bench-history: install  ## a million uploads of one user: every list, filter and search of the history (half an hour to fill, once)
	$(BIN)/python -m bench.history

bench-pages: install-dev  ## what each page weighs, and how soon it is seen, in a real browser with nothing in its cache
	$(BIN)/python -m bench.page_weight

bench-switch: install  ## what activating and rolling back twice a second costs those who read meanwhile
	$(BIN)/python -m bench.switching

bench-forms: install  ## what a field's length, range and check digit buy, on photographed forms (DATA=mnist.npz; five minutes)
	$(BIN)/python -m bench.forms $(DATA)

docs-pictures: install-dev  ## draw the pictures of docs/how-it-reads.md, and those that a new person may try, anew
	$(BIN)/python -m docs.how_it_reads
	$(BIN)/python -m docs.sample_pictures

docs-screenshots: install-dev  ## a picture of every page, wide and on a phone, light and dark, of a made-up world
	$(BIN)/python -m docs.page_pictures

docs-icons: install-dev  ## draw the icons of the installed application from static/img/favicon.svg
	$(BIN)/python -m docs.icons

train-shipped: install  ## train the shipped models anew, into var/shipped (MNIST_PATH=… OPTDIGITS_PATH=… SEMEION_PATH=…; hours)
	$(BIN)/python -m recognizer.training run recognizer/training/shipped_hands.json --output var/shipped/digit-2
	$(BIN)/python -m recognizer.training run recognizer/training/shipped.json --output var/shipped/digit-3
	$(BIN)/python -m recognizer.training run recognizer/training/shipped_lines.json --output var/shipped/number-2

clean:  ## remove what can be made again; var/ and .env stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis staticfiles test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
