# The command: make command.

COMMAND_SCRATCH := $(CURDIR)/.build-command
COMMAND := $(CURDIR)/out/bin/muster

# One file without the Swift runtime beside it. The calls of SwiftNIO that are wrapped in the library are
# wrapped here too: what the command opens is not for the programs that it starts.
COMMAND_FLAGS := -Xswiftc -static-stdlib -Xswiftc -use-ld=lld --disable-local-rpath \
	$(foreach name,$(WRAPPED),-Xlinker --wrap=$(name))

.PHONY: command

command:
	swift build -c release --product muster-command --scratch-path $(COMMAND_SCRATCH) $(COMMAND_FLAGS)
	mkdir -p $(dir $(COMMAND))
	strip -o $(COMMAND) $(COMMAND_SCRATCH)/release/muster-command
