/* tests/selfcheck/exceptions.cpp - C++ that throws, catches, inlines and instantiates */
/* SPDX-License-Identifier: MIT */

/*
 * Compiled with optimisation, so that most of what is called is inlined. Allocations happen while
 * exceptions are made, on their way, and where they are caught; the stack that was is gone, and
 * the next one lies where it was. Prints how many exceptions were caught.
 */
#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace
{

std::mt19937 draw(42); /* NOLINT: always the same */
unsigned caught;

struct error : std::runtime_error {
    using std::runtime_error::runtime_error;
    std::vector<int> luggage = std::vector<int>(17, 3);
};

/* Allocates while it is destroyed, also when that is because of an exception. */
class leaver
{
  public:
    explicit leaver(size_t length) : text(std::make_unique<std::string>(length, 'x'))
    {
    }
    ~leaver()
    {
        std::string longer = *text + " and some more text than fits into a string itself";
        total += longer.size();
    }
    leaver(const leaver &) = delete;
    leaver &operator=(const leaver &) = delete;
    static size_t total;

  private:
    std::unique_ptr<std::string> text;
};
size_t leaver::total;

[[gnu::noinline]] void thrower(unsigned depth, unsigned kind)
{
    leaver here(20 + depth * 5);
    if (depth == 0) {
        if (kind % 3 == 0)
            throw error("a text that is long enough to be on the heap, certainly");
        if (kind % 3 == 1)
            throw std::string("thrown as a string, which is no exception by its type");
        throw static_cast<int>(kind);
    }
    try {
        thrower(depth - 1, kind);
    } catch (int &number) {
        if (depth % 4 == 0)
            throw; /* on */
        if (depth % 4 == 1)
            std::throw_with_nested(error("around the number " + std::to_string(number)));
        throw number + 1;
    }
}

[[gnu::noinline]] void catcher(unsigned depth, unsigned kind)
{
    leaver here(kind % 40);
    try {
        thrower(depth, kind);
    } catch (const std::exception &exception) {
        caught++;
        std::ostringstream text;
        text << "caught " << exception.what() << " at " << depth;
        leaver::total += text.str().size();
    } catch (const std::string &text) {
        caught++;
        leaver::total += (text + text).size();
    } catch (...) {
        caught++;
        std::exception_ptr kept = std::current_exception();
        if (kind % 5 == 0 && depth > 0)
            catcher(depth - 1, kind + 1);
    }
}

/* A constructor that fails half way: what was made before it is destroyed. */
struct half {
    half(unsigned number, unsigned most) : first(number), name(std::to_string(number))
    {
        if (number == most)
            throw error("half made");
        if (number < most)
            next = std::make_unique<half>(number + 1, most);
    }
    leaver first;
    std::string name;
    std::unique_ptr<half> next;
};

template <typename Container> size_t fill(unsigned count)
{
    Container container;
    for (unsigned i = 0; i < count; i++)
        container.emplace(std::to_string(draw() % count) + " as the key of an entry in a map",
                          std::vector<unsigned>(i % 20, i));
    size_t sum = 0;
    for (const auto &[key, value] : container)
        sum += key.size() + std::accumulate(value.begin(), value.end(), size_t{0});
    return sum;
}

size_t containers()
{
    size_t sum = fill<std::map<std::string, std::vector<unsigned>>>(150) +
                 fill<std::unordered_map<std::string, std::vector<unsigned>>>(150);
    std::list<std::function<size_t(size_t)>> steps;
    for (unsigned i = 0; i < 60; i++)
        steps.emplace_back([kept = std::string(i * 3, 'k'), i](size_t x) {
            return kept.size() > 30 ? std::string(kept).append(kept).size() + x : x + i;
        });
    for (const auto &step : steps)
        sum = step(sum);
    std::vector<std::string> words;
    for (unsigned i = 0; i < 200; i++)
        words.push_back(std::to_string(draw()) + " is a word that needs its own block");
    std::sort(words.begin(), words.end());
    std::stable_sort(words.begin(), words.end(),
                     [](const auto &a, const auto &b) { return std::string(b) < std::string(a); });
    return sum;
}

void everything(unsigned seed)
{
    for (unsigned i = 0; i < 60; i++)
        catcher(i % 12, i + seed);
    for (unsigned i = 0; i < 10; i++)
        try {
            half whole(0, i);
        } catch (const error &) {
            caught++;
        }
    leaver::total += containers();
}

} // namespace

int main()
{
    everything(0);
    auto other = std::async(std::launch::async, [] {
        return fill<std::map<std::string, std::vector<unsigned>>>(100);
    });
    std::thread third([] { leaver(500); });
    everything(1);
    third.join();
    leaver::total += other.get();
    std::printf("%u %s\n", caught, leaver::total > 0 ? "caught" : "");
    return 0;
}
