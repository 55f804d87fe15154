extension Runtime {
    /// The parts of `http_cluster_manager_path`.
    package var clusterManagerPath: [String] {
        settings.httpClusterManagerPath.split { $0 == "/" }.map { String($0) }
    }
}
