package import Basics

/// The register of tasks.
extension Store: TaskRegister {
    package func readTask(
        _ name: String, completion: @escaping @Sendable (Result<StoredRow?, StoreError>) -> Void
    ) {
        let refuse: @Sendable (StoreError) -> Void = { completion(.failure($0)) }
        guard let key = taskKey(name) else { return refuse(Self.badName) }
        ask(refuse) { session, deadline in
            do throws(StoreError) {
                let row = try session.read(key, until: deadline)
                return { completion(.success(row)) }
            } catch {
                return { refuse(error) }
            }
        }
    }

    package func writeTask(
        _ name: String, expected: RowStamp?, row: StoredRow,
        completion: @escaping @Sendable (RowWrite) -> Void
    ) {
        guard let key = taskKey(name) else { return completion(.failed(Self.badName)) }
        guard row.data.count <= StoredRow.mostData, row.holder.utf8.count <= Identity.longestId else {
            return completion(.failed(StoreError(.badSettings, "a row that cannot stand in a store")))
        }
        change(completion) { session, deadline throws(StoreError) in
            try session.write(key, expected: expected, row: row, until: deadline)
        }
    }

    package func removeTask(
        _ name: String, expected: RowStamp, completion: @escaping @Sendable (RowWrite) -> Void
    ) {
        guard let key = taskKey(name) else { return completion(.failed(Self.badName)) }
        change(completion) { session, deadline throws(StoreError) in
            try session.remove(key, expected: expected, until: deadline)
        }
    }

    package func listTasks(
        after: String?, most: Int,
        completion: @escaping @Sendable (Result<[(name: String, row: StoredRow)], StoreError>) -> Void
    ) {
        let refuse: @Sendable (StoreError) -> Void = { completion(.failure($0)) }
        guard (1...StoredRow.mostListed).contains(most) else {
            return refuse(
                StoreError(.badSettings, "1 to \(StoredRow.mostListed) tasks are listed, not \(most)"))
        }
        guard after.map(StoredRow.isName) ?? true else { return refuse(Self.badName) }
        let page = RowPage(
            kind: .task, cluster: PlainName.spelled(settings.cluster), after: after.map(PlainName.spelled),
            most: most)
        ask(refuse) { session, deadline in
            do throws(StoreError) {
                let rows = try session.list(page, until: deadline)
                return { completion(.success(rows)) }
            } catch {
                return { refuse(error) }
            }
        }
    }

    private func change(
        _ completion: @escaping @Sendable (RowWrite) -> Void,
        _ body: @escaping @Sendable (any Session, _ until: Instant) throws(StoreError) -> Bool
    ) {
        let refuse: @Sendable (StoreError) -> Void = { completion(RowWrite($0)) }
        ask(refuse) { session, deadline in
            do throws(StoreError) {
                let isApplied = try body(session, deadline)
                return { completion(isApplied ? .applied : .conflict) }
            } catch {
                return { refuse(error) }
            }
        }
    }

    /// Nil where the columns do not hold the name.
    private func taskKey(_ name: String) -> RowKey? {
        guard StoredRow.isName(name) else { return nil }
        return RowKey(.task, cluster: settings.cluster, name: name)
    }

    private static let badName = StoreError(
        .badSettings, "a task needs a name of 1 to \(StoredRow.longestName) bytes")
}
