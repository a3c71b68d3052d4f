/* The wall clock jumps; deadlines, pauses and dead hosts do not notice. clock_gettime and time are this file's. */
#include "support/check_main.h"
#include "support/command_set.h"
#include "support/dead_end.h"
#include "support/scripted_host.h"
#include "support/trials.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define HOUR_S 3600
#define YEAR_S 31557600
#define DEADLINE_MS 1500

static atomic_long shift_s;

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = (int)syscall(SYS_clock_gettime, clock, now);

    if (result == 0 && clock == CLOCK_REALTIME)
        now->tv_sec += atomic_load(&shift_s);
    return result;
}

time_t time(time_t *where) {
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (where)
        *where = now.tv_sec;
    return now.tv_sec;
}

static atomic_bool over;

static void *jump(void *arg) {
    static const long jumps[] = {HOUR_S, -HOUR_S, 30L * YEAR_S, -30L * YEAR_S};

    (void)arg;
    for (size_t i = 0; !atomic_load(&over); i++) {
        atomic_store(&shift_s, jumps[i % ROWS(jumps)]);
        poll(NULL, 0, 5);
    }
    atomic_store(&shift_s, 0);
    return NULL;
}

static pthread_t jumper;

static void begin_jumps(void) {
    atomic_store(&over, false);
    ck_assert_int_eq(pthread_create(&jumper, NULL, jump, NULL), 0);
}

static void end_jumps(void) {
    atomic_store(&over, true);
    pthread_join(jumper, NULL);
}

static mc_client *client_of(const char *address) {
    mc_options options = MC_OPTIONS_INIT;

    options.timeout_ms = DEADLINE_MS;
    options.dead_retry_ms = DEADLINE_MS;
    return mc_client_new_with_options((const char *[]){address, NULL}, NULL, &options);
}

START_TEST(a_deadline_does_not_jump) {
    static const host_step silent[] = {READ_LINE, SILENCE};
    scripted_host         *host = scripted_host_play(silent);
    mc_client             *client = client_of(scripted_host_address(host));
    double                 began = now_ms();
    answer                 got = command_named("get")->run(client);

    ck_assert_int_eq(got.status, MC_TIMEOUT);
    ck_assert(in_time(began, DEADLINE_MS));
    ck_assert(now_ms() - began >= DEADLINE_MS - 5);
    mc_client_free(client);
    scripted_host_discard(host);
}
END_TEST

START_TEST(a_dead_host_stays_dead_as_long_as_it_should) {
    dead_end   refusing = dead_end_refusing();
    mc_client *client = client_of(refusing.address);
    answer     got = command_named("get")->run(client);
    double     died = now_ms();
    size_t     skipped = 0;

    ck_assert_int_eq(got.status, MC_UNREACHABLE);
    for (got.status = MC_NO_SERVER; got.status == MC_NO_SERVER; skipped++) {
        poll(NULL, 0, 5);
        got = command_named("get")->run(client);
        ck_assert(in_time(died, DEADLINE_MS + DEADLINE_MS / 16.0));
    }
    ck_assert_int_eq(got.status, MC_UNREACHABLE); /* tried again */
    ck_assert(now_ms() - died >= DEADLINE_MS - 5);
    ck_assert_uint_gt(skipped, 1);
    mc_client_free(client);
    dead_end_free(&refusing);
}
END_TEST

static mc_status make_next(const mc_value *current, mc_value *next, void *arg) {
    (void)current, (void)arg;
    return mc_value_set(next, mc_str("next"));
}

START_TEST(the_pauses_of_an_update_do_not_jump) {
    static const host_step lost[] = {EXPECT("gets k\r\n"), SEND("VALUE k 0 1 9\r\nx\r\nEND\r\n"),
                                     EXPECT("cas k 0 0 4 9\r\nnext\r\n"), SEND("EXISTS\r\n"), REPEAT};
    scripted_host         *host = scripted_host_play(lost);
    mc_client             *client = client_of(scripted_host_address(host));
    double                 began = now_ms();
    mc_status              status = mc_update(client, mc_str("k"), make_next, NULL, 0);

    /* On a machine that is late the deadline may come while a request is on its way, or just before. */
    ck_assert_msg(status == MC_EXISTS || status == MC_TIMEOUT || status == MC_UNREACHABLE, "%s", mc_status_name(status));
    ck_assert(in_time(began, DEADLINE_MS));
    ck_assert(now_ms() - began >= DEADLINE_MS - 50); /* a pause that would end later is not begun */
    mc_client_free(client);
    scripted_host_discard(host);
}
END_TEST

/* The one thing that follows the wall clock. */
START_TEST(an_absolute_time_follows_the_wall_clock) {
    static const host_step touched[] = {READ_LINE, SEND("TOUCHED\r\n"), END};
    scripted_host         *host = scripted_host_play(touched);
    mc_client             *client = client_of(scripted_host_address(host));
    time_t                 before, after;
    bool                   seen = false;

    end_jumps();
    atomic_store(&shift_s, HOUR_S);
    before = time(NULL);
    ck_assert_int_eq(mc_touch(client, mc_str("k"), 3000000), MC_OK);
    after = time(NULL);
    for (time_t now = before; now <= after; now++) {
        char line[64];
        snprintf(line, sizeof line, "touch k %lld\r\n", (long long)now + 3000000);
        seen = seen || scripted_host_count(host, line) == 1;
    }
    ck_assert(seen);
    begin_jumps();
    mc_client_free(client);
    scripted_host_stop(host);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("clock");
    TCase *tcase = test_case(suite, "clock", 60);

    tcase_add_checked_fixture(tcase, begin_jumps, end_jumps);
    tcase_add_test(tcase, a_deadline_does_not_jump);
    tcase_add_test(tcase, a_dead_host_stays_dead_as_long_as_it_should);
    tcase_add_test(tcase, the_pauses_of_an_update_do_not_jump);
    tcase_add_test(tcase, an_absolute_time_follows_the_wall_clock);
    return suite;
}
