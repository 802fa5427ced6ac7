/* viewer/serve_address.c - addresses to listen on */
/* SPDX-License-Identifier: MIT */

#include "viewer/serve.h"
#include "viewer/xalloc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool parse_port(const char *text, uint16_t *ret_port)
{
    char *end;

    errno = 0;
    unsigned long port = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || port > UINT16_MAX)
        return false;
    *ret_port = (uint16_t)port;
    return true;
}

static bool parse_host(const char *host, uint16_t port, struct sockaddr_storage *ret_address)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

    memset(ret_address, 0, sizeof(*ret_address));
    if (strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
        memcpy(ret_address, &v4, sizeof(v4));
        return true;
    }
    if (inet_pton(AF_INET6, host, &v6.sin6_addr) != 1)
        return false;
    memcpy(ret_address, &v6, sizeof(v6));
    return true;
}

/* An IPv6 address with a port stands in brackets; one without may. */
bool serve_address_parse(const char *text, uint16_t port, struct sockaddr_storage *ret_address)
{
    const char *colon = strrchr(text, ':'), *bracket = strrchr(text, ']');
    bool has_port =
        colon != NULL && (bracket != NULL ? colon > bracket : strchr(text, ':') == colon);
    size_t length = has_port ? (size_t)(colon - text) : strlen(text);

    if (has_port && !parse_port(colon + 1, &port))
        return false;
    if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    char *host = xalloc_substring(text, length);
    bool is_good = parse_host(host, port, ret_address);
    free(host);
    return is_good;
}

bool serve_address_is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(
            &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
    return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == 127;
}

char *serve_address_text(const struct sockaddr *address)
{
    char host[INET6_ADDRSTRLEN] = "?";

    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)address;
        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
        return xalloc_format("[%s]:%u", host, ntohs(v6->sin6_port));
    }
    const struct sockaddr_in *v4 = (const void *)address;
    inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
    return xalloc_format("%s:%u", host, ntohs(v4->sin_port));
}

socklen_t serve_address_bytes(const struct sockaddr *address)
{
    return address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : sizeof(struct sockaddr_in);
}
