#include "cli/each_host.h"

#include "cli/outcome.h"
#include "cli/session.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* One host's thread. */
typedef struct asker {
    cli_ask_fn      *ask;
    cli_host_answer *answer;
    pthread_t        thread;
    bool             is_running;
} asker;

static void *ask_one(void *given) {
    asker *self = given;

    self->ask(self->answer);
    if (self->answer->status != MC_OK) /* words of this thread alone */
        snprintf(self->answer->detail, sizeof self->answer->detail, "%s", mc_error_detail());
    return NULL;
}

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count, size);

    if (memory == NULL) {
        errno = ENOMEM;
        exit(cli_tell_errno("the hosts"));
    }
    return memory;
}

cli_host_answer *cli_each_host(const cli_call *call, cli_ask_fn *ask) {
    size_t           count = call->hosts.count;
    cli_host_answer *answers = allocate(count, sizeof *answers);
    asker           *askers = allocate(count, sizeof *askers);

    for (size_t i = 0; i < count; i++) {
        answers[i] =
            (cli_host_answer){.call = call, .host = call->hosts.addresses[i], .client = cli_session_open_alone(call, i)};
        askers[i] = (asker){.ask = ask, .answer = &answers[i]};
        askers[i].is_running = pthread_create(&askers[i].thread, NULL, ask_one, &askers[i]) == 0;
        if (!askers[i].is_running)
            ask_one(&askers[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (askers[i].is_running)
            pthread_join(askers[i].thread, NULL);
        mc_client_free(answers[i].client);
    }
    free(askers);
    return answers;
}
