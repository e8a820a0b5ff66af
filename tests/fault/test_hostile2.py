#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The other half of the root's cases, so that two run at the same time."""
import lib
import test_hostile


class OtherHalf(test_hostile.Root):
    share = (1, 2)


if __name__ == "__main__":
    lib.main()
