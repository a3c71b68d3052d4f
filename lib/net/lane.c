#include "net/lane.h"

#include "net/board.h"

#include <sched.h>

/* So often one gives way. Who has done so for longer than this has met some that are not of this lane, and nobody does for a
 * while. Nor does one whose deadline is near. */
#define YIELDS 3
#define YIELD_MAX (2 * MC__MS)
#define YIELD_PAUSE (20 * MC__MS)
#define YIELD_MARGIN (100 * MC__MS)

void mc__lane_add(mc__lane *lane, mc__rider *rider) {
    rider->queued = true;
    rider->next = NULL;
    rider->previous = lane->last;
    if (lane->last)
        lane->last->next = rider;
    else
        lane->first = rider;
    lane->last = rider;
    mc__lane_count(&lane->queued, 1);
}

void mc__lane_remove(mc__lane *lane, mc__rider *rider) {
    if (rider->previous)
        rider->previous->next = rider->next;
    else
        lane->first = rider->next;
    if (rider->next)
        rider->next->previous = rider->previous;
    else
        lane->last = rider->previous;
    rider->queued = false;
    mc__lane_count(&lane->queued, -1);
}

bool mc__lane_leave(mc__lane *lane, mc__rider *rider) {
    bool queued;

    mc__lock_take(&lane->lock);
    queued = rider->queued;
    if (queued)
        mc__lane_remove(lane, rider);
    mc__lock_release(&lane->lock);
    return queued;
}

/* Known at once when they become more, and one by one when they become fewer. */
void mc__lane_note_crowd(mc__lane *lane, size_t aboard) {
    unsigned before = atomic_load_explicit(&lane->crowd, memory_order_relaxed);
    unsigned crowd = aboard >= before ? (unsigned)aboard : before - 1;

    if (crowd != before)
        atomic_store_explicit(&lane->crowd, crowd, memory_order_relaxed);
}

/* As many are here as of late: nobody else is likely to come. */
static bool are_all_here(const mc__lane *lane, unsigned more) {
    return more + atomic_load_explicit(&lane->queued, memory_order_relaxed) +
               atomic_load_explicit(&lane->riding, memory_order_relaxed) >=
           atomic_load_explicit(&lane->crowd, memory_order_relaxed);
}

/* false: the processor is wanted by others, or was of late. */
static bool give_way(mc__lane *lane, mc__time deadline) {
    mc__time before = mc__time_now(), after;

    if (before < atomic_load_explicit(&lane->yield_from, memory_order_relaxed) || deadline - before < YIELD_MARGIN)
        return false;
    sched_yield();
    after = mc__time_now();
    if (after - before <= YIELD_MAX)
        return true;
    atomic_store_explicit(&lane->yield_from, after + YIELD_PAUSE, memory_order_relaxed);
    return false;
}

void mc__lane_let_others_come(mc__lane *lane, unsigned more, mc__time deadline) {
    for (int times = 0; times < YIELDS && give_way(lane, deadline) && !are_all_here(lane, more); times++)
        continue;
}
