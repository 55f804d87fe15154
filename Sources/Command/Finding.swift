import Node
import Options

extension Client {
    /// The one node that the flags mean: by its socket, or among all that run here.
    static func find(_ flags: ClientFlags) throws -> Client {
        let options = try flags.options()
        if let path = try options.text(of: .control) {
            guard let client = Client(path: path) else {
                throw Trouble(.noNode, "no node listens at '\(path)'")
            }
            return client
        }
        let cluster = try options.text(of: .cluster)
        let nodeId = try options.text(of: .nodeId)
        let found = all().filter {
            (cluster == nil || $0.cluster == cluster) && (nodeId == nil || $0.id == nodeId)
        }
        if found.count == 1 { return found[0].client }
        guard found.isEmpty else {
            let choices = found.map { "\($0.id) of \($0.cluster) (\($0.client.path))" }.joined(
                separator: ", ")
            throw Trouble(
                .usage, "several nodes run here, say which by --cluster, --node-id or --control: \(choices)")
        }
        let wanted = [nodeId.map { " '\($0)'" }, cluster.map { " of cluster '\($0)'" }].compactMap { $0 }
            .joined()
        throw Trouble(.noNode, "no node\(wanted) runs here")
    }

    /// Another node of the cluster that runs here; nil where there is none.
    static func other(than id: String, of cluster: String) -> Client? {
        all().first { $0.cluster == cluster && $0.id != id }?.client
    }

    /// Every node of this user that answers.
    private static func all() -> [(client: Client, cluster: String, id: String)] {
        SocketDirectory.sockets().compactMap { path in
            guard let client = Client(path: path), let answer = try? client.ask("self", timeoutMs: 500) else {
                return nil
            }
            return (client, answer.json["cluster"]?.string ?? "", answer.json["id"]?.string ?? "")
        }
    }
}
