/* SPDX-License-Identifier: MIT */
/*
 * archive/verify in trouble: the library fails at any of its calls, memory fails
 * at each of its allocations. Nothing of it ever makes a release file accepted that is not, and the
 * end is a clean one.
 */
#include "tests/lib/check.h"

#include <dlfcn.h>
#include <errno.h>
#include <rnp/rnp.h>
#include <rnp/rnp_err.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/verify.h"
#include "tests/unit/archive_signed.h"

/* ---- librnp's functions, failing when told to ---- */

static const char *failing; /* name of the one that fails, NULL: none */
static rnp_result_t failure;
static unsigned calls; /* of it */

static bool fails(const char *name)
{
	if (!failing || strcmp(failing, name) != 0)
		return false;
	calls++;
	return true;
}

/* This program's symbols come before the library's. */
#define SEAM(name, parameters, ...)                                                                                    \
	rnp_result_t name parameters                                                                                   \
	{                                                                                                              \
		rnp_result_t(*real) parameters = (rnp_result_t(*) parameters)dlsym(RTLD_NEXT, #name);                  \
                                                                                                                       \
		return fails(#name) ? failure : real(__VA_ARGS__);                                                     \
	}

SEAM(rnp_set_timestamp, (rnp_ffi_t f, uint64_t t), f, t)
SEAM(rnp_input_from_memory, (rnp_input_t * in, const uint8_t b[], size_t n, bool copy), in, b, n, copy)
SEAM(rnp_output_to_memory, (rnp_output_t * out, size_t n), out, n)
SEAM(rnp_op_verify_create, (rnp_op_verify_t * op, rnp_ffi_t f, rnp_input_t in, rnp_output_t out), op, f, in, out)
SEAM(rnp_op_verify_execute, (rnp_op_verify_t op), op)
SEAM(rnp_op_verify_get_signature_count, (rnp_op_verify_t op, size_t *n), op, n)
SEAM(rnp_op_verify_get_signature_at, (rnp_op_verify_t op, size_t i, rnp_op_verify_signature_t *s), op, i, s)
SEAM(rnp_op_verify_signature_get_status, (rnp_op_verify_signature_t s), s)
SEAM(rnp_op_verify_signature_get_hash, (rnp_op_verify_signature_t s, char **h), s, h)
SEAM(rnp_op_verify_signature_get_key, (rnp_op_verify_signature_t s, rnp_key_handle_t *k), s, k)
SEAM(rnp_key_is_primary, (rnp_key_handle_t k, bool *yes), k, yes)
SEAM(rnp_key_get_primary_fprint, (rnp_key_handle_t k, char **f), k, f)
SEAM(rnp_key_get_creation, (rnp_key_handle_t k, uint32_t *t), k, t)
SEAM(rnp_key_get_expiration, (rnp_key_handle_t k, uint32_t *t), k, t)
SEAM(rnp_key_is_revoked, (rnp_key_handle_t k, bool *yes), k, yes)
SEAM(rnp_locate_key, (rnp_ffi_t f, const char *type, const char *name, rnp_key_handle_t *k), f, type, name, k)
SEAM(rnp_output_memory_get_buf, (rnp_output_t out, uint8_t **b, size_t *n, bool copy), out, b, n, copy)

static const char *const seams[] = {
	"rnp_set_timestamp",
	"rnp_input_from_memory",
	"rnp_output_to_memory",
	"rnp_op_verify_create",
	"rnp_op_verify_execute",
	"rnp_op_verify_get_signature_count",
	"rnp_op_verify_get_signature_at",
	"rnp_op_verify_signature_get_status",
	"rnp_op_verify_signature_get_hash",
	"rnp_op_verify_signature_get_key",
	"rnp_key_is_primary",
	"rnp_key_get_primary_fprint",
	"rnp_key_get_creation",
	"rnp_key_get_expiration",
	"rnp_key_is_revoked",
	"rnp_locate_key",
	"rnp_output_memory_get_buf",
};

/* ---- memory, failing when told to ---- */

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
#define OWN_MALLOC 1
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t count, size_t n);
extern void *__libc_realloc(void *p, size_t n);

static size_t allocations;	  /* since it was set to 0 */
static size_t fail_from, fail_to; /* numbers of those that fail: from, up to but without to */

static bool is_denied(void)
{
	size_t n = ++allocations;

	if (n < fail_from || n >= fail_to)
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t n)
{
	return is_denied() ? NULL : __libc_malloc(n);
}

void *calloc(size_t count, size_t n)
{
	return is_denied() ? NULL : __libc_calloc(count, n);
}

void *realloc(void *p, size_t n)
{
	return is_denied() ? NULL : __libc_realloc(p, n);
}
#endif

/* ---- */

struct rings {
	struct verify_keys *keys;
	struct strv pinned;
};

static int rings_new(void **state)
{
	struct rings *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->keys = verify_keys_new();
	assert_int_equal(verify_keys_add(r->keys, signed_key_good, strlen(signed_key_good), "ring", &r->pinned, NULL),
			 0);
	*state = r;
	return 0;
}

static int rings_free(void **state)
{
	struct rings *r = *state;

	verify_keys_free(r->keys);
	strv_fini(&r->pinned);
	free(r);
	return 0;
}

/* 0: accepted, with just the text and the signer that are right; 1: refused; 2: neither. */
static int outcome(const struct rings *r, const char *file, struct err *e)
{
	struct verified out;
	bool right;

	if (verify_bytes(file, strlen(file), r->keys, &r->pinned, SIGNED_NOW, &out, e) < 0)
		return e->kind == ERR_VERIFY ? 1 : 2;
	right = out.text.len == strlen(signed_text) && !memcmp(out.text.data, signed_text, out.text.len) &&
		out.signers.len == 1 && !strcmp(out.signers.items[0], SIGNED_FPRINT_GOOD);
	verified_fini(&out);
	return right ? 0 : 2;
}

/* Each call of the library fails, in each way that it could tell. */
static void library_fails(void **state)
{
	static const rnp_result_t codes[] = {RNP_ERROR_GENERIC,	  RNP_ERROR_OUT_OF_MEMORY,     RNP_ERROR_NULL_POINTER,
					     RNP_ERROR_BAD_STATE, RNP_ERROR_SIGNATURE_INVALID, RNP_ERROR_NOT_SUPPORTED};
	struct rings *r = *state;
	struct err e = ERR_INIT;

	assert_int_equal(outcome(r, signed_good, &e), 0);
	for (size_t i = 0; i < sizeof(seams) / sizeof(*seams); i++) {
		for (size_t k = 0; k < sizeof(codes) / sizeof(*codes); k++) {
			int got;

			failing = seams[i];
			failure = codes[k];
			calls = 0;
			got = outcome(r, signed_good, &e);
			failing = NULL;
			if (got != 1 || !calls)
				fail_msg("%s with %x: %s (called %u times)", seams[i], (unsigned)codes[k],
					 got ? e.id : "accepted", calls);
			assert_non_null(e.hint);
			err_fini(&e);
		}
	}
	assert_int_equal(outcome(r, signed_good, &e), 0); /* and nothing of it stays */
}

#ifdef OWN_MALLOC
/* How a process of its own ends that verifies while these allocations fail. */
static int in_child(const struct rings *r, const char *file, size_t from, size_t to)
{
	static const int caught[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}; /* by cmocka */
	struct err e = ERR_INIT;
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		for (size_t i = 0; i < sizeof(caught) / sizeof(*caught); i++)
			sigaction(caught[i], &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
		fail_from = from;
		fail_to = to;
		allocations = 0;
		_exit(10 + outcome(r, file, &e));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	/* mem.h ends the program with status 1; a C++ library may give up by abort() */
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGABRT)
		fail_msg("ended by signal %d when allocation %zu failed", WTERMSIG(status), from);
	if (WIFEXITED(status) && WEXITSTATUS(status) != 1 && WEXITSTATUS(status) / 10 != 1)
		fail_msg("status %d when allocation %zu failed", WEXITSTATUS(status), from);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 12)
		fail_msg("neither accepted nor refused as it should be at allocation %zu", from);
	return WIFEXITED(status) ? WEXITSTATUS(status) - 10 : -1;
}

static size_t count_allocations(const struct rings *r, const char *file)
{
	struct err e = ERR_INIT;

	allocations = 0;
	outcome(r, file, &e);
	err_fini(&e);
	return allocations;
}

static void memory_fails(void **state)
{
	struct rings *r = *state;
	size_t total = count_allocations(r, signed_good);
	size_t denied = 0;
	char *forged, *digit;

	if (!total)
		skip(); /* something else has taken malloc's place */
	forged = strdup(signed_good);
	digit = strstr(forged, "Date: ");
	assert_non_null(digit);
	digit[6] ^= 1;
	assert_int_equal(in_child(r, signed_good, 0, 0), 0); /* the control */
	assert_int_equal(in_child(r, forged, 0, 0), 1);
	for (size_t n = 1; n <= total + 1; n++) {
		/* one is missing: it may do without; none from there on: it cannot end well */
		assert_int_not_equal(in_child(r, forged, n, n + 1), 0);
		assert_int_not_equal(in_child(r, forged, n, SIZE_MAX), 0);
		in_child(r, signed_good, n, n + 1);
		denied += in_child(r, signed_good, n, SIZE_MAX) != 0;
	}
	assert_true(denied > 0);
	free(forged);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(library_fails),
#ifdef OWN_MALLOC
		cmocka_unit_test(memory_fails),
#endif
	};

	return cmocka_run_group_tests(tests, rings_new, rings_free);
}
