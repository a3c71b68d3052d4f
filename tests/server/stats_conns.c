#include "server/connection.h"
#include "server/listener.h"
#include "server/stats_groups.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#define ADDRESS_TEXT 160

/* "tcp:host:port", "tcp6:[host]:port" or "unix:path". */
static void describe_address(const struct sockaddr_storage *address, char *text, size_t size) {
    const struct sockaddr_in  *v4 = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    char                       host[INET6_ADDRSTRLEN] = "";

    switch (address->ss_family) {
    case AF_INET:
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        snprintf(text, size, "tcp:%s:%u", host, ntohs(v4->sin_port));
        break;
    case AF_INET6:
        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        snprintf(text, size, "tcp6:[%s]:%u", host, ntohs(v6->sin6_port));
        break;
    default:
        snprintf(text, size, "unix:%s", ((const struct sockaddr_un *)address)->sun_path);
        break;
    }
}

static void stat_address(mcs__report *report, int fd, const char *name, bool remote) {
    struct sockaddr_storage address = {0};
    socklen_t               len = sizeof address;
    char                    text[ADDRESS_TEXT];
    char                    full_name[48];

    if ((remote ? getpeername(fd, (struct sockaddr *)&address, &len) : getsockname(fd, (struct sockaddr *)&address, &len)) <
        0)
        return;
    describe_address(&address, text, sizeof text);
    snprintf(full_name, sizeof full_name, "%d:%s", fd, name);
    mcs__stat(report, full_name, "%s", text);
}

static void stat_state(mcs__report *report, int fd, const char *state, mcs__ms since) {
    char name[48];

    snprintf(name, sizeof name, "%d:state", fd);
    mcs__stat(report, name, "%s", state);
    snprintf(name, sizeof name, "%d:secs_since_last_cmd", fd);
    mcs__stat_number(report, name, report->now > since ? (uint64_t)(report->now - since) / 1000 : 0);
}

static void stat_listening(int fd, void *arg) {
    mcs__report *report = arg;

    stat_address(report, fd, "addr", false);
    stat_state(report, fd, "conn_listening", report->server->started);
}

/* memcached's names for what a connection is at. */
static const char *state_name(const mcs__connection *connection) {
    switch (atomic_load_explicit(&connection->state, memory_order_relaxed)) {
    case MCS__STATE_WORKING:
        return "conn_parse_cmd";
    case MCS__PHASE_VALUE:
        return "conn_nread";
    case MCS__PHASE_SWALLOW:
        return "conn_swallow";
    case MCS__PHASE_KEYS:
        return "conn_mwrite";
    case MCS__PHASE_CLOSE:
        return "conn_closing";
    default:
        return "conn_read";
    }
}

static void stat_worker(mcs__report *report, mcs__worker *worker) {
    pthread_mutex_lock(&worker->lock);
    for (const mcs__connection *at = worker->connections; at; at = at->next) {
        stat_address(report, at->fd, "addr", true);
        stat_address(report, at->fd, "listen_addr", false);
        stat_state(report, at->fd, state_name(at), atomic_load_explicit(&at->last_command, memory_order_relaxed));
    }
    pthread_mutex_unlock(&worker->lock);
}

void mcs__stats_conns(mcs__report *report) {
    if (report->server->listener)
        mcs__listener_each(report->server->listener, stat_listening, report);
    for (unsigned i = 0; i < report->server->options.threads; i++)
        stat_worker(report, &report->server->workers[i]);
}
