"""A key from keygen is what a cluster needs."""

import base64

from conftest import eventually, never


def test_keygen_makes_new_keys_of_32_bytes(place):
    keys = [place.muster("keygen").stdout for _ in range(2)]
    assert all(len(key) == 45 and key.endswith("\n") for key in keys)
    assert all(len(base64.b64decode(key)) == 32 for key in keys)
    assert keys[0] != keys[1]


def test_only_nodes_with_the_key_meet(place):
    key = place.muster("keygen").stdout.strip()
    file = place.folder / "key"
    file.write_text(key + "\n")
    other = place.muster("keygen").stdout.strip()
    local = ["--bind", "127.0.0.1"]
    place.agent("a", *local, "--key", key)
    place.agent("b", *local, "--key-file", file)
    place.agent("c", *local, environment={"MUSTER_KEY": other})
    place.see_each_other("a", "b")
    never(lambda: len(place.members("c")) > 1, 1.0)
    assert set(place.members("a")) == {"a", "b"}
