/* SPDX-License-Identifier: MIT */
/* page_rows: the rows of the wizard's pages, and where the cursor goes when they change. */
#include "../../src/tui/page_rows.h"

#include "wizard_fake.h"

/* A wizard at a page of valid answers, and the rows of the page. */
struct fixture {
	struct fake *fake;
	struct wizard *w;
	struct page_rows *rows;
};

static struct fixture fixture_new(enum wizard_page page)
{
	struct fixture f = {.fake = fake_new()};

	f.w = wizard_new(&f.fake->conf);
	f.rows = page_rows_new(f.w);
	page_rows_set_width(f.rows, 60);
	wizard_go(f.w, page, NULL);
	page_rows_focus_question(f.rows, NULL);
	page_rows_build(f.rows);
	return f;
}

static void fixture_free(struct fixture *f)
{
	page_rows_free(f->rows);
	wizard_free(f->w);
	fake_free(f->fake);
}

static const struct page_row *under_cursor(struct fixture *f)
{
	page_rows_build(f->rows);
	return page_rows_at(f->rows, page_rows_focus(f->rows));
}

/* How many rows of that kind a question has; q NULL: of the whole page. */
static size_t rows_of(struct fixture *f, enum page_row_kind kind, const struct wizard_question *q)
{
	const struct page_row *r;
	size_t n = 0;

	page_rows_build(f->rows);
	for (size_t i = 0; (r = page_rows_at(f->rows, i)); i++)
		n += r->kind == kind && (!q || r->q == q);
	return n;
}

static void options_are_rows(void **state)
{
	struct fixture f = fixture_new(WIZARD_MACHINE);
	const struct wizard_question *arch = wizard_question(f.w, "machine.arch");
	const struct page_row *r;

	(void)state;
	assert_int_equal(rows_of(&f, PAGE_OPTION, arch), wizard_options(f.w, arch).len);
	r = under_cursor(&f);
	assert_int_equal(r->kind, PAGE_OPTION);
	assert_ptr_equal(r->q, arch);
	assert_int_equal(r->sub, wizard_options(f.w, arch).current);
	page_rows_focus_question(f.rows, wizard_question(f.w, "machine.name"));
	r = under_cursor(&f);
	assert_int_equal(r->kind, PAGE_FIELD);
	assert_true(r->titled);
	fixture_free(&f);
}

static void wrong_answer_has_a_note(void **state)
{
	struct fixture f = fixture_new(WIZARD_MACHINE);
	const struct wizard_question *name = wizard_question(f.w, "machine.name");
	const struct page_row *r;
	size_t at;

	(void)state;
	assert_int_equal(rows_of(&f, PAGE_NOTE, name), 0);
	assert_int_equal(answer(f.w, "machine.name", "No Name"), -1);
	assert_true(rows_of(&f, PAGE_NOTE, name) > 0);
	page_rows_focus_question(f.rows, name);
	at = page_rows_focus(f.rows);
	r = page_rows_at(f.rows, at + 1);
	assert_int_equal(r->kind, PAGE_NOTE);
	assert_int_equal(r->role, ROLE_BAD);
	assert_false(page_row_takes_focus(r));
	fixture_free(&f);
}

/* The cursor stays at its question when its row disappears. */
static void removed_items(void **state)
{
	struct fixture f = fixture_new(WIZARD_SYSTEM);
	const struct wizard_question *packages = wizard_question(f.w, "system.packages");

	(void)state;
	assert_int_equal(answer(f.w, "system.packages", "gcc\nmake\nvim"), 0);
	assert_int_equal(rows_of(&f, PAGE_ITEM, packages), 3);
	page_rows_focus_question(f.rows, packages);
	assert_int_equal(under_cursor(&f)->sub, 0);
	for (size_t i = 3; i; i--) {
		assert_ptr_equal(under_cursor(&f)->q, packages);
		assert_int_equal(rows_of(&f, PAGE_ITEM, packages), i);
		wizard_item_remove(f.w, packages, 0);
	}
	assert_ptr_equal(under_cursor(&f)->q, packages);
	assert_int_equal(under_cursor(&f)->kind, PAGE_ADD);
	assert_true(under_cursor(&f)->titled);
	fixture_free(&f);
}

static void advanced_questions(void **state)
{
	struct fixture f = fixture_new(WIZARD_PROCESSOR);
	const struct wizard_question *q = NULL, *advanced = NULL;
	size_t fields;

	(void)state;
	while ((q = wizard_question_next(f.w, WIZARD_PROCESSOR, q)) && !advanced)
		advanced = q->advanced ? q : NULL;
	assert_non_null(advanced);
	assert_int_equal(rows_of(&f, PAGE_ADVANCED, NULL), 1);
	assert_int_equal(rows_of(&f, PAGE_FIELD, advanced), 0);
	fields = rows_of(&f, PAGE_FIELD, NULL);
	page_rows_unfold(f.rows);
	assert_ptr_equal(under_cursor(&f)->q, advanced);
	assert_int_equal(rows_of(&f, PAGE_ADVANCED, NULL), 0);
	assert_true(rows_of(&f, PAGE_FIELD, NULL) > fields);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_rows),
		cmocka_unit_test(wrong_answer_has_a_note),
		cmocka_unit_test(removed_items),
		cmocka_unit_test(advanced_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
