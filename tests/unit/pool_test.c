#include "net/pool.h"

#include "base/platform.h"

#include "support/check_main.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX 3
#define WAITERS 4

static mc__pool   pool;
static mc__waiter waiters[WAITERS];

static void init(void) {
    memset(&pool, 0, sizeof pool);
    mc__pool_init(&pool, MAX);
}

static void destroy(void) {
    mc__pool_destroy(&pool);
}

static mc__taken take(bool fresh, mc__waiter *waiter, mc__connection **connection) {
    *connection = NULL;
    return mc__pool_take(&pool, fresh, waiter, connection);
}

/* A connection to nobody, opened by the right that the caller has. */
static mc__connection *open_by_right(void) {
    mc__stream      stream = MC__STREAM_CLOSED;
    mc__connection *connection;

    stream.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(stream.fd, 0);
    connection = mc__connection_new(&stream, 0, 1024);
    ck_assert_ptr_nonnull(connection);
    mc__pool_add(&pool, connection);
    return connection;
}

static mc__connection *take_new(void) {
    mc__connection *connection;
    mc__waiter      waiter;

    ck_assert_int_eq(take(false, &waiter, &connection), MC__TAKEN_RIGHT);
    return open_by_right();
}

static void take_all(mc__connection *connections[MAX]) {
    for (int i = 0; i < MAX; i++)
        connections[i] = take_new();
}

static void drop_all(mc__connection *const connections[MAX]) {
    for (int i = 0; i < MAX; i++)
        mc__pool_drop(&pool, connections[i]);
}

static void queue_up(mc__waiter *waiter) {
    mc__connection *connection;

    ck_assert_int_eq(take(false, waiter, &connection), MC__TAKEN_PLACE);
}

static bool is_woken(const mc__waiter *waiter) {
    struct pollfd waited = {.fd = waiter->wakeup.read_fd, .events = POLLIN};

    return poll(&waited, 1, 0) == 1;
}

static void check_waits(mc__waiter *waiter) {
    mc__connection *connection = NULL;
    mc__taken       taken;

    ck_assert(!is_woken(waiter));
    ck_assert(!mc__pool_granted(&pool, waiter, &taken, &connection));
}

static void check_granted(mc__waiter *waiter, mc__connection *expected) {
    mc__connection *connection = NULL;
    mc__taken       taken;

    ck_assert(is_woken(waiter));
    ck_assert(mc__pool_granted(&pool, waiter, &taken, &connection));
    ck_assert_int_eq(taken, expected ? MC__TAKEN_CONNECTION : MC__TAKEN_RIGHT);
    ck_assert_ptr_eq(connection, expected);
    ck_assert_int_eq(waiter->wakeup.read_fd, -1);
}

START_TEST(an_empty_pool_gives_the_right_to_open) {
    mc__connection *first = take_new();

    ck_assert_uint_eq(pool.open, 1);
    mc__pool_give_back(&pool, first);
    ck_assert_uint_eq(pool.open, 1);
}
END_TEST

START_TEST(idle_connections_are_taken_newest_first) {
    mc__connection *connections[MAX], *taken;

    take_all(connections);
    mc__pool_give_back(&pool, connections[1]);
    mc__pool_give_back(&pool, connections[0]);
    mc__pool_give_back(&pool, connections[2]);
    ck_assert_int_eq(take(false, &waiters[0], &taken), MC__TAKEN_CONNECTION);
    ck_assert_ptr_eq(taken, connections[2]);
    ck_assert_int_eq(take(false, &waiters[0], &taken), MC__TAKEN_CONNECTION);
    ck_assert_ptr_eq(taken, connections[0]);
    mc__pool_give_back(&pool, connections[2]);
    ck_assert_int_eq(take(false, &waiters[0], &taken), MC__TAKEN_CONNECTION);
    ck_assert_ptr_eq(taken, connections[2]);
    ck_assert_int_eq(take(false, &waiters[0], &taken), MC__TAKEN_CONNECTION);
    ck_assert_ptr_eq(taken, connections[1]);
    drop_all(connections);
    ck_assert_uint_eq(pool.open, 0);
}
END_TEST

START_TEST(no_more_than_max_are_opened) {
    mc__connection *connections[MAX];

    take_all(connections);
    queue_up(&waiters[0]);
    ck_assert_uint_eq(pool.open, MAX);
    check_waits(&waiters[0]);
    mc__pool_leave(&pool, &waiters[0]);
    drop_all(connections);
}
END_TEST

START_TEST(rights_that_are_not_used_count_until_they_are_returned) {
    mc__connection *connection;

    for (int i = 0; i < MAX; i++)
        ck_assert_int_eq(take(false, &waiters[0], &connection), MC__TAKEN_RIGHT);
    queue_up(&waiters[0]);
    mc__pool_leave(&pool, &waiters[0]);
    mc__pool_return_right(&pool);
    ck_assert_int_eq(take(false, &waiters[0], &connection), MC__TAKEN_RIGHT);
    for (int i = 0; i < MAX; i++)
        mc__pool_return_right(&pool);
    ck_assert_uint_eq(pool.open, 0);
}
END_TEST

START_TEST(waiters_are_served_in_order) {
    mc__connection *connections[MAX];

    take_all(connections);
    for (int i = 0; i < MAX; i++)
        queue_up(&waiters[i]);
    mc__pool_give_back(&pool, connections[2]);
    check_granted(&waiters[0], connections[2]);
    check_waits(&waiters[1]);
    check_waits(&waiters[2]);
    mc__pool_give_back(&pool, connections[0]);
    check_granted(&waiters[1], connections[0]);
    check_waits(&waiters[2]);
    mc__pool_give_back(&pool, connections[1]);
    check_granted(&waiters[2], connections[1]);
    ck_assert_ptr_null(pool.idle);
    drop_all(connections);
}
END_TEST

START_TEST(a_dropped_connection_leaves_its_right_to_the_first_waiter) {
    mc__connection *connections[MAX];

    take_all(connections);
    queue_up(&waiters[0]);
    mc__pool_drop(&pool, connections[1]);
    check_granted(&waiters[0], NULL);
    ck_assert_uint_eq(pool.open, MAX);
    connections[1] = open_by_right();
    drop_all(connections);
    ck_assert_uint_eq(pool.open, 0);
}
END_TEST

START_TEST(a_returned_right_goes_to_the_first_waiter) {
    mc__connection *connection;

    for (int i = 0; i < MAX; i++)
        ck_assert_int_eq(take(false, &waiters[0], &connection), MC__TAKEN_RIGHT);
    queue_up(&waiters[0]);
    queue_up(&waiters[1]);
    mc__pool_return_right(&pool);
    check_granted(&waiters[0], NULL);
    check_waits(&waiters[1]);
    mc__pool_leave(&pool, &waiters[1]);
    for (int i = 0; i < MAX; i++)
        mc__pool_return_right(&pool);
    ck_assert_uint_eq(pool.open, 0);
}
END_TEST

/* which: of three waiters, the one that leaves */
START_TEST(a_waiter_that_leaves_costs_the_others_nothing) {
    mc__connection *connections[MAX];
    int             served = 0;

    take_all(connections);
    for (int i = 0; i < 3; i++)
        queue_up(&waiters[i]);
    mc__pool_leave(&pool, &waiters[_i]);
    ck_assert_int_eq(waiters[_i].wakeup.read_fd, -1);
    for (int i = 0; i < 3; i++) {
        if (i == _i)
            continue;
        mc__pool_give_back(&pool, connections[served]);
        check_granted(&waiters[i], connections[served++]);
    }
    ck_assert_ptr_null(pool.first);
    ck_assert_ptr_null(pool.last);
    drop_all(connections);
}
END_TEST

START_TEST(what_a_leaver_was_granted_goes_to_the_next) {
    mc__connection *connections[MAX];

    take_all(connections);
    queue_up(&waiters[0]);
    queue_up(&waiters[1]);
    mc__pool_give_back(&pool, connections[0]);
    mc__pool_leave(&pool, &waiters[0]);
    check_granted(&waiters[1], connections[0]);
    queue_up(&waiters[2]);
    queue_up(&waiters[3]);
    mc__pool_drop(&pool, connections[0]);
    mc__pool_leave(&pool, &waiters[2]);
    check_granted(&waiters[3], NULL);
    connections[0] = open_by_right();
    drop_all(connections);
}
END_TEST

START_TEST(what_the_last_leaver_was_granted_is_idle) {
    mc__connection *connections[MAX], *taken;

    take_all(connections);
    queue_up(&waiters[0]);
    mc__pool_give_back(&pool, connections[0]);
    mc__pool_leave(&pool, &waiters[0]);
    ck_assert_int_eq(take(false, &waiters[0], &taken), MC__TAKEN_CONNECTION);
    ck_assert_ptr_eq(taken, connections[0]);
    queue_up(&waiters[0]);
    mc__pool_drop(&pool, connections[0]);
    mc__pool_leave(&pool, &waiters[0]);
    ck_assert_uint_eq(pool.open, MAX - 1);
    mc__pool_drop(&pool, connections[1]);
    mc__pool_drop(&pool, connections[2]);
}
END_TEST

START_TEST(who_wants_a_fresh_one_closes_an_idle_one_for_it) {
    mc__connection *connections[MAX], *taken;
    int             fd;

    take_all(connections);
    fd = connections[1]->stream.fd;
    mc__pool_give_back(&pool, connections[1]);
    ck_assert_int_eq(take(true, &waiters[0], &taken), MC__TAKEN_RIGHT);
    ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
    ck_assert_uint_eq(pool.open, MAX);
    connections[1] = open_by_right();
    ck_assert_int_eq(take(true, &waiters[0], &taken), MC__TAKEN_PLACE);
    mc__pool_leave(&pool, &waiters[0]);
    drop_all(connections);
}
END_TEST

START_TEST(closing_idle_ones_leaves_those_in_use) {
    mc__connection *connections[MAX], *taken;
    int             fds[MAX];

    take_all(connections);
    for (int i = 0; i < MAX; i++)
        fds[i] = connections[i]->stream.fd;
    mc__pool_give_back(&pool, connections[0]);
    mc__pool_give_back(&pool, connections[2]);
    mc__pool_close_idle(&pool);
    ck_assert_int_eq(fcntl(fds[0], F_GETFD), -1);
    ck_assert_int_eq(fcntl(fds[1], F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(fcntl(fds[2], F_GETFD), -1);
    ck_assert_uint_eq(pool.open, 1);
    mc__pool_close_idle(&pool);
    ck_assert_int_eq(take(false, &waiters[0], &taken), MC__TAKEN_RIGHT);
    mc__pool_return_right(&pool);
    mc__pool_drop(&pool, connections[1]);
    ck_assert_ptr_null(pool.all);
}
END_TEST

START_TEST(a_childs_pool_is_empty_and_its_descriptors_are_closed) {
    mc__connection *connections[MAX], *taken;
    mc__stream      used[2];
    int             idle_fd;

    take_all(connections);
    queue_up(&waiters[0]);
    queue_up(&waiters[1]);
    mc__pool_leave(&pool, &waiters[1]);
    mc__pool_leave(&pool, &waiters[0]);
    idle_fd = connections[1]->stream.fd;
    used[0] = connections[0]->stream;
    used[1] = connections[2]->stream;
    mc__pool_give_back(&pool, connections[1]);
    mc__pool_after_fork(&pool);
    ck_assert_int_eq(fcntl(idle_fd, F_GETFD), -1);
    ck_assert_int_eq(fcntl(used[0].fd, F_GETFD), -1);
    ck_assert_int_eq(fcntl(used[1].fd, F_GETFD), -1);
    ck_assert_uint_eq(pool.open, 0);
    ck_assert_int_eq(take(false, &waiters[0], &taken), MC__TAKEN_RIGHT);
    mc__pool_return_right(&pool);
    mc__connection_free(connections[0]); /* a child leaves them: here nobody else has them */
    mc__connection_free(connections[2]);
}
END_TEST

#define THREADS 8
#define ROUNDS 2000

static atomic_int  in_use;
static atomic_bool too_many;

static void wait_in_line(mc__waiter *waiter, mc__taken *taken, mc__connection **connection) {
    struct pollfd waited = {.fd = waiter->wakeup.read_fd, .events = POLLIN};

    while (!mc__pool_granted(&pool, waiter, taken, connection))
        poll(&waited, 1, -1);
}

static void use_once(unsigned bits) {
    mc__connection *connection = NULL;
    mc__waiter      waiter;
    mc__taken       taken = mc__pool_take(&pool, bits % 7 == 0, &waiter, &connection);

    if (taken == MC__TAKEN_PLACE && bits % 5 == 0) {
        mc__pool_leave(&pool, &waiter);
        return;
    }
    if (taken == MC__TAKEN_PLACE)
        wait_in_line(&waiter, &taken, &connection);
    if (taken == MC__TAKEN_RIGHT && bits % 11 == 0) {
        mc__pool_return_right(&pool);
        return;
    }
    if (taken == MC__TAKEN_RIGHT)
        connection = open_by_right();
    if (atomic_fetch_add(&in_use, 1) >= MAX)
        atomic_store(&too_many, true);
    atomic_fetch_sub(&in_use, 1);
    if (bits % 3 == 0)
        mc__pool_drop(&pool, connection);
    else
        mc__pool_give_back(&pool, connection);
}

static void *use_often(void *seed) {
    unsigned bits = *(unsigned *)seed;

    for (int i = 0; i < ROUNDS; i++) {
        bits = bits * 1664525 + 1013904223;
        use_once(bits >> 8);
    }
    return NULL;
}

START_TEST(many_threads_share_a_few_connections) {
    pthread_t threads[THREADS];
    unsigned  seeds[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = i + 1;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, use_often, &seeds[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert(!atomic_load(&too_many));
    ck_assert_ptr_null(pool.first);
    mc__pool_close_idle(&pool);
    ck_assert_uint_eq(pool.open, 0);
    ck_assert_ptr_null(pool.all);
}
END_TEST

/* ------------------------------------------------------------------------------------------------- those who share -- */

static mc__park parks[WAITERS];

static mc__taken lead(size_t i, mc__connection **connection) {
    bool calm;

    ck_assert_int_eq(mc__park_init(&parks[i]), 0);
    return mc__pool_lead(&pool, &waiters[i], &parks[i], connection, &calm);
}

static bool is_told(size_t i) {
    return mc__park_wait(&parks[i], mc__time_now());
}

static void queue_to_share(size_t i) {
    mc__connection *connection;

    ck_assert_int_eq(lead(i, &connection), MC__TAKEN_PLACE);
    ck_assert_ptr_null(connection);
    ck_assert(!is_told(i));
}

static void check_leads(size_t i, const mc__connection *connection) {
    ck_assert(is_told(i));
    ck_assert(waiters[i].granted);
    ck_assert_ptr_eq(waiters[i].connection, connection);
}

/* A pool whose connections are all led, but for those that are made idle. */
static void lead_all(mc__connection *connections[MAX]) {
    for (size_t i = 0; i < MAX; i++) {
        mc__connection *none;
        ck_assert_int_eq(lead(0, &none), MC__TAKEN_RIGHT);
        ck_assert_ptr_null(none);
        connections[i] = open_by_right();
    }
    ck_assert_uint_eq(pool.leading, MAX);
}

START_TEST(few_lead_on_connections_of_their_own) {
    mc__connection *connections[MAX], *taken;

    lead_all(connections);
    queue_to_share(1);
    ck_assert(mc__lane_is_awaited(&pool.lanes[0]));
    ck_assert(mc__pool_leave(&pool, &waiters[1]));
    ck_assert(!mc__lane_is_awaited(&pool.lanes[0]));
    mc__pool_stop_leading(&pool, connections[1]);
    ck_assert_int_eq(lead(0, &taken), MC__TAKEN_CONNECTION);
    ck_assert_ptr_eq(taken, connections[1]);
    for (size_t i = 0; i < MAX; i++)
        mc__pool_stop_leading(&pool, connections[i]);
    ck_assert_uint_eq(pool.leading, 0);
}
END_TEST

START_TEST(a_connection_that_comes_back_goes_to_the_first_to_lead) {
    mc__connection *connections[MAX];

    lead_all(connections);
    queue_to_share(1);
    queue_to_share(2);
    mc__pool_stop_leading(&pool, connections[2]);
    check_leads(1, connections[2]);
    ck_assert(!is_told(2));
    ck_assert_uint_eq(pool.leading, MAX);
    mc__pool_drop(&pool, connections[2]);
    mc__pool_stop_leading(&pool, NULL);
    check_leads(2, NULL);
    ck_assert_uint_eq(pool.leading, MAX);
    connections[2] = open_by_right();
    for (size_t i = 0; i < MAX; i++)
        mc__pool_stop_leading(&pool, connections[i]);
}
END_TEST

/* Where a lane ends, one who waits for it is called, though nothing comes back in that moment. */
START_TEST(a_lane_that_ends_is_followed) {
    mc__connection *connections[MAX];

    lead_all(connections);
    mc__pool_count_lane(&pool, 0);
    for (size_t i = 1; i < MAX; i++)
        mc__pool_stop_leading(&pool, connections[i]);
    mc__lane_count(&pool.lanes[0].riding, MAX); /* so that who comes waits, though connections are idle */
    queue_to_share(1);
    mc__lane_count(&pool.lanes[0].riding, -MAX);
    mc__pool_end_lane(&pool, 0, NULL); /* it needs its connection no more, but keeps it for something else */
    check_leads(1, connections[MAX - 1]);
    mc__pool_stop_leading(&pool, connections[MAX - 1]);
    mc__pool_give_back(&pool, connections[0]);
    ck_assert_uint_eq(pool.leading, 0);
}
END_TEST

static bool take_some(void *arg, mc__waiter *waiter) {
    size_t *left = arg;

    (void)waiter;
    return *left > 0 && (*left)--;
}

static bool take_along(size_t most) {
    return mc__pool_take_along(&pool, 0, take_some, &most);
}

START_TEST(those_who_are_taken_along_have_left_the_queue) {
    mc__connection *connections[MAX], *connection = NULL;

    lead_all(connections);
    queue_to_share(1);
    queue_to_share(2);
    queue_to_share(3);
    ck_assert(!take_along(1));
    ck_assert_int_eq(waiters[1].waiting, MC__WAITING_RIDES);
    ck_assert_int_eq(waiters[2].waiting, MC__WAITING_QUEUED);
    ck_assert(!mc__pool_leave(&pool, &waiters[1]));
    ck_assert_int_eq(mc__pool_break_out(&pool, &waiters[1], &connection), MC__TAKEN_NOTHING);
    ck_assert(take_along(9));
    ck_assert_ptr_null(pool.first);
    ck_assert(!mc__lane_is_awaited(&pool.lanes[0]));
    ck_assert(take_along(9));
    for (size_t i = 0; i < MAX; i++)
        mc__pool_stop_leading(&pool, connections[i]);
    for (size_t i = 1; i < WAITERS; i++)
        ck_assert(!is_told(i));
}
END_TEST

START_TEST(nobody_is_taken_along_past_one_who_wants_a_connection) {
    mc__connection *connections[MAX];

    lead_all(connections);
    queue_to_share(1);
    queue_up(&waiters[2]);
    queue_to_share(3);
    ck_assert(!take_along(9));
    ck_assert_int_eq(waiters[1].waiting, MC__WAITING_RIDES);
    ck_assert_int_eq(waiters[3].waiting, MC__WAITING_QUEUED);
    ck_assert(!take_along(9));
    mc__pool_stop_leading(&pool, connections[0]);
    check_granted(&waiters[2], connections[0]);
    ck_assert(take_along(9));
    ck_assert_int_eq(waiters[3].waiting, MC__WAITING_RIDES);
    mc__pool_give_back(&pool, connections[0]);
    mc__pool_stop_leading(&pool, connections[1]);
    mc__pool_stop_leading(&pool, connections[2]);
}
END_TEST

START_TEST(who_breaks_out_takes_what_is_there) {
    mc__connection *connections[MAX], *taken = NULL;

    lead_all(connections);
    queue_to_share(1);
    queue_to_share(2);
    ck_assert_int_eq(mc__pool_break_out(&pool, &waiters[2], &taken), MC__TAKEN_PLACE);
    ck_assert_int_eq(waiters[2].waiting, MC__WAITING_QUEUED);
    pool.max++;
    ck_assert_int_eq(mc__pool_break_out(&pool, &waiters[2], &taken), MC__TAKEN_RIGHT);
    ck_assert_ptr_null(taken);
    ck_assert_int_eq(waiters[2].waiting, MC__WAITING_NOT);
    ck_assert_uint_eq(pool.leading, MAX + 1);
    mc__pool_return_right(&pool);
    check_leads(1, NULL);
    mc__pool_stop_leading(&pool, NULL);
    ck_assert_int_eq(mc__pool_break_out(&pool, &waiters[1], &taken), MC__TAKEN_NOTHING); /* it has been granted something */
    mc__pool_return_right(&pool);
    mc__pool_stop_leading(&pool, NULL);
    pool.max--;
    for (size_t i = 0; i < MAX; i++)
        mc__pool_stop_leading(&pool, connections[i]);
    ck_assert_uint_eq(pool.leading, 0);
}
END_TEST

START_TEST(what_one_who_shares_was_granted_goes_to_the_next_when_he_leaves) {
    mc__connection *connections[MAX];

    lead_all(connections);
    queue_to_share(1);
    queue_up(&waiters[2]);
    queue_to_share(3);
    mc__pool_stop_leading(&pool, connections[0]);
    check_leads(1, connections[0]);
    ck_assert(mc__pool_leave(&pool, &waiters[1]));
    check_granted(&waiters[2], connections[0]);
    ck_assert_uint_eq(pool.leading, MAX - 1);
    mc__pool_give_back(&pool, connections[0]);
    check_leads(3, connections[0]);
    ck_assert_uint_eq(pool.leading, MAX);
    ck_assert(mc__pool_leave(&pool, &waiters[3]));
    ck_assert_ptr_eq(pool.idle, connections[0]);
    mc__pool_stop_leading(&pool, connections[1]);
    mc__pool_stop_leading(&pool, connections[2]);
    ck_assert_uint_eq(pool.leading, 0);
}
END_TEST

/* Not for one who waits in the queue, and not for one who has just been granted something and does not know it. */
START_TEST(there_is_one_for_those_on_board_alone) {
    mc__connection *connections[MAX];

    lead_all(connections);
    queue_to_share(1);
    queue_to_share(2);
    ck_assert(!take_along(1));
    ck_assert(!mc__pool_has_one_for(&pool, &waiters[1]));
    mc__pool_stop_leading(&pool, connections[0]);
    check_leads(2, connections[0]);
    mc__pool_count_lane(&pool, 0);
    queue_to_share(3);
    pool.max++;
    ck_assert(mc__pool_has_one_for(&pool, &waiters[1]));
    ck_assert(!mc__pool_has_one_for(&pool, &waiters[2]));
    ck_assert(!mc__pool_has_one_for(&pool, &waiters[3]));
    ck_assert(mc__pool_leave(&pool, &waiters[3]));
    pool.max--;
    mc__pool_end_lane(&pool, 0, connections[0]);
    for (size_t i = 1; i < MAX; i++)
        mc__pool_stop_leading(&pool, connections[i]);
    ck_assert(mc__pool_has_one_for(&pool, &waiters[1]));
}
END_TEST

/* Those who share go on board of the lane, be they first: the others would wait for ever behind them. */
START_TEST(while_there_is_a_lane_connections_are_for_the_others) {
    mc__connection *connections[MAX];

    lead_all(connections);
    mc__pool_count_lane(&pool, 0);
    queue_to_share(1);
    queue_up(&waiters[2]);
    mc__pool_stop_leading(&pool, connections[0]);
    check_granted(&waiters[2], connections[0]);
    mc__pool_stop_leading(&pool, connections[1]);
    ck_assert(!is_told(1));
    ck_assert_ptr_eq(pool.idle, connections[1]);
    mc__pool_end_lane(&pool, 0, connections[2]);
    check_leads(1, connections[2]);
    mc__pool_give_back(&pool, connections[0]);
    mc__pool_stop_leading(&pool, connections[2]);
    ck_assert_uint_eq(pool.leading + atomic_load(&pool.lanes[0].open), 0);
}
END_TEST

/* A lane is left for connections of their own when there have been few calls at once for a while. */
START_TEST(few_calls_for_a_while_end_a_lane) {
    mc__connection *connection, *own;
    size_t          queued = 0;

    ck_assert_int_eq(lead(0, &connection), MC__TAKEN_RIGHT);
    connection = open_by_right();
    mc__pool_count_lane(&pool, 0);
    mc__lane_count(&pool.lanes[0].riding, MAX);
    queue_to_share(1);
    ck_assert(take_along(9));
    mc__lane_count(&pool.lanes[0].riding, 1 - MAX);
    while (lead(2, &own) == MC__TAKEN_PLACE && queued < 1000) {
        queued++;
        ck_assert(take_along(9));
    }
    ck_assert_uint_gt(queued, 8);
    ck_assert_uint_lt(queued, 100);
    own = open_by_right();
    mc__lane_count(&pool.lanes[0].riding, MAX);
    queue_to_share(3); /* they are many again */
    mc__pool_stop_leading(&pool, own);
    mc__pool_end_lane(&pool, 0, connection);
    check_leads(3, connection);
    mc__pool_stop_leading(&pool, connection);
    mc__lane_count(&pool.lanes[0].riding, -MAX - 1);
}
END_TEST

/* Threads of a processor for whose lane there is no connection go with those of another. */
START_TEST(where_there_is_no_connection_for_a_lane_another_is_taken) {
    mc__connection *connections[MAX], *none = NULL;

    lead_all(connections);
    mc__pool_count_lane(&pool, 2);
    queue_to_share(1);
    ck_assert_uint_eq(waiters[1].lane, 2);
    ck_assert_ptr_eq(parks[1].words, &pool.lanes[2].words);
    ck_assert(take_along(9)); /* on lane 0, for which nobody waits */
    ck_assert_int_eq(waiters[1].waiting, MC__WAITING_QUEUED);
    mc__pool_count_lane(&pool, 3);
    ck_assert_int_eq(mc__pool_break_out(&pool, &waiters[1], &none), MC__TAKEN_PLACE);
    ck_assert_uint_eq(waiters[1].lane, 2);
    mc__pool_drop(&pool, connections[0]);
    ck_assert(!is_told(1));
    pool.open++; /* somebody has taken the right, and nothing is left for who waits for the lane that ends */
    mc__pool_end_lane(&pool, 2, NULL);
    ck_assert(!is_told(1));
    ck_assert_int_eq(mc__pool_break_out(&pool, &waiters[1], &none), MC__TAKEN_PLACE);
    ck_assert_uint_eq(waiters[1].lane, 3);
    ck_assert_ptr_eq(parks[1].words, &pool.lanes[3].words); /* it is there that it will be woken */
    ck_assert(!mc__lane_is_awaited(&pool.lanes[2]));
    ck_assert(mc__lane_is_awaited(&pool.lanes[3]));
    ck_assert(mc__pool_leave(&pool, &waiters[1]));
    mc__pool_return_right(&pool);
    mc__pool_end_lane(&pool, 3, connections[1]);
    mc__pool_stop_leading(&pool, connections[2]);
    ck_assert_uint_eq(pool.leading, 0);
}
END_TEST

/* Who waits for one lane is taken along past those who wait for another. */
START_TEST(each_lane_takes_its_own) {
    mc__connection *connections[MAX];
    size_t          most = 9;

    lead_all(connections);
    mc__pool_count_lane(&pool, 1);
    queue_to_share(1);
    atomic_store(&pool.lanes[1].open, 0);
    mc__pool_count_lane(&pool, 0);
    queue_to_share(2);
    queue_to_share(3);
    ck_assert(mc__pool_take_along(&pool, 0, take_some, &most));
    ck_assert_int_eq(waiters[1].waiting, MC__WAITING_QUEUED);
    ck_assert_int_eq(waiters[2].waiting, MC__WAITING_RIDES);
    ck_assert_int_eq(waiters[3].waiting, MC__WAITING_RIDES);
    mc__pool_stop_leading(&pool, connections[1]); /* there is a lane, but not the one that it waits for */
    check_leads(1, connections[1]);
    mc__pool_end_lane(&pool, 0, connections[0]);
    mc__pool_stop_leading(&pool, connections[1]);
    mc__pool_stop_leading(&pool, connections[2]);
    ck_assert_uint_eq(pool.leading, 0);
}
END_TEST

/* A thread that stays on its processor goes on with the connection that it had. */
START_TEST(each_processor_has_its_connection) {
    mc__connection *connections[4], *taken;
    cpu_set_t       before, one;
    unsigned        lane;

    mc__pool_init(&pool, 8); /* with four lanes, and nothing in it yet */
    for (size_t i = 0; i < 4; i++) {
        ck_assert(!mc__pool_lead_calmly(&pool));
        connections[i] = take_new();
    }
    for (size_t i = 0; i < 4; i++)
        mc__pool_give_back(&pool, connections[i]);
    ck_assert_int_eq(sched_getaffinity(0, sizeof before, &before), 0);
    CPU_ZERO(&one);
    CPU_SET(mc__processor(), &one);
    ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
    lane = mc__processor() % 4;
    for (int times = 0; times < 3; times++) {
        mc__connection *other;
        taken = mc__pool_lead_calmly(&pool);
        ck_assert_ptr_eq(taken, connections[lane]);
        other = mc__pool_lead_calmly(&pool);
        ck_assert_ptr_nonnull(other);
        mc__pool_stop_leading_calmly(&pool, taken);
        mc__pool_stop_leading_calmly(&pool, other); /* and is the newest now */
    }
    ck_assert_int_eq(sched_setaffinity(0, sizeof before, &before), 0);
}
END_TEST

START_TEST(a_childs_pool_has_no_crowd) {
    mc__connection *connections[MAX];

    lead_all(connections);
    queue_to_share(1);
    queue_to_share(2);
    mc__lane_count(&pool.lanes[0].riding, 2);
    mc__lane_count_joinable(&pool.lanes[0], 1);
    mc__pool_count_lane(&pool, 0);
    pool.lanes[0].shares = (struct mc__share *)&waiters[0]; /* nobody looks at what they are */
    pool.lanes[0].first = pool.lanes[0].last = (struct mc__rider *)&waiters[0];
    queue_up(&waiters[3]);
    ck_assert(mc__pool_has_strangers(&pool));
    mc__pool_after_fork(&pool);
    ck_assert(!mc__lane_is_awaited(&pool.lanes[0]));
    ck_assert(!mc__lane_is_joinable(&pool.lanes[0]));
    ck_assert_uint_eq(pool.leading + atomic_load(&pool.lanes[0].open) + mc__pool_riding(&pool) + pool.open, 0);
    ck_assert_ptr_null(pool.first);
    ck_assert(!mc__pool_has_strangers(&pool));
    ck_assert_ptr_null(pool.lanes[0].shares);
    ck_assert_ptr_null(pool.lanes[0].first);
    ck_assert_ptr_null(pool.lanes[0].last);
    for (size_t i = 0; i < MAX; i++)
        mc__connection_free(connections[i]); /* a child leaves them: here nobody else has them */
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("pool");
    TCase *tcase = test_case(suite, "pool", 60);

    tcase_add_checked_fixture(tcase, init, destroy);
    tcase_add_test(tcase, an_empty_pool_gives_the_right_to_open);
    tcase_add_test(tcase, idle_connections_are_taken_newest_first);
    tcase_add_test(tcase, no_more_than_max_are_opened);
    tcase_add_test(tcase, rights_that_are_not_used_count_until_they_are_returned);
    tcase_add_test(tcase, waiters_are_served_in_order);
    tcase_add_test(tcase, a_dropped_connection_leaves_its_right_to_the_first_waiter);
    tcase_add_test(tcase, a_returned_right_goes_to_the_first_waiter);
    tcase_add_loop_test(tcase, a_waiter_that_leaves_costs_the_others_nothing, 0, 3);
    tcase_add_test(tcase, what_a_leaver_was_granted_goes_to_the_next);
    tcase_add_test(tcase, what_the_last_leaver_was_granted_is_idle);
    tcase_add_test(tcase, who_wants_a_fresh_one_closes_an_idle_one_for_it);
    tcase_add_test(tcase, closing_idle_ones_leaves_those_in_use);
    tcase_add_test(tcase, a_childs_pool_is_empty_and_its_descriptors_are_closed);
    tcase_add_test(tcase, many_threads_share_a_few_connections);
    tcase_add_test(tcase, few_lead_on_connections_of_their_own);
    tcase_add_test(tcase, a_connection_that_comes_back_goes_to_the_first_to_lead);
    tcase_add_test(tcase, a_lane_that_ends_is_followed);
    tcase_add_test(tcase, those_who_are_taken_along_have_left_the_queue);
    tcase_add_test(tcase, nobody_is_taken_along_past_one_who_wants_a_connection);
    tcase_add_test(tcase, who_breaks_out_takes_what_is_there);
    tcase_add_test(tcase, what_one_who_shares_was_granted_goes_to_the_next_when_he_leaves);
    tcase_add_test(tcase, there_is_one_for_those_on_board_alone);
    tcase_add_test(tcase, while_there_is_a_lane_connections_are_for_the_others);
    tcase_add_test(tcase, few_calls_for_a_while_end_a_lane);
    tcase_add_test(tcase, where_there_is_no_connection_for_a_lane_another_is_taken);
    tcase_add_test(tcase, each_lane_takes_its_own);
    tcase_add_test(tcase, each_processor_has_its_connection);
    tcase_add_test(tcase, a_childs_pool_has_no_crowd);
    return suite;
}
