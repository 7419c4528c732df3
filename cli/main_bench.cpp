// cli/main_bench.cpp: herald-bench, the load generator by itself.
#include <vector>

#include "cli/commands.h"

int main(int argc, char** argv) {
    return herald::cli::run(std::vector{herald::cli::bench_command()}, argc, argv);
}
