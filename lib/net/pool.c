#include "net/pool.h"

int mc__pool_init(mc__pool *pool, unsigned max) {
    *pool = (mc__pool){.max = max};
    return pthread_mutex_init(&pool->lock, NULL);
}

void mc__pool_destroy(mc__pool *pool) {
    mc__pool_close_idle(pool);
    pthread_mutex_destroy(&pool->lock);
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

static void queue_remove(mc__pool *pool, mc__waiter *waiter) {
    if (waiter->previous)
        waiter->previous->next = waiter->next;
    else
        pool->first = waiter->next;
    if (waiter->next)
        waiter->next->previous = waiter->previous;
    else
        pool->last = waiter->previous;
}

static void queue_add(mc__pool *pool, mc__waiter *waiter) {
    waiter->granted = false;
    waiter->connection = NULL;
    waiter->next = NULL;
    waiter->previous = pool->last;
    if (pool->last)
        pool->last->next = waiter;
    else
        pool->first = waiter;
    pool->last = waiter;
}

/* Hands a connection, or with NULL the right to open one, to the first who waits. Whoever is woken may be gone as soon as
 * the lock is released, so the wake-up is raised under it. */
static bool grant_first(mc__pool *pool, mc__connection *connection) {
    mc__waiter *waiter = pool->first;

    if (!waiter)
        return false;
    queue_remove(pool, waiter);
    waiter->granted = true;
    waiter->connection = connection;
    mc__wakeup_raise(&waiter->wakeup);
    return true;
}

static void return_right(mc__pool *pool) {
    if (!grant_first(pool, NULL))
        pool->open--;
}

static void give_back(mc__pool *pool, mc__connection *connection) {
    if (grant_first(pool, connection))
        return;
    connection->next_idle = pool->idle;
    pool->idle = connection;
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

mc__taken mc__pool_take(mc__pool *pool, bool fresh, mc__waiter *waiter, mc__connection **connection) {
    mc__connection *stale = NULL;
    mc__taken       taken;

    waiter->wakeup = (mc__wakeup)MC__WAKEUP_NONE;
    pthread_mutex_lock(&pool->lock);
    taken = take_now(pool, fresh, connection);
    if (taken == MC__TAKEN_PLACE) {
        /* Opened without the lock held, then looked again: one may have come back in between. */
        pthread_mutex_unlock(&pool->lock);
        if (mc__wakeup_open(&waiter->wakeup) != 0)
            return MC__TAKEN_NOTHING;
        pthread_mutex_lock(&pool->lock);
        taken = take_now(pool, fresh, connection);
        if (taken == MC__TAKEN_PLACE)
            queue_add(pool, waiter);
    }
    pthread_mutex_unlock(&pool->lock);
    if (taken == MC__TAKEN_RIGHT)
        stale = *connection;
    if (stale)
        mc__connection_free(stale);
    if (taken != MC__TAKEN_PLACE)
        mc__wakeup_close(&waiter->wakeup);
    return taken;
}

bool mc__pool_granted(mc__pool *pool, mc__waiter *waiter, mc__taken *taken, mc__connection **connection) {
    bool granted;

    pthread_mutex_lock(&pool->lock);
    granted = waiter->granted;
    pthread_mutex_unlock(&pool->lock);
    if (!granted)
        return false;
    mc__wakeup_close(&waiter->wakeup);
    *connection = waiter->connection;
    *taken = waiter->connection ? MC__TAKEN_CONNECTION : MC__TAKEN_RIGHT;
    return true;
}

void mc__pool_leave(mc__pool *pool, mc__waiter *waiter) {
    pthread_mutex_lock(&pool->lock);
    if (!waiter->granted)
        queue_remove(pool, waiter);
    else if (waiter->connection)
        give_back(pool, waiter->connection);
    else
        return_right(pool);
    pthread_mutex_unlock(&pool->lock);
    mc__wakeup_close(&waiter->wakeup);
}

/* ------------------------------------------------------------------------------------------------------ giving back -- */

void mc__pool_add(mc__pool *pool, mc__connection *connection) {
    pthread_mutex_lock(&pool->lock);
    list_add(pool, connection);
    pthread_mutex_unlock(&pool->lock);
}

void mc__pool_return_right(mc__pool *pool) {
    pthread_mutex_lock(&pool->lock);
    return_right(pool);
    pthread_mutex_unlock(&pool->lock);
}

void mc__pool_give_back(mc__pool *pool, mc__connection *connection) {
    pthread_mutex_lock(&pool->lock);
    give_back(pool, connection);
    pthread_mutex_unlock(&pool->lock);
}

void mc__pool_drop(mc__pool *pool, mc__connection *connection) {
    pthread_mutex_lock(&pool->lock);
    list_remove(pool, connection);
    return_right(pool);
    pthread_mutex_unlock(&pool->lock);
    mc__connection_free(connection);
}

void mc__pool_close_idle(mc__pool *pool) {
    mc__connection *idle;

    pthread_mutex_lock(&pool->lock);
    idle = pool->idle;
    pool->idle = NULL;
    for (mc__connection *connection = idle; connection; connection = connection->next_idle) {
        list_remove(pool, connection);
        pool->open--; /* nobody waits while a connection is idle */
    }
    pthread_mutex_unlock(&pool->lock);
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
    pool->open = 0;
}
