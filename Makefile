# Everything a person or CI does, by name.

include mk/library.mk
