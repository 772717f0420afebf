"""A file that is no text is named as what it is."""

import bz2
import io
import lzma
import zipfile

import pytest

from rankdistill.data.text_files import read_bytes

TEXT = b"user,item\na,x\n"


def zipped(*names):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), TEXT)  # of no time, so that names of tests stay
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (zipped("orders.csv"), r"a zip archive that holds orders.csv: unpack it with: unzip"),
        (zipped("a", "b", "c", "d"), r"a zip archive that holds a, b, c, \.\.\.: unpack"),
        (zipped("xl/workbook.xml"), "an Excel workbook: save the sheet as CSV"),
        (zipped("a")[:20], "a damaged zip archive"),
        (lzma.compress(TEXT), "an xz archive: unpack it with: xz -dk"),
        (bz2.compress(TEXT), "a bzip2 archive"),
        (b"SQLite format 3\0 and more", "an SQLite database: export"),
        (TEXT.decode().encode("utf-16"), "UTF-16 text; save the file as UTF-8"),
        (TEXT.decode().encode("utf-16-le"), "UTF-16 text; save the file as UTF-8"),
        (b'{"user": 1}', "reads like JSON"),
        (b"\x93NUMPY\x01", "a NumPy array"),
    ],
)
def test_another_kind_of_file_is_named(tmp_path, data, kind):
    path = tmp_path / "orders.csv"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=rf"orders\.csv .*{kind}") as caught:
        read_bytes(path, max_gib=1.0)
    assert "\n" not in str(caught.value)
