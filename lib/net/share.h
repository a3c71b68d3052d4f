/*
 * One connection for the requests of several threads. The thread that has the connection leads: it takes along all who wait
 * for one, sends what they ask together with its own request (keys to get become one line), and receives for all. Each of
 * them sleeps until its own answer is there, and no longer than until its own deadline: whoever leaves early leaves its
 * place behind, where its answer is read and thrown away. A leader that is done, or leaves, before the others are hands the
 * lead to one of them.
 *
 * While a connection is shared, its pipeline touches the memory of other threads' calls: under the pool's ride lock, which
 * nobody holds while he waits for the network.
 */
#ifndef MC_NET_SHARE_H
#define MC_NET_SHARE_H

#include "net/host.h"

/* So many ride with one leader, and one less. */
#define MC__SHARE_MAX 32

/* Values up to this size ride; larger ones would hold up the others. */
#define MC__SHARE_VALUE_MAX 2048

typedef struct mc__share mc__share;

typedef enum mc__riding {
    MC__RIDING,          /* another leads */
    MC__RIDING_LEADS,    /* it leads, with the connection */
    MC__RIDING_ANSWERED, /* through its exchange */
    MC__RIDING_FAILED,   /* the connection broke: failure and reason say why, its exchange whether it was sent */
    MC__RIDING_LEFT      /* out: it goes on alone */
} mc__riding;

/* A call with one request that may share. */
typedef struct mc__rider {
    /* Set by the call. */
    mc__park      park;
    mc__exchange *exchange; /* of one request */
    char         *reason;   /* room for why it failed */
    size_t        reason_size;

    /* What came of it, from when its park is set; under the ride lock before. */
    mc__riding state;
    mc__share *share;
    mc_status  failure;
    bool       heard; /* a byte of the host has come */
    size_t     place; /* in the share */
} mc__rider;

/* Those who have been told what came of their requests, and may sleep still. */
typedef struct mc__sleepers {
    const mc__park *parks[MC__SHARE_MAX]; /* their memory may be gone */
    size_t          count;
} mc__sleepers;

void mc__sleepers_wake(mc__sleepers *sleepers);

/* Takes along who waits for a connection of the host, for a leader with a connection on which nothing is asked; the requests
 * of all are in its pipeline then. false: nobody does, or there is no memory: the leader goes alone. */
bool mc__share_begin(mc__host *host, mc__connection *connection, mc__rider *leader);

/* The connection; for the leader. */
mc__connection *mc__share_connection(const mc__share *share);

/* Wakes whom the last transfer answered. After each, by the leader, without the ride lock. */
void mc__share_wake(mc__share *share);

/* A byte of the host has come. */
void mc__share_heard(mc__share *share);

/* The rider leaves early. Returns its state before: only from MC__RIDING and MC__RIDING_LEADS has it left. */
mc__riding mc__share_leave(mc__host *host, mc__rider *rider);

/* The leader, which is answered or has left, is followed by one who is neither. false: there is none. */
bool mc__share_hand_over(mc__share *share);

/* The connection is of no more use: abandons its pipeline and tells those who are not answered. */
void mc__share_break(mc__share *share, mc_status status, const char *reason);

/* The leader is the last to use the share: the connection is its own again, or to be dropped. asleep: those who are to be
 * woken still. Returns how many were taken along. */
size_t mc__share_end(mc__share *share, mc__sleepers *asleep);

#endif
