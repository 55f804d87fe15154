# Everything a person or CI does, by name.

include mk/library.mk
include mk/command.mk
