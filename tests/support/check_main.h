/*
 * The frame of every Check suite: a test file defines test_suite(), and check_main.c runs it. One test case of many is run
 * with CK_RUN_CASE=<case> in the environment, all in one process with CK_FORK=no.
 */
#ifndef MC_SUPPORT_CHECK_MAIN_H
#define MC_SUPPORT_CHECK_MAIN_H

#include <check.h>

/* Makes the suite of this program. It belongs to the caller. */
Suite *test_suite(void);

/* Adds a test case to suite, each test of which may take timeout_s seconds. */
TCase *test_case(Suite *suite, const char *name, double timeout_s);

/* The number of rows of a table that is an array. */
#define ROWS(table) (sizeof(table) / sizeof(table)[0])

/* Adds one test for each row of a table; the test finds the row's index in _i. */
#define test_rows(tcase, test, table) tcase_add_loop_test(tcase, test, 0, (int)ROWS(table))

#endif
