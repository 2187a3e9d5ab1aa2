"""Tests of the folder that keeps files."""

import pytest

from app.media.store import FileMissing, FolderStore


def test_a_file_is_kept_replaced_and_removed(tmp_path):
    store = FolderStore(tmp_path / "files")
    store.put("photos/ab/picture.webp", b"one")
    store.put("photos/ab/picture.webp", b"two")
    assert store.get("photos/ab/picture.webp") == b"two"
    assert [path.name for path in (tmp_path / "files/photos/ab").iterdir()] == ["picture.webp"]
    store.delete("photos/ab/picture.webp")
    store.delete("photos/ab/picture.webp")
    with pytest.raises(FileMissing):
        store.get("photos/ab/picture.webp")


@pytest.mark.parametrize(
    "name",
    ["", "/etc/passwd", "../secret", "a/../../b", "a//b", ".hidden", "a/.git", "A", "a b", "a\0b",
     "a/", "..", "a\\b", "a\n"],
)  # fmt: skip
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    (tmp_path / "secret").write_bytes(b"secret")
    store = FolderStore(tmp_path / "files")
    for attempt in (store.get, store.delete, lambda bad: store.put(bad, b"x")):
        with pytest.raises(FileMissing):
            attempt(name)
    assert (tmp_path / "secret").read_bytes() == b"secret"
    assert not (tmp_path / "files").exists()


def test_a_folder_is_no_file(tmp_path):
    store = FolderStore(tmp_path)
    store.put("a/b", b"x")
    with pytest.raises(FileMissing):
        store.get("a")
