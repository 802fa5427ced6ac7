/* viewer/size_text.c - numbers of bytes as people give them */
/* SPDX-License-Identifier: MIT */

#include "viewer/size_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool size_text_read_count(const char *text, uint64_t *ret_count)
{
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (*end != '\0' || errno != 0)
        return false;
    *ret_count = number;
    return true;
}

/* How many bits a unit shifts; -1: it is no unit. */
static int shift_of(const char *unit)
{
    static const char letters[] = "BKMG";
    const char *letter = unit[0] != '\0' ? strchr(letters, unit[0] & ~0x20) : letters;

    if (letter == NULL || *letter == '\0')
        return -1;
    int shift = 10 * (int)(letter - letters);
    if (unit[0] == '\0' || unit[1] == '\0')
        return shift;
    return shift != 0 && strcasecmp(unit + 1, "iB") == 0 ? shift : -1;
}

bool size_text_read(const char *text, uint64_t *ret_bytes)
{
    size_t digits = strspn(text, "0123456789");
    uint64_t whole, fraction = 0, scale = 1;
    char *end;

    if (digits == 0)
        return false;
    errno = 0;
    whole = strtoull(text, &end, 10);
    if (errno != 0)
        return false;
    if (*end == '.') {
        size_t places = strspn(++end, "0123456789");
        if (places == 0 || places > 6)
            return false;
        for (; places > 0; places--, end++, scale *= 10)
            fraction = fraction * 10 + (uint64_t)(*end - '0');
    }
    int shift = shift_of(end);
    if (shift < 0 || (shift == 0 && scale != 1) || whole > UINT64_MAX >> shift)
        return false;
    whole <<= shift;
    fraction = (fraction << shift) / scale;
    if (whole > UINT64_MAX - fraction)
        return false;
    *ret_bytes = whole + fraction;
    return true;
}
