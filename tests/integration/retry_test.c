/* What is sent once more when a connection breaks before a byte of the answer, and what never is. */

#include "support/command_set.h"
#include "support/each_kind.h"
#include "support/scripted_host.h"

#include <stdio.h>

static const host_step hears_and_goes[] = {READ_LINE, CLOSE, END};

/* Its answer, after whatever the command is. */
static host_step answers[COMMANDS][4];

static mc_client *client_of(const scripted_host *host) {
    const char *hosts[] = {scripted_host_address(host), NULL};
    mc_client  *client = mc_client_new(hosts, NULL);

    ck_assert_ptr_nonnull(client);
    return client;
}

static const host_step *answering(int row) {
    const command *asked = &command_set[row];

    answers[row][0] = (host_step)EXPECT_BYTES(asked->request, strlen(asked->request));
    answers[row][1] = (host_step)SEND_BYTES(asked->reply, strlen(asked->reply));
    answers[row][2] = (host_step)DRAIN;
    answers[row][3] = (host_step)END;
    return answers[row];
}

/* The first connection takes the request and closes; a second one would answer. */
START_TEST(a_connection_that_breaks_before_the_answer) {
    const command         *asked = &command_set[_i];
    const host_step *const scripts[] = {hears_and_goes, answering(_i), NULL};
    scripted_host         *host = scripted_host_start(&(scripted_host_options){.kind = LISTENER_TCP, .scripts = scripts});
    mc_client             *client = client_of(host);
    answer                 got = asked->run(client);

    ck_assert_msg(got.status == (asked->once ? MC_CONNECTION_LOST : MC_OK), "%s: %s (%s)", asked->name,
                  mc_status_name(got.status), got.detail);
    ck_assert_str_eq(got.text, asked->once ? "" : asked->text);
    ck_assert_uint_eq(scripted_host_connections(host), asked->once ? 1 : 2);
    mc_client_free(client);
    scripted_host_stop(host);
}
END_TEST

/* Twice is enough. */
START_TEST(connections_that_always_break) {
    const command *asked = &command_set[_i];
    scripted_host *host = scripted_host_play(hears_and_goes);
    mc_client     *client = client_of(host);
    answer         got = asked->run(client);

    ck_assert_int_eq(got.status, strcmp(asked->name, "flush_all") == 0 ? MC_PARTIAL : MC_CONNECTION_LOST);
    ck_assert_str_eq(got.text, "");
    ck_assert_ptr_nonnull(strstr(got.detail, scripted_host_address(host)));
    ck_assert_uint_eq(scripted_host_connections(host), asked->once ? 1 : 2);
    mc_client_free(client);
    scripted_host_stop(host);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("retry");
    TCase *tcase = test_case(suite, "retry", 60);

    tcase_add_loop_test(tcase, a_connection_that_breaks_before_the_answer, 0, COMMANDS);
    tcase_add_loop_test(tcase, connections_that_always_break, 0, COMMANDS);
    return suite;
}
