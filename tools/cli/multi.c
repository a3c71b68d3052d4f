#include "cli/multi.h"

#include "cli/escape.h"
#include "cli/json.h"
#include "cli/number.h"
#include "cli/outcome.h"
#include "cli/output.h"
#include "cli/refuse.h"
#include "cli/session.h"
#include "cli/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_KEYS 1000
#define BATCH_BYTES (8u << 20)
#define FIRST_READS 100               /* keys that are read at first, before it is known how long values are */
#define READ_BYTES ((size_t)64 << 20) /* of values at once, from then on */
#define COMPLAINTS 5                  /* keys that are named on standard error; of the others there is a count */

typedef struct many {
    const cli_call *call;
    mc_client      *client;
    cli_words       words;
    cli_json        json;
    int             exit_status;
    size_t          done, no, failed; /* keys, by what became of them */
    mc_status       failure;          /* of the last key that failed */
    /* The batch. What keys, values and entries point to is in texts. */
    char     *texts[BATCH_KEYS];
    mc_slice  keys[BATCH_KEYS];
    mc_entry  entries[BATCH_KEYS];
    mc_status statuses[BATCH_KEYS];
    size_t    count, bytes, most; /* most: keys that the next batch may have */
} many;

/* -------------------------------------------------------------------------------------------------------- its input -- */

/* A copy with a NUL behind it, which is the batch's. */
static char *keep(many *all, const char *text, size_t len) {
    char *copy = malloc(len + 1);

    if (copy == NULL) {
        errno = ENOMEM;
        exit(cli_tell_errno("a key"));
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    all->texts[all->count] = copy;
    all->bytes += len;
    return copy;
}

/* KEY, tab, value with escapes, and maybe a tab and flags; cuts the line up. NULL; or what is wrong. */
static const char *take_line(char *line, size_t len, mc_entry *entry) {
    char    *value = memchr(line, '\t', len);
    char    *flags = value ? memchr(value + 1, '\t', len - (size_t)(value + 1 - line)) : NULL;
    uint64_t number = entry->flags;
    size_t   value_len;

    if (value == NULL)
        return "there is no tab between a key and a value";
    if (flags && !cli_number_of(mc_bytes(flags + 1, len - (size_t)(flags + 1 - line)), UINT32_MAX, &number))
        return "behind the second tab there are no flags, a number up to 4294967295";
    value_len = (size_t)((flags ? flags : line + len) - value) - 1;
    if (!cli_unescape(value + 1, &value_len))
        return "in its value, a backslash begins none of \\\\ \\t \\n \\r \\xHH";
    entry->key = mc_bytes(line, (size_t)(value - line));
    entry->value = mc_bytes(value + 1, value_len);
    entry->flags = (uint32_t)number;
    return NULL;
}

/* Adds a pair that begins with this text to the batch; a line that is wrong costs only itself. */
static void add_pair(many *all, char *text, size_t len) {
    mc_entry   *entry = &all->entries[all->count];
    char       *line = keep(all, text, len);
    const char *wrong = NULL;

    *entry = (mc_entry){.flags = all->call->flags, .ttl_s = all->call->ttl_s};
    if (all->words.file != NULL) {
        wrong = take_line(line, len, entry);
    } else {
        entry->key = mc_bytes(line, len);
        cli_words_next(&all->words, &text, &len);
        entry->value = mc_bytes(text, len); /* the operand itself */
    }
    if (wrong == NULL) {
        all->count++;
        return;
    }
    free(line);
    cli_complain("line %zu: %s", all->words.line_number, wrong);
    cli_add_status(&all->exit_status, MC_BAD_ARGUMENT);
}

static void add_key(many *all, char *text, size_t len) {
    all->keys[all->count] = mc_bytes(keep(all, text, len), len);
    all->count++;
}

/* Fills the batch. false: there is nothing more. */
static bool fill(many *all, void (*add)(many *all, char *text, size_t len)) {
    char  *text;
    size_t len;

    while (all->count < all->most && all->bytes < BATCH_BYTES && cli_words_next(&all->words, &text, &len))
        add(all, text, len);
    return all->count > 0;
}

static void empty(many *all) {
    for (size_t i = 0; i < all->count; i++)
        free(all->texts[i]);
    all->count = all->bytes = 0;
}

/* ------------------------------------------------------------------------------------------------------- its output -- */

/* Counts what became of a key, and names it if it is one of the first that failed. */
static void add_status(many *all, mc_slice key, mc_status status) {
    char escaped[CLI_ESCAPED_KEY];

    cli_add_status(&all->exit_status, status);
    if (status == MC_OK)
        all->done++;
    else if (cli_exit_of(status) <= CLI_NO)
        all->no++;
    else if (all->failure = status, ++all->failed <= COMPLAINTS)
        cli_complain("\"%s\": %s (%s)", cli_escape_key(key, escaped), mc_status_text(status), mc_status_name(status));
}

/* The first batch that fails explains itself: its last failure in words, which name a host. */
static void add_batch(many *all, mc_status status, size_t failed_before) {
    mc_status why = status == MC_PARTIAL ? all->failure : status;

    cli_add_status(&all->exit_status, why);
    if (status != MC_OK && failed_before == 0)
        cli_tell(why, mc_str(NULL), mc_error_detail(), false);
}

static void open_object(many *all, mc_slice key, mc_status status) {
    cli_json_open(&all->json, NULL, '{');
    cli_json_bytes(&all->json, "key", key);
    cli_json_status(&all->json, status, NULL);
}

static void print_result(many *all, mc_slice key, const mc_result *result) {
    if (all->call->json) {
        open_object(all, key, result->status);
        if (result->status == MC_OK) {
            cli_json_bytes(&all->json, "value", result->value);
            cli_json_number(&all->json, "flags", result->flags);
        }
        cli_json_close(&all->json, '}');
    } else if (result->status == MC_OK) {
        fwrite(key.data, 1, key.len, stdout);
        putchar('\t');
        cli_escape_write(result->value, stdout);
        if (result->flags != 0)
            printf("\t%u", (unsigned)result->flags);
        putchar('\n');
    }
}

static void print_status(many *all, mc_slice key, mc_status status) {
    if (all->call->json) {
        open_object(all, key, status);
        cli_json_close(&all->json, '}');
    }
}

/* ------------------------------------------------------------------------------------------------------ the commands -- */

/* As many keys as values of this length may be in memory together. */
static void fit_reads(many *all, size_t value_bytes) {
    size_t fitting = READ_BYTES / (value_bytes / all->count + 1);

    all->most = fitting < 1 ? 1 : fitting < BATCH_KEYS ? fitting : BATCH_KEYS;
}

static void get_batch(many *all) {
    mc_results results = MC_RESULTS_INIT;
    size_t     failed_before = all->failed;
    mc_status  status = mc_get_multi(all->client, all->keys, all->count, &results);
    size_t     value_bytes = 0;

    for (size_t i = 0; i < results.count && cli_output_good(); i++) {
        print_result(all, all->keys[i], &results.items[i]);
        add_status(all, all->keys[i], results.items[i].status);
        value_bytes += results.items[i].value.len;
    }
    fit_reads(all, value_bytes);
    add_batch(all, status, failed_before);
    mc_results_clear(&results);
}

static void set_batch(many *all) {
    size_t    failed_before = all->failed;
    mc_status status = mc_set_multi(all->client, all->entries, all->count);

    for (size_t i = 0; i < all->count; i++) {
        print_status(all, all->entries[i].key, all->entries[i].status);
        add_status(all, all->entries[i].key, all->entries[i].status);
    }
    add_batch(all, status, failed_before);
}

static void delete_batch(many *all) {
    size_t    failed_before = all->failed;
    mc_status status = mc_delete_multi(all->client, all->keys, all->count, all->statuses);

    for (size_t i = 0; i < all->count; i++) {
        print_status(all, all->keys[i], all->statuses[i]);
        add_status(all, all->keys[i], all->statuses[i]);
    }
    add_batch(all, status, failed_before);
}

/* What is to be known of all batches together. */
static void sum_up(const many *all, const char *no) {
    if (all->failed > COMPLAINTS)
        cli_complain("and %zu keys more", all->failed - COMPLAINTS);
    if (all->no > 0 && !all->call->quiet && !all->call->json)
        cli_complain("%zu of %zu keys %s", all->no, all->done + all->no + all->failed, no);
}

static int run(many *all, void (*add)(many *all, char *text, size_t len), void (*work)(many *all), const char *no) {
    int exit_status;

    cli_words_open(&all->words, all->call);
    if (all->call->json)
        cli_json_open(&all->json, NULL, '[');
    while (cli_output_good() && fill(all, add)) {
        work(all);
        empty(all);
    }
    if (all->call->json)
        cli_json_close(&all->json, ']');
    sum_up(all, no);
    exit_status = cli_words_close(&all->words);
    if (all->exit_status > exit_status)
        exit_status = all->exit_status;
    mc_client_free(all->client);
    free(all);
    return exit_status;
}

static many *start(const cli_call *call, mc_client *client) {
    many *all = calloc(1, sizeof *all);

    if (all == NULL) {
        errno = ENOMEM;
        exit(cli_tell_errno("the keys"));
    }
    all->call = call;
    all->client = client;
    all->most = BATCH_KEYS;
    return all;
}

int cli_run_multi_get(cli_call *call) {
    many *all = start(call, cli_session_open_to_read(call));

    all->most = FIRST_READS;
    return run(all, add_key, get_batch, "are not there");
}

int cli_run_multi_set(cli_call *call) {
    if (!call->file && call->operand_count % 2 != 0 && !(call->operand_count == 1 && strcmp(call->operands[0], "-") == 0))
        cli_refuse("\"%s\" has no value behind it", call->operands[call->operand_count - 1]);
    return run(start(call, cli_session_open(call)), add_pair, set_batch, "were not stored");
}

int cli_run_multi_delete(cli_call *call) {
    return run(start(call, cli_session_open(call)), add_key, delete_batch, "were not there");
}
