/* SPDX-License-Identifier: MIT */
/*
 * analyze: what clang's analyzer cannot see from one file, told to it by tests/lint/tidy.sh: the
 * functions of base/err.h always return -1. Without that it follows paths where a function failed
 * and yet returned 0.
 */
#include "base/err.h"

#define err_set(...) ((void)(err_set)(__VA_ARGS__), -1)
#define err_errno(...) ((void)(err_errno)(__VA_ARGS__), -1)
#define err_hint(...) ((void)(err_hint)(__VA_ARGS__), -1)
#define err_prefix(...) ((void)(err_prefix)(__VA_ARGS__), -1)
#define err_move(...) ((void)(err_move)(__VA_ARGS__), -1)
