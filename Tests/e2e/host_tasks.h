/* What the host of the end-to-end tests can do with tasks. Included by host.c, whose lines it writes.
 *
 *   offer NAME [OPTIONS]             daemon NAME [OPTIONS]         offer-many PREFIX COUNT
 *   job NAME OPTIONS SCHEDULE        OPTIONS with "," for each space, "-" for none
 *   behave WHAT NUMBER               of all callbacks of this host from now on:
 *     start-ms, start-code, stop-ms, run-ms, run-code; defer: stop and run end on a thread of their own
 *   task-close|task-mine|task-token|task-complete NAME      task-fail NAME REASON
 *   task-watch NAME                  a thread tells each change of cluster_task_is_mine()
 *   tasks TIMEOUT                    task-pause|task-resume|task-run|task-forget NAME TIMEOUT
 *   task-move NAME MEMBER TIMEOUT    MEMBER "-": whichever */

struct task {
    char *name;
    cluster_task_t *handle;
};

static struct task *tasks;
static size_t task_count;
static volatile long start_ms, start_code, stop_ms, run_ms, run_code, defers;

static struct line *begin_task(const char *word, const char *name, uint64_t token) {
    struct line *line = begin("task", word);
    add_text(line, "name", name);
    add_number(line, "token", token);
    return line;
}

static int on_start(cluster_task_t *task, const char *name, uint64_t token, void *user) {
    uint64_t own = 0;
    struct line *line = begin_task("start", name, token);
    (void)user;
    add_number(line, "mine", (uint64_t)cluster_task_is_mine(task));
    add_number(line, "agrees", cluster_task_token(task, &own) != CLUSTER_OK || own == token);
    end(line);
    if (start_ms > 0) work_ms(start_ms);
    end(begin_task("start-done", name, token));
    return (int)start_code;
}

struct late {
    cluster_task_t *task;
    char *name;
    uint64_t token;
    long ms;
    int is_run;
};

static void *end_late(void *argument) {
    struct late *late = argument;
    cluster_result result;
    struct line *line;
    work_ms(late->ms);
    line = begin_task(late->is_run ? "run-done" : "stop-done", late->name, late->token);
    end(line);
    result = cluster_task_finish(late->task, late->is_run && run_code != 0 ? "it failed later" : NULL);
    if (result != CLUSTER_OK) reply("late", result);
    free(late->name);
    free(late);
    return NULL;
}

static void defer_end(cluster_task_t *task, const char *name, uint64_t token, long ms, int is_run) {
    struct late *late = malloc(sizeof *late);
    pthread_t thread;
    if (late == NULL) abort();
    late->task = task;
    late->name = strdup(name);
    late->token = token;
    late->ms = ms;
    late->is_run = is_run;
    if (cluster_task_defer(task) != CLUSTER_OK) abort();
    if (pthread_create(&thread, NULL, end_late, late) != 0) abort();
    pthread_detach(thread);
}

static void on_stop(cluster_task_t *task, const char *name, uint64_t token, void *user) {
    (void)user;
    end(begin_task("stop", name, token));
    if (defers) {
        defer_end(task, name, token, stop_ms, 0);
        return;
    }
    if (stop_ms > 0) work_ms(stop_ms);
    end(begin_task("stop-done", name, token));
}

static int on_run(cluster_task_t *task, const cluster_run_t *run, void *user) {
    struct line *line = begin_task("run", run->name, run->token);
    (void)user;
    if (run->struct_size != sizeof *run) abort();
    add_text(line, "occurrence", run->occurrence);
    add_number(line, "moment", (uint64_t)run->moment_ms);
    add_number(line, "attempt", run->attempt);
    end(line);
    if (defers) {
        defer_end(task, run->name, run->token, run_ms, 1);
        return 0;
    }
    if (run_ms > 0) work_ms(run_ms);
    end(begin_task("run-done", run->name, run->token));
    return (int)run_code;
}

static void *watch_task(void *argument) {
    cluster_task_t *task = argument;
    int former = -1;
    for (;;) {
        int64_t asked = now_ns();
        int mine = cluster_task_is_mine(task);
        if (mine != former) {
            struct line *line = begin("watch", mine ? "mine" : "not-mine");
            add_number(line, "asked", (uint64_t)asked);
            end(line);
            former = mine;
        }
        work_ms(1);
    }
    return NULL;
}

static cluster_task_t **place_of_task(const char *name) {
    for (size_t index = 0; index < task_count; index++)
        if (strcmp(tasks[index].name, name) == 0) return &tasks[index].handle;
    tasks = realloc(tasks, (task_count + 1) * sizeof *tasks);
    if (tasks == NULL) abort();
    tasks[task_count].name = strdup(name);
    tasks[task_count].handle = NULL;
    return &tasks[task_count++].handle;
}

static void behave(const char *what, long number) {
    if (strcmp(what, "start-ms") == 0) start_ms = number;
    else if (strcmp(what, "start-code") == 0) start_code = number;
    else if (strcmp(what, "stop-ms") == 0) stop_ms = number;
    else if (strcmp(what, "run-ms") == 0) run_ms = number;
    else if (strcmp(what, "run-code") == 0) run_code = number;
    else if (strcmp(what, "defer") == 0) defers = number;
    else reply("behave", CLUSTER_E_INVALID);
    reply("behave", CLUSTER_OK);
}

static void offer_many(const char *prefix, long count) {
    cluster_result result = CLUSTER_OK;
    for (long number = 0; number < count && result == CLUSTER_OK; number++) {
        char name[80];
        cluster_task_t *task;
        snprintf(name, sizeof name, "%s%ld", prefix, number);
        result = cluster_task_offer(cluster, name, NULL, on_start, on_stop, NULL, &task);
    }
    reply("offer-many", result);
}

/* Returns 0 where the command is not about tasks. */
static int obey_about_tasks(const char *command, char *first, char *second) {
    cluster_task_t *task = NULL;
    char *json = NULL;
    struct line *line;

    if (strcmp(command, "offer") == 0) {
        reply(command, cluster_task_offer(cluster, first, second, on_start, on_stop, NULL, place_of_task(first)));
    } else if (strcmp(command, "daemon") == 0) {
        reply(command, cluster_daemon(cluster, first, second, on_start, on_stop, NULL, place_of_task(first)));
    } else if (strcmp(command, "job") == 0) {
        char *options = strsep(&second, " ");
        for (char *place = options; *place != '\0'; place++)
            if (*place == ',') *place = ' ';
        reply(command, cluster_job_schedule(cluster, first, second == NULL ? "" : second,
                                            strcmp(options, "-") == 0 ? NULL : options, on_run, NULL,
                                            place_of_task(first)));
    } else if (strcmp(command, "offer-many") == 0) {
        offer_many(first, atol(second));
    } else if (strcmp(command, "behave") == 0) {
        behave(first, atol(second));
    } else if (strcmp(command, "tasks") == 0) {
        cluster_result result = cluster_tasks_json(cluster, (int32_t)atol(first), &json);
        reply_json(command, result, json);
    } else if (strcmp(command, "task-pause") == 0) {
        reply(command, cluster_task_pause(cluster, first, (int32_t)atol(second)));
    } else if (strcmp(command, "task-resume") == 0) {
        reply(command, cluster_task_resume(cluster, first, (int32_t)atol(second)));
    } else if (strcmp(command, "task-run") == 0) {
        reply(command, cluster_task_run(cluster, first, (int32_t)atol(second)));
    } else if (strcmp(command, "task-forget") == 0) {
        reply(command, cluster_task_forget(cluster, first, (int32_t)atol(second)));
    } else if (strcmp(command, "task-move") == 0) {
        const char *member = strsep(&second, " ");
        reply(command, cluster_task_move(cluster, first, strcmp(member, "-") == 0 ? NULL : member,
                                         (int32_t)atol(second == NULL ? "-1" : second)));
    } else if (strncmp(command, "task-", 5) == 0) {
        task = *place_of_task(first);
        if (strcmp(command, "task-close") == 0) {
            cluster_task_close(task);
            *place_of_task(first) = NULL;
            reply(command, CLUSTER_OK);
        } else if (strcmp(command, "task-complete") == 0) {
            reply(command, cluster_task_complete(task));
        } else if (strcmp(command, "task-fail") == 0) {
            reply(command, cluster_task_fail(task, second));
        } else if (strcmp(command, "task-mine") == 0) {
            line = begin("reply", command);
            add_number(line, "mine", (uint64_t)cluster_task_is_mine(task));
            end(line);
        } else if (strcmp(command, "task-token") == 0) {
            uint64_t token = 0;
            cluster_result result = cluster_task_token(task, &token);
            line = begin("reply", command);
            add_result(line, result);
            add_number(line, "token", token);
            end(line);
        } else if (strcmp(command, "task-watch") == 0) {
            pthread_t thread;
            if (pthread_create(&thread, NULL, watch_task, task) != 0) abort();
            pthread_detach(thread);
            reply(command, CLUSTER_OK);
        } else {
            return 0;
        }
    } else {
        return 0;
    }
    return 1;
}
