/* tests/unit/oracle_ring.cpp - the stacks in the one recording of a directory */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/oracle_ring.h"

#include <dirent.h>
#include <unistd.h>

#include "tests/unit/oracle_ring_c.h"

static std::vector<std::string> files_of(const std::string &directory)
{
    std::vector<std::string> files;
    DIR *stream = opendir(directory.c_str());
    while (dirent *entry = stream != nullptr ? readdir(stream) : nullptr)
        if (entry->d_name[0] != '.')
            files.push_back(directory + "/" + entry->d_name);
    if (stream != nullptr)
        closedir(stream);
    return files;
}

oracle_ring::oracle_ring(const std::string &directory)
{
    for (const std::string &file : files_of(directory))
        base = oracle_map(file.c_str());
}

std::vector<uint64_t> oracle_ring::stack_of(const void *block) const
{
    static uint64_t frames[8192];
    unsigned count = base != nullptr ? oracle_stack(base, block, frames, 8192) : 0;
    return std::vector<uint64_t>(frames, frames + count);
}

void oracle_ring::remove(const std::string &directory)
{
    for (const std::string &file : files_of(directory))
        unlink(file.c_str());
    rmdir(directory.c_str());
}
