for i in 1 2 3 4 5 6; do
valgrind -q --undef-value-errors=no --suppressions=valgrind.supp ./vgt > o.$i 2>&1 & p=$!
for t in $(seq 1 12); do sleep 1; kill -0 $p 2>/dev/null || break; done
if kill -0 $p 2>/dev/null; then echo hang $i; for k in 1 2 3; do for d in /proc/$p/task/*; do echo $(cat $d/comm) $(cut -d' ' -f3,14,15 $d/stat) $(cat $d/wchan); done; sleep 2; done; break; fi
done
