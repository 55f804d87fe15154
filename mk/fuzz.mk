# Fuzzing with libFuzzer, which the Swift toolchain brings: make fuzz, make fuzz SECONDS=3600.

SECONDS ?= 110

FUZZ_SCRATCH := $(CURDIR)/.build-fuzz

# "--sanitize fuzzer" leaves the executable's main to libFuzzer. A second "--sanitize address" would replace the first
# in the compiler's eyes (of two flags the last counts), so both stand in one flag behind it. The targets test rooms
# from within, hence -enable-testing.
FUZZ_FLAGS := --sanitize fuzzer -Xswiftc -sanitize=fuzzer,address -Xcxx -fsanitize=fuzzer-no-link,address \
	-Xswiftc -enable-testing -Xswiftc -use-ld=lld

.PHONY: fuzz fuzz-program

fuzz: $(call needs,fuzz-program)
	Tests/fuzz/run $(FUZZ_SCRATCH)/release/Fuzz $(SECONDS)

fuzz-program:
	MUSTER_FUZZ=1 swift build -c release --product Fuzz --scratch-path $(FUZZ_SCRATCH) $(FUZZ_FLAGS)
