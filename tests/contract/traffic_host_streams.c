/* tests/contract/traffic_host_streams.c - the random host's streams, and notifications of them */
/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "tests/contract/traffic_host.h"

enum { STREAMS = 48, CHUNK = 512 };

enum state {
    NONE,
    ASKED,      /* NPP_NewStream is to come, or a redirection */
    REDIRECTED, /* the plug-in is to say whether it may go on */
    OPEN,       /* NPP_Write is to come */
    ENDED,      /* NPP_URLNotify is to come */
    PLUGINS,    /* the plug-in writes it */
};

static struct stream {
    NPStream stream;
    enum state state;
    struct host_instance *instance;
    char url[64];
    bool notifies, busy, cancelled;
    uint16_t type;
    int32_t offset;
} streams[STREAMS];

/* ---- what plug-ins ask for ------------------------------------------------------------------- */

static struct stream *stream_new(NPP npp, const char *url, enum state state)
{
    for (int i = 0; i < STREAMS; i++) {
        struct stream *s = &streams[i];
        if (s->state != NONE)
            continue;
        *s = (struct stream){.state = state, .instance = instance_of(npp)};
        strncpy(s->url, url, sizeof s->url - 1);
        s->stream.url = s->url;
        s->stream.ndata = s;
        s->stream.headers = "HTTP/1.1 200 OK\n";
        s->stream.end = host_below(3 * CHUNK);
        return s;
    }
    return NULL;
}

static NPError asked(NPP npp, const char *url, const char *window, bool notifies, void *data)
{
    struct stream *s = host_one_in(5) ? NULL : stream_new(npp, url, ASKED);

    if (s == NULL)
        return NPERR_INVALID_URL;
    s->notifies = notifies;
    s->stream.notifyData = data;
    if (window != NULL) /* it goes there; at most its end is told */
        s->state = notifies ? ENDED : NONE;
    return NPERR_NO_ERROR;
}

NPError host_geturl(NPP npp, const char *url, const char *window)
{
    return asked(npp, url, window, false, NULL);
}

NPError host_geturlnotify(NPP npp, const char *url, const char *window, void *data)
{
    return asked(npp, url, window, true, data);
}

static uint32_t sum_of(const char *bytes, uint32_t count)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < count; i++)
        sum += (unsigned char)bytes[i];
    return sum;
}

NPError host_posturl(NPP npp, const char *url, const char *window, uint32_t length,
                     const char *buffer, NPBool file)
{
    (void)file;
    if (sum_of(buffer, length) == UINT32_MAX)
        return NPERR_NO_DATA;
    return asked(npp, url, window, false, NULL);
}

NPError host_posturlnotify(NPP npp, const char *url, const char *window, uint32_t length,
                           const char *buffer, NPBool file, void *data)
{
    (void)file;
    if (sum_of(buffer, length) == UINT32_MAX)
        return NPERR_NO_DATA;
    return asked(npp, url, window, true, data);
}

NPError host_requestread(NPStream *stream, NPByteRange *ranges)
{
    uint32_t bytes = 0;

    for (; ranges != NULL; ranges = ranges->next)
        bytes += ranges->length;
    return ((struct stream *)stream->ndata)->type == NP_SEEK && bytes != 0
               ? NPERR_NO_ERROR
               : NPERR_STREAM_NOT_SEEKABLE;
}

/* ---- streams of the plug-in's own ------------------------------------------------------------ */

NPError host_newstream(NPP npp, NPMIMEType type, const char *window, NPStream **ret_stream)
{
    struct stream *s = stream_new(npp, "plug-in:", PLUGINS);

    (void)type, (void)window;
    if (s == NULL)
        return NPERR_OUT_OF_MEMORY_ERROR;
    *ret_stream = &s->stream;
    return NPERR_NO_ERROR;
}

int32_t host_write(NPP npp, NPStream *stream, int32_t length, void *buffer)
{
    struct stream *s = stream->ndata;

    if (s->state != PLUGINS || s->instance != instance_of(npp))
        host_fail("NPN_Write to a stream that is not the plug-in's");
    return sum_of(buffer, (uint32_t)length) == UINT32_MAX ? -1 : length;
}

/* ---- delivery -------------------------------------------------------------------------------- */

/* In between nothing else happens to the stream, and its instance lives. */
static void begin_call(struct stream *s)
{
    s->busy = true;
    s->instance->streams_busy++;
}

static void end_call(struct stream *s)
{
    s->busy = false;
    s->instance->streams_busy--;
}

static void close_stream(struct stream *s, NPReason reason)
{
    begin_call(s);
    s->instance->plugin->funcs.destroystream(&s->instance->npp, &s->stream, reason);
    end_call(s);
    s->state = s->notifies ? ENDED : NONE;
}

static void tell(struct stream *s, NPReason reason)
{
    s->state = NONE; /* the place may be taken during the call */
    const struct stream copy = *s;
    NPP npp = &copy.instance->npp;

    copy.instance->streams_busy++;
    copy.instance->plugin->funcs.urlnotify(npp, copy.url, reason, copy.stream.notifyData);
    copy.instance->streams_busy--;
}

static void open_stream(struct stream *s)
{
    char type[] = "text/plain";

    s->type = NP_NORMAL;
    begin_call(s);
    NPError error = s->instance->plugin->funcs.newstream(&s->instance->npp, type, &s->stream,
                                                         host_one_in(2), &s->type);
    end_call(s);
    s->state = OPEN;
    if (error != NPERR_NO_ERROR)
        s->state = s->notifies ? ENDED : NONE;
    else if (s->cancelled)
        close_stream(s, NPRES_USER_BREAK);
}

static void redirect(struct stream *s)
{
    s->state = REDIRECTED;
    begin_call(s);
    s->instance->plugin->funcs.urlredirectnotify(&s->instance->npp, "http://example.org/other", 302,
                                                 s->stream.notifyData);
    end_call(s);
}

void host_urlredirectresponse(NPP npp, void *data, NPBool allow)
{
    const struct host_instance *instance = instance_of(npp);

    for (int i = 0; i < STREAMS; i++) {
        struct stream *s = &streams[i];
        if (s->state == REDIRECTED && s->instance == instance && s->stream.notifyData == data) {
            s->state = allow ? ASKED : ENDED;
            return;
        }
    }
    if (instance->life == HOST_READY)
        host_fail("NPN_URLRedirectResponse to nothing");
}

/* The bytes are the host's, and only for the call. */
static int32_t give(struct stream *s, int32_t most)
{
    const NPPluginFuncs *funcs = &s->instance->plugin->funcs;
    char *bytes = host_alloc(CHUNK);

    memset(bytes, 'x', CHUNK);
    if (most > CHUNK)
        most = CHUNK;
    int32_t got = funcs->write(&s->instance->npp, &s->stream, s->offset, most, bytes);
    memset(bytes, 0, CHUNK);
    host_free(bytes);
    return got;
}

static void deliver(struct stream *s)
{
    const NPPluginFuncs *funcs = &s->instance->plugin->funcs;
    const int32_t left = (int32_t)s->stream.end - s->offset;
    int32_t got = 0;

    begin_call(s);
    int32_t ready = left > 0 && s->type != NP_ASFILEONLY
                        ? funcs->writeready(&s->instance->npp, &s->stream)
                        : 0;
    if (ready > 0 && !s->cancelled)
        got = give(s, ready < left ? ready : left);
    s->offset += got;
    bool whole = s->offset >= (int32_t)s->stream.end || s->type == NP_ASFILEONLY;
    if (whole && !s->cancelled && (s->type == NP_ASFILE || s->type == NP_ASFILEONLY))
        funcs->asfile(&s->instance->npp, &s->stream, "/nonexistent/cache");
    end_call(s);
    if (s->cancelled || got < 0)
        close_stream(s, NPRES_USER_BREAK);
    else if (whole)
        close_stream(s, NPRES_DONE);
}

NPError host_destroystream(NPP npp, NPStream *stream, NPReason reason)
{
    struct stream *s = stream->ndata;

    if (s->instance != instance_of(npp))
        host_fail("NPN_DestroyStream of another's stream");
    if (s->state == PLUGINS)
        s->state = NONE;
    else if (s->busy)
        s->cancelled = true;
    else
        close_stream(s, reason);
    return NPERR_NO_ERROR;
}

void stream_step(void)
{
    struct stream *s = &streams[host_below(STREAMS)];

    if (s->state == NONE || s->busy || s->instance->life != HOST_READY)
        return;
    if (s->state == ASKED && s->notifies && host_one_in(3))
        redirect(s);
    else if (s->state == ASKED)
        open_stream(s);
    else if (s->state == OPEN)
        deliver(s);
    else if (s->state == ENDED)
        tell(s, NPRES_DONE);
}

/* Before NPP_Destroy streams are ended, and some browsers tell it; afterwards the rest is dropped,
 * as after a failed NPP_New. */
void stream_end_all(struct host_instance *instance)
{
    for (int i = 0; i < STREAMS; i++) {
        struct stream *s = &streams[i];
        if (s->state == NONE || s->instance != instance)
            continue;
        if (s->state == OPEN && instance->life == HOST_ENDING && !instance->destroyed)
            close_stream(s, NPRES_USER_BREAK);
        if (s->state == ENDED && instance->life == HOST_ENDING && !instance->destroyed &&
            host_one_in(2))
            tell(s, NPRES_USER_BREAK);
        if (s->state != PLUGINS || instance->destroyed || instance->life == HOST_BEGINNING)
            s->state = NONE;
    }
}
