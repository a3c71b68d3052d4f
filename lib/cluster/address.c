#include "cluster/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/un.h>

#include "base/number.h"
#include "base/status.h"

/* A text taken apart, nothing checked yet. */
typedef struct address_parts {
    mc__address_kind kind;
    mc_slice         host;
    mc_slice         port;
    bool             has_port;
} address_parts;

/* The functions below say what is wrong as a static text, NULL when nothing is. */

static mc_slice behind(mc_slice text, size_t len) {
    return mc_bytes(text.data + len, text.len - len);
}

static bool take(mc_slice *text, mc_slice prefix) {
    if (text->len < prefix.len || memcmp(text->data, prefix.data, prefix.len) != 0)
        return false;
    *text = behind(*text, prefix.len);
    return true;
}

static const char *split_port(mc_slice text, address_parts *parts) {
    parts->has_port = text.len > 0;
    if (parts->has_port && !take(&text, MC__LITERAL(":")))
        return "after the bracket comes :port or nothing";
    parts->port = text;
    return NULL;
}

static const char *split_bracketed(mc_slice text, address_parts *parts) {
    const char *bracket;

    parts->kind = MC__ADDRESS_INET6;
    if (!take(&text, MC__LITERAL("[")))
        return "an IPv6 address goes in brackets, as in [::1]:11211";
    bracket = memchr(text.data, ']', text.len);
    if (bracket == NULL)
        return "the closing bracket is missing";
    parts->host = mc_bytes(text.data, (size_t)(bracket - text.data));
    return split_port(behind(text, parts->host.len + 1), parts);
}

static const char *split_name(mc_slice text, address_parts *parts) {
    const char *colon = memchr(text.data, ':', text.len);

    parts->host = text;
    if (colon == NULL)
        return NULL;
    parts->host.len = (size_t)(colon - text.data);
    parts->port = behind(text, parts->host.len + 1);
    parts->has_port = true;
    if (memchr(parts->port.data, ':', parts->port.len) != NULL)
        return "more than one colon; an IPv6 address goes in brackets, as in [::1]:11211";
    return NULL;
}

static const char *split(mc_slice text, address_parts *parts) {
    if (take(&text, MC__LITERAL("unix:")) || (text.len > 0 && text.data[0] == '/')) {
        parts->kind = MC__ADDRESS_UNIX;
        parts->host = text;
        return NULL;
    }
    if (take(&text, MC__LITERAL("inet6:")) || (text.len > 0 && text.data[0] == '['))
        return split_bracketed(text, parts);
    parts->kind = take(&text, MC__LITERAL("inet:")) ? MC__ADDRESS_INET : MC__ADDRESS_ANY;
    return split_name(text, parts);
}

static bool is_name_byte(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '.' ||
           byte == '-' || byte == '_';
}

static bool is_name(mc_slice text) {
    for (size_t i = 0; i < text.len; i++)
        if (!is_name_byte(text.data[i]))
            return false;
    return text.len > 0;
}

static const char *check_name(mc_slice name) {
    if (name.len == 0)
        return "the host's name is empty";
    if (name.len > MC__HOST_NAME_MAX)
        return "the host's name is over 255 bytes";
    return is_name(name) ? NULL : "a host's name is of letters, digits, '.', '-' and '_'";
}

static const char *check_path(mc_slice path) {
    struct sockaddr_un address;

    if (path.len == 0 || path.data[0] != '/')
        return "the path of a socket begins with /";
    if (path.len >= sizeof address.sun_path)
        return "the path is too long for a socket";
    for (size_t i = 0; i < path.len; i++)
        if ((unsigned char)path.data[i] < 0x20 || path.data[i] == 0x7f)
            return "the path has a control character";
    return NULL;
}

static bool is_address(int family, mc_slice text) {
    char            copy[INET6_ADDRSTRLEN];
    struct in6_addr address; /* large enough for IPv4 too */

    if (text.len >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return inet_pton(family, copy, &address) == 1;
}

static const char *check_inet6(mc_slice text) {
    const char *percent = memchr(text.data, '%', text.len);

    if (percent != NULL) {
        mc_slice zone = behind(text, (size_t)(percent - text.data) + 1);
        if (zone.len >= IF_NAMESIZE || !is_name(zone))
            return "behind % comes the name of an interface";
        text.len = (size_t)(percent - text.data);
    }
    return is_address(AF_INET6, text) ? NULL : "what is in the brackets is not an IPv6 address";
}

static const char *check_host(const address_parts *parts) {
    if (parts->kind == MC__ADDRESS_UNIX)
        return check_path(parts->host);
    return parts->kind == MC__ADDRESS_INET6 ? check_inet6(parts->host) : check_name(parts->host);
}

static const char *read_port(const address_parts *parts, uint16_t *port) {
    uint64_t number;

    *port = parts->kind == MC__ADDRESS_UNIX ? 0 : MC__DEFAULT_PORT;
    if (!parts->has_port)
        return NULL;
    if (mc__number_parse_padded(parts->port.data, parts->port.len, &number) != MC__NUMBER_OK || number < 1 ||
        number > UINT16_MAX)
        return "the port is not a number from 1 to 65535";
    *port = (uint16_t)number;
    return NULL;
}

static char *put(char *at, mc_slice text) {
    memcpy(at, text.data, text.len);
    return at + text.len;
}

/* Fills in the address; false: no memory. Its two texts are in one block. */
static bool build(const address_parts *parts, mc__address *address) {
    bool  number = is_address(AF_INET, parts->host);
    char *at = malloc(2 * parts->host.len + sizeof "" + sizeof "inet:[]:65535");

    if (at == NULL)
        return false;
    address->kind = parts->kind == MC__ADDRESS_ANY && number ? MC__ADDRESS_INET : parts->kind;
    address->host = at;
    at = put(at, parts->host);
    *at++ = '\0';
    address->name = at;
    if (address->kind == MC__ADDRESS_UNIX)
        at = put(at, MC__LITERAL("unix:"));
    else if (address->kind == MC__ADDRESS_INET6)
        at = put(at, MC__LITERAL("["));
    else if (address->kind == MC__ADDRESS_INET && !number)
        at = put(at, MC__LITERAL("inet:"));
    at = put(at, parts->host);
    if (address->kind == MC__ADDRESS_INET6)
        at = put(at, MC__LITERAL("]"));
    if (address->kind != MC__ADDRESS_UNIX) {
        *at++ = ':';
        at += mc__number_format(address->port, at);
    }
    *at = '\0';
    return true;
}

mc_status mc__address_parse(const char *text, mc__address *address) {
    char          escaped[MC__ESCAPED_MAX];
    address_parts parts = {0};
    const char   *wrong;

    *address = (mc__address){0};
    if (text == NULL)
        return mc__fail(MC_BAD_ARGUMENT, "a host's address is NULL");
    wrong = split(mc_str(text), &parts);
    if (wrong == NULL)
        wrong = check_host(&parts);
    if (wrong == NULL)
        wrong = read_port(&parts, &address->port);
    if (wrong == NULL && build(&parts, address))
        return MC_OK;
    mc__address_clear(address);
    mc__escape(mc_str(text), escaped);
    if (wrong == NULL)
        return mc__fail(MC_NO_MEMORY, "host \"%s\": no memory", escaped);
    return mc__fail(MC_BAD_ARGUMENT, "host \"%s\": %s", escaped, wrong);
}

void mc__address_clear(mc__address *address) {
    free(address->host);
    *address = (mc__address){0};
}
