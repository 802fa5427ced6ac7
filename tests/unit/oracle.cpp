/* tests/unit/oracle.cpp - recorded stacks against two other unwinders, frame by frame */
/* SPDX-License-Identifier: MIT */

/*
 * Runs itself with the library preloaded. Each case arrives at check_here() in its own way; that
 * takes the stack with the compiler's unwinder and with libunwind's local interface, and then calls
 * the exported NPN_MemAlloc, so that the tracer records the same stack. In the end the program
 * reads its own flight recorder and compares every frame. It prints TAP.
 */
#include <algorithm>
#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <alloca.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>
#define UNW_LOCAL_ONLY
#include <libunwind.h>

#include "tests/unit/oracle_ring.h"

extern "C" void *NPN_MemAlloc(uint32_t size) __attribute__((weak));

namespace
{

struct expectation {
    std::string name;
    void *block;
    std::vector<uint64_t> compiler; /* from check_here outwards */
    std::vector<uint64_t> local;
};

std::vector<expectation> expectations;
std::string current_case;

_Unwind_Reason_Code collect(struct _Unwind_Context *context, void *to)
{
    uint64_t pc = _Unwind_GetIP(context);
    if (pc == 0)
        return _URC_END_OF_STACK;
    static_cast<std::vector<uint64_t> *>(to)->push_back(pc);
    return _URC_NO_REASON;
}

__attribute__((noinline)) void collect_local(std::vector<uint64_t> &to)
{
    unw_context_t context;
    unw_cursor_t cursor;
    unw_word_t pc;
    unw_getcontext(&context);
    unw_init_local(&cursor, &context);
    while (unw_step(&cursor) > 0 && unw_get_reg(&cursor, UNW_REG_IP, &pc) == 0 && pc != 0)
        to.push_back(pc);
}

/* Both vectors begin with a frame in here; the frames from its caller on must be equal to ours. */
__attribute__((noinline)) void check_here()
{
    expectation expected{current_case, nullptr, {}, {}};
    _Unwind_Backtrace(collect, &expected.compiler);
    collect_local(expected.local);
    expected.block = NPN_MemAlloc(17);
    expectations.push_back(std::move(expected));
}

volatile int sink;

__attribute__((noinline)) void recurse(int depth)
{
    if (depth == 0)
        check_here();
    else
        recurse(depth - 1);
    sink += depth;
}

/* The frame's size is known at run time only: the rule goes through the frame pointer. */
__attribute__((noinline)) void with_array(int bytes, int depth)
{
    auto *room = static_cast<volatile char *>(alloca(static_cast<size_t>(bytes)));
    room[0] = 1;
    if (depth == 0)
        check_here();
    else
        with_array(bytes / 2 + 16, depth - 1);
    sink += room[0];
}

/* A stack realigned to 64 bytes, beneath a caller that is only aligned to 16. */
__attribute__((noinline)) void realigned(int depth)
{
    alignas(64) volatile char room[192];
    room[depth] = 1;
    if (depth == 0)
        check_here();
    else
        realigned(depth - 1);
    sink += room[depth];
}

/* Realigned and of variable size: the compiler needs one more register for its arguments. */
__attribute__((noinline)) void realigned_array(int bytes, int depth, int a, int b, int c, int d,
                                               int e)
{
    alignas(64) volatile char room[128];
    auto *more = static_cast<volatile char *>(alloca(static_cast<size_t>(bytes)));
    room[depth] = more[0] = static_cast<char>(a + b + c + d + e);
    if (depth == 0)
        check_here();
    else
        realigned_array(bytes + 8, depth - 1, a, b, c, d, e);
    sink += room[depth] + more[0];
}

int compare(const void *a, const void *b)
{
    if (expectations.size() < 8192 && current_case == "through-libc")
        check_here();
    return *static_cast<const int *>(a) - *static_cast<const int *>(b);
}

void through_libc()
{
    int numbers[] = {5, 3, 8, 1, 9, 2};
    qsort(numbers, 6, sizeof(numbers[0]), compare);
}

struct unwound {
    ~unwound()
    {
        check_here(); /* while the exception is on its way */
    }
};

__attribute__((noinline)) void thrower(int depth)
{
    unwound here;
    if (depth == 0)
        throw std::runtime_error("as planned");
    thrower(depth - 1);
}

void exceptions()
{
    try {
        thrower(3);
    } catch (const std::exception &) {
        check_here();
        recurse(2);
    }
    check_here();
}

jmp_buf back;

__attribute__((noinline)) void jumper(int depth)
{
    check_here();
    if (depth == 0 && sink >= 0)
        longjmp(back, 1);
    if (depth > 0)
        jumper(depth - 1);
    sink++;
}

void jumps()
{
    if (setjmp(back) == 0)
        jumper(5);
    check_here();
    recurse(3);
}

void handler(int)
{
    check_here();
    recurse(2);
}

__attribute__((noinline)) void raise_below(int depth)
{
    if (depth == 0)
        raise(SIGUSR1);
    else
        raise_below(depth - 1);
    sink++;
}

void install(int flags)
{
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigaction(SIGUSR1, &action, nullptr);
}

void signals()
{
    install(0);
    raise_below(4);
}

void alternate_stack()
{
    static char room[65536];
    stack_t stack = {};
    stack.ss_sp = room;
    stack.ss_size = sizeof(room);
    sigaltstack(&stack, nullptr);
    install(SA_ONSTACK);
    raise_below(4);
    stack.ss_flags = SS_DISABLE;
    sigaltstack(&stack, nullptr);
}

/* A fault in the middle of a function: the frame is found by the exact pc, not by the one before.
 */
void fault_handler(int, siginfo_t *, void *raw)
{
    check_here();
    auto *context = static_cast<ucontext_t *>(raw);
#if defined(__x86_64__)
    context->uc_mcontext.gregs[REG_RIP] += 2; /* over the ud2 */
#elif defined(__aarch64__)
    context->uc_mcontext.pc += 4;
#endif
}

__attribute__((noinline)) void fault()
{
#if defined(__x86_64__)
    __asm__ volatile("ud2");
#elif defined(__aarch64__)
    __asm__ volatile("udf #0");
#endif
    sink++;
}

void faults()
{
    struct sigaction action = {};
    action.sa_sigaction = fault_handler;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGILL, &action, nullptr);
    fault();
}

ucontext_t outside, inside;

void coroutine()
{
    for (int i = 0; i < 3; i++) {
        recurse(i);
        swapcontext(&inside, &outside);
    }
}

void coroutines()
{
    static char room[131072];
    getcontext(&inside);
    inside.uc_stack.ss_sp = room;
    inside.uc_stack.ss_size = sizeof(room);
    inside.uc_link = &outside;
    makecontext(&inside, coroutine, 0);
    for (int i = 0; i < 3; i++) {
        swapcontext(&outside, &inside);
        check_here();
    }
}

void *thread_start(void *)
{
    recurse(3);
    with_array(100, 3);
    return nullptr;
}

void threads()
{
    pthread_t thread;
    pthread_create(&thread, nullptr, thread_start, nullptr);
    pthread_join(thread, nullptr);
}

/* Code that says nothing to unwinders, but keeps a frame pointer, as JIT compilers write it. The
 * other two give up there, so this one is compared with itself: the frames outside must be the
 * same. */
extern "C" void oracle_without_information(void (*callee)());
extern "C" const char oracle_without_information_end[];
#if defined(__x86_64__)
__asm__(".text\n"
        ".globl oracle_without_information, oracle_without_information_end\n"
        "oracle_without_information:\n"
        "\tpushq %rbp\n\tmovq %rsp, %rbp\n\tsubq $64, %rsp\n"
        "\tcall *%rdi\n"
        "\tleave\n\tret\n"
        "oracle_without_information_end:\n");
#elif defined(__aarch64__)
__asm__(".text\n"
        ".globl oracle_without_information, oracle_without_information_end\n"
        "oracle_without_information:\n"
        "\tstp x29, x30, [sp, #-80]!\n\tmov x29, sp\n"
        "\tblr x0\n"
        "\tldp x29, x30, [sp], #80\n\tret\n"
        "oracle_without_information_end:\n");
#endif

void guessed()
{
    check_here();
    oracle_without_information(check_here);
    sink++; /* not a tail call */
}

const char guessed_case[] = "no-call-frame-information";

struct test_case {
    const char *name;
    void (*run)();
};

const test_case cases[] = {
    {"plain", [] { check_here(); }},
    {"recursion", [] { recurse(30); }},
    {"deep-recursion", [] { recurse(1000); }},
    {"variable-arrays", [] { with_array(4000, 6); }},
    {"realigned", [] { realigned(5); }},
    {"realigned-variable", [] { realigned_array(33, 4, 1, 2, 3, 4, 5); }},
    {"through-libc", through_libc},
    {"exceptions", exceptions},
    {"longjmp", jumps},
    {"signal-handler", signals},
    {"alternate-stack", alternate_stack},
    {"fault", faults},
    {"coroutines", coroutines},
    {"threads", threads},
    {guessed_case, guessed},
};

/* The tracer's frames against one oracle's, from the caller of check_here on. */
bool equal(const std::vector<uint64_t> &ours, const std::vector<uint64_t> &theirs, const char *who)
{
    if (ours.size() == theirs.size() &&
        std::equal(ours.begin() + 1, ours.end(), theirs.begin() + 1))
        return true;
    printf("# against %s: %zu frames recorded, %zu expected\n", who, ours.size(), theirs.size());
    for (size_t i = 0; i < ours.size() || i < theirs.size(); i++)
        printf("#   %2zu %12lx %12lx\n", i, i < ours.size() ? ours[i] : 0,
               i < theirs.size() ? theirs[i] : 0);
    return false;
}

bool guess_is_right(const oracle_ring &ring)
{
    std::vector<std::vector<uint64_t>> stacks;
    for (const expectation &expected : expectations)
        if (expected.name == guessed_case)
            stacks.push_back(ring.stack_of(expected.block));
    if (stacks.size() != 2 || stacks[1].size() != stacks[0].size() + 1)
        return false;
    auto asm_start = reinterpret_cast<uint64_t>(oracle_without_information);
    auto asm_end = reinterpret_cast<uint64_t>(oracle_without_information_end);
    return stacks[1][1] > asm_start && stacks[1][1] < asm_end &&
           std::equal(stacks[0].begin() + 2, stacks[0].end(), stacks[1].begin() + 3);
}

int report(const std::string &directory)
{
    oracle_ring ring(directory);
    unsigned number = 0;
    for (const test_case &one : cases) {
        unsigned compared = 0;
        bool good = true;
        for (const expectation &expected : expectations) {
            if (expected.name != one.name || one.name == guessed_case)
                continue;
            std::vector<uint64_t> ours = ring.stack_of(expected.block);
            good = equal(ours, expected.compiler, "the compiler's unwinder") && good;
            good = equal(ours, expected.local, "libunwind") && good;
            compared++;
        }
        if (one.name == guessed_case) {
            compared = 2;
            good = guess_is_right(ring);
        }
        good = good && compared > 0;
        printf("%s %u - %s: %u stacks\n", good ? "ok" : "not ok", ++number, one.name, compared);
    }
    printf("1..%u\n", number);
    return 0;
}

/* With the library, and with a directory of its own for the recording. */
int run_preloaded(char **argv)
{
    const char *build = getenv("NPNTRACE_BUILDDIR");
    std::string library = std::string(build != nullptr ? build : ".") + "/.libs/libnpntrace.so";
    char directory[] = "/tmp/npntrace-oracle-XXXXXX";
    if (access(library.c_str(), R_OK) != 0 || mkdtemp(directory) == nullptr) {
        printf("Bail out! %s: %s\n", library.c_str(), strerror(errno));
        return 99;
    }
    setenv("LD_PRELOAD", library.c_str(), 1);
    setenv("NPNTRACE_DIR", directory, 1);
    setenv("NPNTRACE_ORACLE", directory, 1);
    unsetenv("NPNTRACE_RECORDER");
    execv("/proc/self/exe", argv);
    return 99;
}

} // namespace

int main(int, char **argv)
{
    const char *directory = getenv("NPNTRACE_ORACLE");
    if (directory == nullptr)
        return run_preloaded(argv);
    for (const test_case &one : cases) {
        current_case = one.name;
        one.run();
    }
    int status = report(directory);
    oracle_ring::remove(directory);
    return status;
}
