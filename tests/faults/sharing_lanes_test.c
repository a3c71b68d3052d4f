/* The queue of a lane, where those wait who come to a crowd: six calls are on board, each in a line of its own, which is as
 * many as there may be, and who comes then has to wait until they are answered, or go another way. */
#include "client/client.h"
#include "net/share.h"
#include "support/check_main.h"
#include "support/crew.h"
#include "support/rides.h"
#include "support/trials.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ABOARD 6
#define WAITING_MAX 3
#define PLENTY_MS 60000

/* What happens at once happens within this, unless it does not. */
#define BOUND_MS 20000

/* --------------------------------------------------------------------------------------------------------- the clock --
 */

#define HOUR_S 3600

/* The clock of those who are on board is two hours ahead, deadlines and all. So the lane has always moved just now, however
 * slow this machine is. That of others may be one hour ahead: they do nothing but what they are told. */
static _Thread_local int hours_ahead;

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = (int)syscall(SYS_clock_gettime, clock, now);

    if (result == 0 && clock == CLOCK_MONOTONIC)
        now->tv_sec += hours_ahead * HOUR_S;
    return result;
}

/* --------------------------------------------------------------------------------------------------------- the callers --
 */

struct caller {
    mc_client  *client;
    ride        ride;
    int         timeout_ms;
    int         hours_ahead;
    crew       *thread;
    atomic_bool ended;
    ride_result result;
};

static void call(size_t index, void *arg) {
    struct caller *self = arg;

    (void)index;
    hours_ahead = self->hours_ahead;
    ride_take(&self->ride, self->client, self->timeout_ms, &self->result);
    atomic_store(&self->ended, true);
}

static void start(struct caller *self, mc_client *client, const char *asks, int timeout_ms, int hours) {
    *self = (struct caller){.client = client, .ride = {.asks = asks}, .timeout_ms = timeout_ms, .hours_ahead = hours};
    self->thread = crew_start(1, call, self);
}

static void finish(struct caller *self, const char *comes_to) {
    double until = clock_ms() + BOUND_MS;

    while (!atomic_load(&self->ended)) {
        ck_assert_msg(clock_ms() < until, "%s does not end", self->ride.asks);
        sched_yield();
    }
    crew_join(self->thread);
    ck_assert_msg(strcmp(self->result.text, comes_to) == 0, "%s is %s and not %s (%s)", self->ride.asks, self->result.text,
                  comes_to, self->result.detail);
}

/* ---------------------------------------------------------------------------------------------------------- the scene --
 */

static const char *const aboard_asks[ABOARD] = {"incr 0 5", "decr 1 5", "append 2 v", "prepend 3 v", "add 4 v", "cas 5 v"};
static const char *const aboard_come_to[ABOARD] = {"OK=6", "OK=4", "OK", "OK", "NOT_STORED", "EXISTS"};

/* clang-format off */

/* The second call makes the connection one that is used for long. Then somebody has it until all six wait for it. */
#define OPENING                                                                                                             \
    EXPECT("get warm\r\n"), SEND("END\r\n"),                                                                                \
    EXPECT("get warm\r\n"), SEND("END\r\n"),                                                                                \
    EXPECT("get first\r\n"), AWAIT_GO, SEND("END\r\n"),                                                                     \
    EXPECT("incr 0 5\r\ndecr 1 5\r\nappend 2 0 0 1\r\nv\r\nprepend 3 0 0 1\r\nv\r\nadd 4 0 0 1\r\nv\r\ncas 5 0 0 1 9\r\nv\r\n"), \
    AWAIT_GO
#define STEPS_TO_FIRST 5
#define STEPS_TO_ABOARD 8
#define ANSWERS "6\r\n4\r\nSTORED\r\nSTORED\r\nNOT_STORED\r\nEXISTS\r\n"

static const host_step sevens[] = {READ_LINE, SEND("7\r\n"), REPEAT};
static const host_step misses[] = {READ_LINE, SEND("END\r\n"), REPEAT};

/* clang-format on */

struct scene {
    const host_step *scripts[4]; /* of its first connection, and of those after it */
    scripted_host   *host;
    mc_client       *client;
    mc__pool        *pool;
    mc__lane        *lane;
    struct caller    first, aboard[ABOARD], waiting[WAITING_MAX];
    mc_log_fn       *log;
    atomic_uint      told, alone; /* how often the log was, and when all others on board had ended */
};

static mc_client *new_client(struct scene *self) {
    const char *hosts[] = {scripted_host_address(self->host), NULL};
    mc_options  options = MC_OPTIONS_INIT;
    mc_client  *client;

    options.timeout_ms = PLENTY_MS;
    options.max_connections = 1;
    options.log = self->log;
    options.log_arg = self;
    client = mc_client_new_with_options(hosts, NULL, &options);
    ck_assert_ptr_nonnull(client);
    return client;
}

static void set_max(const struct scene *self, unsigned max) {
    mc__lock_take(&self->pool->lock);
    self->pool->max = max;
    mc__lock_release(&self->pool->lock);
}

static unsigned queued(const struct scene *self) {
    return atomic_load(&self->lane->queued);
}

static void await_queue(const struct scene *self, size_t length) {
    double until = clock_ms() + BOUND_MS;

    while (ride_queue_length(self->client) < length) {
        ck_assert_msg(clock_ms() < until, "%zu calls wait, and not %zu", ride_queue_length(self->client), length);
        sched_yield();
    }
}

static size_t count_ended(const struct scene *self) {
    size_t count = 0;

    for (size_t i = 0; i < WAITING_MAX; i++)
        count += atomic_load(&self->waiting[i].ended);
    return count;
}

static void await_ends(const struct scene *self, size_t count) {
    double until = clock_ms() + BOUND_MS;

    while (count_ended(self) < count) {
        ck_assert_msg(clock_ms() < until, "%zu calls have ended, and not %zu", count_ended(self), count);
        sched_yield();
    }
}

/* Or until one of them has not had the time. */
static void await_queue_or_end(const struct scene *self, unsigned length) {
    while (queued(self) < length && count_ended(self) == 0)
        sched_yield();
}

static void warm_up(const struct scene *self) {
    mc_value value = MC_VALUE_INIT;

    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(mc_get(self->client, mc_str("warm"), &value), MC_NOT_FOUND);
    mc_value_clear(&value);
}

/* Until six are on board, and await the host's go. */
static void begin_scene(struct scene *self, const host_step *script, const host_step *next) {
    self->scripts[0] = script;
    self->scripts[1] = next;
    self->host = scripted_host_start(&(scripted_host_options){.scripts = self->scripts});
    self->client = new_client(self);
    self->pool = &self->client->core->roster->hosts[0]->pool;
    self->lane = &self->pool->lanes[0];
    warm_up(self);
    start(&self->first, self->client, "get first", PLENTY_MS, 0);
    scripted_host_await(self->host, 0, STEPS_TO_FIRST);
    for (size_t i = 0; i < ABOARD; i++) {
        start(&self->aboard[i], self->client, aboard_asks[i], PLENTY_MS, 2);
        await_queue(self, i + 1);
    }
    ck_assert_uint_eq(queued(self), 0); /* there is no lane yet */
    scripted_host_go(self->host);
    finish(&self->first, "NOT_FOUND");
    scripted_host_await(self->host, 0, STEPS_TO_ABOARD);
    ck_assert_uint_eq(atomic_load(&self->lane->riding), ABOARD);
}

/* Until all who have come are asleep but for the one that receives: who comes to a lane looks whether it can send. */
static void await_rest(const struct scene *self) {
    double until = clock_ms() + BOUND_MS;

    while (!mc__lane_is_joinable(self->lane)) {
        ck_assert_msg(clock_ms() < until, "somebody sends for ever");
        sched_yield();
    }
}

/* Somebody comes, and waits in the lane's queue as its length-th. */
static void join_queue(struct scene *self, size_t length, const char *asks, int hours) {
    start(&self->waiting[length - 1], self->client, asks, PLENTY_MS, hours);
    await_queue(self, length);
    ck_assert_uint_eq(queued(self), length);
    await_rest(self);
}

static void finish_aboard(struct scene *self, const char *const comes_to[ABOARD]) {
    for (size_t i = 0; i < ABOARD; i++)
        finish(&self->aboard[i], comes_to[i]);
}

static void end_scene(struct scene *self) {
    ck_assert(ride_all_is_quiet(self->client));
    ck_assert_uint_eq(queued(self), 0);
    ck_assert(!mc__lane_is_open(self->lane));
    mc_client_free(self->client);
    scripted_host_stop(self->host);
}

/* ----------------------------------------------------------------------------------------------------- getting on board --
 */

/* clang-format off */
static const host_step one_line_script[] = {
    OPENING, SEND(ANSWERS), EXPECT("get a b c\r\n"), SEND("VALUE b 0 1\r\nv\r\nEND\r\n"), END,
};
static const host_step line_by_line_script[] = {
    OPENING, SEND("6\r\n"), AWAIT_GO, SEND("4\r\nSTORED\r\nSTORED\r\nNOT_STORED\r\nEXISTS\r\n"),
    EXPECT("get a b c\r\n"), SEND("VALUE b 0 1\r\nv\r\nEND\r\n"), END,
};
/* clang-format on */

/* All who have come meanwhile go out together, in the order in which they have. */
START_TEST(who_waits_on_a_lane_goes_with_the_next_batch) {
    static struct scene self;

    begin_scene(&self, one_line_script, misses);
    join_queue(&self, 1, "get a", 1);
    join_queue(&self, 2, "get b", 1);
    join_queue(&self, 3, "get c", 1);
    ck_assert_uint_eq(self.pool->crowd, 0);
    scripted_host_go(self.host);
    finish_aboard(&self, aboard_come_to);
    finish(&self.waiting[0], "NOT_FOUND");
    finish(&self.waiting[1], "OK=v");
    finish(&self.waiting[2], "NOT_FOUND");
    ck_assert_uint_eq(scripted_host_connections(self.host), 1);
    end_scene(&self);
}
END_TEST

/* Until nobody waits on the lane, and so many are on board. */
static void await_boarding(const struct scene *self, unsigned aboard) {
    double until = clock_ms() + BOUND_MS;

    while (queued(self) > 0 || atomic_load(&self->lane->riding) != aboard) {
        ck_assert_msg(clock_ms() < until, "%u wait, and %u are on board", queued(self), atomic_load(&self->lane->riding));
        sched_yield();
    }
}

/* One line is answered, which leaves room for one more: the next who comes sends for all. */
START_TEST(room_for_one_line_is_room_for_all) {
    static struct scene self;

    begin_scene(&self, line_by_line_script, misses);
    join_queue(&self, 1, "get a", 1);
    join_queue(&self, 2, "get b", 1);
    scripted_host_go(self.host);
    finish(&self.aboard[0], aboard_come_to[0]);
    start(&self.waiting[2], self.client, "get c", PLENTY_MS, 1);
    await_boarding(&self, ABOARD - 1 + 3);
    scripted_host_go(self.host);
    for (size_t i = 1; i < ABOARD; i++)
        finish(&self.aboard[i], aboard_come_to[i]);
    finish(&self.waiting[0], "NOT_FOUND");
    finish(&self.waiting[1], "OK=v");
    finish(&self.waiting[2], "NOT_FOUND");
    end_scene(&self);
}
END_TEST

/* -------------------------------------------------------------------------------------------------------- broken lanes --
 */

/* clang-format off */
static const host_step closed_script[] = {OPENING, CLOSE};
static const host_step reset_script[] = {OPENING, RESET};
static const host_step answered_in_part_script[] = {OPENING, SEND("6\r\n4\r\nSTORED\r\n"), CLOSE};
static const host_step nonsense_script[] = {OPENING, SEND("6\r\nnonsense\r\n"), END};
static const host_step stray_script[] = {OPENING, SEND(ANSWERS "nonsense\r\n"), END};
/* clang-format on */

static const struct broken_row {
    const char      *name;
    const host_step *script;
    const char      *comes_to[ABOARD];
} broken_rows[] = {
    {"closed",
     closed_script,
     {"CONNECTION_LOST", "CONNECTION_LOST", "CONNECTION_LOST", "CONNECTION_LOST", "CONNECTION_LOST", "CONNECTION_LOST"}},
    {"reset",
     reset_script,
     {"CONNECTION_LOST", "CONNECTION_LOST", "CONNECTION_LOST", "CONNECTION_LOST", "CONNECTION_LOST", "CONNECTION_LOST"}},
    {"answered in part",
     answered_in_part_script,
     {"OK=6", "OK=4", "OK", "CONNECTION_LOST", "CONNECTION_LOST", "CONNECTION_LOST"}},
    {"nonsense",
     nonsense_script,
     {"OK=6", "PROTOCOL_ERROR", "CONNECTION_LOST", "CONNECTION_LOST", "CONNECTION_LOST", "CONNECTION_LOST"}},
    {"more than was asked for", stray_script, {"OK=6", "OK=4", "OK", "OK", "NOT_STORED", "EXISTS"}},
};

#define NONSENSE_ROW 3

/* Those who wait are told, and go another way; of what they ask nothing has been sent, and all of it is, once. */
START_TEST(who_waits_on_a_lane_that_breaks_goes_another_way) {
    static const char *const asks[WAITING_MAX] = {"incr a 5", "incr b 5", "incr c 5"};
    const struct broken_row *row = &broken_rows[_i];
    static struct scene      self;

    begin_scene(&self, row->script, sevens);
    for (size_t i = 0; i < WAITING_MAX; i++)
        join_queue(&self, i + 1, asks[i], 1);
    scripted_host_go(self.host);
    finish_aboard(&self, row->comes_to);
    for (size_t i = 0; i < WAITING_MAX; i++) {
        finish(&self.waiting[i], "OK=7");
        ck_assert_msg(scripted_host_count(self.host, asks[i]) == 1, "%s: %s was sent %zu times", row->name, asks[i],
                      scripted_host_count(self.host, asks[i]));
    }
    ck_assert_uint_eq(scripted_host_connections(self.host), 2);
    end_scene(&self);
}
END_TEST

/* Takes its time, until all but one of those on board have ended. */
static void listen_to_log(void *arg, const char *message) {
    struct scene *self = arg;
    double        until = clock_ms() + BOUND_MS;
    unsigned      ended = 0;

    (void)message;
    while (ended < ABOARD - 1 && clock_ms() < until) {
        sched_yield();
        ended = 0;
        for (size_t i = 0; i < ABOARD; i++)
            ended += atomic_load(&self->aboard[i].ended);
    }
    atomic_fetch_add(&self->told, 1);
    atomic_fetch_add(&self->alone, ended >= ABOARD - 1);
}

/* A callback that is slow, or waits for another thread, holds up only who calls it. */
START_TEST(nobody_waits_for_the_log) {
    static struct scene self;

    self.log = listen_to_log;
    begin_scene(&self, broken_rows[NONSENSE_ROW].script, sevens);
    join_queue(&self, 1, "incr a 5", 1);
    scripted_host_go(self.host);
    finish_aboard(&self, broken_rows[NONSENSE_ROW].comes_to);
    finish(&self.waiting[0], "OK=7");
    ck_assert_uint_eq(atomic_load(&self.told), 1);
    ck_assert_uint_eq(atomic_load(&self.alone), 1);
    end_scene(&self);
}
END_TEST

/* ---------------------------------------------------------------------------------------------------------- deadlines --
 */

/* What one in a hurry has, which is more where the machine is too slow to have all wait by then. */
#define HURRY_MS 60
#define HURRY_TRIES 5

/* false: it has left before all waited. */
static bool leave_queue_as(size_t place, int timeout_ms) {
    static struct scene  self;
    static struct caller late;
    const char          *asks[] = {"get a", "get b"};
    size_t               patient = 0;
    double               until = clock_ms() + BOUND_MS;
    bool                 seen = false;

    begin_scene(&self, one_line_script, misses);
    for (size_t i = 0; i < WAITING_MAX; i++) {
        if (i == place)
            start(&late, self.client, "get late", timeout_ms, 0);
        else
            start(&self.waiting[patient], self.client, asks[patient], PLENTY_MS, 1);
        patient += i != place;
        while (!seen && queued(&self) < i + 1 && !(i >= place && atomic_load(&late.ended)) && clock_ms() < until)
            sched_yield();
        seen = queued(&self) == WAITING_MAX;
    }
    finish(&late, "UNREACHABLE");
    ck_assert(late.result.in_time);
    ck_assert_msg(!seen || strstr(late.result.detail, "no connection came free"), "%s", late.result.detail);
    await_queue(&self, WAITING_MAX - 1);
    ck_assert_uint_eq(queued(&self), WAITING_MAX - 1);
    join_queue(&self, WAITING_MAX, "get c", 1);
    for (size_t i = 0; i < ABOARD; i++)
        ck_assert(!atomic_load(&self.aboard[i].ended));
    scripted_host_go(self.host);
    finish_aboard(&self, aboard_come_to);
    finish(&self.waiting[0], "NOT_FOUND");
    finish(&self.waiting[1], "OK=v");
    finish(&self.waiting[2], "NOT_FOUND");
    end_scene(&self);
    return seen;
}

/* Nothing was sent for it, and nothing of the others has changed. */
START_TEST(who_has_no_time_left_leaves_the_queue) {
    int timeout_ms = HURRY_MS, tries = 1;

    while (!leave_queue_as((size_t)_i, timeout_ms) && tries++ < HURRY_TRIES)
        timeout_ms *= 4;
    ck_assert_int_le(tries, HURRY_TRIES);
}
END_TEST

/* -------------------------------------------------------------------------------------------------------- other ways --
 */

/* clang-format off */
static const host_step slow_script[] = {OPENING, SEND(ANSWERS), END};
static const host_step stranger_goes_first_script[] = {
    OPENING, SEND(ANSWERS),
    EXPECT("get m n\r\n"), AWAIT_GO, SEND("VALUE n 0 1\r\nw\r\nEND\r\n"),
    EXPECT("get later a\r\n"), SEND("VALUE a 0 1\r\nv\r\nEND\r\n"), END,
};
static const host_step stranger_goes_last_script[] = {
    OPENING, SEND(ANSWERS),
    EXPECT("get a\r\n"), SEND("VALUE a 0 1\r\nv\r\nEND\r\n"),
    EXPECT("get m n\r\n"), SEND("VALUE n 0 1\r\nw\r\nEND\r\n"), END,
};
/* clang-format on */

/* As soon as there is another connection to be had, those who wait go there, one after another or together. */
START_TEST(who_waits_breaks_out_to_another_connection) {
    static const char *const asks[WAITING_MAX] = {"incr a 5", "incr b 5", "incr c 5"};
    static struct scene      self;

    begin_scene(&self, slow_script, sevens);
    for (size_t i = 0; i < WAITING_MAX; i++)
        join_queue(&self, i + 1, asks[i], 0);
    set_max(&self, 2);
    for (size_t i = 0; i < WAITING_MAX; i++) {
        finish(&self.waiting[i], "OK=7");
        ck_assert_uint_eq(scripted_host_count(self.host, asks[i]), 1);
    }
    for (size_t i = 0; i < ABOARD; i++)
        ck_assert(!atomic_load(&self.aboard[i].ended));
    ck_assert_uint_eq(queued(&self), 0);
    ck_assert_uint_eq(atomic_load(&self.lane->riding), ABOARD);
    scripted_host_go(self.host);
    finish_aboard(&self, aboard_come_to);
    ck_assert_uint_eq(scripted_host_connections(self.host), 2);
    end_scene(&self);
}
END_TEST

/* clang-format off */
static const host_step seven_at_last[] = {READ_LINE, AWAIT_GO, SEND("7\r\n"), END};
static const host_step one_seven[] = {READ_LINE, SEND("7\r\n"), DRAIN};
/* clang-format on */

/* Nor do those wait there for longer whom a lane that broke has sent to wait for a connection. */
START_TEST(who_is_refused_breaks_out_to_another_connection) {
    static const char *const asks[WAITING_MAX] = {"incr a 5", "incr b 5", "incr c 5"};
    static struct scene      self;

    self.scripts[2] = sevens;
    begin_scene(&self, closed_script, seven_at_last);
    for (size_t i = 0; i < WAITING_MAX; i++)
        join_queue(&self, i + 1, asks[i], 0);
    scripted_host_go(self.host);
    finish_aboard(&self, broken_rows[0].comes_to);
    scripted_host_await(self.host, 1, 1);
    await_queue(&self, WAITING_MAX - 1);
    ck_assert_uint_eq(queued(&self), 0);
    set_max(&self, 2);
    await_ends(&self, WAITING_MAX - 1);
    scripted_host_go(self.host);
    for (size_t i = 0; i < WAITING_MAX; i++)
        finish(&self.waiting[i], "OK=7");
    ck_assert_uint_eq(scripted_host_connections(self.host), 3);
    end_scene(&self);
}
END_TEST

/* false: some had no time left to ask. */
static bool end_late_after_refusal(int timeout_ms) {
    static const char *const asks[WAITING_MAX] = {"incr a 5", "incr b 5", "incr c 5"};
    static struct scene      self;
    int                      answered = 0, late = 0;

    begin_scene(&self, closed_script, one_seven);
    for (size_t i = 0; i < WAITING_MAX; i++)
        start(&self.waiting[i], self.client, asks[i], timeout_ms, 0);
    await_queue_or_end(&self, WAITING_MAX);
    scripted_host_go(self.host);
    finish_aboard(&self, broken_rows[0].comes_to);
    await_ends(&self, WAITING_MAX);
    for (size_t i = 0; i < WAITING_MAX; i++) {
        crew_join(self.waiting[i].thread);
        ck_assert(self.waiting[i].result.in_time);
        answered += strcmp(self.waiting[i].result.text, "OK=7") == 0;
        late += self.waiting[i].result.status == MC_TIMEOUT;
    }
    end_scene(&self);
    return answered == 1 && late == WAITING_MAX - 1;
}

/* One is answered on the next connection, and the others share it, in vain, until their time is up. */
START_TEST(who_is_refused_and_shares_again_ends_in_time) {
    int timeout_ms = HURRY_MS, tries = 1;

    while (!end_late_after_refusal(timeout_ms) && tries++ < HURRY_TRIES)
        timeout_ms *= 4;
    ck_assert_int_le(tries, HURRY_TRIES);
}
END_TEST

/* It is told while it gives up, its time being over; of its memory, what only those on board use is as it may be. */
START_TEST(who_is_refused_has_nothing_to_leave) {
    static struct scene self;
    mc__host           *host;
    mc__share          *share;
    mc__rider           late;

    begin_scene(&self, closed_script, sevens);
    host = self.client->core->roster->hosts[0];
    memset(&late, 1, sizeof late);
    ck_assert_int_eq(mc__park_init(&late.park), 0);
    late.state = MC__RIDING_WAITS;
    late.queued = false;
    late.share = NULL;
    ck_assert(mc__share_enter(host, 0, &late, 0, &share));
    hours_ahead = 3; /* for which nobody goes on board of what has not moved for an hour */
    if (share)
        ck_assert_int_eq(mc__share_send(share, &late, MC__NEVER), MC__DUTY_NONE);
    hours_ahead = 0;
    ck_assert_uint_eq(queued(&self), 1);
    scripted_host_go(self.host);
    finish_aboard(&self, broken_rows[0].comes_to);
    ck_assert(mc__park_wait(&late.park, MC__NEVER));
    ck_assert_int_eq(late.state, MC__RIDING_REFUSED);
    ck_assert_int_eq(mc__share_leave(host, 0, &late), MC__DUTY_NONE);
    mc__park_destroy(&late.park);
    end_scene(&self);
}
END_TEST

struct stranger {
    mc_client  *client;
    crew       *thread;
    atomic_bool found;
};

static void get_two(size_t index, void *arg) {
    struct stranger *self = arg;
    mc_slice         keys[] = {mc_str("m"), mc_str("n")};
    mc_results       results = MC_RESULTS_INIT;

    (void)index;
    if (mc_get_multi(self->client, keys, 2, &results) == MC_OK)
        atomic_store(&self->found, results.items[0].status == MC_NOT_FOUND && results.items[1].status == MC_OK);
    mc_results_clear(&results);
}

static void send_for_stranger(struct stranger *stranger, const struct scene *scene) {
    size_t before = ride_queue_length(scene->client);

    *stranger = (struct stranger){.client = scene->client};
    stranger->thread = crew_start(1, get_two, stranger);
    await_queue(scene, before + 1);
    ck_assert(mc__pool_has_strangers(scene->pool));
}

/* Who comes after one that waits for a connection of its own waits behind it, and so does who is not on board by then. */
START_TEST(who_comes_after_a_stranger_goes_after_it) {
    static struct scene    self;
    static struct stranger stranger;

    begin_scene(&self, stranger_goes_first_script, misses);
    join_queue(&self, 1, "get a", 1);
    send_for_stranger(&stranger, &self);
    start(&self.waiting[1], self.client, "get later", PLENTY_MS, 1);
    await_queue(&self, 3);
    ck_assert_uint_eq(queued(&self), 1);
    ck_assert_uint_eq(atomic_load(&self.lane->awaited), 1);
    scripted_host_go(self.host);
    finish_aboard(&self, aboard_come_to);
    scripted_host_await(self.host, 0, STEPS_TO_ABOARD + 3);
    await_queue(&self, 2);
    ck_assert_uint_eq(queued(&self), 0);
    scripted_host_go(self.host);
    crew_join(stranger.thread);
    ck_assert(atomic_load(&stranger.found));
    finish(&self.waiting[0], "OK=v");
    finish(&self.waiting[1], "NOT_FOUND");
    end_scene(&self);
}
END_TEST

/* Those who were there before have their turn before. */
START_TEST(who_came_before_a_stranger_goes_before_it) {
    static struct scene    self;
    static struct stranger stranger;

    begin_scene(&self, stranger_goes_last_script, misses);
    join_queue(&self, 1, "get a", 1);
    send_for_stranger(&stranger, &self);
    scripted_host_go(self.host);
    finish_aboard(&self, aboard_come_to);
    finish(&self.waiting[0], "OK=v");
    crew_join(stranger.thread);
    ck_assert(atomic_load(&stranger.found));
    end_scene(&self);
}
END_TEST

/* -------------------------------------------------------------------------------------------------------------- forks --
 */

static int use_in_child(void *arg) {
    struct scene *self = arg;
    mc_value      value = MC_VALUE_INIT;
    int           failed = queued(self) != 0 || !ride_all_is_quiet(self->client);

    for (int i = 0; i < 20; i++)
        failed += mc_get(self->client, mc_str("child"), &value) != MC_NOT_FOUND;
    failed += !ride_all_is_quiet(self->client);
    mc_value_clear(&value);
    mc_client_free(self->client);
    return failed;
}

/* Who waits in the parent is nobody in the child, and goes on in the parent. */
START_TEST(children_know_nobody_who_waits) {
    static struct scene self;

    begin_scene(&self, one_line_script, misses);
    join_queue(&self, 1, "get a", 1);
    join_queue(&self, 2, "get b", 1);
    join_queue(&self, 3, "get c", 1);
    ck_assert_int_eq(child_wait(child_start(use_in_child, &self)), 0);
    ck_assert_uint_eq(queued(&self), 3);
    scripted_host_go(self.host);
    finish_aboard(&self, aboard_come_to);
    finish(&self.waiting[0], "NOT_FOUND");
    finish(&self.waiting[1], "OK=v");
    finish(&self.waiting[2], "NOT_FOUND");
    end_scene(&self);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("sharing_lanes");
    TCase *tcase = test_case(suite, "lanes", 100);

    tcase_add_test(tcase, who_waits_on_a_lane_goes_with_the_next_batch);
    tcase_add_test(tcase, room_for_one_line_is_room_for_all);
    test_rows(tcase, who_waits_on_a_lane_that_breaks_goes_another_way, broken_rows);
    tcase_add_test(tcase, nobody_waits_for_the_log);
    tcase_add_loop_test(tcase, who_has_no_time_left_leaves_the_queue, 0, WAITING_MAX);
    tcase_add_test(tcase, who_waits_breaks_out_to_another_connection);
    tcase_add_test(tcase, who_is_refused_breaks_out_to_another_connection);
    tcase_add_test(tcase, who_is_refused_and_shares_again_ends_in_time);
    tcase_add_test(tcase, who_is_refused_has_nothing_to_leave);
    tcase_add_test(tcase, who_comes_after_a_stranger_goes_after_it);
    tcase_add_test(tcase, who_came_before_a_stranger_goes_before_it);
    if (FORKS_AMONG_THREADS)
        tcase_add_test(tcase, children_know_nobody_who_waits);
    return suite;
}
