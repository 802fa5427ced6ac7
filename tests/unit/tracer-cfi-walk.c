/* tests/unit/tracer-cfi-walk.c - real stacks, walked by cfi_rule() and by libgcc */
/* SPDX-License-Identifier: MIT */

/*
 * Frames of every form that a compiler makes lie on the stack; the innermost walks it by rules
 * alone and by _Unwind_Backtrace(). Both must name the same frames, up to the first.
 */
#include <alloca.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unwind.h>

#include <cmocka.h>

#include "tracer/cfi.h"
#include "tracer/unwind.h"

#define MAX_FRAMES 200
#define NOINLINE __attribute__((noinline))

#if defined(__x86_64__)
#define REGISTER_FP 6
#else
#define REGISTER_FP 29
#endif

typedef void visit_function(void *argument);

struct walk {
    uint64_t pcs[MAX_FRAMES];
    unsigned count;
    unsigned classes[RULE_COMPLEX + 1];
};

static struct walk by_rules; /* of the last visit */
static struct walk by_the_compiler;
static volatile unsigned visits;

static uint64_t word(uint64_t base, int32_t offset)
{
    return *(const uint64_t *)(uintptr_t)(base + (uint64_t)(int64_t)offset);
}

static void keep(void *block)
{
    __asm__ volatile("" : : "r"(block) : "memory");
}

static bool step(struct rule rule, uint64_t *sp, uint64_t *fp, uint64_t *pc)
{
    uint64_t cfa, fp_base;

    switch (rule.class) {
    case RULE_SIGNAL:
        *pc = word(*sp, rule.return_offset);
        *fp = word(*sp, rule.fp_offset);
        *sp = word(*sp, rule.cfa_offset);
        return true;
    case RULE_SP: fp_base = cfa = *sp + (uint64_t)(int64_t)rule.cfa_offset; break;
    case RULE_FP: fp_base = cfa = *fp + (uint64_t)(int64_t)rule.cfa_offset; break;
    case RULE_FP_DEREF:
        cfa = word(*fp, rule.cfa_offset);
        fp_base = *fp;
        break;
    default: return false;
    }
    *pc = word(cfa, rule.return_offset);
    if (rule.fp_saved)
        *fp = word(fp_base, rule.fp_offset);
    *sp = cfa;
    return true;
}

static void walk_by_rules(const struct unwind_start *start)
{
    uint64_t sp = start->stack_pointer, fp = start->registers[REGISTER_FP], pc = start->pc;
    bool exact = true;

    memset(&by_rules, 0, sizeof(by_rules));
    while (by_rules.count < MAX_FRAMES) {
        by_rules.pcs[by_rules.count++] = pc;
        struct rule rule = cfi_rule(exact ? pc : pc - 1);
        by_rules.classes[rule.class]++;
        exact = rule.class == RULE_SIGNAL;
        if (!step(rule, &sp, &fp, &pc))
            break;
    }
}

static _Unwind_Reason_Code take_frame(struct _Unwind_Context *context, void *argument)
{
    (void)argument;
    /* The caller of the first frame comes as 0. */
    if (by_the_compiler.count < MAX_FRAMES && _Unwind_GetIP(context) != 0)
        by_the_compiler.pcs[by_the_compiler.count++] = _Unwind_GetIP(context);
    return _URC_NO_REASON;
}

static NOINLINE void visit(void *argument)
{
    struct unwind_start start;

    (void)argument;
    unwind_here(&start);
    walk_by_rules(&start);
    by_the_compiler.count = 0;
    _Unwind_Backtrace(take_frame, NULL);
    visits++;
}

/* The innermost frame is in the midst of visit() for both, at two places. `last`: how it ends. */
static void check_visits_to(unsigned expected, enum rule_class last)
{
    unsigned count = visits;

    visits = 0;
    assert_int_equal(count, expected);
    assert_int_equal(by_rules.classes[RULE_COMPLEX], 0);
    assert_int_equal(by_rules.classes[RULE_NONE], last == RULE_NONE);
    assert_int_equal(by_rules.classes[RULE_END], last == RULE_END);
    assert_int_equal(by_rules.count, by_the_compiler.count);
    for (unsigned i = 1; i < by_rules.count; i++)
        assert_int_equal(by_rules.pcs[i], by_the_compiler.pcs[i]);
}

static void check_visits(unsigned expected)
{
    check_visits_to(expected, RULE_END);
}

static NOINLINE void plain(visit_function *next, void *argument)
{
    char block[100];

    keep(block);
    next(argument);
    keep(block);
}

static NOINLINE void with_alloca(visit_function *next, size_t bytes)
{
    void *block = alloca(bytes);

    keep(block);
    next(block);
    keep(block);
}

/* Realigned; with alloca on top, GCC keeps the CFA in a word of the frame. */
static NOINLINE void realigned(visit_function *next, size_t bytes)
{
    _Alignas(128) char block[128];
    void *more = alloca(bytes);

    keep(block);
    keep(more);
    next(block);
    keep(block);
}

static NOINLINE void nine_arguments(long a, long b, long c, long d, long e, long f, long g, long h,
                                    visit_function *next)
{
    long sum[9] = {a, b, c, d, e, f, g, h};

    keep(sum);
    next(sum);
    keep(sum);
}

static void alloca_visit(void *argument)
{
    (void)argument;
    for (size_t bytes = 1; bytes < 300; bytes += 150)
        with_alloca(visit, bytes);
}

static void realigned_alloca(void *argument)
{
    (void)argument;
    realigned(alloca_visit, 33);
    keep(argument);
}

static int compare(const void *a, const void *b)
{
    if (visits == 0)
        nine_arguments(1, 2, 3, 4, 5, 6, 7, 8, realigned_alloca);
    return *(const int *)a - *(const int *)b;
}

static NOINLINE void sort(void *argument)
{
    int numbers[] = {3, 1, 2};

    (void)argument;
    qsort(numbers, 3, sizeof(numbers[0]), compare);
    keep(numbers);
}

static void forms_of_frames(void **state)
{
    (void)state;
    plain(visit, NULL);
    check_visits(1);
    with_alloca(visit, 77);
    assert_true(by_rules.classes[RULE_FP] > 0);
    check_visits(1);
    realigned(visit, 20);
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
    assert_int_equal(by_rules.classes[RULE_FP_DEREF], 1);
#endif
    check_visits(1);
    plain(sort, NULL);
    check_visits(2);
}

#if !defined(__SANITIZE_THREAD__) /* which runs handlers later than the signal comes */
static void on_signal(int number)
{
    (void)number;
    realigned(visit, 10);
}

static void handle(int number, int flags)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};

    assert_int_equal(sigaction(number, &action, NULL), 0);
}

static void raise_again(void *argument)
{
    (void)argument;
    raise(SIGUSR2);
}

static void on_outer_signal(int number)
{
    (void)number;
    with_alloca(raise_again, 40);
}

/* An instruction that faults, the first of its function: its address is looked up as it is. */
__asm__(".pushsection .text\n"
        ".type faulting_function, %function\n"
        "faulting_function:\n"
        "\t.cfi_startproc\n"
#if defined(__x86_64__)
        "\tud2\n"
        "\tret\n"
#else
        "\tudf #0\n"
        "\tret\n"
#endif
        "\t.cfi_endproc\n"
        ".size faulting_function, . - faulting_function\n"
        ".popsection\n");
extern void faulting_function(void *argument);

static sigjmp_buf after_fault;

static void on_fault(int number)
{
    (void)number;
    plain(visit, NULL);
    siglongjmp(after_fault, 1);
}

static void signal_frames(void **state)
{
    static char stack[65536];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction outer = {.sa_handler = on_outer_signal}, fault = {.sa_handler = on_fault};

    (void)state;
    handle(SIGUSR2, 0);
    plain(raise_again, NULL);
    assert_int_equal(by_rules.classes[RULE_SIGNAL], 1);
    check_visits(1);

    assert_int_equal(sigaltstack(&alternate, NULL), 0);
    handle(SIGUSR2, SA_ONSTACK);
    assert_int_equal(sigaction(SIGUSR1, &outer, NULL), 0);
    raise(SIGUSR1);
    assert_int_equal(by_rules.classes[RULE_SIGNAL], 2);
    check_visits(1);

    assert_int_equal(sigaction(SIGILL, &fault, NULL), 0);
    if (sigsetjmp(after_fault, 1) == 0)
        plain(faulting_function, NULL);
#if defined(__x86_64__) /* aarch64 keeps the return address of a leaf function in x30 */
    assert_int_equal(by_rules.classes[RULE_SIGNAL], 1);
    check_visits(1);
#endif
}
#endif

static void *thread(void *argument)
{
    realigned(visit, 50);
    return argument;
}

static void first_frames(void **state)
{
    pthread_t other;

    (void)state;
    assert_int_equal(pthread_create(&other, NULL, thread, NULL), 0);
    assert_int_equal(pthread_join(other, NULL), 0);
    check_visits(1);
}

static ucontext_t main_context, other_context;

static void on_other_stack(void)
{
    with_alloca(visit, 200);
}

static void made_contexts(void **state)
{
    static char stack[65536];

    (void)state;
    assert_int_equal(getcontext(&other_context), 0);
    other_context.uc_stack.ss_sp = stack;
    other_context.uc_stack.ss_size = sizeof(stack);
    other_context.uc_link = &main_context;
    makecontext(&other_context, on_other_stack, 0);
    assert_int_equal(swapcontext(&main_context, &other_context), 0);
#if defined(__x86_64__)
    /* The function that is returned to begins at the return address: nothing covers the byte
     * before. */
    check_visits_to(1, RULE_NONE);
#else
    check_visits(1);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_of_frames),
#if !defined(__SANITIZE_THREAD__)
        cmocka_unit_test(signal_frames),
#endif
        cmocka_unit_test(first_frames),
        cmocka_unit_test(made_contexts),
    };
    return cmocka_run_group_tests_name("tracer-cfi-walk", tests, NULL, NULL);
}
