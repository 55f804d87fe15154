"""Tasks, jobs and daemons over several processes, and what one node makes of them."""

from __future__ import annotations

import gc
import logging
import pathlib
import threading
import time
from datetime import datetime, timedelta, timezone
from functools import partial

import pytest

import muster
from conftest import Join, StartPeer
from harness import LONGEST, QUICK, Peer, run, until

GONE = {"failover_unresponsive_after": "1s"}


def start(peer: StartPeer, count: int) -> list[Peer]:
    """Peers that all know each other."""
    peers = [peer("a", [], **GONE)]
    peers += [peer(id, [peers[0].port], **GONE) for id in "bcdef"[: count - 1]]
    for each in peers:
        each.order("wait_members", members=count)
        each.hear("done")
    return peers


def tell_all(peers: list[Peer], do: str, **more: object) -> None:
    for each in peers:
        each.order(do, **{**more, "id": each.id})
        each.hear("done")


def owner(asked: Peer, name: str) -> str | None:
    """Who has a task that runs."""
    asked.order("tasks")
    found = [task for task in asked.hear("tasks")["tasks"] if task["name"] == name]
    return found[0]["owner"] if found and found[0]["state"] == "running" else None


def whose(peers: list[Peer], name: str) -> Peer:
    """The peer that has it, when it is one of these."""
    found = until(lambda: [each for each in peers if owner(peers[0], name) == each.id], "an owner")
    return found[0]


def test_the_host_says_who_has_what(join: Join) -> None:
    first = join(tasks_resolver="host")
    second = join(node_id="b", seeds=f"127.0.0.1:{first.me.port}", tasks_resolver="host")
    asked: list[list[str]] = []

    def wait(stop: muster.Stop) -> None:
        stop.wait()

    def choose(tasks: list[dict[str, object]], nodes: list[dict[str, object]]) -> dict[str, str | None]:
        asked.append([str(task["name"]) for task in tasks])
        return {"left": first.me.id, "right": second.me.id, "nobody": None}

    for cluster in (first, second):
        cluster.wait(2, LONGEST)
        cluster.on_resolve(choose)
        for name in ("left", "right", "nobody"):
            cluster.offer_task(name, wait)

    def owners() -> dict[str, str | None]:
        return {task.name: task.owner for task in first.tasks()}

    expected = {"left": first.me.id, "right": second.me.id, "nobody": None}
    until(lambda: owners() == expected, "each where the host says")
    assert ["left", "nobody", "right"] in asked


def test_a_resolver_of_the_host_needs_the_option(join: Join) -> None:
    cluster = join()
    with pytest.raises(muster.Unsupported, match="tasks.resolver"):
        cluster.on_resolve(lambda tasks, nodes: {})
    cluster.on_resolve(None)


# -- Several processes -----------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3])
def test_a_killed_owner_is_followed(peer: StartPeer, count: int) -> None:
    peers = start(peer, count)
    tell_all(peers, "offer_task", name="report")
    first = whose(peers, "report")
    began = first.hear("began")
    assert began["mine"]
    first.kill()
    rest = [each for each in peers if each is not first]
    second = whose(rest, "report")
    assert second.hear("began")["token"] > began["token"]


def test_who_leaves_gives_it_back(peer: StartPeer) -> None:
    peers = start(peer, 2)
    tell_all(peers, "offer_daemon", name="server")
    first = whose(peers, "server")
    first.hear("began")
    first.order("leave")
    first.hear("ended")
    first.hear("done")
    second = next(each for each in peers if each is not first)
    second.hear("began")


def test_pause_resume_and_move_from_any_node(peer: StartPeer) -> None:
    peers = start(peer, 3)
    tell_all(peers, "offer_daemon", name="server")
    first = whose(peers, "server")
    asking, last = (each for each in peers if each is not first)
    first.hear("began")
    asking.order("pause_task", name="server")
    asking.hear("done")
    first.hear("ended")
    last.order("resume_task", name="server")
    last.hear("done")
    second = whose(peers, "server")
    second.hear("began")
    target = next(each for each in peers if each is not second)
    last.order("move_task", name="server", more=[target.id])
    last.hear("done")
    second.hear("ended")
    target.hear("began")
    until(lambda: owner(peers[0], "server") == target.id, "all know")


def rows(file: pathlib.Path) -> list[list[str]]:
    return [line.split() for line in file.read_text().splitlines()] if file.exists() else []


def test_a_job_runs_once_a_moment(peer: StartPeer, tmp_path: pathlib.Path) -> None:
    peers = start(peer, 3)
    file = tmp_path / "rows"
    tell_all(peers, "schedule_job", name="sweep", schedule="every 300ms", file=str(file))
    until(lambda: len(rows(file)) >= 4, "four runs")
    first = whose(peers, "sweep")
    first.kill()
    until(lambda: any(row[2] != first.id for row in rows(file)), "runs elsewhere")
    until(lambda: len([row for row in rows(file) if row[2] != first.id]) >= 3, "three of them")
    runs = rows(file)
    done = [row[0] for row in runs if row[1] == "1"]
    assert len(done) == len(set(done)), "no moment began twice"
    # Only what the killed one had begun, perhaps without an end, was tried again.
    assert all(row[1] in ("1", "2") for row in runs)
    assert len([row for row in runs if row[1] == "2"]) <= 1


def test_an_exception_moves_the_run_to_another_node(peer: StartPeer, tmp_path: pathlib.Path) -> None:
    peers = start(peer, 2)
    file = tmp_path / "rows"
    for each in peers:
        each.order(
            "schedule_job", name="sweep", schedule="in 500ms", file=str(file), attempts=10, id=each.id,
            fails=each.id == "a",
        )  # fmt: skip
        each.hear("done")
    until(lambda: any(row[2] == "b" for row in rows(file)), "b was asked")
    runs = rows(file)
    assert [row[1] for row in runs] == [str(number + 1) for number in range(len(runs))]
    assert len({row[0] for row in runs}) == 1


# -- One process -----------------------------------------------------------------------------------


def running(cluster: muster.Cluster, name: str) -> muster.TaskStatus | None:
    return next((task for task in cluster.tasks(10) if task.name == name and task.state == "running"), None)


def state(cluster: muster.Cluster, name: str) -> str:
    return next((task.state for task in cluster.tasks(10) if task.name == name), "")


def test_a_task_from_its_beginning_to_its_end(join: Join) -> None:
    cluster = join(node_id="a")
    stops: list[muster.Stop] = []

    @cluster.daemon(weight=2, stop_timeout=timedelta(seconds=5))
    def server(stop: muster.Stop) -> None:
        stops.append(stop)
        stop.wait()

    until(lambda: stops, "the beginning")
    stop = stops[0]
    assert stop.task.is_mine and stop.task.token == stop.token > 0
    status = until(lambda: running(cluster, "server"), "the state")
    assert status == muster.TaskStatus(
        name="server", kind="daemon", state="running", owner="a", mine=True, token=stop.token, schedule=None,
        offers=1, detail="",
    )  # fmt: skip
    stop.task.close()
    assert stop.is_set() and not stop.task.is_mine
    with pytest.raises(muster.Closed):
        stop.task.token
    stop.task.close()


def test_a_task_that_returns_is_completed(join: Join) -> None:
    cluster = join()
    calls: list[int] = []

    @cluster.task()
    def load() -> None:
        calls.append(1)

    until(lambda: state(cluster, "load") == "completed", "its end")
    # It is not begun again, for so long at least.
    time.sleep(0.3)
    assert calls == [1]


def test_a_daemon_that_returns_stays_and_one_that_raises_begins_again(
    join: Join, caplog: pytest.LogCaptureFixture
) -> None:
    cluster = join()
    returned: list[float] = []
    raised: list[float] = []

    @cluster.daemon()
    def calm() -> None:
        returned.append(time.monotonic())

    @cluster.daemon("rough")
    def fails() -> None:
        raised.append(time.monotonic())
        raise ValueError("out of luck")

    until(lambda: len(raised) >= 2, "another beginning")
    assert raised[1] - raised[0] > 0.2, "after a pause"
    assert len(returned) == 1 and state(cluster, "calm") == "running"
    told = next(event for event in cluster if event.role == "rough" and event.value == muster.TaskNews.FAILED)
    assert told.kind == muster.EventKind.TASK and told.detail == "ValueError: out of luck"
    assert "task rough has failed" in caplog.text


def test_complete_and_fail_by_hand(join: Join) -> None:
    cluster = join()
    began: list[muster.Stop] = []

    def work(stop: muster.Stop) -> None:
        began.append(stop)
        stop.wait()

    task = cluster.offer_task("load", work)
    until(lambda: began, "the beginning")
    task.fail("the disk is full")
    assert began[0].is_set()
    until(lambda: len(began) == 2, "another beginning")
    assert began[1].token > began[0].token
    task.complete()
    until(lambda: state(cluster, "load") == "completed", "its end")
    with pytest.raises(muster.NotPrimary):
        task.complete()
    task.close()
    cluster.forget_task("load", 10)
    until(lambda: state(cluster, "load") == "", "it is forgotten")


def test_a_job_and_what_a_run_knows(join: Join) -> None:
    cluster = join()
    runs: list[muster.Run] = []
    cluster.schedule_job("0 0 1 1 *", runs.append, "yearly")
    until(lambda: running(cluster, "yearly"), "an owner")
    cluster.run_job("yearly", 10)
    run = until(lambda: runs, "the run")[0]
    assert run.name == "yearly" and run.attempt == 1 and run.token > 0 and run.occurrence
    assert abs(run.moment - datetime.now(timezone.utc)) < timedelta(seconds=LONGEST)


def test_a_long_run_holds_nothing_up(join: Join) -> None:
    cluster = join()
    let_go = threading.Event()
    others: list[int] = []

    @cluster.job("in 1ms")
    def long() -> None:
        let_go.wait(LONGEST)

    until(lambda: running(cluster, "long"), "an owner")

    @cluster.job("every 50ms", "quick")
    def quick() -> None:
        others.append(1)

    until(lambda: len(others) >= 3, "runs beside it")
    let_go.set()
    until(lambda: state(cluster, "long") == "completed", "its end")


def test_the_same_name_again_stops_the_former(join: Join) -> None:
    cluster = join()
    order: list[str] = []

    def first(stop: muster.Stop) -> None:
        stop.wait()
        order.append("first ended")

    def second(stop: muster.Stop) -> None:
        order.append("second began")
        stop.wait()

    former = cluster.offer_daemon("server", first)
    until(lambda: former.is_mine, "the first")
    cluster.offer_daemon("server", second)
    until(lambda: len(order) == 2, "the second")
    assert order == ["first ended", "second began"]
    with pytest.raises(muster.Closed):
        former.token


def test_a_wrong_option_leaves_the_former_alone(join: Join) -> None:
    cluster = join()
    former = cluster.offer_daemon("server", lambda stop: stop.wait())
    until(lambda: former.is_mine, "the first")
    with pytest.raises(muster.Invalid, match="weight"):
        cluster.offer_daemon("server", print, weight=0)
    assert former.is_mine and former.token > 0
    former.close()
    assert not former.is_mine


def test_what_is_not_allowed_inside_its_function(join: Join) -> None:
    cluster = join()
    caught: list[Exception] = []

    def work(stop: muster.Stop) -> None:
        again = partial(cluster.offer_daemon, "server", print)
        for call in (stop.task.close, cluster.close, cluster.leave, again):
            try:
                call()
            except muster.Busy as error:
                caught.append(error)
        stop.wait()

    cluster.offer_daemon("server", work)
    until(lambda: len(caught) == 4, "all are refused")


def test_what_is_wrong_is_named(join: Join) -> None:
    cluster = join()
    with pytest.raises(muster.Invalid, match="weight"):
        cluster.offer_task("t", print, weight=0)
    with pytest.raises(muster.Invalid, match="minute"):
        cluster.schedule_job("61 * * * *", print, "j")
    with pytest.raises(muster.Invalid, match="blank"):
        cluster.offer_task("t", print, requires="a b")
    with pytest.raises(muster.Invalid, match="name"):
        cluster.offer_task("x" * 65, print)
    with pytest.raises(TypeError):
        cluster.offer_task("t", 7)  # type: ignore[arg-type]
    with pytest.raises(muster.NoMember):
        cluster.pause_task("nothing", 10)
    assert cluster.tasks(10) == []


def test_orders_that_the_state_of_a_task_does_not_allow(join: Join) -> None:
    first = join(node_id="a")
    second = join(node_id="b", seeds=f"127.0.0.1:{first.me.port}")

    @first.task
    def report(stop: muster.Stop) -> None:
        stop.wait()

    until(lambda: running(second, "report"), "it runs, and b knows")
    for asked in (first, second):
        with pytest.raises(muster.Unsupported, match="'report' is no job"):
            asked.run_job("report", 10)
        with pytest.raises(muster.Busy, match="task 'report' is offered by a"):
            asked.forget_task("report", 10)
        with pytest.raises(muster.NoMember, match="no member 'nobody' is present"):
            asked.move_task("report", "nobody", 10)
        with pytest.raises(muster.NoCandidate, match="node 'b' does not offer task 'report'"):
            asked.move_task("report", "b", 10)
        with pytest.raises(muster.NoCandidate, match="no other node offers task 'report'"):
            asked.move_task("report", timeout=10)


def test_decorators_without_words(join: Join) -> None:
    cluster = join()

    @cluster.daemon
    def server(stop: muster.Stop) -> None:
        stop.wait()

    @cluster.task
    def load() -> None:
        pass

    until(lambda: running(cluster, "server") and state(cluster, "load") == "completed", "both")
    with pytest.raises(TypeError):
        cluster.job(load)  # type: ignore[arg-type]

    async def later() -> None:
        pass

    with pytest.raises(TypeError):
        cluster.offer_task("later", later)


def test_a_cluster_with_tasks_is_kept(join: Join, name: str) -> None:
    stops: list[muster.Stop] = []

    def work(stop: muster.Stop) -> None:
        stops.append(stop)
        stop.wait()

    muster.join(name, **{**QUICK, "port": 0}).offer_daemon("server", work)
    gc.collect()
    until(lambda: stops, "the beginning")
    assert stops[0].task.is_mine
    stops[0].task._cluster.close()
    assert not stops[0].task.is_mine


def test_labels_are_a_list(join: Join) -> None:
    cluster = join()
    cluster.offer_task("t", lambda stop: stop.wait(), prefers=["ssd", "gpu"])
    until(lambda: running(cluster, "t"), "an owner")


def test_close_ends_what_runs_first(join: Join) -> None:
    cluster = join()
    order: list[str] = []

    @cluster.daemon()
    def server(stop: muster.Stop) -> None:
        order.append("began")
        stop.wait()
        order.append("mine" if stop.task.is_mine else "not mine")

    until(lambda: order, "the beginning")
    cluster.close()
    assert order == ["began", "mine"]


def test_nothing_is_offered_by_a_closed_node(join: Join) -> None:
    cluster = join()
    cluster.close()
    with pytest.raises(muster.Closed):
        cluster.offer_task("t", print)
    with pytest.raises(muster.Closed):
        cluster.schedule_job("every 1s", print, "j")


def test_the_end_of_the_process_stops_what_runs() -> None:
    done = run(
        """
import threading, muster
cluster = muster.join("end", port=0, multicast=False)
began = threading.Event()
@cluster.daemon()
def server(stop):
    began.set()
    stop.wait()
    print("stopped")
assert began.wait(10)
"""
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "stopped\n", "")


def test_an_error_in_a_task_is_logged(join: Join, caplog: pytest.LogCaptureFixture) -> None:
    cluster = join()
    with caplog.at_level(logging.ERROR, "muster"):
        cluster.schedule_job("in 1ms", lambda: 1 / 0, "divide", attempts=1)
        dead = muster.TaskNews.DEAD
        told = next(event for event in cluster if event.role == "divide" and event.value == dead)
    assert "ZeroDivisionError: division by zero" in told.detail
    assert "task divide has failed" in caplog.text
