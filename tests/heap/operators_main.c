/* tests/heap/operators_main.c - a program that calls every operator new and delete */
/* SPDX-License-Identifier: MIT */

#include "tests/heap/operators.h"

int main(void)
{
    operators_run();
    operators_in_thread();
    if (operators_throw() != 3)
        return 1;
    operators_provided();
    return 0;
}
