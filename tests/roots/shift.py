#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""shift.py DIRECTORY FIRST: gives every file of a tree its owner plus FIRST"""
import os
import stat
import sys


def shift(path, first):
    st = os.lstat(path)
    os.chown(path, st.st_uid + first, st.st_gid + first, follow_symlinks=False)
    if not stat.S_ISLNK(st.st_mode):  # chown(2) takes set-user-id bits away
        os.chmod(path, stat.S_IMODE(st.st_mode))


top, first = sys.argv[1], int(sys.argv[2])
for directory, dirs, files in os.walk(top):
    for name in dirs + files:
        shift(os.path.join(directory, name), first)
shift(top, first)
