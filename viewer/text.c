/* viewer/text.c - numbers and names as people read them */
/* SPDX-License-Identifier: MIT */

#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_SECOND UINT64_C(1000000000)

struct text text_count(uint64_t number)
{
    char digits[24];
    struct text text;
    size_t at = 0;
    size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, number);

    for (size_t i = 0; i < length; i++) {
        if (i != 0 && (length - i) % 3 == 0)
            text.chars[at++] = ',';
        text.chars[at++] = digits[i];
    }
    text.chars[at] = '\0';
    return text;
}

static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

/* Divides into a number below 1024 and returns its unit. */
static size_t scale(uint64_t bytes, double *ret_value)
{
    size_t unit = 0;

    *ret_value = (double)bytes;
    while (*ret_value >= 1023.95 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        *ret_value /= 1024;
        unit++;
    }
    return unit;
}

struct text text_bytes(uint64_t bytes)
{
    struct text text;
    double value;
    size_t unit = scale(bytes, &value);

    if (unit == 0)
        snprintf(text.chars, sizeof(text.chars), "%" PRIu64 " B", bytes);
    else
        snprintf(text.chars, sizeof(text.chars), "%.1f %s", value, units[unit]);
    return text;
}

struct text text_bytes_brief(uint64_t bytes)
{
    struct text text;
    double value;
    size_t unit = scale(bytes, &value);

    if (unit == 0)
        snprintf(text.chars, sizeof(text.chars), "%" PRIu64, bytes);
    else
        snprintf(text.chars, sizeof(text.chars), "%.1f%c", value, units[unit][0]);
    return text;
}

struct text text_duration(uint64_t ns)
{
    struct text text;
    uint64_t seconds = ns / NS_PER_SECOND;

    if (ns < 1000)
        snprintf(text.chars, sizeof(text.chars), "%" PRIu64 " ns", ns);
    else if (ns < 1000000)
        snprintf(text.chars, sizeof(text.chars), "%" PRIu64 " us", ns / 1000);
    else if (ns < NS_PER_SECOND)
        snprintf(text.chars, sizeof(text.chars), "%" PRIu64 " ms", ns / 1000000);
    else if (seconds < 60)
        snprintf(text.chars, sizeof(text.chars), "%.2f s", (double)ns / (double)NS_PER_SECOND);
    else if (seconds < 3600)
        snprintf(text.chars, sizeof(text.chars), "%" PRIu64 " min %" PRIu64 " s", seconds / 60,
                 seconds % 60);
    else
        snprintf(text.chars, sizeof(text.chars), "%" PRIu64 " h %" PRIu64 " min", seconds / 3600,
                 seconds / 60 % 60);
    return text;
}

struct text text_rate(uint64_t number, uint64_t ns)
{
    struct text text = {"-"};
    double rate = ns == 0 ? 0 : (double)number * (double)NS_PER_SECOND / (double)ns;

    if (ns == 0)
        return text;
    if (rate >= 100) {
        /* Damaged counters may say anything. */
        text = text_count(rate < 1e18 ? (uint64_t)(rate + 0.5) : UINT64_MAX);
        strcat(text.chars, "/s");
    } else {
        snprintf(text.chars, sizeof(text.chars), "%.1f/s", rate);
    }
    return text;
}

struct text text_plural(uint64_t number, const char *one)
{
    struct text text = text_count(number);
    size_t length = strlen(text.chars);

    snprintf(text.chars + length, sizeof(text.chars) - length, " %s%s", one,
             number == 1 ? "" : "s");
    return text;
}

struct text text_hex(uint64_t number)
{
    struct text text;

    snprintf(text.chars, sizeof(text.chars), "0x%" PRIx64, number);
    return text;
}

/* Bytes of the valid UTF-8 sequence at the start, 0 if there is none. */
static size_t sequence_bytes(const unsigned char *bytes, size_t length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t count = bytes[0] < 0x80       ? 1
                   : bytes[0] >> 5 == 6  ? 2
                   : bytes[0] >> 4 == 14 ? 3
                   : bytes[0] >> 3 == 30 ? 4
                                         : 0;
    uint32_t code = count == 1 ? bytes[0] : count == 0 ? 0 : bytes[0] & (0x7fu >> count);

    if (count == 0 || count > length)
        return 0;
    for (size_t i = 1; i < count; i++) {
        if (bytes[i] >> 6 != 2)
            return 0;
        code = code << 6 | (bytes[i] & 0x3fu);
    }
    if (code < least[count] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    return count;
}

/* C0, DEL and C1: what terminals obey. */
static bool is_control(const unsigned char *bytes, size_t count)
{
    return (count == 1 && (bytes[0] < 0x20 || bytes[0] == 0x7f)) ||
           (count == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0);
}

char *text_utf8(const char *from, size_t length, bool printable)
{
    const unsigned char *bytes = (const unsigned char *)from;
    char *text = xalloc_zeroed(3 * length + 1, 1);
    size_t at = 0;

    for (size_t i = 0; i < length;) {
        size_t count = sequence_bytes(bytes + i, length - i);
        if (count == 0) {
            memcpy(text + at, "\xef\xbf\xbd", 3);
            at += 3;
            i++;
        } else if (printable && is_control(bytes + i, count)) {
            text[at++] = '?';
            i += count;
        } else {
            memcpy(text + at, bytes + i, count);
            at += count;
            i += count;
        }
    }
    text[at] = '\0';
    return text;
}

char *text_printable(const char *text)
{
    return text_utf8(text, strlen(text), true);
}

static bool needs_quotes(const char *text)
{
    static const char harmless[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-@%=:,";

    return text[0] == '\0' || strspn(text, harmless) != strlen(text);
}

/* it's -> 'it'\''s' */
char *text_quoted(const char *text)
{
    char *clean = text_printable(text);

    if (!needs_quotes(clean))
        return clean;
    char *quoted = xalloc_zeroed(4 * strlen(clean) + 3, 1);
    size_t at = 0;
    quoted[at++] = '\'';
    for (const char *c = clean; *c != '\0'; c++) {
        const char *piece = *c == '\'' ? "'\\''" : (const char[]){*c, '\0'};
        memcpy(quoted + at, piece, strlen(piece));
        at += strlen(piece);
    }
    quoted[at] = '\'';
    free(clean);
    return quoted;
}

size_t text_width(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

char *text_build_id(const uint8_t *build_id, size_t bytes)
{
    char *text = xalloc_zeroed(2 * bytes + 1, 1);

    for (size_t i = 0; i < bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", build_id[i]);
    return text;
}
