"""The control socket itself."""

import os
import random
import socket
import stat

import pytest
from conftest import eventually


def test_only_the_user_may_use_it(place):
    place.agent("a")
    path = place.socket_path("a")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_another_user_is_not_served(place):
    place.agent("a")
    path = place.socket_path("a")
    # Even where the modes of files would let them.
    for folder in (place.folder, path.parent):
        folder.chmod(0o755)
    path.chmod(0o777)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgid(65534)
        os.setuid(65534)
        answer = b"?"
        try:
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(5)
            client.connect(str(path))
            client.sendall(b"members\n")
            answer = client.recv(100) or b"closed"
        except ConnectionError:
            answer = b"closed"
        finally:
            os.write(writer, answer)
            os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 100) == b"closed"
    os.close(reader)
    os.close(writer)
    assert place.control("a").ask("self")["id"] == "a"


def test_a_directory_that_others_may_write_is_not_used(place):
    folder = place.folder / "muster"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    place.start("agent", *place.join_flags("a"))
    other = f"/tmp/muster-{os.geteuid()}/{place.cluster}-a.sock"
    eventually(lambda: os.path.exists(other))
    assert not list(folder.iterdir())
    assert place.muster("members", "--cluster", place.cluster).returncode == 0
    assert place.muster("leave", "--cluster", place.cluster).returncode == 0


def test_a_dead_nodes_socket_is_replaced(place):
    agent = place.agent("a")
    agent.kill()
    agent.wait(10)
    assert place.socket_path("a").exists()
    assert place.muster("members").returncode == 3
    again = place.start("agent", *place.join_flags("a"))
    eventually(lambda: place.answers("a"))
    again.terminate()
    assert again.wait(10) == 0
    assert not place.socket_path("a").exists()


def test_a_running_nodes_socket_is_not(place):
    place.agent("a")
    path = place.socket_path("a")
    result = place.muster("agent", *place.join_flags("b"), "--control", path)
    assert result.returncode == 1 and str(path) in result.stderr
    assert place.control("a").ask("self")["id"] == "a"


def test_a_file_that_is_no_socket_is_left_alone(place):
    path = place.folder / "precious"
    path.write_text("data")
    result = place.muster("agent", *place.join_flags("a"), "--control", path)
    assert result.returncode == 1 and "no socket" in result.stderr
    assert path.read_text() == "data"


def test_requests_and_errors(place):
    place.agent("a")
    client = place.control("a")
    assert client.ask("roles") == []
    assert [member["id"] for member in client.ask("members")] == ["a"]
    assert client.ask("self")["cluster"] == place.cluster
    error = client.ask("nonsense")["error"]
    assert error["code"] == -1 and error["name"] == "CLUSTER_E_INVALID" and "step-down ROLE" in error["message"]
    assert client.ask("step-down")["error"]["code"] == -1
    assert client.ask("step-down no such role")["error"]["code"] == -1
    # Several requests at once are answered in their order.
    client.socket.sendall(b"roles\r\nself\nroles\n")
    assert [type(client.line()) for _ in range(3)] == [list, dict, list]


def test_an_answer_arrives_although_the_client_has_said_all(place):
    place.agent("a")
    client = place.control("a")
    client.socket.sendall(b"self\n")
    client.socket.shutdown(socket.SHUT_WR)
    assert client.line()["id"] == "a"
    assert client.line() is None


def test_garbage_ends_the_connection_and_nothing_else(place):
    agent = place.agent("a")
    noise = random.Random(7)
    for _ in range(20):
        client = place.control("a")
        try:
            client.socket.sendall(noise.randbytes(noise.randrange(1, 100_000)).replace(b"leave", b""))
            client.socket.shutdown(socket.SHUT_WR)
            while client.lines.readline():
                pass
        except OSError:
            pass
        client.close()
    client = place.control("a")
    try:
        client.socket.sendall(b"x" * 200_000)
    except OSError:
        pass
    try:
        assert client.line()["error"]["code"] == -7
    except ConnectionResetError:
        pass
    assert agent.poll() is None
    assert place.control("a").ask("self")["id"] == "a"


def test_sixteen_clients_are_served(place):
    place.agent("a")
    clients = [place.control("a") for _ in range(16)]
    assert all(client.ask("self")["id"] == "a" for client in clients)
    late = place.control("a")
    assert late.line()["error"]["code"] == -6
    assert late.line() is None
    clients[0].close()
    eventually(lambda: served(place), "a place to become free")


def test_a_follower_that_closes_gives_its_place_up(place):
    place.agent("a")
    followers = [place.control("a") for _ in range(16)]
    assert all(follower.ask("events") == {"events": True} for follower in followers)
    assert not served(place)
    for follower in followers:
        follower.close()
    eventually(lambda: served(place), "a place to become free")


def served(place):
    client = place.control("a")
    try:
        return client.ask("self").get("id") == "a"
    except (OSError, AttributeError):
        return False


def test_a_client_that_does_not_read_costs_nothing(place):
    agent = place.agent("a")
    before = resident(agent.pid)
    client = place.control("a")
    client.socket.settimeout(1)
    try:
        # Answers are forty times as long as the question; the node stops reading.
        for _ in range(100):
            client.socket.sendall(b"members\n" * 10_000)
    except TimeoutError:
        pass
    else:
        raise AssertionError("the node has read all of it")
    assert place.control("a").ask("self")["id"] == "a"
    assert resident(agent.pid) - before < 8_000


def resident(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
