#include "support/check_main.h"

#include <stdlib.h>

TCase *test_case(Suite *suite, const char *name, double timeout_s) {
    TCase *tcase = tcase_create(name);

    tcase_set_timeout(tcase, timeout_s);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int main(void) {
    SRunner *runner = srunner_create(test_suite());
    int      failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
