/* The process around a client: threads that end, look-ups that hang, libraries that come and go, C++, locales. */
#include "mcclient/mcclient.h"
#include "support/check_main.h"
#include "support/cluster.h"
#include "support/crew.h"
#include "support/dead_end.h"
#include "support/homes.h"
#include "support/trials.h"

#include <dlfcn.h>
#include <locale.h>
#include <malloc.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HURRY_MS 100
#define PLENTY_MS 20000

/* --------------------------------------------------------------------------------------------------- look-ups that hang --
 */

static atomic_bool   let_go;
static atomic_size_t hanging;

typedef int getaddrinfo_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);

/* Takes the place of libc's, also in libraries that are loaded: names that begin with "hang" are not answered for a while.
 */
__attribute__((visibility("default"))) int getaddrinfo(const char *restrict name, const char *restrict service,
                                                       const struct addrinfo *restrict hints,
                                                       struct addrinfo **restrict result) {
    void           *found = dlsym(RTLD_NEXT, "getaddrinfo");
    getaddrinfo_fn *real;

    memcpy(&real, &found, sizeof real);
    if (!name || strncmp(name, "hang", 4) != 0)
        return real(name, service, hints, result);
    atomic_fetch_add(&hanging, 1);
    while (!atomic_load(&let_go))
        poll(NULL, 0, 1);
    atomic_fetch_sub(&hanging, 1);
    return EAI_NONAME;
}

static void await_threads(size_t count) {
    for (int tries = 0; tries < 10000 && count_threads() > count; tries++)
        poll(NULL, 0, 1);
    ck_assert_uint_le(count_threads(), count);
}

/* The look-up has a thread of its own, which may be late. */
static void await_hanging(void) {
    while (atomic_load(&hanging) == 0)
        poll(NULL, 0, 1);
    ck_assert_uint_eq(atomic_load(&hanging), 1);
}

/* Freeing does not wait for the look-up, and what comes back from it finds nothing to harm. */
START_TEST(a_look_up_hangs_when_the_client_is_freed) {
    cluster    *servers = cluster_start(SERVER_BUNDLED, 1);
    const char *hosts[] = {servers->hosts[0], "hang.example:11211", NULL};
    size_t      threads = count_threads(), descriptors = count_descriptors();
    mc_client  *client = client_of(hosts, MC_FAILOVER_NONE, PLENTY_MS), *hurried;
    mc_view     hurry = MC_VIEW_INIT;
    char        key[HOME_KEY_SIZE];

    atomic_store(&let_go, false);
    home_key(client, 0, 0, key);
    ck_assert_int_eq(mc_set(client, mc_str(key), mc_str("v"), 0, 0), MC_OK);
    home_key(client, 1, 0, key);
    hurry.timeout_ms = HURRY_MS;
    hurried = mc_client_view(client, &hurry);
    for (size_t i = 0; i < 4; i++) /* one look-up for all of them */
        ck_assert_int_eq(mc_set(hurried, mc_str(key), mc_str("v"), 0, 0), MC_UNREACHABLE);
    await_hanging();
    mc_client_free(hurried);
    mc_client_free(client);
    ck_assert_uint_eq(atomic_load(&hanging), 1); /* it is let go only now */
    atomic_store(&let_go, true);
    await_threads(threads);
    for (int tries = 0; tries < 10000 && count_descriptors() > descriptors; tries++)
        poll(NULL, 0, 1); /* the server's end of the connection */
    ck_assert_uint_le(count_descriptors(), descriptors);
    cluster_stop(servers);
}
END_TEST

/* A child of a process whose look-up hangs has a look-up of its own. */
static int look_up_again(void *arg) {
    char      key[HOME_KEY_SIZE];
    mc_status status;

    atomic_store(&let_go, true);
    mc_client_forget_dead(arg);
    home_key(arg, 1, 0, key);
    status = mc_set(arg, mc_str(key), mc_str("v"), 0, 0);
    mc_client_free(arg);
    return status == MC_UNREACHABLE && strstr(mc_error_detail(), "timed out") == NULL ? 0 : 1;
}

START_TEST(a_look_up_hangs_at_a_fork) {
    cluster    *servers = cluster_start(SERVER_BUNDLED, 1);
    const char *hosts[] = {servers->hosts[0], "hang.example:11211", NULL};
    size_t      threads = count_threads();
    mc_client  *client = client_of(hosts, MC_FAILOVER_NONE, 100);
    char        key[HOME_KEY_SIZE];

    atomic_store(&let_go, false);
    home_key(client, 1, 0, key);
    ck_assert_int_eq(mc_set(client, mc_str(key), mc_str("v"), 0, 0), MC_UNREACHABLE);
#if !defined(__SANITIZE_THREAD__) /* which lets no child of a process with threads have threads */
    ck_assert_int_eq(child_wait(child_start(look_up_again, client)), 0);
#else
    (void)look_up_again;
#endif
    mc_client_free(client);
    atomic_store(&let_go, true);
    await_threads(threads);
    cluster_stop(servers);
}
END_TEST

/* ------------------------------------------------------------------------------------------------- threads that end -- */

#define THREADS 20000

static void fail_in_a_thread(size_t index, void *arg) {
    atomic_size_t *wrong = arg;

    (void)index;
    if (mc_error_detail()[0] != '\0' || mc_client_new(NULL, NULL) || mc_error_detail()[0] == '\0')
        atomic_fetch_add(wrong, 1);
}

/* What a thread was told of its failure goes with it, and is nobody else's. */
START_TEST(threads_leave_nothing) {
    atomic_size_t wrong = 0;
    size_t        before;

    ck_assert_ptr_null(mc_client_new((const char *const[]){"only mine", NULL}, NULL));
    crew_run(8, fail_in_a_thread, &wrong);
    before = mallinfo2().uordblks;
    for (size_t i = 0; i < THREADS / 8; i++)
        crew_run(8, fail_in_a_thread, &wrong);
    ck_assert_uint_eq(atomic_load(&wrong), 0);
    ck_assert_uint_le(mallinfo2().uordblks, before + THREADS);
    ck_assert_ptr_nonnull(strstr(mc_error_detail(), "only mine"));
}
END_TEST

/* ---------------------------------------------------------------------------------------------- libraries that come and go
 * -- */

#define LOADS 1000

struct library {
    void *handle;
    mc_client *(*client_new)(const char *const *, const unsigned *);
    void (*client_free)(mc_client *);
    mc_status (*set)(mc_client *, mc_slice, mc_slice, uint32_t, int64_t);
};

static void find_symbol(const struct library *library, const char *name, void *function, size_t size) {
    void *symbol = dlsym(library->handle, name);

    ck_assert_msg(symbol != NULL, "%s", name);
    memcpy(function, &symbol, size);
}

static struct library load(void) {
    struct library library = {.handle = dlopen(MC_TEST_LIBRARY, RTLD_NOW | RTLD_LOCAL)};

    ck_assert_msg(library.handle != NULL, "%s", dlerror());
    find_symbol(&library, "mc_client_new", &library.client_new, sizeof library.client_new);
    find_symbol(&library, "mc_client_free", &library.client_free, sizeof library.client_free);
    find_symbol(&library, "mc_set", &library.set, sizeof library.set);
    return library;
}

static int do_nothing(void *arg) {
    (void)arg;
    return 0;
}

START_TEST(a_library_comes_and_goes) {
    cluster *servers = cluster_start(SERVER_BUNDLED, 1);
    size_t   descriptors = count_descriptors();

    for (size_t i = 0; i < LOADS; i++) {
        struct library library = load();
        mc_client     *client = library.client_new(servers->hosts, NULL);

        ck_assert_ptr_nonnull(client);
        ck_assert_int_eq(library.set(client, mc_str("k"), mc_str("v"), 0, 0), MC_OK);
        library.client_free(client);
        ck_assert_int_eq(dlclose(library.handle), 0);
        if (i % 100 == 0)
            ck_assert_int_eq(child_wait(child_start(do_nothing, NULL)), 0); /* what runs at a fork went with it */
    }
    for (int tries = 0; tries < 10000 && count_descriptors() > descriptors; tries++)
        poll(NULL, 0, 1);
    ck_assert_uint_le(count_descriptors(), descriptors);
    cluster_stop(servers);
}
END_TEST

/* The thread of a look-up that hangs still has its code when the library has been closed. */
START_TEST(a_library_goes_while_a_look_up_hangs) {
    const char    *hosts[] = {"hang.example", NULL};
    size_t         threads = count_threads();
    struct library library = load();
    mc_client     *client = library.client_new(hosts, NULL);

    atomic_store(&let_go, false);
    ck_assert_int_eq(library.set(client, mc_str("k"), mc_str("v"), 0, 0), MC_UNREACHABLE);
    await_hanging();
    library.client_free(client);
    ck_assert_int_eq(dlclose(library.handle), 0);
    atomic_store(&let_go, true);
    await_threads(threads);
}
END_TEST

/* ------------------------------------------------------------------------------------------- users beside one another -- */

static void note_message(void *arg, const char *message) {
    (void)message;
    atomic_fetch_add((atomic_size_t *)arg, 1);
}

/* Two clients share neither settings, nor connections, nor what they think of a host. */
START_TEST(two_clients) {
    cluster      *servers = cluster_start(SERVER_BUNDLED, 1);
    mc_options    one = MC_OPTIONS_INIT, two = MC_OPTIONS_INIT;
    atomic_size_t messages[2] = {0, 0};
    mc_client    *first, *second;

    one.key_prefix = "one:";
    one.log = two.log = note_message;
    one.log_arg = &messages[0];
    two.log_arg = &messages[1];
    first = mc_client_new_with_options(servers->hosts, NULL, &one);
    second = mc_client_new_with_options(servers->hosts, NULL, &two);
    ck_assert_int_eq(mc_set(first, mc_str("k"), mc_str("1"), 0, 0), MC_OK);
    ck_assert_int_eq(mc_set(second, mc_str("k"), mc_str("2"), 0, 0), MC_OK);
    ck_assert(has_text(first, "k", "1") && has_text(second, "k", "2") && has_text(second, "one:k", "1"));
    cluster_kill(servers, 0);
    ck_assert(!has_text(first, "k", "1"));
    ck_assert_uint_eq(messages[0], 1);
    ck_assert_uint_eq(messages[1], 0);
    cluster_restart(servers, 0);
    mc_client_free(first);
    ck_assert_int_eq(mc_set(second, mc_str("k"), mc_str("3"), 0, 0), MC_OK);
    ck_assert(has_text(second, "k", "3"));
    ck_assert_uint_eq(messages[1], 0);
    mc_client_free(second);
    cluster_stop(servers);
}
END_TEST

#ifdef MC_TEST_CXX_PROGRAM
START_TEST(a_program_in_cxx) {
    cluster *servers = cluster_start(SERVER_BUNDLED, 1);
    char    *arguments[] = {(char[]){MC_TEST_CXX_PROGRAM}, servers->addresses[0], NULL};
    pid_t    child;

    ck_assert_int_eq(posix_spawn(&child, arguments[0], NULL, NULL, arguments, environ), 0);
    ck_assert_int_eq(child_wait(child), 0);
    cluster_stop(servers);
}
END_TEST
#endif

/* ------------------------------------------------------------------------------------------------------------ locales -- */

#define ROUTES 300

static void note_routes(const char *const *hosts, mc_distribution distribution, size_t homes[ROUTES]) {
    static const unsigned weights[] = {1, 1, 1, 11, 11};
    mc_options            options = MC_OPTIONS_INIT;
    mc_client            *client;

    options.distribution = distribution;
    client = mc_client_new_with_options(hosts, weights, &options);
    ck_assert_ptr_nonnull(client);
    for (size_t i = 0; i < ROUTES; i++) {
        char key[HOME_KEY_SIZE];

        snprintf(key, sizeof key, "I\xc4\xb1i-%zu", i);
        homes[i] = home_of(client, mc_str(key));
    }
    mc_client_free(client);
}

static void use_everything(const char *address) {
    char       host[64];
    mc_client *client;
    mc_value   value = MC_VALUE_INIT;
    uint64_t   number = 0;
    int64_t    read = 0;

    snprintf(host, sizeof host, "inet:%s", address);
    client = client_of_one(host, 10000);
    ck_assert_int_eq(mc_set(client, mc_str("TITLE-title"), mc_str("1.5"), 0, 0), MC_OK);
    ck_assert(has_text(client, "TITLE-title", "1.5") && !has_text(client, "title-title", "1.5"));
    ck_assert_int_eq(mc_set_int(client, mc_str("n"), 12345678, 3000000), MC_OK);
    ck_assert_int_eq(mc_incr(client, mc_str("n"), 1000000000, &number), MC_OK);
    ck_assert_uint_eq(number, 1012345678);
    ck_assert_int_eq(mc_get(client, mc_str("n"), &value), MC_OK);
    ck_assert_str_eq(value.data, "1012345678");
    ck_assert_int_eq(mc_value_int(&value, &read), MC_OK);
    ck_assert_int_eq(read, 1012345678);
    ck_assert_int_eq(mc_get(client, mc_str("tab\t"), &value), MC_BAD_KEY);
    ck_assert_int_eq(mc_set(client, mc_str("\xa0\x85"), mc_str("spaces elsewhere"), 0, 0), MC_OK);
    mc_value_clear(&value);
    mc_client_free(client);
}

/* Makes a locale of the system's sources in a folder of its own and sets it. false: there are no sources. */
static bool set_locale(const char *folder, const char *source, const char *charset) {
    char path[128];
    char input[64];

    snprintf(input, sizeof input, "/usr/share/i18n/locales/%s", source);
    if (access(input, R_OK) != 0)
        return false;
    snprintf(path, sizeof path, "%s/%s", folder, source);
    if (access(path, R_OK) != 0) {
        char *arguments[] = {"localedef", "--no-archive", "-i", (char *)source, "-f", (char *)charset, path, NULL};
        pid_t child;

        if (posix_spawnp(&child, arguments[0], NULL, NULL, arguments, environ) != 0 || child_wait(child) > 1)
            return false;
    }
    setenv("LOCPATH", folder, 1);
    return setlocale(LC_ALL, source) != NULL;
}

static void remove_folder(const char *folder) {
    char *arguments[] = {"rm", "-rf", (char *)folder, NULL};
    pid_t child;

    ck_assert_int_eq(posix_spawnp(&child, arguments[0], NULL, NULL, arguments, environ), 0);
    child_wait(child);
}

/* Neither a decimal comma, nor thousands, nor an i without its dot change what is sent, or where. */
START_TEST(locales) {
    static const char *const sources[] = {"de_DE", "tr_TR"}, *const charsets[] = {"ISO-8859-1", "ISO-8859-9"};
    static const mc_distribution ways[] = {MC_DISTRIBUTION_HOST_LIST, MC_DISTRIBUTION_KETAMA,
                                           MC_DISTRIBUTION_KETAMA_WEIGHTED};
    static const char *const     hosts[] = {"TITLE.example:1", "title.example:2", "10.0.0.1", "10.0.0.2", "[::1]:3", NULL};
    cluster                     *servers = cluster_start(SERVER_BUNDLED, 1);
    char                         folder[] = "/tmp/mcclient-locales-XXXXXX";
    size_t                       plain[ROUTES], here[ROUTES];

    ck_assert_ptr_nonnull(mkdtemp(folder));
    use_everything(servers->hosts[0]);
    for (size_t i = 0; i < ROWS(sources); i++) {
        for (size_t way = 0; way < ROWS(ways); way++) {
            char text[8];

            setlocale(LC_ALL, "C");
            note_routes(hosts, ways[way], plain);
            if (!set_locale(folder, sources[i], charsets[i]))
                break;
            snprintf(text, sizeof text, "%.1f", 1.5);
            ck_assert_str_eq(text, "1,5");
            note_routes(hosts, ways[way], here);
            ck_assert_mem_eq(here, plain, sizeof here);
            use_everything(servers->hosts[0]);
        }
    }
    setlocale(LC_ALL, "C");
    unsetenv("LOCPATH");
    remove_folder(folder);
    cluster_stop(servers);
}
END_TEST

Suite *test_suite(void) {
    Suite *suite = suite_create("process");
    TCase *tcase;

    tcase = test_case(suite, "look-up", 60);
    tcase_add_test(tcase, a_look_up_hangs_when_the_client_is_freed);
    tcase_add_test(tcase, a_look_up_hangs_at_a_fork);

    tcase = test_case(suite, "threads", 100);
    tcase_add_test(tcase, threads_leave_nothing);

    tcase = test_case(suite, "library", 100);
    tcase_add_test(tcase, a_library_comes_and_goes);
    tcase_add_test(tcase, a_library_goes_while_a_look_up_hangs);

    tcase = test_case(suite, "neighbours", 60);
    tcase_add_test(tcase, two_clients);
#ifdef MC_TEST_CXX_PROGRAM
    tcase_add_test(tcase, a_program_in_cxx);
#endif
    tcase_add_test(tcase, locales);
    return suite;
}
