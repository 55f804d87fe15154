/* Sizes and offsets of the public structures, pinned: a change here breaks programs that are compiled
 * already. A structure may only grow at its end, by whole new fields. It is enough that this file
 * compiles; each line that does not hold is an array of negative size. */
#include "muster.h"

#define PIN(name, condition) typedef char pinned_##name[(condition) ? 1 : -1]
#define AT(type, field, offset) PIN(type##_##field, offsetof(type, field) == (offset))

PIN(pointer, sizeof(void *) == 8);
PIN(result, sizeof(cluster_result) == 4);
PIN(event_kind, sizeof(cluster_event_kind) == 4);
PIN(member_state, sizeof(cluster_member_state) == 4);
PIN(log_level, sizeof(cluster_log_level) == 4);
PIN(task_news, sizeof(cluster_task_news) == 4);

AT(cluster_event_t, struct_size, 0);
AT(cluster_event_t, kind, 4);
AT(cluster_event_t, number, 8);
AT(cluster_event_t, member, 16);
AT(cluster_event_t, role, 24);
AT(cluster_event_t, value, 32);
AT(cluster_event_t, detail, 40);
PIN(event, sizeof(cluster_event_t) == 48);

AT(cluster_member_t, struct_size, 0);
AT(cluster_member_t, state, 4);
AT(cluster_member_t, generation, 8);
AT(cluster_member_t, incarnation, 16);
AT(cluster_member_t, id, 24);
AT(cluster_member_t, name, 32);
AT(cluster_member_t, address, 40);
AT(cluster_member_t, port, 48);
AT(cluster_member_t, reserved0, 50);
AT(cluster_member_t, is_self, 52);
AT(cluster_member_t, since_ms, 56);
AT(cluster_member_t, tags_json, 64);
PIN(member, sizeof(cluster_member_t) == 72);

AT(cluster_message_t, struct_size, 0);
AT(cluster_message_t, is_broadcast, 4);
AT(cluster_message_t, sender, 8);
AT(cluster_message_t, topic, 16);
AT(cluster_message_t, data, 24);
AT(cluster_message_t, length, 32);
PIN(message, sizeof(cluster_message_t) == 40);

AT(cluster_run_t, struct_size, 0);
AT(cluster_run_t, attempt, 4);
AT(cluster_run_t, name, 8);
AT(cluster_run_t, occurrence, 16);
AT(cluster_run_t, moment_ms, 24);
AT(cluster_run_t, token, 32);
PIN(run, sizeof(cluster_run_t) == 40);
