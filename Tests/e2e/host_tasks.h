/* What the host of the end-to-end tests can do with tasks. Included by host.c, whose lines it writes.
 *
 *   offer NAME [OPTIONS]             daemon NAME [OPTIONS]         offer-many PREFIX COUNT
 *   job NAME OPTIONS SCHEDULE        OPTIONS with "," for each space, "-" for none
 *   behave WHAT NUMBER               of all callbacks of this host from now on:
 *     start-ms, start-code, stop-ms, run-ms, run-code; defer: stop and run end on a thread of their own;
 *     hang: runs, or 2: all callbacks, end when it is 0 again
 *   threads COUNT                    0: no thread can be started in this process, 1: as many as there are
 *   dispatch TIMEOUT                 runs the callbacks that wait, for dispatch=manual
 *   resolver MILLISECONDS            decides nothing, and takes so long for it; -1: not registered any more
 *   task-close|task-mine|task-token|task-complete NAME      task-fail NAME REASON
 *   task-watch NAME                  a thread tells each change of cluster_task_is_mine()
 *   task-sample NAME                 the same, with the token, and now and then that it still is: for Tests/chaos
 *   tasks TIMEOUT                    task-pause|task-resume|task-run|task-forget NAME TIMEOUT
 *   task-move NAME MEMBER TIMEOUT    MEMBER "-": whichever */

struct task {
    char *name;
    cluster_task_t *handle;
};

static struct task *tasks;
static size_t task_count;
static volatile long start_ms, start_code, stop_ms, run_ms, run_code, defers, hangs;
static long resolve_ms;

static void hang_at(long level) {
    while (hangs >= level) work_ms(5);
}

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
    hang_at(2);
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
    hang_at(2);
    end(begin_task("stop-done", name, token));
}

static int on_run(cluster_task_t *task, const cluster_run_t *run, void *user) {
    struct line *line = begin_task("run", run->name, run->token);
    long code;
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
    hang_at(1);
    code = run_code;
    line = begin_task("run-done", run->name, run->token);
    add_text(line, "occurrence", run->occurrence);
    add_number(line, "attempt", run->attempt);
    add_number(line, "code", (uint64_t)code);
    end(line);
    return (int)code;
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

/* In the form of `sample` in host.c, which the checker of Tests/chaos reads. */
static void *sample_task(void *argument) {
    struct task task = *(struct task *)argument;
    struct answer former = {now_ns(), 0, 0, 0};
    int64_t told = 0;
    for (;;) {
        struct answer answer = {now_ns(), 0, 0, 0};
        const char *word = NULL;
        answer.primary = cluster_task_is_mine(task.handle);
        if (answer.primary && cluster_task_token(task.handle, &answer.token) != CLUSTER_OK) answer.token = 0;
        answer.answered = now_ns();
        if (answer.primary != former.primary) word = "changed";
        else if (answer.token != former.token) word = "token";
        else if (answer.primary && answer.asked - told > 100000000) word = "held";
        if (word != NULL) {
            tell_sample(word, task.name, &answer, former.asked);
            told = answer.asked;
        }
        former = answer;
        work_ms(5);
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
    else if (strcmp(what, "hang") == 0) hangs = number;
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

/* Stacks that no address space has room for: the system refuses every thread that does not ask for its own. */
static void set_threads(int are_possible) {
    static size_t usual;
    pthread_attr_t defaults;
    pthread_getattr_default_np(&defaults);
    if (usual == 0) pthread_attr_getstacksize(&defaults, &usual);
    pthread_attr_setstacksize(&defaults, are_possible ? usual : (size_t)1 << 60);
    if (pthread_setattr_default_np(&defaults) != 0) abort();
    reply("threads", CLUSTER_OK);
}

static int on_resolve(cluster_t *node, const char *json, int32_t *owners, uint32_t count, void *user) {
    struct line *line = begin("resolver", "asked");
    (void)node, (void)json, (void)owners, (void)user;
    add_number(line, "count", count);
    end(line);
    work_ms(resolve_ms);
    end(begin("resolver", "answers"));
    return 0;
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
    } else if (strcmp(command, "threads") == 0) {
        set_threads(atoi(first));
    } else if (strcmp(command, "dispatch") == 0) {
        reply(command, cluster_dispatch(cluster, (int32_t)atol(first)));
    } else if (strcmp(command, "resolver") == 0) {
        resolve_ms = atol(first);
        reply(command, cluster_task_set_resolver(cluster, resolve_ms < 0 ? NULL : on_resolve, NULL));
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
            /* Who says so has stopped already: no stop callback tells of it. */
            uint64_t token = 0;
            if (cluster_task_token(task, &token) == CLUSTER_OK) end(begin_task("fail", first, token));
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
        } else if (strcmp(command, "task-sample") == 0) {
            pthread_t thread;
            struct task *sampled = malloc(sizeof *sampled);
            if (sampled == NULL) abort();
            sampled->name = strdup(first);
            sampled->handle = task;
            if (pthread_create(&thread, NULL, sample_task, sampled) != 0) abort();
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
