import CSupervisor
import Glibc

// The supervisor of `muster run` is this very executable started again. It is taken care of before anything
// else is touched: it lives for as long as the command and should be small.
if CommandLine.argc > 1, let word = CommandLine.unsafeArgv[1], strcmp(word, "supervise") == 0 {
    exit(supervisor_main(CommandLine.argc, CommandLine.unsafeArgv))
}
Program.run()
