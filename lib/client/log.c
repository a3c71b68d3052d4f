#include "mcclient/mcclient.h"

#include <stdio.h>

void mc_log_stderr(void *arg, const char *message) {
    (void)arg;
    fprintf(stderr, "mcclient: %s\n", message);
}
