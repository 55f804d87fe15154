# The shared library and its installation: make lib, make install PREFIX= DESTDIR=, make uninstall.

PREFIX ?= /usr/local
DESTDIR ?=

# The version stands in the sources and from there in the header.
header_number = $(shell sed -n 's/^\#define CLUSTER_VERSION_$(1) //p' $(CURDIR)/include/muster.h)
VERSION := $(call header_number,MAJOR).$(call header_number,MINOR).$(call header_number,PATCH)
SONAME := libmuster.so.$(call header_number,MAJOR)

LIB := $(CURDIR)/out/lib/libmuster.so.$(VERSION)

# Calls of SwiftNIO that leave traces in the host; Sources/CGuest/descriptors.c takes them.
WRAPPED := socket accept accept4 epoll_create epoll_create1 eventfd timerfd_create close signal

# -static-stdlib because --static-swift-stdlib does nothing for a dynamic product; lld because the
# system's linker leaves hidden names behind. These stand here and not in Package.swift, where they
# would reach the executables too and break the thread sanitizer. No lazy binding: the resolver is not
# safe in a signal handler, and cluster_wakeup() is called from there.
SHARED_FLAGS := -Xswiftc -static-stdlib -Xswiftc -use-ld=lld --disable-local-rpath
LIB_FLAGS := $(SHARED_FLAGS) \
	-Xlinker --version-script=$(CURDIR)/Sources/CAPI/muster.map \
	-Xlinker -soname=$(SONAME) \
	-Xlinker -z -Xlinker nodelete -Xlinker -z -Xlinker now -Xlinker --no-undefined -Xlinker --icf=safe \
	$(foreach name,$(WRAPPED),-Xlinker --wrap=$(name))

.PHONY: lib install uninstall

lib: guardian
	swift build -c release --product muster --scratch-path $(RELEASE_SCRATCH) $(LIB_FLAGS)
	mkdir -p $(dir $(LIB))
	strip -o $(LIB) $(RELEASE_SCRATCH)/release/libmuster.so
	ln -sf $(notdir $(LIB)) $(dir $(LIB))$(SONAME)
	ln -sf $(SONAME) $(dir $(LIB))libmuster.so

# What was built is installed as it is: no compiler runs as root.
install:
	@test -f $(LIB) || { echo 'run "make lib" first' >&2; exit 1; }
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include
	install -m 755 $(LIB) $(DESTDIR)$(PREFIX)/lib/
	ln -sf $(notdir $(LIB)) $(DESTDIR)$(PREFIX)/lib/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(PREFIX)/lib/libmuster.so
	install -d $(DESTDIR)$(PREFIX)/lib/muster
	install -m 755 $(GUARDIAN) $(DESTDIR)$(PREFIX)/lib/muster/
	install -m 644 include/muster.h $(DESTDIR)$(PREFIX)/include/
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' pkgconfig/muster.pc.in \
		> $(DESTDIR)$(PREFIX)/lib/pkgconfig/muster.pc
	if test -f out/bin/muster; then \
		install -d $(DESTDIR)$(PREFIX)/bin && install -m 755 out/bin/muster $(DESTDIR)$(PREFIX)/bin/; \
	fi

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/lib/libmuster.so.$(VERSION) $(DESTDIR)$(PREFIX)/lib/$(SONAME) \
		$(DESTDIR)$(PREFIX)/lib/libmuster.so $(DESTDIR)$(PREFIX)/include/muster.h \
		$(DESTDIR)$(PREFIX)/lib/pkgconfig/muster.pc $(DESTDIR)$(PREFIX)/bin/muster \
		$(DESTDIR)$(PREFIX)/lib/muster/muster-guardian
	rmdir $(DESTDIR)$(PREFIX)/lib/muster 2>/dev/null || true
