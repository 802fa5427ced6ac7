/* tests/unit/oracle_ring.h - the stacks in the one recording of a directory */
/* SPDX-License-Identifier: MIT */
#ifndef NPNTRACE_TESTS_UNIT_ORACLE_RING_H
#define NPNTRACE_TESTS_UNIT_ORACLE_RING_H

#include <cstdint>
#include <string>
#include <vector>

/* Reads the side table of live blocks: no block of the oracle's is ever freed. */
class oracle_ring
{
  public:
    explicit oracle_ring(const std::string &directory);

    /* Frames outwards, beginning with the caller of NPN_MemAlloc; empty if the block is not there.
     */
    std::vector<uint64_t> stack_of(const void *block) const;

    /* The directory with all files in it. */
    static void remove(const std::string &directory);

  private:
    const void *base = nullptr;
};

#endif
