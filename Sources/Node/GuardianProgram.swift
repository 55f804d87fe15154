import CGuardian
import Glibc

/// Where the helper is: beside the library, or wherever this code was loaded from.
enum GuardianProgram {
    private static let name = "muster-guardian"

    /// Its path, or an error that says where it was looked for.
    static func find() throws(Failure) -> String {
        let places = beside(ownFolder) + onPath
        for place in places where isProgram(place) { return place }
        throw Failure(
            .unsupported,
            "option 'failover.guardian' needs the program \(name), which is not at "
                + (beside(ownFolder) + ["on PATH"]).joined(separator: ", nor ")
                + ": 'make install' puts it beside libmuster.so, and the Python wheel has it")
    }

    /// A folder of its own beside the library, as it is installed; the library's, as in the Python wheel; for the
    /// command, where its library would be.
    private static func beside(_ folder: String?) -> [String] {
        guard let folder else { return [] }
        return ["\(folder)/muster/\(name)", "\(folder)/\(name)", "\(folder)/../lib/muster/\(name)"]
    }

    private static var ownFolder: String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            guard let start = buffer.baseAddress, guardian_own_path(start, buffer.count) == 0 else {
                return nil
            }
            let path = String(cString: start)
            guard let slash = path.lastIndex(of: "/") else { return nil }
            return String(path[..<slash])
        }
    }

    private static var onPath: [String] {
        guard let path = getenv("PATH") else { return [] }
        // An empty entry means the folder one happens to be in: no place to take a program from.
        return String(cString: path).split(separator: ":").map { "\($0)/\(name)" }
    }

    private static func isProgram(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }
}
