#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""embed.py PROGRAM HEADER: the bytes of a program as a C array"""
import sys

with open(sys.argv[1], 'rb') as f:
    data = f.read()
with open(sys.argv[2], 'w', encoding='ascii') as f:
    f.write('static const unsigned char ct_init_program[] = {\n')
    for i in range(0, len(data), 16):
        f.write('\t' + ' '.join(f'{b:#04x},' for b in data[i:i + 16]) + '\n')
    f.write('};\n')
