#include "net/run.h"

#include <errno.h>
#include <stdlib.h>

/* Calls up to this many are polled without an allocation. */
#define FEW 64

/* Steps the calls that are ready or whose own time has come; returns how many are not done. */
static size_t step_ready(mc__call *calls, size_t count, const struct pollfd *polls, const mc__turn *turn) {
    size_t pending = 0;
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        mc__call *call = &calls[i];
        bool      ready;
        if (call->state == MC__CALL_DONE)
            continue;
        ready = polls[at++].revents != 0;
        if (ready || mc__call_is_due(call, turn->now))
            mc__call_step(call, turn, ready);
        if (call->state != MC__CALL_DONE)
            pending++;
    }
    return pending;
}

static void stop_all(mc__call *calls, size_t count, mc__time now, mc_status status) {
    for (size_t i = 0; i < count; i++) {
        if (calls[i].state != MC__CALL_DONE)
            mc__call_stop(&calls[i], now, status);
    }
}

/* Polls; for the first spin_us again and again, without sleeping. */
static int wait_until(struct pollfd *polls, nfds_t count, mc__time until, int spin_us) {
    mc__time now = mc__time_now();
    mc__time spin_until = mc__earlier(now + spin_us * MC__US, until);
    int      found = 0;

    for (; found == 0 && now < spin_until; now = mc__time_now())
        found = poll(polls, count, 0);
    return found != 0 ? found : poll(polls, count, mc__deadline_left_ms(until, now));
}

/* One wait for all that are not done. false: the run is over. */
static bool wait_and_step(mc__call *calls, size_t count, struct pollfd *polls, mc__turn *turn) {
    mc__time until = turn->deadline;
    nfds_t   waiting = 0;

    for (size_t i = 0; i < count; i++) {
        if (calls[i].state != MC__CALL_DONE)
            until = mc__earlier(until, mc__call_wants(&calls[i], turn->deadline, &polls[waiting++]));
    }
    for (nfds_t i = 0; i < waiting; i++)
        polls[i].revents = 0;
    if (wait_until(polls, waiting, until, calls->host->settings->spin_us) < 0 && errno != EINTR && errno != EAGAIN) {
        stop_all(calls, count, turn->now, MC_NO_MEMORY);
        return false;
    }
    turn->now = mc__time_now();
    if (step_ready(calls, count, polls, turn) == 0)
        return false;
    if (turn->now < turn->deadline)
        return true;
    stop_all(calls, count, turn->now, MC_TIMEOUT);
    return false;
}

/* The longest wait in turn; this part of what the calls have left, if that is less; and the shortest for which it is worth
 * it. Whoever is slow keeps the others from being heard for so long, once. */
#define TURN_WAIT_MS 100
#define TURN_WAIT_PART 8
#define TURN_WAIT_MIN_MS 10

/* As mc__turn has it. */
static int longest_wait_ms(const mc__call *calls, mc__time now, mc__time deadline) {
    mc__time part_ms = (deadline - now) / TURN_WAIT_PART / MC__MS;

    if (calls->host->settings->spin_us > 0 || part_ms < TURN_WAIT_MIN_MS)
        return 0;
    return part_ms < TURN_WAIT_MS ? (int)part_ms : TURN_WAIT_MS;
}

static bool all_take_turns(mc__call *calls, size_t count, const mc__turn *turn) {
    for (size_t i = 0; i < count; i++) {
        if (calls[i].state != MC__CALL_DONE && !mc__call_takes_turns(&calls[i], turn))
            return false;
    }
    return true;
}

/* All have sent what they have to send, and are answered at about the same time: each waits for its answer in the socket, in
 * turn, which saves asking which has come. As soon as one takes long, or has more to do, all are polled. Returns whether
 * some are not done. */
static bool receive_in_turn(mc__call *calls, size_t count, mc__turn *turn) {
    bool in_turn = !turn->alone && all_take_turns(calls, count, turn);
    bool pending = false;

    for (size_t i = 0; i < count; i++) {
        if (in_turn && calls[i].state != MC__CALL_DONE) {
            mc__turn its = *turn;
            its.in_turn = true;
            mc__call_step(&calls[i], &its, false);
            turn->now = mc__time_now();
            in_turn = calls[i].state == MC__CALL_DONE && turn->now - its.now < MC__TURN_LENGTH;
        } else if (calls[i].state == MC__CALL_ASKED) {
            mc__call_step(&calls[i], turn, false);
        }
        pending = pending || calls[i].state != MC__CALL_DONE;
    }
    return pending;
}

/* Until all are done, by poll. */
static void poll_all(mc__call *calls, size_t count, mc__turn *turn) {
    struct pollfd  few[FEW];
    struct pollfd *polls = few;

    if (count > FEW)
        polls = malloc(count * sizeof *polls);
    if (!polls)
        stop_all(calls, count, turn->now, MC_NO_MEMORY);
    else
        while (wait_and_step(calls, count, polls, turn))
            continue;
    if (polls != few)
        free(polls);
}

void mc__calls_run(mc__call *calls, size_t count, mc__time deadline) {
    mc__turn turn = {.now = mc__time_now(), .deadline = deadline, .alone = count == 1};
    bool     pending = false;

    if (turn.now >= deadline) {
        stop_all(calls, count, turn.now, MC_TIMEOUT);
        return;
    }
    turn.wait_ms = longest_wait_ms(calls, turn.now, deadline);
    for (size_t i = 0; i < count; i++) {
        mc__call_step(&calls[i], &turn, false);
        pending = pending || calls[i].state != MC__CALL_DONE;
    }
    if (pending && receive_in_turn(calls, count, &turn))
        poll_all(calls, count, &turn);
}
