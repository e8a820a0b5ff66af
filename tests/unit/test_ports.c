/* SPDX-License-Identifier: MIT */
/* ports: which ports of this host are forwarded: those of last time, while they are free. */
#include "../lib/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "host/facts.h"
#include "machine/forward.h"

#define ITEM "127.0.0.1:auto:80"

struct fixture {
	struct spec spec;
	char *dir, *file;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->dir = check_tmpdir();
	f->file = file_join(f->dir, "ports.json");
	spec_init(&f->spec);
	assert_int_equal(spec_set(&f->spec, "network.forward=" ITEM, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	spec_fini(&f->spec);
	free(f->file);
	check_rmdir(f->dir);
	free(f);
	return 0;
}

static uint16_t port(struct fixture *f, bool boot)
{
	uint16_t ports[1] = {0};

	assert_int_equal(f->spec.forwards.len, 1);
	assert_int_equal(forwards_ports(&f->spec, f->dir, ports, boot, NULL), 0);
	return ports[0];
}

/* As DIR/ports.json has it; 0: it has none. */
static uint16_t kept(struct fixture *f)
{
	json_t *o = json_read(f->file, NULL);
	json_int_t n = json_int(o, ITEM, 0);

	json_decref(o);
	return (uint16_t)n;
}

/* A boot chooses one and keeps it; it stays from boot to boot, and before a boot it is the one reported. */
static void test_stays(void **state)
{
	struct fixture *f = *state;
	uint16_t first = port(f, true);

	assert_int_not_equal(first, 0);
	assert_int_equal(kept(f), first);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(port(f, false), first);
		assert_int_equal(port(f, true), first);
	}
}

/* One that another program has by now gives way to another. */
static void test_taken(void **state)
{
	struct fixture *f = *state;
	uint16_t first = port(f, true), second;
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(first), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int s = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(s >= 0);
	assert_int_equal(bind(s, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(s, 1), 0);
	assert_int_equal(port(f, false), first);
	second = port(f, true);
	assert_int_not_equal(second, first);
	assert_int_equal(kept(f), second);
	close(s);
}

/* What is not a port in the file is none of last time. */
static void test_rubbish(void **state)
{
	static const char *const texts[] = {
		"{\"" ITEM "\": 70000}", "{\"" ITEM "\": -1}", "{\"" ITEM "\": \"x\"}", "[", "",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(file_write(f->file, texts[i], strlen(texts[i]), 0600, NULL), 0);
		assert_int_not_equal(port(f, true), 0);
		assert_int_equal(kept(f), port(f, false));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(test_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rubbish, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
