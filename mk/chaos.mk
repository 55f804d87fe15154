# Random faults for real hosts and stores: make chaos, make chaos CHAOS_SECONDS=600, make chaos CHAOS_SEED=17.

CHAOS_SECONDS ?=
CHAOS_SEED ?=

.PHONY: chaos

chaos: $(PYTHON_READY) $(call needs,lib command)
	PATH=$(PYTHON_VENV)/bin:$$PATH MUSTER_COMMAND=$(COMMAND) Tests/chaos/run $(dir $(LIB)) \
		$(if $(CHAOS_SECONDS),--seconds $(CHAOS_SECONDS)) $(if $(CHAOS_SEED),--seed $(CHAOS_SEED))
