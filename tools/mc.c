/* mc: a cluster of memcached servers from the command line; see mc --help. */
#include "cli/command_line.h"
#include "cli/output.h"

int main(int argc, char **argv) {
    cli_call call;
    int      exit_status;

    cli_output_begin();
    cli_command_line_read(&call, argc, argv);
    exit_status = cli_output_end(call.command->run(&call));
    cli_command_line_clear(&call);
    return exit_status;
}
