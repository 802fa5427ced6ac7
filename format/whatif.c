/* format/whatif.c - what may be asked of a host: failing allocations, a budget, red zones */
/* SPDX-License-Identifier: MIT */

#include "format/whatif.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits at *at, which is moved behind them. False: there are none, or too many. */
static bool take_number(const char **at, uint64_t *ret_number)
{
    uint64_t number = 0;

    if (!is_digit(**at))
        return false;
    for (; is_digit(**at); (*at)++)
        if (__builtin_mul_overflow(number, 10u, &number) ||
            __builtin_add_overflow(number, (uint64_t)(**at - '0'), &number))
            return false;
    *ret_number = number;
    return true;
}

bool whatif_parse_number(const char *text, uint64_t *ret_number)
{
    return take_number(&text, ret_number) && *text == '\0';
}

/* What follows the decimal point, in parts of WHATIF_WHOLE. */
static uint64_t take_fraction(const char **at)
{
    uint64_t parts = 0, unit = WHATIF_WHOLE / 10;

    for (; is_digit(**at); (*at)++, unit /= 10)
        parts += (uint64_t)(**at - '0') * unit;
    return parts;
}

/* "7", "5%", "0.5%" or "0.05" */
static bool take_how_often(const char **at, struct whatif_fail *ret_fail)
{
    uint64_t whole, parts = 0;
    bool has_point = false;

    if (!take_number(at, &whole))
        return false;
    if (**at == '.') {
        has_point = true;
        (*at)++;
        parts = take_fraction(at);
    }
    if (**at == '%') {
        (*at)++;
        if (whole > 100)
            return false;
        parts = (whole * WHATIF_WHOLE + parts) / 100;
    } else if (has_point) {
        if (whole > 1)
            return false;
        parts += whole * WHATIF_WHOLE;
    } else {
        ret_fail->number = whole;
        return whole > 0;
    }
    ret_fail->parts = (uint32_t)parts;
    return parts > 0 && parts <= WHATIF_WHOLE;
}

static bool take_pattern(const char *text, size_t length, char *pattern)
{
    if (length == 0 || length >= WHATIF_PATTERN_BYTES)
        return false;
    memcpy(pattern, text, length);
    pattern[length] = '\0';
    return true;
}

bool whatif_parse_fail(const char *text, struct whatif_fail *ret_fail)
{
    const char *at = text;

    ret_fail->number = 0;
    ret_fail->parts = 0;
    ret_fail->plugin[0] = '\0';
    if (!take_how_often(&at, ret_fail))
        return false;
    return *at == '\0' || (*at == ':' && take_pattern(at + 1, strlen(at + 1), ret_fail->plugin));
}

bool whatif_parse_limit(const char *text, struct whatif_limit *ret_limit)
{
    static const char suffixes[] = "KMGkmg";
    const char *colon = strrchr(text, ':');
    uint64_t bytes;

    if (colon == NULL || !take_pattern(text, (size_t)(colon - text), ret_limit->plugin))
        return false;
    const char *at = colon + 1;
    if (!take_number(&at, &bytes))
        return false;
    const char *suffix = *at != '\0' ? strchr(suffixes, *at) : NULL;
    unsigned shift = suffix != NULL ? 10 * ((unsigned)(suffix - suffixes) % 3 + 1) : 0;
    if (bytes > UINT64_MAX >> shift || at[suffix != NULL] != '\0')
        return false;
    ret_limit->bytes = bytes << shift;
    return true;
}

/* A well-mixed number of 64 bits for each call of each seed. */
static uint64_t mixed(uint64_t value)
{
    value += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

bool whatif_fails(const struct whatif_fail *fail, uint64_t seed, uint64_t call)
{
    if (fail->number != 0)
        return call == fail->number;
    return mixed(mixed(seed) ^ call) % WHATIF_WHOLE < fail->parts;
}
