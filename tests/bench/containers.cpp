/* tests/bench/containers.cpp: C++ containers that allocate, for the benchmark. */
/* SPDX-License-Identifier: MIT */

#include "tests/bench/containers.h"

#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/bench/random.h"

namespace {

struct state {
    uint64_t random;
    std::map<uint64_t, std::string> names;
    std::unordered_map<std::string, std::vector<int>> lists;
    std::list<std::unique_ptr<std::string>> queue;
    uint64_t sum = 0;
};

std::string make_name(state &s)
{
    uint64_t number = random_next(&s.random);
    std::string name = "entry-" + std::to_string(number % 4096);

    if (number >> 63 != 0)
        name += std::string(number % 48, 'x');
    return name;
}

void change_map(state &s)
{
    uint64_t key = random_next(&s.random) % 2048;
    auto found = s.names.find(key);

    if (found == s.names.end()) {
        s.names.emplace(key, make_name(s));
    } else {
        s.sum += found->second.size();
        s.names.erase(found);
    }
}

void change_lists(state &s)
{
    auto &list = s.lists[make_name(s)];

    list.push_back(static_cast<int>(s.sum));
    if (list.size() > 6)
        std::vector<int>().swap(list);
    if (s.lists.size() > 3000)
        s.lists.clear();
}

void change_queue(state &s)
{
    s.queue.push_back(std::make_unique<std::string>(make_name(s) + "/" + make_name(s)));
    if (s.queue.size() > 256) {
        s.sum += s.queue.front()->size();
        s.queue.pop_front();
    }
}

void join_strings(state &s)
{
    std::vector<std::string> parts;
    std::string joined;

    for (int i = 0; i < 5; i++)
        parts.push_back(make_name(s));
    for (const std::string &part : parts)
        joined += part + ", ";
    s.sum += joined.size();
}

} // namespace

uint64_t containers_run(uint64_t seed, uint64_t rounds)
{
    static void (*const changes[])(state &) = {change_map, change_lists, change_queue,
                                               join_strings};
    state s{random_mix(seed), {}, {}, {}, 0};

    for (uint64_t round = 0; round < rounds; round++)
        changes[random_next(&s.random) >> 62](s);
    return s.sum;
}
