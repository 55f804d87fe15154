/// Tasks that go to one node: a task by itself, or those of one word that some node may have all of.
struct TaskGroup {
    /// The task's name, or the word.
    let name: String
    let tasks: [Int]
    let kind: Int
}

extension ResolverBoard {
    /// All tasks that somebody may have.
    mutating func groups() -> [TaskGroup] {
        var groups: [TaskGroup] = []
        var words: [String] = []
        var members: [String: [Int]] = [:]
        for (index, task) in tasks.enumerated() where !candidates(index).places.isEmpty {
            let word = task.placement.together
            if word.isEmpty {
                groups.append(TaskGroup(name: task.name, tasks: [index], kind: kindOf[index]))
            } else {
                if members[word] == nil { words.append(word) }
                members[word, default: []].append(index)
            }
        }
        for word in words {
            guard let tasks = members[word], let first = tasks.first else { continue }
            var set = candidates(first).set
            for task in tasks.dropFirst() { set.formIntersection(candidates(task).set) }
            if set.isEmpty {
                groups += tasks.map {
                    TaskGroup(name: self.tasks[$0].name, tasks: [$0], kind: kindOf[$0])
                }
            } else {
                let prefers = tasks.flatMap { self.tasks[$0].placement.prefers }
                groups.append(TaskGroup(name: word, tasks: tasks, kind: kind(of: set, prefers: prefers)))
            }
        }
        return groups
    }
}
