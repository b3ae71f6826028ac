"""The folder of an installation, and its secrets."""

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from bothways.core import home as homes


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_home_is_where_the_variable_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BOTHWAYS_HOME", str(tmp_path / "Mrs. C" / ".." / "school"))
    assert homes.bothways_home() == tmp_path / "school"


@pytest.mark.parametrize("nothing", ["", "  ", None])
def test_without_the_variable_home_is_the_users_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nothing: str | None
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    if nothing is None:
        monkeypatch.delenv("BOTHWAYS_HOME", raising=False)
    else:
        monkeypatch.setenv("BOTHWAYS_HOME", nothing)
    assert homes.bothways_home().name == "bothways"
    assert homes.bothways_home().is_relative_to(tmp_path)


def test_a_new_home_is_for_us_alone_and_an_old_one_is_left_as_it_is(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir(mode=0o750)
    assert mode(homes.ensure(tmp_path / "deep" / "new")) == 0o700
    assert mode(homes.ensure(old)) == 0o750
    assert mode(homes.letters_folder(old)) == 0o700


def test_a_home_that_is_a_file_is_refused_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(homes.HomeError, match="BOTHWAYS_HOME"):
        homes.ensure(tmp_path / "file")
    with pytest.raises(homes.HomeError, match="BOTHWAYS_HOME"):
        homes.ensure(tmp_path / "file" / "inside")


def test_a_secret_is_drawn_once_and_read_by_its_owner_only(tmp_path: Path) -> None:
    first = homes.secret(tmp_path, "django")
    assert homes.secret(tmp_path, "django") == first
    assert homes.secret(tmp_path, "database-bothways") != first
    assert len(first) == 43
    assert mode(tmp_path / "secrets") == 0o700
    assert mode(tmp_path / "secrets" / "django") == 0o600


def test_a_secret_cannot_be_a_path(tmp_path: Path) -> None:
    for name in ("../django", "a/b", "", ".lock"):
        with pytest.raises(ValueError, match="not a name"):
            homes.secret(tmp_path, name)


def test_an_emptied_secret_is_an_error_and_not_an_empty_password(tmp_path: Path) -> None:
    homes.secret(tmp_path, "django")
    (tmp_path / "secrets" / "django").write_text("")
    with pytest.raises(homes.HomeError, match="is empty"):
        homes.secret(tmp_path, "django")


def _draw(arguments: tuple[str, int]) -> str:
    home, _ = arguments
    return homes.secret(Path(home), "django")


def test_processes_that_start_at_once_get_the_same_secret(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(6) as pool:
        drawn = pool.map(_draw, [(str(tmp_path / "home"), n) for n in range(24)], chunksize=1)
    assert len(set(drawn)) == 1
    assert sorted(os.listdir(tmp_path / "home" / "secrets")) == [".lock", "django"]


if os.geteuid() == 0:  # only root can make what another user then owns

    def test_what_root_makes_in_a_users_home_belongs_to_that_user(tmp_path: Path) -> None:
        os.chown(tmp_path, 12, 34)
        homes.secret(tmp_path, "django")
        made = [tmp_path / "secrets", *(tmp_path / "secrets").iterdir()]
        assert {(path.stat().st_uid, path.stat().st_gid) for path in made} == {(12, 34)}
