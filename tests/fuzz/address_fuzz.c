/* Addresses as anybody may write them: what is parsed names the same host when its name is parsed again. */
#include "cluster/address.h"
#include "fuzz/fuzz_target.h"

#include <string.h>

#define ADDRESS_MAX 600

/* Behind such a host's name its port would be read as what the prefix stands before. */
static bool is_called_like_a_prefix(const mc__address *address) {
    return address->kind == MC__ADDRESS_ANY &&
           (strcmp(address->host, "inet") == 0 || strcmp(address->host, "inet6") == 0 || strcmp(address->host, "unix") == 0);
}

static void check(const mc__address *address) {
    mc__address again = {0};

    FUZZ_REQUIRE(address->host && address->host[0] != '\0' && address->name);
    FUZZ_REQUIRE((address->kind == MC__ADDRESS_UNIX) == (address->port == 0));
    FUZZ_REQUIRE((address->kind == MC__ADDRESS_UNIX) == (address->host[0] == '/'));
    if (is_called_like_a_prefix(address))
        return;
    FUZZ_REQUIRE(mc__address_parse(address->name, &again) == MC_OK);
    FUZZ_REQUIRE(strcmp(again.name, address->name) == 0 && strcmp(again.host, address->host) == 0);
    FUZZ_REQUIRE(again.kind == address->kind && again.port == address->port);
    mc__address_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char        text[ADDRESS_MAX + 1];
    mc__address address;

    if (size > ADDRESS_MAX)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (mc__address_parse(text, &address) == MC_OK) {
        check(&address);
        mc__address_clear(&address);
    } else {
        FUZZ_REQUIRE(!address.host && !address.name);
        FUZZ_REQUIRE(mc_error_detail()[0] != '\0');
    }
    return 0;
}
