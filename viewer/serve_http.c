/* viewer/serve_http.c - answers requests for metrics */
/* SPDX-License-Identifier: MIT */

#include "viewer/clock_now.h"
#include "viewer/mapping.h"
#include "viewer/message.h"
#include "viewer/serve.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECTIONS 64
#define TIMEOUT_S 30
#define CONNECTION_BYTES ((size_t)32768)
#define OPENMETRICS "application/openmetrics-text"

struct serve_http {
    struct MHD_Daemon *daemon;
    struct serve_hosts *hosts;
    bool is_loopback;
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type,
                              char *body, size_t bytes)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(bytes, body, MHD_RESPMEM_MUST_FREE);

    if (response == NULL) {
        free(body);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned status,
                                   const char *type, const char *text)
{
    return answer(connection, status, type, xalloc_string(text), strlen(text));
}

static char *write_metrics(struct serve_hosts *hosts, bool is_openmetrics, double seconds,
                           size_t *ret_bytes)
{
    char *body = NULL;
    FILE *to = xalloc_checked(open_memstream(&body, ret_bytes));

    serve_metrics_write(to, hosts, is_openmetrics, seconds);
    fclose(to);
    return xalloc_checked(body);
}

static enum MHD_Result answer_metrics(struct serve_http *http, struct MHD_Connection *connection)
{
    const char *accept =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    bool is_openmetrics = accept != NULL && strstr(accept, OPENMETRICS) != NULL;
    uint64_t begin = clock_now_ns();
    size_t bytes = 0;

    serve_hosts_look(http->hosts);
    double seconds = (double)(clock_now_ns() - begin) / 1e9;
    uint64_t losses = mapping_losses();
    char *body = write_metrics(http->hosts, is_openmetrics, seconds, &bytes);
    if (mapping_losses() != losses && serve_hosts_drop_shorter(http->hosts)) {
        free(body); /* names were read from a file that became shorter */
        body = write_metrics(http->hosts, is_openmetrics, seconds, &bytes);
    }
    return answer(connection, MHD_HTTP_OK,
                  is_openmetrics ? OPENMETRICS "; version=1.0.0; charset=utf-8"
                                 : "text/plain; version=0.0.4; charset=utf-8",
                  body, bytes);
}

/* A page in a browser may have its own name resolve to this machine's loopback address. */
static bool is_asked_by_name(const struct serve_http *http, struct MHD_Connection *connection)
{
    const char *host =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    struct sockaddr_storage address;

    return http->is_loopback && host != NULL &&
           (!serve_address_parse(host, 80, &address) ||
            !serve_address_is_loopback((const struct sockaddr *)&address));
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_bytes, void **request)
{
    struct serve_http *http = context;

    (void)version, (void)upload, (void)request;
    if (*upload_bytes != 0) {
        *upload_bytes = 0;
        return MHD_YES;
    }
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain",
                           "only GET and HEAD\n");
    if (is_asked_by_name(http, connection))
        return answer_text(connection, MHD_HTTP_FORBIDDEN, "text/plain",
                           "ask by the address, 127.0.0.1 or localhost\n");
    if (strcmp(url, "/metrics") == 0)
        return answer_metrics(http, connection);
    if (strcmp(url, "/") == 0)
        return answer_text(connection, MHD_HTTP_OK, "text/html; charset=utf-8",
                           "<!doctype html><html lang=\"en\"><title>npntrace</title>"
                           "<p><a href=\"/metrics\">metrics</a></html>\n");
    return answer_text(connection, MHD_HTTP_NOT_FOUND, "text/plain", "there is only /metrics\n");
}

/* -errno. */
static int listen_on(const struct sockaddr *address, struct sockaddr_storage *ret_address)
{
    socklen_t bytes = sizeof(*ret_address);
    int yes = 1, fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(fd, address, serve_address_bytes(address)) == 0 && listen(fd, CONNECTIONS) == 0 &&
        getsockname(fd, (struct sockaddr *)ret_address, &bytes) == 0)
        return fd;
    int error = -errno;
    close(fd);
    return error;
}

struct serve_http *serve_http_begin(struct serve_hosts *hosts, const struct sockaddr *address,
                                    struct sockaddr_storage *ret_address)
{
    struct serve_http *http = xalloc_zeroed(1, sizeof(*http));
    int fd = listen_on(address, ret_address);

    http->hosts = hosts;
    http->is_loopback = serve_address_is_loopback(address);
    errno = 0;
    if (fd >= 0)
        http->daemon = MHD_start_daemon(
            MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, handle, http,
            MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
            CONNECTION_BYTES, MHD_OPTION_END);
    if (http->daemon != NULL)
        return http;
    char *text = serve_address_text(address);
    message("cannot listen on %s: %s", text, strerror(fd < 0 ? -fd : errno));
    free(text);
    if (fd >= 0)
        close(fd);
    free(http);
    return NULL;
}

void serve_http_end(struct serve_http *http)
{
    MHD_stop_daemon(http->daemon);
    free(http);
}
