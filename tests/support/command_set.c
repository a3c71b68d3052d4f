#include "support/command_set.h"

#include "support/check_main.h"

#include <stdio.h>

#define KEY mc_str("k")
#define VALUE mc_str("hello")

/* What a counter is set to before a call, to see that one which fails leaves it alone. */
#define UNTOUCHED 987654321

static answer ended(mc_status status) {
    answer result = {.status = status};

    snprintf(result.detail, sizeof result.detail, "%s", mc_error_detail());
    return result;
}

/* The call's own status says nothing of the key but whether it was answered. */
static answer ended_many(mc_status whole, mc_status each) {
    answer result = ended(each);

    if (whole != (each <= MC_EXISTS ? MC_OK : MC_PARTIAL))
        snprintf(result.text, sizeof result.text, "the call is %s and its key %s", mc_status_name(whole),
                 mc_status_name(each));
    return result;
}

static void note_value(answer *result, mc_slice data, uint32_t flags, uint64_t cas) {
    int len = snprintf(result->text, sizeof result->text, "%.*s", data.len < 60 ? (int)data.len : 60, data.data);

    if (len < 0 || (flags == 0 && cas == 0))
        return;
    snprintf(result->text + len, sizeof result->text - (size_t)len, cas ? "/%u#%llu" : "/%u", (unsigned)flags,
             (unsigned long long)cas);
}

static answer ended_with_value(mc_status status, mc_value *value) {
    answer result = ended(status);

    if (status == MC_OK || value->len > 0 || value->cas > 0)
        note_value(&result, mc_bytes(value->data, value->len), value->flags, value->cas);
    mc_value_clear(value);
    return result;
}

static answer ended_with_number(mc_status status, uint64_t number) {
    answer result = ended(status);

    if (status == MC_OK || number != UNTOUCHED)
        snprintf(result.text, sizeof result.text, "%llu", (unsigned long long)number);
    return result;
}

static answer ended_with_results(mc_status whole, mc_results *results) {
    answer result = ended_many(whole, results->count == 1 ? results->items[0].status : whole);

    if (results->count == 1 && results->items[0].status == MC_OK && !result.text[0])
        note_value(&result, results->items[0].value, results->items[0].flags, results->items[0].cas);
    else if (results->count == 1 && results->items[0].value.len > 0)
        snprintf(result.text, sizeof result.text, "a value without MC_OK");
    mc_results_clear(results);
    return result;
}

/* --------------------------------------------------------------------------------------------------------- commands -- */

static answer run_set(mc_client *client) {
    return ended(mc_set(client, KEY, VALUE, 7, 60));
}

static answer run_add(mc_client *client) {
    return ended(mc_add(client, KEY, VALUE, 7, 60));
}

static answer run_replace(mc_client *client) {
    return ended(mc_replace(client, KEY, VALUE, 7, 60));
}

static answer run_append(mc_client *client) {
    return ended(mc_append(client, KEY, VALUE));
}

static answer run_prepend(mc_client *client) {
    return ended(mc_prepend(client, KEY, VALUE));
}

static answer run_cas(mc_client *client) {
    return ended(mc_cas(client, KEY, VALUE, 7, 60, 9));
}

static answer run_get(mc_client *client) {
    mc_value  value = MC_VALUE_INIT;
    mc_status status = mc_get(client, KEY, &value);

    return ended_with_value(status, &value);
}

static answer run_gets(mc_client *client) {
    mc_value  value = MC_VALUE_INIT;
    mc_status status = mc_gets(client, KEY, &value);

    return ended_with_value(status, &value);
}

static answer run_gat(mc_client *client) {
    mc_value  value = MC_VALUE_INIT;
    mc_status status = mc_gat(client, KEY, 60, &value);

    return ended_with_value(status, &value);
}

static answer run_gats(mc_client *client) {
    mc_value  value = MC_VALUE_INIT;
    mc_status status = mc_gats(client, KEY, 60, &value);

    return ended_with_value(status, &value);
}

static answer run_delete(mc_client *client) {
    return ended(mc_delete(client, KEY));
}

static answer run_touch(mc_client *client) {
    return ended(mc_touch(client, KEY, 60));
}

static answer run_incr(mc_client *client) {
    uint64_t  number = UNTOUCHED;
    mc_status status = mc_incr(client, KEY, 5, &number);

    return ended_with_number(status, number);
}

static answer run_decr(mc_client *client) {
    uint64_t  number = UNTOUCHED;
    mc_status status = mc_decr(client, KEY, 5, &number);

    return ended_with_number(status, number);
}

static answer run_get_multi(mc_client *client) {
    mc_results results = MC_RESULTS_INIT;
    mc_slice   key = KEY;
    mc_status  whole = mc_get_multi(client, &key, 1, &results);

    return ended_with_results(whole, &results);
}

static answer run_gets_multi(mc_client *client) {
    mc_results results = MC_RESULTS_INIT;
    mc_slice   key = KEY;
    mc_status  whole = mc_gets_multi(client, &key, 1, &results);

    return ended_with_results(whole, &results);
}

static answer run_set_multi(mc_client *client) {
    mc_entry  entry = {.key = KEY, .value = VALUE, .flags = 7, .ttl_s = 60};
    mc_status whole = mc_set_multi(client, &entry, 1);

    return ended_many(whole, entry.status);
}

static answer run_delete_multi(mc_client *client) {
    mc_slice  key = KEY;
    mc_status status = MC_OK;
    mc_status whole = mc_delete_multi(client, &key, 1, &status);

    return ended_many(whole, status);
}

static answer run_flush_all(mc_client *client) {
    mc_status status = mc_flush_all(client, 0);
    answer    result = ended(status);

    return result;
}

static void take_version(const char *host, mc_status status, mc_slice version, void *arg) {
    answer *result = arg;

    (void)host;
    result->status = status;
    note_value(result, version, 0, 0);
}

static answer run_version(mc_client *client) {
    answer    result = {.status = MC_OK};
    mc_status whole = mc_version(client, take_version, &result);

    if (whole != (result.status == MC_OK ? MC_OK : MC_PARTIAL))
        result.status = whole;
    snprintf(result.detail, sizeof result.detail, "%s", mc_error_detail());
    return result;
}

static void take_stat(const char *host, mc_status status, mc_slice name, mc_slice value, void *arg) {
    answer *result = arg;
    size_t  len = strlen(result->text);

    (void)host;
    if (status != MC_OK)
        result->status = status;
    else
        snprintf(result->text + len, sizeof result->text - len, "%.*s=%.*s ", (int)name.len, name.data, (int)value.len,
                 value.data);
}

static answer run_stats(mc_client *client) {
    answer    result = {.status = MC_OK};
    mc_status whole = mc_stats(client, mc_str(""), take_stat, &result);

    if (whole != (result.status == MC_OK ? MC_OK : MC_PARTIAL))
        result.status = whole;
    snprintf(result.detail, sizeof result.detail, "%s", mc_error_detail());
    return result;
}

/* ------------------------------------------------------------------------------------------------------- three keys -- */

static void note_key(answer *result, mc_status status, mc_slice value) {
    size_t len = strlen(result->text);

    snprintf(result->text + len, sizeof result->text - len, "%s%s%s%.*s", len > 0 ? " " : "", mc_status_name(status) + 3,
             value.len > 0 ? "=" : "", (int)value.len, value.data ? value.data : "");
}

static answer run_get_three(mc_client *client) {
    const mc_slice three[] = {mc_str("a"), mc_str("b"), mc_str("c")};
    mc_results     results = MC_RESULTS_INIT;
    answer         result = ended(mc_get_multi(client, three, 3, &results));

    for (size_t i = 0; i < results.count; i++)
        note_key(&result, results.items[i].status, results.items[i].value);
    mc_results_clear(&results);
    return result;
}

static answer run_set_three(mc_client *client) {
    mc_entry three[] = {{.key = mc_str("a"), .value = mc_str("1")},
                        {.key = mc_str("b"), .value = mc_str("1")},
                        {.key = mc_str("c"), .value = mc_str("1")}};
    answer   result = ended(mc_set_multi(client, three, 3));

    for (size_t i = 0; i < 3; i++)
        note_key(&result, three[i].status, mc_str(NULL));
    return result;
}

static answer run_delete_three(mc_client *client) {
    const mc_slice three[] = {mc_str("a"), mc_str("b"), mc_str("c")};
    mc_status      statuses[3] = {MC_OK, MC_OK, MC_OK};
    answer         result = ended(mc_delete_multi(client, three, 3, statuses));

    for (size_t i = 0; i < 3; i++)
        note_key(&result, statuses[i], mc_str(NULL));
    return result;
}

/* clang-format off */
static const command threes[] = {
    {"get_three",    "get a b c\r\n", "END\r\n", "NOT_FOUND NOT_FOUND NOT_FOUND", false, run_get_three},
    {"set_three",    "set a 0 0 1\r\n1\r\nset b 0 0 1\r\n1\r\nset c 0 0 1\r\n1\r\n", "STORED\r\nSTORED\r\nSTORED\r\n",
                     "OK OK OK", false, run_set_three},
    {"delete_three", "delete a\r\ndelete b\r\ndelete c\r\n", "DELETED\r\nDELETED\r\nDELETED\r\n", "OK OK OK", false,
                     run_delete_three},
    {.name = NULL},
};

#define STORED "STORED\r\n"

const command command_set[] = {
    {"set",          "set k 7 60 5\r\nhello\r\n",     STORED,                                 "",           false, run_set},
    {"add",          "add k 7 60 5\r\nhello\r\n",     STORED,                                 "",           true,  run_add},
    {"replace",      "replace k 7 60 5\r\nhello\r\n", STORED,                                 "",           false, run_replace},
    {"append",       "append k 0 0 5\r\nhello\r\n",   STORED,                                 "",           true,  run_append},
    {"prepend",      "prepend k 0 0 5\r\nhello\r\n",  STORED,                                 "",           true,  run_prepend},
    {"cas",          "cas k 7 60 5 9\r\nhello\r\n",   STORED,                                 "",           true,  run_cas},
    {"get",          "get k\r\n",                     "VALUE k 7 5\r\nhello\r\nEND\r\n",      "hello/7",    false, run_get},
    {"gets",         "gets k\r\n",                    "VALUE k 7 5 9\r\nhello\r\nEND\r\n",    "hello/7#9",  false, run_gets},
    {"gat",          "gat 60 k\r\n",                  "VALUE k 7 5\r\nhello\r\nEND\r\n",      "hello/7",    false, run_gat},
    {"gats",         "gats 60 k\r\n",                 "VALUE k 7 5 9\r\nhello\r\nEND\r\n",    "hello/7#9",  false, run_gats},
    {"delete",       "delete k\r\n",                  "DELETED\r\n",                          "",           false, run_delete},
    {"touch",        "touch k 60\r\n",                "TOUCHED\r\n",                          "",           false, run_touch},
    {"incr",         "incr k 5\r\n",                  "15\r\n",                               "15",         true,  run_incr},
    {"decr",         "decr k 5\r\n",                  "15\r\n",                               "15",         true,  run_decr},
    {"get_multi",    "get k\r\n",                     "VALUE k 7 5\r\nhello\r\nEND\r\n",      "hello/7",    false, run_get_multi},
    {"gets_multi",   "gets k\r\n",                    "VALUE k 7 5 9\r\nhello\r\nEND\r\n",    "hello/7#9",  false, run_gets_multi},
    {"set_multi",    "set k 7 60 5\r\nhello\r\n",     STORED,                                 "",           false, run_set_multi},
    {"delete_multi", "delete k\r\n",                  "DELETED\r\n",                          "",           false, run_delete_multi},
    {"flush_all",    "flush_all\r\n",                 "OK\r\n",                               "",           false, run_flush_all},
    {"version",      "version\r\n",                   "VERSION 1.6.18\r\n",                   "1.6.18",     false, run_version},
    {"stats",        "stats\r\n",                     "STAT pid 42\r\nSTAT n \r\nEND\r\n",    "pid=42 n= ", false, run_stats},
    {.name = NULL},
};
/* clang-format on */

static const command *find(const command *set, const char *name) {
    while (set->name && strcmp(set->name, name) != 0)
        set++;
    return set->name ? set : NULL;
}

const command *command_named(const char *name) {
    const command *found = find(command_set, name);

    if (!found)
        found = find(threes, name);
    if (found)
        return found;
    ck_abort_msg("there is no command \"%s\"", name);
    return NULL;
}

bool command_retrieves(const command *self) {
    return strncmp(self->reply, "VALUE ", 6) == 0;
}
