/* tests/selfcheck/shapes_stacks.c - more than one stack: coroutines, handlers, threads */
/* SPDX-License-Identifier: MIT */

#include "tests/selfcheck/shapes.h"

#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define STACK_BYTES (64u << 10)
#define COROUTINES 4

static __attribute__((noinline)) void dig(unsigned depth)
{
    volatile char *room = alloca(16 + depth % 3 * 16);

    room[0] = 1;
    shapes_allocate(16 + depth);
    if (depth > 0)
        dig(depth - 1);
    if (depth % 4 == 1)
        shapes_allocate(64 + depth);
    room[0] = 2;
}

/* ---- coroutines, whose stacks come and go at the same addresses ---- */

static ucontext_t outside, inside[COROUTINES];
static unsigned switches, current;

static void leave(void)
{
    switches++;
    swapcontext(&inside[current], &outside);
}

static __attribute__((noinline)) void nested_leave(unsigned depth)
{
    shapes_allocate(80);
    if (depth == 0)
        leave();
    else
        nested_leave(depth - 1);
    shapes_allocate(96);
}

static void even(void)
{
    for (unsigned i = 0;; i++) {
        dig(i % 7);
        nested_leave(i % 5);
    }
}

static void odd(void)
{
    for (unsigned i = 0;; i++) {
        nested_leave(i % 3);
        dig(i % 9);
        leave();
    }
}

static void make(unsigned number, void *stack)
{
    getcontext(&inside[number]);
    inside[number].uc_stack.ss_sp = stack;
    inside[number].uc_stack.ss_size = STACK_BYTES;
    inside[number].uc_link = &outside;
    makecontext(&inside[number], number % 2 == 0 ? even : odd, 0);
}

unsigned shapes_coroutines(void)
{
    switches = 0;
    for (unsigned life = 0; life < 12; life++) {
        void *stacks = mmap(NULL, COROUTINES * STACK_BYTES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (unsigned i = 0; i < COROUTINES; i++)
            make((life + i) % COROUTINES, (char *)stacks + i * STACK_BYTES);
        for (unsigned i = 0; i < 60; i++) {
            current = (i * 7 + life) % COROUTINES;
            swapcontext(&outside, &inside[current]);
            dig(i % 4);
        }
        munmap(stacks, COROUTINES * STACK_BYTES);
    }
    return switches;
}

/* ---- handlers on a stack of their own ---- */

static volatile sig_atomic_t handled;

static void handler(int number)
{
    (void)number;
    handled++;
    dig((unsigned)handled % 6);
    if (handled % 3 == 0)
        raise(SIGUSR2); /* not on the alternate stack */
}

static __attribute__((noinline)) void raise_below(unsigned depth)
{
    volatile char *room = alloca(depth * 8 + 16);

    room[0] = 1;
    if (depth == 0)
        raise(SIGUSR1);
    else
        raise_below(depth - 1);
    shapes_allocate(room[0] + 31u);
}

static void install(int number, int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

    sigaction(number, &action, NULL);
}

unsigned shapes_alternate(void)
{
    static char room[1 << 17];
    stack_t stack = {.ss_sp = room, .ss_size = sizeof(room)};

    handled = 0;
    for (unsigned i = 0; i < 150; i++) {
        stack.ss_flags = i % 3 == 2 ? SS_DISABLE : 0;
        sigaltstack(&stack, NULL);
        install(SIGUSR1, SA_ONSTACK);
        install(SIGUSR2, 0);
        raise_below(i % 11);
    }
    stack.ss_flags = SS_DISABLE;
    sigaltstack(&stack, NULL);
    return (unsigned)handled;
}

/* ---- interrupted where nothing was called ---- */

static void fault_handler(int number, siginfo_t *info, void *raw)
{
    ucontext_t *context = raw;

    (void)number;
    (void)info;
    handled++;
    dig(3);
#if defined(__x86_64__)
    context->uc_mcontext.gregs[REG_RIP] += 2; /* over the ud2 */
#elif defined(__aarch64__)
    context->uc_mcontext.pc += 4;
#endif
}

static __attribute__((noinline)) void fault(unsigned depth)
{
    shapes_allocate(40);
    if (depth > 0)
        fault(depth - 1);
#if defined(__x86_64__)
    __asm__ volatile("ud2");
#elif defined(__aarch64__)
    __asm__ volatile("udf #0");
#endif
    shapes_allocate(41);
}

unsigned shapes_faults(void)
{
    struct sigaction action = {.sa_sigaction = fault_handler, .sa_flags = SA_SIGINFO};

    handled = 0;
    sigaction(SIGILL, &action, NULL);
    for (unsigned i = 0; i < 40; i++)
        fault(i % 6);
    return (unsigned)handled;
}

/* ---- threads, one after the other and side by side, on stacks that were used before ---- */

static void *dig_thread(void *argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;

    for (unsigned i = 0; i < 30; i++)
        dig((i + number) % 12);
    return NULL;
}

static void *raise_thread(void *argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;

    for (unsigned i = 0; i < 20; i++)
        raise_below((i + number) % 9);
    dig_thread(argument);
    return NULL;
}

unsigned shapes_threads(void)
{
    unsigned count = 0;

    install(SIGUSR1, 0);
    install(SIGUSR2, 0);
    for (unsigned i = 0; i < 40; i++) {
        pthread_t threads[3];
        for (unsigned j = 0; j < 3; j++)
            count += pthread_create(&threads[j], NULL, (i + j) % 2 == 0 ? dig_thread : raise_thread,
                                    (void *)(uintptr_t)(i + j)) == 0;
        for (unsigned j = 0; j < 3; j++)
            pthread_join(threads[j], NULL);
    }
    return count;
}
