"""Writes a zip of so many zips, each of two files of 50 MB: python 05_zip_scan_bomb.py 10 out.zip"""

import io
import sys
import zipfile

inner = io.BytesIO()
with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    for number in range(2):
        archive.writestr(f"a{number}.py", b" " * (50 << 20))
with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    for number in range(int(sys.argv[1])):
        archive.writestr(f"i{number}.zip", inner.getvalue())
