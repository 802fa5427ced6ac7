/* tests/heap/operators.cpp - calls of every operator new and delete, and exceptions */
/* SPDX-License-Identifier: MIT */

#include "tests/heap/operators.h"

#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "tests/heap/say.h"

/* The library's, where it is. */
extern "C" void *NPN_MemAlloc(std::uint32_t size) __attribute__((weak));
extern "C" void NPN_MemFree(void *block) __attribute__((weak));

namespace
{

volatile std::size_t too_much = PTRDIFF_MAX - 4096; /* statements.py has it, too */

void *stated(const char *function, void *block, std::size_t size)
{
    __asm__ volatile("" : "+r"(block) : : "memory");
    say_alloc(function, block, size);
    return block;
}

void single()
{
    void *block = stated("new", ::operator new(41), 41);
    say_free("delete", block);
    ::operator delete(block);
    block = stated("new", ::operator new(42), 42);
    say_free("delete", block);
    ::operator delete(block, std::size_t(42));
    block = stated("new", ::operator new(43, std::nothrow), 43);
    say_free("delete", block);
    ::operator delete(block, std::nothrow);
}

void array()
{
    void *block = stated("new[]", ::operator new[](51), 51);
    say_free("delete[]", block);
    ::operator delete[](block);
    block = stated("new[]", ::operator new[](52), 52);
    say_free("delete[]", block);
    ::operator delete[](block, std::size_t(52));
    block = stated("new[]", ::operator new[](53, std::nothrow), 53);
    say_free("delete[]", block);
    ::operator delete[](block, std::nothrow);
}

void aligned()
{
    const std::align_val_t alignment{64};
    void *block = stated("aligned-new", ::operator new(128, alignment), 128);
    say_free("delete", block);
    ::operator delete(block, alignment);
    block = stated("aligned-new", ::operator new(192, alignment, std::nothrow), 192);
    say_free("delete", block);
    ::operator delete(block, std::size_t(192), alignment);
    block = stated("aligned-new[]", ::operator new[](256, alignment), 256);
    say_free("delete[]", block);
    ::operator delete[](block, alignment);
    block = stated("aligned-new[]", ::operator new[](320, alignment, std::nothrow), 320);
    say_free("delete[]", block);
    ::operator delete[](block, std::size_t(320), alignment);
}

struct broken {
    std::string what;
};

__attribute__((noinline)) void break_down(int depth)
{
    std::vector<int> ballast(static_cast<std::size_t>(depth) + 1);
    __asm__ volatile("" : : "r"(ballast.data()) : "memory");
    if (depth == 0)
        throw broken{std::string(100, 'x')};
    break_down(depth - 1);
    __asm__ volatile("" : : "r"(ballast.data()) : "memory");
}

/* Returns whether an exception came, which has passed through the library then. */
__attribute__((noinline)) bool failing()
{
    try {
        say("%p is too good\n", ::operator new(too_much));
    } catch (const std::bad_alloc &) {
        return true;
    }
    return false;
}

} // namespace

extern "C" void operators_run(void)
{
    single();
    array();
    aligned();
}

extern "C" int operators_throw(void)
{
    int caught = 0;

    try {
        break_down(20);
    } catch (const broken &gone) {
        caught += gone.what.size() == 100;
    }
    /* An allocator written in C may abort instead. */
    caught += std::getenv("OPERATORS_ABORT") != nullptr || failing() ? 2 : 0;
    single();
    array();
    say("caught: %d\n", caught);
    return caught;
}

extern "C" void operators_provided(void)
{
    volatile char deep[4096]; /* below the frames that an exception has passed through */

    if (NPN_MemAlloc == nullptr)
        return;
    deep[0] = 0;
    void *block = stated("malloc", NPN_MemAlloc(77), 77);
    say_free("free", block);
    NPN_MemFree(block);
    deep[1] = deep[0];
}

extern "C" void operators_in_thread(void)
{
    std::thread worker([] { single(); });
    worker.join();
}
