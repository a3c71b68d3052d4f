#include "cluster/address.h"

#include "base/status.h"
#include "support/allocation_failure.h"
#include "support/check_main.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/un.h>

#define PATH_MAX_LEN (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

static const struct {
    const char      *text;
    mc__address_kind kind;
    const char      *host;
    uint16_t         port;
    const char      *name;
} parse_rows[] = {
    {"localhost", MC__ADDRESS_ANY, "localhost", 11211, "localhost:11211"},
    {"localhost:12000", MC__ADDRESS_ANY, "localhost", 12000, "localhost:12000"},
    {"cache-1.example.com:1", MC__ADDRESS_ANY, "cache-1.example.com", 1, "cache-1.example.com:1"},
    {"my_cache:65535", MC__ADDRESS_ANY, "my_cache", 65535, "my_cache:65535"},
    {"h:011211", MC__ADDRESS_ANY, "h", 11211, "h:11211"},
    {"h.", MC__ADDRESS_ANY, "h.", 11211, "h.:11211"},
    {"127.0.0.1", MC__ADDRESS_INET, "127.0.0.1", 11211, "127.0.0.1:11211"},
    {"1.1.1.1:12000", MC__ADDRESS_INET, "1.1.1.1", 12000, "1.1.1.1:12000"},
    {"inet:127.0.0.1:12000", MC__ADDRESS_INET, "127.0.0.1", 12000, "127.0.0.1:12000"},
    {"inet:127.0.0.1", MC__ADDRESS_INET, "127.0.0.1", 11211, "127.0.0.1:11211"},
    {"inet:localhost:12000", MC__ADDRESS_INET, "localhost", 12000, "inet:localhost:12000"},
    {"inet:localhost", MC__ADDRESS_INET, "localhost", 11211, "inet:localhost:11211"},
    {"[::1]", MC__ADDRESS_INET6, "::1", 11211, "[::1]:11211"},
    {"[::1]:12000", MC__ADDRESS_INET6, "::1", 12000, "[::1]:12000"},
    {"inet6:[::1]:12000", MC__ADDRESS_INET6, "::1", 12000, "[::1]:12000"},
    {"inet6:[fe80::1%eth0]", MC__ADDRESS_INET6, "fe80::1%eth0", 11211, "[fe80::1%eth0]:11211"},
    {"[::ffff:10.0.0.1]:1", MC__ADDRESS_INET6, "::ffff:10.0.0.1", 1, "[::ffff:10.0.0.1]:1"},
    {"[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]", MC__ADDRESS_INET6, "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
     11211, "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:11211"},
    {"unix:/run/m.sock", MC__ADDRESS_UNIX, "/run/m.sock", 0, "unix:/run/m.sock"},
    {"/run/m.sock", MC__ADDRESS_UNIX, "/run/m.sock", 0, "unix:/run/m.sock"},
    {"/run/a b:1[ü", MC__ADDRESS_UNIX, "/run/a b:1[ü", 0, "unix:/run/a b:1[ü"},
};

START_TEST(reads_every_form) {
    mc__address address;

    ck_assert_int_eq(mc__address_parse(parse_rows[_i].text, &address), MC_OK);
    ck_assert_int_eq(address.kind, parse_rows[_i].kind);
    ck_assert_str_eq(address.host, parse_rows[_i].host);
    ck_assert_uint_eq(address.port, parse_rows[_i].port);
    ck_assert_str_eq(address.name, parse_rows[_i].name);
    mc__address_clear(&address);
    ck_assert_ptr_null(address.host);
    ck_assert_ptr_null(address.name);
}
END_TEST

static const struct {
    const char *text;
    const char *why; /* what the failure says of it */
} refused_rows[] = {
    {"", "empty"},
    {":1", "empty"},
    {":", "empty"},
    {"inet:", "empty"},
    {"inet::1", "empty"},
    {"h:", "port"},
    {"h:0", "port"},
    {"h:00", "port"},
    {"h:65536", "port"},
    {"h:4294978507", "port"},
    {"h:18446744073709562827", "port"},
    {"h:99999999999999999999999999999999", "port"},
    {"h:1x", "port"},
    {"h:x", "port"},
    {"h:-1", "port"},
    {"h:+1", "port"},
    {"h: 1", "port"},
    {"h:1 ", "port"},
    {"h:1\r\n", "port"},
    {"h:0x1", "port"},
    {"h:1.5", "port"},
    {"inet:h:1x", "port"},
    {"http://h", "port"},
    {"inet6:h:1", "brackets"},
    {"inet6:::1", "brackets"},
    {"inet6:", "brackets"},
    {"a:b:c", "brackets"},
    {"::1", "brackets"},
    {"fe80::1", "brackets"},
    {"inet:::1", "brackets"},
    {"tcp://h:1", "brackets"},
    {"[", "bracket"},
    {"[::1", "bracket"},
    {"[::1:1", "bracket"},
    {"inet6:[::1", "bracket"},
    {"[::1]x", "bracket"},
    {"[::1]]", "bracket"},
    {"[::1]1", "bracket"},
    {"[::1]:", "port"},
    {"[::1]:0", "port"},
    {"[::1]:65536", "port"},
    {"[::1]:1:1", "port"},
    {"[]", "IPv6"},
    {"[]:1", "IPv6"},
    {"[h]:1", "IPv6"},
    {"[127.0.0.1]:1", "IPv6"},
    {"[::1::]:1", "IPv6"},
    {"[12345::]:1", "IPv6"},
    {"[[::1]]:1", "bracket"},
    {"[::1 ]", "IPv6"},
    {"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]", "IPv6"},
    {"[%eth0]", "IPv6"},
    {"[fe80::1%]", "interface"},
    {"[fe80::1%e%0]", "interface"},
    {"[fe80::1%e 0]", "interface"},
    {"[fe80::1%sixteen-bytes-xx]", "interface"},
    {"unix:", "begins with /"},
    {"unix:m.sock", "begins with /"},
    {"unix:unix:/m", "begins with /"},
    {"/run/\n", "control"},
    {"unix:/run/\x7f", "control"},
    {"/\t", "control"},
    {"a b", "letters"},
    {" h", "letters"},
    {"h ", "letters"},
    {"h\r\n", "letters"},
    {"k\r\nset pwned 0 0 3\r\nyes", "letters"},
    {"h\t:1", "letters"},
    {"h\x01", "letters"},
    {"h\x7f", "letters"},
    {"h\xff:1", "letters"},
    {"h,g", "letters"},
    {"h/1", "letters"},
    {"user@h:1", "letters"},
    {"h[1]:1", "letters"},
    {"*", "letters"},
};

START_TEST(refuses_everything_else_by_name) {
    char        escaped[MC__ESCAPED_MAX];
    mc__address address = {MC__ADDRESS_UNIX, escaped, 7, escaped};

    ck_assert_int_eq(mc__address_parse(refused_rows[_i].text, &address), MC_BAD_ARGUMENT);
    ck_assert_ptr_null(address.host);
    ck_assert_ptr_null(address.name);
    mc__escape(mc_str(refused_rows[_i].text), escaped);
    ck_assert_msg(strstr(mc_error_detail(), escaped) != NULL, "not named in: %s", mc_error_detail());
    ck_assert_msg(strstr(mc_error_detail(), refused_rows[_i].why) != NULL, "\"%s\" is not in: %s", refused_rows[_i].why,
                  mc_error_detail());
}
END_TEST

START_TEST(null_is_refused) {
    mc__address address;

    ck_assert_int_eq(mc__address_parse(NULL, &address), MC_BAD_ARGUMENT);
    ck_assert_str_ne(mc_error_detail(), "");
    mc__address_clear(&address);
}
END_TEST

/* prefix, then len times letter, then suffix */
static char *long_text(const char *prefix, char letter, size_t len, const char *suffix) {
    char *text = malloc(strlen(prefix) + len + strlen(suffix) + 1);

    ck_assert_ptr_nonnull(text);
    strcpy(text, prefix);
    memset(text + strlen(prefix), letter, len);
    strcpy(text + strlen(prefix) + len, suffix);
    return text;
}

static const struct {
    const char *prefix;
    size_t      len;
    const char *suffix;
    mc_status   status;
} length_rows[] = {
    {"", MC__HOST_NAME_MAX, "", MC_OK},
    {"", MC__HOST_NAME_MAX, ":65535", MC_OK},
    {"", MC__HOST_NAME_MAX + 1, "", MC_BAD_ARGUMENT},
    {"inet:", MC__HOST_NAME_MAX, ":65535", MC_OK},
    {"inet:", MC__HOST_NAME_MAX + 1, ":1", MC_BAD_ARGUMENT},
    {"", 65536, "", MC_BAD_ARGUMENT},
    {"", 65536, ":1", MC_BAD_ARGUMENT},
    {"h:", 65536, "", MC_BAD_ARGUMENT},
    {"[", INET6_ADDRSTRLEN, "]", MC_BAD_ARGUMENT},
    {"[", 65536, "]", MC_BAD_ARGUMENT},
    {"[::1%", 65536, "]", MC_BAD_ARGUMENT},
    {"/", PATH_MAX_LEN - 1, "", MC_OK},
    {"/", PATH_MAX_LEN, "", MC_BAD_ARGUMENT},
    {"unix:/", PATH_MAX_LEN - 1, "", MC_OK},
    {"unix:/", PATH_MAX_LEN, "", MC_BAD_ARGUMENT},
    {"unix:/", 65536, "", MC_BAD_ARGUMENT},
};

START_TEST(lengths_have_bounds) {
    char       *text = long_text(length_rows[_i].prefix, 'f', length_rows[_i].len, length_rows[_i].suffix);
    mc__address address;

    ck_assert_int_eq(mc__address_parse(text, &address), length_rows[_i].status);
    if (length_rows[_i].status == MC_OK)
        ck_assert_uint_ge(strlen(address.host), length_rows[_i].len);
    else
        ck_assert_uint_lt(strlen(mc_error_detail()), 512);
    mc__address_clear(&address);
    free(text);
}
END_TEST

static const struct {
    const char *one, *other;
    bool        same;
} same_rows[] = {
    {"h", "h:11211", true},
    {"10.0.0.1", "inet:10.0.0.1:11211", true},
    {"[::1]", "inet6:[::1]:11211", true},
    {"/a", "unix:/a", true},
    {"h:1", "h:2", false},
    {"h", "inet:h", false}, /* may have an IPv6 address first */
    {"h", "g", false},
};

START_TEST(the_name_tells_the_same_host) {
    mc__address one, other;

    ck_assert_int_eq(mc__address_parse(same_rows[_i].one, &one), MC_OK);
    ck_assert_int_eq(mc__address_parse(same_rows[_i].other, &other), MC_OK);
    ck_assert_int_eq(strcmp(one.name, other.name) == 0, same_rows[_i].same);
    mc__address_clear(&one);
    mc__address_clear(&other);
}
END_TEST

START_TEST(no_memory_is_told) {
    mc__address address;
    mc_status   status;
    size_t      nth = 0;
    bool        failed;

    do {
        allocation_failure_at(++nth);
        status = mc__address_parse("inet:cache:12000", &address);
        failed = allocation_failure_end();
        ck_assert_int_eq(status, failed ? MC_NO_MEMORY : MC_OK);
        ck_assert_int_eq(address.host == NULL || address.name == NULL, failed);
        if (failed)
            ck_assert_ptr_nonnull(strstr(mc_error_detail(), "inet:cache:12000"));
        mc__address_clear(&address);
    } while (failed);
    ck_assert_uint_eq(nth, 2);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("address");
    TCase *tcase = test_case(suite, "address", 10);

    test_rows(tcase, reads_every_form, parse_rows);
    test_rows(tcase, refuses_everything_else_by_name, refused_rows);
    tcase_add_test(tcase, null_is_refused);
    test_rows(tcase, lengths_have_bounds, length_rows);
    test_rows(tcase, the_name_tells_the_same_host, same_rows);
    tcase_add_test(tcase, no_memory_is_told);
    return suite;
}
