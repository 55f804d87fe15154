#!/bin/sh
# A cron for a cluster, in the shell. Start it in several terminals, or on several machines: every five seconds one of them
# does the work, and when you end that one, another goes on.
#
#   examples/job.sh --cluster reports
set -eu
exec "${MUSTER:-$(dirname "$0")/../out/bin/muster}" job --name report --every 5s "$@" -- sh -c '
    # Whatever is written keeps MUSTER_OCCURRENCE beside it, as a unique key: then not even a run that is tried again, since
    # its node died in the middle, is seen twice.
    echo "$MUSTER_MOMENT: $MUSTER_NODE_ID does $MUSTER_OCCURRENCE, attempt $MUSTER_ATTEMPT"'
