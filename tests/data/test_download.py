"""Downloads are resumed, retried, verified, and never leave half a file under the final name."""

import http.server
import logging
import threading

import pytest
from tests.data.made_sources import movielens
from tests.data.made_up_releases import ROWS, expect_archive, write_archive

from rankdistill.data.download import download
from rankdistill.data.releases import RELEASES


class Mirror(http.server.ThreadingHTTPServer):
    """A server of one archive that can be told to misbehave."""

    def __init__(self, content):
        self.content = content
        self.resumes = True
        self.failures = []  # what goes wrong in the next requests: a status, or bytes before a cut
        self.ranges = []  # the Range header of each request
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}/movielens"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self):
        header = self.headers.get("Range")
        self.server.ranges.append(header)
        failure = self.server.failures.pop(0) if self.server.failures else None
        if isinstance(failure, int):
            self.send_error(failure)
            return
        content, start = self.server.content, 0
        if header and self.server.resumes:
            start = int(header.removeprefix("bytes=").removesuffix("-"))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        end = len(content) if failure is None else start + failure["cut_after"]
        self.wfile.write(content[start:end])

    def log_message(self, *_):
        pass


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    content = write_archive(tmp_path / "made", "ml-1m").read_bytes()
    expect_archive(monkeypatch, "ml-1m", content)
    with Mirror(content) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fetch(mirror, folder, **settings):
    return download(RELEASES["ml-1m"], mirror.address, folder, pause=0.0, **settings)


def test_a_release_that_is_nowhere_is_downloaded_once(tmp_path, mirror, caplog):
    source = movielens("ml-1m", mirror=mirror.address + "/", cache=tmp_path / "cache")
    assert source.load().num_interactions == len(ROWS)
    assert source.load().num_interactions == len(ROWS)
    assert mirror.ranges == [None]
    assert caplog.text.count("may not be redistributed") == 1
    assert not (tmp_path / "cache" / "ml-1m.zip.part").exists()


def test_what_has_arrived_is_not_fetched_again(tmp_path, mirror):
    (tmp_path / "ml-1m.zip.part").write_bytes(mirror.content[:100])
    assert fetch(mirror, tmp_path).read_bytes() == mirror.content
    assert mirror.ranges == ["bytes=100-"]


def test_a_server_that_does_not_resume_is_asked_for_everything(tmp_path, mirror):
    mirror.resumes = False
    (tmp_path / "ml-1m.zip.part").write_bytes(b"x" * 100)
    assert fetch(mirror, tmp_path).read_bytes() == mirror.content


def test_a_connection_that_closes_early_is_taken_up_again(tmp_path, mirror):
    mirror.failures = [{"cut_after": 50}, {"cut_after": 30}]
    assert fetch(mirror, tmp_path).read_bytes() == mirror.content
    assert mirror.ranges == [None, "bytes=50-", "bytes=80-"]


def test_a_busy_server_is_tried_again(tmp_path, mirror, caplog):
    mirror.failures = [503, 500]
    assert fetch(mirror, tmp_path).read_bytes() == mirror.content
    assert "HTTP 503" in caplog.text


def test_a_range_beyond_the_end_starts_afresh(tmp_path, mirror):
    mirror.failures = [416]
    (tmp_path / "ml-1m.zip.part").write_bytes(b"x" * 100)
    assert fetch(mirror, tmp_path).read_bytes() == mirror.content
    assert mirror.ranges == ["bytes=100-", None]


def test_retrying_ends(tmp_path, mirror):
    mirror.failures = [503] * 10
    with pytest.raises(OSError, match="HTTP 503"):
        fetch(mirror, tmp_path, attempts=3)
    assert len(mirror.ranges) == 3


def test_a_file_that_is_not_there_is_asked_for_once(tmp_path, mirror):
    mirror.failures = [404]
    source = movielens("ml-1m", mirror=mirror.address, cache=tmp_path / "cache")
    with pytest.raises(FileNotFoundError, match=r"could not be downloaded \(HTTP 404 Not Found\)"):
        source.load()
    assert len(mirror.ranges) == 1


def test_a_server_that_cannot_be_reached_ends_in_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setattr("rankdistill.data.download.time.sleep", lambda _: None)
    with Mirror(b"") as server:
        address = server.address  # closed before anyone asks
    with pytest.raises(FileNotFoundError) as caught:
        movielens("ml-1m", mirror=address, cache=tmp_path / "cache").load()
    assert "Connection refused" in str(caught.value)
    assert "data=synthetic" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("change", ["other bytes", "too short", "too long"])
def test_content_with_a_wrong_hash_is_refused_and_removed(tmp_path, mirror, change):
    content = mirror.content
    mirror.content = {
        "other bytes": b"?" + content[1:],
        "too short": content[:-9],
        "too long": content + b"?",
    }[change]
    with pytest.raises(ValueError, match=r"What came from http://.* is not MovieLens 1M: it has"):
        fetch(mirror, tmp_path)
    assert not list(tmp_path.glob("ml-1m.zip*[!k]"))  # neither the archive nor a part


def test_a_part_that_was_complete_needs_no_network(tmp_path, mirror):
    (tmp_path / "ml-1m.zip.part").write_bytes(mirror.content)
    assert fetch(mirror, tmp_path).read_bytes() == mirror.content
    assert mirror.ranges == []


def test_parallel_processes_download_once(tmp_path, mirror, caplog):
    caplog.set_level(logging.ERROR)
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(fetch(mirror, tmp_path).read_bytes()))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [mirror.content] * 4
    assert len(mirror.ranges) == 1


def test_a_cache_that_cannot_be_written_ends_in_one_clear_line(tmp_path, mirror):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(FileNotFoundError, match="could not be downloaded"):
        movielens("ml-1m", mirror=mirror.address, cache=tmp_path / "cache").load()
