/* tests/plugins/sample_cpp.cpp: the steps of the sample plug-in that is partly written in C++. */
/* SPDX-License-Identifier: MIT */

#include "tests/plugins/sample.h"

/*
 * Blocks from inlined functions, templates, members and lambdas in namespaces, and exceptions that
 * pass through the host. The names in SITE_ENTER_AS are the demangled ones.
 */

namespace sample
{

/* Always inlined: in the machine's stack it is part of its caller. */
__attribute__((always_inline)) inline void *take(uint32_t bytes)
{
    SITE_ENTER_AS("sample::take(unsigned int)");
    return SAMPLE_ALLOC(bytes);
}

__attribute__((always_inline)) inline void *take_twice(uint32_t bytes)
{
    SITE_ENTER_AS("sample::take_twice(unsigned int)");
    SITE_AT(take(bytes));
    return SITE_AT(take(bytes + 1));
}

namespace storage
{

/* A block with an owner. */
class Pool
{
  public:
    explicit Pool(uint32_t bytes)
    {
        SITE_ENTER_AS("sample::storage::Pool::Pool(unsigned int)");
        memory_ = SITE_AT(take(bytes));
    }

    ~Pool()
    {
        SITE_ENTER_AS("sample::storage::Pool::~Pool()");
        if (memory_ != nullptr)
            SAMPLE_FREE(memory_);
    }

    Pool(const Pool &) = delete;
    Pool &operator=(const Pool &) = delete;

    void leak()
    {
        memory_ = nullptr;
    }

    void *grow(uint32_t bytes)
    {
        SITE_ENTER_AS("sample::storage::Pool::grow(unsigned int)");
        return SITE_AT(take_twice(bytes));
    }

  private:
    void *memory_;
};

} /* namespace storage */

template <typename Item> void *make(uint32_t count)
{
    SITE_ENTER_AS(sizeof(Item) == 8 ? "void* sample::make<double>(unsigned int)"
                                    : "void* sample::make<char>(unsigned int)");
    return SAMPLE_ALLOC(count * sizeof(Item));
}

} /* namespace sample */

namespace
{

/* pools BYTES: blocks by members, templates and inlined functions; all but one are leaked */
long step_pools(struct sample_step *step)
{
    SITE_ENTER_AS("(anonymous namespace)::step_pools(sample_step*)");
    const uint32_t bytes = static_cast<uint32_t>(sample_number(step, 0, 100));
    sample::storage::Pool freed(bytes);
    SITE_AT(freed.grow(bytes + 10));
    SITE_AT(sample::make<char>(bytes + 20));
    SITE_AT(sample::make<double>(bytes + 30));
    SITE_AT(sample::take_twice(bytes + 40));
    return 0;
}

/* throw: an exception, through whatever host functions lie between here and `throwover` */
long step_throw(struct sample_step *step)
{
    throw sample_number(step, 0, 7);
}

/* throwover SCRIPT: has the host run a script that is to call `throw`. Returns what was thrown. */
long step_throwover(struct sample_step *step)
{
    SITE_ENTER_AS("(anonymous namespace)::step_throwover(sample_step*)");
    sample::storage::Pool unwound(64);
    try {
        SITE_AT(sample_command_find("eval")->run(step));
    } catch (long thrown) {
        return thrown;
    }
    return -1;
}

} /* namespace */

extern "C" const struct sample_command sample_extra_commands[] = {
    {"pools", step_pools},
    {"throw", step_throw},
    {"throwover", step_throwover},
    {nullptr, nullptr},
};
