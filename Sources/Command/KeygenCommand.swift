import ArgumentParser
import Sealing

struct KeygenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen", abstract: "Print a new key for a cluster.",
        discussion: """
            All nodes of a cluster need the same key: 'muster keygen > FILE', then --key-file FILE. 'muster keys' \
            changes it while the cluster runs.
            """)

    func run() throws {
        guard Sealing.isReady else { throw Trouble(.failure, "the system has no source of random numbers") }
        Output.print(Key.generate().base64)
    }
}
