#!/bin/sh
# Holds an address on the one machine that leads, as keepalived does. Start it on every machine, as root:
#
#   muster run --cluster gate --key-file key --seeds 10.0.0.1,10.0.0.2 -- examples/address.sh 10.0.0.100/24 eth0
#
# It begins when this machine is promoted, and gets TERM when it is to stop; on a hand-over the next begins when it has ended.
set -eu
trap 'ip address delete "$1" dev "$2"; exit 0' TERM INT
ip address replace "$1" dev "$2"  # it may have stayed here when this script was killed
# Neighbours that know the former place are told of the new one (Debian package iputils-arping). Without it they may go on
# asking there for a minute.
if command -v arping > /dev/null; then arping -q -U -c 3 -I "$2" "${1%/*}" & fi
sleep infinity &
wait
