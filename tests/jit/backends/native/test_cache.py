"""The cache of object code: what comes out is what went in, or nothing.

Object code from the cache is run.  A folder that others can write to would let them choose what
the user's program does; a damaged entry would crash it.
"""

import os
import stat
import threading

import pytest

from autograd_nn.jit.backends.native import cache as cache_module
from autograd_nn.jit.backends.native.cache import CodeCache, user_cache

posix = pytest.mark.skipif(os.name != "posix", reason="rights are POSIX's")


def entry(cache):
    (path,) = cache.folder.glob("*.code")
    return path


def test_an_entry_comes_back_and_is_counted(tmp_path):
    cache = CodeCache(tmp_path / "code")
    assert cache.load("a") is None
    cache.save("a", b"machine code")
    assert CodeCache(tmp_path / "code").load("a") == b"machine code"
    assert cache.counts() == (1, 44, 1, 1)


@pytest.mark.parametrize("damage", [b"", b"short", None])
def test_a_damaged_entry_is_no_entry_and_is_replaced(tmp_path, damage):
    cache = CodeCache(tmp_path)
    tmp_path.chmod(0o700)
    cache.save("a", b"machine code")
    path = entry(cache)
    path.write_bytes(path.read_bytes()[:-1] + b"x" if damage is None else damage)
    assert cache.load("a") is None
    cache.save("a", b"machine code")
    assert cache.load("a") == b"machine code"


def test_an_entry_under_another_key_is_no_entry(tmp_path):
    cache = CodeCache(tmp_path / "code")
    cache.save("a", b"machine code")
    path = entry(cache)
    cache.save("b", b"other")
    path.replace(cache._path("b"))
    assert cache.load("b") is None


def test_what_was_used_longest_ago_goes_first(tmp_path):
    cache = CodeCache(tmp_path / "code", bound=400)
    for k, key in enumerate("abc"):
        cache.save(key, bytes(100))
        os.utime(cache._path(key), (k, k))
    cache.load("a")  # used now
    cache.save("d", bytes(100))
    assert [key for key in "abcd" if cache.load(key)] == ["a", "c", "d"]
    assert cache.counts().size <= 400


@posix
def test_the_folder_is_made_for_its_user_alone(tmp_path):
    folder = tmp_path / "made" / "code"
    CodeCache(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@posix
def test_a_folder_that_others_can_write_to_is_not_used(tmp_path, monkeypatch):
    tmp_path.chmod(0o777)
    monkeypatch.setenv("AUTOGRAD_NN_CACHE_DIR", str(tmp_path))
    cache, why = user_cache()
    assert cache is None
    assert "can be written by others (mode 0777)" in why
    assert list(tmp_path.iterdir()) == []


@posix
def test_a_folder_of_another_user_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(PermissionError, match="another user"):
        CodeCache(tmp_path)


@posix
def test_a_link_is_not_used(tmp_path):
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(PermissionError, match="not a folder itself"):
        CodeCache(tmp_path / "link")


def test_a_file_in_its_place_is_not_used(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AUTOGRAD_NN_CACHE_DIR", str(tmp_path / "file" / "code"))
    cache, why = user_cache()
    assert cache is None
    assert why.startswith("not used: ")


def test_an_unwritable_folder_keeps_nothing_and_says_nothing(tmp_path, monkeypatch):
    cache = CodeCache(tmp_path / "code")

    def full(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(cache_module, "write_whole", full)
    cache.save("a", b"machine code")
    assert cache.load("a") is None


@pytest.mark.parametrize("word", ["0", "off", "No"])
def test_it_can_be_turned_off(monkeypatch, word):
    monkeypatch.setenv("AUTOGRAD_NN_CACHE", word)
    assert user_cache() == (None, "off by AUTOGRAD_NN_CACHE")


def test_it_lies_with_the_users_other_caches(tmp_path, monkeypatch):
    monkeypatch.delenv("AUTOGRAD_NN_CACHE_DIR")
    for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    cache, _ = user_cache()
    assert cache.folder.is_relative_to(tmp_path)
    assert cache.folder.name == "autograd_nn"


def test_threads_that_save_and_load_together_see_whole_entries(tmp_path):
    cache, wrong = CodeCache(tmp_path / "code", bound=3000), []

    def work(seed):
        for k in range(40):
            key = str((k * seed) % 7)
            cache.save(key, key.encode() * 500)
            code = cache.load(key)
            if code not in (None, key.encode() * 500):
                wrong.append(key)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (1, 2, 3, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
