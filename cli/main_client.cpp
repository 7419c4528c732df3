// cli/main_client.cpp: herald-client, the commands for machines that run no server.
#include "cli/command.h"

int main(int argc, char** argv) {
    return herald::cli::run(herald::cli::client_commands(), argc, argv);
}
