/*
 * libmcclient: a client for a cluster of memcached servers.
 *
 * The rules that hold for the whole interface stand here once.
 *
 * Keys and values are slices (bytes and a length), so binary data is never cut at a NUL. A slice given to a call is only
 * read, and only until the call returns.
 *
 * Every command returns an mc_status; see enum mc_status for what each says about what the server did. After a status that
 * is not an answer of the server, mc_error_detail() tells in words what failed, on which host and with which key.
 *
 * One deadline, on the monotonic clock, covers a whole call: name look-up, connect, write, read, retry and fail-over,
 * whatever signals arrive. It is options.timeout_ms from the start of the call.
 *
 * Threads: one mc_client may be used by any number of threads at once, unless a function says otherwise. Callbacks run in
 * the thread of the call that was given them, with no lock held, so they may call back into the library.
 *
 * Fork: a child may go on using a client that its parent made; it starts with connections of its own, and neither process
 * disturbs the other's.
 *
 * Wire rules cite "protocol.txt", the protocol document that memcached ships.
 */
#ifndef MCCLIENT_MCCLIENT_H
#define MCCLIENT_MCCLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The version of this header: as numbers, and as text. */
#define MCCLIENT_VERSION_MAJOR 1
#define MCCLIENT_VERSION_MINOR 0
#define MCCLIENT_VERSION_PATCH 0
#define MCCLIENT_VERSION "1.0.0"

/* The one export macro: only what carries it leaves the library. */
#if defined(__GNUC__) || defined(__clang__)
#define MC_EXPORT __attribute__((visibility("default")))
#else
#define MC_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The longest key, prefix included, in bytes (protocol.txt, "Keys"). */
#define MC_KEY_MAX 250

/* ---------------------------------------------------------------------------------------------------------- statuses -- */

/*
 * What a call says about what happened, grouped by what the caller can do about it. The numbers never change.
 */
typedef enum mc_status {
    /* Answers of the server. */
    MC_OK = 0,         /* done: the value was found, stored, deleted, touched, counted */
    MC_NOT_FOUND = 1,  /* the key is not there: a miss */
    MC_NOT_STORED = 2, /* the condition of add, replace, append or prepend did not hold; nothing changed */
    MC_EXISTS = 3,     /* cas: the item has changed since its token was read; nothing changed */

    /* The caller's mistake: nothing was sent. */
    MC_BAD_ARGUMENT = 10, /* an argument is not of its documented range */
    MC_BAD_KEY = 11,      /* the key is empty, over MC_KEY_MAX bytes with the prefix, or has a space or control character */
    MC_TOO_LARGE = 12,    /* the value is over max_value_size; or the server refused it as too large (then it was sent, the
                             server swallowed it, and the key's old value is gone) */

    /* Nothing was sent. */
    MC_NO_MEMORY = 20,   /* an allocation failed: nothing was sent, or what was read could not be kept */
    MC_UNREACHABLE = 21, /* the host could not be looked up or connected to, or no connection came free in time */
    MC_NO_SERVER = 22,   /* every host that the key may go to is known to be dead */

    /* Sent, and the outcome is unknown: the server may or may not have done it. */
    MC_TIMEOUT = 30,         /* no complete answer by the deadline */
    MC_CONNECTION_LOST = 31, /* the connection broke before the answer was complete */
    MC_PROTOCOL_ERROR = 32,  /* what came is not an answer to what was asked; the connection was closed */

    /* Refused by the server. */
    MC_CLIENT_ERROR = 40, /* the server calls the request wrong (CLIENT_ERROR or ERROR); the connection was closed */
    MC_SERVER_ERROR = 41, /* the server could not do it (SERVER_ERROR) */

    /* Arrived, but not of the form asked for. */
    MC_BAD_VALUE = 50, /* not a number, not inflatable, or flags over 32 bits */

    /* Calls on many keys or hosts. */
    MC_PARTIAL = 60 /* some key or host was not answered: look at the status of each */
} mc_status;

/* A sentence for a status, in English, static. Any thread; never NULL, also for a number that is no status. */
MC_EXPORT const char *mc_status_text(mc_status status);

/* The status as it is spelt in this header ("MC_TIMEOUT"), static. Any thread; never NULL. */
MC_EXPORT const char *mc_status_name(mc_status status);

/* Whether a command with this status was sent and may or may not have been carried out: MC_TIMEOUT, MC_CONNECTION_LOST,
 * MC_PROTOCOL_ERROR. */
MC_EXPORT bool mc_status_outcome_unknown(mc_status status);

/*
 * This thread's last failure in words, such as "127.0.0.1:12000: connect: Connection refused"; "" when nothing has failed
 * in this thread. Never NULL. Valid until this thread's next call into the library; do not free. Keys in it are escaped and
 * cut to a readable length; values never appear in it.
 */
MC_EXPORT const char *mc_error_detail(void);

/* The version of the library that is running, as MCCLIENT_VERSION. Static. */
MC_EXPORT const char *mc_library_version(void);

/* ------------------------------------------------------------------------------------------------------------ slices -- */

/* Bytes that somebody else owns. data may be NULL only when len is 0. */
typedef struct mc_slice {
    const char *data; /* the first byte */
    size_t      len;  /* how many */
} mc_slice;

/* The bytes of a C string, without its NUL; NULL gives the empty slice. */
static inline mc_slice mc_str(const char *text) {
    mc_slice slice;
    slice.data = text;
    slice.len = text ? strlen(text) : 0;
    return slice;
}

/* len bytes at data. */
static inline mc_slice mc_bytes(const void *data, size_t len) {
    mc_slice slice;
    slice.data = (const char *)data;
    slice.len = len;
    return slice;
}

/* ----------------------------------------------------------------------------------------------------------- options -- */

/*
 * Where a key goes when its host is dead. With MC_FAILOVER_REHASH what is written meanwhile is on another host, and when the
 * key's own comes back with its memory, what it held before is read again, older than what was written meanwhile. With
 * MC_FAILOVER_NONE that cannot be: nothing is written meanwhile, and each call says so.
 */
typedef enum mc_failover {
    MC_FAILOVER_REHASH = 0, /* python-memcached: up to ten tries, each the hash of the last hash and the try's number */
    MC_FAILOVER_NONE = 1    /* nowhere: MC_UNREACHABLE at once */
} mc_failover;

/* Which host holds a key. */
typedef enum mc_distribution {
    MC_DISTRIBUTION_HOST_LIST = 0,       /* python-memcached: hash modulo the weight-expanded list */
    MC_DISTRIBUTION_KETAMA = 1,          /* libmemcached's ketama */
    MC_DISTRIBUTION_KETAMA_WEIGHTED = 2, /* libmemcached's weighted ketama (MD5) */
    MC_DISTRIBUTION_MODULO = 3           /* libmemcached's default: hash modulo the hosts, weights ignored */
} mc_distribution;

/* How a key becomes a number. */
typedef enum mc_hash {
    MC_HASH_PYTHON = 0,       /* (crc32 >> 16) & 0x7fff: python-memcached from 1.60, and libmemcached's "crc" */
    MC_HASH_PYTHON_1_59 = 1,  /* the same, 0 becomes 1: python-memcached up to 1.59 */
    MC_HASH_CRC32 = 2,        /* the whole CRC-32 */
    MC_HASH_MD5 = 3,          /* the first 32 bits of MD5, little-endian: libmemcached's "md5" */
    MC_HASH_ONE_AT_A_TIME = 4 /* Jenkins' one-at-a-time: libmemcached's default */
} mc_hash;

/* How flags and values are read and written. */
typedef enum mc_value_format {
    MC_FORMAT_RAW = 0,   /* flags and bytes are the application's own, untouched */
    MC_FORMAT_PYTHON = 1 /* the flag bits of python-memcached and pylibmc are spoken, zlib included */
} mc_value_format;

/*
 * Told of what an operator wants to know: a host marked dead and why, a host back again, a reply that was not expected.
 * message is one line without its line end, valid during the callback. Runs in the thread of the call that met the event,
 * with no lock held. It must not free the client, nor fork a child that goes on with it.
 */
typedef void mc_log_fn(void *arg, const char *message);

/* A log callback that writes "mcclient: message" as one line to standard error; arg is not used. */
MC_EXPORT void mc_log_stderr(void *arg, const char *message);

/*
 * Settings of a client. Start from MC_OPTIONS_INIT (or mc_options_init) and change what you need; a struct that was not
 * started so, or holds a value out of range, is refused by mc_client_new_with_options with MC_BAD_ARGUMENT in words.
 */
typedef struct mc_options {
    size_t          size;               /* set by MC_OPTIONS_INIT: the struct can grow without breaking older programs */
    int             timeout_ms;         /* 3000: the whole call; 1 to 86,400,000 */
    int             connect_timeout_ms; /* 1000: look-up and connect, within timeout_ms; 1 to 86,400,000 */
    int             dead_retry_ms;      /* 30000: how long a dead host is left alone; 0 to 86,400,000 */
    mc_failover     failover;           /* MC_FAILOVER_REHASH */
    mc_distribution distribution;       /* MC_DISTRIBUTION_HOST_LIST */
    mc_hash         hash;               /* MC_HASH_PYTHON */
    unsigned        max_connections; /* 16: for each host; 1 to 65,535. Threads whose small requests meet share them: those
                                        on one processor have one, up to eight in all and half of these. Many keys, or a
                                        value over 2 KB to be stored, have one for themselves */
    size_t max_value_size;           /* 1 MiB: for values as the application sees them and as they are stored, written
                                        and read; 1 to 2^31-1 bytes */
    const char     *key_prefix;      /* NULL: none; copied; put before every key and hashed with it */
    bool            flush_on_reconnect; /* false: flush_all on the first connection to a host that was dead */
    mc_value_format value_format;       /* MC_FORMAT_RAW */
    size_t          compress_above;     /* 0: never; n: with MC_FORMAT_PYTHON, deflate values longer than n bytes; see
                                           "typed values" */
    mc_log_fn *log;                     /* NULL: silent */
    void      *log_arg;                 /* handed to log */
    int        spin_us;                 /* 0: sleep until an answer comes; n: ask for it again and again, for up to n
                                           microseconds, and then sleep: sooner back, for the price of a processor. Only
                                           where there are some to spare. Threads that share a connection sleep. 0 to
                                           1,000,000 */
} mc_options;

/* The defaults: mc_options options = MC_OPTIONS_INIT; */
#define MC_OPTIONS_INIT                                                                                                     \
    {                                                                                                                       \
        sizeof(mc_options), 3000, 1000, 30000, MC_FAILOVER_REHASH, MC_DISTRIBUTION_HOST_LIST, MC_HASH_PYTHON, 16, 1048576,  \
            NULL, false, MC_FORMAT_RAW, 0, NULL, NULL, 0                                                                    \
    }

/* Fills options with the defaults, as MC_OPTIONS_INIT does. */
static inline void mc_options_init(mc_options *options) {
    const mc_options defaults = MC_OPTIONS_INIT;
    *options = defaults;
}

/* Other clients whose data is to be found and read; see mc_options_like. */
typedef enum mc_like {
    MC_LIKE_PYTHON_MEMCACHED = 0,      /* python-memcached from 1.60 on */
    MC_LIKE_PYTHON_MEMCACHED_1_59 = 1, /* python-memcached up to 1.59: Debian 12's python3-memcache */
    MC_LIKE_PYLIBMC_KETAMA = 2,        /* pylibmc from 1.6.0 on with behaviors={"ketama": True} */
    MC_LIKE_PHP_MEMCACHED_KETAMA = 3,  /* php-memcached with Memcached::OPT_LIBKETAMA_COMPATIBLE */
    MC_LIKE_LIBMEMCACHED = 4           /* libmemcached as memcached_create() makes it */
} mc_like;

/*
 * Sets the options that decide where another client puts its keys, where it goes when a host is down, and how it marks its
 * values. Name the same hosts with the same weights in the same order, and the two find each other's data. Every other
 * option stays as it is, so the order of this call and your own settings does not matter but for these:
 *
 *     MC_LIKE_               distribution     hash           failover  dead_retry_ms  value_format
 *     PYTHON_MEMCACHED       HOST_LIST        PYTHON         REHASH    30000          PYTHON
 *     PYTHON_MEMCACHED_1_59  HOST_LIST        PYTHON_1_59    REHASH    30000          PYTHON
 *     PYLIBMC_KETAMA         KETAMA           ONE_AT_A_TIME  NONE      2000           PYTHON
 *     PHP_MEMCACHED_KETAMA   KETAMA_WEIGHTED  MD5            NONE      2000           RAW
 *     LIBMEMCACHED           MODULO           ONE_AT_A_TIME  NONE      2000           RAW
 *
 * What each stands for in the other client's own words:
 *
 * MC_LIKE_PYTHON_MEMCACHED: memcache.py: Client._init_buckets (a host stands in the list as often as its weight says),
 * cmemcache_hash from 1.60 on, "(((binascii.crc32(key) & 0xffffffff) >> 16) & 0x7fff)", Client._get_server (ten tries, each
 * the hash of str(serverhash) + str(i)), "_DEAD_RETRY = 30", and the Client._FLAG_ constants.
 *
 * MC_LIKE_PYTHON_MEMCACHED_1_59: the same but for cmemcache_hash, which ends in "or 1" there.
 *
 * MC_LIKE_PYLIBMC_KETAMA: memcached_behavior(3): MEMCACHED_BEHAVIOR_KETAMA gives the distribution
 * MEMCACHED_DISTRIBUTION_CONSISTENT_KETAMA. (The manual says that it sets the hash to MD5 too; up to 1.1.4 it does not, and
 * pylibmc shows behaviors["hash"] as "default", which is one-at-a-time.) pylibmc.Client(...).behaviors: auto_eject 0 and
 * remove_failed 0, so a key of a host that is down fails; retry_timeout 2. _pylibmcmodule.h: the PYLIBMC_FLAG_ constants.
 *
 * MC_LIKE_PHP_MEMCACHED_KETAMA: PHP's manual, Memcached constants, OPT_LIBKETAMA_COMPATIBLE: the hash becomes MD5 and the
 * distribution weighted consistent hashing; memcached_behavior(3) calls it MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED. Its values'
 * types and its compression are marked in other ways than Python's (php_memcached.c, MEMC_VAL_), so bytes and flags are
 * handed over as they are. Strings of PHP with OPT_COMPRESSION off are plain bytes with flags 0, its integers decimal text
 * with flags 1: give mc_set those flags, for mc_set_int and mc_set_text speak Python.
 *
 * MC_LIKE_LIBMEMCACHED: memcached_behavior(3): MEMCACHED_BEHAVIOR_DISTRIBUTION, "the default method is
 * MEMCACHED_DISTRIBUTION_MODULA"; MEMCACHED_HASH_DEFAULT is one-at-a-time; libmemcached-1.0/defaults.h:
 * MEMCACHED_SERVER_FAILURE_RETRY_TIMEOUT 2. Weights count for nothing in it. pylibmc without behaviors and php-memcached
 * without options place keys so, too; for pylibmc's values set value_format to MC_FORMAT_PYTHON.
 *
 * Returns MC_OK; or MC_BAD_ARGUMENT for options that were not started from MC_OPTIONS_INIT (or NULL) and for a number that
 * is no mc_like: nothing is set.
 */
MC_EXPORT mc_status mc_options_like(mc_options *options, mc_like like);

/* ------------------------------------------------------------------------------------------------------------ client -- */

/* Hosts, their connections, and settings. Opaque. */
typedef struct mc_client mc_client;

/*
 * Makes a client with the default options.
 *
 * hosts: addresses, ended by NULL. Each is host, host:port, [v6], [v6]:port, inet:host:port, inet6:[v6]:port, unix:/path or
 * /path; the default port is 11211. A host may be named twice; its connections are one pool.
 * weights: one for each host, or NULL for 1 each; 0 leaves a host out of the list. Their sum is at most 1,048,576.
 *
 * Nothing is looked up or connected to here: each host is, when a key first needs it.
 *
 * Returns the client, to be freed with mc_client_free; or NULL, and mc_error_detail() says why: no host, an address that is
 * not of these forms (it is named), weights that are all 0 or too large, or no memory.
 */
MC_EXPORT mc_client *mc_client_new(const char *const *hosts, const unsigned *weights);

/* As mc_client_new, with options of your own (NULL: the defaults). options and what it points to are copied. */
MC_EXPORT mc_client *mc_client_new_with_options(const char *const *hosts, const unsigned *weights,
                                                const mc_options *options);

/*
 * Closes the connections and frees the client; NULL is allowed. No other thread may be inside a call on it, nor start one,
 * and its views are freed first. Does not wait for a name look-up that hangs.
 */
MC_EXPORT void mc_client_free(mc_client *client);

/*
 * Replaces the hosts and weights, while other threads use the client: each call sees either the old list or the new one,
 * entirely. Hosts that are in both keep their connections and their health. On a view, it replaces those of its client.
 * Returns MC_OK; or MC_BAD_ARGUMENT or MC_NO_MEMORY, and the old hosts stay.
 */
MC_EXPORT mc_status mc_client_set_hosts(mc_client *client, const char *const *hosts, const unsigned *weights);

/*
 * Which hosts a key goes to: fills hosts[] (at most max of it) with indexes into the hosts as given. [0] is the key's home;
 * the next are where fail-over would go, in order of tries, a host as often as the tries come by it. Needs no connection.
 * Returns how many tries there are (10 with MC_FAILOVER_REHASH, 1 with MC_FAILOVER_NONE), also when max is smaller; 0 for a
 * key that is not legal.
 */
MC_EXPORT size_t mc_client_route(const mc_client *client, mc_slice key, size_t *hosts, size_t max);

/* Forgets which hosts are dead: the next call tries each again. python-memcached's forget_dead_hosts. */
MC_EXPORT void mc_client_forget_dead(mc_client *client);

/* Closes the connections that no call is using; later calls open new ones. python-memcached's disconnect_all. */
MC_EXPORT void mc_client_close_idle(mc_client *client);

/*
 * Other settings over the same hosts and connections. Start from MC_VIEW_INIT.
 */
typedef struct mc_view {
    size_t      size;       /* set by MC_VIEW_INIT */
    int         timeout_ms; /* 0: the client's; else a deadline of its own, 1 to 86,400,000 */
    const char *key_prefix; /* NULL: none; copied; put after the client's own prefix */
    bool        has_route;  /* use route instead of the key's hash */
    int64_t     route;      /* python-memcached's (hash, key): the number modulo the list's length picks the host */
    bool        noreply;    /* storage, delete, touch, incr and decr await no answer: MC_OK says that they were sent */
} mc_view;

/* What a view starts as: nothing differs from the client. */
#define MC_VIEW_INIT                                                                                                        \
    { sizeof(mc_view), 0, NULL, false, 0, false }

/*
 * A client that shares the hosts and connections of this one under other settings. Freed with mc_client_free, before its
 * client. A view of a view adds to the view. Returns NULL, with mc_error_detail(), for a setting out of range or no memory.
 */
MC_EXPORT mc_client *mc_client_view(mc_client *client, const mc_view *view);

/* ----------------------------------------------------------------------------------------------------------- storage -- */

/*
 * In all of these: ttl_s is the time to live in seconds from now, however many; 0 is for ever; negative is already expired.
 * (Past 30 days the library sends the absolute time, see protocol.txt, "Expiration times"; a moment past 2^31-1 is sent as
 * 2^31-1.) flags are 32 bits that come back with the value.
 *
 * Statuses of each: MC_OK; those of its own line; MC_BAD_ARGUMENT (a NULL client, or data NULL with a length), MC_BAD_KEY,
 * MC_TOO_LARGE; MC_NO_MEMORY, MC_UNREACHABLE, MC_NO_SERVER; MC_TIMEOUT, MC_CONNECTION_LOST, MC_PROTOCOL_ERROR;
 * MC_CLIENT_ERROR, MC_SERVER_ERROR.
 *
 * Retry: a set or replace whose connection breaks before a byte of the answer is sent once more on a fresh one; add, append,
 * prepend and cas never are, once sent: they end in MC_CONNECTION_LOST.
 */

/* Stores the value, whatever was there. */
MC_EXPORT mc_status mc_set(mc_client *client, mc_slice key, mc_slice value, uint32_t flags, int64_t ttl_s);

/* Stores the value if the key is not there; MC_NOT_STORED if it is. */
MC_EXPORT mc_status mc_add(mc_client *client, mc_slice key, mc_slice value, uint32_t flags, int64_t ttl_s);

/* Stores the value if the key is there; MC_NOT_STORED if it is not. */
MC_EXPORT mc_status mc_replace(mc_client *client, mc_slice key, mc_slice value, uint32_t flags, int64_t ttl_s);

/* Puts the bytes behind the value that is there, whose flags and time to live stay; MC_NOT_STORED if none is. */
MC_EXPORT mc_status mc_append(mc_client *client, mc_slice key, mc_slice value);

/* Puts the bytes before the value that is there, whose flags and time to live stay; MC_NOT_STORED if none is. */
MC_EXPORT mc_status mc_prepend(mc_client *client, mc_slice key, mc_slice value);

/*
 * Stores the value if the item is still the one whose token cas was read with mc_gets: MC_EXISTS if it has changed,
 * MC_NOT_FOUND if it is gone. Tokens start again when a server restarts, so one from before can match an item from after.
 */
MC_EXPORT mc_status mc_cas(mc_client *client, mc_slice key, mc_slice value, uint32_t flags, int64_t ttl_s, uint64_t cas);

/* --------------------------------------------------------------------------------------------------------- retrieval -- */

/*
 * A value that was read. Starts as MC_VALUE_INIT; each call that fills it reuses and grows its memory, as getline does;
 * mc_value_clear frees it. data has a NUL one past len, for those who print it. One thread at a time.
 */
typedef struct mc_value {
    char    *data;     /* the bytes */
    size_t   len;      /* how many */
    uint32_t flags;    /* as they were stored with the value */
    uint64_t cas;      /* filled by mc_gets and mc_gats; 0 otherwise */
    size_t   capacity; /* bytes at data; the library's own */
} mc_value;

/* What a value starts as: empty, without memory. */
#define MC_VALUE_INIT                                                                                                       \
    { NULL, 0, 0, 0, 0 }

/*
 * Reads a value. MC_OK fills value; any other status leaves it with a len of 0 and its memory for the next call.
 *
 * Statuses: MC_OK; MC_NOT_FOUND (a miss); MC_BAD_VALUE (flags over 32 bits, or, with MC_FORMAT_PYTHON, a value that does not
 * inflate, or to more than max_value_size); MC_BAD_ARGUMENT, MC_BAD_KEY; MC_NO_MEMORY, MC_UNREACHABLE, MC_NO_SERVER;
 * MC_TIMEOUT, MC_CONNECTION_LOST, MC_PROTOCOL_ERROR (also a value over max_value_size); MC_CLIENT_ERROR, MC_SERVER_ERROR.
 */
MC_EXPORT mc_status mc_get(mc_client *client, mc_slice key, mc_value *value);

/* As mc_get, and fills cas with the token for mc_cas. */
MC_EXPORT mc_status mc_gets(mc_client *client, mc_slice key, mc_value *value);

/* As mc_get, and gives the item a new time to live. */
MC_EXPORT mc_status mc_gat(mc_client *client, mc_slice key, int64_t ttl_s, mc_value *value);

/* As mc_gat, and fills cas. */
MC_EXPORT mc_status mc_gats(mc_client *client, mc_slice key, int64_t ttl_s, mc_value *value);

/* Copies data into value; flags and cas stay. MC_OK, MC_BAD_ARGUMENT or MC_NO_MEMORY (value as before). */
MC_EXPORT mc_status mc_value_set(mc_value *value, mc_slice data);

/* Frees what value holds; it is MC_VALUE_INIT again. NULL is allowed. */
MC_EXPORT void mc_value_clear(mc_value *value);

/* --------------------------------------------------------------------------------------- deleting, touching, counting -- */

/* Removes the item; MC_NOT_FOUND if it is not there. Other statuses as for storage. Sent again once, like set. */
MC_EXPORT mc_status mc_delete(mc_client *client, mc_slice key);

/* Gives the item a new time to live; MC_NOT_FOUND if it is not there. Other statuses as for storage. */
MC_EXPORT mc_status mc_touch(mc_client *client, mc_slice key, int64_t ttl_s);

/*
 * Adds delta to a value that is a decimal number, modulo 2^64, and fills *result (NULL is allowed) with the sum.
 * MC_NOT_FOUND if the key is not there; MC_CLIENT_ERROR if its value is not a number. Never sent twice. Other statuses as
 * for storage. A later mc_get may give the number with spaces behind it (protocol.txt, "Increment/Decrement").
 */
MC_EXPORT mc_status mc_incr(mc_client *client, mc_slice key, uint64_t delta, uint64_t *result);

/* As mc_incr, subtracting; stops at 0. */
MC_EXPORT mc_status mc_decr(mc_client *client, mc_slice key, uint64_t delta, uint64_t *result);

/* --------------------------------------------------------------------------------------------------------- many keys -- */

/*
 * All hosts are worked on at once, under one deadline. Each key gets its own status, in the caller's order; one key's error
 * costs no other key its answer. A key that stands twice is answered twice; of two sets of one key the later wins.
 *
 * They return MC_OK when every key was answered (MC_OK, MC_NOT_FOUND, MC_NOT_STORED or MC_EXISTS, as its status says; also
 * for a count of 0), MC_PARTIAL when some key was not, MC_BAD_ARGUMENT or MC_NO_MEMORY when nothing was tried.
 */

/* The answer for one key. */
typedef struct mc_result {
    mc_status status; /* as mc_get's */
    mc_slice  value;  /* when status is MC_OK; has a NUL one past len; valid until the results are reused or cleared */
    uint32_t  flags;  /* as they were stored with the value */
    uint64_t  cas;    /* filled by mc_gets_multi; 0 otherwise */
} mc_result;

/* The answers. Starts as MC_RESULTS_INIT; reused and grown by the next call, like mc_value. One thread at a time. */
typedef struct mc_results {
    mc_result *items;   /* count of them, in the order of the keys */
    size_t     count;   /* as many as were asked for */
    void      *storage; /* the library's own */
} mc_results;

/* What results start as: none, without memory. */
#define MC_RESULTS_INIT                                                                                                     \
    { NULL, 0, NULL }

/* One key and what is to be stored there. */
typedef struct mc_entry {
    mc_slice  key;    /* as mc_set's */
    mc_slice  value;  /* as mc_set's */
    uint32_t  flags;  /* as mc_set's */
    int64_t   ttl_s;  /* as mc_set's */
    mc_status status; /* out: what became of it */
} mc_entry;

/* Reads count keys. results->items[i] is the answer for keys[i]. */
MC_EXPORT mc_status mc_get_multi(mc_client *client, const mc_slice *keys, size_t count, mc_results *results);

/* As mc_get_multi, and fills cas. */
MC_EXPORT mc_status mc_gets_multi(mc_client *client, const mc_slice *keys, size_t count, mc_results *results);

/*
 * Stores count entries, as mc_set does; each entry's status says what became of it.
 *
 * mc_set_multi and mc_delete_multi use memcached's meta commands for a host that has 16 of the keys or more, where its
 * server knows them (memcached does from 1.6.10 on): it then answers only what it refuses, which is up to twice as fast. The
 * statuses say the same in either way. A new connection is asked first whether its server does, by commands that change
 * nothing. One that answers otherwise or closes the connection is written to in the classic way on another connection; one
 * that says nothing costs the call a tenth of its time, and is not asked again for a minute.
 *
 * A server that runs out of memory, or finds a value too large, does not say which of the entries it means. Those of that
 * host are then sent once more, one by one: entries that were stored the first time are stored twice.
 */
MC_EXPORT mc_status mc_set_multi(mc_client *client, mc_entry *entries, size_t count);

/* Removes count keys; statuses[i], if statuses is not NULL, says what became of keys[i]. A key is never deleted twice to
 * learn what became of it: where a server's error does not say which key it means, up to 1024 keys are MC_PROTOCOL_ERROR. */
MC_EXPORT mc_status mc_delete_multi(mc_client *client, const mc_slice *keys, size_t count, mc_status *statuses);

/* Frees what results holds; it is MC_RESULTS_INIT again. NULL is allowed. */
MC_EXPORT void mc_results_clear(mc_results *results);

/* ------------------------------------------------------------------------------------------------------ typed values -- */

/*
 * python-memcached and pylibmc tell a value's type by bits of its flags. The functions here write and read those bits in
 * either format; what MC_FORMAT_PYTHON adds is zlib:
 *
 * On the way out, with compress_above n > 0, set, add, replace, cas, mc_set_multi and mc_update deflate a value longer than
 * n bytes and add MC_FLAG_ZLIB, where that makes it smaller. Values flagged as integers are never deflated, so that incr and
 * decr work on them; nor are those whose flags have MC_FLAG_ZLIB already, which are taken to be deflated; nor what append
 * and prepend send. mc_set and the like then also return MC_NO_MEMORY when there is none to deflate in: nothing was sent.
 *
 * On the way in, a value whose flags have MC_FLAG_ZLIB is inflated and the bit is cleared, whatever compress_above is. It is
 * MC_BAD_VALUE, for its key alone, if it is not one whole zlib stream with the right checksum and nothing behind it (what an
 * append to a deflated value leaves), or inflates to more than max_value_size: memory is taken as output comes, never more
 * than that calls for. mc_error_detail() tells which.
 *
 * The time for both counts towards the call's deadline; a value that is begun is finished, so a call may end later by what
 * one takes. mc_set_multi deflates all before it sends any.
 *
 * With MC_FORMAT_RAW nothing is deflated or inflated.
 */

/* The bits. */
#define MC_FLAG_PICKLE 1u  /* a Python object: handed over as its bytes, never executed */
#define MC_FLAG_INTEGER 2u /* decimal text: python-memcached's integers, however large; pylibmc's booleans, 0 and 1 */
#define MC_FLAG_LONG 4u    /* decimal text: pylibmc's integers, however large; Python 2's long */
#define MC_FLAG_ZLIB 8u    /* deflated; comes with one of the others or alone */
#define MC_FLAG_TEXT 16u   /* UTF-8 (in pylibmc before 1.6.0: a boolean) */

/* What a value is, by its flags. */
typedef enum mc_kind {
    MC_KIND_BYTES = 0,   /* flags 0 */
    MC_KIND_TEXT = 1,    /* MC_FLAG_TEXT: UTF-8, which is not checked */
    MC_KIND_INTEGER = 2, /* MC_FLAG_INTEGER or MC_FLAG_LONG: decimal text; see mc_value_int */
    MC_KIND_PICKLE = 3,  /* MC_FLAG_PICKLE */
    MC_KIND_UNKNOWN = 4  /* any other flags: another program's own, or, with MC_FORMAT_RAW, MC_FLAG_ZLIB */
} mc_kind;

/* Room for the decimal text of any int64_t. */
#define MC_INT_SIZE 20

/* Stores number as decimal text with MC_FLAG_INTEGER, as python-memcached does. As mc_set otherwise. */
MC_EXPORT mc_status mc_set_int(mc_client *client, mc_slice key, int64_t number, int64_t ttl_s);

/* Stores text, which should be UTF-8 (it is not checked; Python cannot read it otherwise), with MC_FLAG_TEXT. As mc_set
 * otherwise. */
MC_EXPORT mc_status mc_set_text(mc_client *client, mc_slice key, mc_slice utf8, int64_t ttl_s);

/* The kind of a value that was read, by its flags alone. Any thread; never fails. NULL: MC_KIND_UNKNOWN. */
MC_EXPORT mc_kind mc_value_kind(const mc_value *value);

/*
 * Reads a value as a number, whatever its kind: a counter may have been stored with any flags. It is decimal digits, with
 * "-" before them if it is negative, and nothing else but spaces behind them, which decr leaves when a number becomes
 * shorter (protocol.txt, "Increment/Decrement"). Zeros before other digits are allowed.
 * MC_OK fills *number; MC_BAD_VALUE (also for a number outside of int64_t) and MC_BAD_ARGUMENT (a NULL) leave it.
 */
MC_EXPORT mc_status mc_value_int(const mc_value *value, int64_t *number);

/* The same for one of the results of a multi command. Its status must be MC_OK: of others the kind is MC_KIND_UNKNOWN, and
 * mc_result_int returns MC_BAD_VALUE. */
MC_EXPORT mc_kind   mc_result_kind(const mc_result *result);
MC_EXPORT mc_status mc_result_int(const mc_result *result, int64_t *number);

/*
 * Entries for mc_set_multi that are stored as mc_set_int and mc_set_text store them. text has room for MC_INT_SIZE bytes;
 * the number is written there and the entry points to it, so it must stay until mc_set_multi has returned.
 */
MC_EXPORT mc_entry mc_entry_int(mc_slice key, int64_t number, int64_t ttl_s, char *text);
MC_EXPORT mc_entry mc_entry_text(mc_slice key, mc_slice utf8, int64_t ttl_s);

/* ----------------------------------------------------------------------------------------------- read, compute, store -- */

/*
 * Computes the value to be stored from the one that is there (current; NULL: none). Fills next with mc_value_set and
 * next->flags (which start as current's, or 0). Returns MC_OK to store next; anything else stops the update, which returns
 * it. May run several times for one mc_update, so it must not have other effects that count.
 */
typedef mc_status mc_update_fn(const mc_value *current, mc_value *next, void *arg);

/*
 * Reads the value with its token, lets fn compute, stores with cas (with add where there was none); on a conflict again,
 * with short pauses at random, until the deadline.
 *
 * Returns MC_OK; what fn returned, if not MC_OK; MC_EXISTS when the deadline came before a conflict was won; or the status
 * of the read or the store that failed. After MC_TIMEOUT, MC_CONNECTION_LOST or MC_PROTOCOL_ERROR the store may have been
 * done.
 */
MC_EXPORT mc_status mc_update(mc_client *client, mc_slice key, mc_update_fn *fn, void *arg, int64_t ttl_s);

/* ----------------------------------------------------------------------------------------------------- whole servers -- */

/*
 * These ask every host (also one of weight 0) once, dead or not, all at once, and return MC_OK when all answered,
 * MC_PARTIAL when some did not, MC_BAD_ARGUMENT or MC_NO_MEMORY when none was asked. Callbacks run after the answers are in,
 * in the caller's thread. host is the address with its port ("127.0.0.1:11211"), valid during the callback, as are the
 * slices.
 */

/* Told of one host. */
typedef void mc_server_fn(const char *host, mc_status status, mc_slice version, void *arg);

/* Told of one statistic of one host: status is MC_OK. For a host that was not heard out, it is called once more with the
 * host's status and an empty name and value. */
typedef void mc_stat_fn(const char *host, mc_status status, mc_slice name, mc_slice value, void *arg);

/* Makes every item of every host invalid, delay_s seconds from now (0: at once). */
MC_EXPORT mc_status mc_flush_all(mc_client *client, uint32_t delay_s);

/* Calls each, once for each host, with the version of its server (empty unless status is MC_OK). */
MC_EXPORT mc_status mc_version(mc_client *client, mc_server_fn *each, void *arg);

/*
 * Calls each for every statistic of every host. what selects a group ("items", "slabs", "settings", ...; empty: the general
 * ones); it is words of 0x21 to 0x7e with single spaces between them, at most MC_KEY_MAX bytes, else MC_BAD_ARGUMENT.
 */
MC_EXPORT mc_status mc_stats(mc_client *client, mc_slice what, mc_stat_fn *each, void *arg);

#ifdef __cplusplus
}
#endif

#endif
