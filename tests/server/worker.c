#include "server/worker.h"

#include "server/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static bool take_incoming(mcs__worker *worker, int **fds, size_t *count) {
    bool stopping;

    pthread_mutex_lock(&worker->lock);
    *fds = worker->incoming;
    *count = worker->incoming_count;
    worker->incoming = NULL;
    worker->incoming_count = worker->incoming_capacity = 0;
    stopping = worker->stopping;
    pthread_mutex_unlock(&worker->lock);
    return !stopping;
}

static void on_wake(evutil_socket_t fd, short what, void *arg) {
    mcs__worker *worker = arg;
    uint64_t     wakes;
    int         *fds;
    size_t       count;

    (void)what;
    if (read(fd, &wakes, sizeof wakes) < 0 && errno != EAGAIN)
        return;
    if (!take_incoming(worker, &fds, &count))
        event_base_loopbreak(worker->base);
    worker->now = mcs__now();
    for (size_t i = 0; i < count; i++)
        mcs__connection_open(worker, fds[i]);
    free(fds);
}

static void on_tick(evutil_socket_t fd, short what, void *arg) {
    mcs__worker *worker = arg;

    (void)fd;
    (void)what;
    mcs__store_sweep(worker->store, mcs__now());
}

static void *run(void *arg) {
    mcs__worker *worker = arg;

    event_base_dispatch(worker->base);
    return NULL;
}

struct event_base *mcs__event_base_new(void) {
    struct event_config *config = event_config_new();
    struct event_base   *base;

    if (!config)
        return NULL;
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

void mcs__worker_init(mcs__worker *worker, mc_server *server) {
    *worker = (mcs__worker){.server = server, .store = server->store, .now = mcs__now(), .wake_fd = -1};
    pthread_mutex_init(&worker->lock, NULL);
}

bool mcs__worker_start(mcs__worker *worker) {
    static const struct timeval tick = {.tv_usec = 250000};

    worker->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    worker->base = mcs__event_base_new();
    if (worker->wake_fd < 0 || !worker->base)
        return false;
    worker->wake_event = event_new(worker->base, worker->wake_fd, EV_READ | EV_PERSIST, on_wake, worker);
    worker->tick_event = event_new(worker->base, -1, EV_PERSIST, on_tick, worker);
    if (!worker->wake_event || !worker->tick_event || event_add(worker->wake_event, NULL) < 0 ||
        event_add(worker->tick_event, &tick) < 0)
        return false;
    worker->running = pthread_create(&worker->thread, NULL, run, worker) == 0;
    return worker->running;
}

static void wake(mcs__worker *worker) {
    uint64_t one = 1;

    while (write(worker->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static bool queue_incoming(mcs__worker *worker, int fd) {
    if (worker->incoming_count == worker->incoming_capacity) {
        size_t capacity = worker->incoming_capacity ? worker->incoming_capacity * 2 : 16;
        int   *grown = realloc(worker->incoming, capacity * sizeof *grown);
        if (!grown)
            return false;
        worker->incoming = grown;
        worker->incoming_capacity = capacity;
    }
    worker->incoming[worker->incoming_count++] = fd;
    return true;
}

bool mcs__worker_give(mcs__worker *worker, int fd) {
    bool queued;

    pthread_mutex_lock(&worker->lock);
    queued = queue_incoming(worker, fd);
    pthread_mutex_unlock(&worker->lock);
    if (queued)
        wake(worker);
    else
        close(fd);
    return queued;
}

void mcs__worker_free(mcs__worker *worker) {
    if (worker->running) {
        pthread_mutex_lock(&worker->lock);
        worker->stopping = true;
        pthread_mutex_unlock(&worker->lock);
        wake(worker);
        pthread_join(worker->thread, NULL);
    }
    while (worker->connections)
        mcs__connection_close(worker->connections);
    for (size_t i = 0; i < worker->incoming_count; i++)
        close(worker->incoming[i]);
    free(worker->incoming);
    if (worker->wake_event)
        event_free(worker->wake_event);
    if (worker->tick_event)
        event_free(worker->tick_event);
    if (worker->base)
        event_base_free(worker->base);
    if (worker->wake_fd >= 0)
        close(worker->wake_fd);
    mc__buffer_free(&worker->spare_input);
    mcs__output_free(&worker->spare_output, worker->store);
    pthread_mutex_destroy(&worker->lock);
}
