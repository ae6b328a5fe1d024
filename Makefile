# make demo   runs a country on this machine (DEMO_SITES, DEMO_PORT, DEMO_SECONDS); Ctrl-C ends it
# make test   everything but the long fault runs        make check  form, lint, types, imports
# make soak   the long fault runs                       make bench  the measurements in benchmarks/
# make screenshots   a picture of every page, into screenshots/ (PAGES="overview sites": of these only)
# make lock   pins the newest versions of everything    make clean  removes what all of these made
#
# Nothing is written outside this folder, neither caches nor temporary files, but for Debian packages that test, soak and
# bench install by apt when they are missing (as root).

PYTHON ?= python3
BIN := .venv/bin
SHELL := /bin/bash -euo pipefail
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export npm_config_cache := $(CURDIR)/.cache/npm
export TMPDIR := $(CURDIR)/.cache/tmp
export RUSTUP_HOME := $(CURDIR)/.cache/rustup  # pip asks rustc for its version, and rustup then writes its settings
unexport PYTHONPATH

READY := .venv/ready
ASSETS := $(filter-out %/node_modules,$(wildcard collector/dashboard/assets/*))

# $(call needs,how to find out,which Debian packages bring it)
needs = $(1) > /dev/null 2>&1 || { apt-get update -qq && apt-get install -qq -y --no-install-recommends $(2) > /dev/null; }
# Debian starts a broker of its own with it, which nobody here asked for.
MOSQUITTO = test -x /usr/sbin/mosquitto || { $(call needs,false,mosquitto); systemctl disable --now mosquitto 2> /dev/null || true; }
CHROMIUM = $(call needs,command -v chromium,chromium)
HAS_TESTBED := /usr/bin/python3 -c 'import gi; gi.require_version("UMockdev", "1.0")'

.PHONY: demo test check screenshots soak bench lock clean

demo: $(READY)
	@DIEMCAU_HOME="$(CURDIR)/.demo" exec $(BIN)/diemcau-collector demo

test: $(READY)
	@$(call needs,command -v tc,iproute2) # it limits a test's own network
	@$(call needs,command -v gcc,gcc libc6-dev) # it makes the emulator of lines
	@$(call needs,command -v faketime,faketime) # it sets the clock of a test's own processes
	@$(call needs,command -v tinyproxy,tinyproxy-bin) # a proxy between a test's own networks
	@$(call needs,$(HAS_TESTBED),umockdev gir1.2-umockdev-1.0 python3-gi) # it plays devices to the real agent
	@$(call needs,test -x /lib/nut/upsd,nut-server) # and this one a UPS
	@$(call needs,command -v soffice,libreoffice-writer-nogui) # it opens the statement; 21 s and 260 MB
	@$(MOSQUITTO) # the broker of a country, in processes of the tests
	@$(CHROMIUM) # it looks at the pages
	@$(call needs,type makensis systemd-analyze,nsis systemd) # bundles are built, and the unit looked at
	@$(BIN)/python -m pytest -q -m "not soak" --numprocesses 3 --dist loadfile

check: $(READY)
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/mypy --cache-dir .mypy_cache/benchmarks benchmarks
	@$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32 -p agent.platforms.windows
	@$(BIN)/lint-imports

screenshots: $(READY)
	@$(CHROMIUM)
	@$(BIN)/python -m tests.browser.screenshots screenshots $(PAGES)

soak: $(READY)
	@$(call needs,command -v qemu-aarch64-static,qemu-user-static) # it plays the processor of a small board
	@$(call needs,command -v debootstrap,debootstrap) # it fetches that processor's Debian
	@$(call needs,command -v wine,wine wine64) # it runs what is made for Windows
	@$(call needs,type makensis osslsigncode,nsis osslsigncode) # they build it and look at its signature
	@$(MOSQUITTO)
	@$(BIN)/python -m pytest -m soak

bench: $(READY)
	@$(call needs,type zabbix_agent2 prometheus-node-exporter,zabbix-agent2 prometheus-node-exporter) # the agent's peers
	@$(call needs,type tc iperf3 gcc,iproute2 iperf3 gcc libc6-dev) # emulated lines, and what measures them
	@$(MOSQUITTO)
	@for program in benchmarks/*.py; do $(BIN)/python "$$program"; done

$(READY): .ci/requirements.lock pyproject.toml contract/__init__.py $(ASSETS) | $(TMPDIR)
	@echo "Đang chuẩn bị môi trường trong .venv (lần đầu mất một hai phút) / Preparing .venv (a minute or two at first)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Cần Python 3.11 trở lên: make PYTHON=... / Python 3.11 or newer is needed: make PYTHON=..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes -r .ci/requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

$(TMPDIR):
	@mkdir -p "$@"

HASHED := --generate-hashes --no-header --no-annotate --no-emit-index-url --quiet
lock: $(READY)
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 --upgrade $(HASHED) \
		-o .ci/requirements.lock --cache-dir .cache/uv
	@$(BIN)/uv pip compile pyproject.toml -c .ci/requirements.lock --python-platform linux --python-version 3.11 $(HASHED) \
		-o provisioning/bundle/locks/deb.lock --cache-dir .cache/uv
	@$(BIN)/uv pip compile provisioning/bundle/locks/exe.in --python-platform windows --python-version 3.8 $(HASHED) \
		-o provisioning/bundle/locks/exe.lock --cache-dir .cache/uv

clean:
	rm -rf .venv .cache .demo .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis screenshots \
		collector/dashboard/static collector/dashboard/assets/node_modules
