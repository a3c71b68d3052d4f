#include "net/pool.h"

/* After so many calls in a row that met few others, the next one leads alone again. */
#define CALM 32

/* Half of the connections, at least, are for calls that do not share. */
static unsigned lanes_for(unsigned max) {
    unsigned lanes = 1;

    while (lanes < MC__LANES && lanes * 4 <= max)
        lanes *= 2;
    return lanes;
}

void mc__pool_init(mc__pool *pool, unsigned max) {
    pool->max = max;
    pool->lanes_used = lanes_for(max);
    atomic_init(&pool->calm, CALM);
}

void mc__pool_destroy(mc__pool *pool) {
    mc__pool_close_idle(pool);
}

/* ------------------------------------------------------------------------------------------------ with the lock held -- */

static void list_add(mc__pool *pool, mc__connection *connection) {
    connection->previous = NULL;
    connection->next = pool->all;
    if (pool->all)
        pool->all->previous = connection;
    pool->all = connection;
}

static void list_remove(mc__pool *pool, mc__connection *connection) {
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        pool->all = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
}

static void push_idle(mc__pool *pool, mc__connection *connection) {
    connection->next_idle = pool->idle;
    pool->idle = connection;
}

/* Each lane, and each who has a connection for himself, goes on with the one that it had: its thread in the server comes to
 * be on the same processor. They begin with connections that were opened one after another, for servers give them to their
 * threads in turn. */
static void prefer_idle_of(mc__pool *pool, unsigned lane) {
    for (mc__connection **at = &pool->idle; *at; at = &(*at)->next_idle) {
        mc__connection *connection = *at;
        if (connection->lane != (int)lane)
            continue;
        *at = connection->next_idle;
        push_idle(pool, connection);
        return;
    }
}

/* The one of this processor, or else the newest. */
static mc__connection *pop_idle(mc__pool *pool) {
    mc__connection *connection = pool->idle;

    if (!connection)
        return NULL;
    if (connection->next_idle && pool->lanes_used > 1) {
        prefer_idle_of(pool, mc__pool_own_lane(pool));
        connection = pool->idle;
    }
    pool->idle = connection->next_idle;
    return connection;
}

/* Changed under the lock alone; what waits for a lane is read by those on it without. */
static void count_crowd(mc__pool *pool, const mc__waiter *waiter, int more) {
    if (!waiter->park) {
        atomic_fetch_add(&pool->strangers, (unsigned)more);
        return;
    }
    pool->crowd += (unsigned)more;
    atomic_fetch_add(&pool->lanes[waiter->lane].awaited, (unsigned)more);
}

static bool has_lane(const mc__pool *pool, unsigned lane) {
    return mc__lane_is_open(&pool->lanes[lane]);
}

static unsigned lane_count(const mc__pool *pool) {
    unsigned count = 0;

    for (unsigned lane = 0; lane < MC__LANES; lane++)
        count += atomic_load_explicit(&pool->lanes[lane].open, memory_order_relaxed);
    return count;
}

unsigned mc__pool_riding(const mc__pool *pool) {
    unsigned count = 0;

    for (unsigned lane = 0; lane < MC__LANES; lane++)
        count += atomic_load_explicit(&pool->lanes[lane].riding, memory_order_relaxed);
    return count;
}

static void queue_remove(mc__pool *pool, mc__waiter *waiter) {
    if (waiter->previous)
        waiter->previous->next = waiter->next;
    else
        pool->first = waiter->next;
    if (waiter->next)
        waiter->next->previous = waiter->previous;
    else
        pool->last = waiter->previous;
    waiter->waiting = MC__WAITING_NOT;
    count_crowd(pool, waiter, -1);
}

static void queue_add(mc__pool *pool, mc__waiter *waiter) {
    waiter->waiting = MC__WAITING_QUEUED;
    waiter->next = NULL;
    waiter->previous = pool->last;
    if (pool->last)
        pool->last->next = waiter;
    else
        pool->first = waiter;
    pool->last = waiter;
    count_crowd(pool, waiter, 1);
}

/* Whom to wake once the lock is released. */
struct woken {
    unsigned       lane;
    mc__park_wakes wakes;
};

/* Hands it a connection, or with NULL the right to open one. Whoever is told may be gone as soon as the lock is released. */
static void grant(mc__pool *pool, mc__waiter *waiter, mc__connection *connection, struct woken *wake) {
    queue_remove(pool, waiter);
    waiter->granted = true;
    waiter->connection = connection;
    if (waiter->park) {
        pool->leading++;
        wake->lane = waiter->lane;
        mc__park_set(waiter->park, &wake->wakes);
    } else {
        mc__wakeup_raise(&waiter->wakeup);
    }
}

/* The first who waits and cannot go on board of a lane. */
static mc__waiter *first_to_grant(const mc__pool *pool) {
    mc__waiter *waiter = pool->first;

    while (waiter && waiter->park && has_lane(pool, waiter->lane))
        waiter = waiter->next;
    return waiter;
}

static bool grant_first(mc__pool *pool, mc__connection *connection, struct woken *wake) {
    mc__waiter *waiter = first_to_grant(pool);

    if (waiter)
        grant(pool, waiter, connection, wake);
    return waiter != NULL;
}

static void return_right(mc__pool *pool, struct woken *wake) {
    if (!grant_first(pool, NULL, wake))
        pool->open--;
}

static void give_back(mc__pool *pool, mc__connection *connection, struct woken *wake) {
    if (!grant_first(pool, connection, wake))
        push_idle(pool, connection);
}

static void unlock_and_wake(mc__pool *pool, struct woken *wake) {
    mc__lock_release(&pool->lock);
    mc__park_wake(&pool->lanes[wake->lane].words, &wake->wakes);
}

/* --------------------------------------------------------------------------------------------------------- taking -- */

static mc__taken take_now(mc__pool *pool, bool fresh, mc__connection **connection) {
    *connection = pop_idle(pool);
    if (*connection && !fresh)
        return MC__TAKEN_CONNECTION;
    if (*connection) {
        list_remove(pool, *connection);
        return MC__TAKEN_RIGHT;
    }
    if (pool->open == pool->max)
        return MC__TAKEN_PLACE;
    pool->open++;
    return MC__TAKEN_RIGHT;
}

mc__connection *mc__pool_take_idle(mc__pool *pool) {
    mc__connection *connection;

    mc__lock_take(&pool->lock);
    connection = pop_idle(pool);
    mc__lock_release(&pool->lock);
    return connection;
}

static bool is_calm(const mc__pool *pool) {
    return atomic_load_explicit(&pool->calm, memory_order_relaxed) == CALM;
}

/* Where nobody leads, nothing is shared, and nobody rides. */
static bool are_few(const mc__pool *pool) {
    return pool->leading == 0 || pool->leading + mc__pool_riding(pool) < MC__FEW;
}

mc__connection *mc__pool_lead_calmly(mc__pool *pool) {
    mc__connection *connection = NULL;

    if (!is_calm(pool))
        return NULL;
    mc__lock_take(&pool->lock);
    if (is_calm(pool) && !pool->first && are_few(pool))
        connection = pop_idle(pool);
    if (connection)
        pool->leading++;
    mc__lock_release(&pool->lock);
    return connection;
}

void mc__pool_stop_leading_calmly(mc__pool *pool, mc__connection *connection) {
    bool somebody_waits;

    mc__lock_take(&pool->lock);
    pool->leading--;
    somebody_waits = pool->first != NULL;
    if (!somebody_waits)
        push_idle(pool, connection);
    mc__lock_release(&pool->lock);
    if (somebody_waits)
        mc__pool_give_back(pool, connection);
}

void mc__waiter_init(mc__waiter *waiter, mc__park *park) {
    waiter->wakeup = (mc__wakeup)MC__WAKEUP_NONE;
    waiter->park = park;
    waiter->waiting = MC__WAITING_NOT;
    waiter->granted = false;
    waiter->lane = 0;
    waiter->connection = NULL;
}

mc__taken mc__pool_take(mc__pool *pool, bool fresh, mc__waiter *waiter, mc__connection **connection) {
    mc__connection *stale = NULL;
    mc__taken       taken;

    mc__waiter_init(waiter, NULL);
    mc__lock_take(&pool->lock);
    taken = take_now(pool, fresh, connection);
    if (taken == MC__TAKEN_PLACE) {
        /* Opened without the lock held, then looked again: one may have come back in between. */
        mc__lock_release(&pool->lock);
        if (mc__wakeup_open(&waiter->wakeup) != 0)
            return MC__TAKEN_NOTHING;
        mc__lock_take(&pool->lock);
        taken = take_now(pool, fresh, connection);
        if (taken == MC__TAKEN_PLACE)
            queue_add(pool, waiter);
    }
    mc__lock_release(&pool->lock);
    if (taken == MC__TAKEN_RIGHT)
        stale = *connection;
    if (stale)
        mc__connection_free(stale);
    if (taken != MC__TAKEN_PLACE)
        mc__wakeup_close(&waiter->wakeup);
    return taken;
}

/* Notes how many calls a call that shares meets. */
static void look_around(mc__pool *pool) {
    unsigned alone = pool->leading - lane_count(pool);

    if (alone + mc__pool_riding(pool) + pool->crowd >= MC__FEW)
        atomic_store_explicit(&pool->calm, 0, memory_order_relaxed);
    else if (!is_calm(pool))
        atomic_fetch_add_explicit(&pool->calm, 1, memory_order_relaxed);
}

/* Where there is no connection for a lane, those who wait for it go with another. */
static unsigned any_lane(const mc__pool *pool, unsigned wanted) {
    for (unsigned i = 0; i < MC__LANES; i++) {
        unsigned lane = (wanted + i) % MC__LANES;
        if (has_lane(pool, lane))
            return lane;
    }
    return wanted;
}

static mc__taken lead_or_queue(mc__pool *pool, mc__waiter *waiter, mc__connection **connection) {
    mc__taken taken = MC__TAKEN_PLACE;

    waiter->lane = (unsigned char)mc__pool_own_lane(pool);
    if (!has_lane(pool, waiter->lane))
        taken = take_now(pool, false, connection);
    if (taken == MC__TAKEN_PLACE) {
        waiter->lane = (unsigned char)any_lane(pool, waiter->lane);
        mc__park_take_place(waiter->park, &pool->lanes[waiter->lane].words);
        queue_add(pool, waiter);
    }
    return taken;
}

mc__taken mc__pool_lead(mc__pool *pool, mc__waiter *waiter, mc__park *park, mc__connection **connection, bool *calm) {
    mc__taken taken = MC__TAKEN_PLACE;

    mc__waiter_init(waiter, park);
    *connection = NULL;
    mc__lock_take(&pool->lock);
    look_around(pool);
    *calm = is_calm(pool);
    if (*calm)
        taken = take_now(pool, false, connection);
    if (taken == MC__TAKEN_PLACE)
        taken = lead_or_queue(pool, waiter, connection);
    if (taken != MC__TAKEN_PLACE)
        pool->leading++;
    mc__lock_release(&pool->lock);
    return taken;
}

/* Waits on; for another lane, if its own has ended, and left nobody a connection. Who stays is counted all the time: those
 * on the lane look at the count without the lock. */
static void change_lane(mc__pool *pool, mc__waiter *waiter) {
    unsigned lane = any_lane(pool, waiter->lane);

    if (lane == waiter->lane)
        return;
    count_crowd(pool, waiter, -1);
    waiter->lane = (unsigned char)lane;
    mc__park_take_place(waiter->park, &pool->lanes[waiter->lane].words);
    count_crowd(pool, waiter, 1);
}

mc__taken mc__pool_break_out(mc__pool *pool, mc__waiter *waiter, mc__connection **connection) {
    mc__taken taken = MC__TAKEN_NOTHING;

    mc__lock_take(&pool->lock);
    if (waiter->waiting == MC__WAITING_QUEUED) {
        taken = take_now(pool, false, connection);
        if (taken == MC__TAKEN_PLACE) {
            change_lane(pool, waiter);
        } else {
            queue_remove(pool, waiter);
            pool->leading++;
        }
    }
    mc__lock_release(&pool->lock);
    return taken;
}

mc__taken mc__pool_break_in(mc__pool *pool, mc__connection **connection) {
    mc__taken taken;

    mc__lock_take(&pool->lock);
    taken = take_now(pool, false, connection);
    if (taken != MC__TAKEN_PLACE)
        pool->leading++;
    mc__lock_release(&pool->lock);
    return taken;
}

bool mc__pool_has_one_for(mc__pool *pool, const mc__waiter *waiter) {
    bool found;

    mc__lock_take(&pool->lock);
    found = waiter->waiting != MC__WAITING_QUEUED && !waiter->granted && (pool->idle || pool->open < pool->max);
    mc__lock_release(&pool->lock);
    return found;
}

bool mc__pool_take_along(mc__pool *pool, unsigned lane, bool (*board)(void *arg, mc__waiter *waiter), void *arg) {
    mc__waiter *next;
    bool        all;

    mc__lock_take(&pool->lock);
    for (mc__waiter *waiter = pool->first; waiter && waiter->park; waiter = next) {
        next = waiter->next;
        if (waiter->lane != lane)
            continue;
        if (!board(arg, waiter))
            break;
        queue_remove(pool, waiter);
        waiter->waiting = MC__WAITING_RIDES;
    }
    all = !mc__lane_is_awaited(&pool->lanes[lane]);
    mc__lock_release(&pool->lock);
    return all;
}

bool mc__pool_granted(mc__pool *pool, mc__waiter *waiter, mc__taken *taken, mc__connection **connection) {
    bool granted;

    mc__lock_take(&pool->lock);
    granted = waiter->granted;
    mc__lock_release(&pool->lock);
    if (!granted)
        return false;
    mc__wakeup_close(&waiter->wakeup);
    *connection = waiter->connection;
    *taken = waiter->connection ? MC__TAKEN_CONNECTION : MC__TAKEN_RIGHT;
    return true;
}

bool mc__pool_leave(mc__pool *pool, mc__waiter *waiter) {
    struct woken wake = {.lane = 0};
    bool         rides;

    mc__lock_take(&pool->lock);
    rides = waiter->waiting == MC__WAITING_RIDES;
    if (waiter->waiting == MC__WAITING_QUEUED) {
        queue_remove(pool, waiter);
    } else if (waiter->granted) {
        waiter->granted = false;
        pool->leading -= waiter->park != NULL;
        if (waiter->connection)
            give_back(pool, waiter->connection, &wake);
        else
            return_right(pool, &wake);
    }
    unlock_and_wake(pool, &wake);
    mc__wakeup_close(&waiter->wakeup);
    return !rides;
}

/* ------------------------------------------------------------------------------------------------------ giving back -- */

void mc__pool_add(mc__pool *pool, mc__connection *connection) {
    mc__lock_take(&pool->lock);
    connection->lane = (int)(pool->added++ % pool->lanes_used);
    list_add(pool, connection);
    mc__lock_release(&pool->lock);
}

void mc__pool_return_right(mc__pool *pool) {
    struct woken wake = {.lane = 0};

    mc__lock_take(&pool->lock);
    return_right(pool, &wake);
    unlock_and_wake(pool, &wake);
}

/* With the lock held, which it releases. */
static void give_back_to_who_waits(mc__pool *pool, mc__connection *connection) {
    struct woken wake = {.lane = 0};

    give_back(pool, connection, &wake);
    unlock_and_wake(pool, &wake);
}

void mc__pool_give_back(mc__pool *pool, mc__connection *connection) {
    mc__lock_take(&pool->lock);
    if (pool->first) {
        give_back_to_who_waits(pool, connection);
        return;
    }
    push_idle(pool, connection);
    mc__lock_release(&pool->lock);
}

/* One who leads has gone, and those who wait for one, or for its lane, would wait for ever. */
static void choose_leader(mc__pool *pool, struct woken *wake) {
    mc__waiter     *waiter = first_to_grant(pool);
    mc__connection *connection = NULL;

    if (waiter && take_now(pool, false, &connection) != MC__TAKEN_PLACE)
        grant(pool, waiter, connection, wake);
}

static void stop_leading(mc__pool *pool, mc__connection *connection, struct woken *wake) {
    pool->leading--;
    if (connection)
        give_back(pool, connection, wake);
    else
        choose_leader(pool, wake);
}

void mc__pool_stop_leading(mc__pool *pool, mc__connection *connection) {
    struct woken wake = {.lane = 0};

    mc__lock_take(&pool->lock);
    stop_leading(pool, connection, &wake);
    unlock_and_wake(pool, &wake);
}

void mc__pool_end_lane(mc__pool *pool, unsigned lane, mc__connection *connection) {
    struct woken wake = {.lane = 0};

    mc__lock_take(&pool->lock);
    atomic_fetch_sub(&pool->lanes[lane].open, 1);
    if (connection)
        connection->lane = (int)lane;
    stop_leading(pool, connection, &wake);
    unlock_and_wake(pool, &wake);
}

void mc__pool_drop(mc__pool *pool, mc__connection *connection) {
    struct woken wake = {.lane = 0};

    mc__lock_take(&pool->lock);
    list_remove(pool, connection);
    return_right(pool, &wake);
    unlock_and_wake(pool, &wake);
    mc__connection_free(connection);
}

void mc__pool_close_idle(mc__pool *pool) {
    mc__connection *idle;

    mc__lock_take(&pool->lock);
    idle = pool->idle;
    pool->idle = NULL;
    for (mc__connection *connection = idle; connection; connection = connection->next_idle) {
        list_remove(pool, connection);
        pool->open--; /* whoever waits now waits for a leader, not for one of these */
    }
    mc__lock_release(&pool->lock);
    while (idle) {
        mc__connection *next = idle->next_idle;
        mc__connection_free(idle);
        idle = next;
    }
}

void mc__pool_after_fork(mc__pool *pool) {
    mc__connection *connection;

    while ((connection = pop_idle(pool)) != NULL) {
        list_remove(pool, connection);
        mc__connection_free(connection);
    }
    for (connection = pool->all; connection; connection = connection->next)
        mc__stream_close(&connection->stream);
    for (mc__waiter *waiter = pool->first; waiter; waiter = waiter->next)
        mc__wakeup_close(&waiter->wakeup);
    pool->all = NULL;
    pool->first = pool->last = NULL;
    pool->open = pool->leading = pool->crowd = 0;
    atomic_store(&pool->strangers, 0);
    for (size_t i = 0; i < MC__LANES; i++)
        mc__lane_clear(&pool->lanes[i]);
}
