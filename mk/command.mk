# The command: make command.

COMMAND := $(CURDIR)/out/bin/muster
# What the command says of itself: the man page, and what shells complete.
SHARE := $(CURDIR)/out/share

# One file without the Swift runtime beside it. The calls of SwiftNIO that are wrapped in the library are
# wrapped here too: what the command opens is not for the programs that it starts. It alone speaks TLS, which is 4 MB of
# BoringSSL; mk/library.mk says what icf does.
COMMAND_FLAGS := $(SHARED_FLAGS) -Xlinker --icf=all \
	-Xlinker '--remap-inputs=*/NIOEmbedded.build/*=/dev/null' \
	$(foreach name,$(WRAPPED),-Xlinker --wrap=$(name))

.PHONY: command

command:
	swift build -c release --product muster-command --scratch-path $(RELEASE_SCRATCH) $(COMMAND_FLAGS)
	mkdir -p $(dir $(COMMAND))
	$(call put,$(RELEASE_SCRATCH)/release/muster-command,$(COMMAND))
	mkdir -p $(SHARE)
	Tools/manpage $(COMMAND) $(VERSION) > $(SHARE)/muster.1
	for shell in bash zsh fish; do $(COMMAND) --generate-completion-script $$shell > $(SHARE)/muster.$$shell; done
