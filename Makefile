# Everything a person or CI does, by name. On a fresh Debian machine with a Swift toolchain:
#
#   make demo     builds, and shows a failover on real processes
#   make check    passes all tests
#
# Both install what they need first (Debian packages: as root or with sudo).

.PHONY: all setup setup-tests demo check check-hosts check-stores check-histories test test-program lint house \
	stores store-driver generated abi guest e2e networks command-tests operations console protocol python readme installed \
	simulate simulation model clean

all: lib command

# What a suite needs is built before it, however it is called, so that none tests what is stale. Not with BUILT=1: then it was built
# before, as "make check" does, whose lanes would else build the same twice at once.
needs = $(if $(BUILT),,$(1))

# One release build of the packages serves the library and the programs; only the link differs.
RELEASE_SCRATCH := $(CURDIR)/.build-release

# Strips $(1) to $(2), and leaves alone what is the same already: it may be in use.
put = strip -o $(2).$$$$ $(1) && { cmp -s $(2).$$$$ $(2) && rm $(2).$$$$ || mv $(2).$$$$ $(2); }

include mk/library.mk
include mk/command.mk
include mk/guardian.mk
include mk/install.mk
include mk/python.mk
include mk/fuzz.mk
include mk/bench.mk
include mk/chaos.mk

CHECK_PYTHON := $(PYTHON_VENV)/bin/python

# What building needs; and the tests, besides.
setup:
	@Tools/setup build

setup-tests:
	@Tools/setup tests

# -- The main job -----------------------------------------------------------------------------------

out/bin/primary: examples/primary.c include/muster.h | lib
	mkdir -p out/bin
	$(CC) -std=c99 -D_POSIX_C_SOURCE=200809L -O2 -Wall -Wextra -pedantic -Werror -Iinclude $< \
		-Lout/lib -lmuster -Wl,-rpath,'$$ORIGIN/../lib' -o $@

demo: setup lib command out/bin/primary
	python3 examples/demo.py out

# -- The tests --------------------------------------------------------------------------------------

# What is built is built first, by itself, and the unit tests are run, which keep two processors busy to their end. Then three lanes
# run beside each other: most suites wait for processes, and what plays histories takes the processor that they leave. A compiler
# beside them would take the disk, too.
check:
	$(MAKE) --no-print-directory setup-tests lint house $(PYTHON_READY) test store-driver lib command simulate fuzz-program generated
	TMPDIR=$$(Tools/scratch) $(MAKE) --no-print-directory -j3 BUILT=1 check-hosts check-stores check-histories
	@echo "all checks passed"

check-hosts:
	$(MAKE) --no-print-directory -j1 abi guest e2e protocol console installed readme

check-stores:
	$(MAKE) --no-print-directory -j1 stores chaos networks command-tests operations python

check-histories:
	nice -n 19 $(MAKE) --no-print-directory -j1 simulation model fuzz

# So many tests of a suite run beside each other: their processes do little but wait. Every test has a cluster, ports and
# networks of its own. Files differ in length, so whoever is idle takes tests from another's.
beside = -n $(1) --dist worksteal

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Tools/Package.swift Tools/Sources

house:
	python3 Tests/house/walls.py

test: $(call needs,test-program)
	swift test --skip-build

# Not all that can be built: the command's TLS alone is three hundred files.
test-program:
	swift build --product musterPackageTests

store-driver:
	swift build --product store-driver

stores: $(PYTHON_READY) $(call needs,store-driver)
	PATH=$(PYTHON_VENV)/bin:$$PATH Tests/stores/run

generated:
	Tools/check-generated

abi: $(call needs,lib)
	Tests/abi/check $(LIB)

guest: $(PYTHON_READY) $(call needs,lib)
	PATH=$(PYTHON_VENV)/bin:$$PATH Tests/guest/run $(dir $(LIB))

e2e: $(PYTHON_READY) $(call needs,lib)
	PATH=$(PYTHON_VENV)/bin:$$PATH Tests/e2e/run $(dir $(LIB)) $(call beside,2)

networks: $(PYTHON_READY) $(call needs,lib)
	PATH=$(PYTHON_VENV)/bin:$$PATH Tests/networks/run $(dir $(LIB)) $(call beside,2)

operations: $(PYTHON_READY) $(call needs,lib command)
	PATH=$(PYTHON_VENV)/bin:$$PATH MUSTER_COMMAND=$(COMMAND) MUSTER_LIBRARY=$(LIB) Tests/operations/run

command-tests: $(PYTHON_READY) $(call needs,command)
	PATH=$(PYTHON_VENV)/bin:$$PATH MUSTER_COMMAND=$(COMMAND) Tests/command/run

# The live page in a real browser.
console: $(PYTHON_READY) $(call needs,lib)
	PATH=$(PYTHON_VENV)/bin:$$PATH Tests/console/run $(dir $(LIB))

protocol: $(PYTHON_READY) $(call needs,lib)
	PATH=$(PYTHON_VENV)/bin:$$PATH Tests/protocol/run $(dir $(LIB)) $(call beside,2)

python: test-python check-python wheel test-wheel

installed: $(call needs,lib command)
	Tests/installed/run

readme: $(call needs,lib)
	Tests/readme/run $(dir $(LIB))

simulation: $(call needs,simulate)
	Tests/simulation/run $(RELEASE_SCRATCH)/release/simulate

simulate:
	swift build -c release --product simulate --scratch-path $(RELEASE_SCRATCH) $(SHARED_FLAGS)

# Two small models, looked at in full.
model:
	Tests/model/run

clean:
	rm -rf .build .build-release .build-fuzz .build-bench .build-python Tools/.build out
