/*
 * Calls that meet at a host, each in a thread of its own, so that they share its connection: a row of a table says what they
 * ask, what the host does, and what each must come to.
 *
 *     {"a miss among values",
 *      {{"get a", TO "OK=1"}, {"get b", TO "NOT_FOUND"}},
 *      {EXPECT("get a b\r\n"), SEND("VALUE a 0 1\r\n1\r\nEND\r\n")},
 *      KEPT},
 *
 * The client may have one connection, and somebody else uses it until all wait for it, so the first ride leads, the others
 * go with it in their order, and the host sees the same bytes each time.
 */
#ifndef MC_SUPPORT_RIDES_H
#define MC_SUPPORT_RIDES_H

#include "support/reply_trial.h"

#define RIDES_MAX 10

typedef enum haste {
    IS_PATIENT, /* has plenty of time */
    IS_EARLY,   /* ends while the host awaits its go, which comes for that */
    IS_HURRIED  /* the same, by its deadline */
} haste;
#define EARLY .haste = IS_EARLY
#define HURRIED .haste = IS_HURRIED

typedef struct ride {
    const char *asks;     /* "get a", "gat 60 a", "set a v", "cas a v" (of 9), "incr a 5", "touch a 60", "delete a" */
    const char *comes_to; /* "OK=v", with "/flags" where there are, and "#cas" with a token; "OK=15"; "TIMEOUT" */
    haste       haste;
    const char *prefix; /* of a view that is freed right after the call; NULL: none */
    bool        silent; /* by a view that awaits no replies */
} ride;
#define TO .comes_to =

typedef struct ride_row {
    const char      *name;
    ride             rides[RIDES_MAX + 1]; /* the last has no asks */
    host_step        steps[12];            /* what the host does on the connection that is shared */
    fate             connection;
    const char      *says;  /* in the detail of each that is no answer; NULL: whatever */
    const host_step *later; /* what the next connections play; NULL: they answer each line with END */
} ride_row;

/* What rides have in common, for tests that make their own. */
typedef struct ride_result {
    mc_status status;
    char      text[160]; /* as comes_to has it */
    char      detail[512];
    bool      in_time;
} ride_result;

/* Makes the call, with that much time. */
void ride_take(const ride *self, mc_client *client, int timeout_ms, ride_result *result);

/* A client that may have that many connections to the host. */
mc_client *ride_client(const char *host, unsigned connections);

/* How many calls wait for a connection of the client's only host, or on a lane of it, and how many wait until there are so
 * many. */
size_t ride_queue_length(mc_client *client);
void   ride_await_queue(mc_client *client, size_t length);

/* Whether nothing is left of any call: nobody waits, leads or rides, and no lane is open. */
bool ride_all_is_quiet(mc_client *client);

/* Tries a row in a way. */
void ride_trial(const ride_row *row, const reply_way *way, complaint *wrong);

/* Trial functions for tables of ride_row: whole on TCP; and all ways: also byte by byte, and split in two at each byte. */
void ride_trial_whole(size_t row, const void *table, complaint *wrong);
void ride_trial_all_ways(size_t row, const void *table, complaint *wrong);

#endif
