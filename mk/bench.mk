# The numbers: make bench measures all rows beside the peers and writes benchmarks/results and docs/benchmarks.md;
# make bench ROWS=kill-detect-n3,idle-bytes-n3 measures these and prints them.

ROWS ?=

BENCH := $(CURDIR)/out/bench
BENCH_VENV := $(CURDIR)/.build-bench/venv
BENCH_READY := $(BENCH_VENV)/ready
BENCH_CFLAGS := -std=gnu11 -O2 -Wall -Wextra -Werror -Iinclude
BENCH_LIBS := -Lout/lib -lmuster -Wl,-rpath,'$$ORIGIN/../lib'

.PHONY: bench bench-peers bench-programs

bench: bench-peers lib command bench-programs $(BENCH_READY)
	$(BENCH_VENV)/bin/python benchmarks/bench.py --rows '$(ROWS)'

bench-peers:
	@Tools/setup peers

# Debian's Go libraries are sources under GOPATH; nothing is fetched.
bench-programs: simulate
	mkdir -p $(BENCH)
	$(CC) $(BENCH_CFLAGS) benchmarks/host.c $(BENCH_LIBS) -o $(BENCH)/host
	$(CC) $(BENCH_CFLAGS) benchmarks/tasker.c $(BENCH_LIBS) -o $(BENCH)/tasker
	$(CC) $(BENCH_CFLAGS) benchmarks/crowd.c $(BENCH_LIBS) -o $(BENCH)/crowd
	$(CC) $(BENCH_CFLAGS) benchmarks/limit.c -o $(BENCH)/limit
	swift build -c release --product store-driver --scratch-path $(RELEASE_SCRATCH) $(SHARED_FLAGS)
	strip -o $(BENCH)/store-driver $(RELEASE_SCRATCH)/release/store-driver
	strip -o $(BENCH)/simulate $(RELEASE_SCRATCH)/release/simulate
	cd benchmarks/peers/memberlist && GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$(CURDIR)/.build-bench/go \
		go build -o $(BENCH)/memberlist .

$(BENCH_READY): mk/bench.mk
	rm -rf $(BENCH_VENV)
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check matplotlib pynacl
	touch $@
