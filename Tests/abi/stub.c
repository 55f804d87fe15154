/* Made from Sources/CAPI by Tools/generate: the C face without anything behind it, for abidiff. */
#include "muster.h"

uint32_t cluster_version(void) { __builtin_trap(); }

const char *cluster_version_text(void) { __builtin_trap(); }

const char *cluster_strerror(cluster_result code) { __builtin_trap(); }

const char *cluster_last_error(void) { __builtin_trap(); }

void cluster_free(void *memory) { __builtin_trap(); }

cluster_result cluster_options_new(cluster_options_t **options) { __builtin_trap(); }

cluster_result cluster_options_set(cluster_options_t *options, const char *key, const char *value) { __builtin_trap(); }

cluster_result cluster_options_get(cluster_options_t *options, const char *key, char **value) { __builtin_trap(); }

cluster_result cluster_options_load_file(cluster_options_t *options, const char *path) { __builtin_trap(); }

void cluster_options_free(cluster_options_t *options) { __builtin_trap(); }

cluster_result cluster_join(const cluster_options_t *options, cluster_t **cluster) { __builtin_trap(); }

cluster_result cluster_wait(cluster_t *cluster, uint32_t members, int32_t timeout_ms) { __builtin_trap(); }

cluster_result cluster_leave(cluster_t *cluster, int32_t timeout_ms) { __builtin_trap(); }

void cluster_close(cluster_t *cluster) { __builtin_trap(); }

cluster_result cluster_self_json(cluster_t *cluster, char **json) { __builtin_trap(); }

cluster_result cluster_set_tag(cluster_t *cluster, const char *key, const char *value) { __builtin_trap(); }

cluster_result cluster_members(cluster_t *cluster, cluster_members_t **list) { __builtin_trap(); }

size_t cluster_members_count(cluster_members_t *list) { __builtin_trap(); }

const cluster_member_t *cluster_members_at(cluster_members_t *list, size_t index) { __builtin_trap(); }

void cluster_members_free(cluster_members_t *list) { __builtin_trap(); }

cluster_result cluster_members_json(cluster_t *cluster, char **json) { __builtin_trap(); }

cluster_result cluster_stats_json(cluster_t *cluster, char **json) { __builtin_trap(); }

int cluster_event_fd(cluster_t *cluster) { __builtin_trap(); }

cluster_result cluster_dispatch(cluster_t *cluster, int32_t timeout_ms) { __builtin_trap(); }

cluster_result cluster_next_event(cluster_t *cluster, int32_t timeout_ms, cluster_event_t **event) { __builtin_trap(); }

void cluster_event_free(cluster_event_t *event) { __builtin_trap(); }

void cluster_wakeup(cluster_t *cluster) { __builtin_trap(); }

cluster_result cluster_on_event(cluster_t *cluster, cluster_event_fn fn, void *user) { __builtin_trap(); }

cluster_result cluster_on_log(
    cluster_t *cluster, cluster_log_level most, cluster_log_fn fn, void *user) { __builtin_trap(); }

cluster_result cluster_broadcast(
    cluster_t *cluster, const char *topic, const void *data, size_t length) { __builtin_trap(); }

cluster_result cluster_send(
    cluster_t *cluster, const char *member_id, const char *topic, const void *data, size_t length,
    int32_t timeout_ms) { __builtin_trap(); }

cluster_result cluster_on_message(cluster_t *cluster, cluster_message_fn fn, void *user) { __builtin_trap(); }

cluster_result failover_open(cluster_t *cluster, const char *role, failover_t **seat) { __builtin_trap(); }

void failover_close(failover_t *seat) { __builtin_trap(); }

cluster_result failover_on_promote(failover_t *seat, failover_promote_fn fn, void *user) { __builtin_trap(); }

cluster_result failover_on_demote(failover_t *seat, failover_demote_fn fn, void *user) { __builtin_trap(); }

int failover_is_primary(failover_t *seat) { __builtin_trap(); }

cluster_result failover_token(failover_t *seat, uint64_t *token) { __builtin_trap(); }

cluster_result failover_position(failover_t *seat, uint32_t *position) { __builtin_trap(); }

cluster_result failover_primary_json(failover_t *seat, char **json) { __builtin_trap(); }

cluster_result failover_step_down(failover_t *seat, int32_t timeout_ms) { __builtin_trap(); }

cluster_result failover_promote(failover_t *seat, const char *member_id, int32_t timeout_ms) { __builtin_trap(); }

cluster_result failover_set_ready(failover_t *seat, int ready) { __builtin_trap(); }

cluster_result failover_pause(failover_t *seat) { __builtin_trap(); }

cluster_result failover_resume(failover_t *seat) { __builtin_trap(); }

cluster_result failover_decline(failover_t *seat) { __builtin_trap(); }

int32_t failover_remaining_ms(failover_t *seat) { __builtin_trap(); }

cluster_result failover_on_warning(failover_t *seat, failover_warning_fn fn, void *user) { __builtin_trap(); }

cluster_result failover_guarantee_json(failover_t *seat, char **json) { __builtin_trap(); }

cluster_result cluster_task_offer(
    cluster_t *cluster, const char *name, const char *options, cluster_task_start_fn start,
    cluster_task_stop_fn stop, void *user, cluster_task_t **task) { __builtin_trap(); }

cluster_result cluster_daemon(
    cluster_t *cluster, const char *name, const char *options, cluster_task_start_fn start,
    cluster_task_stop_fn stop, void *user, cluster_task_t **task) { __builtin_trap(); }

cluster_result cluster_job_schedule(
    cluster_t *cluster, const char *name, const char *schedule, const char *options,
    cluster_job_fn run, void *user, cluster_task_t **task) { __builtin_trap(); }

void cluster_task_close(cluster_task_t *task) { __builtin_trap(); }

int cluster_task_is_mine(cluster_task_t *task) { __builtin_trap(); }

cluster_result cluster_task_token(cluster_task_t *task, uint64_t *token) { __builtin_trap(); }

cluster_result cluster_task_complete(cluster_task_t *task) { __builtin_trap(); }

cluster_result cluster_task_fail(cluster_task_t *task, const char *reason) { __builtin_trap(); }

cluster_result cluster_task_defer(cluster_task_t *task) { __builtin_trap(); }

cluster_result cluster_task_finish(cluster_task_t *task, const char *reason) { __builtin_trap(); }

cluster_result cluster_tasks_json(cluster_t *cluster, int32_t timeout_ms, char **json) { __builtin_trap(); }

cluster_result cluster_task_pause(cluster_t *cluster, const char *name, int32_t timeout_ms) { __builtin_trap(); }

cluster_result cluster_task_resume(cluster_t *cluster, const char *name, int32_t timeout_ms) { __builtin_trap(); }

cluster_result cluster_task_move(
    cluster_t *cluster, const char *name, const char *member_id, int32_t timeout_ms) { __builtin_trap(); }

cluster_result cluster_task_run(cluster_t *cluster, const char *name, int32_t timeout_ms) { __builtin_trap(); }

cluster_result cluster_task_forget(cluster_t *cluster, const char *name, int32_t timeout_ms) { __builtin_trap(); }

cluster_result cluster_task_set_resolver(cluster_t *cluster, cluster_resolver_fn fn, void *user) { __builtin_trap(); }

cluster_result cluster_key_add(cluster_t *cluster, const char *key, int32_t timeout_ms) { __builtin_trap(); }

cluster_result cluster_key_use(cluster_t *cluster, const char *key, int32_t timeout_ms) { __builtin_trap(); }

cluster_result cluster_key_remove(cluster_t *cluster, const char *key, int32_t timeout_ms) { __builtin_trap(); }

cluster_result cluster_keys_json(cluster_t *cluster, int32_t timeout_ms, char **json) { __builtin_trap(); }

cluster_result cluster_http_handle(
    cluster_t *cluster, const char *method, const char *path, const void *body, size_t length,
    uint32_t *status, char **headers, char **content) { __builtin_trap(); }
