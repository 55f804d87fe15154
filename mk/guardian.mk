# The guardian, a program that libmuster starts where failover.guardian=on: make guardian. It lives beside the library.

GUARDIAN := $(CURDIR)/out/lib/muster/muster-guardian

.PHONY: guardian

guardian:
	swift build -c release --product muster-guardian --scratch-path $(RELEASE_SCRATCH) $(SHARED_FLAGS)
	mkdir -p $(dir $(GUARDIAN))
	$(call put,$(RELEASE_SCRATCH)/release/muster-guardian,$(GUARDIAN))
