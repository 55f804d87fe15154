import Tasks
import Testing

@Suite struct DefinitionTests {
    @Test func sayingTheSameLaterIsTheSame() {
        var later = TaskDefinition(name: "a", kind: .job, schedule: "every 5s")
        later.offeredAt = 7
        #expect(later.isSame(as: TaskDefinition(name: "a", kind: .job, schedule: "every 5s")))
        #expect(!later.isSame(as: TaskDefinition(name: "a", kind: .job, schedule: "every 6s")))
    }
}
