#include "net/resolve.h"

#include "base/number.h"
#include "base/platform.h"
#include "base/status.h"
#include "net/wakeup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

/* Enough for a resolver with modules of its own. */
#define THREAD_STACK_SIZE ((size_t)256 * 1024)

/* The holders of a look-up: one bit for its thread, and the number of references from there on. */
#define HELD_BY_THREAD 1U
#define ONE_REFERENCE 2U

struct mc__lookup {
    atomic_uint   holders;
    pid_t         process; /* that the thread is in */
    mc__address   address; /* of a name: kind, host and port; host is this object's own */
    mc__wakeup    wakeup;
    atomic_bool   done; /* what follows is written before, and not changed after */
    bool          failed_locally;
    mc__endpoint *endpoints;
    size_t        count;
    char          error[128];
    mc__endpoint  only; /* the endpoint of an address that is no name */
};

static void destroy(mc__lookup *lookup) {
    if (lookup->endpoints != &lookup->only)
        free(lookup->endpoints);
    mc__wakeup_close(&lookup->wakeup);
    free(lookup->address.host);
    free(lookup);
}

/* Takes holders away; the last one frees. A forked child has the parent's thread in the count, but not in the process. */
static void leave(mc__lookup *lookup, unsigned holder) {
    pid_t    process = lookup->process; /* read now: it may be gone as soon as this holder is */
    unsigned left = atomic_fetch_sub_explicit(&lookup->holders, holder, memory_order_acq_rel) - holder;

    if (left == 0 || (left == HELD_BY_THREAD && process != getpid()))
        destroy(lookup);
}

static void fail_with_errno(mc__lookup *lookup, int error) {
    char buffer[sizeof lookup->error];

    snprintf(lookup->error, sizeof lookup->error, "%s", mc__errno_text(error, buffer, sizeof buffer));
    lookup->failed_locally = mc__errno_is_local(error);
}

static void succeed_with_one(mc__lookup *lookup) {
    lookup->endpoints = &lookup->only;
    lookup->count = 1;
}

/* ---------------------------------------------------------------------------------------- addresses that are no names -- */

static bool unix_endpoint(const char *path, mc__endpoint *endpoint) {
    struct sockaddr_un *address = (struct sockaddr_un *)&endpoint->address;
    size_t              len = strlen(path);

    if (len >= sizeof address->sun_path)
        return false;
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, len + 1);
    endpoint->len = sizeof *address;
    return true;
}

static bool inet_endpoint(const mc__address *from, mc__endpoint *endpoint) {
    struct sockaddr_in *address = (struct sockaddr_in *)&endpoint->address;

    if (inet_pton(AF_INET, from->host, &address->sin_addr) != 1)
        return false;
    address->sin_family = AF_INET;
    address->sin_port = htons(from->port);
    endpoint->len = sizeof *address;
    return true;
}

/* Without the zone that there may be behind '%'. */
static bool inet6_endpoint(const mc__address *from, mc__endpoint *endpoint) {
    struct sockaddr_in6 *address = (struct sockaddr_in6 *)&endpoint->address;
    size_t               len = strcspn(from->host, "%");
    char                 number[INET6_ADDRSTRLEN];

    if (len >= sizeof number)
        return false;
    memcpy(number, from->host, len);
    number[len] = '\0';
    if (inet_pton(AF_INET6, number, &address->sin6_addr) != 1)
        return false;
    address->sin6_family = AF_INET6;
    address->sin6_port = htons(from->port);
    endpoint->len = sizeof *address;
    return true;
}

bool mc__endpoint_of(const mc__address *address, mc__endpoint *endpoint) {
    *endpoint = (mc__endpoint){0};
    switch (address->kind) {
    case MC__ADDRESS_UNIX:
        return unix_endpoint(address->host, endpoint);
    case MC__ADDRESS_INET:
        return inet_endpoint(address, endpoint);
    case MC__ADDRESS_INET6:
        return !strchr(address->host, '%') && inet6_endpoint(address, endpoint);
    case MC__ADDRESS_ANY:
        break;
    }
    return inet_endpoint(address, endpoint) || (!strchr(address->host, '%') && inet6_endpoint(address, endpoint));
}

/* A zone: an interface's number or name. 0: there is none. */
static uint32_t zone_number(const char *zone) {
    uint64_t number;

    if (mc__number_parse(zone, strlen(zone), &number) == MC__NUMBER_OK)
        return number <= UINT32_MAX ? (uint32_t)number : 0;
    return if_nametoindex(zone);
}

/* Whether the address is one with a zone; the result is there then. */
static bool resolve_zone(mc__lookup *lookup) {
    struct sockaddr_in6 *address = (struct sockaddr_in6 *)&lookup->only.address;
    const char          *percent = strchr(lookup->address.host, '%');

    if (!percent || !inet6_endpoint(&lookup->address, &lookup->only))
        return false;
    errno = ENODEV;
    address->sin6_scope_id = zone_number(percent + 1);
    if (address->sin6_scope_id == 0)
        fail_with_errno(lookup, errno);
    else
        succeed_with_one(lookup);
    return true;
}

/* Whether the address needs no name service; the result is there then. */
static bool resolve_at_once(mc__lookup *lookup) {
    if (mc__endpoint_of(&lookup->address, &lookup->only)) {
        succeed_with_one(lookup);
        return true;
    }
    if (lookup->address.kind == MC__ADDRESS_UNIX) {
        fail_with_errno(lookup, ENAMETOOLONG);
        return true;
    }
    return lookup->address.kind != MC__ADDRESS_INET && resolve_zone(lookup);
}

/* ------------------------------------------------------------------------------------------------------------ names -- */

static bool is_usable(const struct addrinfo *info) {
    return (info->ai_family == AF_INET && info->ai_addrlen == sizeof(struct sockaddr_in)) ||
           (info->ai_family == AF_INET6 && info->ai_addrlen == sizeof(struct sockaddr_in6));
}

static void add_endpoint(mc__lookup *lookup, const struct addrinfo *info) {
    mc__endpoint *endpoint = &lookup->endpoints[lookup->count++];

    memcpy(&endpoint->address, info->ai_addr, info->ai_addrlen);
    endpoint->len = info->ai_addrlen;
    if (info->ai_family == AF_INET)
        ((struct sockaddr_in *)&endpoint->address)->sin_port = htons(lookup->address.port);
    else
        ((struct sockaddr_in6 *)&endpoint->address)->sin6_port = htons(lookup->address.port);
}

static void take_found(mc__lookup *lookup, const struct addrinfo *found) {
    size_t count = 0;

    for (const struct addrinfo *info = found; info; info = info->ai_next)
        count += is_usable(info);
    if (count == 0) {
        snprintf(lookup->error, sizeof lookup->error, "%s", gai_strerror(EAI_NONAME));
        return;
    }
    lookup->endpoints = calloc(count, sizeof *lookup->endpoints);
    if (!lookup->endpoints) {
        fail_with_errno(lookup, ENOMEM);
        return;
    }
    for (const struct addrinfo *info = found; info; info = info->ai_next) {
        if (is_usable(info))
            add_endpoint(lookup, info);
    }
}

static void resolve_name(mc__lookup *lookup) {
    /* Not AI_ADDRCONFIG: with it, a machine that has no network but its loopback would find nothing. */
    struct addrinfo  hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC};
    struct addrinfo *found = NULL;
    int              result;

    if (lookup->address.kind == MC__ADDRESS_INET)
        hints.ai_family = AF_INET;
    else if (lookup->address.kind == MC__ADDRESS_INET6)
        hints.ai_family = AF_INET6;
    errno = 0;
    result = getaddrinfo(lookup->address.host, NULL, &hints, &found);
    if (result == 0) {
        take_found(lookup, found);
        freeaddrinfo(found);
    } else if (result == EAI_SYSTEM || errno == EMFILE || errno == ENFILE) {
        /* glibc calls a name unknown when it has no descriptor for the files that it would look into. */
        fail_with_errno(lookup, errno);
    } else {
        snprintf(lookup->error, sizeof lookup->error, "%s", gai_strerror(result));
        lookup->failed_locally = result == EAI_MEMORY;
    }
}

static void *run(void *argument) {
    mc__lookup *lookup = argument;

    resolve_name(lookup);
    atomic_store_explicit(&lookup->done, true, memory_order_release);
    mc__wakeup_raise(&lookup->wakeup);
    leave(lookup, HELD_BY_THREAD);
    return NULL;
}

/* Returns 0 or an errno. */
static int create_thread(mc__lookup *lookup) {
    pthread_attr_t attributes;
    pthread_t      thread;
    int            error = pthread_attr_init(&attributes);

    if (error != 0)
        return error;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, THREAD_STACK_SIZE);
    error = pthread_create(&thread, &attributes, run, lookup);
    pthread_attr_destroy(&attributes);
    if (error != EINVAL)
        return error;
    /* The stack also holds the program's thread-local variables, and these do not fit. */
    error = pthread_create(&thread, NULL, run, lookup);
    if (error == 0)
        pthread_detach(thread);
    return error;
}

/* The program's signals are for its own threads. */
static int start_thread(mc__lookup *lookup) {
    sigset_t all, before;
    int      error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = create_thread(lookup);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static mc__lookup *new_lookup(const mc__address *address) {
    mc__lookup *lookup = malloc(sizeof *lookup);

    if (!lookup)
        return NULL;
    *lookup = (mc__lookup){
        .address = {.kind = address->kind, .host = address->host, .port = address->port},
        .wakeup = MC__WAKEUP_NONE,
    };
    atomic_init(&lookup->holders, ONE_REFERENCE);
    atomic_init(&lookup->done, resolve_at_once(lookup));
    lookup->address.host = NULL; /* it was the caller's */
    return lookup;
}

/* Returns 0 or an errno. */
static int resolve_in_thread(mc__lookup *lookup, const char *name) {
    int error;

    lookup->address.host = strdup(name);
    if (!lookup->address.host)
        return ENOMEM;
    lookup->process = getpid();
    error = mc__wakeup_open(&lookup->wakeup);
    if (error == 0) {
        atomic_store(&lookup->holders, ONE_REFERENCE | HELD_BY_THREAD);
        error = start_thread(lookup);
    }
    return error;
}

mc_status mc__lookup_start(const mc__address *address, mc__lookup **lookup, int *error) {
    mc__lookup *new = new_lookup(address);

    *lookup = NULL;
    if (!new)
        return MC_NO_MEMORY;
    *error = mc__lookup_done(new) ? 0 : resolve_in_thread(new, address->host);
    if (*error != 0) {
        destroy(new);
        return *error == ENOMEM ? MC_NO_MEMORY : MC_UNREACHABLE;
    }
    *lookup = new;
    return MC_OK;
}

mc__lookup *mc__lookup_retain(mc__lookup *lookup) {
    atomic_fetch_add_explicit(&lookup->holders, ONE_REFERENCE, memory_order_relaxed);
    return lookup;
}

void mc__lookup_release(mc__lookup *lookup) {
    if (lookup)
        leave(lookup, ONE_REFERENCE);
}

bool mc__lookup_done(mc__lookup *lookup) {
    return atomic_load_explicit(&lookup->done, memory_order_acquire);
}

int mc__lookup_fd(const mc__lookup *lookup) {
    return lookup->wakeup.read_fd;
}

const mc__endpoint *mc__lookup_result(const mc__lookup *lookup, size_t *count, const char **error) {
    *count = lookup->count;
    *error = lookup->count > 0 ? NULL : lookup->error;
    return lookup->endpoints;
}

bool mc__lookup_failed_locally(const mc__lookup *lookup) {
    return lookup->failed_locally;
}
