/*
 * A stock level that several threads change at the same time, and no change is lost: mc_update reads the value with its
 * token, lets a function compute the next one, and stores it only if nobody else has stored in between; otherwise it starts
 * again.
 *
 *     cas_retry 127.0.0.1:12000
 */
#include <mcclient/mcclient.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 8
#define SALES_PER_THREAD 50
#define STOCK 350 /* less than the 400 that the threads try to sell */

static const char stock_key[] = "cas_retry:stock";

typedef struct seller {
    mc_client *mc;
    pthread_t  thread;
    unsigned   sold;
    unsigned   sold_out;
    unsigned   failed;
} seller;

/* Computes the next stock level. It may run several times for one sale, so it only computes. */
static mc_status sell_one(const mc_value *current, mc_value *next, void *arg) {
    char text[32];
    long stock;

    (void)arg;
    if (!current)
        return MC_NOT_FOUND; /* nobody has stored a stock level: stop */
    stock = strtol(current->data, NULL, 10);
    if (stock <= 0)
        return MC_NOT_STORED; /* sold out: stop */
    snprintf(text, sizeof text, "%ld", stock - 1);
    return mc_value_set(next, mc_str(text));
}

static void *sell(void *arg) {
    seller *self = arg;

    for (int i = 0; i < SALES_PER_THREAD; i++) {
        mc_status status = mc_update(self->mc, mc_str(stock_key), sell_one, NULL, 0);

        if (status == MC_OK) {
            self->sold++;
        } else if (status == MC_NOT_STORED) {
            self->sold_out++;
        } else { /* MC_EXISTS: the others were quicker until the deadline; or no server could do it */
            self->failed++;
            fprintf(stderr, "cas_retry: %s (%s)\n", mc_status_text(status), mc_error_detail());
        }
    }
    return NULL;
}

/* Runs the sellers and returns how many failed, or -1. */
static int run_sellers(mc_client *mc) {
    seller   sellers[THREADS] = {{0}};
    unsigned sold = 0, sold_out = 0, failed = 0;
    int      started = 0;

    for (; started < THREADS; started++) {
        sellers[started].mc = mc;
        if (pthread_create(&sellers[started].thread, NULL, sell, &sellers[started]) != 0)
            break;
    }
    for (int i = 0; i < started; i++) {
        pthread_join(sellers[i].thread, NULL);
        sold += sellers[i].sold;
        sold_out += sellers[i].sold_out;
        failed += sellers[i].failed;
    }
    printf("%d threads: %u sold, %u times sold out, %u failed\n", started, sold, sold_out, failed);
    return started == THREADS && failed == 0 && sold == STOCK ? 0 : -1;
}

int main(int argc, char **argv) {
    static const char *const default_hosts[] = {"127.0.0.1:11211", NULL};
    mc_options               options = MC_OPTIONS_INIT;
    mc_value                 left = MC_VALUE_INIT;
    mc_client               *mc;
    char                     text[32];
    int                      failed = 1;

    options.timeout_ms = 10000; /* for a whole update with all its conflicts */
    mc = mc_client_new_with_options(argc > 1 ? (const char *const *)argv + 1 : default_hosts, NULL, &options);
    if (!mc) {
        fprintf(stderr, "cas_retry: %s\n", mc_error_detail());
        return EXIT_FAILURE;
    }
    snprintf(text, sizeof text, "%d", STOCK);
    if (mc_set(mc, mc_str(stock_key), mc_str(text), 0, 0) == MC_OK) {
        failed = run_sellers(mc) != 0;
        if (mc_get(mc, mc_str(stock_key), &left) == MC_OK)
            printf("stock left: %.*s\n", (int)left.len, left.data);
        mc_delete(mc, mc_str(stock_key));
    } else {
        fprintf(stderr, "cas_retry: %s\n", mc_error_detail());
    }
    mc_value_clear(&left);
    mc_client_free(mc);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
