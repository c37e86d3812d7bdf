"""Files are written whole or not at all: a crash must not cost the file that was there."""

import os

import pytest

from autograd_nn.files import check_folder, write_whole


def test_a_new_file_has_the_modes_of_any_other(tmp_path):
    write_whole(tmp_path / "a", b"one")
    (tmp_path / "b").write_bytes(b"two")
    assert (tmp_path / "a").read_bytes() == b"one"
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_an_old_file_is_replaced_and_keeps_its_mode(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["a"]


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "a", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize("old", [None, b"old"])
@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_failure_leaves_what_was_there_and_no_draft(tmp_path, monkeypatch, broken, old):
    path = tmp_path / "a"
    if old is not None:
        path.write_bytes(old)
    before = os.listdir(tmp_path)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, broken, full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert os.listdir(tmp_path) == before
    assert old is None or path.read_bytes() == old


def test_a_name_of_the_greatest_length_can_be_written(tmp_path):
    path = tmp_path / ("n" * 255)
    write_whole(path, b"x")
    assert path.read_bytes() == b"x"


def test_a_place_that_cannot_be_is_named_with_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none.*does not exist\. Make it first"):
        write_whole(tmp_path / "none" / "a", b"")
    with pytest.raises(IsADirectoryError, match=r"it is a folder\. Add a file name"):
        check_folder(tmp_path)
