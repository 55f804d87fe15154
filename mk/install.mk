# Where what was built goes: make, make install PREFIX= DESTDIR=, make uninstall.

PREFIX ?= /usr/local
DESTDIR ?=

INSTALLED := $(DESTDIR)$(PREFIX)
# Beside the command: file of out/share, and where it belongs.
COMMAND_FILES := muster.1:share/man/man1/muster.1 muster.bash:share/bash-completion/completions/muster \
	muster.zsh:share/zsh/site-functions/_muster muster.fish:share/fish/vendor_completions.d/muster.fish

# Fills in a template.
fill = sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' $(1) | install -D -m 644 /dev/stdin $(2)

.PHONY: install uninstall

# What was built is installed as it is: no compiler runs as root.
install:
	@test -f $(LIB) -a -f $(COMMAND) || { echo 'run "make" first: it builds what is to be installed' >&2; exit 1; }
	install -D -m 755 -t $(INSTALLED)/lib $(LIB)
	ln -sf $(notdir $(LIB)) $(INSTALLED)/lib/$(SONAME)
	ln -sf $(SONAME) $(INSTALLED)/lib/libmuster.so
	install -D -m 755 -t $(INSTALLED)/lib/muster $(GUARDIAN)
	install -D -m 644 -t $(INSTALLED)/include include/muster.h
	$(call fill,pkgconfig/muster.pc.in,$(INSTALLED)/lib/pkgconfig/muster.pc)
	install -D -m 755 -t $(INSTALLED)/bin $(COMMAND)
	for place in $(COMMAND_FILES); do install -D -m 644 out/share/$${place%%:*} $(INSTALLED)/$${place#*:} || exit; done
	$(call fill,packaging/muster@.service,$(INSTALLED)/lib/systemd/system/muster@.service)

uninstall:
	rm -f $(addprefix $(INSTALLED)/,lib/$(notdir $(LIB)) lib/$(SONAME) lib/libmuster.so lib/muster/muster-guardian \
		include/muster.h lib/pkgconfig/muster.pc bin/muster lib/systemd/system/muster@.service \
		$(foreach place,$(COMMAND_FILES),$(lastword $(subst :, ,$(place)))))
	rmdir $(INSTALLED)/lib/muster 2>/dev/null || true
