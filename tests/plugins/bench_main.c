/* tests/plugins/bench_main.c: a test bench: a program that runs plug-in code without a browser. */
/* SPDX-License-Identifier: MIT */

/*
 * `bench PROGRAM [PLUGIN.so PROGRAM]`: runs the first program with the code that is linked in, the
 * second with the plug-in's. NPN_MemAlloc, NPN_MemFree and NPN_MemFlush are undefined in both: they
 * come from a preloaded library, and without one the first call ends the process.
 */

#include <dlfcn.h>
#include <stdio.h>

#include "tests/plugins/bench.h"

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 4) {
        fprintf(stderr, "usage: %s PROGRAM [PLUGIN.so PROGRAM]\n", argv[0]);
        return 2;
    }
    bench_run(argv[1]);
    if (argc == 2)
        return 0;
    void *plugin = dlopen(argv[2], RTLD_LAZY);
    if (plugin == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    bench_run_func run;
    *(void **)&run = dlsym(plugin, "bench_run");
    if (run == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    run(argv[3]);
    return dlclose(plugin);
}
