# The shared library: make lib.

# The version stands in the sources and from there in the header.
header_number = $(shell sed -n 's/^\#define CLUSTER_VERSION_$(1) //p' $(CURDIR)/include/muster.h)
VERSION := $(call header_number,MAJOR).$(call header_number,MINOR).$(call header_number,PATCH)
SONAME := libmuster.so.$(call header_number,MAJOR)

LIB := $(CURDIR)/out/lib/libmuster.so.$(VERSION)

# Calls of SwiftNIO that leave traces in the host; Sources/CGuest/descriptors.c takes them.
WRAPPED := socket accept accept4 epoll_create epoll_create1 eventfd timerfd_create close signal
# The names of the Unicode characters, 0.55 MB; Sources/CGuest/characters.c says why none of them is needed.
WRAPPED += _swift_stdlib_getScalarName

# -static-stdlib because --static-swift-stdlib does nothing for a dynamic product; lld because the
# system's linker leaves hidden names behind. These stand here and not in Package.swift, where they
# would reach the executables too and break the thread sanitizer. No lazy binding: the resolver is not
# safe in a signal handler, and cluster_wakeup() is called from there.
#
# For size, 1 MB: a public function is no reason to keep it, since no other library is linked to these modules
# (internalize-at-link), and the linker drops unused functions one by one (function-sections).
SHARED_FLAGS := -Xswiftc -static-stdlib -Xswiftc -use-ld=lld --disable-local-rpath \
	-Xswiftc -Xfrontend -Xswiftc -internalize-at-link -Xswiftc -Xfrontend -Xswiftc -function-sections

# The same for Swift's own library, 1 MB: it was compiled without that flag, so the linker gets copies
# (Tools/unretain). They need glibc 2.34 instead of 2.35, too.
RUNTIME := swiftCore swift_Concurrency swiftDispatch swiftGlibc
RUNTIME_COPIES := $(RELEASE_SCRATCH)/runtime

# Functions that are the same byte for byte become one, 0.6 MB: nothing here compares addresses of functions, and Apple's linker
# does the same to every release. NIOEmbedded, 0.2 MB, is for tests: an umbrella module of SwiftNIO draws it in.
LIB_FLAGS := $(SHARED_FLAGS) \
	$(foreach name,$(RUNTIME),-Xlinker '--remap-inputs=*/lib$(name).a=$(RUNTIME_COPIES)/lib$(name).a') \
	-Xlinker '--remap-inputs=*/NIOEmbedded.build/*=/dev/null' \
	-Xlinker --version-script=$(CURDIR)/Sources/CAPI/muster.map \
	-Xlinker -soname=$(SONAME) \
	-Xlinker -z -Xlinker nodelete -Xlinker -z -Xlinker now -Xlinker --no-undefined -Xlinker --icf=all \
	$(foreach name,$(WRAPPED),-Xlinker --wrap=$(name))

.PHONY: lib

lib: guardian
	Tools/unretain $(RUNTIME_COPIES) $(RUNTIME)
	@# The package manager does not know that it links these copies.
	@find $(RUNTIME_COPIES) -newer $(RELEASE_SCRATCH)/release/libmuster.so -exec rm -f $(RELEASE_SCRATCH)/release/libmuster.so \; 2>/dev/null || true
	swift build -c release --product muster --scratch-path $(RELEASE_SCRATCH) $(LIB_FLAGS)
	mkdir -p $(dir $(LIB))
	$(call put,$(RELEASE_SCRATCH)/release/libmuster.so,$(LIB))
	ln -sf $(notdir $(LIB)) $(dir $(LIB))$(SONAME)
	ln -sf $(SONAME) $(dir $(LIB))libmuster.so
