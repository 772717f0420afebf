"""The table of releases is whole, and says what a person should know."""

import re

import pytest

from rankdistill.data.releases import RELEASES, find_release


def test_a_release_is_found_by_its_name_and_an_unknown_one_lists_them():
    assert find_release("ml-1m") is RELEASES["ml-1m"]
    with pytest.raises(
        ValueError, match=r"^Unknown MovieLens release 'ml-2m'; one of ml-100k, ml-"
    ):
        find_release("ml-2m")


@pytest.mark.parametrize("release", RELEASES.values(), ids=list(RELEASES))
def test_every_release_has_checksums_of_the_right_length(release):
    assert re.fullmatch("[0-9a-f]{32}", release.md5)
    assert release.sha256 is None or re.fullmatch("[0-9a-f]{64}", release.sha256)


def test_no_two_releases_share_an_archive_or_a_folder():
    for values in (
        [release.archive for release in RELEASES.values()],
        [release.folder for release in RELEASES.values()],
        [release.md5 for release in RELEASES.values()],
    ):
        assert len(set(values)) == len(RELEASES)


def test_the_two_releases_that_describe_their_users_are_known():
    described = [name for name, release in RELEASES.items() if release.users_file]
    assert described == ["ml-100k", "ml-1m"]


@pytest.mark.parametrize("release", RELEASES.values(), ids=list(RELEASES))
def test_the_terms_name_the_release_and_where_they_stand(release):
    assert release.terms.startswith(release.title)
    assert release.terms.endswith(f"/movielens/{release.readme}")
    passed_on = {"ml-32m", "ml-latest-small"}
    assert ("may not be redistributed" in release.terms) is (release.name not in passed_on)


def test_a_file_may_unpack_to_eight_times_its_archive_and_a_mebibyte():
    assert RELEASES["ml-1m"].most_bytes == 8 * 5_917_549 + 1_048_576
