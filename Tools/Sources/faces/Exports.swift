// The export list, and the stub for the comparison of binary interfaces. (Linkers call a library without code so.)

extension Face {
    /// Sources/CAPI/muster.map, the linker's version script.
    func versionScript() -> String {
        let names = functions.map { "        \($0.name);" }.joined(separator: "\n")
        return """
            # Made from Sources/CAPI by Tools/generate. What is not named here stays inside the library.
            \(version.node) {
                global:
            \(names)
                local:
                    *;
            };

            """
    }

    /// Tests/abi/stub.c: every function with its C types and nothing inside. Tools that compare binary
    /// interfaces read the debug information of C but not that of Swift.
    func stub() -> String {
        let bodies = functions.map { function in
            function.declaration(prefix: "").dropLast() + " { __builtin_trap(); }"
        }
        return """
            /* Made from Sources/CAPI by Tools/generate: the C face without anything behind it, for abidiff. */
            #include "muster.h"

            \(bodies.joined(separator: "\n\n"))

            """
    }
}
