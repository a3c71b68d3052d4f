/*
 * One connection for the requests of several threads, while they come faster than it answers. Whoever comes waits in the
 * queue of his lane or, where not many have met yet, of the pool; one of them sends for all who wait (keys to get become one
 * line), and one of them receives for all. The others sleep, each until its own answer is there, and no longer than until
 * its own deadline: who leaves early leaves its place behind, where its answer is read and thrown away. Who receives and is
 * done, or leaves, is followed by another.
 *
 * The pipeline of such a connection touches the memory of other threads' calls: under the lock of its lane, which nobody
 * holds while he waits for the network.
 */
#ifndef MC_NET_SHARE_H
#define MC_NET_SHARE_H

#include "net/board.h"
#include "net/host.h"

/* Values up to this size are sent on a lane; larger ones would hold up the others. */
#define MC__SHARE_VALUE_MAX 2048

typedef struct mc__share mc__share;

/* What the caller is to do next. */
typedef enum mc__duty {
    MC__DUTY_NONE, /* look at its state: wait, or be done. The share may be gone */
    MC__DUTY_READ,
    MC__DUTY_SEND /* for others, and then to read */
} mc__duty;

/* On the lane of this number, here and below. Of a connection on which nothing is asked. The caller sends first, and its
 * rider, which is in no queue, is the first on board. NULL: no memory. */
mc__share *mc__share_open(mc__host *host, unsigned number, mc__connection *connection, mc__rider *rider);

/* The short way, where many have met on a lane of late: the caller's rider, which is in no queue, waits in the lane's.
 * false: it is to go the pool's way. *share: the caller is the one who sends there now; NULL: somebody does. */
bool mc__share_enter(mc__host *host, unsigned number, mc__rider *rider, mc__time now, mc__share **share);

/* For one who has gone the short way, and waited for long: as mc__pool_break_out. */
mc__taken mc__share_break_out(mc__host *host, unsigned number, mc__rider *rider, mc__connection **connection);

/* What is shared on the lane that the caller's rider, which is in the pool's queue, waits for: the caller is the one who
 * sends there now. NULL: there is none on which nobody sends, or it is on board already; *stuck: it has not moved for a
 * while, and it is better not to wait. */
mc__share *mc__share_join(mc__host *host, unsigned number, mc__rider *rider, mc__time now, bool *stuck);

/* Sends what all ask who wait, until nobody does or there is no room. By who has opened, entered or joined. */
mc__duty mc__share_send(mc__share *share, mc__rider *self, mc__time deadline);

/* Receives once. By who reads; again, while the duty is to read. Sending, where that is the duty, comes before. It waits to
 * until, which is not behind the deadline; as long as a wait in the socket ends before that, it may be later by such a wait.
 */
mc__duty mc__share_read(mc__share *share, mc__rider *self, mc__time now, mc__time until, mc__time deadline);

/* Whether others are on board with the rider, whose lane it is, or have just left in vain. */
bool mc__share_has_others(mc__host *host, unsigned number, const mc__rider *self);

/* Leaves early: by who has been on board. Where it has been told its end in this moment, nothing is done, and its state says
 * which; else that is MC__RIDING_WAITS or MC__RIDING_READS still. */
mc__duty mc__share_leave(mc__host *host, unsigned number, mc__rider *self);

#endif
