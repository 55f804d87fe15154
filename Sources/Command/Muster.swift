import ArgumentParser

struct Muster: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "muster",
        abstract: "Clusters: who is here, who leads, and programs that run where the leader is.",
        discussion: """
            Every option of 'muster options' is a flag of the commands that join a cluster. It may also \
            stand in the environment (MUSTER_CLUSTER, MUSTER_FAILOVER_POSITION, ...) or in a file (--config \
            FILE); a flag beats the environment, which beats the file.

            Exit status: 0 ok, 1 failure, 2 wrong usage, 3 no node found, 4 the time was up, 5 refused \
            because another node has this id, 6 not all members have done it. 'muster run' and 'muster daemon' end with the status of their command.
            """,
        version: "muster \(releaseVersion)",
        subcommands: [
            AgentCommand.self, WitnessCommand.self, RunCommand.self, JobCommand.self, DaemonCommand.self,
            TasksCommand.self,
            MembersCommand.self, EventsCommand.self, StatsCommand.self,
            MessagesCommand.self, SendCommand.self, BroadcastCommand.self, StepDownCommand.self,
            PromoteCommand.self, PauseCommand.self, ResumeCommand.self,
            LeaveCommand.self, KeygenCommand.self, KeysCommand.self, OptionsCommand.self,
            ConfigCommand.self, StoreCommand.self, HaproxyCommand.self, HaproxyAgentCommand.self,
            TopCommand.self, DoctorCommand.self,
            DrillCommand.self,
        ])
}
