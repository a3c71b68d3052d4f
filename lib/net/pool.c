#include "net/pool.h"

/* After so many calls in a row that met few others, the next one leads alone again. */
#define CALM 32

int mc__pool_init(mc__pool *pool, unsigned max) {
    *pool = (mc__pool){.max = max, .calm = CALM};
    return pthread_mutex_init(&pool->ride_lock, NULL);
}

void mc__pool_destroy(mc__pool *pool) {
    mc__pool_close_idle(pool);
    pthread_mutex_destroy(&pool->ride_lock);
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

static mc__connection *pop_idle(mc__pool *pool) {
    mc__connection *connection = pool->idle;

    if (connection)
        pool->idle = connection->next_idle;
    return connection;
}

static unsigned crowd(const mc__pool *pool) {
    return atomic_load_explicit(&pool->crowd, memory_order_relaxed);
}

/* Changed under the lock alone; read by leaders without. */
static void set_crowd(mc__pool *pool, unsigned count) {
    atomic_store(&pool->crowd, count);
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
    if (waiter->park)
        set_crowd(pool, crowd(pool) - 1);
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
    if (!waiter->park)
        return;
    mc__park_take_place(waiter->park, &pool->park_words);
    set_crowd(pool, crowd(pool) + 1);
}

/* Hands it a connection, or with NULL the right to open one. Whoever is told may be gone as soon as the lock is released.
 * wake: whom to wake then. */
static void grant(mc__pool *pool, mc__waiter *waiter, mc__connection *connection, mc__park_wakes *wake) {
    queue_remove(pool, waiter);
    waiter->granted = true;
    waiter->connection = connection;
    if (waiter->park) {
        pool->leading++;
        mc__park_set(waiter->park, wake);
    } else {
        mc__wakeup_raise(&waiter->wakeup);
    }
}

/* The first who waits; while there is a lane, the first who cannot go on board of it. */
static mc__waiter *first_to_grant(const mc__pool *pool) {
    mc__waiter *waiter = pool->first;

    if (atomic_load_explicit(&pool->lanes, memory_order_relaxed) > 0) {
        while (waiter && waiter->park)
            waiter = waiter->next;
    }
    return waiter;
}

static bool grant_first(mc__pool *pool, mc__connection *connection, mc__park_wakes *wake) {
    mc__waiter *waiter = first_to_grant(pool);

    if (waiter)
        grant(pool, waiter, connection, wake);
    return waiter != NULL;
}

static void return_right(mc__pool *pool, mc__park_wakes *wake) {
    if (!grant_first(pool, NULL, wake))
        pool->open--;
}

static void give_back(mc__pool *pool, mc__connection *connection, mc__park_wakes *wake) {
    if (grant_first(pool, connection, wake))
        return;
    connection->next_idle = pool->idle;
    pool->idle = connection;
}

static void unlock_and_wake(mc__pool *pool, mc__park_wakes *wake) {
    mc__lock_release(&pool->lock);
    mc__park_wake(&pool->park_words, wake);
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

static void init_waiter(mc__waiter *waiter, mc__park *park) {
    waiter->wakeup = (mc__wakeup)MC__WAKEUP_NONE;
    waiter->park = park;
    waiter->waiting = MC__WAITING_NOT;
    waiter->granted = false;
    waiter->connection = NULL;
}

mc__taken mc__pool_take(mc__pool *pool, bool fresh, mc__waiter *waiter, mc__connection **connection) {
    mc__connection *stale = NULL;
    mc__taken       taken;

    init_waiter(waiter, NULL);
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

/* Notes how many calls a call that shares meets, and says whether it may have a connection of its own. */
static bool may_lead(mc__pool *pool) {
    unsigned lanes = atomic_load_explicit(&pool->lanes, memory_order_relaxed);
    bool     few = pool->leading - lanes + atomic_load_explicit(&pool->riding, memory_order_relaxed) + crowd(pool) < MC__FEW;

    pool->calm = !few ? 0 : pool->calm < CALM ? pool->calm + 1 : CALM;
    return lanes == 0 ? few || pool->leading == 0 : pool->calm == CALM;
}

mc__taken mc__pool_lead(mc__pool *pool, mc__waiter *waiter, mc__park *park, mc__connection **connection, bool *calm) {
    mc__taken taken = MC__TAKEN_PLACE;

    init_waiter(waiter, park);
    *connection = NULL;
    mc__lock_take(&pool->lock);
    if (may_lead(pool))
        taken = take_now(pool, false, connection);
    if (taken == MC__TAKEN_PLACE)
        queue_add(pool, waiter);
    else
        pool->leading++;
    *calm = pool->calm == CALM;
    mc__lock_release(&pool->lock);
    return taken;
}

mc__taken mc__pool_break_out(mc__pool *pool, mc__waiter *waiter, mc__connection **connection) {
    mc__taken taken = MC__TAKEN_NOTHING;

    mc__lock_take(&pool->lock);
    if (waiter->waiting == MC__WAITING_QUEUED) {
        taken = take_now(pool, false, connection);
        if (taken != MC__TAKEN_PLACE) {
            queue_remove(pool, waiter);
            pool->leading++;
        }
    }
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

bool mc__pool_take_along(mc__pool *pool, bool (*board)(void *arg, mc__waiter *waiter), void *arg) {
    bool all;

    mc__lock_take(&pool->lock);
    while (pool->first && pool->first->park && board(arg, pool->first)) {
        mc__waiter *waiter = pool->first;
        queue_remove(pool, waiter);
        waiter->waiting = MC__WAITING_RIDES;
    }
    all = pool->first == NULL;
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
    mc__park_wakes wake = {{0}};
    bool           rides;

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
    list_add(pool, connection);
    mc__lock_release(&pool->lock);
}

void mc__pool_return_right(mc__pool *pool) {
    mc__park_wakes wake = {{0}};

    mc__lock_take(&pool->lock);
    return_right(pool, &wake);
    unlock_and_wake(pool, &wake);
}

void mc__pool_give_back(mc__pool *pool, mc__connection *connection) {
    mc__park_wakes wake = {{0}};

    mc__lock_take(&pool->lock);
    give_back(pool, connection, &wake);
    unlock_and_wake(pool, &wake);
}

/* The last leader has gone, and those who wait for one would wait for ever. */
static void choose_leader(mc__pool *pool, mc__park_wakes *wake) {
    mc__connection *connection = NULL;

    if (pool->leading > 0 || crowd(pool) == 0)
        return;
    if (take_now(pool, false, &connection) != MC__TAKEN_PLACE)
        grant(pool, pool->first, connection, wake); /* nobody else waits while there is one to be had */
}

void mc__pool_stop_leading(mc__pool *pool, mc__connection *connection, bool lane) {
    mc__park_wakes wake = {{0}};

    mc__lock_take(&pool->lock);
    pool->leading--;
    if (lane)
        atomic_fetch_sub(&pool->lanes, 1);
    if (connection)
        give_back(pool, connection, &wake);
    else
        choose_leader(pool, &wake);
    unlock_and_wake(pool, &wake);
}

void mc__pool_drop(mc__pool *pool, mc__connection *connection) {
    mc__park_wakes wake = {{0}};

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
    pool->open = pool->leading = 0;
    atomic_store(&pool->lanes, 0);
    atomic_store(&pool->riding, 0);
    atomic_store(&pool->joinable, 0);
    set_crowd(pool, 0);
    pool->shares[0] = NULL;
}
