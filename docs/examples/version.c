/*
 * Whether the library that runs is the one that the program was compiled
 * for.
 */
#include <mcclient/mcclient.h>
#include <stdio.h>

int main(void) {
    if (strcmp(mc_library_version(), MCCLIENT_VERSION) != 0)
        printf("compiled for %s, running on %s\n", MCCLIENT_VERSION,
               mc_library_version());
    else
        printf("as compiled\n");
    return 0;
}
