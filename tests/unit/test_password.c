/* SPDX-License-Identifier: MIT */
/* password: SHA-512 crypt by the vectors of its specification, and by this host's crypt(3). */
#include "../lib/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sha_crypt.h"
#include "host/password.h"

static const struct {
	const char *salt;
	unsigned rounds;
	const char *password, *hash;
} vectors[] = {
	{"saltstring", 5000, "Hello world!",
	 "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"},
	{"saltstringsaltstring", 10000, "Hello world!",
	 "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/"
	 "y3RnOaw5v."},
	{"toolongsaltstring", 5000, "This is just a test",
	 "$6$toolongsaltstrin$lQ8jolhgVRVhY4b5pZKaysCLi0QBxGoNeKQzQ3glMhwllF7oGDZxUhx1yxdYcz/"
	 "e1JSbq3y6JMxxl8audkUEm0"},
	{"anotherlongsaltstring", 1400,
	 "a very much longer text to encrypt.  This one even stretches over morethan one line.",
	 "$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0"
	 "oSwbtEW7o7UmJEiDwGqd8p4ur1"},
	{"short", 77777, "we have a short salt string but not a short password",
	 "$6$rounds=77777$short$WuQyW2YR.hBNpjjRhpYD/ifIw05xdfeEyQoMxIXbkvr0"
	 "gge1a1x3yRULJ5CCaUeOxFmtlcGZelFl5CxtgfiAc0"},
	{"asaltof16chars..", 123456, "a short string",
	 "$6$rounds=123456$asaltof16chars..$BtCwjqMJGx5hrJhZywWvt0RLE8uZ4oPwcelCjmw2kSYu"
	 ".Ec6ycULevoBK25fs2xXgMNrCzIMVcgEJAstJeonj1"},
};

static void test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		AUTO_FREE char *hash = sha_crypt(vectors[i].password, vectors[i].salt, vectors[i].rounds);

		assert_string_equal(hash, vectors[i].hash);
	}
}

/* Passwords of every length around those of a digest and of a group of bits, as this host hashes them. */
static void test_same_as_host(void **state)
{
	(void)state;
	for (size_t n = 0; n < 140; n += n < 66 ? 1 : 13) {
		AUTO_FREE char *password = xcalloc(1, n + 1), *hash = NULL, *ours = NULL;
		char salt[SHA_CRYPT_SALT + 1] = "";

		for (size_t i = 0; i < n; i++)
			password[i] = (char)(1 + (i * 37 + n) % 255);
		assert_int_equal(host_password_hash(password, &hash, NULL), 0);
		assert_memory_equal(hash, "$6$", 3);
		memcpy(salt, hash + 3, SHA_CRYPT_SALT);
		ours = sha_crypt(password, salt, SHA_CRYPT_ROUNDS);
		assert_string_equal(ours, hash);
	}
}

static void test_salts_differ(void **state)
{
	AUTO_FREE char *a = NULL, *b = NULL;

	(void)state;
	assert_int_equal(host_password_hash("secret", &a, NULL), 0);
	assert_int_equal(host_password_hash("secret", &b, NULL), 0);
	assert_string_not_equal(a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_same_as_host),
		cmocka_unit_test(test_salts_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
